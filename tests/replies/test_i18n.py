"""Every phrase of the bot itself is written in all four languages."""

import ast
import string
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from bot.commands import COMMANDS
from bot.dossier.models import Between, Language, Shown, Withdrawal
from bot.dossier.schema import FACT_TYPES, KINDS
from bot.languages import SPOKEN
from bot.newsroom import labels
from bot.platforms.discord.commands import CHECK_MESSAGE, OPTIONS
from bot.platforms.web.desk import board, mistakes
from bot.replies.bulletins import BulletinText, LabelledBulletin, single_reply
from bot.replies.i18n import messages_of, phrases_in
from bot.replies.listings import TITLES
from bot.schedule import SWITCHES, Switch

BOT = Path(__file__).parents[2] / "bot"
REFUSING = ("forms.py", "mistake_page.py", "subscription_pages.py")
"""Modules, beside those of the desk, whose ``web.HTTP…(text="…")`` is said on a page."""


def said() -> dict[str, str]:
    """Phrase → file, of every ``say("…")`` and ``count("…", "…")`` in the code."""
    named = [each for each in COMMANDS if each.summary]
    commands = [each.summary for each in named] + [f"/{each.name}" for each in named if each.is_for_readers]
    commands += [
        *(title for _, title in TITLES.values()),
        *(phrase for pair in OPTIONS.values() for phrase in pair),
        CHECK_MESSAGE,
        *(name for kind in KINDS.values() for name in (kind.one, kind.several)),
        *(each.called for each in FACT_TYPES.values()),
        *(word for each in fields_shown() for word in (each.label, *each.parts.values(), each.none) if word),
        *(each.hint for each in fields_shown() if each.hint and not each.fixed),
        *labels.FORMS.values(),
        *(name for names in labels.CHOICES.values() for name in names.values()),
        *mistakes.WORDS.values(),
        *(words for pair in board.COLUMNS.values() for words in pair),
        *(words for pair in board.TRANSLATED.values() for words in pair if words.isalpha() or " " in words),
        *board.RETURNED.values(),
        *(phrase for switch in SWITCHES for phrase in phrases_of(switch)),
    ]
    return dict.fromkeys(commands, "commands") | _read_code()[0] | said_by_templates()


def phrases_of(switch: Switch) -> list[str]:
    phrases = (switch.label, *switch.words, *switch.buttons, switch.box, switch.why)
    return [phrase for phrase in phrases if phrase]


def fields_shown() -> list[Shown]:
    """The fields of entries as the desk shows them."""
    models = [*(kind.model for kind in KINDS.values()), *FACT_TYPES.values(), Between, Withdrawal]
    fields = [info for model in models for info in model.model_fields.values()]
    return [each for info in fields for each in info.metadata if isinstance(each, Shown)]


@cache
def _read_code() -> tuple[dict[str, str], set[str]]:
    """The phrases of the modules with their files, and every text in them: some phrases are chosen from a table."""
    phrases: dict[str, str] = {}
    texts: set[str] = set()
    for file in BOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call() if (how := _called(node)) in ("say", "count"):
                    words = [each.value for each in node.args if isinstance(each, ast.Constant)]
                    words = [word for word in words if isinstance(word, str)]
                    if len(words) == (2 if how == "count" else 1):
                        phrases[words[0]] = file.name
                case ast.Call(func=ast.Attribute(value=ast.Name("web"))) if (
                    file.name in REFUSING or file.parent.name == "desk"
                ):
                    words = [each.value for each in node.keywords if each.arg == "text"]
                    phrases |= {word.value: file.name for word in words if isinstance(word, ast.Constant)}
                case ast.Call(func=ast.Name("DeskError" | "Overtaken"), args=[ast.Constant(value=str(text)), *_]):
                    phrases[text] = file.name
                case ast.Constant(value=str(text)):
                    texts.add(text)
    return phrases, texts


@cache
def said_by_templates() -> dict[str, str]:
    """The same of the pages' templates."""
    calls = (
        (call, file.name)
        for file in BOT.rglob("templates/*.html")
        for call in Environment(autoescape=True).parse(file.read_text(encoding="utf-8")).find_all(nodes.Call)
    )
    return {
        call.args[0].value: name
        for call, name in calls
        if isinstance(call.node, nodes.Name)
        and call.node.name in ("say", "count")
        and isinstance(call.args[0], nodes.Const)
    }


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


@cache
def written(language: str) -> dict[str, tuple[str, ...]]:
    """Phrase → its forms, of the catalogue of a language."""
    messages: dict[str, tuple[str, ...]] = {}
    for message in messages_of(language):
        if message.id:
            one = message.id if isinstance(message.id, str) else message.id[0]
            forms = message.string if isinstance(message.string, tuple) else (message.string,)
            messages[one] = tuple(map(str, forms))
    return messages


@pytest.mark.parametrize("language", [each for each in SPOKEN if each != "en"])
class TestCatalogues:
    """The catalogues and the code agree."""

    def test_nothing_is_missing(self, language: str) -> None:
        """No reader meets a stray English line."""
        missing = {phrase: file for phrase, file in said().items() if not all(written(language).get(phrase, ("",)))}
        assert not missing

    def test_nothing_is_left_over(self, language: str) -> None:
        """A phrase that no code says has no place."""
        templates = "".join(file.read_text(encoding="utf-8") for file in BOT.rglob("*.html"))
        left_over = [
            phrase
            for phrase in set(written(language)) - _read_code()[1] - set(said())
            if f'"{phrase}"' not in templates
        ]
        assert not left_over

    def test_placeholders_are_kept(self, language: str) -> None:
        """``{n}`` and the like, no more and no fewer."""
        for english, forms in written(language).items():
            wanted = {name for _, name, _, _ in string.Formatter().parse(english) if name}
            for form in forms:
                assert {name for _, name, _, _ in string.Formatter().parse(form) if name} == wanted, english


class TestTypography:
    """The bot's own words are set as the dossier's are."""

    @pytest.mark.parametrize("language", SPOKEN)
    def test_quotes_and_spaces(self, language: str) -> None:
        """No typewriter's quotes, no two spaces in a row, none at the ends."""
        own = {phrase: (phrase,) for phrase in said()} if language == "en" else written(language)
        forms = [form for each in own.values() for form in each]
        assert not [form for form in forms if set("'\"") & set(form) or "  " in form or form != form.strip()]


def test_language_without_catalogues_speaks_english() -> None:
    """Another dossier may have any language."""
    assert phrases_in("fr").say("Sources") == "Sources"
    assert phrases_in("../ru").say("Sources") == "Sources"


def test_days_in_words_that_stand_in_for_a_right_to_left_language() -> None:
    """English words in Arabic have English days, whose parts keep their order; German ones their own."""
    spoken = datetime(2026, 12, 3, 9, 5, tzinfo=UTC)
    assert [phrases_in(code).moment(spoken) for code in ("ar", "de")] == ["3 Dec 2026, 09:05", "03.12.2026, 09:05"]
    text = BulletinText("عنوان", spoken.date(), ())
    [*_, note] = single_reply(LabelledBulletin(text, "corrected", spoken.date()), Language("ar")).blocks
    assert "Corrected on 3 December 2026." in str(note)
