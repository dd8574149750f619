"""Nothing that somebody types, a reader or an editor, takes the processor from everybody else.

``re`` and the Markdown parser hold the interpreter's lock: a pattern that needs time by the square of a text stops the process.
"""

from collections.abc import Callable
from dataclasses import replace
from time import thread_time

import pytest

from bot.dossier.entries import Key
from bot.dossier.loader import Loading, load
from bot.dossier.markdown import Paragraph, Span, citations
from bot.dossier.models import MAX_BRACKETS, MAX_TEXT, Language
from bot.dossier.written_numbers import read
from bot.feeds.dates import timestamp
from bot.feeds.text import plain_text
from bot.live_dossier import LiveDossier
from bot.newsroom.change_content import clean, problems
from bot.platforms import PLATFORMS
from bot.platforms.web.desk.renderings import messages, renderings
from bot.replies.answer import answer
from bot.replies.question import CheckText, FreeText
from bot.replies.reply import text_reply
from bot.replies.word_diff import marked
from tests.conftest import TINY, TODAY

MOST_SECONDS = 1.0
SIGNS = (
    "[",
    "(",
    "*",
    "_",
    "`",
    "{",
    "<",
    "a ",
    "1,",
    "[a](",
    "![",
    "[@",
    "**a ",
    "\\",
    "\n",
    "- a\n",
    "²",
    "1²",
    "½",
    "> ",
    "a. ",
    "a",
)
"""What a hostile text repeats."""

NEW = Key("bulletins/new-1")


@pytest.fixture(scope="module")
def in_force() -> Loading:
    """A small dossier, ready to be asked."""
    loading = load(TINY, TODAY)
    assert loading.dossier is not None
    for question in (FreeText("fare"), CheckText("the fare is 5")):
        answer(loading.dossier, question, Language("en"), TODAY)
    return loading


def _bulletin(in_force: Loading, text: str) -> None:
    """As an editor's form is checked and shown, without the rest."""
    texts = {"en": text, "id": text}
    contents = {NEW: {"title": {"en": "Fares", "id": "Tarif"}, "body": texts}}
    problems(in_force, contents, TODAY, alone=True)
    assert in_force.dossier is not None
    live = LiveDossier(in_force.dossier, loading=in_force)
    renderings(messages(live, {}, contents, TODAY), PLATFORMS, Language("en"))


def _message(text: str) -> None:
    """As the platforms write and check a message with it. Twice what a text may have: no reply has more."""
    text = text[: 2 * MAX_TEXT]
    reply = text_reply(Language("en"), "📰", "Fares", "Fares rise")
    reply = replace(reply, blocks=(Paragraph((Span(text, url="https://example.com"), Span(text, bold=True))),))
    for platform in PLATFORMS:
        platform.words(platform.payload(reply))
        list(platform.check_reply(reply))


def _question(in_force: Loading, text: str) -> None:
    assert in_force.dossier is not None
    answer(in_force.dossier, FreeText(text), Language("en"), TODAY)


def _claim(in_force: Loading, text: str) -> None:
    assert in_force.dossier is not None
    answer(in_force.dossier, CheckText(text), Language("en"), TODAY)


READERS: dict[str, Callable[[Loading, str], object]] = {
    "an editor's text": _bulletin,
    "a text that may be so long": lambda in_force, text: _bulletin(
        in_force, text[:MAX_TEXT].replace("[", "", max(0, text[:MAX_TEXT].count("[") - MAX_BRACKETS))
    ),
    "a message": lambda _, text: _message(text),
    "a question": _question,
    "a claim": _claim,
    "a story": lambda _, text: plain_text(text),
    "the day of a story": lambda _, text: timestamp(text),
    "what was pasted": lambda _, text: clean(f"a{text}a"),
    "citations": lambda _, text: list(citations(text)),
    "numbers": lambda _, text: read(text, "en"),
    "a comparison": lambda _, text: marked(text, f"b {text[:-9]} c"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_in_a_second(in_force: Loading, name: str) -> None:
    """Of a processor, for 100,000 characters of any sign."""
    slow = {}
    for sign in SIGNS:
        text = sign * (100_000 // len(sign))
        began = thread_time()
        READERS[name](in_force, text)
        if (took := thread_time() - began) > MOST_SECONDS:
            slow[sign] = round(took, 1)
    assert not slow


@pytest.mark.parametrize(
    ("text", "code", "most"),
    [("a" * (MAX_TEXT + 1), "too-long", MAX_TEXT), ("[" * (MAX_BRACKETS + 1), "brackets", MAX_BRACKETS)],
    ids=["long", "brackets"],
)
def test_such_a_text_is_one_mistake(in_force: Loading, text: str, code: str, most: int) -> None:
    """It is neither parsed nor compared with anything."""
    contents = {NEW: {"title": {"en": "Fares", "id": "Tarif"}, "body": {"en": text, "id": "Tarif"}}}
    found, _ = problems(in_force, contents, TODAY, alone=True)
    assert [(each.place, each.code, each.fix) for each in found] == [(("body", "en"), code, f"expected at most {most}")]
