"""The desk: what editors may do with a draft in each state, and what follows from it in the ledger."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.app.content_check import check_draft
from bot.db.backup import export, import_backup
from bot.db.desk import Action, Draft, DraftId, DraftState, Person
from bot.db.store import Store, open_store
from bot.dossier.loader import load
from bot.dossier.markdown import Paragraph, plain
from bot.dossier.models import BulletinId, Dossier, Language
from bot.feeds.published import PublishedNews
from bot.live_dossier import LiveDossier
from bot.newsroom.desk_decisions import TAKE_BACK_SECONDS, Desk, DeskError, Overtaken
from bot.newsroom.desk_rules import AFTER, ALONE, Rules, actions, next_step, stage
from bot.newsroom.editors import DeskCommand
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.reader import Address
from bot.replies.bulletins import BulletinText, from_json
from bot.schedule import Subscription, Timing
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY
from tests.databases import sqlite_url

ANNA, BUDI, CLARA = (Person(f"telegram:{n}", name, Language("en")) for n, name in enumerate(("Anna", "Budi", "Clara")))
TWO = Rules(needs_two=True, owners=frozenset({CLARA.account}))
ALONE_RULES = Rules(needs_two=False)
READER = Address("telegram", "7")
CHAT = Address("telegram", "-100")

DRAFT = Draft(DraftId(1), "draft", 1, "", 0.0, 0.0, ANNA.account, None, None, None, None, None, None, None)


def in_state(state: DraftState, **also: Any) -> Draft:
    stored = {"scheduled": "sent", "sending": "sent", "corrected": "sent"}.get(state, state)
    return replace(DRAFT, state=stored, **also)


class TestWhoMayDoWhat:
    """By state, action and person."""

    @pytest.mark.parametrize(
        ("state", "action", "person", "rules", "expected"),
        [
            ("draft", "send", ANNA, TWO, None),
            ("review", "send", BUDI, TWO, None),
            ("review", "approve", ANNA, TWO, None),
            ("review", "approve", BUDI, TWO, ("approved", False)),
            ("review", "approve", CLARA, TWO, ("approved", False)),
            ("approved", "send", ANNA, TWO, ("sent", False)),
            ("draft", "send", CLARA, TWO, ("sent", True)),
            ("draft", "send", ANNA, ALONE_RULES, ("sent", False)),
            ("review", "approve", ANNA, ALONE_RULES, ("approved", False)),
            ("approved", "save", BUDI, TWO, ("draft", False)),
            ("scheduled", "save", BUDI, TWO, None),
            ("scheduled", "take_back", BUDI, TWO, ("approved", False)),
            ("sending", "take_back", BUDI, TWO, None),
            ("sent", "withdraw", ANNA, TWO, ("withdrawal", False)),
            ("sent", "withdraw", CLARA, TWO, ("withdrawn", True)),
            ("sent", "withdraw", ANNA, ALONE_RULES, ("withdrawn", False)),
            ("withdrawal", "approve", ANNA, TWO, None),
            ("withdrawal", "approve", BUDI, TWO, ("withdrawn", False)),
            ("withdrawn", "save", ANNA, TWO, None),
            ("withdrawn", "send", CLARA, TWO, None),
            ("draft", "discard", ANNA, TWO, None),
            ("draft", "delete", BUDI, TWO, ("deleted", False)),
            ("review", "delete", BUDI, TWO, ("deleted", False)),
            ("approved", "delete", CLARA, TWO, None),
            ("sent", "delete", CLARA, TWO, None),
            ("deleted", "return", ANNA, TWO, ("draft", False)),
            ("deleted", "save", ANNA, TWO, None),
            ("deleted", "send", CLARA, TWO, None),
        ],
    )
    def test_of_each(
        self, state: DraftState, action: Action, person: Person, rules: Rules, expected: tuple[DraftState, bool] | None
    ) -> None:
        step = next_step(in_state(state), state, action, person.account, rules)
        assert (step and (step.state, step.override)) == expected

    def test_an_owner_alone_approves_and_it_is_recorded(self) -> None:
        own = in_state("review", changed_by=CLARA.account)
        step = next_step(own, "review", "approve", CLARA.account, TWO)
        assert step is not None
        assert step.override

    def test_nothing_leads_to_sent_but_send_and_what_was_sent(self) -> None:
        assert {action for (_, action), state in {**AFTER, **ALONE}.items() if state == "sent"} == {
            "send",
            "return",
            "discard",
        }
        assert [state for (state, action) in AFTER if action == "send"] == ["approved"]

    def test_a_correction_that_is_being_written_does_not_stop_a_withdrawal(self) -> None:
        draft = in_state("review", version=3, sent_version=1)
        assert "withdraw" in actions(draft, "review", ANNA.account, TWO)
        assert "withdraw" not in actions(in_state("review"), "review", ANNA.account, TWO)

    @pytest.mark.parametrize("once", [{"approved": 1.0}, {"version": 2, "sent_version": 1}])
    def test_what_was_ever_approved_or_sent_is_not_deleted(self, once: dict[str, Any]) -> None:
        for state in ("draft", "review"):
            assert "delete" not in actions(in_state(state, **once), state, CLARA.account, TWO)

    @pytest.mark.parametrize(
        ("person", "rules", "first"), [(ANNA, TWO, "submit"), (CLARA, TWO, "send"), (ANNA, ALONE_RULES, "send")]
    )
    def test_a_correction_can_be_submitted_as_soon_as_it_is_typed(
        self, person: Person, rules: Rules, first: Action
    ) -> None:
        """The button stands below what was sent, and saves first."""
        for state in ("sending", "sent", "corrected"):
            possible = actions(in_state(state, sent_version=1), state, person.account, rules)
            assert {first, "save", "withdraw"} <= possible
            assert "approve" not in possible

    def test_a_correction_can_be_discarded_until_it_is_sent(self) -> None:
        for state in ("draft", "review", "approved"):
            assert "discard" in actions(in_state(state, version=2, sent_version=1), state, BUDI.account, TWO)
        for state in ("sending", "sent", "corrected", "withdrawal", "withdrawn"):
            assert "discard" not in actions(in_state(state, version=2, sent_version=2), state, BUDI.account, TWO)

    def test_stages_of_what_was_sent(self) -> None:
        sent = in_state("sent")
        assert stage(sent, is_published=False, is_open=False) == "scheduled"
        assert stage(sent, is_published=True, is_open=True) == "sending"
        assert stage(sent, is_published=True, is_open=False) == "sent"
        assert stage(replace(sent, corrected=1.0), is_published=True, is_open=False) == "corrected"


def content(**also: Any) -> dict[str, Any]:
    texts = {"en": "Ferry fares fall", "id": "Tarif turun"}
    return {"title": texts, "body": texts, "topics": [], "sources": [], **also}


@pytest.fixture
def dossier() -> Dossier:
    found = load(TINY, TODAY).dossier
    assert found is not None
    return found


@pytest.fixture
async def desk(store: Store, dossier: Dossier) -> Desk:
    """A desk of two editors and an owner, with a chat, and one reader; all of the dossier is published."""
    await Newsroom(store).publish_changes(dossier)
    await store.readers.meet(CHAT, "group")
    await store.readers.meet(READER, "private")
    await store.subscriptions.put(READER, Subscription())
    return Desk(store, LiveDossier(dossier), TWO, check_draft, EditorsChat(store, CHAT))


async def rows(desk: Desk, name: str | None) -> dict[int, str]:
    """Chat → the state of its delivery."""
    found = await desk.store.deliveries.delivered_to(BulletinId(name or ""), "")
    return {row.chat_id: row.state for row in found}


async def approved(desk: Desk, **also: Any) -> Draft:
    draft = await desk.create(ANNA, content(**also))
    draft = await desk.decide(draft.id, 1, "submit", ANNA)
    return await desk.decide(draft.id, 1, "approve", BUDI)


async def publish(desk: Desk, clock: MovedClock) -> None:
    clock.forward(TAKE_BACK_SECONDS + 1)
    await Newsroom(desk.store).publish_due(desk.live.complete.from_files)


class TestFromDraftToReaders:
    """Nothing reaches readers that was not approved."""

    async def test_the_editors_chat_first_then_the_readers(self, desk: Desk, clock: MovedClock) -> None:
        draft = await approved(desk)
        sent = await desk.decide(draft.id, 1, "send", ANNA)
        assert list(await rows(desk, sent.bulletin_id)) == [CHAT.chat_id]
        await publish(desk, clock)
        assert sorted(await rows(desk, sent.bulletin_id)) == [CHAT.chat_id, READER.chat_id]
        item = await desk.item(draft.id, ANNA)
        assert item is not None
        assert item.stage == "sending"

    async def test_taken_back_within_a_minute_reaches_nobody(self, desk: Desk, clock: MovedClock) -> None:
        draft = await approved(desk)
        sent = await desk.decide(draft.id, 1, "send", ANNA)
        back = await desk.decide(draft.id, 1, "take_back", BUDI)
        assert (back.state, back.sent_version) == ("approved", None)
        await publish(desk, clock)
        assert list(await rows(desk, sent.bulletin_id)) == [CHAT.chat_id]
        again = await desk.decide(draft.id, 1, "send", ANNA)
        assert again.bulletin_id != sent.bulletin_id

    async def test_after_a_minute_it_can_not_be_taken_back(self, desk: Desk, clock: MovedClock) -> None:
        draft = await approved(desk)
        await desk.decide(draft.id, 1, "send", ANNA)
        clock.forward(TAKE_BACK_SECONDS + 1)
        with pytest.raises(DeskError):
            await desk.decide(draft.id, 1, "take_back", ANNA)

    async def test_the_databases_clock_counts(self, desk: Desk, clock: MovedClock) -> None:
        """However far the clock of the machine is from it: for the day, the moment, and the minute to take it back."""
        clock.forward(days=4000)
        draft = await approved(desk)
        sent = await desk.decide(draft.id, 1, "send", ANNA)
        assert (sent.send_at, sent.day) == (clock() + TAKE_BACK_SECONDS, "2037-11-05")
        clock.forward(TAKE_BACK_SECONDS - 1)
        assert (await desk.decide(draft.id, 1, "take_back", ANNA)).state == "approved"

    async def test_a_change_after_the_approval_must_be_approved_again(self, desk: Desk) -> None:
        draft = await approved(desk)
        saved = await desk.save(draft.id, 1, BUDI, content(urgent=True))
        with pytest.raises(DeskError):
            await desk.decide(draft.id, saved.version, "send", ANNA)
        with pytest.raises(Overtaken):
            await desk.decide(draft.id, 1, "send", ANNA)

    async def test_two_decisions_at_once_count_once(self, desk: Desk) -> None:
        draft = await approved(desk)
        await desk.decide(draft.id, 1, "send", ANNA)
        with pytest.raises(DeskError):
            await desk.decide(draft.id, 1, "send", BUDI)
        assert [each.action for each in await desk.store.drafts.decisions(draft.id)] == ["send", "approve", "submit"]

    async def test_two_editors_see_each_others_version(self, desk: Desk) -> None:
        draft = await desk.create(ANNA, content())
        await desk.save(draft.id, 1, BUDI, content(urgent=True))
        with pytest.raises(Overtaken):
            await desk.save(draft.id, 1, ANNA, content(topics=["fare"]))
        assert (await desk.store.drafts.version(draft.id, 1)) is not None

    async def test_a_deleted_draft_keeps_its_versions_and_can_be_returned(self, desk: Desk) -> None:
        draft = await desk.create(ANNA, content())
        await desk.decide(draft.id, 1, "submit", ANNA)
        await desk.decide(draft.id, 1, "delete", BUDI)
        for action, person in (("approve", BUDI), ("send", CLARA), ("submit", ANNA)):
            with pytest.raises(DeskError):
                await desk.decide(draft.id, 1, action, person)  # type: ignore[arg-type]
        assert (await desk.store.drafts.version(draft.id, 1)) is not None
        assert [each.action for each in await desk.store.drafts.decisions(draft.id)] == ["delete", "submit"]
        assert (await desk.decide(draft.id, 1, "return", ANNA)).state == "draft"

    async def test_what_was_taken_back_is_not_deleted(self, desk: Desk) -> None:
        """Nor once it is changed: the editors' chat has it."""
        draft = await approved(desk)
        await desk.decide(draft.id, 1, "send", ANNA)
        await desk.decide(draft.id, 1, "take_back", ANNA)
        saved = await desk.save(draft.id, 1, ANNA, content(urgent=True))
        with pytest.raises(DeskError):
            await desk.decide(draft.id, saved.version, "delete", ANNA)

    async def test_mistakes_are_not_submitted(self, desk: Desk) -> None:
        draft = await desk.create(ANNA, content(topics=["no-such-topic"]))
        with pytest.raises(DeskError, match="mistakes"):
            await desk.decide(draft.id, 1, "submit", ANNA)


