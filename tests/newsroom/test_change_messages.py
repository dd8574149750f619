"""What a request for approval says in the editors' chat: titles, old and new values as readers get them, never a key, a brace or an id."""

import re
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from bot.db.changes import Answer, Change, ChangedEntry, ChangeId
from bot.dossier.entries import Content, Key, entries_of
from bot.dossier.loader import Loading, load
from bot.dossier.markdown import Items
from bot.dossier.models import Language
from bot.newsroom.change_messages import message
from bot.newsroom.figures import alteration
from tests.conftest import CONTENT, TODAY, not_none

EN = Language("en")
ASKED: Any = SimpleNamespace(name="Anna", reason=None, decided_by="telegram:1", decided=0.0)
FARE, FIRST = Key("facts/fare"), Key("bulletins/2026-01-05-first-crossing")


@cache
def shipped() -> Loading:
    return load(CONTENT, TODAY)


@cache
def in_force() -> dict[Key, Content]:
    return dict(entries_of(shipped().documents))


def said(*entries: ChangedEntry, planned: float | None = None, chats: int = 0, language: Language = EN) -> str:
    """The message that asks for approval of entries of the shipped dossier."""
    savers = frozenset({"telegram:1"})
    change = Change(ChangeId(7), "A title", "review", 1, 0.0, 0.0, "telegram:1", savers, planned, None, None)
    dossier = not_none(shipped().dossier)
    by_key = {each.key: each for each in entries}
    text = message(change, by_key, (), dossier, language, ASKED, None, in_force(), chats)
    lines = [spans for each in text.blocks for spans in (each.items if isinstance(each, Items) else [each.spans])]
    return "\n".join("".join(span.text for span in spans) for spans in lines).replace("\xa0", " ")


def changed(key: Key, **values: Any) -> ChangedEntry:
    """An entry in force, with other values."""
    base = in_force()[key]
    return ChangedEntry(key, base, {**base, **values}, {})


APPLICATIONS = Key("facts/applications")


def test_a_figure() -> None:
    """Its title, the old and the new value as readers see them, its sources by their names, and what is said of sent messages."""
    entry = changed(APPLICATIONS, value=5200, sources=["ria-scholarships", "pier"], checked="2026-11-29")
    entry = replace(entry, answer=Answer("was_wrong", alteration(entry), "Anna", 0.0))
    pier = ChangedEntry(Key("sources/pier"), None, {"publisher": "Pier", "url": "https://pier.example/a"}, {})
    assert said(entry, pier, planned=86400.0, chats=3).splitlines() == [
        "Fact: Number: Applications from Indonesia for Russian state scholarships, 2026/27",
        "about 4,000 → about 5,200",
        "Sources: RIA Novosti: 14 February 2026 → RIA Novosti: 14 February 2026, Pier: pier.example/a",
        "Last checked: 28 November 2026 → 29 November 2026",
        "It was wrong: sent messages that print it are corrected.",
        "New · Source: Pier: pier.example/a",
        "Address: https://pier.example/a",
        "Waits for approval · Anna",
        "Edited in 3 chats",
        "It comes into force at 2 Jan 1970, 00:00 (UTC), if it is approved by then.",
    ]


def test_a_correction() -> None:
    """A line for each language, with the words that differ and some around them."""
    key = Key("bulletins/2026-02-14-russian-scholarships-demand")
    body = in_force()[key]["body"]
    assert isinstance(body, dict)
    text = said(changed(key, body={code: str(each).replace("2026", "2027", 1) for code, each in body.items()}))
    assert text.startswith("Correction: Russia gets about 4,000 Indonesian applications for 300 scholarships: envoy\n")
    lines = dict(line.split(": ", 1) for line in text.splitlines() if line.startswith("Text · "))
    assert list(lines) == ["Text · English", "Text · Bahasa Indonesia", "Text · Русский"]
    for line in lines.values():
        old, new = line.split(" → ")
        assert ("2026" in old, "2027" in new, len(line) < 300) == (True, True, True), line


def test_a_new_bulletin() -> None:
    """As its readers get it, in each language."""
    texts = {
        "en": "Russia received {applications}.[@ria-scholarships]",
        "ru": "Россия получила **{applications}** заявок.",
    }
    content: Content = {
        "title": {"en": "A second round", "ru": "Второй тур"},
        "body": texts,
        "topics": ["scholarships"],
    }
    assert said(ChangedEntry(Key("bulletins/new-1"), None, content, {})).splitlines()[:5] == [
        "New bulletin: A second round",
        "Title · Русский: Второй тур",
        "Text · English: Russia received about 4,000.",
        "Text · Русский: Россия получила около 4000 заявок.",
        "Topics: Scholarships in Russia",
    ]


def test_a_claim() -> None:
    """The verdict in words, and what people say with the subject's name."""
    content: Content = {
        "says": {"en": ["{it} gives Russia data"]},
        "verdict": "unproven",
        "because": {"en": "No source says so."},
    }
    text = said(ChangedEntry(Key("claims/data"), None, content, {}))
    assert "New · Claim" in text
    assert "Verdict: Not borne out so far" in text
    assert "says: [" not in text


FORBIDDEN = re.compile(
    r"[{}]|\[@|\*\*|\b(?:topics|programs|facts|sources|claims|bulletins)/|\['|: None$|program:[a-z]", re.MULTILINE
)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "es", "id", "ru"])
def test_no_entry_shows_a_key_a_brace_or_an_id(language: str) -> None:
    """Every entry of the shipped dossier: as new, as removed, and with every text changed."""
    for key, content in in_force().items():
        if key.startswith("feeds/"):
            continue
        altered = {
            name: "2026-01-01" if name == "checked" else each for name, each in content.items() if name != "sources"
        }
        for entry in (
            ChangedEntry(key, None, content, {}),
            ChangedEntry(key, content, None, {}),
            ChangedEntry(key, content, altered, {}),
        ):
            text = said(entry, language=Language(language))
            found = FORBIDDEN.search(text)
            assert found is None, (key, text[max(0, found.start() - 80) :][:200])
