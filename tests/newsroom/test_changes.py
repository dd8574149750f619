"""Changes at the desk, and how they come into force: on both databases, with a ledger, readers and two processes."""

import asyncio
import random
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.db.changes import Action, Change, ChangeId, Person, State, confirmation_of
from bot.db.schema import change_versions
from bot.db.store import Store, open_store
from bot.dossier.entries import ABSENT, Key, fields, value_digest
from bot.dossier.loader import Loading
from bot.dossier.models import BulletinId, FactId, TopicId
from bot.dossier.yaml_writer import written
from bot.live_dossier import LiveDossier
from bot.newsroom.change_rules import AFTER, TAKE_BACK_SECONDS, Rules, next_step
from bot.newsroom.desk import IN_FORCE, DeskError, Edit, Overtaken
from bot.newsroom.editors import DeskCommand
from bot.newsroom.ledger_diff import Revised
from bot.newsroom.publisher import Holder, Newsroom
from bot.newsroom.worker import HELD_FILES, follow_changes
from bot.platforms.plain_text import render
from bot.reader import Address
from bot.replies.bulletins import BulletinText
from bot.replies.question import Command
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.conftest import TODAY, checked, not_none
from tests.databases import reading
from tests.editor import of_another
from tests.newsroom.office import ANNA, BUDI, CHAT, CLARA, FIRST, NEW_ONE, ONE, TWO, WITHDRAWN, Office, bulletin, texts
from tests.tables import cases

READER = Address("telegram", "7")


async def with_a_reader(store: Store, folder: Path, clock: MovedClock) -> Office:
    """An office whose files are in force, and one subscriber."""
    office = Office(store, folder, clock)
    await office.look()
    await store.readers.meet(READER, "private")
    await store.subscriptions.put(READER, Subscription())
    return office


@pytest.fixture
async def office(store: Store, folder: Path, clock: MovedClock) -> Office:
    return await with_a_reader(store, folder, clock)


async def test_a_bulletin_saved_while_the_first_files_are_checked_is_news(
    store: Store, folder: Path, clock: MovedClock
) -> None:
    """That takes seconds after a first start, in which somebody who tries Nota out saves one. What was there before is history."""
    office, saved = Office(store, folder, clock), f"{TODAY}-fares-fall"
    check = office.worker.reload

    async def saved_meanwhile() -> None:
        (folder / f"bulletins/{saved}.yaml").write_text(written({"date": str(TODAY), **bulletin()}), "utf-8")
        await check()

    office.worker.reload = saved_meanwhile
    await office.look()
    states = {each.id: each.state for each in await reading(store, store.bulletins.comparable)}
    assert states == {FIRST.partition("/")[2]: "history", saved: "published"}


def before(place: tuple[str, str]) -> str:
    """What :func:`bulletin` has in a field; "Fares" is its short text."""
    words = {"title": "Fares fall", "body": "Fares fall.", "short": "Fares"}[place[0]]
    return words if place[1] == "en" else f"{words} (id)"


class TestADraft:
    async def test_nothing_of_it_is_in_force(self, office: Office) -> None:
        before = office.live.complete.version
        await office.drafted()
        await office.look()
        assert office.live.complete.version == before

    async def test_saves_by_field_never_meet(self, office: Office) -> None:
        change = await office.drafted()
        assert (await office.type(change, ANNA, "Fares fall", "Fares rise")).conflicts == ()
        assert (await office.type(change, BUDI, "Fares fall (id)", "Tarif naik", "title|id")).conflicts == ()
        assert (await office.content(change))["title"] == {"en": "Fares rise", "id": "Tarif naik"}

    async def test_one_field_typed_by_two_keeps_both_texts(self, office: Office) -> None:
        change = await office.drafted()
        seen = value_digest("Fares fall")
        await office.type(change, ANNA, "Fares fall", "Fares rise")
        saved = await office.desk.save(
            change.id,
            BUDI,
            [Edit(NEW_ONE, ("title", "en"), seen, "Fares sink"), Edit(NEW_ONE, ("short", "en"), "", "Fares")],
        )
        [conflict] = saved.conflicts
        assert (conflict.theirs, conflict.ours) == ("Fares rise", "Fares sink")
        assert (await office.content(change))["short"] == {"en": "Fares"}

    @pytest.mark.parametrize("number", [0, 1, *(pytest.param(each, marks=pytest.mark.slow) for each in range(2, 12))])
    async def test_writers_in_any_order_lose_no_field(self, office: Office, number: int) -> None:
        """Each types into fields of their own, saves some of them when they like, and seldom loads the page again."""
        chance = random.Random(number)
        change = await office.drafted({NEW_ONE: bulletin(short=texts("Fares"))})
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
        stored = fields(await office.content(change))
        assert {place: stored[place] for place in places} == typed

    async def test_an_untouched_field_overwrites_nothing(self, office: Office) -> None:
        change = await office.drafted()
        await office.type(change, ANNA, "Fares fall", "Fares rise")
        saved = await office.type(change, BUDI, "Fares fall", "Fares fall")
        assert saved.conflicts == ()

    async def test_emptied(self, office: Office) -> None:
        change = await office.drafted()
        await office.type(change, ANNA, "Fares fall. (id)", ABSENT, "body|id")
        assert (await office.content(change))["body"] == {"en": "Fares fall."}

    async def test_it_is_not_typed_into_while_it_waits(self, office: Office) -> None:
        change = await office.asked(await office.drafted())
        with pytest.raises(DeskError, match="asked for its approval"):
            await office.type(change, BUDI, "Fares fall", "X")

    async def test_a_source_gets_a_key_that_none_ever_had(self, office: Office) -> None:
        one, two = await office.drafted(), await office.drafted()
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
        change = await office.drafted({NEW_ONE: bulletin(sources=["nobody"])})
        found = await office.desk.errors(change, {NEW_ONE: bulletin(sources=["nobody"])})
        assert ("bulletins/new-1.yaml", ("sources", 0)) in [(each.path, each.place) for each in found if each.blocks]
        with pytest.raises(DeskError, match="mistakes"):
            await office.asked(change)