class TestAfterwards:
    """Corrected and withdrawn where it was sent, in lists meanwhile."""

    async def test_corrected_after_a_second_approval_then_withdrawn(self, desk: Desk, clock: MovedClock) -> None:
        draft = await approved(desk)
        sent = await desk.decide(draft.id, 1, "send", ANNA)
        await publish(desk, clock)
        assert sent.bulletin_id is not None
        version = await desk.store.drafts.version(draft.id, 1)
        assert version is not None
        better = {**version.content, "body": dict.fromkeys(version.content["body"], "Better")}
        saved = await desk.save(draft.id, 1, ANNA, better)
        assert (await desk.store.bulletins.text(sent.bulletin_id, 1, "en")) is not None
        await desk.decide(draft.id, 2, "submit", ANNA)
        await desk.decide(draft.id, 2, "approve", BUDI)
        corrected = await desk.decide(draft.id, 2, "send", BUDI)
        assert corrected.corrected is not None
        text = await desk.store.bulletins.text(sent.bulletin_id, 2, "en")
        assert text is not None
        assert "Better" in text.article
        await desk.decide(draft.id, saved.version, "withdraw", ANNA, "It was wrong.")
        with pytest.raises(DeskError):
            await desk.decide(draft.id, 2, "approve", ANNA)
        gone = await desk.decide(draft.id, 2, "approve", BUDI)
        assert (gone.state, gone.reason) == ("withdrawn", "It was wrong.")
        last = await desk.store.bulletins.text(sent.bulletin_id, 3, "en")
        assert last is not None
        assert last.withdrawn

    async def test_a_correction_that_is_discarded_changes_no_message(self, desk: Desk, clock: MovedClock) -> None:
        """As when somebody has typed into a bulletin that was sent; the text is the one that was sent again."""
        draft = await approved(desk)
        sent = await desk.decide(draft.id, 1, "send", ANNA)
        await publish(desk, clock)
        await desk.save(draft.id, 1, BUDI, content(title={"en": "Oops", "id": "Oops"}))
        back = await desk.decide(draft.id, 2, "discard", ANNA)
        assert (back.state, back.version, back.sent_version, back.title) == ("sent", 3, 3, "Ferry fares fall")
        item = await desk.item(draft.id, ANNA)
        assert item is not None
        assert item.stage == "sending"
        assert await desk.store.bulletins.text(str(sent.bulletin_id), 2, "en") is None
        assert (await desk.store.drafts.version(draft.id, 2)) is not None
        with pytest.raises(DeskError, match="change something first"):
            await desk.decide(draft.id, 3, "submit", ANNA)

    async def test_a_correction_without_a_change_is_refused(self, desk: Desk, clock: MovedClock) -> None:
        draft = await approved(desk)
        await desk.decide(draft.id, 1, "send", ANNA)
        await publish(desk, clock)
        with pytest.raises(DeskError, match="change something first"):
            await desk.decide(draft.id, 1, "submit", ANNA)

    async def test_it_is_in_the_dossier_of_every_process(self, desk: Desk, dossier: Dossier, clock: MovedClock) -> None:
        draft = await approved(desk, new_sources={"gazette": {"publisher": "Gazette", "url": "https://example.org/1"}})
        sent = await desk.decide(draft.id, 1, "send", ANNA)
        news = PublishedNews(desk.store)
        other = LiveDossier(dossier, (), news.add_to)
        await news.update(other)
        assert sent.bulletin_id in other.complete.bulletins
        assert "gazette" in other.complete.sources
        assert other.complete.from_files == dossier


