"""What 0.5.0 and 0.4.0 stored becomes changes: nothing is sent, edited or withdrawn by it, and nothing is lost.

The archives were made by the older releases' own code on the tiny dossier: see :data:`ARCHIVES`.
"""

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.db.backup import UnreadableBackup, export, import_backup
from bot.db.changes import Change, ChangeId
from bot.db.engine import count_on
from bot.db.migrations.former_tables import draft_versions, drafts, former
from bot.db.schema import MOVED, bulletin_texts, bulletins, deliveries, feed_candidates, metadata, processes
from bot.db.store import Store
from bot.dossier.entries import Content, Key
from bot.dossier.models import BulletinId
from bot.newsroom import former_data
from bot.newsroom.desk import DeskError
from bot.replies.bulletins import from_json
from tests.clocks import MovedClock
from tests.newsroom.test_changes import ANNA, BUDI, FIRST, Office, approved, drafted, folder, ledger, texts

__all__ = ["folder"]

ROOT = Path(__file__).parents[2]

ARCHIVES = ROOT / "tests/db/archives"
"""Backups of 0.4.0 and 0.5.0. The desk sent One and Two with different pages under the same new source, corrected Three and was writing its next
correction, scheduled Four, withdrew Five, was asked to withdraw Six, had Seven in review and Eight approved, deleted Nine, took Ten back,
and has a correction of Eleven under way. It published four stories of feeds, corrected the second, and withdrew the fourth."""

ENDED = 1795436280.0
"""The moment of the backup."""

SENT = [f"2026-11-23-{name}" for name in ("one", "two", "three", "six", "eleven", "wire-1", "wire-2", "wire-3")]


async def fill(store: Store, lines: Sequence[str]) -> None:
    """The rows as 0.5.0 left them in the database, which an upgrade does not touch."""
    tables = {**metadata.tables, **former.tables}
    async with store.database.write() as connection:
        for line in lines[1:]:
            [(name, row)] = json.loads(line).items()
            await connection.execute(insert(tables[name]).values(row))
        await count_on(store.database, connection, tables.values())


@pytest.fixture
def archive() -> list[str]:
    return (ARCHIVES / "0.5.0.jsonl").read_text("utf-8").splitlines()


@pytest.fixture
async def office(store: Store, folder: Path, clock: MovedClock, archive: list[str]) -> Office:
    """The first start after the upgrade; nothing was looked at yet."""
    clock.now = ENDED
    await fill(store, archive)
    return Office(store, folder)


async def rows(store: Store, statement: Any) -> Sequence[Any]:
    async with store.database.read() as connection:
        return (await connection.execute(statement)).all()


async def queue(store: Store) -> list[Any]:
    """All that was and is to be sent, as the sender sees it."""
    columns = [
        deliveries.c[name] for name in ("bulletin_id", "reader_id", "state", "wanted", "shown", "due", "message_id")
    ]
    return [tuple(row) for row in await rows(store, select(*columns).order_by(deliveries.c.id))]


async def by_title(store: Store) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    async with store.database.read() as connection:
        every = await store.changes.all(connection, ("draft", "review", "approved", "in_force", "discarded"), 100)
    for change in sorted(every, key=lambda each: each.id):
        found.setdefault(change.title, []).append(change)
    return found


async def content(store: Store, change: Change, kind: str = "bulletins") -> Content:
    async with store.database.read() as connection:
        entries = await store.changes.entries(connection, change.id)
    [found] = [entry.content for key, entry in entries.items() if key.startswith(f"{kind}/")]
    assert found is not None
    return found


