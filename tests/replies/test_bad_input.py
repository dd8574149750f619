"""Whatever is sent as a question: an answer or a decline, soon, and nothing of it shown unescaped."""

import json
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dossier.models import Dossier
from bot.platforms import PLATFORMS
from bot.replies.answer import answer, matcher_for
from bot.replies.question import FreeText
from bot.replies.reply import Reply
from tests.conftest import TODAY, shipped

_MOST_MS = 50.0
_TRIES = 12
"""The machine may be busy: one of so many must be as fast."""

MARK = "zqxjkvb"
"""Stands in every hostile question; no answer has it."""

HOSTILE = [
    f"{MARK} " * 1250,
    MARK * 1430,
    "ж" * 10_000,
    "a b " * 2500,
    "how long does it last? " * 435,
    "".join(f"{char}\u200b" for char in "how long does it last") * 200,
    "h\u0301\u0302\u0303\u0304o\u0305w" * 500,
    f"\u202e{MARK}\u202d\u2066\u2069 \u200f\u061c tsal ti seod gnol woh",
    "\u0000\u0001\u001b[31m\ufeff\uffff\ud800",
    "🎉" * 500,
    "👩‍👩‍👧‍👦🇮🇩🇷🇺" * 60,
    f"'; DROP TABLE readers; -- {MARK}",
    f"{MARK}' OR '1'='1",
    f"<script>alert('{MARK}')</script><b>{MARK}</b>&amp;<a href='tg://user?id=1'>",
    f"**{MARK}** [x](https://{MARK}.example) @everyone <@1> `{MARK}` ||{MARK}||",
    f"$(rm -rf /) `{MARK}` && curl {MARK} | sh; ../../etc/passwd",
    json.dumps({"q": MARK, "language": "xx", "__class__": {}}),
    "{0.__class__} {fact_id} %s %(x)s {{7*7}} ${jndi:ldap://x}",
    "1" * 5000,
    "?" * 5000,
    "\n" * 5000,
    " ".join(f"{MARK[n % 7 :]}{MARK[: n % 5]}{n}x" for n in range(200)),
    " ".join("".join(chr(0x430 + (7 * n + 11 * at) % 32) for at in range(4 + n % 7)) for n in range(200)),
    "Z̷̛͇a͏͖l̵͓g̴o̶" * 300,
]


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    """The real one, ready to be asked."""
    dossier = shipped()
    matcher_for(dossier)
    return dossier


def ask(dossier: Dossier, text: str, language: str = "en") -> Reply:
    return answer(dossier, FreeText(text), language, TODAY)


class TestSoon:
    """Nothing that is sent takes longer than a question."""

    @pytest.mark.parametrize("language", ["en", "id", "ru"])
    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_in_a_few_milliseconds(self, dossier: Dossier, text: str, language: str) -> None:
        """Of a processor's time: only the beginning of a long one is read."""

        def milliseconds() -> float:
            began = thread_time()
            ask(dossier, text, language)
            return (thread_time() - began) * 1e3

        assert any(milliseconds() < _MOST_MS for _ in range(_TRIES))


class TestNothingEchoed:
    """No platform's message has a hostile question's words in it. Of plain ones an offer may name those that no topic has."""

    @pytest.mark.parametrize("platform", PLATFORMS, ids=lambda each: each.name)
    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_on_any_platform(self, dossier: Dossier, text: str, platform: str) -> None:
        """Not even escaped: a reply holds what editors wrote."""
        sent = json.dumps(platform.payload(ask(dossier, text)), ensure_ascii=False)
        assert MARK not in sent
        assert "<script" not in sent
        assert "@everyone" not in sent


class TestAnything:
    """Any text is an answer or a decline."""

    @given(st.text(max_size=400))
    @settings(max_examples=40, deadline=None)
    def test_any_characters(self, dossier: Dossier, text: str) -> None:
        """Lone surrogates, controls and unassigned ones among them."""
        reply = ask(dossier, text)
        assert reply.heading
        assert reply.topic in {None, *dossier.topics}

    @given(st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=4), st.sampled_from(["en", "id", "ru", "xx", ""]))
    @settings(max_examples=25, deadline=None)
    def test_any_mixture_in_any_language(self, dossier: Dossier, parts: list[str], language: str) -> None:
        """A language that the dossier does not have is its default one."""
        assert ask(dossier, " ".join(part[:150] for part in parts), language).language in dossier.languages

    @given(
        st.sampled_from(["how long does it last", "berapa lama berlakunya", "сколько это действует"]),
        st.lists(
            st.tuples(st.sampled_from("\u200b\u200c\u2060\ufeff\u202e\u2066\u0489"), st.integers(0, 21)), max_size=8
        ),
    )
    @settings(max_examples=20, deadline=None)
    def test_invisible_characters_change_nothing(
        self, dossier: Dossier, text: str, hidden: list[tuple[str, int]]
    ) -> None:
        """Zero-width and enclosing characters and overrides may stand anywhere in a question."""
        for char, at in hidden:
            text = text[:at] + char + text[at:]
        assert ask(dossier, text).topic == "duration"