class TestApproval:
    async def test_by_another_editor_alone(self, office: Office) -> None:
        change = await office.asked(await office.drafted())
        with pytest.raises(DeskError, match="Another editor"):
            await office.desk.decide(change.id, change.version, "approve", ANNA)
        assert (await office.desk.decide(change.id, change.version, "approve", BUDI)).state == "approved"

    async def test_of_the_very_version(self, office: Office) -> None:
        asked = await office.asked(await office.drafted())
        await office.desk.decide(asked.id, asked.version, "return", ANNA)
        await office.type(asked, ANNA, "Fares fall", "Fares rise")
        with pytest.raises(Overtaken):
            await office.desk.decide(asked.id, asked.version, "approve", BUDI)

    async def test_whoever_wrote_a_word_of_it_does_not_approve(self, office: Office) -> None:
        change = await office.drafted()
        await office.type(change, BUDI, "Fares fall (id)", "Tarif", "title|id")
        change = await office.desk.decide(change.id, change.version + 1, "ask", ANNA)
        with pytest.raises(DeskError, match="Another editor"):
            await office.desk.decide(change.id, change.version, "approve", BUDI)

    async def test_a_text_whose_approval_ended_needs_another_editor_again(self, office: Office) -> None:
        """The same text does not go out by its writer alone. Whoever saves it next has written it."""
        change = await office.approved()
        change = await office.asked(await office.desk.decide(change.id, change.version, "take_back", BUDI))
        with pytest.raises(DeskError, match="Another editor"):
            await office.desk.decide(change.id, change.version, "approve", ANNA)
        change = await office.desk.decide(change.id, change.version, "return", ANNA)
        change = await office.asked((await office.type(change, BUDI, "Fares fall", "Fares rise")).change)
        with pytest.raises(DeskError, match="Another editor"):
            await office.desk.decide(change.id, change.version, "approve", BUDI)
        assert (await office.desk.decide(change.id, change.version, "approve", ANNA)).state == "approved"

    async def test_an_owner_alone_is_recorded(self, office: Office) -> None:
        change = await office.drafted(person=CLARA)
        await office.desk.decide(change.id, change.version, "approve", CLARA)
        [decision] = await reading(office.store, office.store.changes.decisions, change.id)
        assert decision.override

    async def test_it_goes_out_a_minute_later_and_is_sent(self, office: Office) -> None:
        change = await office.approved()
        await office.look()
        assert await office.state(change) == "approved"
        assert not any("fares" in name for name in await office.ledger())
        await office.wait()
        assert await office.state(change) == "in_force"
        [name] = office.names("fares")
        assert (await office.ledger())[name] == ("published", 1)
        assert await office.delivered(name) == ["due"]

    async def test_taken_back_in_time(self, office: Office) -> None:
        change = await office.approved()
        change = await office.desk.decide(change.id, change.version, "take_back", BUDI)
        await office.wait()
        assert await office.state(change) == "draft"
        [(key, content)] = (await office.contents(change.id)).items()
        assert (key, "date" in (content or {})) == (NEW_ONE, False)

    async def test_two_of_one_title_get_keys_that_differ(self, office: Office) -> None:
        """Though neither is in force yet."""
        one, two = [await office.approved() for _ in range(2)]
        assert not {*await office.contents(one.id)} & {*await office.contents(two.id)}

    async def test_its_day_is_the_offices(self, office: Office) -> None:
        """It goes out in the evening in London, and at night in Jakarta."""
        await office.edit("languages:", "zone: Asia/Jakarta\nlanguages:", "dossier")
        evening = datetime(2026, 11, 24, 20, tzinfo=UTC).timestamp()
        change = await office.desk.create(ANNA, "Fares", {NEW_ONE: bulletin()}, planned=evening)
        await office.approved(change)
        [(key, content)] = (await office.contents(change.id)).items()
        assert (key[:21], not_none(content)["date"]) == ("bulletins/2026-11-25-", "2026-11-25")

    async def test_a_planned_time_is_its_day_and_nothing_leaves_before(self, office: Office, clock: MovedClock) -> None:
        later = clock() + 3 * 86400.0
        change = await office.desk.create(ANNA, "Fares", {NEW_ONE: bulletin()}, planned=later)
        change = await office.approved(change)
        clock.forward(2 * 86400.0)
        await office.look()
        assert not office.names("fares")
        clock.forward(86400.0 + 1)
        await office.look()
        [name] = office.names("fares")
        assert name[:10] == office.desk.day(None, later).isoformat()


