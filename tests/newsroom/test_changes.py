"""Changes at the desk, and how they come into force: on both databases, with a ledger, readers and two processes."""

import asyncio
import random
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.app.content_check import check_change
from bot.db.changes import Action, Change, ChangedEntry, ChangeId, Person, State, confirmation_of
from bot.db.schema import change_versions
from bot.db.store import Store, open_store
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import ABSENT, Key, fields, value_digest
from bot.dossier.loader import Loading
from bot.dossier.models import BulletinId, FactId, Language, TopicId
from bot.dossier.yaml_writer import written
from bot.live_dossier import LiveDossier
from bot.newsroom.change_content import Contents
from bot.newsroom.change_rules import AFTER, TAKE_BACK_SECONDS, Rules, next_step
from bot.newsroom.desk import IN_FORCE, Desk, DeskError, Edit, Overtaken
from bot.newsroom.editors import DeskCommand
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.ledger_diff import Revised
from bot.newsroom.publisher import Holder, Newsroom
from bot.newsroom.worker import HELD_FILES, NewsroomWorker, follow_changes
from bot.platforms.plain_text import render
from bot.reader import Address
from bot.replies.bulletins import BulletinText, from_json
from bot.replies.question import Command
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY, checked
from tests.editor import of_another
from tests.tables import cases

ANNA, BUDI, CLARA = (Person(f"telegram:{n}", name, Language("en")) for n, name in enumerate(("Anna", "Budi", "Clara")))
TWO = Rules(needs_two=True, owners=frozenset({CLARA.account}))
ONE = Rules(needs_two=False)
READER = Address("telegram", "7")
CHAT = Address("telegram", "-100")
FIRST = Key("bulletins/2026-01-05-first-crossing")


class Office:
    """A process: its files, its desk and its worker."""

    def __init__(self, store: Store, folder: Path, name: str = "one", rules: Rules = TWO) -> None:
        self.store, self.folder, self.name = store, folder, name
        files = checked(folder)
        assert files.dossier is not None, files.diagnostics
        self.live = LiveDossier(files.dossier)
        self.live.update(files)
        chat = EditorsChat(store, CHAT)

        def check(contents: Contents, day: date, *, alone: bool) -> list[Diagnostic]:
            return check_change(self.live.loading, contents, day, alone=alone)

        self.desk = Desk(store, self.live, rules, check, chat)

        async def reload() -> None:
            await self.live.reload(lambda: checked(self.folder))

        self.worker = NewsroomWorker(Newsroom(store), self.live, self.desk, reload, lambda: None, name)

    async def look(self, times: int = 3) -> None:
        for _ in range(times):
            await self.worker.look()

    async def deploy(self) -> None:
        """The files have changed."""
        await self.worker.reload()
        await self.look()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "content"))


async def with_a_reader(store: Store, folder: Path) -> Office:
    """An office whose files are in force, and one subscriber."""
    office = Office(store, folder)
    await office.look()
    await store.readers.meet(READER, "private")
    await store.subscriptions.put(READER, Subscription())
    return office


@pytest.fixture
async def office(store: Store, folder: Path) -> Office:
    return await with_a_reader(store, folder)


async def test_a_bulletin_saved_while_the_first_files_are_checked_is_news(store: Store, folder: Path) -> None:
    """That takes seconds after a first start, in which somebody who tries Nota out saves one. What was there before is history."""
    office, saved = Office(store, folder), f"{TODAY}-fares-fall"
    check = office.worker.reload

    async def saved_meanwhile() -> None:
        (folder / f"bulletins/{saved}.yaml").write_text(written({"date": str(TODAY), **bulletin()}), "utf-8")
        await check()

    office.worker.reload = saved_meanwhile
    await office.look()
    async with store.database.read() as connection:
        states = {each.id: each.state for each in await store.bulletins.comparable(connection)}
    assert states == {FIRST.partition("/")[2]: "history", saved: "published"}


def texts(words: str) -> dict[str, str]:
    return {"en": words, "id": f"{words} (id)"}


def bulletin(words: str = "Fares fall", **also: Any) -> dict[str, Any]:
    return {"title": texts(words), "body": texts(f"{words}."), **also}


NEW_ONE = Key("bulletins/new-1")
WITHDRAWN = {"date": TODAY.isoformat(), "because": texts("Wrong.")}


def before(place: tuple[str, str]) -> str:
    """What :func:`bulletin` has in a field; "Fares" is its short text."""
    words = {"title": "Fares fall", "body": "Fares fall.", "short": "Fares"}[place[0]]
    return words if place[1] == "en" else f"{words} (id)"


async def drafted(office: Office, contents: Contents | None = None, person: Person = ANNA) -> Change:
    return await office.desk.create(person, "Fares", contents or {NEW_ONE: bulletin()})


async def approved(office: Office, change: Change) -> Change:
    change = await office.desk.decide(change.id, change.version, "ask", ANNA)
    return await office.desk.decide(change.id, change.version, "approve", BUDI)


async def in_force(office: Office, contents: Contents, clock: MovedClock) -> Change:
    change = await approved(office, await drafted(office, contents))
    clock.forward(TAKE_BACK_SECONDS + 1)
    await office.look()
    return change


async def state(office: Office, change: Change) -> str:
    async with office.store.database.read() as connection:
        found = await office.store.changes.read(connection, change.id)
    assert found is not None
    return found.state


async def ledger(store: Store) -> dict[str, tuple[str, int]]:
    async with store.database.read() as connection:
        rows = await store.bulletins.comparable(connection)
    return {row.id: (row.state, row.revision) for row in rows}


async def delivered(store: Store, name: str) -> list[str]:
    """The states of the deliveries of a bulletin."""
    async with store.database.read() as connection:
        progress = await store.deliveries.progress(connection, [BulletinId(name)])
    counts = progress[BulletinId(name)].counts if name in progress else None
    return sorted(counts or {})


