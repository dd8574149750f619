"""Entries in the text of files: what is not changed keeps its order, its comments and its style."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.cli.content import _exported, _write
from bot.dossier.entries import (
    LOGO,
    Content,
    Edition,
    Entry,
    Field,
    Key,
    content_of,
    contents_in_force,
    decided,
    fields,
)
from bot.dossier.entry_files import Edited, with_contents
from bot.dossier.loader import contents_of, load, load_contents
from bot.dossier.models import Dossier
from bot.dossier.yaml_reader import parse
from bot.dossier.yaml_writer import written
from bot.newsroom.deploy import Deploy
from bot.platforms.plain_text import render
from bot.replies.answer import answer
from bot.replies.question import AboutBulletin, AboutTopic, Command, Question
from tests.conftest import TINY, TODAY

FERRY = Key("bulletins/2026-01-31-ferry")
TEXT = """\
# The ferry, by Anna
date: 2026-01-31
title:  # as on the page
  en: The ferry
  id: 'Feri'
# Not too long
body:
  en: |
    It goes.

    - **Twice** a day
  id: Berangkat.

topics: [fare]   # one
sources: [harbour]
"""

FACTS = """\
# What is counted
fare:
  type: money  # in rupiah
  amount: 4500
  currency: IDR
  sources: [harbour]

# When it goes
departures:
  type: number
  value: 2
  # to be checked
  sources: [harbour]
"""


def edited(text: str, **changes: Any) -> Edited:
    """The ferry's file after a change of some keys; None removes one."""
    value = parse(text.encode()).value
    assert isinstance(value, dict)
    content = {name: each for name, each in (value | changes).items() if each is not None}
    found = with_contents("bulletins/2026-01-31-ferry.yaml", text, {FERRY: content})
    assert found.text is not None
    assert parse(found.text.encode()).value == content
    return found


class TestAFileOfOneEntry:
    def test_another_key_stays_byte_by_byte(self) -> None:
        found = edited(TEXT, sources=["harbour", "gazette"])
        assert found == Edited(TEXT.replace("sources: [harbour]\n", "sources:\n- harbour\n- gazette\n"))

    def test_comments_inside_are_lost_and_named(self) -> None:
        found = edited(TEXT, title={"en": "The boat", "id": "Kapal"})
        assert found.lost == ((3, "# as on the page"),)
        assert found.text is not None
        assert "# Not too long" in found.text
        assert "# The ferry, by Anna" in found.text
        assert found.text.index("title:") < found.text.index("# Not too long") < found.text.index("body:")

    def test_a_new_key_comes_last_and_a_removed_one_goes(self) -> None:
        found = edited(TEXT, urgent=True, topics=None)
        assert found.lost == ((14, "# one"),)
        assert found.text is not None
        assert found.text.endswith("sources: [harbour]\nurgent: true\n")

    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    def test_line_ends_and_a_missing_last_one(self, newline: str) -> None:
        text = TEXT.replace("\n", newline).removesuffix(newline)
        found = edited(text, urgent=True)
        assert found.text is not None
        assert found.text.count("\n") == found.text.count(newline) == TEXT.count("\n") + 1

    def test_a_number_sign_in_a_text_is_no_comment(self) -> None:
        text = TEXT.replace("It goes.", "It goes # twice").replace("'Feri'", "'Feri # 1'")
        assert edited(text, body={"en": "Gone.", "id": "Hilang."}).lost == ()
        assert edited(text, title={"en": "One"}).lost == ((3, "# as on the page"),)

    def test_one_in_another_style_is_written_anew(self) -> None:
        """Its comments are named."""
        found = edited("{date: 2026-01-31, title: {en: Ferry}}  # short\n", urgent=True)
        assert found.text == "date: 2026-01-31\ntitle:\n  en: Ferry\nurgent: true\n"
        assert found.lost == ((1, "# short"),)

    def test_a_new_file_has_the_usual_order(self) -> None:
        content = {"sources": ["harbour"], "body": {"en": "It goes."}, "title": {"en": "Ferry"}, "date": "2026-01-31"}
        found = with_contents("bulletins/2026-01-31-ferry.yaml", "", {FERRY: content})
        assert found.text == "date: 2026-01-31\ntitle:\n  en: Ferry\nbody:\n  en: It goes.\nsources:\n- harbour\n"

    def test_an_id_stays_and_so_do_the_files_own_keys_of_the_header(self) -> None:
        found = with_contents("topics/fare.yaml", "id: fare\nemoji: x\n", {Key("topics/fare"): {"emoji": "y"}})
        assert found.text == "id: fare\nemoji: y\n"
        text = "id: ferry\nlanguages: [en]\ndefault_language: en\ntitle: {en: A}\n"
        found = with_contents("dossier.yaml", text, {Key("header"): {"title": {"en": "B"}}})
        assert found.text == text.replace("{en: A}", "\n  en: B").replace("title: ", "title:")

    def test_removed(self) -> None:
        assert with_contents("bulletins/2026-01-31-ferry.yaml", TEXT, {FERRY: None}).text is None


MOMENTS = st.from_regex(
    r"\A[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]*)?)?( ?(Z|[+-][0-9]{1,2}(:[0-9]{2})?))?)?\Z"
)


