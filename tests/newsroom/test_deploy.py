"""A deploy as a plan: which tree is imported, what comes into force at once, what waits for an editor and why."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dossier.entries import Content, Entry, Key, contents_in_force, digest, units, with_former
from bot.dossier.loader import contents_of, load, load_contents
from bot.dossier.models import BulletinId
from bot.newsroom.deploy import FORMER_SECONDS, Deploy, Plan, Tree, Waiting, may_import
from bot.replies.bulletins import bulletin_text
from tests.conftest import CONTENT, TINY, TODAY, not_none
from tests.tables import cases

FILES = contents_of(load(TINY, TODAY))
FARE, TERM, TOPIC, HARBOUR = Key("facts/fare"), Key("facts/term"), Key("topics/fare"), Key("sources/harbour")
FIRST = Key("bulletins/2026-01-05-first-crossing")
Contents = dict[Key, Content]

NOW = 1_700_000_000.0


def texts(words: str) -> dict[str, Any]:
    return {"en": words, "id": words}


def bulletin(words: str, **also: Any) -> Content:
    return {"date": "2026-02-01", "title": texts(words), "body": texts(f"{words}."), "sources": ["harbour"], **also}


def with_bulletins(number: int, words: str = "Fares are {fare}") -> Contents:
    return FILES | {Key(f"bulletins/2026-02-01-{n}"): bulletin(f"{words} {'again ' * n}") for n in range(number)}


def edited(contents: Contents, key: Key, **values: Any) -> Contents:
    """With other values of an entry; None: without the entry's field."""
    content = {name: each for name, each in {**contents[key], **values}.items() if each is not None}
    return {**contents, key: content}


def without(contents: Contents, *keys: Key) -> Contents:
    return {key: each for key, each in contents.items() if key not in keys}


class Office:
    """What is in force, as files and decisions move it; ``seen``: the bulletins that readers have, all unless said."""

    def __init__(self, *, is_desk_used: bool = True) -> None:
        self.kept: Mapping[Key, Entry] = {}
        self.is_desk_used = is_desk_used
        self.trees = list[str]()
        self.seen = set[Key]()

    def deploy(self, files: Contents, word: Literal["confirmed"] | None = None, guarded: Collection[Key] = ()) -> Plan:
        name = digest(dict(files))
        tree = word or ("former" if name in self.trees else "new")
        self.trees.append(name)
        plan = Deploy(self.kept, files, tree, self.seen, TODAY, NOW, self.is_desk_used, guarded).plan()
        self.kept = plan.entries
        self.seen = {plan.renamed.get(each, each) for each in self.seen}
        self.seen |= {key for key in plan.contents if key.startswith("bulletins/")}
        return plan

    def decide(self, key: Key, content: Content | None) -> None:
        before = self.kept.get(key)
        ours, was = (before.in_force, before.was) if before else (None, {})
        was = with_former(key, was, ours, content)
        file = before.file if before else None
        gone = before.content if before else None
        self.kept = {**self.kept, key: Entry(gone if content is None else content, file, None if content else NOW, was)}

    def decline(self, key: Key, waiting: Waiting) -> None:
        entry = self.kept.get(key) or Entry(None, gone=NOW)
        was = with_former(key, entry.was, waiting.content, entry.in_force)
        self.kept = {**self.kept, key: replace(entry, was=was)}

    @property
    def contents(self) -> Contents:
        return contents_in_force(self.kept)

    def says(self, key: Key) -> str:
        """What readers of a bulletin read in English."""
        dossier = not_none(load_contents(self.contents, TODAY).dossier)
        return str(bulletin_text(dossier, dossier.bulletins[BulletinId(key[10:])], dossier.languages[0]))


@pytest.fixture
def office() -> Office:
    office = Office()
    assert office.deploy(FILES).draft == {}
    return office


def whys(plan: Plan) -> dict[Key, str]:
    return {key: each.why for key, each in plan.draft.items()}