class TestInTheEditorsChat:
    """One message for each request, edited with every decision and with the progress."""

    async def test_it_is_edited_and_its_buttons_decide(self, desk: Desk, clock: MovedClock) -> None:
        draft = await desk.create(ANNA, content())
        await desk.decide(draft.id, 1, "submit", ANNA)
        name = f"review-desk-{draft.id}-1"
        assert await rows(desk, name) == {CHAT.chat_id: "due"}
        command = DeskCommand(desk.editors_chat, desk.store.sign_ins, desk, "https://nota.example/desk")
        words = [await self.pressed(command, "approve", ANNA), await self.pressed(command, "approve", BUDI)]
        assert words == ["Another editor must approve this.", "Approve ✓"]
        assert await self.pressed(command, "approve", CLARA) == "That is not possible any more, or not yet."
        await self.pressed(command, "send", BUDI)
        article = await self.article(desk, name)
        assert [each.label for each in article.buttons] == ["✋ Take back"]
        await publish(desk, clock)
        await desk.show_progress()
        assert "0 of 2 done" in plain_of(await self.article(desk, name))
        before = await desk.store.bulletins.text(name, 4, "en")
        await desk.show_progress()
        assert await desk.store.bulletins.text(name, 5, "en") is None
        assert before is not None

    @pytest.mark.parametrize("argument", ["", "withdraw 1 1", "approve x 1", "approve 1", "approve 99 1"])
    async def test_other_words_decide_nothing(self, desk: Desk, argument: str) -> None:
        command = DeskCommand(desk.editors_chat, desk.store.sign_ins, desk, "https://nota.example/desk")
        await desk.create(ANNA, content())
        await command.decide(argument, BUDI)
        assert not await desk.store.drafts.decisions(DraftId(1))

    async def pressed(self, command: DeskCommand, action: str, person: Person) -> str:
        reply = await command.decide(f"{action} 1 1", person)
        (block,) = reply.blocks
        assert isinstance(block, Paragraph)
        return plain(block.spans)

    async def article(self, desk: Desk, name: str) -> BulletinText:
        async with desk.store.database.read() as connection:
            row = await desk.store.bulletins.get(connection, name)
        text = await desk.store.bulletins.text(name, row.revision if row else 0, "en")
        assert text is not None
        return from_json(text.article)