@pytest.mark.slow
class TestAnUpgrade:
    async def test_sends_edits_and_withdraws_nothing(self, office: Office) -> None:
        """The correction of Eleven, which was under way, goes on."""
        before, texts_before = await queue(office.store), await rows(office.store, select(bulletin_texts.c.article))
        await office.look()
        assert await queue(office.store) == before
        assert set(await rows(office.store, select(bulletin_texts.c.article))) <= set(texts_before)
        await office.look()
        assert await queue(office.store) == before

    async def test_with_other_files(self, office: Office) -> None:
        """A new bulletin of a file goes out beside them, and they stay as they are."""
        before = await queue(office.store)
        for name, text in (("2026-11-23-pier", "The pier"), ("2026-11-22-quay", "The quay")):
            words = f"{{en: {text}, id: {text}}}"
            file = office.folder / f"bulletins/{name}.yaml"
            file.write_text(f"date: {name[:10]}\ntitle: {words}\nbody: {words}\n", "utf-8")
        await office.deploy()
        after = await queue(office.store)
        assert [each for each in after if each[0] not in ("2026-11-23-pier", "2026-11-22-quay")] == before
        assert len(after) == len(before) + 6

    async def test_what_was_sent_is_in_force(self, office: Office) -> None:
        """With the text that readers have; in the ledger it is as everything else."""
        await office.look()
        live = office.live.dossier
        assert set(SENT) <= set(live.bulletins)
        assert live.bulletins[BulletinId("2026-11-23-three")].title["en"] == "Three, corrected"
        assert live.bulletins[BulletinId("2026-11-23-eleven")].title["en"] == "Eleven, corrected"
        assert live.bulletins[BulletinId("2026-11-23-wire-2")].title["en"] == "Story two"
        assert set(live.withdrawn) == {"2026-11-23-five", "2026-11-23-wire-4"}
        assert live.withdrawn[BulletinId("2026-11-23-five")].withdrawn.because["en"] == "It was wrong."  # type: ignore[union-attr]
        assert await rows(office.store, select(bulletins.c.id).where(bulletins.c.origin.in_((MOVED, "wire")))) == []

    async def test_each_bulletin_keeps_its_own_page(self, office: Office) -> None:
        """Two drafts had a new source of the same name (promise 1)."""
        await office.look()
        dossier = office.live.dossier
        for name in ("one", "two"):
            bulletin = dossier.bulletins[BulletinId(f"2026-11-23-{name}")]
            [source] = bulletin.sources
            assert dossier.sources[source].url == f"https://gazette.example/{name}"
            assert f"[@{source}]" in bulletin.body["en"]

    async def test_numbers_and_states(self, office: Office) -> None:
        """A draft's number is its change's, which links have; a correction under way and stories get others behind them."""
        await office.look()
        found = await by_title(office.store)
        states = {title: [(each.id, each.state) for each in changes] for title, changes in found.items()}
        assert {title: each for title, each in states.items() if not title.startswith("Story")} == {
            "One": [(1, "in_force")],
            "Two": [(2, "in_force")],
            "Three, corrected": [(3, "in_force")],
            "Three, again": [(12, "draft")],
            "Four": [(4, "approved")],
            "Five": [(5, "in_force")],
            "Six": [(6, "in_force"), (13, "draft")],
            "Seven": [(7, "draft")],
            "Eight": [(8, "draft")],
            "Nine": [(9, "discarded")],
            "Ten": [(10, "draft")],
            "Eleven, corrected": [(11, "in_force")],
        }
        assert sorted(each[0][0] for title, each in states.items() if title.startswith("Story")) == [14, 15, 16, 17]
        assert (await drafted(office)).id == 18

    async def test_history_comes_along(self, office: Office) -> None:
        await office.look()
        [three], [again] = (
            (await by_title(office.store))["Three, corrected"],
            (await by_title(office.store))["Three, again"],
        )
        async with office.store.database.read() as connection:
            kept = await office.store.changes.versions(connection, three.id)
            later = await office.store.changes.versions(connection, again.id)
            [asked] = await office.store.changes.decisions(connection, ChangeId(7))
        title = [each.contents["bulletins/2026-11-23-three"]["title"]["en"] for each in kept]
        assert title == ["Three, corrected", "Three"]
        assert [each.contents["bulletins/2026-11-23-three"]["title"]["en"] for each in later] == ["Three, again"]
        assert (asked.action, asked.name) == ("ask", "Anna")

    async def test_a_correction_under_way_is_one(self, office: Office, clock: MovedClock) -> None:
        """It goes on at the new desk, and is an edit where it was sent."""
        await office.look()
        [again] = (await by_title(office.store))["Three, again"]
        assert again.savers == {"telegram:2"}
        change = await office.desk.decide(again.id, again.version, "ask", BUDI)
        await office.desk.decide(change.id, change.version, "approve", ANNA)
        clock.forward(120)
        await office.look()
        assert (await ledger(office.store))["2026-11-23-three"] == ("published", 3)
        edits = [each for each in await queue(office.store) if each[0] == "2026-11-23-three" and each[2] == "due"]
        assert len(edits) == 3  # the editors' chat reads it, too

    async def test_a_withdrawal_that_was_asked_for(self, office: Office) -> None:
        await office.look()
        _, asked = (await by_title(office.store))["Six"]
        change = await office.desk.decide(asked.id, asked.version, "ask", BUDI)
        await office.desk.decide(change.id, change.version, "approve", ANNA)
        await office.look()
        assert (await ledger(office.store))["2026-11-23-six"][0] == "retracted"

    async def test_what_was_scheduled_goes_out_at_its_time(self, office: Office, clock: MovedClock) -> None:
        """Under its id; until then it can be taken back, and nothing of it is in force."""
        await office.look()
        assert "2026-12-24-four" not in office.live.complete.bulletins
        assert (await ledger(office.store))["2026-12-24-four"][0] == "retracted"
        [four] = (await by_title(office.store))["Four"]
        assert four.due == 1798077600.0
        clock.now = four.due - 3600
        await office.look()
        assert (await ledger(office.store))["2026-12-24-four"][0] == "retracted"
        clock.now = four.due + 1
        await office.look()
        assert "2026-12-24-four" in office.live.dossier.bulletins
        assert (await ledger(office.store))["2026-12-24-four"][0] == "published"
        readers = {each[1] for each in await queue(office.store) if each[0] == "2026-12-24-four" and each[2] == "due"}
        assert readers == {1, 2, 3}

    async def test_what_was_scheduled_and_is_taken_back_is_not_sent(self, office: Office, clock: MovedClock) -> None:
        await office.look()
        [four] = (await by_title(office.store))["Four"]
        await office.desk.decide(four.id, four.version, "take_back", BUDI)
        clock.now = 1798077600.0 + 100
        await office.look()
        assert [each for each in await queue(office.store) if each[0] == "2026-12-24-four" and each[2] == "due"] == []

    async def test_stories_are_in_the_languages_in_which_they_were_written(self, office: Office) -> None:
        """The third one's is no language of the dossier: it is in the default one, and says so."""
        await office.look()
        names = dict(await rows(office.store, select(feed_candidates.c.id, feed_candidates.c.change_id)))
        assert names[5] is None
        for number, words in ((1, "Line 1"), (3, "French")):
            async with office.store.database.read() as connection:
                change = await office.store.changes.read(connection, ChangeId(names[number]))
            assert change is not None
            body = (await content(office.store, change))["body"]
            assert isinstance(body, dict)
            assert body.keys() == {"en"}
            assert words in str(body["en"])
        written = select(bulletin_texts.c.language).where(bulletin_texts.c.bulletin_id == "2026-11-23-wire-1")
        assert await rows(office.store, written) == [("en",)]

    async def test_no_editor_gets_a_message_by_it(self, office: Office) -> None:
        before = await queue(office.store)
        await office.look()
        await office.desk.show_progress()
        assert await queue(office.store) == before

    async def test_none_of_it_counts_as_a_missing_file(self, office: Office) -> None:
        """For `nota check` and `nota doctor`, which look at files."""
        files = office.live.files.dossier
        assert files is not None
        newsroom = office.worker.newsroom
        assert await newsroom.sent_without_files(files) == []
        await office.look()
        assert await newsroom.sent_without_files(files) == []

    async def test_a_later_correction_is_one(self, office: Office, clock: MovedClock) -> None:
        """Only what is as it was sent stays as it is."""
        await office.look()
        key = Key("bulletins/2026-11-23-one")
        change = await drafted(office, {key: {**office.live.contents[key], "title": texts("One, mended")}})
        await approved(office, change)
        clock.forward(120)
        await office.look()
        row = (await ledger(office.store))["2026-11-23-one"]
        assert row == ("published", 2)

    async def test_a_second_process_moves_nothing_again(self, office: Office, store: Store) -> None:
        other = Office(store, office.folder, "two")
        await office.look()
        count = len(await by_title(store))
        await other.look()
        assert len(await by_title(store)) == count
        assert set(SENT) <= set(other.live.dossier.bulletins)

    async def test_a_bulletin_that_has_become_a_file_is_the_files(self, office: Office) -> None:
        """As 0.5.0 had it, also where the file was mended since."""
        words = "{en: Mended, id: Mended}"
        text = f"date: 2026-11-23\ntitle: {words}\nbody: {words}\n"
        (office.folder / "bulletins/2026-11-23-one.yaml").write_text(text, "utf-8")
        await office.deploy()
        assert office.live.dossier.bulletins[BulletinId("2026-11-23-one")].title["en"] == "Mended"
        assert Key("bulletins/2026-11-23-one") not in office.live.loading.changed