class TestWhichTree:
    """Rule 5."""

    TREES = (Tree("a", 0.0, 10_000.0), Tree("b", 1_000.0, 5_000.0))

    @pytest.mark.parametrize(
        ("case", "tree", "last", "had", "noted_since", "now", "is_imported"),
        [
            ("the first ever", "a", "", "", 0.0, 1.0, True),
            ("the same again", "b", "b", "", 0.0, 9_999.0, False),
            ("never imported", "c", "b", "b", 6_000.0, 6_000.0, True),
            ("never imported, of a process that was overtaken", "c", "b", "a", 6_000.0, 6_000.0, True),
            ("a later one that returns", "b", "a", "", 12_000.0, 12_000.0, True),
            ("after a restore", "a", "", "", 6_000.0, 6_000.0, True),
            ("an author's undo", "a", "b", "b", 4_999.0, 5_001.0, True),
            ("a former release beside the new one", "a", "b", "", 0.0, 5_010.0, False),
            ("a crash of the new one, back in three seconds", "a", "b", "a", 0.0, 5_003.0, False),
            ("nobody has the new one for ten minutes", "a", "b", "a", 0.0, 5_000.0 + FORMER_SECONDS, True),
            ("one moment less", "a", "b", "a", 0.0, 4_999.0 + FORMER_SECONDS, False),
            ("nor did this one run all the time", "a", "b", "a", 5_500.0, 5_000.0 + FORMER_SECONDS, False),
            ("and then it did", "a", "b", "a", 5_500.0, 5_500.0 + FORMER_SECONDS, True),
            ("the new one every eleven minutes, in its tenth", "a", "b", "a", 0.0, 5_599.0, False),
        ],
    )
    def test_a_tree(
        self, case: str, tree: str, last: str, had: str, noted_since: float, now: float, is_imported: bool
    ) -> None:
        assert may_import(tree, last, self.TREES, had, noted_since, now) is is_imported, case

    def test_an_owners_word_makes_it_the_newest(self) -> None:
        trees = (Tree("a", 5_000.0, 5_000.0), self.TREES[1])
        assert not may_import("b", "a", trees, "", 0.0, 5_100.0)


class TestAtOnce:
    """Rule 2."""

    def test_the_first_deploy_puts_everything_in_force(self) -> None:
        office = Office()
        assert office.deploy(FILES).contents == FILES
        assert all(each.file == each.content and not each.was for each in office.kept.values())

    def test_what_one_side_changed(self, office: Office) -> None:
        office.decide(FIRST, bulletin("Corrected", date="2026-01-05"))
        plan = office.deploy(edited(FILES, FIRST, urgent=True))
        assert plan.contents[FIRST] == {**bulletin("Corrected", date="2026-01-05"), "urgent": True}
        assert plan.draft == {}

    def test_a_topic_renamed_and_edited_at_the_desk(self, office: Office) -> None:
        office.decide(TOPIC, {**FILES[TOPIC], "emoji": "⛴"})
        price, question = Key("topics/price"), Key("questions/price")
        files = without(FILES, TOPIC) | {price: {**FILES[TOPIC], "was": ["fare"]}, question: {"asks": {"en": ["how"]}}}
        plan = office.deploy(files)
        assert plan.renamed == {TOPIC: price}
        assert plan.contents[price] == {**FILES[TOPIC], "emoji": "⛴", "was": ["fare"]}
        assert (TOPIC in plan.entries, plan.draft) == (False, {})

    def test_the_order_is_the_files(self, office: Office) -> None:
        office.decide(TERM, {"type": "number", "value": 5, "of": texts("years"), "sources": ["harbour"]})
        files = {key: FILES[key] for key in sorted(FILES)} | {Key("facts/age"): FILES[FARE]}
        plan = office.deploy(files)
        assert list(plan.contents) == [*files, TERM]