class TestSealedVersions:
    """What somebody asked for, approved or put in force is written once."""

    async def test_a_deploy_of_another_unit_returns_an_approved_change_merged(self, office: Office) -> None:
        """Nothing comes into force that nobody approved as it is."""
        content = office.of(urgent=True)
        change = await office.approved(content)
        await office.edit("The ferry crossed for the first time.", "Another text, by a deploy.")
        assert (await office.state(change), await versions(office, change)) == ("draft", {1: content})
        assert {FIRST: await office.content(change, FIRST)} == office.of(urgent=True)
        assert "by a deploy" in str(office.live.contents[FIRST])

    async def test_a_deploy_of_the_same_field_returns_it_and_what_was_approved_stays(self, office: Office) -> None:
        content = office.of(body=texts("Corrected."))
        change = await office.approved(content)
        await office.edit("The ferry crossed for the first time.", "Another text, by a deploy.")
        async with office.store.database.write() as connection:
            seen = not_none(await office.store.changes.read(connection, change.id))
            await office.store.changes.update(connection, seen, due=await office.store.database.moment(connection))
        await office.look()
        assert await office.state(change) == "draft"
        await office.desk.decide(change.id, change.version + 1, "ask", ANNA)
        assert (await versions(office, change))[1] == content

    async def test_what_comes_into_force_as_it_was_approved_has_the_number_of_that(self, office: Office) -> None:
        content = office.of(title=texts("Corrected"))
        change = await office.put(content)
        assert await versions(office, change) == {1: content}
        assert await decided(office, change) == [("ask", 1), ("approve", 1), ("in_force", 1)]

    async def test_the_day_and_the_key_of_a_bulletin_are_in_the_version_in_force(self, office: Office) -> None:
        """Nobody saw them before: they go by the moment of the approval. So it is with the day of a correction."""
        correction = office.of(corrections={"next": texts("It was late.")})
        change = await office.put({NEW_ONE: bulletin(), **correction})
        [new] = [each for each in office.live.contents if "fares-fall" in each]
        assert await versions(office, change) == {
            1: {NEW_ONE: bulletin(), **correction},
            2: {key: office.live.contents[key] for key in (FIRST, new)},
        }
        assert (await decided(office, change))[-1] == ("in_force", 2)

    async def test_a_version_taken_back_and_asked_for_again_keeps_its_number(self, office: Office) -> None:
        change = await office.approved()
        for _ in range(2):
            change = await office.desk.decide(change.id, change.version, "take_back", BUDI)
            change = await office.approved(change)
        assert await versions(office, change) == {1: {NEW_ONE: bulletin()}}

    async def test_what_an_earlier_release_kept_of_an_approved_version_stays(self, office: Office) -> None:
        """That has the day and the key of a bulletin. Asked for again without them it is the next version."""
        change = await office.approved()
        dated = {Key(f"bulletins/{TODAY}-fares-fall"): {"date": str(TODAY), **bulletin()}}
        async with office.store.database.write() as connection:
            await connection.execute(update(change_versions).values(contents=dated))
        change = await office.desk.decide(change.id, change.version, "take_back", BUDI)
        change = await office.approved(change)
        assert (await versions(office, change), change.version) == ({1: dated, 2: {NEW_ONE: bulletin()}}, 2)
        await office.wait()
        assert (await decided(office, change))[-3:] == [("ask", 2), ("approve", 2), ("in_force", 3)]


async def versions(office: Office, change: Change) -> dict[int, dict[str, Any]]:
    return {
        each.version: each.contents for each in await reading(office.store, office.store.changes.versions, change.id)
    }


async def decided(office: Office, change: Change) -> list[tuple[str, int]]:
    """What was decided on which version, the oldest first, as ``nota content decisions`` has it."""
    rows = await reading(office.store, office.store.changes.every_decision)
    return [(each.action, each.version) for each in rows if each.change_id == change.id]


class TestCorrections:
    async def test_of_a_bulletin_of_a_file(self, office: Office) -> None:
        await office.put(office.of(title=texts("Second crossing")))
        assert office.title() == "Second crossing"
        assert (await office.ledger())[FIRST[10:]][1] == 2

    async def test_withdrawn_at_once_although_its_text_has_a_mistake(self, office: Office) -> None:
        change = await office.approved(office.of(withdrawn={**WITHDRAWN, "because": {"en": "Wrong."}}))
        await office.look()
        assert await office.state(change) == "in_force"
        assert (await office.ledger())[FIRST[10:]][0] == "retracted"
        assert BulletinId(FIRST[10:]) in office.live.dossier.withdrawn

    async def test_two_of_one_entry(self, office: Office) -> None:
        content = office.live.contents[FIRST]
        one, two = [await office.drafted(office.of(**each)) for each in ({"urgent": True}, {"body": texts("Two.")})]
        await office.approved(one)
        await office.approved(two)
        await office.wait()
        assert (await office.state(one), await office.state(two)) == ("in_force", "draft")
        assert (await office.content(two, FIRST)) == {**content, "urgent": True, "body": texts("Two.")}

    async def test_two_of_one_text(self, office: Office) -> None:
        """What is read together is not mixed: the second keeps its own, and its writers are told what differs."""
        content = office.live.contents[FIRST]
        one, two = (
            await office.approved(office.of(title=texts("One"))),
            await office.drafted(office.of(body=texts("Two."))),
        )
        await office.wait()
        assert await office.state(one) == "in_force"
        with pytest.raises(DeskError, match="changed the same text"):
            await office.asked(two)
        item = await office.item(two)
        assert item.entries[FIRST].base == {**content, "title": texts("One")}
        assert item.entries[FIRST].content == {**content, "body": texts("Two.")}