class TestADraft:
    async def test_nothing_of_it_is_in_force(self, office: Office) -> None:
        before = office.live.complete.version
        await drafted(office)
        await office.look()
        assert office.live.complete.version == before

    async def test_saves_by_field_never_meet(self, office: Office) -> None:
        change = await drafted(office)
        first = Edit(NEW_ONE, ("title", "en"), value_digest("Fares fall"), "Fares rise")
        second = Edit(NEW_ONE, ("title", "id"), value_digest("Fares fall (id)"), "Tarif naik")
        assert (await office.desk.save(change.id, ANNA, [first])).conflicts == ()
        assert (await office.desk.save(change.id, BUDI, [second])).conflicts == ()
        item = await office.desk.item(change.id, ANNA)
        assert item is not None
        assert (item.entries[NEW_ONE].content or {})["title"] == {"en": "Fares rise", "id": "Tarif naik"}

    async def test_one_field_typed_by_two_keeps_both_texts(self, office: Office) -> None:
        change = await drafted(office)
        seen = value_digest("Fares fall")
        await office.desk.save(change.id, ANNA, [Edit(NEW_ONE, ("title", "en"), seen, "Fares rise")])
        saved = await office.desk.save(
            change.id,
            BUDI,
            [Edit(NEW_ONE, ("title", "en"), seen, "Fares sink"), Edit(NEW_ONE, ("short", "en"), "", "Fares")],
        )
        [conflict] = saved.conflicts
        assert (conflict.theirs, conflict.ours) == ("Fares rise", "Fares sink")
        item = await office.desk.item(change.id, BUDI)
        assert item is not None
        assert (item.entries[NEW_ONE].content or {})["short"] == {"en": "Fares"}

    @pytest.mark.parametrize("number", [0, 1, *(pytest.param(each, marks=pytest.mark.slow) for each in range(2, 12))])
    async def test_writers_in_any_order_lose_no_field(self, office: Office, number: int) -> None:
        """Each types into fields of their own, saves some of them when they like, and seldom loads the page again."""
        chance = random.Random(number)
        change = await drafted(office, {NEW_ONE: bulletin(short=texts("Fares"))})
        places = [(name, language) for name in ("title", "short", "body") for language in ("en", "id")]
        chance.shuffle(places)
        forms = {place: before(place) for place in places}
        typed = dict(forms)
        writers = [places[:2], places[2:4], places[4:]]
        for turn in range(30):
            own = chance.choice(writers)
            place = chance.choice(own)
            typed[place] = f"Words {turn}"
            if chance.random() < 0.6:
                edits = [Edit(NEW_ONE, each, value_digest(forms[each]), typed[each]) for each in own]
                assert not (await office.desk.save(change.id, ANNA, edits)).conflicts
                forms |= {each: typed[each] for each in own}
        for own in writers:
            edits = [Edit(NEW_ONE, each, value_digest(forms[each]), typed[each]) for each in own]
            await office.desk.save(change.id, BUDI, edits)
        item = await office.desk.item(change.id, ANNA)
        assert item is not None
        stored = fields(item.entries[NEW_ONE].content)
        assert {place: stored[place] for place in places} == typed

    async def test_an_untouched_field_overwrites_nothing(self, office: Office) -> None:
        change = await drafted(office)
        seen = value_digest("Fares fall")
        await office.desk.save(change.id, ANNA, [Edit(NEW_ONE, ("title", "en"), seen, "Fares rise")])
        saved = await office.desk.save(change.id, BUDI, [Edit(NEW_ONE, ("title", "en"), seen, "Fares fall")])
        assert saved.conflicts == ()

    async def test_emptied(self, office: Office) -> None:
        change = await drafted(office)
        await office.desk.save(
            change.id, ANNA, [Edit(NEW_ONE, ("body", "id"), value_digest("Fares fall. (id)"), ABSENT)]
        )
        item = await office.desk.item(change.id, ANNA)
        assert item is not None
        assert (item.entries[NEW_ONE].content or {})["body"] == {"en": "Fares fall."}

    async def test_it_is_not_typed_into_while_it_waits(self, office: Office) -> None:
        change = await drafted(office)
        await office.desk.decide(change.id, change.version, "ask", ANNA)
        with pytest.raises(DeskError, match="asked for its approval"):
            await office.desk.save(change.id, BUDI, [Edit(NEW_ONE, ("title", "en"), value_digest("Fares fall"), "X")])

    async def test_a_source_gets_a_key_that_none_ever_had(self, office: Office) -> None:
        one, two = await drafted(office), await drafted(office)
        source = {"publisher": "Harbour Office", "url": "https://a.example"}
        keys = await asyncio.gather(
            *(office.desk.add_entry(each.id, ANNA, "sources", source, "Harbour Office") for each in (one, two))
        )
        assert sorted(keys) == ["sources/harbour-office", "sources/harbour-office-2"]

    async def test_a_sentence_that_stands_there_already_begins_no_change(self, office: Office) -> None:
        """Of a page that was loaded before another editor's came into force; in an open change a second press adds nothing."""
        topic, place = Key("topics/fare"), ("asks", "en")
        known = fields(office.live.contents[topic])[place]
        assert isinstance(known, list)
        with pytest.raises(DeskError, match="Nothing is changed"):
            await office.desk.add_sentences(ANNA, topic, {place: [str(known[0])]}, "Examples", "examples")
        assert await office.desk.item(ChangeId(1), ANNA) is None
        first = await office.desk.add_sentences(ANNA, topic, {place: ["what is the toll"]}, "Examples", "examples")
        again = await office.desk.add_sentences(BUDI, topic, {place: ["what is the toll"]}, "Examples", "examples")
        assert (again.id, again.version) == (first.id, first.version)

    async def test_mistakes_are_named_by_entry(self, office: Office) -> None:
        change = await drafted(office, {NEW_ONE: bulletin(sources=["nobody"])})
        found = await office.desk.errors(change, {NEW_ONE: bulletin(sources=["nobody"])})
        assert ("bulletins/new-1.yaml", ("sources", 0)) in [(each.path, each.place) for each in found if each.blocks]
        with pytest.raises(DeskError, match="mistakes"):
            await office.desk.decide(change.id, change.version, "ask", ANNA)


class TestApproval:
    async def test_by_another_editor_alone(self, office: Office) -> None:
        change = await drafted(office)
        change = await office.desk.decide(change.id, change.version, "ask", ANNA)
        with pytest.raises(DeskError, match="Another editor"):
            await office.desk.decide(change.id, change.version, "approve", ANNA)
        assert (await office.desk.decide(change.id, change.version, "approve", BUDI)).state == "approved"

    async def test_of_the_very_version(self, office: Office) -> None:
        change = await drafted(office)
        asked = await office.desk.decide(change.id, change.version, "ask", ANNA)
        await office.desk.decide(asked.id, asked.version, "return", ANNA)
        await office.desk.save(
            change.id, ANNA, [Edit(NEW_ONE, ("title", "en"), value_digest("Fares fall"), "Fares rise")]
        )
        with pytest.raises(Overtaken):
            await office.desk.decide(asked.id, asked.version, "approve", BUDI)

    async def test_whoever_wrote_a_word_of_it_does_not_approve(self, office: Office) -> None:
        change = await drafted(office)
        await office.desk.save(
            change.id, BUDI, [Edit(NEW_ONE, ("title", "id"), value_digest("Fares fall (id)"), "Tarif")]
        )
        change = await office.desk.decide(change.id, change.version + 1, "ask", ANNA)
        with pytest.raises(DeskError, match="Another editor"):
            await office.desk.decide(change.id, change.version, "approve", BUDI)

    async def test_a_text_whose_approval_ended_needs_another_editor_again(self, office: Office) -> None:
        """The same text does not go out by its writer alone. Whoever saves it next has written it."""
        change = await approved(office, await drafted(office))
        change = await office.desk.decide(change.id, change.version, "take_back", BUDI)
        change = await office.desk.decide(change.id, change.version, "ask", ANNA)
        with pytest.raises(DeskError, match="Another editor"):
            await office.desk.decide(change.id, change.version, "approve", ANNA)
        change = await office.desk.decide(change.id, change.version, "return", ANNA)
        rises = Edit(NEW_ONE, ("title", "en"), value_digest("Fares fall"), "Fares rise")
        change = (await office.desk.save(change.id, BUDI, [rises])).change
        change = await office.desk.decide(change.id, change.version, "ask", ANNA)
        with pytest.raises(DeskError, match="Another editor"):
            await office.desk.decide(change.id, change.version, "approve", BUDI)
        assert (await office.desk.decide(change.id, change.version, "approve", ANNA)).state == "approved"

    async def test_an_owner_alone_is_recorded(self, office: Office) -> None:
        change = await drafted(office, person=CLARA)
        await office.desk.decide(change.id, change.version, "approve", CLARA)
        async with office.store.database.read() as connection:
            [decision] = await office.store.changes.decisions(connection, change.id)
        assert decision.override

    async def test_it_goes_out_a_minute_later_and_is_sent(self, office: Office, clock: MovedClock) -> None:
        change = await approved(office, await drafted(office))
        await office.look()
        assert await state(office, change) == "approved"
        assert not any("fares" in name for name in await ledger(office.store))
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        assert await state(office, change) == "in_force"
        [name] = [each for each in office.live.dossier.bulletins if "fares" in each]
        assert (await ledger(office.store))[name] == ("published", 1)
        assert await delivered(office.store, name) == ["due"]

    async def test_taken_back_in_time(self, office: Office, clock: MovedClock) -> None:
        change = await approved(office, await drafted(office))
        change = await office.desk.decide(change.id, change.version, "take_back", BUDI)
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        assert await state(office, change) == "draft"
        item = await office.desk.item(change.id, ANNA)
        assert item is not None
        assert item.entries.keys() == {NEW_ONE}
        assert "date" not in (item.entries[NEW_ONE].content or {})

    async def test_two_of_one_title_get_keys_that_differ(self, office: Office) -> None:
        """Though neither is in force yet."""
        one, two = [await approved(office, await drafted(office)) for _ in range(2)]
        async with office.store.database.read() as connection:
            first, second = [set(await office.store.changes.entries(connection, each.id)) for each in (one, two)]
        assert not first & second

    async def test_its_day_is_the_offices(self, office: Office) -> None:
        """It goes out in the evening in London, and at night in Jakarta."""
        with (office.folder / "dossier.yaml").open("a", encoding="utf-8") as file:
            file.write("zone: Asia/Jakarta\n")
        await office.deploy()
        evening = datetime(2026, 11, 24, 20, tzinfo=UTC).timestamp()
        change = await office.desk.create(ANNA, "Fares", {NEW_ONE: bulletin()}, planned=evening)
        await approved(office, change)
        async with office.store.database.read() as connection:
            [(key, entry)] = (await office.store.changes.entries(connection, change.id)).items()
        assert key.startswith("bulletins/2026-11-25-")
        assert (entry.content or {})["date"] == "2026-11-25"

    async def test_a_planned_time_is_its_day_and_nothing_leaves_before(self, office: Office, clock: MovedClock) -> None:
        later = clock() + 3 * 86400.0
        change = await office.desk.create(ANNA, "Fares", {NEW_ONE: bulletin()}, planned=later)
        change = await approved(office, change)
        clock.forward(2 * 86400.0)
        await office.look()
        assert not any("fares" in each for each in office.live.complete.bulletins)
        clock.forward(86400.0 + 1)
        await office.look()
        [name] = [each for each in office.live.complete.bulletins if "fares" in each]
        assert name[:10] == office.desk.day(None, later).isoformat()