class TestBothChanged:
    """Rules 3 and 4."""

    OURS, THEIRS = bulletin("Ours", date="2026-01-05"), bulletin("Theirs", date="2026-01-05")

    def test_ours_stays_and_theirs_waits(self, office: Office) -> None:
        office.decide(FIRST, self.OURS)
        plan = office.deploy({**FILES, FIRST: {**self.THEIRS, "urgent": True}})
        assert plan.contents[FIRST] == {**self.OURS, "urgent": True}
        assert plan.draft == {FIRST: Waiting("differs", {**self.THEIRS, "urgent": True})}

    def test_it_waits_until_the_files_say_something_else(self, office: Office) -> None:
        office.decide(FIRST, self.OURS)
        office.deploy({**FILES, FIRST: self.THEIRS})
        assert whys(office.deploy(edited({**FILES, FIRST: self.THEIRS}, TOPIC, emoji="⛴"))) == {FIRST: "differs"}
        assert whys(office.deploy({**FILES, FIRST: self.OURS})) == {}

    def test_a_rollback_takes_it_out_of_the_draft(self, office: Office) -> None:
        office.decide(FIRST, self.OURS)
        office.deploy({**FILES, FIRST: self.THEIRS})
        plan = office.deploy(FILES)
        assert (plan.contents[FIRST], plan.draft) == (self.OURS, {})

    def test_what_was_declined_is_former(self, office: Office) -> None:
        office.decide(FIRST, self.OURS)
        files = {**FILES, FIRST: self.THEIRS}
        office.decline(FIRST, office.deploy(files).draft[FIRST])
        assert office.deploy(files).draft == {}
        assert whys(office.deploy(edited(files, TOPIC, emoji="⛴"))) == {}, "the files said so before"
        assert whys(office.deploy({**FILES, FIRST: bulletin("Third", date="2026-01-05")})) == {FIRST: "differs"}
        assert whys(office.deploy(edited(files, TOPIC, emoji="🎟"))) == {FIRST: "former"}

    def test_an_export_a_rollback_and_forward(self, office: Office) -> None:
        office.decide(FIRST, self.OURS)
        exported = {**FILES, FIRST: self.OURS}
        for files in (exported, FILES, exported, FILES):
            plan = office.deploy(files)
            assert (plan.contents, plan.draft) == (exported, {})

    @pytest.mark.parametrize("ours", [OURS, None, {**OURS, "urgent": True}])
    def test_files_that_say_what_was_decided_have_replaced_what_waited(
        self, office: Office, ours: Content | None
    ) -> None:
        """As an export beside an open draft does. A rollback brings it back to nobody, a new tree to the draft."""
        office.decide(FIRST, ours)
        theirs = {**FILES, FIRST: self.THEIRS}
        office.deploy(theirs)
        exported = {**FILES, FIRST: ours} if ours else without(FILES, FIRST)
        for files in (exported, theirs, exported, theirs):
            plan = office.deploy(files)
            assert (plan.contents, plan.draft) == (exported, {})
        assert whys(office.deploy(edited(theirs, TOPIC, emoji="⛴"))) == {FIRST: "former"}
        assert office.deploy({**FILES, FIRST: bulletin("Third", date="2026-01-05")}).contents[FIRST]["title"] == texts(
            "Third"
        )

    def test_a_rollback_takes_back_what_files_alone_changed(self, office: Office) -> None:
        office.decide(FIRST, self.OURS)
        for files in (edited(FILES, FIRST, urgent=True), FILES) * 2:
            assert office.deploy(files).contents[FIRST].get("urgent") is files[FIRST].get("urgent")

    def test_a_branch_from_before_an_export(self, office: Office) -> None:
        office.decide(FIRST, self.OURS)
        office.deploy({**FILES, FIRST: self.OURS})
        plan = office.deploy(edited(FILES, FIRST, urgent=True))
        assert plan.contents[FIRST] == {**self.OURS, "urgent": True}
        assert plan.draft == {FIRST: Waiting("former", {**FILES[FIRST], "urgent": True})}

    def test_files_move_on_after_an_export_and_a_rollback(self, office: Office) -> None:
        office.decide(FIRST, self.OURS)
        office.deploy({**FILES, FIRST: self.OURS})
        office.deploy(FILES)
        assert office.deploy({**FILES, FIRST: self.THEIRS}).contents[FIRST] == self.THEIRS