class TestDeploys:
    """Files move underneath."""

    async def differing(self, office: Office) -> None:
        """A change and the files have changed the same."""
        await office.put(office.of(title=texts("Corrected")))
        await office.say("By the files")

    async def test_the_same_text_waits_for_an_editor(self, office: Office) -> None:
        """What was approved stays in force, and no message is edited."""
        await office.put(office.of(title=texts("Corrected")))
        before = (await office.ledger())[FIRST[10:]]
        await office.say("By the files", urgent=True)
        assert office.title() == "Corrected"
        assert office.live.contents[FIRST]["urgent"] is True, "nothing else waits for it"
        assert (await office.ledger())[FIRST[10:]] == before
        [entry] = (await office.waiting()).values()
        assert (entry.waits, (entry.content or {})["title"]) == ("differs", texts("By the files"))

    async def test_taken_with_one_press(self, office: Office) -> None:
        await self.differing(office)
        [item] = await office.desk.items(ANNA)
        assert {"approve", "discard"} <= item.possible
        await office.desk.decide(item.change.id, item.change.version, "approve", ANNA)
        await office.wait()
        assert office.title() == "By the files"
        assert await office.waiting() == {}

    @pytest.mark.parametrize("how", ["discard", "drop"])
    async def test_left_with_one_press(self, office: Office, how: str) -> None:
        """It does not come back with the next deploy, and is shown again where somebody writes it anew."""
        await self.differing(office)
        [item] = await office.desk.items(ANNA)
        if how == "drop":
            await office.desk.drop_entry(item.change.id, ANNA, FIRST)
        else:
            await office.desk.decide(item.change.id, item.change.version, "discard", ANNA)
        await office.edit("4500", "4600", "facts")
        assert office.title() == "Corrected"
        assert await office.waiting() == {}
        for words, waits in (("Another", ["differs"]), ("By the files", ["former"])):
            await office.say(words, urgent=True)
            assert [each.waits for each in (await office.waiting()).values()] == waits

    async def test_the_next_deploy_makes_it_anew(self, office: Office) -> None:
        """As long as nobody has typed into it: there is one. What somebody has taken up is theirs."""
        await self.differing(office)
        await office.say("By the files again")
        [item] = await office.desk.items(ANNA)
        await office.type(item.change, ANNA, "By the files again", "By both", key=FIRST)
        await office.edit("4500", "4600", "facts")
        assert len(await office.desk.items(ANNA)) == 1
        await office.say("A third one")
        first, second = await office.desk.items(ANNA)
        assert (first.entries[FIRST].content or {})["title"] == texts("A third one")
        assert (second.entries[FIRST].content or {})["title"]["en"] == "By both"  # type: ignore[call-overload,index]

    async def test_a_deploy_that_agrees_closes_it(self, office: Office) -> None:
        await self.differing(office)
        await office.say("Corrected")
        assert await office.desk.items(ANNA) == []

    async def test_a_file_with_another_name_is_the_same_bulletin(self, office: Office) -> None:
        """In one moment, or in two: nobody gets it again, and corrections go on under the new name."""
        key, name = await self.sent(office, bulletin())
        file, other = office.folder / f"{key}.yaml", office.folder / "bulletins/2026-11-23-other.yaml"
        file.rename(other)
        await office.deploy()
        assert await office.ledger() == {FIRST[10:]: ("history", 1), "2026-11-23-other": ("published", 1)}
        other.rename(file)
        await office.deploy()
        assert (await office.ledger())[name] == ("published", 1)
        shutil.copy(file, other)
        await office.deploy()
        assert {entry.waits for entry in (await office.waiting()).values()} == {"clashes"}
        assert "2026-11-23-other" not in await office.ledger()
        file.unlink()
        await office.deploy()
        assert (await office.ledger())["2026-11-23-other"] == ("published", 1)
        assert await office.waiting() == {}
        other.unlink()
        await office.deploy()
        await office.write("bulletins/2026-11-23-third", {"date": "2026-11-23", **bulletin()})
        assert {each for each in await office.ledger() if each != FIRST[10:]} == {"2026-11-23-third"}
        assert await office.delivered("2026-11-23-third") == ["due"]

    async def test_a_file_renamed_and_corrected_has_its_name_with_its_text(self, office: Office) -> None:
        """At no moment has the ledger another name than what is in force: a correction of that would be sent as news."""
        key, name = await self.sent(office, bulletin())
        other = BulletinId("2026-11-23-other")
        (office.folder / f"{key}.yaml").unlink()
        text = written({"date": "2026-11-23", "was": [str(name)], **bulletin("Fares rise")})
        (office.folder / f"bulletins/{other}.yaml").write_text(text, "utf-8")
        await office.worker.reload()
        newsroom, seen = office.worker.newsroom, set[tuple[bool, bool]]()
        imported = not_none(await newsroom.plan_import(office.live, None))
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
        assert (await office.ledger())[other] == ("published", 2)

    async def test_a_clean_deploy_is_a_change_by_nobody(self, office: Office) -> None:
        await office.say("By the files")
        [item] = await office.desk.items(ANNA, IN_FORCE)
        assert item.change.title == f"Deploy {office.live.tree[:4]}"
        assert (item.change.savers, item.change.edits) == (frozenset(), (FIRST[10:],))
        assert [each.content for each in item.entries.values()] == [office.live.contents[FIRST]]

    async def test_a_press_on_an_earlier_version_does_nothing(self, office: Office) -> None:
        """Also where a deploy has changed the same, and has returned the change."""
        asked = await office.asked(await office.drafted(office.of(title=texts("Corrected"))))
        await office.say("By the files")
        with pytest.raises(Overtaken):
            await office.desk.decide(asked.id, asked.version - 1, "approve", BUDI)
        assert await office.state(asked) == "draft", "the deploy has returned it"

    @pytest.mark.slow
    async def test_a_figure_that_both_changed_waits(self, office: Office) -> None:
        """Also as far as a day is computed from it. Of bulletins that print it nothing waits."""
        facts, term = office.folder / "facts.yaml", Key("facts/term")
        given = "sources: [harbour], checked: 2026-02-01}"
        length = f"{{type: duration, years: 1, {given}"
        more = f"start: {{type: date, value: 2026-03-01, {given}\nterm: {length}\nends: {{type: date, from: start, plus: term, {given}\n"
        facts.write_text(f"{facts.read_text('utf-8')}\n{more}", "utf-8")
        key, name = await self.sent(office, bulletin(body=texts("It ends {ends}."), sources=["harbour"]))
        longer = await office.drafted(office.of(term, years=2))
        await office.approved(await office.desk.answer(longer.id, ANNA, term, "was_wrong"))
        await office.wait()
        assert (await office.ledger())[name] == ("published", 2)
        facts.write_text(facts.read_text("utf-8").replace(length, length.replace("1", "5", 1)), "utf-8")
        await office.deploy()
        assert list(await office.waiting()) == [term]
        assert (await office.ledger())[name] == ("published", 2)
        await office.put(office.of(key, title=texts("Fares")))
        assert (await office.ledger())[name] == ("published", 3)

    async def test_an_approved_change_of_a_part_that_differs_is_returned(self, office: Office) -> None:
        await office.put(office.of(title=texts("Corrected")))
        change = await office.approved(office.of(body=texts("B.")))
        await office.say("By the files")
        assert await office.state(change) == "approved", "what is in force is as it was"
        await office.say("By the files", urgent=True)
        assert await office.state(change) == "draft"

    @pytest.mark.slow
    async def test_files_withdraw_what_differs_and_bring_none_of_its_texts_back(self, office: Office) -> None:
        """A withdrawal sends no text, so it waits for nobody. When the files drop it by what they said before, it stays."""
        key, name = await self.sent(office, bulletin())
        content = office.live.contents[key]
        await office.put({key: {**content, "title": texts("Corrected")}})
        other = {**content, "title": texts("By the files")}
        for said, known in (
            (other, ("published", 2)),
            ({**other, "withdrawn": WITHDRAWN}, ("retracted", 3)),
            (other, ("retracted", 3)),
        ):
            await office.write(key, said)
            assert (await office.ledger())[name] == known
        content = {name: each for name, each in office.live.contents[key].items() if name != "withdrawn"}
        await office.put({key: content})
        assert (await office.ledger())[name] == ("published", 4)
        assert (await office.text(name, (await office.ledger())[name][1])).title == "Corrected"

    @pytest.mark.slow
    async def test_a_figure_that_changes_sends_no_text_that_differs(self, office: Office) -> None:
        key, name = await self.sent(office, bulletin(body=texts("Fare {fare}.")))
        content = office.live.contents[key]
        await office.put({key: {**content, "title": texts("Corrected")}})
        await office.write(key, {**content, "title": texts("By the files")})
        fare = Key("facts/fare")
        dearer = await office.drafted(office.of(fare, amount=6000))
        await office.approved(await office.desk.answer(dearer.id, ANNA, fare, "was_wrong"))
        await office.wait()
        assert "6000" in str(office.live.dossier.facts[FactId("fare")])
        assert (await office.text(name, (await office.ledger())[name][1])).title == "Corrected"

    async def sent(self, office: Office, content: dict[str, Any]) -> tuple[Key, BulletinId]:
        """A bulletin of a file, which was sent."""
        name = BulletinId("2026-11-23-fares")
        key = Key(f"bulletins/{name}")
        await office.write(key, {"date": "2026-11-23", **content})
        assert (await office.ledger())[name] == ("published", 1)
        return key, name

    async def test_once_it_said_the_same_a_file_has_the_last_word(self, office: Office) -> None:
        """Also in the process that has seen it, which does not start again."""
        await office.put(office.of(title=texts("Corrected")))
        await office.say("Corrected")
        await office.say("By the files")
        assert office.title() == "By the files"

    async def test_what_was_never_sent_is_not_when_its_withdrawal_ends(self, office: Office) -> None:
        """It is months old, and was history when the database was new."""
        content = office.live.contents[FIRST]
        await office.put(office.of(withdrawn=WITHDRAWN))
        await office.put({FIRST: content})
        assert FIRST[10:] in office.live.dossier.bulletins
        assert (await office.ledger())[FIRST[10:]][0] == "history"
        assert await office.delivered(FIRST[10:]) == []

    async def test_a_withdrawal_waits_for_nobody_to_look_at_a_new_text(self, office: Office) -> None:
        """A deploy has changed the text meanwhile. None is sent, so none is checked."""
        change = await office.drafted(office.of(withdrawn=WITHDRAWN))
        await office.say("By the files")
        await office.approved(change)
        await office.look()
        assert (await office.ledger())[FIRST[10:]][0] == "retracted"

    async def test_a_correction_whose_file_goes_keeps_its_text_and_key(self, office: Office) -> None:
        """It does not become a second bulletin."""
        content = office.of(title=texts("Corrected"))
        change = await office.approved(content)
        (office.folder / f"{FIRST}.yaml").unlink()
        await office.deploy()
        await office.wait()
        assert await office.state(change) == "draft"
        assert await office.contents(change.id) == content

    async def test_a_draft_of_what_has_changed_meanwhile_can_be_asked_for(self, office: Office) -> None:
        change = await office.drafted(office.of(urgent=True))
        await office.say("", title=office.live.contents[FIRST]["title"], body=texts("By the files."))
        with pytest.raises(DeskError, match="changed meanwhile"):
            await office.asked(change)
        content = await office.content(change, FIRST)
        assert (content["urgent"], content["body"]) == (True, texts("By the files."))
        assert (await office.asked(await office.change(change.id))).state == "review"

    async def test_what_waits_for_approval_is_a_draft_again_merged(self, office: Office) -> None:
        """Its message in the chat says so, and its buttons are gone; both editors have it to ask for again."""
        change = await office.drafted(office.of(urgent=True))
        asked = await office.asked(change)
        before = await buttons(office, asked)
        await office.say("", title=office.live.contents[FIRST]["title"], body=texts("By the files."))
        assert await office.state(change) == "draft"
        assert "Something else has come into force" in str((await message(office, asked)).blocks)
        assert await buttons(office, asked) == []
        command = DeskCommand(office.desk.editors_chat, office.store.sign_ins, office.desk, "")
        assert "meanwhile" in render(await command.decide(before[0], BUDI))
        content = await office.content(change, FIRST)
        assert (await office.change(change.id)).savers == {ANNA.account}
        assert (content["urgent"], content["body"]) == (True, texts("By the files."))

    async def test_a_source_that_a_planned_change_needs_is_gone(self, office: Office, folder: Path) -> None:
        change = await office.approved({NEW_ONE: bulletin(sources=["harbour"])})
        again = {"harbour:": "port:", "[harbour]": "[port]", "@harbour": "@port", "- harbour": "- port"}
        replace_in(folder, again)
        await office.deploy()
        await office.wait()
        assert await office.state(change) == "draft"