class TestSealedVersions:
    """What somebody asked for, approved or put in force is written once."""

    async def test_a_deploy_of_another_unit_returns_an_approved_change_merged(self, office: Office) -> None:
        """Nothing comes into force that nobody approved as it is."""
        content = {**(office.live.contents[FIRST] or {}), "urgent": True}
        change = await approved(office, await drafted(office, {FIRST: content}))
        replace_in(office.folder, {"The ferry crossed for the first time.": "Another text, by a deploy."})
        await office.deploy()
        assert await state(office, change) == "draft"
        assert await versions(office, change) == {1: {FIRST: content}}
        item = await office.desk.item(change.id, ANNA)
        assert item is not None
        assert item.entries[FIRST].content == {**office.live.contents[FIRST], "urgent": True}
        assert "by a deploy" in str(office.live.contents[FIRST])

    async def test_a_deploy_of_the_same_field_returns_it_and_what_was_approved_stays(self, office: Office) -> None:
        content = {**(office.live.contents[FIRST] or {}), "body": texts("Corrected.")}
        change = await approved(office, await drafted(office, {FIRST: content}))
        replace_in(office.folder, {"The ferry crossed for the first time.": "Another text, by a deploy."})
        await office.deploy()
        async with office.store.database.write() as connection:
            seen = await office.store.changes.read(connection, change.id)
            assert seen is not None
            await office.store.changes.update(connection, seen, due=await office.store.database.moment(connection))
        await office.look()
        assert await state(office, change) == "draft"
        await office.desk.decide(change.id, change.version + 1, "ask", ANNA)
        assert (await versions(office, change))[1] == {FIRST: content}

    async def test_what_comes_into_force_as_it_was_approved_has_the_number_of_that(
        self, office: Office, clock: MovedClock
    ) -> None:
        content = {**(office.live.contents[FIRST] or {}), "title": texts("Corrected")}
        change = await in_force(office, {FIRST: content}, clock)
        assert await versions(office, change) == {1: {FIRST: content}}
        assert await decided(office, change) == [("ask", 1), ("approve", 1), ("in_force", 1)]

    async def test_the_day_and_the_key_of_a_bulletin_are_in_the_version_in_force(
        self, office: Office, clock: MovedClock
    ) -> None:
        """Nobody saw them before: they go by the moment of the approval. So it is with the day of a correction."""
        correction = {**(office.live.contents[FIRST] or {}), "corrections": {"next": texts("It was late.")}}
        change = await in_force(office, {NEW_ONE: bulletin(), FIRST: correction}, clock)
        [new] = [each for each in office.live.contents if "fares-fall" in each]
        assert await versions(office, change) == {
            1: {NEW_ONE: bulletin(), FIRST: correction},
            2: {key: office.live.contents[key] for key in (FIRST, new)},
        }
        assert (await decided(office, change))[-1] == ("in_force", 2)

    async def test_a_version_taken_back_and_asked_for_again_keeps_its_number(self, office: Office) -> None:
        change = await approved(office, await drafted(office))
        for _ in range(2):
            change = await office.desk.decide(change.id, change.version, "take_back", BUDI)
            change = await approved(office, change)
        assert await versions(office, change) == {1: {NEW_ONE: bulletin()}}

    async def test_what_an_earlier_release_kept_of_an_approved_version_stays(
        self, office: Office, clock: MovedClock
    ) -> None:
        """That has the day and the key of a bulletin. Asked for again without them it is the next version."""
        change = await approved(office, await drafted(office))
        dated = {Key(f"bulletins/{TODAY}-fares-fall"): {"date": str(TODAY), **bulletin()}}
        async with office.store.database.write() as connection:
            await connection.execute(update(change_versions).values(contents=dated))
        change = await office.desk.decide(change.id, change.version, "take_back", BUDI)
        change = await approved(office, change)
        assert (await versions(office, change), change.version) == ({1: dated, 2: {NEW_ONE: bulletin()}}, 2)
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        assert (await decided(office, change))[-3:] == [("ask", 2), ("approve", 2), ("in_force", 3)]


async def deploy_draft(office: Office) -> dict[Key, ChangedEntry]:
    """What waits of deploys."""
    async with office.store.database.read() as connection:
        found = await office.store.changes.of_deploys(connection)
    return {key: entry for _, entries in found for key, entry in entries.items()}


async def versions(office: Office, change: Change) -> dict[int, dict[str, Any]]:
    async with office.store.database.read() as connection:
        return {each.version: each.contents for each in await office.store.changes.versions(connection, change.id)}


async def decided(office: Office, change: Change) -> list[tuple[str, int]]:
    """What was decided on which version, the oldest first, as ``nota content decisions`` has it."""
    async with office.store.database.read() as connection:
        rows = await office.store.changes.every_decision(connection)
    return [(each.action, each.version) for each in rows if each.change_id == change.id]


class TestCorrections:
    async def test_of_a_bulletin_of_a_file(self, office: Office, clock: MovedClock) -> None:
        content = dict(office.live.contents[FIRST])
        await in_force(office, {FIRST: {**content, "title": texts("Second crossing")}}, clock)
        assert office.live.dossier.bulletins[BulletinId(FIRST[10:])].title["en"] == "Second crossing"
        assert (await ledger(office.store))[FIRST[10:]][1] == 2

    async def test_withdrawn_at_once_although_its_text_has_a_mistake(self, office: Office) -> None:
        content = {**office.live.contents[FIRST], "withdrawn": {"date": TODAY.isoformat(), "because": {"en": "Wrong."}}}
        change = await approved(office, await drafted(office, {FIRST: content}))
        await office.look()
        assert await state(office, change) == "in_force"
        assert (await ledger(office.store))[FIRST[10:]][0] == "retracted"
        assert BulletinId(FIRST[10:]) in office.live.dossier.withdrawn

    async def test_two_of_one_entry(self, office: Office, clock: MovedClock) -> None:
        content = dict(office.live.contents[FIRST])
        one = await drafted(office, {FIRST: {**content, "urgent": True}})
        two = await drafted(office, {FIRST: {**content, "body": texts("Two.")}})
        await approved(office, one)
        await approved(office, two)
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        assert (await state(office, one), await state(office, two)) == ("in_force", "draft")
        item = await office.desk.item(two.id, ANNA)
        assert item is not None
        assert item.entries[FIRST].content == {**content, "urgent": True, "body": texts("Two.")}

    async def test_two_of_one_text(self, office: Office, clock: MovedClock) -> None:
        """What is read together is not mixed: the second keeps its own, and its writers are told what differs."""
        content = dict(office.live.contents[FIRST])
        one = await approved(office, await drafted(office, {FIRST: {**content, "title": texts("One")}}))
        two = await drafted(office, {FIRST: {**content, "body": texts("Two.")}})
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        assert await state(office, one) == "in_force"
        with pytest.raises(DeskError, match="changed the same text"):
            await office.desk.decide(two.id, two.version, "ask", ANNA)
        item = await office.desk.item(two.id, ANNA)
        assert item is not None
        assert item.entries[FIRST].base == {**content, "title": texts("One")}
        assert item.entries[FIRST].content == {**content, "body": texts("Two.")}