class TestGone:
    """Rules 6 and 7."""

    def test_a_file_that_nobody_changed(self, office: Office) -> None:
        plan = office.deploy(without(FILES, FIRST))
        assert FIRST not in plan.contents
        assert plan.entries[FIRST].content == FILES[FIRST]
        assert office.deploy(FILES).contents == FILES

    def test_of_a_bulletin_of_the_desk(self, office: Office) -> None:
        new = Key("bulletins/2026-02-01-new")
        office.decide(new, bulletin("New"))
        exported = {**FILES, new: bulletin("New")}
        office.deploy(exported)
        assert office.deploy(FILES).contents == exported
        plan = office.deploy(edited(FILES, TOPIC, emoji="⛴"))
        assert plan.contents[new] == bulletin("New")
        assert plan.draft == {new: Waiting("former", None)}

    def test_of_one_that_a_decision_changed(self, office: Office) -> None:
        office.decide(FIRST, bulletin("Ours", date="2026-01-05"))
        plan = office.deploy(without(FILES, FIRST))
        assert FIRST in plan.contents
        assert plan.draft == {FIRST: Waiting("differs", None)}

    MARK: ClassVar = {"date": "2026-02-01", "because": texts("Wrong")}

    def test_a_former_tree_ends_no_withdrawal_and_a_new_one_does(self, office: Office) -> None:
        withdrawn = edited(FILES, FIRST, withdrawn=self.MARK)
        office.deploy(withdrawn)
        plan = office.deploy(FILES)
        assert (plan.contents, plan.draft) == (withdrawn, {})
        office.deploy(without(FILES, FIRST))
        assert office.deploy(FILES).contents[FIRST]["withdrawn"] == self.MARK
        assert "withdrawn" not in office.deploy(edited(FILES, TOPIC, emoji="⛴")).contents[FIRST]

    def test_an_owners_word_does(self, office: Office) -> None:
        office.deploy(edited(FILES, FIRST, withdrawn=self.MARK))
        assert office.deploy(FILES, "confirmed").contents == FILES

    def test_one_of_a_decision_is_ended_by_no_file(self, office: Office) -> None:
        office.decide(FIRST, {**FILES[FIRST], "withdrawn": self.MARK})
        office.deploy(without(FILES, FIRST))
        for files in (FILES, edited(FILES, FIRST, urgent=True)):
            assert office.deploy(files).contents[FIRST]["withdrawn"] == self.MARK


class TestRenamedBulletins:
    """Rule 8."""

    OTHER = Key("bulletins/2026-01-05-maiden-voyage")

    def is_one(self, office: Office, plan: Plan, files: Contents) -> None:
        renamed = edited(files, self.OTHER, was=[FIRST[10:]])
        assert plan.contents == renamed
        assert FIRST not in plan.entries
        assert plan.draft == {}

    def test_at_once(self, office: Office) -> None:
        files = without(FILES, FIRST) | {self.OTHER: FILES[FIRST]}
        plan = office.deploy(files)
        assert plan.renamed == {FIRST: self.OTHER}
        self.is_one(office, plan, files)
        self.is_one(office, office.deploy(edited(files, TOPIC, emoji="⛴")), edited(files, TOPIC, emoji="⛴"))

    def test_the_new_one_first(self, office: Office) -> None:
        both = {**FILES, self.OTHER: FILES[FIRST]}
        plan = office.deploy(both)
        assert plan.contents == FILES
        assert whys(plan) == {self.OTHER: "clashes"}
        assert not_none(plan.draft[self.OTHER].because).because == (f"{FIRST}.yaml", ())
        self.is_one(office, office.deploy(without(both, FIRST)), without(both, FIRST))

    def test_the_old_one_first(self, office: Office) -> None:
        files = without(FILES, FIRST) | {self.OTHER: FILES[FIRST]}
        office.deploy(without(FILES, FIRST))
        self.is_one(office, office.deploy(files), files)

    def test_with_another_text_that_says_so(self, office: Office) -> None:
        other = {**FILES[FIRST], "title": texts("Maiden voyage"), "was": [FIRST[10:]]}
        files = without(FILES, FIRST) | {self.OTHER: other}
        plan = office.deploy(files)
        assert plan.renamed == {FIRST: self.OTHER}
        self.is_one(office, plan, files)

    def test_one_that_the_desk_corrected(self, office: Office) -> None:
        ours = {**FILES[FIRST], "body": texts("Ours.")}
        office.decide(FIRST, ours)
        plan = office.deploy(without(FILES, FIRST) | {self.OTHER: FILES[FIRST]})
        assert plan.contents[self.OTHER] == {**ours, "was": [FIRST[10:]]}

    def test_back_again(self, office: Office) -> None:
        office.deploy(without(FILES, FIRST) | {self.OTHER: FILES[FIRST]})
        plan = office.deploy(FILES)
        assert plan.contents[FIRST] == {**FILES[FIRST], "was": [self.OTHER[10:]]}

    def test_its_former_id_is_given_to_no_other(self, office: Office) -> None:
        renamed = without(FILES, FIRST) | {self.OTHER: FILES[FIRST]}
        office.deploy(renamed)
        plan = office.deploy({**renamed, FIRST: bulletin("Another", date="2026-01-05")})
        assert (FIRST in plan.entries, whys(plan)) == (False, {FIRST: "clashes"})

    def test_what_nobody_has_is_another_bulletin(self, office: Office) -> None:
        office.seen.clear()
        assert office.deploy({**FILES, self.OTHER: FILES[FIRST]}).contents[self.OTHER] == FILES[FIRST]


