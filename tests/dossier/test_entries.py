"""Entries as values: fields, merging, and what is in force of a changed entry beside the files."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dossier.entries import (
    Content,
    Key,
    Stored,
    changed,
    content_of,
    digest,
    entries_of,
    fields,
    from_json,
    in_force,
    key_at,
    merge,
    place_of,
    to_json,
    with_entries,
    without_empties,
)
from bot.dossier.loader import _read_files, checked
from bot.dossier.yaml_reader import parse
from tests.conftest import CONTENT, TINY, TODAY

names = st.sampled_from(["en", "id", "ru", "title", "body"])
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
        merged = merge(BASE, edited(BASE, body_id="Tarif naik."), edited(BASE, body_en="Fares rise."))
        assert merged.content == edited(BASE, body_id="Tarif naik.", body_en="Fares rise.")
        assert merged.conflicts == ()

    def test_one_text_for_all_languages_beside_a_text_for_each(self) -> None:
        merged = merge(
            {"publisher": "Antara"}, {"publisher": {"en": "Antara", "ru": "Антара"}}, {"publisher": "ANTARA"}
        )
        assert merged.content == {"publisher": "ANTARA"}
        assert merged.conflicts

    def test_removed_and_changed(self) -> None:
        boat = edited(BASE, title_en="Boat")
        assert merge(BASE, None, boat).conflicts
        assert merge(BASE, boat, None).conflicts
        assert merge(BASE, None, boat).content == boat


FERRY = Key("bulletins/ferry")
MARK: dict[str, Any] = {"date": "2026-02-01", "because": {"en": "Wrong.", "id": "Salah."}}


class TestInForce:
    """Beside the files, as deploys and rollbacks move them."""

    EDITED = edited(BASE, body_en="Fares rise.")

    @staticmethod
    def after(*contents: Content | None, file: Content | None = BASE) -> Stored:
        """The entry after changes that put these contents in force while the files had it as ``file``."""
        stored = None
        for content in contents:
            stored = changed(stored, FERRY, file, content)
        assert stored is not None
        return stored

    @staticmethod
    def settled(stored: Stored) -> Stored:
        touched = {place: replace(each, is_settled=True) for place, each in stored.touches.items()}
        return replace(stored, touches=touched)

    def settled_beside(self, stored: Stored, file: Content) -> Stored:
        """After a deploy of a file that says the same."""
        assert in_force(stored, file).standing == "same"
        return self.settled(stored)

    def test_the_files_are_as_they_were(self) -> None:
        assert in_force(self.after(self.EDITED), BASE).content == self.EDITED

    def test_a_deploy_mends_another_field(self) -> None:
        found = in_force(self.after(self.EDITED), edited(BASE, title_id="Kapal feri"))
        assert (found.standing, found.content) == ("applies", edited(self.EDITED, title_id="Kapal feri"))

    def test_a_deploy_changes_the_same_field(self) -> None:
        file = edited(BASE, body_en="Fares stay.")
        found = in_force(self.after(self.EDITED), file)
        assert (found.standing, found.content, found.conflicts) == ("set aside", file, (("body", "en"),))

    def test_a_deploy_says_the_same(self) -> None:
        found = in_force(self.after(self.EDITED), self.EDITED)
        assert (found.standing, found.settled) == ("same", {("body", "en")})

    def test_a_deploy_says_the_same_and_more(self) -> None:
        file = edited(self.EDITED, title_id="Kapal feri")
        found = in_force(self.after(self.EDITED), file)
        assert (found.standing, found.content) == ("same", file)

    def test_settled_and_then_the_file_moves_on(self) -> None:
        file = edited(BASE, body_en="Fares stay.")
        found = in_force(self.settled(self.after(self.EDITED)), file)
        assert (found.standing, found.content) == ("same", file)

    def test_settled_and_then_rolled_back_corrects_nothing_backwards(self) -> None:
        assert in_force(self.settled(self.after(self.EDITED)), BASE).content == self.EDITED

    def test_a_branch_from_before_the_export_corrects_nothing_backwards(self) -> None:
        branch = edited(BASE, title_id="Kapal feri")
        assert in_force(self.settled(self.after(self.EDITED)), branch).content == edited(
            self.EDITED, title_id="Kapal feri"
        )

    def test_a_bulletin_of_the_desk_that_no_file_has(self) -> None:
        assert in_force(self.after(BASE, file=None), None).content == BASE
        assert in_force(self.after(BASE, file=None), BASE).standing == "same"
        assert in_force(self.settled(self.after(BASE, file=None)), None).content == BASE

    def test_a_correction_of_a_bulletin_of_the_desk_survives_a_rollback_to_its_export(self) -> None:
        """Also once the correction was exported, too: the file is as it was before, and the change is what editors meant last."""
        exported = self.settled(self.after(BASE, file=None))
        corrected = self.settled(changed(exported, FERRY, BASE, self.EDITED))
        assert in_force(corrected, BASE).content == self.EDITED
        assert in_force(corrected, None).content == self.EDITED

    def test_a_file_of_the_same_name_is_another_bulletin(self) -> None:
        other = {"date": "2026-01-31", "title": {"en": "Boat"}, "short": {"en": "Boat"}}
        assert in_force(self.after(BASE, file=None), other).standing == "set aside"

    def test_a_field_that_its_file_drops_later(self) -> None:
        stored = self.settled(self.after({**BASE, "short": {"en": "Ferry"}}, file=None))
        assert in_force(stored, BASE).content == BASE

    def test_a_file_that_is_removed_beside_a_correction(self) -> None:
        found = in_force(self.after(self.EDITED), None)
        assert (found.standing, found.content) == ("set aside", None)

    def test_a_file_that_is_removed_beside_a_withdrawal(self) -> None:
        """A mark alone is no bulletin. It holds again as soon as the file is back."""
        stored = self.after({**BASE, "withdrawn": MARK})
        assert (in_force(stored, None).standing, in_force(stored, None).content) == ("set aside", None)
        assert in_force(stored, BASE).content == {**BASE, "withdrawn": MARK}

    def test_removed_by_a_change(self) -> None:
        assert in_force(self.after(None), BASE).content is None
        assert in_force(self.after(None), None).standing == "same"
        assert in_force(self.after(None), edited(BASE, title_en="Boat")).standing == "set aside"

    def test_a_chain_keeps_what_the_files_had(self) -> None:
        """The second change was made beside files that had mended another field: that field stays the files'."""
        first = self.after(self.EDITED)
        mended = edited(BASE, title_id="Kapal feri")
        whole = edited(in_force(first, mended).content or {}, body_en="Fares fall again.")
        second = changed(first, FERRY, mended, whole)
        assert second.touches.keys() == {("body", "en")}
        assert in_force(second, BASE).content == edited(BASE, body_en="Fares fall again.")
        assert in_force(second, edited(BASE, title_id="Feri kedua")).standing == "applies"

    def test_changed_back_is_not_changed(self) -> None:
        assert self.after(self.EDITED, BASE).touches == {}

    def test_set_aside_and_applied_again(self) -> None:
        file = edited(BASE, body_en="Fares stay.")
        again = changed(self.after(self.EDITED), FERRY, file, self.EDITED)
        assert in_force(again, file).content == self.EDITED
        assert in_force(again, edited(BASE, body_en="Fares sink.")).standing == "set aside"

    def test_rolled_back_behind_what_was_applied_again(self) -> None:
        """Set aside, applied again, exported, and then the former file: nothing is corrected backwards."""
        file = edited(BASE, body_en="Fares stay.")
        again = changed(self.after(self.EDITED), FERRY, file, self.EDITED)
        assert in_force(self.settled_beside(again, self.EDITED), BASE).content == self.EDITED

    def test_born_at_the_desk_exported_corrected_and_its_file_is_gone(self) -> None:
        born = self.settled_beside(self.after(BASE, file=None), BASE)
        found = in_force(changed(born, FERRY, BASE, self.EDITED), None)
        assert (found.standing, found.content) == ("applies", self.EDITED)

    def test_what_was_set_aside_stays_so_until_its_text_is_chosen(self) -> None:
        file = edited(BASE, body_en="Fares stay.")
        aside = self.after(self.EDITED)
        other = changed(aside, FERRY, file, edited(file, title_id="Kapal feri"))
        assert in_force(other, file).conflicts == (("body", "en"),)
        assert in_force(changed(aside, FERRY, file, edited(file, body_en="Fares sink.")), file).standing == "applies"
        assert in_force(changed(aside, FERRY, file, file), file).standing == "same"

    @given(maybe, st.lists(st.tuples(maybe, maybe), min_size=1, max_size=4))
    def test_what_a_change_says_is_in_force_whatever_was_before(
        self, file: Content | None, steps: list[tuple[Content | None, Content | None]]
    ) -> None:
        stored = None
        for content, next_file in steps:
            stored = changed(stored, FERRY, file, content)
            found = in_force(stored, file)
            assert (found.content or None) == (content or None) or found.standing == "set aside"
            rows = json.loads(json.dumps(to_json(stored.touches)))
            assert in_force(Stored(FERRY, from_json(rows), stored.is_new), file) == in_force(stored, file)
            file = next_file

    def test_a_withdrawal_survives_a_mended_typo(self) -> None:
        file = edited(BASE, title_en="Ferries")
        assert in_force(self.after({**BASE, "withdrawn": MARK}), file).content == {**file, "withdrawn": MARK}

    def test_a_withdrawal_survives_a_conflict(self) -> None:
        stored, file = self.after({**self.EDITED, "withdrawn": MARK}), edited(BASE, body_en="Fares stay.")
        found = in_force(stored, file)
        assert (found.standing, found.content) == ("set aside", {**file, "withdrawn": MARK})

    def test_a_withdrawal_survives_a_branch_that_never_knew_of_it(self) -> None:
        stored, branch = self.settled(self.after({**BASE, "withdrawn": MARK})), edited(BASE, title_en="Ferries")
        assert in_force(stored, branch).content == {**branch, "withdrawn": MARK}

    def test_a_change_ends_a_withdrawal(self) -> None:
        assert in_force(self.after({**BASE, "withdrawn": MARK}, BASE), BASE).content == BASE


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