def plain_of(article: BulletinText) -> str:
    return str(article.blocks)


class TestNumbers:
    """What became of a bulletin."""

    async def test_are_those_of_nota_deliveries(self, desk: Desk, clock: MovedClock) -> None:
        """What waits for the reader's hour is not what is late."""
        await desk.store.subscriptions.put(READER, Subscription(timing=Timing("daily", hour=20)))
        draft = await approved(desk)
        await desk.decide(draft.id, 1, "send", ANNA)
        await publish(desk, clock)
        item = await desk.item(draft.id, ANNA)
        assert item is not None
        assert item.progress is not None
        assert (item.progress.counts, item.progress.waiting) == ({"due": 1, "held": 1}, 2)
        [row] = [each for each in await desk.store.deliveries.bulletins() if each.id == item.draft.bulletin_id]
        assert (row.n_due, row.n_held) == (1, 1)


class TestAnIdleDesk:
    """Nothing new happens to what was sent."""

    async def test_only_reads(self, desk: Desk, clock: MovedClock, database_url: str) -> None:
        """Another process holds the newsroom's turn, on SQLite the only place for a writer: the desk does not wait for it."""
        draft = await approved(desk)
        await desk.decide(draft.id, 1, "send", ANNA)
        await publish(desk, clock)
        await desk.show_progress()
        async with open_store(database_url, clock) as other, other.database.write() as connection:
            await other.bulletins.lock_newsroom(connection)
            async with asyncio.timeout(10):
                await desk.show_progress()