class TestDeploys:
    """Files move underneath."""

    def edit(self, folder: Path, before: str, after: str, key: Key = FIRST) -> None:
        file = folder / f"{key}.yaml"
        text = file.read_text("utf-8")
        assert before in text
        file.write_text(text.replace(before, after), "utf-8")

    async def test_another_field_of_a_corrected_bulletin(self, office: Office, folder: Path, clock: MovedClock) -> None:
        content = dict(office.live.contents[FIRST])
        await in_force(office, {FIRST: {**content, "title": texts("Corrected")}}, clock)
        self.edit(folder, "Penyeberangan", "Pelayaran") if "Penyeberangan" in (folder / f"{FIRST}.yaml").read_text(
            "utf-8"
        ) else None
        await office.deploy()
        assert office.live.dossier.bulletins[BulletinId(FIRST[10:])].title["en"] == "Corrected"

    async def test_the_same_text_waits_for_an_editor(self, office: Office, clock: MovedClock) -> None:
        """What was approved stays in force, and no message is edited."""
        await in_force(office, {FIRST: {**office.live.contents[FIRST], "title": texts("Corrected")}}, clock)
        before = (await ledger(office.store))[FIRST[10:]]
        self.say(office, "By the files", urgent=True)
        await office.deploy()
        assert office.live.dossier.bulletins[BulletinId(FIRST[10:])].title["en"] == "Corrected"
        assert office.live.contents[FIRST]["urgent"] is True, "nothing else waits for it"
        assert (await ledger(office.store))[FIRST[10:]] == before
        [entry] = (await deploy_draft(office)).values()
        assert (entry.waits, (entry.content or {})["title"]) == ("differs", texts("By the files"))

    async def test_taken_with_one_press(self, office: Office, clock: MovedClock) -> None:
        await in_force(office, {FIRST: {**office.live.contents[FIRST], "title": texts("Corrected")}}, clock)
        self.say(office, "By the files")
        await office.deploy()
        [item] = await office.desk.items(ANNA)
        assert {"approve", "discard"} <= item.possible
        await office.desk.decide(item.change.id, item.change.version, "approve", ANNA)
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        assert office.live.dossier.bulletins[BulletinId(FIRST[10:])].title["en"] == "By the files"
        assert await deploy_draft(office) == {}

    @pytest.mark.parametrize("how", ["discard", "drop"])
    async def test_left_with_one_press(self, office: Office, clock: MovedClock, how: str) -> None:
        """It does not come back with the next deploy, and is shown again where somebody writes it anew."""
        await in_force(office, {FIRST: {**office.live.contents[FIRST], "title": texts("Corrected")}}, clock)
        self.say(office, "By the files")
        await office.deploy()
        [item] = await office.desk.items(ANNA)
        if how == "drop":
            await office.desk.drop_entry(item.change.id, ANNA, FIRST)
        else:
            await office.desk.decide(item.change.id, item.change.version, "discard", ANNA)
        self.edit(office.folder, "4500", "4600", Key("facts"))
        await office.deploy()
        assert office.live.dossier.bulletins[BulletinId(FIRST[10:])].title["en"] == "Corrected"
        assert await deploy_draft(office) == {}
        for words, waits in (("Another", ["differs"]), ("By the files", ["former"])):
            self.say(office, words, urgent=True)
            await office.deploy()
            assert [each.waits for each in (await deploy_draft(office)).values()] == waits

    async def test_the_next_deploy_makes_it_anew(self, office: Office, clock: MovedClock) -> None:
        """As long as nobody has typed into it: there is one. What somebody has taken up is theirs."""
        await in_force(office, {FIRST: {**office.live.contents[FIRST], "title": texts("Corrected")}}, clock)
        self.say(office, "By the files")
        await office.deploy()
        self.say(office, "By the files again")
        await office.deploy()
        [item] = await office.desk.items(ANNA)
        typed = Edit(FIRST, ("title", "en"), value_digest("By the files again"), "By both")
        await office.desk.save(item.change.id, ANNA, [typed])
        self.edit(office.folder, "4500", "4600", Key("facts"))
        await office.deploy()
        assert len(await office.desk.items(ANNA)) == 1
        self.say(office, "A third one")
        await office.deploy()
        first, second = await office.desk.items(ANNA)
        assert (first.entries[FIRST].content or {})["title"] == texts("A third one")
        assert (second.entries[FIRST].content or {})["title"]["en"] == "By both"  # type: ignore[call-overload,index]

    async def test_a_deploy_that_agrees_closes_it(self, office: Office, clock: MovedClock) -> None:
        await in_force(office, {FIRST: {**office.live.contents[FIRST], "title": texts("Corrected")}}, clock)
        self.say(office, "By the files")
        await office.deploy()
        self.say(office, "Corrected")
        await office.deploy()
        assert await office.desk.items(ANNA) == []

    async def test_a_file_with_another_name_is_the_same_bulletin(self, office: Office, clock: MovedClock) -> None:
        """In one moment, or in two: nobody gets it again, and corrections go on under the new name."""
        key, name = await self.sent(office, bulletin())
        file, other = office.folder / f"{key}.yaml", office.folder / "bulletins/2026-11-23-other.yaml"
        file.rename(other)
        await office.deploy()
        assert await ledger(office.store) == {FIRST[10:]: ("history", 1), "2026-11-23-other": ("published", 1)}
        other.rename(file)
        await office.deploy()
        assert (await ledger(office.store))[name] == ("published", 1)
        shutil.copy(file, other)
        await office.deploy()
        assert {entry.waits for entry in (await deploy_draft(office)).values()} == {"clashes"}
        assert "2026-11-23-other" not in await ledger(office.store)
        file.unlink()
        await office.deploy()
        assert (await ledger(office.store))["2026-11-23-other"] == ("published", 1)
        assert await deploy_draft(office) == {}
        other.unlink()
        await office.deploy()
        (office.folder / "bulletins/2026-11-23-third.yaml").write_text(written({"date": "2026-11-23", **bulletin()}))
        await office.deploy()
        assert {each for each in await ledger(office.store) if each != FIRST[10:]} == {"2026-11-23-third"}
        assert await delivered(office.store, "2026-11-23-third") == ["due"]

    async def test_a_file_renamed_and_corrected_has_its_name_with_its_text(self, office: Office) -> None:
        """At no moment has the ledger another name than what is in force: a correction of that would be sent as news."""
        key, name = await self.sent(office, bulletin())
        other = BulletinId("2026-11-23-other")
        (office.folder / f"{key}.yaml").unlink()
        (office.folder / f"bulletins/{other}.yaml").write_text(
            written({"date": "2026-11-23", "was": [str(name)], **bulletin("Fares rise")}), "utf-8"
        )
        await office.worker.reload()
        newsroom, seen = office.worker.newsroom, set[tuple[bool, bool]]()
        imported = await newsroom.plan_import(office.live, None)
        assert imported is not None
        assert [type(each) for each in await newsroom.differences(imported)] == [Revised]

        async def others_look() -> None:
            while (False, True) not in seen:
                async with office.store.database.write() as connection:
                    await office.store.bulletins.lock_newsroom(connection)
                    names = await office.store.bulletins.names(connection)
                    tree = await office.store.contents.tree(connection)
                seen.add((name in names, tree == imported.tree))
                await asyncio.sleep(0)  # SQLite's statements wait for nobody

        async with asyncio.timeout(10):
            await asyncio.gather(newsroom.publish_changes(imported), others_look())
        assert seen == {(True, False), (False, True)}
        assert (await ledger(office.store))[other] == ("published", 2)

    async def test_a_clean_deploy_is_a_change_by_nobody(self, office: Office) -> None:
        self.say(office, "By the files")
        await office.deploy()
        [item] = await office.desk.items(ANNA, IN_FORCE)
        assert item.change.title == f"Deploy {office.live.tree[:4]}"
        assert (item.change.savers, item.change.edits) == (frozenset(), (FIRST[10:],))
        assert [each.content for each in item.entries.values()] == [office.live.contents[FIRST]]

    async def test_a_press_on_an_earlier_version_does_nothing(self, office: Office) -> None:
        """Also where a deploy has changed the same, and has returned the change."""
        change = await drafted(office, {FIRST: {**office.live.contents[FIRST], "title": texts("Corrected")}})
        asked = await office.desk.decide(change.id, change.version, "ask", ANNA)
        self.say(office, "By the files")
        await office.deploy()
        with pytest.raises(Overtaken):
            await office.desk.decide(change.id, asked.version - 1, "approve", BUDI)
        assert await state(office, change) == "draft", "the deploy has returned it"

    @pytest.mark.slow
    async def test_a_figure_that_both_changed_waits(self, office: Office, clock: MovedClock) -> None:
        """Also as far as a day is computed from it. Of bulletins that print it nothing waits."""
        facts, term = office.folder / "facts.yaml", Key("facts/term")
        given = "sources: [harbour], checked: 2026-02-01}"
        length = f"{{type: duration, years: 1, {given}"
        more = f"start: {{type: date, value: 2026-03-01, {given}\nterm: {length}\nends: {{type: date, from: start, plus: term, {given}\n"
        facts.write_text(f"{facts.read_text('utf-8')}\n{more}", "utf-8")
        key, name = await self.sent(office, bulletin(body=texts("It ends {ends}."), sources=["harbour"]))
        longer = await drafted(office, {term: {**office.live.contents[term], "years": 2}})
        await approved(office, await office.desk.answer(longer.id, ANNA, term, "was_wrong"))
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        assert (await ledger(office.store))[name] == ("published", 2)
        facts.write_text(facts.read_text("utf-8").replace(length, length.replace("1", "5", 1)), "utf-8")
        await office.deploy()
        assert list(await deploy_draft(office)) == [term]
        assert (await ledger(office.store))[name] == ("published", 2)
        await in_force(office, {key: {**office.live.contents[key], "title": texts("Fares")}}, clock)
        assert (await ledger(office.store))[name] == ("published", 3)

    async def test_an_approved_change_of_a_part_that_differs_is_returned(
        self, office: Office, clock: MovedClock
    ) -> None:
        content = office.live.contents[FIRST]
        await in_force(office, {FIRST: {**content, "title": texts("Corrected")}}, clock)
        change = await approved(
            office, await drafted(office, {FIRST: {**office.live.contents[FIRST], "body": texts("B.")}})
        )
        self.say(office, "By the files")
        await office.deploy()
        assert await state(office, change) == "approved", "what is in force is as it was"
        self.say(office, "By the files", urgent=True)
        await office.deploy()
        assert await state(office, change) == "draft"

    @pytest.mark.slow
    async def test_files_withdraw_what_differs_and_bring_none_of_its_texts_back(
        self, office: Office, clock: MovedClock
    ) -> None:
        """A withdrawal sends no text, so it waits for nobody. When the files drop it by what they said before, it stays."""
        key, name = await self.sent(office, bulletin())
        content = office.live.contents[key]
        await in_force(office, {key: {**content, "title": texts("Corrected")}}, clock)
        other = {**content, "title": texts("By the files")}
        for said, known in (
            (other, ("published", 2)),
            ({**other, "withdrawn": WITHDRAWN}, ("retracted", 3)),
            (other, ("retracted", 3)),
        ):
            (office.folder / f"{key}.yaml").write_text(written(said), "utf-8")
            await office.deploy()
            assert (await ledger(office.store))[name] == known
        content = {name: each for name, each in office.live.contents[key].items() if name != "withdrawn"}
        await in_force(office, {key: content}, clock)
        assert (await ledger(office.store))[name] == ("published", 4)
        assert await self.shown(office, name) == "Corrected"

    @pytest.mark.slow
    async def test_a_figure_that_changes_sends_no_text_that_differs(self, office: Office, clock: MovedClock) -> None:
        key, name = await self.sent(office, bulletin(body=texts("Fare {fare}.")))
        content = office.live.contents[key]
        await in_force(office, {key: {**content, "title": texts("Corrected")}}, clock)
        (office.folder / f"{key}.yaml").write_text(written({**content, "title": texts("By the files")}), "utf-8")
        await office.deploy()
        fare = Key("facts/fare")
        dearer = await drafted(office, {fare: {**office.live.contents[fare], "amount": 6000}})
        await approved(office, await office.desk.answer(dearer.id, ANNA, fare, "was_wrong"))
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        assert "6000" in str(office.live.dossier.facts[FactId("fare")])
        assert await self.shown(office, name) == "Corrected"

    async def sent(self, office: Office, content: dict[str, Any]) -> tuple[Key, BulletinId]:
        """A bulletin of a file, which was sent."""
        name = BulletinId("2026-11-23-fares")
        key = Key(f"bulletins/{name}")
        (office.folder / f"{key}.yaml").write_text(written({"date": "2026-11-23", **content}), "utf-8")
        await office.deploy()
        assert (await ledger(office.store))[name] == ("published", 1)
        return key, name

    async def shown(self, office: Office, name: BulletinId) -> str:
        """The English title that messages have by now."""
        text = await office.store.bulletins.text(name, (await ledger(office.store))[name][1], "en")
        assert text is not None
        return from_json(text.article).title

    def say(self, office: Office, words: str, **also: Any) -> None:
        """A file of :data:`FIRST` says this."""
        content = {**office.live.contents[FIRST], "title": texts(words)} | also
        (office.folder / f"{FIRST}.yaml").write_text(written(content), "utf-8")

    async def test_once_it_said_the_same_a_file_has_the_last_word(self, office: Office, clock: MovedClock) -> None:
        """Also in the process that has seen it, which does not start again."""
        await in_force(office, {FIRST: {**office.live.contents[FIRST], "title": texts("Corrected")}}, clock)
        self.say(office, "Corrected")
        await office.deploy()
        self.say(office, "By the files")
        await office.deploy()
        assert office.live.dossier.bulletins[BulletinId(FIRST[10:])].title["en"] == "By the files"

    async def test_what_was_never_sent_is_not_when_its_withdrawal_ends(self, office: Office, clock: MovedClock) -> None:
        """It is months old, and was history when the database was new."""
        content = office.live.contents[FIRST]
        said = {"date": TODAY.isoformat(), "because": texts("Wrong.")}
        await in_force(office, {FIRST: {**content, "withdrawn": said}}, clock)
        await in_force(office, {FIRST: content}, clock)
        assert FIRST[10:] in office.live.dossier.bulletins
        assert (await ledger(office.store))[FIRST[10:]][0] == "history"
        assert await delivered(office.store, FIRST[10:]) == []

    async def test_a_withdrawal_waits_for_nobody_to_look_at_a_new_text(self, office: Office) -> None:
        """A deploy has changed the text meanwhile. None is sent, so none is checked."""
        said = {"date": TODAY.isoformat(), "because": texts("Wrong.")}
        change = await drafted(office, {FIRST: {**office.live.contents[FIRST], "withdrawn": said}})
        self.say(office, "By the files")
        await office.deploy()
        await approved(office, change)
        await office.look()
        assert (await ledger(office.store))[FIRST[10:]][0] == "retracted"

    async def test_a_correction_whose_file_goes_keeps_its_text_and_key(self, office: Office, clock: MovedClock) -> None:
        """It does not become a second bulletin."""
        content = {**office.live.contents[FIRST], "title": texts("Corrected")}
        change = await approved(office, await drafted(office, {FIRST: content}))
        (office.folder / f"{FIRST}.yaml").unlink()
        await office.deploy()
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        assert await state(office, change) == "draft"
        item = await office.desk.item(change.id, ANNA)
        assert item is not None
        assert {key: entry.content for key, entry in item.entries.items()} == {FIRST: content}

    async def test_a_draft_of_what_has_changed_meanwhile_can_be_asked_for(self, office: Office) -> None:
        content = office.live.contents[FIRST]
        change = await drafted(office, {FIRST: {**content, "urgent": True}})
        self.say(office, "", title=content["title"], body=texts("By the files."))
        await office.deploy()
        with pytest.raises(DeskError, match="changed meanwhile"):
            await office.desk.decide(change.id, change.version, "ask", ANNA)
        item = await office.desk.item(change.id, ANNA)
        assert item is not None
        assert (item.entries[FIRST].content or {})["urgent"] is True
        assert (item.entries[FIRST].content or {})["body"] == texts("By the files.")
        asked = await office.desk.decide(change.id, item.change.version, "ask", ANNA)
        assert asked.state == "review"

    async def test_what_waits_for_approval_is_a_draft_again_merged(self, office: Office) -> None:
        """Its message in the chat says so, and its buttons are gone; both editors have it to ask for again."""
        content = office.live.contents[FIRST]
        change = await drafted(office, {FIRST: {**content, "urgent": True}})
        asked = await office.desk.decide(change.id, 1, "ask", ANNA)
        before = await buttons(office, asked)
        self.say(office, "", title=content["title"], body=texts("By the files."))
        await office.deploy()
        assert await state(office, change) == "draft"
        assert "Something else has come into force" in str((await message(office, asked)).blocks)
        assert await buttons(office, asked) == []
        command = DeskCommand(office.desk.editors_chat, office.store.sign_ins, office.desk, "")
        assert "meanwhile" in render(await command.decide(before[0], BUDI))
        item = await office.desk.item(change.id, BUDI)
        assert item is not None
        assert item.change.savers == {ANNA.account}
        assert (item.entries[FIRST].content or {})["body"] == texts("By the files.")
        assert (item.entries[FIRST].content or {})["urgent"] is True

    async def test_a_source_that_a_planned_change_needs_is_gone(
        self, office: Office, folder: Path, clock: MovedClock
    ) -> None:
        change = await approved(office, await drafted(office, {NEW_ONE: bulletin(sources=["harbour"])}))
        again = {"harbour:": "port:", "[harbour]": "[port]", "@harbour": "@port", "- harbour": "- port"}
        replace_in(folder, again)
        await office.deploy()
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        assert await state(office, change) == "draft"