class TestClashes:
    """Rule 9."""

    CLAIM: ClassVar[Content] = {
        "says": {"en": ["the ferry is free"]},
        "verdict": "unproven",
        "because": texts("Nobody knows."),
        "date": "2026-02-01",
    }
    OURS, THEIRS = Key("claims/free"), Key("claims/gratis")

    def test_one_of_forty_in_force(self, office: Office) -> None:
        sources = {Key(f"sources/s{n}"): {**FILES[HARBOUR], "title": str(n)} for n in range(40)}
        for key, content in {**sources, self.OURS: self.CLAIM}.items():
            office.decide(key, content)
        plan = office.deploy(edited({**FILES, self.THEIRS: self.CLAIM}, TOPIC, emoji="⛴"))
        assert plan.contents.keys() == {*FILES, *sources, self.OURS}
        assert plan.contents[TOPIC]["emoji"] == "⛴"
        assert whys(plan) == {self.THEIRS: "clashes"}
        because = not_none(plan.draft[self.THEIRS].because)
        assert {because.path, (because.because or ("",))[0]} == {f"{self.OURS}.yaml", f"{self.THEIRS}.yaml"}

    def test_one_that_was_declined_does_not_come_back(self, office: Office) -> None:
        office.decide(self.OURS, self.CLAIM)
        files = {**FILES, self.THEIRS: self.CLAIM}
        office.decline(self.THEIRS, office.deploy(files).draft[self.THEIRS])
        assert office.deploy(files).draft == {}
        office.decide(self.OURS, None)
        assert self.THEIRS not in office.deploy(FILES).contents
        assert whys(office.deploy(edited(files, TOPIC, emoji="⛴"))) == {self.THEIRS: "former"}

    def test_mended_by_files(self, office: Office) -> None:
        office.decide(self.OURS, self.CLAIM)
        office.deploy({**FILES, self.THEIRS: self.CLAIM})
        mended = {**self.CLAIM, "says": {"en": ["the ferry costs nothing"]}}
        plan = office.deploy({**FILES, self.THEIRS: mended})
        assert (plan.contents[self.THEIRS], plan.draft) == (mended, {})

    @cases("theirs")
    def test_an_alias_or_command_that_the_desk_gave_to_another(self, office: Office, theirs: dict[str, Any]) -> None:
        """
        {"aliases": ["ticket", "cost_of_it"]}
        {"aliases": ["cost"]}
        {"command": "cost_of_it"}
        {"command": "cost"}
        """
        other = Key("topics/cost")
        office.decide(other, {**FILES[TOPIC], "aliases": ["cost_of_it"], "asks": {}})
        plan = office.deploy(edited(FILES, TOPIC, **theirs))
        assert plan.contents[TOPIC] == FILES[TOPIC]
        assert whys(plan) == {TOPIC: "clashes"}
        assert plan.draft[TOPIC].content == {**FILES[TOPIC], **theirs}

    def test_a_name_that_the_desk_gave_to_another(self, office: Office) -> None:
        """Two that were given one name are not mixed."""
        new = Key("bulletins/2026-02-01-new")
        office.decide(new, bulletin("Ours", urgent=True))
        plan = office.deploy({**FILES, new: bulletin("Theirs", topics=["fare"])})
        assert plan.contents[new] == bulletin("Ours", urgent=True)
        assert plan.draft == {new: Waiting("differs", bulletin("Theirs", topics=["fare"]))}

    def test_two_offices_by_turns(self, office: Office) -> None:
        """Each tree is as it was deployed; what the desk decided stays."""
        one, two = Key("bulletins/2026-02-01-one"), Key("bulletins/2026-02-01-two")
        office.deploy({**FILES, one: bulletin("One")})
        office.decide(one, bulletin("Ours"))
        for number in range(2):
            other = {**edited(FILES, TOPIC, order=number), two: bulletin(f"Two {number}")}
            assert office.deploy(other).contents == {**other, one: bulletin("Ours")}
            own = {**edited(FILES, TOPIC, order=number + 5), one: bulletin("One")}
            assert office.deploy(own).contents == {**own, one: bulletin("Ours")}

    def test_a_removal_of_what_the_desk_refers_to(self, office: Office) -> None:
        quay = Key("sources/quay")
        files = {**FILES, quay: {**FILES[HARBOUR], "title": "Quay"}}
        office.deploy(files)
        new = Key("bulletins/2026-02-01-new")
        office.decide(new, bulletin("New", sources=["quay"]))
        plan = office.deploy(edited(FILES, TOPIC, emoji="⛴"))
        assert quay in plan.contents
        assert plan.draft.keys() == {quay}
        assert (plan.draft[quay].why, plan.draft[quay].content) == ("clashes", None)
        office.decide(new, None)
        assert quay not in office.deploy(FILES).contents

    def test_what_then_refers_to_nothing(self, office: Office) -> None:
        other, taken = Key("topics/cost"), Key("topics/tariff")
        office.decide(other, {**FILES[TOPIC], "aliases": ["rate"], "asks": {}})
        files = {
            **FILES,
            taken: {**FILES[TOPIC], "aliases": ["rate"], "asks": {}},
            Key("bulletins/2026-02-01-new"): bulletin("New", topics=["tariff"]),
        }
        plan = office.deploy(files)
        assert taken not in plan.contents
        assert whys(plan)[taken] == "clashes"
        assert load_contents(plan.contents, TODAY).dossier is not None

    def test_a_language_that_comes_and_goes(self, office: Office) -> None:
        other = Key("topics/cost")
        office.decide(other, {**FILES[TOPIC], "aliases": [], "asks": {}})
        russian = {
            key: {
                name: {**each, "ru": "Слова"} if isinstance(each, dict) and "en" in each and name != "asks" else each
                for name, each in content.items()
            }
            for key, content in FILES.items()
        }
        header = Key("header")
        russian[header] = {**russian[header], "languages": ["en", "id", "ru"]}
        plan = office.deploy(russian)
        assert {**plan.contents, other: None} == {**russian, other: None}
        assert plan.draft == {}
        plan = office.deploy(FILES)
        assert (plan.contents[header], plan.draft) == (FILES[header], {})