@given(text=MOMENTS | st.text("ab \n:#-'\"!&*|>%@`{}[],?<~\t0123456789.", max_size=30))
@example("2026-12-24T18:00")
def test_any_text_is_read_back(text: str) -> None:
    assert parse(written({"a": [text, {text: text}]}).encode()).value == {"a": [text, {text: text}]}


class TestAFileOfManyEntries:
    def test_one_is_replaced_in_place(self) -> None:
        content = {"type": "money", "amount": 5000, "currency": "IDR", "sources": ["harbour"]}
        found = with_contents("facts.yaml", FACTS, {Key("facts/fare"): content})
        assert found.text is not None
        assert found.lost == ((3, "# in rupiah"),)
        assert found.text == FACTS.replace("  # in rupiah", "").replace("4500", "5000").replace(
            "[harbour]", "\n  - harbour", 1
        ).replace("sources: \n", "sources:\n")

    def test_a_new_one_comes_last_as_the_others_stand(self) -> None:
        content = {"type": "number", "value": 3}
        found = with_contents("facts.yaml", FACTS, {Key("facts/boats"): content})
        assert found == Edited(FACTS + "\nboats:\n  type: number\n  value: 3\n")

    def test_one_goes_and_one_comes(self) -> None:
        found = with_contents(
            "facts.yaml", FACTS, {Key("facts/departures"): None, Key("facts/boats"): {"type": "number"}}
        )
        assert found.lost == ((12, "# to be checked"),)
        assert found.text == FACTS[: FACTS.index("departures:")] + "\nboats:\n  type: number\n"

    def test_the_first_one_of_all(self) -> None:
        found = with_contents("facts.yaml", "# none yet\n", {Key("facts/boats"): {"type": "number"}})
        assert found.text == "# none yet\nboats:\n  type: number\n"


# Exported files say what the changes said


def replies(dossier: Dossier) -> dict[str, str]:
    """All that readers see of it."""
    questions: list[Question] = [Command("start"), Command("news"), Command("sources")]
    questions += [AboutTopic(name) for name in dossier.topics] + [AboutBulletin(name) for name in dossier.bulletins]
    return {
        f"{question} {language}": render(answer(dossier, question, language, TODAY))
        for question in questions
        for language in dossier.languages
    }


PLAIN = st.sampled_from(
    ["Baru", "yes", "08", "1.0", "2026-01-01", "a: b", "- a", "# a", "a #b", "null", "a\n\nb", "'a'", '"', "é ☕"]
)


def bulletin_content(draw: Any, titles: Any) -> dict[str, Any]:
    texts = {"en": draw(titles), "id": draw(titles)}
    return {
        "date": "2026-11-20",
        "title": {"en": "N", "id": "N"},
        "body": texts,
        "topics": draw(st.lists(st.just("fare"), max_size=1)),
    }


@st.composite
def edits(draw: Any, kept: dict[Key, Entry]) -> dict[Key, Content | None]:
    """What some changes make of entries of the files, and new entries."""
    before, found = contents_in_force(kept), dict[Key, Content | None]()
    texts: dict[Key, list[Field]] = {
        key: [
            place
            for place, value in fields(content).items()
            if isinstance(value, str) and place[0] in ("title", "body", "summary", "publisher")
        ]
        for key, content in before.items()
        if key != LOGO and not key.startswith("feeds/")
    }
    for _ in range(draw(st.integers(1, 5))):
        key = draw(st.sampled_from([key for key, places in texts.items() if places]))
        values = fields(found.get(key) or before[key])
        values[draw(st.sampled_from(texts[key]))] = draw(PLAIN)
        found[key] = content_of(values)
    if draw(st.booleans()):
        source = {"publisher": draw(PLAIN), "url": "https://gazette.example/", "title": draw(PLAIN)}
        found[Key("sources/gazette")] = source
        found[Key("bulletins/2026-11-20-new")] = bulletin_content(draw, PLAIN) | {"sources": ["gazette"]}
    if draw(st.booleans()):
        values = {place: each for place, each in fields(before[Key("facts/fare")]).items() if place != ("note",)}
        found[Key("facts/fare")] = content_of({**values, ("amount",): draw(st.sampled_from([1, 5000, 1.5]))})
    return found


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=100)
def test_exported_files_are_the_dossier_in_force(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Reply by reply; with the changes beside them nothing differs, and a second export changes no byte."""
    folder = Path(shutil.copytree(TINY, tmp_path_factory.mktemp("export") / "content"))
    files = load(folder, TODAY)
    kept = {key: Entry(content, content) for key, content in contents_of(files).items()}
    edition = Edition(1, "x", decided(kept, data.draw(edits(kept)), 1.0))
    whole = load_contents(edition.contents, TODAY)
    assert whole.dossier is not None
    exported = _exported(folder, files, edition)
    _write(folder, exported.texts)
    again = load(folder, TODAY)
    assert again.dossier is not None, again.diagnostics
    if not exported.left_out:
        assert replies(again.dossier) == replies(whole.dossier)
    deployed = Deploy(edition.entries, contents_of(again), "new", (), TODAY, 2.0).plan()
    assert deployed.contents == edition.contents
    assert exported.left_out or not deployed.draft
    assert {key for key, each in deployed.entries.items() if each.in_force != each.file} == exported.left_out.keys()
    assert _exported(folder, again, edition).texts == {}