class TestFrom040:
    """Its database belongs to no dossier yet."""

    @pytest.fixture
    def archive(self) -> list[str]:
        return (ARCHIVES / "0.4.0.jsonl").read_text("utf-8").splitlines()

    @pytest.mark.slow
    async def test_as_from_0_5_0(self, office: Office) -> None:
        before = await queue(office.store)
        await office.look()
        assert await queue(office.store) == before
        assert set(SENT) <= set(office.live.dossier.bulletins)
        assert len(await by_title(office.store)) == 16

    @pytest.mark.slow
    async def test_of_another_dossier_nothing_is_moved(self, office: Office) -> None:
        (office.folder / f"{FIRST}.yaml").rename(office.folder / "bulletins/2026-01-05-other.yaml")
        header = office.folder / "dossier.yaml"
        header.write_text(header.read_text("utf-8").replace("id: ferry", "id: museum"), "utf-8")
        other = Office(office.store, office.folder, "two")
        await other.look()
        assert await by_title(office.store) == {}


@pytest.mark.slow
class TestAnOlderBackup:
    """It is put back with `nota backup import`, and moved at the next look."""

    @pytest.mark.parametrize("release", ["0.4.0", "0.5.0"])
    @pytest.mark.parametrize("send_newer", [False, True])
    async def test_sends_nothing_that_waits_for_its_time(
        self, store: Store, folder: Path, clock: MovedClock, release: str, send_newer: bool
    ) -> None:
        """Four, which was scheduled, is a draft; the correction under way counts as shown, unless it is to be sent."""
        clock.now = ENDED + 3600
        lines = (ARCHIVES / f"{release}.jsonl").read_text("utf-8").splitlines()
        await import_backup(store.database, lines, send_newer=send_newer)
        office = Office(store, folder)
        before = await queue(store)
        under_way = {each[0] for each in before if each[2] == "due" and not each[0].startswith("review")}
        assert under_way == ({"2026-11-23-eleven"} if send_newer else set())
        await office.look()
        clock.now = 1798077600.0 + 3600
        await office.look()
        assert await queue(store) == before
        [four] = (await by_title(store))["Four"]
        assert (four.state, four.due) == ("draft", None)
        assert set(SENT) <= set(office.live.dossier.bulletins)

    async def test_into_a_database_with_changes_leaves_none_of_them(self, office: Office, archive: list[str]) -> None:
        """Also while the bot runs: it goes on with what the backup has, under new numbers."""
        await office.look()
        await approved(office, await drafted(office))
        before = office.live.edition.stamp
        with pytest.raises(UnreadableBackup, match="is not empty"):
            await import_backup(office.store.database, archive)
        await import_backup(office.store.database, archive, replace=True)
        await office.look()
        assert office.live.edition.stamp != before
        found = await by_title(office.store)
        assert "Fares" not in found
        assert [each.id for each in found["One"]] == [1]
        assert set(SENT) <= set(office.live.dossier.bulletins)
        assert (await drafted(office)).id > 18

    async def test_one_of_now_has_no_former_tables(self, office: Office) -> None:
        """But right after an upgrade, before they are moved."""
        head, *_ = [line async for line in export(office.store.database)]
        assert "drafts" in json.loads(head)["tables"]
        await office.look()
        head, *lines = [line async for line in export(office.store.database)]
        assert "drafts" not in json.loads(head)["tables"]
        await import_backup(office.store.database, [head, *lines], replace=True)
        before = await by_title(office.store)
        await office.look()
        assert (await by_title(office.store)).keys() == before.keys()
        assert [each.state for each in before["Four"]] == ["review"]