class TestTwoProcesses:
    async def test_the_other_one_switches(self, office: Office, store: Store, folder: Path, clock: MovedClock) -> None:
        other = Office(store, folder, clock, "two")
        await other.look()
        await office.put({NEW_ONE: bulletin()})
        await other.look()
        assert other.live.complete.version == office.live.complete.version
        assert len([each for each in other.live.dossier.bulletins if "fares" in each]) == 1

    async def test_the_slower_one_pauses_nothing(
        self, office: Office, store: Store, folder: Path, clock: MovedClock
    ) -> None:
        """Its correction would wait for five minutes."""
        other = Office(store, folder, clock, "two")
        await office.put({NEW_ONE: bulletin()})
        await other.look()
        [key] = [each for each in office.live.contents if "fares" in each]
        change = await office.approved({key: {**office.live.contents[key], **bulletin("New")}})
        await office.wait()
        await other.worker.come_into_force(change)
        assert (await office.ledger())[key[10:]] == ("published", 2)
        assert not_none(await reading(store, store.bulletins.get, key[10:])).paused is None

    @pytest.mark.slow
    async def test_the_other_one_is_prepared(
        self, office: Office, store: Store, folder: Path, clock: MovedClock
    ) -> None:
        """It switches at once to what it loaded during the minute before; nobody sees that until then."""
        other = Office(store, folder, clock, "two")
        await other.look()
        await office.approved()
        await other.look()
        assert other.live._prepared is not None
        _, expected = other.live._prepared
        assert expected.dossier not in (None, other.live.complete)
        await office.wait()
        await other.look()
        assert other.live.complete is expected.dossier

    async def test_a_process_with_former_files_has_what_is_in_force(
        self, office: Office, store: Store, folder: Path, tmp_path: Path, clock: MovedClock
    ) -> None:
        """And decides on it as any other; started anew, too. Nothing is in force because of whose files it has."""
        new = Path(shutil.copytree(folder, tmp_path / "new"))
        (new / f"{FIRST}.yaml").write_text((new / f"{FIRST}.yaml").read_text("utf-8") + "\nurgent: true\n", "utf-8")
        clock.forward(1)
        newer = Office(store, new, clock, "two")
        await newer.look()
        for each in (office, Office(store, folder, clock, "three")):
            await each.look()
            assert each.live.complete == newer.live.complete
            assert each.live.contents[FIRST]["urgent"] is True
        change = await office.approved(office.of(title=texts("Corrected")))
        clock.forward(TAKE_BACK_SECONDS + 1)
        await newer.worker.newsroom.note_in_use(newer.live.tree, "two")
        await office.look()
        await newer.look()
        assert await office.state(change) == "in_force"
        assert newer.live.contents[FIRST] == office.live.contents[FIRST]
        assert newer.live.contents[FIRST]["urgent"] is True

    async def test_broken_files_leave_in_force_what_is(self, office: Office, store: Store, folder: Path) -> None:
        """A process that starts with them says so."""
        (folder / "facts.yaml").write_text("fare: [", "utf-8")
        edition = await reading(store, store.changes.edition)
        live = not_none(LiveDossier.of(checked(folder), edition))
        assert live.complete == office.live.complete
        assert [each.path for each in live.diagnostics if each.blocks] == ["facts.yaml"]

    async def test_former_files_wait_for_one_that_has_just_got_the_latest(
        self, office: Office, store: Store, folder: Path, tmp_path: Path, clock: MovedClock
    ) -> None:
        """Another process compared the latest files, so all that this one did with them was to load them."""
        new, other = tmp_path / "new", Office(store, folder, clock, "two")
        shutil.copytree(folder, new)
        (new / f"{FIRST}.yaml").write_text((new / f"{FIRST}.yaml").read_text("utf-8") + "\nurgent: true\n", "utf-8")
        await other.look()
        clock.forward(1)
        for each in (office, other):
            each.folder = new
            await each.deploy()
        office.folder = folder
        await office.deploy()
        assert await reading(store, store.contents.tree) == other.live.tree

    async def test_a_deploy_that_was_loaded_before_a_change_undoes_nothing(
        self, office: Office, store: Store, folder: Path, tmp_path: Path, clock: MovedClock
    ) -> None:
        new = Path(shutil.copytree(folder, tmp_path / "new"))
        text = (new / f"{FIRST}.yaml").read_text("utf-8")
        (new / f"{FIRST}.yaml").write_text(text + "\nurgent: true\n", "utf-8")
        newer = Office(store, new, clock, "two")
        await office.put({NEW_ONE: bulletin()})
        [name] = office.names("fares")
        newsroom, holder = newer.worker.newsroom, Holder("two", "", 0.0)
        imported = not_none(await newsroom.plan_import(newer.live, holder))
        await follow_changes(store, newer.live)  # as for a request that names a bulletin which is not known here yet
        assert newer.live.edition.stamp != imported.before.stamp
        assert (await newsroom.publish_changes(imported, holder=holder)).outdated
        await newer.look()
        assert name in newer.live.complete.bulletins
        assert (await office.ledger())[name] == ("published", 1)