class TestTwoProcesses:
    async def test_the_other_one_switches(self, office: Office, store: Store, folder: Path, clock: MovedClock) -> None:
        other = Office(store, folder, "two")
        await other.look()
        await in_force(office, {NEW_ONE: bulletin()}, clock)
        await other.look()
        assert other.live.complete.version == office.live.complete.version
        assert len([each for each in other.live.dossier.bulletins if "fares" in each]) == 1

    async def test_the_slower_one_pauses_nothing(
        self, office: Office, store: Store, folder: Path, clock: MovedClock
    ) -> None:
        """Its correction would wait for five minutes."""
        other = Office(store, folder, "two")
        await in_force(office, {NEW_ONE: bulletin()}, clock)
        await other.look()
        [key] = [each for each in office.live.contents if "fares" in each]
        change = await approved(office, await drafted(office, {key: {**office.live.contents[key], **bulletin("New")}}))
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        await other.worker.come_into_force(change)
        assert (await ledger(store))[key[10:]] == ("published", 2)
        async with store.database.read() as connection:
            row = await store.bulletins.get(connection, key[10:])
        assert row is not None
        assert row.paused is None

    @pytest.mark.slow
    async def test_the_other_one_is_prepared(
        self, office: Office, store: Store, folder: Path, clock: MovedClock
    ) -> None:
        """It switches at once to what it loaded during the minute before; nobody sees that until then."""
        other = Office(store, folder, "two")
        await other.look()
        await approved(office, await drafted(office))
        await other.look()
        assert other.live._prepared is not None
        _, expected = other.live._prepared
        assert expected.dossier not in (None, other.live.complete)
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        await other.look()
        assert other.live.complete is expected.dossier

    async def test_a_process_with_former_files_has_what_is_in_force(
        self, office: Office, store: Store, folder: Path, tmp_path: Path, clock: MovedClock
    ) -> None:
        """And decides on it as any other; started anew, too. Nothing is in force because of whose files it has."""
        new = Path(shutil.copytree(folder, tmp_path / "new"))
        (new / f"{FIRST}.yaml").write_text((new / f"{FIRST}.yaml").read_text("utf-8") + "\nurgent: true\n", "utf-8")
        clock.forward(1)
        newer = Office(store, new, "two")
        await newer.look()
        for each in (office, Office(store, folder, "three")):
            await each.look()
            assert each.live.complete == newer.live.complete
            assert each.live.contents[FIRST]["urgent"] is True
        change = await drafted(office, {FIRST: {**office.live.contents[FIRST], "title": texts("Corrected")}})
        await approved(office, change)
        clock.forward(TAKE_BACK_SECONDS + 1)
        await newer.worker.newsroom.note_in_use(newer.live.tree, "two")
        await office.look()
        await newer.look()
        assert await state(office, change) == "in_force"
        assert newer.live.contents[FIRST] == office.live.contents[FIRST]
        assert newer.live.contents[FIRST]["urgent"] is True

    async def test_broken_files_leave_in_force_what_is(self, office: Office, store: Store, folder: Path) -> None:
        """A process that starts with them says so."""
        (folder / "facts.yaml").write_text("fare: [", "utf-8")
        async with store.database.read() as connection:
            edition = await store.changes.edition(connection)
        live = LiveDossier.of(checked(folder), edition)
        assert live is not None
        assert live.complete == office.live.complete
        assert [each.path for each in live.diagnostics if each.blocks] == ["facts.yaml"]

    async def test_former_files_wait_for_one_that_has_just_got_the_latest(
        self, office: Office, store: Store, folder: Path, tmp_path: Path, clock: MovedClock
    ) -> None:
        """Another process compared the latest files, so all that this one did with them was to load them."""
        new, other = tmp_path / "new", Office(store, folder, "two")
        shutil.copytree(folder, new)
        (new / f"{FIRST}.yaml").write_text((new / f"{FIRST}.yaml").read_text("utf-8") + "\nurgent: true\n", "utf-8")
        await other.look()
        clock.forward(1)
        for each in (office, other):
            each.folder = new
            await each.deploy()
        office.folder = folder
        await office.deploy()
        async with store.database.read() as connection:
            assert await store.contents.tree(connection) == other.live.tree

    async def test_a_deploy_that_was_loaded_before_a_change_undoes_nothing(
        self, office: Office, store: Store, folder: Path, tmp_path: Path, clock: MovedClock
    ) -> None:
        new = Path(shutil.copytree(folder, tmp_path / "new"))
        text = (new / f"{FIRST}.yaml").read_text("utf-8")
        (new / f"{FIRST}.yaml").write_text(text + "\nurgent: true\n", "utf-8")
        newer = Office(store, new, "two")
        await in_force(office, {NEW_ONE: bulletin()}, clock)
        [name] = [each for each in office.live.complete.bulletins if "fares" in each]
        newsroom, holder = newer.worker.newsroom, Holder("two", "", 0.0)
        imported = await newsroom.plan_import(newer.live, holder)
        assert imported is not None
        await follow_changes(store, newer.live)  # as for a request that names a bulletin which is not known here yet
        assert newer.live.edition.stamp != imported.before.stamp
        assert (await newsroom.publish_changes(imported, holder=holder)).outdated
        await newer.look()
        assert name in newer.live.complete.bulletins
        assert (await ledger(store))[name] == ("published", 1)


