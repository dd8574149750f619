"""Entries as values: fields, merging, and what is in force of a changed entry beside the files."""

import json
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dossier.entries import (
    Content,
    Key,
    Stored,
    content_of,
    digest,
    entries_of,
    fields,
    in_force,
    key_at,
    merge,
    place_of,
    with_entries,
    without_empties,
)
from bot.dossier.loader import _read_files
from bot.dossier.yaml_reader import parse
from tests.conftest import TINY

names = st.sampled_from(["en", "id", "ru", "title", "body"])
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["a", "b", "c"]), st.lists(st.sampled_from("ab"))
)
contents = st.dictionaries(names, st.one_of(leaves, st.dictionaries(names, leaves, max_size=3)), max_size=4).map(
    without_empties
)
maybe = st.one_of(st.none(), contents)

BASE: Content = {
    "date": "2026-01-31",
    "title": {"en": "Ferry", "id": "Feri"},
    "body": {"en": "Fares fall.", "id": "Tarif turun."},
}


def changed(content: Content, **texts: str) -> dict[str, Any]:
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


class TestMerging:
    @given(maybe, maybe)
    def test_one_side_alone(self, base: Content | None, other: Content | None) -> None:
        assert merge(base, other, base).content == other
        assert merge(base, base, other).content == other
        assert merge(base, other, other).content == other
        assert not (
            *merge(base, other, base).conflicts,
            *merge(base, base, other).conflicts,
            *merge(base, other, other).conflicts,
        )

    @given(maybe, maybe, maybe)
    def test_without_conflict_nobodys_change_is_lost_and_the_order_is_all_the_same(
        self, base: Content | None, ours: Content | None, theirs: Content | None
    ) -> None:
        one, other = merge(base, ours, theirs), merge(base, theirs, ours)
        assert bool(one.conflicts) == bool(other.conflicts)
        if not one.conflicts:
            assert one.content == other.content
            before, merged = fields(base), fields(one.content)
            for side in (fields(ours), fields(theirs)):
                for place in side.keys() | before.keys():
                    if side.get(place, "gone") != before.get(place, "gone"):
                        assert merged.get(place, "gone") == side.get(place, "gone")

    @given(maybe, maybe, maybe)
    def test_what_both_changed_is_as_in_theirs(
        self, base: Content | None, ours: Content | None, theirs: Content | None
    ) -> None:
        merged = merge(base, ours, theirs)
        for place in merged.conflicts:
            assert fields(merged.content).get(place, "gone") == fields(theirs).get(place, "gone")

    def test_two_languages_never_meet(self) -> None:
        merged = merge(BASE, changed(BASE, body_id="Tarif naik."), changed(BASE, body_en="Fares rise."))
        assert merged.content == changed(BASE, body_id="Tarif naik.", body_en="Fares rise.")
        assert merged.conflicts == ()

    def test_one_text_for_all_languages_beside_a_text_for_each(self) -> None:
        merged = merge(
            {"publisher": "Antara"}, {"publisher": {"en": "Antara", "ru": "Антара"}}, {"publisher": "ANTARA"}
        )
        assert merged.content == {"publisher": "ANTARA"}
        assert merged.conflicts

    def test_removed_and_changed(self) -> None:
        assert merge(BASE, None, changed(BASE, title_en="Boat")).conflicts == ((),)


class TestInForce:
    """Beside the files, as a deploy moves them."""

    EDITED = changed(BASE, body_en="Fares rise.")
    STORED = Stored(Key("bulletins/ferry"), BASE, EDITED)

    def test_the_files_are_as_they_were(self) -> None:
        assert in_force(self.STORED, BASE).content == self.EDITED

    def test_a_deploy_mends_another_field(self) -> None:
        found = in_force(self.STORED, changed(BASE, title_id="Kapal feri"))
        assert (found.standing, found.content) == ("applies", changed(self.EDITED, title_id="Kapal feri"))

    def test_a_deploy_changes_the_same_field(self) -> None:
        file = changed(BASE, body_en="Fares stay.")
        found = in_force(self.STORED, file)
        assert (found.standing, found.content, found.conflicts) == ("set aside", file, (("body", "en"),))

    def test_a_deploy_says_the_same(self) -> None:
        assert in_force(self.STORED, self.EDITED).standing == "settled"

    def test_a_deploy_says_the_same_and_more(self) -> None:
        file = changed(self.EDITED, title_id="Kapal feri")
        assert (in_force(self.STORED, file).standing, in_force(self.STORED, file).content) == ("settled", file)

    def test_settled_and_then_the_file_moves_on(self) -> None:
        settled = Stored(self.STORED.key, BASE, self.EDITED, is_settled=True)
        file = changed(BASE, body_en="Fares stay.")
        assert (in_force(settled, file).standing, in_force(settled, file).content) == ("history", file)

    def test_settled_and_then_rolled_back_corrects_nothing_backwards(self) -> None:
        settled = Stored(self.STORED.key, BASE, self.EDITED, is_settled=True)
        assert in_force(settled, BASE).content == self.EDITED

    def test_a_bulletin_of_the_desk_that_no_file_has(self) -> None:
        assert in_force(Stored(self.STORED.key, None, BASE), None).content == BASE

    def test_a_file_that_is_removed_beside_a_correction(self) -> None:
        assert (in_force(self.STORED, None).standing, in_force(self.STORED, None).content) == ("set aside", None)

    MARK: ClassVar[dict[str, Any]] = {"date": "2026-02-01", "because": {"en": "Wrong.", "id": "Salah."}}
    WITHDRAWN = Stored(Key("bulletins/ferry"), BASE, {**BASE, "withdrawn": MARK})

    def test_a_withdrawal_survives_a_mended_typo(self) -> None:
        file = changed(BASE, title_en="Ferries")
        assert in_force(self.WITHDRAWN, file).content == {**file, "withdrawn": self.MARK}

    def test_a_withdrawal_survives_a_conflict(self) -> None:
        stored = Stored(self.WITHDRAWN.key, BASE, {**self.EDITED, "withdrawn": self.MARK})
        file = changed(BASE, body_en="Fares stay.")
        assert (in_force(stored, file).standing, in_force(stored, file).content) == (
            "set aside",
            {**file, "withdrawn": self.MARK},
        )

    def test_a_file_ends_a_withdrawal_on_purpose(self) -> None:
        stored = Stored(self.WITHDRAWN.key, BASE, self.WITHDRAWN.content, is_settled=True)
        assert in_force(stored, changed(BASE, body_en="Fares stay.")).content == changed(BASE, body_en="Fares stay.")


class TestDocuments:
    @pytest.mark.parametrize(
        "key",
        [
            "header",
            "topics/duration",
            "programs/talent",
            "questions/duration",
            "claims/price",
            "bulletins/2026-01-31-a",
            "sources/antara",
            "facts/term",
        ],
    )
    def test_a_key_and_its_place(self, key: str) -> None:
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
