"""The desk beside files that change, and beside another replica on the same database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.app.content_check import check_draft
from bot.db.desk import Draft
from bot.db.store import open_store
from bot.dossier.models import Bulletin, Dossier, Language, SourceId
from bot.feeds.published import PublishedNews
from bot.live_dossier import LiveDossier
from bot.newsroom.desk_decisions import Desk, DeskError
from bot.newsroom.diff import Revised
from bot.newsroom.draft_content import with_sent
from bot.newsroom.publisher import Newsroom
from tests.clocks import MovedClock
from tests.newsroom.test_desk import ANNA, BUDI, CLARA, TWO, approved, content, desk, dossier, publish

__all__ = ["desk", "dossier"]


def with_file(dossier: Dossier, draft: Draft, **changes: Any) -> Dossier:
    """The dossier of a deploy that has the draft's bulletin as a file."""
    values = {**content(), "sources": ["harbour"], **changes, "id": draft.bulletin_id, "date": draft.day}
    file = Bulletin.model_validate(values)
    return replace(dossier, bulletins={file.id: file, **dossier.bulletins}, version="next")


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