async def test_the_editors_chat_says_without_which_language_it_is_sent(office: Office) -> None:
    """Where an approver presses ✅; of what is written meanwhile it says nothing."""
    change = await office.drafted({NEW_ONE: {"title": {"en": "Fares fall"}, "body": {"en": "Fares fall."}}})
    await office.desk.leave_out(change.id, ANNA, ["id"])
    asked = await office.asked(change)
    assert "Is sent without: Bahasa Indonesia" in str(await message(office, asked))
    whole = await office.drafted(person=BUDI)
    await office.desk.leave_out(whole.id, BUDI, ["id"])
    asked = await office.asked(whole, BUDI)
    assert "Is sent without" not in str(await message(office, asked))


async def test_the_editors_chat_has_one_message_a_request(office: Office) -> None:
    change = await office.approved()
    [argument, *_] = await buttons(office, change)
    assert argument.startswith(f"take_back {change.id} {change.version} ")


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
            other = Office(store, folder, clock, "two")
            change = await office.drafted()
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
            decisions = await reading(office.store, office.store.changes.decisions, change.id)
            assert [each.action for each in decisions] == ["in_force", "approve", "ask"]
            await asyncio.gather(office.look(), other.look())
            assert office.live.complete == other.live.complete

    async def test_ten_saves_at_once_lose_no_field(
        self, office: Office, folder: Path, database_url: str, clock: MovedClock
    ) -> None:
        async with open_store(database_url, clock) as store:
            other = Office(store, folder, clock, "two")
            change = await office.drafted()
            places = [(name, language) for name in ("title", "short", "body") for language in ("en", "id")]
            before = fields(bulletin())
            edits = [Edit(NEW_ONE, place, value_digest(before.get(place, ABSENT)), f"{place}") for place in places]
            saves = [
                (office if number % 2 else other).desk.save(change.id, ANNA, [edit])
                for number, edit in enumerate(edits)
            ]
            assert not [each.conflicts for each in await asyncio.gather(*saves) if each.conflicts]
            item = await office.item(change)
            assert fields(item.entries[NEW_ONE].content) == {place: f"{place}" for place in places}