async def test_the_editors_chat_says_without_which_language_it_is_sent(office: Office) -> None:
    """Where an approver presses ✅; of what is written meanwhile it says nothing."""
    change = await drafted(office, {NEW_ONE: {"title": {"en": "Fares fall"}, "body": {"en": "Fares fall."}}})
    await office.desk.leave_out(change.id, ANNA, ["id"])
    asked = await office.desk.decide(change.id, change.version, "ask", ANNA)
    text = await office.store.bulletins.text(f"review-change-{change.id}-{asked.version}", 1, "en")
    assert text is not None
    assert "Is sent without: Bahasa Indonesia" in text.article
    whole = await drafted(office, person=BUDI)
    await office.desk.leave_out(whole.id, BUDI, ["id"])
    asked = await office.desk.decide(whole.id, whole.version, "ask", BUDI)
    text = await office.store.bulletins.text(f"review-change-{whole.id}-{asked.version}", 1, "en")
    assert text is not None
    assert "Is sent without" not in text.article


async def test_the_editors_chat_has_one_message_a_request(office: Office) -> None:
    change = await approved(office, await drafted(office))
    text = await office.store.bulletins.text(f"review-change-{change.id}-{change.version}", 2, "en")
    assert text is not None
    [button, *_] = from_json(text.article).buttons
    assert isinstance(button.question, Command)
    assert button.question.argument.startswith(f"take_back {change.id} {change.version} ")