class TestAHandful:
    """Rule 10."""

    def test_four_edits_wait_and_three_do_not(self) -> None:
        office = Office(is_desk_used=False)
        office.deploy(with_bulletins(4, "Fares fall"))
        four = with_bulletins(4, "Fares rise")
        plan = office.deploy(four)
        assert plan.contents == with_bulletins(4, "Fares fall")
        assert set(whys(plan).values()) == {"many"}
        one = Key("bulletins/2026-02-01-0")
        fewer = {**four, one: with_bulletins(1, "Fares fall")[one]}
        waiting = plan.draft.keys()
        assert office.deploy(fewer, guarded=waiting).contents == with_bulletins(4, "Fares fall")
        assert office.deploy(fewer).contents == fewer

    def test_withdrawals_count(self) -> None:
        office = Office(is_desk_used=False)
        files = with_bulletins(4, "Fares fall")
        office.deploy(files)
        mark = {"date": "2026-02-02", "because": texts("Wrong")}
        withdrawn = {key: {**each, "withdrawn": mark} if "02-01" in key else each for key, each in files.items()}
        plan = office.deploy(withdrawn)
        assert plan.contents == files
        assert set(whys(plan).values()) == {"many"}

    def test_a_fact_moves_and_the_messages_wait(self) -> None:
        office = Office(is_desk_used=False)
        files = with_bulletins(4)
        office.deploy(files)
        one = Key("bulletins/2026-02-01-0")
        before = office.says(one)
        plan = office.deploy(edited(files, FARE, amount=5200))
        assert plan.contents[FARE]["amount"] == 5200
        assert office.says(one) == before
        assert plan.draft[one] == Waiting("many", files[one])
        assert len(plan.draft) == 4

    def test_a_source_of_many(self) -> None:
        office = Office(is_desk_used=False)
        files = with_bulletins(4, "Fares fall")
        office.deploy(files)
        plan = office.deploy(edited(files, HARBOUR, title="Another", url="https://harbour.example/new"))
        assert plan.contents == files
        assert whys(plan) == {HARBOUR: "many"}

    def test_after_a_restore(self) -> None:
        office = Office(is_desk_used=False)
        files = with_bulletins(1, "Fares fall")
        office.deploy(files)
        one = Key("bulletins/2026-02-01-0")
        assert whys(office.deploy(with_bulletins(1, "Fares rise"), guarded=[one])) == {one: "many"}