@pytest.mark.slow
class TestAnOlderReleaseBeside:
    """Its processes write no release."""

    async def run_older(self, office: Office, clock: MovedClock) -> None:
        tree = office.live.complete.tree
        async with office.store.database.write() as connection:
            values = {"id": "older", "dossier_version": tree, "until": clock() + 30}
            await connection.execute(insert(processes).values(values))

    async def test_finds_nothing_that_it_could_correct(self, office: Office) -> None:
        await office.look()
        found = await rows(office.store, select(drafts.c.state, drafts.c.bulletin_id, drafts.c.sent_version).distinct())
        assert found == [("deleted", None, None)]
        stories = select(bulletins.c.origin).where(bulletins.c.id.like("%-wire-%")).distinct()
        assert await rows(office.store, stories) == [("desk",)]

    async def test_what_it_writes_later_is_moved_later(self, office: Office) -> None:
        """A new draft, and one that somebody brought back at its desk."""
        await office.look()
        text = {"title": {"en": "Twelve"}, "body": {"en": "Twelve."}}
        row = {
            "id": 12,
            "state": "draft",
            "version": 1,
            "title": "Twelve",
            "created": ENDED,
            "changed": ENDED,
            "changed_by": "telegram:1",
        }
        version = {
            "draft_id": 12,
            "version": 1,
            "content": text,
            "saved": ENDED,
            "saved_by": "telegram:1",
            "name": "Anna",
        }
        async with office.store.database.write() as connection:
            await connection.execute(insert(drafts).values(row))
            await connection.execute(insert(draft_versions).values(version))
            await connection.execute(update(drafts).where(drafts.c.id == 9).values(state="draft"))
        await office.look()
        found = await by_title(office.store)
        assert [each.state for each in found["Twelve"]] == ["draft"]
        assert [each.state for each in found["Nine"]] == ["discarded", "draft"]
        async with office.store.database.read() as connection:
            assert not await former_data.waits(connection)

    async def test_changes_of_files_wait_until_it_is_gone(self, office: Office, clock: MovedClock) -> None:
        """New bulletins do not: it leaves them alone."""
        await office.look()
        content = dict(office.live.contents[FIRST])
        change = await drafted(office, {FIRST: {**content, "title": texts("Second crossing")}})
        await self.run_older(office, clock)
        with pytest.raises(DeskError, match="older release"):
            await office.desk.decide(change.id, change.version, "ask", ANNA)
        await approved(office, await drafted(office))
        clock.forward(31)
        assert (await office.desk.decide(change.id, change.version, "ask", ANNA)).state == "review"

    async def test_one_that_starts_after_the_approval_delays_it(self, office: Office, clock: MovedClock) -> None:
        await office.look()
        content = dict(office.live.contents[FIRST])
        change = await approved(office, await drafted(office, {FIRST: {**content, "title": texts("Second crossing")}}))
        clock.forward(61)
        await self.run_older(office, clock)
        await office.look()
        assert (await ledger(office.store))[FIRST[10:]][1] == 1
        clock.forward(31)
        await office.look()
        assert (await ledger(office.store))[FIRST[10:]][1] == 2
        async with office.store.database.read() as connection:
            found = await office.store.changes.read(connection, change.id)
        assert found is not None
        assert found.state == "in_force"

    async def test_cannot_start_once_one_is_in_force(self, office: Office, clock: MovedClock) -> None:
        """A new bulletin does not shut it out."""
        from bot.db.migrations import CHANGES, readable_from

        await office.look()
        await approved(office, await drafted(office))
        clock.forward(61)
        await office.look()
        async with office.store.database.read() as connection:
            assert await readable_from(connection) < CHANGES
        content = dict(office.live.contents[FIRST])
        await approved(office, await drafted(office, {FIRST: {**content, "title": texts("Second crossing")}}))
        clock.forward(61)
        await office.look()
        async with office.store.database.read() as connection:
            assert await readable_from(connection) == CHANGES


@pytest.mark.slow
def test_nothing_else_reads_the_former_tables() -> None:
    """The next release drops them."""
    allowed = {"bot/newsroom/former_data.py", "bot/db/backup.py", "bot/db/migrations/former_tables.py"}
    found = set()
    for file in (ROOT / "bot").rglob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names += [
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        ]
        if any("former_tables" in name for name in names):
            found.add(file.relative_to(ROOT).as_posix())
    assert found <= allowed


@pytest.mark.slow
async def test_texts_of_the_ledger_can_be_read(office: Office) -> None:
    """Each language of each revision, as a sender does."""
    await office.look()
    for name in SENT:
        async with office.store.database.read() as connection:
            row = await office.store.bulletins.get(connection, name)
        assert row is not None
        text = await office.store.bulletins.text(name, row.revision, "id")
        assert text is not None
        assert from_json(text.article).title