class TestRules:
    """By state, action and person."""

    CHANGE = Change(ChangeId(1), "", "draft", 1, 0.0, 0.0, ANNA.account, frozenset({ANNA.account}), None, None, None)

    @pytest.mark.parametrize(
        ("state", "action", "person", "rules", "expected"),
        [
            ("draft", "approve", ANNA, TWO, None),
            ("draft", "approve", CLARA, TWO, ("approved", True)),
            ("draft", "approve", ANNA, ONE, ("approved", False)),
            ("draft", "ask", ANNA, TWO, ("review", False)),
            ("draft", "ask", ANNA, ONE, None),
            ("review", "approve", ANNA, TWO, None),
            ("review", "approve", BUDI, TWO, ("approved", False)),
            ("review", "approve", CLARA, TWO, ("approved", False)),
            ("review", "save", ANNA, TWO, None),
            ("review", "return", ANNA, TWO, ("draft", False)),
            ("review", "discard", BUDI, TWO, ("discarded", False)),
            ("approved", "save", BUDI, TWO, None),
            ("approved", "take_back", ANNA, TWO, ("draft", False)),
            ("approved", "discard", ANNA, TWO, None),
            ("in_force", "save", CLARA, TWO, None),
            ("in_force", "take_back", CLARA, TWO, None),
            ("in_force", "discard", CLARA, TWO, None),
            ("discarded", "approve", CLARA, TWO, None),
            ("discarded", "save", ANNA, TWO, None),
            ("discarded", "return", BUDI, TWO, ("draft", False)),
        ],
    )
    def test_of_each(
        self, state: State, action: Action, person: Person, rules: Rules, expected: tuple[State, bool] | None
    ) -> None:
        step = next_step(replace(self.CHANGE, state=state), action, person.account, rules, now=0.0)
        assert (step and (step.state, step.override)) == expected

    def test_nothing_leads_to_approved_but_approve(self) -> None:
        assert {action for (_, action), state in AFTER.items() if state == "approved"} == {"approve"}
        assert not [action for (_, action), state in AFTER.items() if state == "in_force"]

    def test_after_its_time_nothing_takes_it_back(self) -> None:
        approved = replace(self.CHANGE, state="approved", due=60.0)
        assert next_step(approved, "take_back", ANNA.account, TWO, now=59.0)
        assert not next_step(approved, "take_back", ANNA.account, TWO, now=60.0)


class TestReplicas:
    """Two processes, each with connections of its own."""

    async def test_of_decisions_at_the_same_moment_one_counts(
        self, office: Office, folder: Path, database_url: str, clock: MovedClock
    ) -> None:
        async with open_store(database_url, clock) as store:
            other = Office(store, folder, "two")
            change = await drafted(office)
            steps: dict[Action, tuple[Person, Person]] = {"ask": (ANNA, BUDI), "approve": (BUDI, CLARA)}
            for action, (first, second) in steps.items():
                found = await asyncio.gather(
                    office.desk.decide(change.id, 1, action, first),
                    other.desk.decide(change.id, 1, action, second),
                    return_exceptions=True,
                )
                assert sorted(isinstance(each, DeskError) for each in found) == [False, True], found
            clock.forward(TAKE_BACK_SECONDS + 1)
            await asyncio.gather(office.look(), other.look())
            async with office.store.database.read() as connection:
                decisions = await office.store.changes.decisions(connection, change.id)
            assert [each.action for each in decisions] == ["in_force", "approve", "ask"]
            await asyncio.gather(office.look(), other.look())
            assert office.live.complete == other.live.complete

    async def test_ten_saves_at_once_lose_no_field(
        self, office: Office, folder: Path, database_url: str, clock: MovedClock
    ) -> None:
        async with open_store(database_url, clock) as store:
            other = Office(store, folder, "two")
            change = await drafted(office)
            places = [(name, language) for name in ("title", "short", "body") for language in ("en", "id")]
            before = fields(bulletin())
            edits = [Edit(NEW_ONE, place, value_digest(before.get(place, ABSENT)), f"{place}") for place in places]
            saves = [
                (office if number % 2 else other).desk.save(change.id, ANNA, [edit])
                for number, edit in enumerate(edits)
            ]
            assert not [each.conflicts for each in await asyncio.gather(*saves) if each.conflicts]
            item = await office.desk.item(change.id, ANNA)
            assert item is not None
            assert fields(item.entries[NEW_ONE].content) == {place: f"{place}" for place in places}


class TestAnotherDossier:
    """A process has the files of another dossier than the database's."""

    async def test_asks_approves_and_brings_nothing_into_force(self, office: Office, clock: MovedClock) -> None:
        change = await approved(office, await drafted(office))
        museum = replace(of_another(office.live.complete), tree="museum")
        other = replace(office.desk, live=LiveDossier(museum, files=Loading(museum, ())))
        draft = await drafted(office, {NEW_ONE: bulletin("Another")})
        with pytest.raises(DeskError, match="belongs to another dossier"):
            await other.decide(draft.id, draft.version, "ask", ANNA)
        clock.forward(TAKE_BACK_SECONDS + 1)
        office.worker.live = other.live
        await office.look()
        assert await state(office, change) == "approved"


class TestInTheEditorsChat:
    """One message for each request, edited with every decision and with the progress."""

    async def test_it_is_edited_and_its_buttons_decide(self, office: Office, clock: MovedClock) -> None:
        change = await drafted(office)
        await office.desk.decide(change.id, 1, "ask", ANNA)
        command = DeskCommand(office.desk.editors_chat, office.store.sign_ins, office.desk, "")
        approve, give_back = await buttons(office, change)
        assert give_back.startswith("return ")
        assert "Another editor must approve this." in render(await command.decide(approve, ANNA))
        assert "Approved ✓" in render(await command.decide(approve, BUDI))
        assert "meanwhile" in render(await command.decide(approve, CLARA))
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        await office.desk.show_progress()
        assert "0 of 1 done" in str((await message(office, change)).blocks)
        assert await buttons(office, change) == []

    @cases("argument")
    async def test_other_words_decide_nothing(self, office: Office, argument: str) -> None:
        """Nor does a button of an earlier release.

        ""
        withdraw 1 1 x
        approve x 1 x
        approve 1
        approve 1 1
        approve 1 1 00000000
        approve 99 1 x
        """
        change = await drafted(office)
        await office.desk.decide(change.id, 1, "ask", ANNA)
        command = DeskCommand(office.desk.editors_chat, office.store.sign_ins, office.desk, "")
        await command.decide(argument, BUDI)
        assert await state(office, change) == "review"

    async def test_it_became_a_supergroup(self, office: Office) -> None:
        await office.store.readers.meet(CHAT, "group")
        await office.store.readers.move("telegram", CHAT.chat_id, "-1001")
        change = await drafted(office)
        await office.desk.decide(change.id, 1, "ask", ANNA)
        found = await office.store.deliveries.delivered_to(BulletinId(f"review-change-{change.id}-1"), "")
        assert [row.chat_id for row in found] == ["-1001"]

    async def test_idle_it_only_reads(self, office: Office, clock: MovedClock, database_url: str) -> None:
        """Another process holds the newsroom's lock, on SQLite the only place for a writer: the desk does not wait for it."""
        await in_force(office, {NEW_ONE: bulletin()}, clock)
        await office.desk.show_progress()
        async with open_store(database_url, clock) as other, other.database.write() as connection:
            await other.bulletins.lock_newsroom(connection)
            async with asyncio.timeout(10):
                await office.desk.show_progress()


async def message(office: Office, change: Change) -> BulletinText:
    name = f"review-change-{change.id}-1"
    async with office.store.database.read() as connection:
        row = await office.store.bulletins.get(connection, name)
    text = await office.store.bulletins.text(name, row.revision if row else 0, "en")
    assert text is not None
    return from_json(text.article)


def replace_in(folder: Path, words: Mapping[str, str]) -> None:
    """Replaces words in every file of a dossier."""
    for file in folder.rglob("*.yaml"):
        text = file.read_text("utf-8")
        for old, new in words.items():
            text = text.replace(old, new)
        file.write_text(text, "utf-8")


async def buttons(office: Office, change: Change) -> list[str]:
    found = (await message(office, change)).buttons
    return [button.question.argument for button in found if isinstance(button.question, Command)]


