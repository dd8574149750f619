"""Changes at the desk, and how they come into force: on both databases, with a ledger, readers and two processes."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.app.content_check import check_change, load_checked
from bot.db.changes import Change, Person
from bot.db.store import Store
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import ABSENT, Key
from bot.dossier.models import BulletinId, Language
from bot.dossier.yaml_writer import written
from bot.live_dossier import LiveDossier
from bot.newsroom.change_content import Contents
from bot.newsroom.change_rules import Rules
from bot.newsroom.desk import TAKE_BACK_SECONDS, Desk, DeskError, Edit, Overtaken, value_digest
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.newsroom.worker import NewsroomWorker
from bot.reader import Address
from bot.schedule import Subscription
from bot.replies.bulletins import from_json
from bot.replies.question import Command
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY

ANNA, BUDI, CLARA = (Person(f"telegram:{n}", name, Language("en")) for n, name in enumerate(("Anna", "Budi", "Clara")))
TWO = Rules(needs_two=True, owners=frozenset({CLARA.account}))
READER = Address("telegram", 7)
CHAT = Address("telegram", -100)
FIRST = Key("bulletins/2026-01-05-first-crossing")


class Office:
    """A process: its files, its desk and its worker."""

    def __init__(self, store: Store, folder: Path, name: str = "one", rules: Rules = TWO) -> None:
        self.store, self.folder, self.name = store, folder, name
        files = load_checked(folder, TODAY)
        assert files.dossier is not None, files.diagnostics
        self.live = LiveDossier(files.dossier)
        self.live.update(files)
        chat = EditorsChat(store, CHAT)

        def check(contents: Contents, day: date) -> list[Diagnostic]:
            return check_change(self.live.loading, contents, day)

        self.desk = Desk(store, self.live, rules, check, chat)

        async def reload() -> None:
            await self.live.reload(lambda: load_checked(folder, TODAY))

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


@pytest.fixture
async def office(store: Store, folder: Path) -> Office:
    """An office whose files are in force, and one subscriber."""
    office = Office(store, folder)
    await office.look()
    await store.readers.meet(READER, "private")
    await store.subscriptions.put(READER, Subscription())
    return office


def texts(words: str) -> dict[str, str]:
    return {"en": words, "id": f"{words} (id)"}


def bulletin(words: str = "Fares fall", **also: Any) -> dict[str, Any]:
    return {"title": texts(words), "body": texts(f"{words}."), **also}


NEW_ONE = Key("bulletins/new-1")


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
        first = await office.desk.new_key(one.id, "sources", "Harbour Office")
        await office.desk.open_entry(one.id, ANNA, first, {"publisher": "Harbour Office", "url": "https://a.example"})
        assert first == "sources/harbour-office"
        assert await office.desk.new_key(two.id, "sources", "Harbour Office") == "sources/harbour-office-2"

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
        one = await drafted(office, {FIRST: {**content, "title": texts("One")}})
        two = await drafted(office, {FIRST: {**content, "body": texts("Two.")}})
        await approved(office, one)
        await approved(office, two)
        clock.forward(TAKE_BACK_SECONDS + 1)
        await office.look()
        assert (await state(office, one), await state(office, two)) == ("in_force", "draft")
        item = await office.desk.item(two.id, ANNA)
        assert item is not None
        assert (item.entries[FIRST].content or {})["title"] == texts("One")
        assert (item.entries[FIRST].content or {})["body"] == texts("Two.")


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

    async def test_the_same_field_edits_no_message(self, office: Office, folder: Path, clock: MovedClock) -> None:
        content = dict(office.live.contents[FIRST])
        await in_force(office, {FIRST: {**content, "title": texts("Corrected")}}, clock)
        before = (await ledger(office.store))[FIRST[10:]]
        title = str(content["title"]["en"])  # type: ignore[call-overload,index]
        self.edit(folder, title, "By the files")
        await office.deploy()
        assert office.live.loading.changed[FIRST].standing == "set aside"
        assert (await ledger(office.store))[FIRST[10:]] == before

    async def test_exported_settled_and_rolled_back(self, office: Office, folder: Path, clock: MovedClock) -> None:
        await in_force(office, {NEW_ONE: bulletin()}, clock)
        [name] = [each for each in office.live.complete.bulletins if "fares" in each]
        before = (await ledger(office.store))[name]
        file = folder / f"bulletins/{name}.yaml"
        file.write_text(written(dict(office.live.contents[Key(f"bulletins/{name}")])), "utf-8")
        await office.deploy()
        assert office.live.loading.changed[Key(f"bulletins/{name}")].standing == "same"
        file.unlink()
        await office.deploy()
        assert name in office.live.dossier.bulletins
        assert (await ledger(office.store))[name] == before

    async def test_a_source_that_a_planned_change_needs_is_gone(
        self, office: Office, folder: Path, clock: MovedClock
    ) -> None:
        change = await approved(office, await drafted(office, {NEW_ONE: bulletin(sources=["harbour"])}))
        sources = (folder / "sources.yaml").read_text("utf-8").replace("harbour:", "port:")
        (folder / "sources.yaml").write_text(sources, "utf-8")
        for file in folder.rglob("*.yaml"):
            text = file.read_text("utf-8")
            file.write_text(
                text.replace("[harbour]", "[port]").replace("@harbour", "@port").replace("- harbour", "- port"), "utf-8"
            )
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

    async def test_old_files_decide_nothing(self, office: Office, store: Store, folder: Path, tmp_path: Path) -> None:
        new = Path(shutil.copytree(folder, tmp_path / "new"))
        (new / "README.md").write_text("new", "utf-8")
        text = (new / f"{FIRST}.yaml").read_text("utf-8")
        (new / f"{FIRST}.yaml").write_text(text + "\nurgent: true\n", "utf-8")
        newer = Office(store, new, "two")
        await newer.look()
        change = await drafted(office)
        with pytest.raises(DeskError, match="deploy"):
            await office.desk.decide(change.id, change.version, "ask", ANNA)
        await newer.desk.decide(change.id, change.version, "ask", ANNA)

    async def test_a_deploy_that_was_loaded_before_a_change_undoes_nothing(
        self, office: Office, store: Store, folder: Path, tmp_path: Path, clock: MovedClock
    ) -> None:
        new = Path(shutil.copytree(folder, tmp_path / "new"))
        text = (new / f"{FIRST}.yaml").read_text("utf-8")
        (new / f"{FIRST}.yaml").write_text(text + "\nurgent: true\n", "utf-8")
        newer = Office(store, new, "two")
        await in_force(office, {NEW_ONE: bulletin()}, clock)
        [name] = [each for each in office.live.complete.bulletins if "fares" in each]
        report = await newer.worker.newsroom.publish_changes(
            newer.live.complete, process="two", edition=newer.live.edition
        )
        assert report.outdated
        await newer.look()
        assert name in newer.live.complete.bulletins
        assert (await ledger(store))[name] == ("published", 1)


async def test_the_editors_chat_has_one_message_a_request(office: Office) -> None:
    change = await approved(office, await drafted(office))
    text = await office.store.bulletins.text(f"review-change-{change.id}-{change.version}", 2, "en")
    assert text is not None
    [button, *_] = from_json(text.article).buttons
    assert isinstance(button.question, Command)
    assert button.question.argument.startswith(f"take_back {change.id} {change.version} ")