class TestAnotherDossier:
    """A process has the files of another dossier than the database's."""

    async def test_asks_approves_and_brings_nothing_into_force(self, office: Office, clock: MovedClock) -> None:
        change = await office.approved()
        museum = replace(of_another(office.live.complete), tree="museum")
        other = replace(office.desk, live=LiveDossier(museum, files=Loading(museum, ())))
        draft = await office.drafted({NEW_ONE: bulletin("Another")})
        with pytest.raises(DeskError, match="belongs to another dossier"):
            await other.decide(draft.id, draft.version, "ask", ANNA)
        clock.forward(TAKE_BACK_SECONDS + 1)
        office.worker.live = other.live
        await office.look()
        assert await office.state(change) == "approved"


class TestInTheEditorsChat:
    """One message for each request, edited with every decision and with the progress."""

    async def test_it_is_edited_and_its_buttons_decide(self, office: Office) -> None:
        change = await office.asked(await office.drafted())
        command = DeskCommand(office.desk.editors_chat, office.store.sign_ins, office.desk, "")
        approve, give_back = await buttons(office, change)
        assert give_back.startswith("return ")
        assert "Another editor must approve this." in render(await command.decide(approve, ANNA))
        assert "Approved ✓" in render(await command.decide(approve, BUDI))
        assert "meanwhile" in render(await command.decide(approve, CLARA))
        await office.wait()
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
        change = await office.asked(await office.drafted())
        command = DeskCommand(office.desk.editors_chat, office.store.sign_ins, office.desk, "")
        await command.decide(argument, BUDI)
        assert await office.state(change) == "review"

    async def test_it_became_a_supergroup(self, office: Office) -> None:
        await office.store.readers.meet(CHAT, "group")
        await office.store.readers.move("telegram", CHAT.chat_id, "-1001")
        change = await office.asked(await office.drafted())
        found = await office.store.deliveries.delivered_to(BulletinId(f"review-change-{change.id}-1"), "")
        assert [row.chat_id for row in found] == ["-1001"]

    async def test_idle_it_only_reads(self, office: Office, clock: MovedClock, database_url: str) -> None:
        """Another process holds the newsroom's lock, on SQLite the only place for a writer: the desk does not wait for it."""
        await office.put({NEW_ONE: bulletin()})
        await office.desk.show_progress()
        async with open_store(database_url, clock) as other, other.database.write() as connection:
            await other.bulletins.lock_newsroom(connection)
            async with asyncio.timeout(10):
                await office.desk.show_progress()