class TestAudience:
    """Nobody gets what was for others."""

    async def test_a_topic_that_a_deploy_removes(self, office: Office, folder: Path, clock: MovedClock) -> None:
        """A bulletin without topics would go to everybody."""
        other = Address("telegram", "8")
        await office.store.readers.meet(other, "private")
        await office.store.subscriptions.put(other, Subscription(topics=frozenset({TopicId("timetable")})))
        await in_force(office, {NEW_ONE: bulletin(topics=["fare"])}, clock)
        [name] = [each for each in office.live.complete.bulletins if "fares" in each]
        (folder / "topics/fare.yaml").unlink()
        replace_in(folder, {"topics: [fare]\n": "", "related: [fare]": "related: []"})
        await office.deploy()
        assert "fare" not in office.live.complete.topics, office.live.diagnostics
        found = await office.store.deliveries.delivered_to(BulletinId(name), "")
        assert [row.chat_id for row in found] == [READER.chat_id]

    @pytest.mark.slow
    async def test_what_was_sent_under_a_topic_that_is_gone_can_be_corrected(
        self, office: Office, folder: Path, clock: MovedClock
    ) -> None:
        await in_force(office, {NEW_ONE: bulletin(topics=["fare"])}, clock)
        [name] = [each for each in office.live.complete.bulletins if "fares" in each]
        (folder / "topics/fare.yaml").unlink()
        replace_in(folder, {"topics: [fare]\n": "", "related: [fare]": "related: []"})
        await office.deploy()
        key = Key(f"bulletins/{name}")
        await in_force(office, {key: {**office.live.contents[key], "body": texts("Corrected.")}}, clock)
        assert (await ledger(office.store))[name] == ("published", 2)

    async def test_a_topic_that_is_gone_before_its_time(self, office: Office) -> None:
        change = await drafted(office, {NEW_ONE: bulletin(topics=["nowhere"])})
        with pytest.raises(DeskError, match="mistakes"):
            await office.desk.decide(change.id, 1, "ask", ANNA)

    async def many(self, office: Office) -> list[str]:
        """Bulletins that a deploy would edit, more at once than it may."""
        names = [f"2026-11-23-b{number}" for number in range(5)]
        for words in ("Right", "Wrong"):
            for name in names:
                content = {"date": "2026-11-23", **bulletin(words)}
                (office.folder / f"bulletins/{name}.yaml").write_text(written(content), "utf-8")
            await office.deploy()
        assert {name: (await ledger(office.store))[name] for name in names} == dict.fromkeys(names, ("published", 1))
        return names

    async def test_many_at_once_wait_for_an_owner(self, office: Office, clock: MovedClock) -> None:
        """What else the deploy has is in force. An owner takes them, and no other editor."""
        names = await self.many(office)
        found = await deploy_draft(office)
        assert {key: each.waits for key, each in found.items()} == {f"bulletins/{name}": "many" for name in names}
        [item] = await office.desk.items(ANNA)
        with pytest.raises(DeskError, match="an owner approves that"):
            await office.desk.decide(item.change.id, item.change.version, "approve", ANNA)
        assert await office.desk.take_many(CLARA.account, "another name") is None
        assert await office.desk.take_many(CLARA.account, confirmation_of(found)) is not None
        await office.look()
        assert {(await ledger(office.store))[name] for name in names} == {("published", 2)}
        assert await deploy_draft(office) == {}

    @pytest.mark.slow
    async def test_what_a_change_says_of_one_waits_no_longer(self, office: Office, clock: MovedClock) -> None:
        """The others go on waiting, although they are few by now; an owner takes them."""
        corrected, withdrawn, *names = await self.many(office)
        content = office.live.contents[Key(f"bulletins/{corrected}")]
        await in_force(office, {Key(f"bulletins/{corrected}"): {**content, "title": texts("Better")}}, clock)
        content = office.live.contents[Key(f"bulletins/{withdrawn}")]
        await in_force(office, {Key(f"bulletins/{withdrawn}"): {**content, "withdrawn": WITHDRAWN}}, clock)
        (office.folder / "bulletins/2026-11-23-other.yaml").write_text(
            written({"date": "2026-11-23", **bulletin("Other")}), "utf-8"
        )
        await office.deploy()
        found = await deploy_draft(office)
        assert {key[10:] for key, each in found.items() if each.waits == "many"} == set(names)
        assert {(await ledger(office.store))[name] for name in names} == {("published", 1)}
        assert await office.desk.take_many(CLARA.account, confirmation_of(found)) is not None
        await office.look()
        assert {(await ledger(office.store))[name] for name in names} == {("published", 2)}

    async def test_what_somebody_typed_into_and_discarded_does_not_come_back(self, office: Office) -> None:
        names = await self.many(office)
        [item] = await office.desk.items(ANNA)
        typed = Edit(Key(f"bulletins/{names[0]}"), ("title", "en"), value_digest("Wrong"), "Better")
        await office.desk.save(item.change.id, ANNA, [typed])
        await office.desk.decide(item.change.id, item.change.version + 1, "discard", ANNA)
        replace_in(office.folder, {"4500": "4600"})
        await office.deploy()
        assert {each.waits for each in (await deploy_draft(office)).values()} == {"former"}
        assert {(await ledger(office.store))[name] for name in names} == {("published", 1)}

    async def test_the_right_files_again_and_nothing_waits(self, office: Office) -> None:
        names = await self.many(office)
        for name in names:
            content = {"date": "2026-11-23", **bulletin("Right")}
            (office.folder / f"bulletins/{name}.yaml").write_text(written(content), "utf-8")
        await office.deploy()
        assert await deploy_draft(office) == {}
        assert {(await ledger(office.store))[name] for name in names} == {("published", 1)}

    @pytest.mark.parametrize("planned", [None, 0.0])
    async def test_a_text_mended_under_its_files_embargo_is_the_first_that_readers_get(
        self, office: Office, clock: MovedClock, planned: float | None
    ) -> None:
        """Also if the change is planned for the very moment at which the embargo ends: nothing leaves in between."""
        moment = datetime(2026, 11, 24, 12, tzinfo=UTC)
        content = {"date": "2026-11-24", "not_before": moment.isoformat(), **bulletin("Wrong")}
        key = Key("bulletins/2026-11-24-embargoed")
        (office.folder / f"{key}.yaml").write_text(written(content), "utf-8")
        await office.deploy()
        mended = {key: {**office.live.contents[key], **bulletin("Mended")}}
        planned = None if planned is None else moment.timestamp() + planned
        await approved(office, await office.desk.create(ANNA, "Mended", mended, planned=planned))
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        clock.now = moment.timestamp() + 1
        await office.look()
        text = await office.store.bulletins.text(key[10:], 2, "en")
        assert text is not None
        assert from_json(text.article).title == "Mended"
        assert (await ledger(office.store))[key[10:]] == ("published", 2)


class TestHeld:
    """After ``nota run --held`` no process imports files before an owner starts sending again."""

    async def test_waits_for_the_word(self, office: Office, folder: Path) -> None:
        """Two replicas have the new files. Neither imports them while sending is held, also if it had been stopped before; then one does."""
        second = Office(office.store, Path(shutil.copytree(folder, folder.with_name("second"))), "two")
        before, notes = await ledger_of(office), list[str]()
        for each in (office, second):
            each.worker.on_poll = lambda _, note: notes.append(note)
            for file in (each.folder / "bulletins").glob("2026-01-05*"):
                file.write_text(file.read_text("utf-8").replace("crossing", "passage"), "utf-8")
        await office.store.safeguards.stop("telegram:1")
        assert await Newsroom(office.store).hold("new files")
        for each in (office, second):
            await each.deploy()
            assert notes[-1] == HELD_FILES
        assert await ledger_of(office) == before
        await office.store.safeguards.start()
        for each in (second, office):
            await each.look()
            assert notes[-1] == ""
        assert await ledger_of(office) != before

    async def test_is_held_while_a_process_imports(self, office: Office) -> None:
        """It had looked before, and imports nothing; `nota publish`, by somebody's word, does. What is imported is not held any more."""
        newsroom, before = Newsroom(office.store), await ledger_of(office)
        for file in (office.folder / "bulletins").glob("2026-01-05*"):
            file.write_text(file.read_text("utf-8").replace("crossing", "passage"), "utf-8")
        await office.worker.reload()
        process, command = (Holder(name, office.live.had, 0.0) for name in (office.name, ""))
        imported = await newsroom.plan_import(office.live, process)
        assert imported is not None
        assert await newsroom.hold(imported.tree)
        assert (await newsroom.publish_changes(imported, holder=process)).outdated
        assert await ledger_of(office) == before
        assert not (await newsroom.publish_changes(imported, holder=command)).outdated
        assert await ledger_of(office) != before
        assert not await newsroom.hold(imported.tree)

    async def test_former_files_take_it_back(self, office: Office) -> None:
        """An owner who does not want what the dry run says deploys the former files, and then starts: nothing is edited."""
        before = await ledger_of(office)
        [file] = (office.folder / "bulletins").glob("2026-01-05*")
        former = file.read_text("utf-8")
        file.write_text(former.replace("crossing", "passage"), "utf-8")
        assert await Newsroom(office.store).hold("new files")
        await office.deploy()
        file.write_text(former, "utf-8")
        await office.deploy()
        await office.store.safeguards.start()
        await office.look()
        assert await ledger_of(office) == before


async def ledger_of(office: Office) -> dict[str, int]:
    async with office.store.database.read() as connection:
        rows = await office.store.bulletins.comparable(connection)
    return {row.id: row.revision for row in rows}
