"""The desk beside files that change, and beside another replica on the same database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.app.content_check import check_draft
from bot.db.backup import export, import_backup
from bot.db.desk import Draft
from bot.db.store import open_store
from bot.dossier.models import Bulletin, BulletinId, Dossier, FactId, Language, SourceId
from bot.feeds.published import PublishedNews
from bot.live_dossier import LiveDossier
from bot.newsroom.desk_decisions import Desk, DeskError
from bot.newsroom.diff import Revised
from bot.newsroom.draft_content import with_sent
from bot.newsroom.publisher import Newsroom
from tests.clocks import MovedClock
from tests.databases import sqlite_url
from tests.editor import of_another
from tests.newsroom.test_desk import ANNA, BUDI, CLARA, TWO, approved, content, desk, dossier, publish

__all__ = ["desk", "dossier"]


def with_file(dossier: Dossier, draft: Draft, **changes: Any) -> Dossier:
    """The dossier of a deploy that has the draft's bulletin as a file."""
    values = {**content(), "sources": ["harbour"], **changes, "id": draft.bulletin_id, "date": draft.day}
    file = Bulletin.model_validate(values)
    return replace(dossier, bulletins={file.id: file, **dossier.bulletins}, version="next")


class TestAnotherDossier:
    """A process has the files of another dossier than the database's."""

    async def test_sends_and_withdraws_nothing(self, desk: Desk, dossier: Dossier, clock: MovedClock) -> None:
        """Only what was to be sent can be taken back there."""
        draft, later = await approved(desk), await approved(desk, title={"en": "Later", "id": "Nanti"})
        sent = await desk.decide(draft.id, 1, "send", ANNA)
        await publish(desk, clock)
        elsewhere = replace(desk, live=LiveDossier(of_another(dossier)))
        for number, action in ((draft.id, "withdraw"), (later.id, "send")):
            with pytest.raises(DeskError, match="belongs to another dossier"):
                await elsewhere.decide(number, 1, action, CLARA, "It is wrong.")  # type: ignore[arg-type]
        async with desk.store.database.read() as connection:
            assert (await desk.store.bulletins.get(connection, str(sent.bulletin_id))).state == "published"  # type: ignore[union-attr]
        await desk.decide(later.id, 1, "send", ANNA)
        assert (await elsewhere.decide(later.id, 1, "take_back", BUDI)).state == "approved"


class TestNewDeploy:
    """What was sent stays as it was sent, whatever the files hold now."""

    @pytest.mark.parametrize(
        ("change", "is_listed"),
        [
            pytest.param(lambda dossier: replace(dossier, topics={}), True, id="its topic is gone"),
            pytest.param(lambda dossier: replace(dossier, sources={}), False, id="its source is gone"),
            pytest.param(
                lambda dossier: replace(
                    dossier,
                    header=dossier.header.model_copy(update={"languages": [*dossier.languages, Language("ru")]}),
                ),
                True,
                id="a language is new",
            ),
        ],
    )
    async def test_of_each(
        self, desk: Desk, clock: MovedClock, change: Callable[[Dossier], Dossier], is_listed: bool
    ) -> None:
        """A source that is gone takes it out of the lists, since nobody can say any more where it is from."""
        draft = await approved(desk, topics=["fare"], sources=["harbour"])
        sent = await desk.decide(draft.id, 1, "send", ANNA)
        await publish(desk, clock)
        changed = change(desk.live.complete)
        whole, left_out = with_sent(changed, await desk.store.drafts.sent())
        assert (sent.bulletin_id in whole.bulletins, left_out == [sent.bulletin_id]) == (is_listed, not is_listed)
        assert set(
            whole.bulletins[sent.bulletin_id].title if is_listed and sent.bulletin_id else changed.languages
        ) == {*changed.languages}

    async def test_a_draft_that_names_a_source_that_is_gone_is_not_sent(self, desk: Desk) -> None:
        """Although it was approved before."""
        draft = await approved(desk, sources=["harbour"])
        without = {name: each for name, each in desk.live.complete.sources.items() if name != SourceId("harbour")}
        other = replace(desk, live=LiveDossier(replace(desk.live.complete, sources=without)))
        with pytest.raises(DeskError):
            await other.decide(draft.id, 1, "send", ANNA)