class TestFiguresByFiles:
    """Rule 13."""

    ONE = Key("bulletins/2026-02-01-0")

    def test_where_somebody_edits_it_has_changed(self, office: Office) -> None:
        office.deploy(with_bulletins(1))
        before = office.says(self.ONE)
        plan = office.deploy(edited(with_bulletins(1), FARE, amount=5200))
        assert plan.contents[self.ONE]["figures"] == {"fare": FILES[FARE]}
        assert office.says(self.ONE) == before
        assert plan.draft == {self.ONE: Waiting("figures", with_bulletins(1)[self.ONE])}

    def test_where_nobody_does_it_was_wrong(self) -> None:
        office = Office(is_desk_used=False)
        office.deploy(with_bulletins(1))
        files = edited(with_bulletins(1), FARE, amount=5200)
        plan = office.deploy(files)
        assert (plan.contents, plan.draft) == (files, {})
        assert "5,200" in office.says(self.ONE)

    def test_a_typo_in_a_bulletin_with_figures(self, office: Office) -> None:
        office.deploy(with_bulletins(1))
        files = edited(with_bulletins(1), FARE, amount=5200)
        office.deploy(files)
        plan = office.deploy(edited(files, self.ONE, title=texts("A fare of {fare}")))
        assert plan.contents[self.ONE]["figures"] == {"fare": FILES[FARE]}
        assert "4,500" in office.says(self.ONE)

    def test_changed_twice_keeps_the_first(self, office: Office) -> None:
        office.deploy(with_bulletins(1))
        for amount in (5200, 6000):
            plan = office.deploy(edited(with_bulletins(1), FARE, amount=amount))
        assert plan.contents[self.ONE]["figures"] == {"fare": FILES[FARE]}

    def test_another_name_in_its_place_differs(self, office: Office) -> None:
        files = {**with_bulletins(1), TERM: {**FILES[FARE], "amount": 1}}
        office.deploy(files)
        changed = edited(files, FARE, amount=5200)
        office.deploy(changed)
        plan = office.deploy({**changed, self.ONE: bulletin("Fares are {term}")})
        assert "4,500" in office.says(self.ONE)
        assert plan.draft[self.ONE].why == "differs"

    def test_what_is_not_printed_changes_no_bulletin(self, office: Office) -> None:
        office.deploy(with_bulletins(1))
        files = edited(with_bulletins(1), FARE, checked="2026-03-01")
        assert office.deploy(files).contents == files


