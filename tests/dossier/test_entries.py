"""Entries as values: fields, merging, and what is in force of a changed entry beside the files."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.dossier.entries import (
    HEADER,
    TEXT,
    WHOLE,
    Content,
    Entry,
    Former,
    Key,
    Merged,
    Unit,
    content_of,
    decided,
    declined,
    digest,
    digest_of,
    entries_of,
    fields,
    key_at,
    merge,
    place_of,
    units,
    with_entries,
    with_former,
    without_empties,
)
from bot.dossier.loader import _read_files, checked
from bot.dossier.models import Bulletin, Header, Topic
from bot.dossier.yaml_reader import parse
from tests.conftest import CONTENT, TINY, TODAY
from tests.tables import table

names = st.sampled_from(["en", "es", "ru", "title", "body"])
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["a", "b", "c"]), st.lists(st.sampled_from("ab"))
)
contents = st.dictionaries(names, st.one_of(leaves, st.dictionaries(names, leaves, max_size=3)), max_size=4).map(
    without_empties
)
maybe = contents.map(lambda content: content or None)

BASE: Content = {
    "date": "2026-01-31",
    "title": {"en": "Ferry", "id": "Feri"},
    "body": {"en": "Fares fall.", "id": "Tarif turun."},
}
MARK: dict[str, Any] = {"date": "2026-02-01", "because": {"en": "Wrong.", "id": "Salah."}}


def edited(content: Content, **texts: str) -> dict[str, Any]:
    """With other values at ``title_en`` and the like; an empty one removes it."""
    values = fields(content)
    for name, text in texts.items():
        values[tuple(name.split("_"))] = text
    return without_empties(content_of(values))


class TestFields:
    @given(contents)
    def test_a_content_is_its_fields(self, content: dict[str, Any]) -> None:
        assert content_of(fields(content)) == content

    @given(contents)
    def test_a_content_survives_the_database(self, content: dict[str, Any]) -> None:
        assert digest(json.loads(json.dumps(content))) == digest(content)

    def test_null_is_kept_and_what_is_empty_is_not(self) -> None:
        assert without_empties({"known": {"budget": None}, "short": {"en": ""}, "topics": []}) == {
            "known": {"budget": None}
        }


FERRY, TERM = Key("bulletins/ferry"), Key("facts/term")
keys = st.sampled_from([FERRY, TERM, Key("topics/ferry"), HEADER])
digests = st.dictionaries(
    st.sampled_from([WHOLE, TEXT, Unit("en"), Unit("es")]), st.lists(contents.map(digest), max_size=2), max_size=2
)


class TestUnits:
    @given(keys, contents)
    def test_an_entry_is_its_units(self, key: Key, content: Content) -> None:
        parts = units(key, content)
        assert {name: value for part in parts.values() for name, value in part.items()} == content
        assert sum(map(len, parts.values())) == len(content)

    def test_what_is_read_together(self) -> None:
        ferry = {**BASE, "short": {"en": "Ferry"}, "topics": ["sea"]}
        assert units(FERRY, ferry).keys() == {TEXT, "date", "topics"}
        assert units(TERM, {"type": "number", "value": 5}) == {WHOLE: {"type": "number", "value": 5}}
        assert units(HEADER, {"title": {"en": "A"}, "summary": {"en": "B"}}).keys() == {"title", "summary"}
        assert units(FERRY, None) == {}

    @pytest.mark.parametrize("model", [Topic, Bulletin, Header])
    def test_a_unit_passes_its_model_without_the_others(self, model: type[BaseModel]) -> None:
        """So a merge of two valid versions is valid, too."""
        assert not model.__pydantic_decorators__.model_validators


class TestMerging:
    @given(keys, maybe, maybe)
    def test_one_side_alone(self, key: Key, base: Content | None, other: Content | None) -> None:
        assert merge(key, base, other, base) == merge(key, base, base, other) == merge(key, base, other, other)
        assert merge(key, base, base, other) == Merged(other)

    @given(keys, maybe, maybe, maybe, digests)
    def test_nothing_is_in_force_that_neither_side_wrote(
        self, key: Key, base: Content | None, ours: Content | None, theirs: Content | None, was: Former
    ) -> None:
        merged = merge(key, base, ours, theirs, was)
        of_ours, of_theirs = units(key, ours), units(key, theirs)
        if merged.content is None:
            assert None in (ours, theirs) or not of_ours.keys() & of_theirs.keys(), "valid entries share their text"
        for unit, value in units(key, merged.content).items():
            assert value in (of_ours.get(unit), of_theirs.get(unit))
        if base is None and merged.differing:
            assert merged.content == ours

    @given(keys, maybe, maybe, maybe)
    def test_nobodys_change_is_lost_without_a_word(
        self, key: Key, base: Content | None, ours: Content | None, theirs: Content | None
    ) -> None:
        merged = merge(key, base, ours, theirs)
        assert bool(merged.differing) == bool(merge(key, base, theirs, ours).differing)
        before, after = units(key, base), units(key, merged.content)
        for side, kept in ((ours, ()), (theirs, merged.differing)):
            values = units(key, side)
            for unit in {*values, *before} - {*kept} if WHOLE not in kept else ():
                if values.get(unit) != before.get(unit):
                    assert after.get(unit) == values.get(unit)

    @given(keys, st.lists(maybe, max_size=5))
    def test_files_alone_end_with_the_last_of_them(self, key: Key, files: list[Content | None]) -> None:
        content = before = None
        was: Former = {}
        for file in files:
            merged = merge(key, before, content, file, was)
            was = with_former(key, was, merged.content, merged.content)
            content, before = merged.content, file
            assert json.dumps(merged.content) == json.dumps(file), "also in its order"
            assert (merged.differing, merged.former, was) == ((), (), {})

    @given(keys, st.lists(maybe, min_size=2, max_size=4), maybe, st.data())
    def test_what_a_decision_replaced_does_not_come_back_by_files(
        self, key: Key, decided: list[Content | None], base: Content | None, data: st.DataObject
    ) -> None:
        was: Former = {}
        for gone, present in pairwise(decided):
            was = with_former(key, was, gone, present)
        ours, theirs = decided[-1], data.draw(st.sampled_from(decided))
        merged = merge(key, base, ours, theirs, was).content
        if ours is None or merged is None:
            assert ours in (merged, theirs)
        for unit in units(key, ours).keys() | units(key, merged).keys() if ours and merged else ():
            value = units(key, merged).get(unit)
            assert value == units(key, ours).get(unit) or digest_of(value) not in was.get(unit, ())

    @given(keys, maybe, maybe, digests)
    def test_nothing_in_force_is_a_former_value(
        self, key: Key, gone: Content | None, present: Content | None, was: Former
    ) -> None:
        found = with_former(key, was, gone, present)
        assert digest_of(present) not in found.get(WHOLE, ())
        for unit, value in units(key, present).items():
            assert digest_of(value) not in found.get(unit, ())
        if gone != present:
            assert digest_of(gone) in found[WHOLE]
        assert json.loads(json.dumps(found)) == found
        assert with_former(key, {}, present, present) == {}

    def test_two_languages_of_a_text_differ(self) -> None:
        ours, theirs = edited(BASE, body_id="Tarif naik."), edited(BASE, body_en="Fares rise.")
        assert merge(FERRY, BASE, ours, theirs) == Merged(ours, (TEXT,))

    def test_a_text_and_a_withdrawal_do_not(self) -> None:
        ours, theirs = edited(BASE, body_en="Fares rise."), {**BASE, "withdrawn": MARK}
        assert merge(FERRY, BASE, ours, theirs) == Merged({**ours, "withdrawn": MARK})

    def test_a_value_and_who_says_so_are_one(self) -> None:
        base = {"type": "number", "value": 4000, "sources": ["a"], "stated_by": {"en": "The ministry"}}
        ours, theirs = {**base, "value": 5200, "sources": ["b"]}, {**base, "stated_by": {"en": "Bureau X"}}
        assert merge(TERM, base, ours, theirs) == Merged(ours, (WHOLE,))

    def test_removed_and_changed(self) -> None:
        boat = edited(BASE, title_en="Boat")
        assert merge(FERRY, BASE, None, boat) == Merged(None, (WHOLE,))
        assert merge(FERRY, BASE, boat, None) == Merged(boat, (WHOLE,))

    def test_two_that_were_given_one_id_are_not_mixed(self) -> None:
        boat = {**edited(BASE, title_en="Boat"), "picture": "duration"}
        assert merge(FERRY, None, BASE, boat) == Merged(BASE, (WHOLE,))
        assert merge(FERRY, None, BASE, {**BASE, "picture": "duration"}) == Merged({**BASE, "picture": "duration"})

    def test_what_files_alone_say_of_the_header(self) -> None:
        base = {"id": "ferry", "languages": ["en"], "title": {"en": "Ferry"}}
        ours, theirs = {**base, "title": {"en": "Boat"}}, {**base, "languages": ["en", "id"]}
        assert merge(HEADER, base, ours, theirs) == Merged({**ours, "languages": ["en", "id"]})
        assert merge(HEADER, None, ours, theirs).content == ours, "another dossier"

    def test_the_order_is_that_of_the_files(self) -> None:
        theirs = {"body": BASE["body"], "title": BASE["title"], "date": BASE["date"]}
        merged = merge(FERRY, BASE, {**BASE, "picture": "duration"}, theirs)
        assert list(merged.content or ()) == ["body", "title", "date", "picture"]


class TestFormer:
    """A deploy after a decision replaced BASE with CORRECTED, and was exported."""

    CORRECTED = edited(BASE, body_en="Fares rise.")
    WAS = with_former(FERRY, {}, BASE, CORRECTED)

    @pytest.mark.parametrize(
        ("file", "content", "differing", "former"),
        [
            (BASE, CORRECTED, (), (TEXT,)),
            ({**BASE, "urgent": True}, {**CORRECTED, "urgent": True}, (), (TEXT,)),
            (edited(BASE, body_en="Fares stay."), edited(BASE, body_en="Fares stay."), (), ()),
            (None, CORRECTED, (WHOLE,), ()),
        ],
    )
    def test_a_correction(
        self, file: Content | None, content: Content, differing: tuple[Unit, ...], former: tuple[Unit, ...]
    ) -> None:
        assert merge(FERRY, self.CORRECTED, self.CORRECTED, file, self.WAS) == Merged(content, differing, former)

    def test_a_bulletin_of_the_desk_and_a_tree_from_before_it(self) -> None:
        assert merge(FERRY, BASE, BASE, None, with_former(FERRY, {}, None, BASE)) == Merged(BASE, (), (WHOLE,))

    def test_a_removed_entry_and_a_tree_from_before_that(self) -> None:
        was = with_former(FERRY, with_former(FERRY, {}, BASE, self.CORRECTED), self.CORRECTED, None)
        for former in (BASE, self.CORRECTED):
            assert merge(FERRY, None, None, former, was) == Merged(None, (), (WHOLE,))
        assert merge(FERRY, None, None, edited(BASE, title_en="Boat"), was).content == edited(BASE, title_en="Boat")

    def test_changed_back_by_a_decision(self) -> None:
        assert with_former(FERRY, self.WAS, self.CORRECTED, BASE).keys() == {WHOLE, TEXT}
        assert merge(FERRY, BASE, BASE, self.CORRECTED, with_former(FERRY, self.WAS, self.CORRECTED, BASE)).former

    def test_a_rollback_of_what_files_alone_changed(self) -> None:
        """Beside a correction, and back: the files have their say in what no decision touched."""
        there = {**self.CORRECTED, "urgent": True}
        assert merge(FERRY, there, there, self.CORRECTED, self.WAS).content == self.CORRECTED


class TestDeciding:
    """What a decision makes of the entries that are kept."""

    EDITED = edited(BASE, body_en="Fares rise.")

    @given(maybe, maybe, maybe)
    def test_it_holds_whatever_files_said_before(
        self, file: Content | None, before: Content | None, after: Content | None
    ) -> None:
        """And the same files, or what they said before it, change nothing of it."""
        kept = {FERRY: Entry(before, file)} if before else {FERRY: Entry(file, file, gone=1.0)} if file else {}
        (entry,) = decided(kept, {FERRY: after}, 2.0).values()
        assert entry.in_force == after
        assert entry.file == file
        for former in (file, before):
            found = merge(FERRY, entry.file, entry.in_force, former, entry.was)
            assert after in (found.content, former)

    def test_what_files_said_just_so_is_theirs(self) -> None:
        """Nobody decided otherwise; what a deploy wrote into it the files do not say."""
        kept = {FERRY: Entry({**BASE, "was": ["tram"]}, BASE)}
        (entry,) = decided(kept, {FERRY: {**self.EDITED, "was": ["tram"]}}, 2.0, {FERRY}).values()
        assert (entry.file, entry.was) == (self.EDITED, {})
        assert merge(FERRY, entry.file, entry.in_force, BASE, entry.was).content == {**BASE, "was": ["tram"]}
        (gone,) = decided({FERRY: Entry(BASE, BASE)}, {FERRY: None}, 2.0, {FERRY}).values()
        assert (gone.in_force, gone.file, gone.was) == (None, None, {})

    def test_what_leaves_force_is_kept(self) -> None:
        (gone,) = decided({FERRY: Entry(BASE, BASE)}, {FERRY: None}, 2.0).values()
        assert (gone.content, gone.in_force, gone.gone) == (BASE, None, 2.0)

    def test_what_files_alone_say_of_the_header_stays(self) -> None:
        kept = {HEADER: Entry({"title": "A", "languages": ["en"]}, None)}
        (entry,) = decided(kept, {HEADER: {"title": "B", "languages": ["en", "id"]}}, 2.0).values()
        assert entry.content == {"title": "B", "languages": ["en"]}

    def test_what_is_declined_does_not_come_back(self) -> None:
        (entry,) = declined({FERRY: Entry(BASE, self.EDITED)}, {FERRY: self.EDITED}, 2.0).values()
        assert entry.in_force == BASE
        assert merge(FERRY, entry.file, BASE, self.EDITED, entry.was) == Merged(BASE, (), ())
        assert merge(FERRY, BASE, BASE, self.EDITED, entry.was) == Merged(BASE, (), (TEXT,))

    def test_a_new_entry_is_declined(self) -> None:
        (entry,) = declined({}, {FERRY: BASE}, 2.0).values()
        assert entry.in_force is None
        assert merge(FERRY, None, None, BASE, entry.was).former == (WHOLE,)


class TestDocuments:
    @table("key")
    def test_a_key_and_its_place(self, key: str) -> None:
        """
        header
        topics/duration
        programs/talent
        questions/duration
        claims/price
        bulletins/2026-01-31-a
        sources/antara
        facts/term
        """
        assert key_at(*place_of(Key(key))) == key

    def test_the_files_come_back(self) -> None:
        documents, _ = _read_files(TINY)
        entries = entries_of(documents)
        assert {key.partition("/")[0] for key in entries} >= {"header", "topics", "sources", "facts"}
        assert entries_of(with_entries(documents, entries)) == entries
        assert with_entries(documents, {}) == documents

    def test_an_entry_is_changed_added_and_removed(self) -> None:
        documents = {
            "sources.yaml": parse(b"a: {url: 'https://a.example', title: ''}\nb: {url: 'https://b.example'}\n")
        }
        new: dict[Key, Content | None] = {
            Key("sources/a"): None,
            Key("sources/c"): {"url": "https://c.example"},
            Key("bulletins/x"): BASE,
        }
        assert entries_of(with_entries(documents, new)) == {
            "sources/b": {"url": "https://b.example"},
            "sources/c": {"url": "https://c.example"},
            "bulletins/x": BASE,
        }

    def test_the_header_keeps_what_files_alone_say(self) -> None:
        documents = {"dossier.yaml": parse(b"id: ferry\nlanguages: [en]\ndefault_language: en\ntitle: {en: Ferry}\n")}
        after = with_entries(documents, {Key("header"): {"id": "other", "title": {"en": "Boat"}}})
        assert after["dossier.yaml"].value == {
            "id": "ferry",
            "languages": ["en"],
            "default_language": "en",
            "title": {"en": "Boat"},
        }


@pytest.mark.slow
def test_an_entry_of_a_change_says_what_its_file_says() -> None:
    """Also what it says by an empty list: that no note of a fact is shown."""
    documents, _ = _read_files(CONTENT)
    of_files = checked(documents, TODAY).dossier
    of_changes = checked(with_entries(documents, entries_of(documents)), TODAY).dossier
    assert of_files is not None
    assert of_changes is not None
    assert any(topic.notes in ((), []) for topic in of_files.topics.values())
    assert of_changes.topics == of_files.topics
    assert of_changes == of_files