def with_fare(dossier: Dossier, amount: int, version: str = "next") -> Dossier:
    """The dossier of a deploy that changes the fare."""
    fare = dossier.facts[FactId("fare")].model_copy(update={"amount": Decimal(amount)})
    return replace(dossier, facts={**dossier.facts, FactId("fare"): fare}, version=version)


class TestFactThatChanges:
    """A bulletin of the desk that prints a fact follows it, as bulletins in files do."""

    @pytest.fixture
    async def sent(self, desk: Desk, clock: MovedClock) -> Draft:
        body = {"en": "It costs {fare}.", "id": "Ongkosnya {fare}."}
        draft = await approved(desk, body=body, topics=["fare"])
        return await desk.decide(draft.id, 1, "send", ANNA)

    async def test_corrects_what_was_sent(self, desk: Desk, dossier: Dossier, sent: Draft, clock: MovedClock) -> None:
        """Without another approval, and the desk says why. Another deploy with the same fact corrects nothing."""
        await publish(desk, clock)
        (change,) = (await Newsroom(desk.store).publish_changes(with_fare(dossier, 5000))).changes
        assert isinstance(change, Revised)
        assert change.languages == {"en", "id"}
        text = await desk.store.bulletins.text(str(sent.bulletin_id), 2, "en")
        assert text is not None
        assert "5,000" in text.article
        item = await desk.item(sent.id, ANNA)
        assert item is not None
        assert (item.draft.version, item.draft.sent_version, item.draft.corrected) == (1, 1, clock())
        assert (await desk.store.drafts.decisions(sent.id))[0].action == "files"
        await desk.show_progress()
        assert not (await Newsroom(desk.store).publish_changes(with_fare(dossier, 5000, "again"))).changes

    async def test_while_it_waits_for_its_time_the_new_value_goes_out(
        self, desk: Desk, dossier: Dossier, sent: Draft, clock: MovedClock
    ) -> None:
        """It is no correction then."""
        await Newsroom(desk.store).publish_changes(with_fare(dossier, 5000))
        await publish(desk, clock)
        text = await desk.store.bulletins.text(str(sent.bulletin_id), 2, "id")
        assert text is not None
        assert "5.000" in text.article
        draft = await desk.store.drafts.get(sent.id)
        assert draft is not None
        assert draft.corrected is None

    async def test_a_correction_that_is_being_written_stays_what_it_is(
        self, desk: Desk, dossier: Dossier, sent: Draft, clock: MovedClock
    ) -> None:
        """Readers get the fact in the text that was approved, nothing of the new one."""
        await publish(desk, clock)
        await desk.save(sent.id, 1, ANNA, content(body={"en": "Unapproved {fare}.", "id": "Belum {fare}."}))
        await Newsroom(desk.store).publish_changes(with_fare(dossier, 5000))
        text = await desk.store.bulletins.text(str(sent.bulletin_id), 2, "en")
        assert text is not None
        assert "It costs" in text.article
        draft = await desk.store.drafts.get(sent.id)
        assert draft is not None
        assert (draft.state, draft.version) == ("draft", 2)

    async def test_a_topic_that_is_gone_changes_nobodys_subscription(
        self, desk: Desk, dossier: Dossier, sent: Draft, clock: MovedClock
    ) -> None:
        """A bulletin without topics would go to everybody."""
        (change,) = (await Newsroom(desk.store).publish_changes(replace(with_fare(dossier, 5000), topics={}))).changes
        assert isinstance(change, Revised)
        assert change.bulletin.topics == ("fare",)

    async def test_what_was_withdrawn_stays_withdrawn(
        self, desk: Desk, dossier: Dossier, sent: Draft, clock: MovedClock
    ) -> None:
        await publish(desk, clock)
        await desk.decide(sent.id, 1, "withdraw", CLARA, "Wrong.")
        assert not (await Newsroom(desk.store).publish_changes(with_fare(dossier, 5000))).changes

    async def test_after_the_import_of_a_backup_it_counts_as_corrected(
        self, desk: Desk, dossier: Dossier, sent: Draft, clock: MovedClock
    ) -> None:
        """The database of which the backup was made went on."""
        await publish(desk, clock)
        lines = [line async for line in export(desk.store.database)]
        async with open_store(sqlite_url(), clock) as other:
            await import_backup(other.database, lines)
            await Newsroom(other).publish_changes(with_fare(dossier, 5000))
            found = await other.deliveries.delivered_to(sent.bulletin_id or BulletinId(""), "")
            assert not [row for row in found if row.state == "due"]