BULLETINS = [Key(f"bulletins/2026-02-01-{n}") for n in range(2)]
values = st.sampled_from(["A", "B", "C"]).map(bulletin)
ours = st.one_of(st.none(), values, values.map(lambda each: {**each, "urgent": True}))
trees = st.fixed_dictionaries(dict.fromkeys(BULLETINS, ours)).map(
    lambda tree: FILES | {key: each for key, each in tree.items() if each is not None}
)


FOLDERS = sorted({CONTENT, *(each.parent for each in (TINY.parent).glob("*/dossier.yaml"))})


class TestEveryDossier:
    """An office of files alone, whatever its dossier: each tree is in force as it is."""

    @pytest.mark.slow
    @pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
    def test_files_alone(self, folder: Path) -> None:
        files = contents_of(load(folder, TODAY))
        office = Office(is_desk_used=False)
        topic = next(key for key in files if key.startswith("topics/"))
        sources = [key for key in files if key.startswith("sources/")]
        bulletins = [key for key in files if key.startswith("bulletins/")]
        backwards = {key: files[key] for key in reversed(files)}
        for tree in (
            files,
            edited(files, topic, emoji="⛴", order=7),
            {**files, Key("sources/new"): files[sources[0]]},
            without(files, *bulletins[1:]),
            backwards,
            files,
        ):
            plan = office.deploy(tree)
            assert json.dumps(plan.contents) == json.dumps(tree)
            assert plan.draft == {}


class TestProperties:
    @settings(deadline=None, max_examples=30)
    @given(st.lists(trees, min_size=1, max_size=4))
    def test_files_alone_end_with_their_last_tree(self, sequence: list[Contents]) -> None:
        """But for a copy, a renamed one and what it was called."""
        office = Office(is_desk_used=False)
        for files in sequence:
            office.seen.clear()
            plan = office.deploy(files)
            assert json.dumps(plan.contents) == json.dumps(files)
            assert plan.draft == {}

    @settings(deadline=None, max_examples=40)
    @given(st.lists(st.one_of(trees, st.tuples(st.sampled_from(BULLETINS), ours)), min_size=2, max_size=5))
    def test_nothing_is_in_force_that_nobody_wrote_and_nothing_waits_that_is(self, sequence: list[Any]) -> None:
        office, written = Office(), dict[tuple[Key, str], list[Content]]()
        for step in sequence:
            said = dict([step]) if isinstance(step, tuple) else step
            for key, content in said.items():
                for unit, value in units(key, content).items():
                    written.setdefault((key, unit), []).append(value)
            if isinstance(step, tuple):
                office.decide(*step)
            else:
                office.seen.clear()
                plan = office.deploy(step)
                for key, waiting in plan.draft.items():
                    assert waiting.content != plan.contents.get(key)
                    assert waiting.content is None or step.get(key) is not None
            for key, content in office.contents.items():
                assert all(value in written[key, unit] for unit, value in units(key, content).items() if unit != "was")

    @settings(deadline=None, max_examples=40)
    @given(trees, st.lists(st.tuples(st.sampled_from(BULLETINS), ours), min_size=1, max_size=3), trees, st.booleans())
    def test_a_draft_that_was_decided_on_is_empty(
        self, base: Contents, steps: list[tuple[Key, Content | None]], files: Contents, is_taken: bool
    ) -> None:
        """Whatever was taken or left, the same files bring nothing of it again."""
        office = Office()
        office.deploy(base)
        for key, content in steps:
            office.decide(key, content)
        office.seen.clear()
        for key, waiting in office.deploy(files).draft.items():
            if is_taken:
                office.decide(key, waiting.content)
            else:
                office.decline(key, waiting)
        before = office.contents
        office.seen.clear()
        plan = office.deploy(files)
        assert (plan.contents, plan.draft) == (before, {})