class TestTheEditorsChat:
    """Whatever happens to the group, requests for approval come there."""

    async def test_it_became_a_supergroup(self, desk: Desk) -> None:
        """EDITORS_CHAT still names the group."""
        await desk.store.readers.move("telegram", CHAT.chat_id, "-1001")
        draft = await desk.create(ANNA, content())
        await desk.decide(draft.id, 1, "submit", ANNA)
        assert await rows(desk, f"review-desk-{draft.id}-1") == {"-1001": "due"}

    async def test_its_admins_deleted_what_is_stored(self, desk: Desk) -> None:
        await desk.store.readers.delete("telegram", CHAT.chat_id)
        draft = await desk.create(ANNA, content())
        await desk.decide(draft.id, 1, "submit", ANNA)
        assert await rows(desk, f"review-desk-{draft.id}-1") == {CHAT.chat_id: "due"}


class TestWithdrawingWhatIsNotValid:
    """A withdrawal sends no text, so it needs no valid one."""

    async def test_while_a_correction_is_half_written(self, desk: Desk, clock: MovedClock) -> None:
        """It is saved while it is typed; its Indonesian title is still empty."""
        draft = await approved(desk)
        await desk.decide(draft.id, 1, "send", ANNA)
        await publish(desk, clock)
        saved = await desk.save(draft.id, 1, ANNA, content(title={"en": "Ferry f"}))
        await desk.decide(draft.id, saved.version, "withdraw", ANNA, "It is wrong.")
        assert (await desk.decide(draft.id, saved.version, "approve", BUDI)).state == "withdrawn"

    async def test_though_its_source_is_gone(self, desk: Desk, clock: MovedClock) -> None:
        """Which is when one wants to withdraw it."""
        draft = await approved(desk, sources=["harbour"])
        await desk.decide(draft.id, 1, "send", ANNA)
        await publish(desk, clock)
        later = replace(desk, live=LiveDossier(replace(desk.live.complete, sources={})))
        await later.decide(draft.id, 1, "withdraw", ANNA, "The source took it back.")
        assert (await later.decide(draft.id, 1, "approve", BUDI)).state == "withdrawn"


async def test_a_backup_never_sends_what_was_approved(desk: Desk, clock: MovedClock) -> None:
    """Neither what waits for its minute, nor what is planned for later."""
    soon, later = await approved(desk), await approved(desk, not_before="2026-11-30T09:00:00+07:00")
    for draft in (soon, later):
        await desk.decide(draft.id, 1, "send", ANNA)
    lines = [line async for line in export(desk.store.database)]
    async with open_store(sqlite_url(), clock) as other:
        await import_backup(other.database, lines)
        clock.forward(days=30)
        assert not await Newsroom(other).publish_due(desk.live.complete.from_files)
        states = {each.id: each.state for each in await other.drafts.all()}
        assert states == {soon.id: "approved", later.id: "approved"}