class TestFileOfTheSameId:
    """An id exists once: the file holds, and the desk says so."""

    async def test_the_desk_changes_it_no_more(self, desk: Desk, dossier: Dossier, clock: MovedClock) -> None:
        draft = await approved(desk)
        sent = await desk.decide(draft.id, 1, "send", ANNA)
        await publish(desk, clock)
        deployed = with_file(dossier, sent, title={"en": "Of the file", "id": "Dari berkas"})
        other = replace(desk, live=LiveDossier(deployed))
        item = await other.item(draft.id, CLARA)
        assert item is not None
        assert (item.is_file, item.possible) == (True, frozenset())
        news = PublishedNews(desk.store)
        live = LiveDossier(deployed, (), news.add_to)
        await news.update(live)
        assert live.complete.bulletins[sent.bulletin_id].title["en"] == "Of the file"  # type: ignore[index]
        await Newsroom(desk.store).publish_changes(deployed)
        with pytest.raises(DeskError):
            await other.decide(draft.id, 1, "withdraw", CLARA, "Wrong.")

    async def test_an_unsent_draft_with_the_id_of_a_file_is_not_sent(self, desk: Desk, dossier: Dossier) -> None:
        """As after an import, when somebody deploys the file as well."""
        draft = await desk.create(ANNA, content(), next(iter(dossier.bulletins)))
        with pytest.raises(DeskError):
            await desk.decide(draft.id, 1, "send", CLARA)

    async def test_corrected_at_the_desk_then_changed_in_its_file(
        self, desk: Desk, dossier: Dossier, clock: MovedClock
    ) -> None:
        """The later one holds: the messages get the file's text."""
        draft = await approved(desk)
        sent = await desk.decide(draft.id, 1, "send", ANNA)
        await publish(desk, clock)
        saved = await desk.save(draft.id, 1, ANNA, content(title={"en": "Of the desk", "id": "Dari meja"}))
        await desk.decide(draft.id, saved.version, "submit", ANNA)
        await desk.decide(draft.id, saved.version, "approve", BUDI)
        await desk.decide(draft.id, saved.version, "send", ANNA)
        deployed = with_file(dossier, sent, title={"en": "Of the file", "id": "Dari berkas"})
        (change,) = (await Newsroom(desk.store).publish_changes(deployed)).changes
        assert isinstance(change, Revised)
        text = await desk.store.bulletins.text(str(sent.bulletin_id), change.revision, "en")
        assert text is not None
        assert "Of the file" in text.article


class TestReplicas:
    """Two processes, each with connections of its own."""

    @pytest.fixture
    async def other(self, desk: Desk, database_url: str, clock: MovedClock) -> AsyncIterator[Desk]:
        async with open_store(database_url, clock) as store:
            yield Desk(store, LiveDossier(desk.live.complete), TWO, check_draft, desk.editors_chat)

    async def test_of_decisions_at_the_same_moment_one_counts(self, desk: Desk, other: Desk, clock: MovedClock) -> None:
        """At each step of the way, and readers get one bulletin."""
        draft = await desk.create(ANNA, content())
        for action, (first, second) in {"submit": (ANNA, BUDI), "approve": (BUDI, CLARA), "send": (ANNA, BUDI)}.items():
            found = await asyncio.gather(
                desk.decide(draft.id, 1, action, first),  # type: ignore[arg-type]
                other.decide(draft.id, 1, action, second),  # type: ignore[arg-type]
                return_exceptions=True,
            )
            assert sorted(isinstance(each, DeskError) for each in found) == [False, True], found
        await publish(other, clock)
        assert len(await desk.store.drafts.sent()) == 1
        decisions = await other.store.drafts.decisions(draft.id)
        assert [each.action for each in decisions] == ["send", "approve", "submit"]