async def message(office: Office, change: Change) -> BulletinText:
    name = f"review-change-{change.id}-1"
    row = await reading(office.store, office.store.bulletins.get, name)
    return await office.text(name, row.revision if row else 0)


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

    async def test_a_topic_that_a_deploy_removes(self, office: Office, folder: Path) -> None:
        """A bulletin without topics would go to everybody."""
        other = Address("telegram", "8")
        await office.store.readers.meet(other, "private")
        await office.store.subscriptions.put(other, Subscription(topics=frozenset({TopicId("timetable")})))
        await office.put({NEW_ONE: bulletin(topics=["fare"])})
        [name] = office.names("fares")
        (folder / "topics/fare.yaml").unlink()
        replace_in(folder, {"topics: [fare]\n": "", "related: [fare]": "related: []"})
        await office.deploy()
        assert "fare" not in office.live.complete.topics, office.live.diagnostics
        found = await office.store.deliveries.delivered_to(BulletinId(name), "")
        assert [row.chat_id for row in found] == [READER.chat_id]

    @pytest.mark.slow
    async def test_what_was_sent_under_a_topic_that_is_gone_can_be_corrected(
        self, office: Office, folder: Path
    ) -> None:
        await office.put({NEW_ONE: bulletin(topics=["fare"])})
        [name] = office.names("fares")
        (folder / "topics/fare.yaml").unlink()
        replace_in(folder, {"topics: [fare]\n": "", "related: [fare]": "related: []"})
        await office.deploy()
        key = Key(f"bulletins/{name}")
        await office.put(office.of(key, body=texts("Corrected.")))
        assert (await office.ledger())[name] == ("published", 2)

    async def test_a_topic_that_is_gone_before_its_time(self, office: Office) -> None:
        change = await office.drafted({NEW_ONE: bulletin(topics=["nowhere"])})
        with pytest.raises(DeskError, match="mistakes"):
            await office.asked(change)

    async def many(self, office: Office) -> list[str]:
        """Bulletins that a deploy would edit, more at once than it may."""
        names = [f"2026-11-23-b{number}" for number in range(5)]
        for words in ("Right", "Wrong"):
            await self.deploy_all(office, names, words)
        assert {name: (await office.ledger())[name] for name in names} == dict.fromkeys(names, ("published", 1))
        return names

    async def deploy_all(self, office: Office, names: list[str], words: str) -> None:
        for name in names:
            text = written({"date": "2026-11-23", **bulletin(words)})
            (office.folder / f"bulletins/{name}.yaml").write_text(text, "utf-8")
        await office.deploy()

    async def test_many_at_once_wait_for_an_owner(self, office: Office) -> None:
        """What else the deploy has is in force. An owner takes them, and no other editor."""
        names = await self.many(office)
        found = await office.waiting()
        assert {key: each.waits for key, each in found.items()} == {f"bulletins/{name}": "many" for name in names}
        [item] = await office.desk.items(ANNA)
        with pytest.raises(DeskError, match="an owner approves that"):
            await office.desk.decide(item.change.id, item.change.version, "approve", ANNA)
        assert await office.desk.take_many(CLARA.account, "another name") is None
        assert await office.desk.take_many(CLARA.account, confirmation_of(found)) is not None
        await office.look()
        assert {(await office.ledger())[name] for name in names} == {("published", 2)}
        assert await office.waiting() == {}
        # what an owner took is what files said, and nobody decided otherwise: what they say next comes into force, their former words too
        for number, words in enumerate(("Right", "Better"), start=3):
            await self.deploy_all(office, names[:2], words)
            assert await office.waiting() == {}
            assert {(await office.ledger())[name] for name in names[:2]} == {("published", number)}

    @pytest.mark.slow
    async def test_what_a_change_says_of_one_waits_no_longer(self, office: Office) -> None:
        """The others go on waiting, although they are few by now; an owner takes them."""
        corrected, withdrawn, *names = await self.many(office)
        await office.put(office.of(Key(f"bulletins/{corrected}"), title=texts("Better")))
        await office.put(office.of(Key(f"bulletins/{withdrawn}"), withdrawn=WITHDRAWN))
        await office.write("bulletins/2026-11-23-other", {"date": "2026-11-23", **bulletin("Other")})
        found = await office.waiting()
        assert {key[10:] for key, each in found.items() if each.waits == "many"} == set(names)
        assert {(await office.ledger())[name] for name in names} == {("published", 1)}
        assert await office.desk.take_many(CLARA.account, confirmation_of(found)) is not None
        await office.look()
        assert {(await office.ledger())[name] for name in names} == {("published", 2)}

    async def test_what_somebody_typed_into_and_discarded_does_not_come_back(self, office: Office) -> None:
        names = await self.many(office)
        [item] = await office.desk.items(ANNA)
        saved = await office.type(item.change, ANNA, "Wrong", "Better", key=Key(f"bulletins/{names[0]}"))
        await office.desk.decide(item.change.id, saved.change.version, "discard", ANNA)
        await office.edit("4500", "4600", "facts")
        assert {each.waits for each in (await office.waiting()).values()} == {"former"}
        assert {(await office.ledger())[name] for name in names} == {("published", 1)}

    async def test_the_right_files_again_and_nothing_waits(self, office: Office) -> None:
        names = await self.many(office)
        await self.deploy_all(office, names, "Right")
        assert await office.waiting() == {}
        assert {(await office.ledger())[name] for name in names} == {("published", 1)}

    @pytest.mark.parametrize("planned", [None, 0.0])
    async def test_a_text_mended_under_its_files_embargo_is_the_first_that_readers_get(
        self, office: Office, clock: MovedClock, planned: float | None
    ) -> None:
        """Also if the change is planned for the very moment at which the embargo ends: nothing leaves in between."""
        moment = datetime(2026, 11, 24, 12, tzinfo=UTC)
        key = Key("bulletins/2026-11-24-embargoed")
        await office.write(key, {"date": "2026-11-24", "not_before": moment.isoformat(), **bulletin("Wrong")})
        mended = office.of(key, **bulletin("Mended"))
        planned = None if planned is None else moment.timestamp() + planned
        await office.approved(await office.desk.create(ANNA, "Mended", mended, planned=planned))
        await office.wait()
        clock.now = moment.timestamp() + 1
        await office.look()
        assert (await office.text(key[10:], 2)).title == "Mended"
        assert (await office.ledger())[key[10:]] == ("published", 2)


class TestHeld:
    """After ``nota run --held`` no process imports files before an owner starts sending again."""

    async def test_waits_for_the_word(self, office: Office, folder: Path) -> None:
        """Two replicas have the new files. Neither imports them while sending is held, also if it had been stopped before; then one does."""
        second = Office(office.store, Path(shutil.copytree(folder, folder.with_name("second"))), office.clock, "two")
        before, notes = await office.ledger(), list[str]()
        for each in (office, second):
            each.worker.on_poll = lambda _, note: notes.append(note)
            file = each.folder / f"{FIRST}.yaml"
            file.write_text(file.read_text("utf-8").replace("crossing", "passage"), "utf-8")
        await office.store.safeguards.stop("telegram:1")
        assert await Newsroom(office.store).hold("new files")
        for each in (office, second):
            await each.deploy()
            assert notes[-1] == HELD_FILES
        assert await office.ledger() == before
        await office.store.safeguards.start()
        for each in (second, office):
            await each.look()
            assert notes[-1] == ""
        assert await office.ledger() != before

    async def test_is_held_while_a_process_imports(self, office: Office) -> None:
        """It had looked before, and imports nothing; `nota publish`, by somebody's word, does. What is imported is not held any more."""
        newsroom, before = Newsroom(office.store), await office.ledger()
        file = office.folder / f"{FIRST}.yaml"
        file.write_text(file.read_text("utf-8").replace("crossing", "passage"), "utf-8")
        await office.worker.reload()
        process, command = (Holder(name, office.live.had, 0.0) for name in (office.name, ""))
        imported = not_none(await newsroom.plan_import(office.live, process))
        assert await newsroom.hold(imported.tree)
        assert (await newsroom.publish_changes(imported, holder=process)).outdated
        assert await office.ledger() == before
        assert not (await newsroom.publish_changes(imported, holder=command)).outdated
        assert await office.ledger() != before
        assert not await newsroom.hold(imported.tree)

    async def test_former_files_take_it_back(self, office: Office) -> None:
        """An owner who does not want what the dry run says deploys the former files, and then starts: nothing is edited."""
        before = await office.ledger()
        assert await Newsroom(office.store).hold("new files")
        await office.edit("crossing", "passage")
        await office.edit("passage", "crossing")
        await office.store.safeguards.start()
        await office.look()
        assert await office.ledger() == before
