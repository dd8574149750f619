"""A database of 0.8.0 moves: what changes did to fields becomes what is in force, and nothing is edited."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.db.changes import NOBODY
from bot.db.delivery_reports import read_gauges
from bot.db.schema import contents, deliveries, entries
from bot.db.store import Store
from bot.dossier.entries import Content, Key
from bot.dossier.models import BulletinId
from bot.dossier.yaml_writer import written
from bot.newsroom.former_changes import move
from tests.audiences import subscribe_all
from tests.clocks import MovedClock
from tests.conftest import TODAY, checked
from tests.databases import writing
from tests.newsroom.office import FIRST, Office, bulletin, texts
from tests.newsroom.test_changes import with_a_reader

FARE, SOURCE = Key("facts/fare"), Key("sources/notice")


async def of_0_8_0(
    store: Store, folder: Path, clock: MovedClock, touches: dict[Key, list[dict[str, Any]]], new: set[Key] = frozenset()
) -> Office:  # type: ignore[assignment]
    """A database that compared the files, and has changes in force as 0.8.0 stored them."""
    office = Office(store, folder, clock)
    await office.look()
    async with store.database.write() as connection:
        await connection.execute(contents.delete())
        await store.safeguards.change(connection, tree=None)
        change = await store.changes.add(connection, NOBODY, "A change", (), 1.0, state="in_force", edition=1)
        rows = [
            {"key": key, "touches": each, "is_new": key in new, "change_id": change.id, "edition": 1}
            for key, each in touches.items()
        ]
        if rows:
            await connection.execute(insert(entries), rows)
    return office


def touch(field: str, **values: Any) -> dict[str, Any]:
    """``before`` and ``after``; None: it had no value."""
    return {"field": field.split("."), **{name: each for name, each in values.items() if each is not None}}


async def moved(store: Store, folder: Path, clock: MovedClock) -> Office:
    await move(store, checked(folder))
    office = Office(store, folder, clock)
    await office.look()
    async with store.database.read() as connection:
        assert (await connection.execute(select(entries))).all() == []
    return office


async def test_a_corrected_bulletin_and_one_that_no_file_has(store: Store, folder: Path, clock: MovedClock) -> None:
    """Both stay in force, and 0.8.0 has told readers so; a former tree brings back nothing that was replaced."""
    news = Key("bulletins/2026-11-20-news")
    content: Content = {"date": "2026-11-20", **bulletin(), "sources": ["notice"]}
    source: Content = {"publisher": "Harbour Office", "url": "https://harbour.example/notice"}
    title = checked(folder).documents[f"{FIRST}.yaml"].value["title"]["en"]  # type: ignore[index,call-overload]
    office = await of_0_8_0(
        store,
        folder,
        clock,
        {
            FIRST: [touch("title.en", before=title, after="Second"), {**touch("urgent", after=True), "earlier": [[]]}],
            news: [touch(name, after=each) for name, each in content.items()],
            SOURCE: [touch(name, after=each) for name, each in source.items()],
        },
        {news, SOURCE},
    )
    before = await office.ledger()
    office = await moved(store, folder, clock)
    assert office.live.contents[FIRST]["title"]["en"] == "Second"  # type: ignore[index,call-overload]
    assert office.live.contents[FIRST]["urgent"] is True
    assert office.live.contents[news] == content
    assert office.live.edited == {FIRST, news, SOURCE}
    assert {name: each for name, each in (await office.ledger()).items() if name in before} == before
    await office.edit("4500", "4600", "facts")
    assert office.live.contents[FIRST]["title"]["en"] == "Second"  # type: ignore[index,call-overload]


async def test_what_comes_with_the_update_is_a_correction(store: Store, folder: Path, clock: MovedClock) -> None:
    """Of files that say the same as before nothing is."""
    office = await of_0_8_0(store, folder, clock, {})
    before = await office.ledger()
    office = await moved(store, folder, clock)
    assert await office.ledger() == before
    await of_0_8_0(store, folder, clock, {})
    file = folder / f"{FIRST}.yaml"
    file.write_text(file.read_text("utf-8").replace("first time", "second time"), "utf-8")
    office = await moved(store, folder, clock)
    assert await office.ledger() == before | {FIRST.partition("/")[2]: ("history", 2)}


async def test_what_was_set_aside_is_a_draft(store: Store, folder: Path, clock: MovedClock) -> None:
    """The files' text is in force, as it was. A withdrawal beside it stays."""
    mark = {"date": TODAY.isoformat(), "because": texts("Wrong.")}
    await of_0_8_0(
        store,
        folder,
        clock,
        {
            FARE: [touch("amount", before=4000, after=5000)],
            FIRST: [
                touch("title.en", before="Former", after="Of the desk"),
                touch("withdrawn.date", after=mark["date"]),
                *(touch(f"withdrawn.because.{code}", after=text) for code, text in texts("Wrong.").items()),
            ],
        },
    )
    office = await moved(store, folder, clock)
    assert office.live.contents[FARE]["amount"] == 4500
    assert office.live.contents[FIRST]["withdrawn"] == mark
    [item] = await office.desk.items(NOBODY)
    assert item.change.title == "Set aside by a deploy"
    assert item.entries[FARE].content == {**office.live.contents[FARE], "amount": 5000}
    title: Any = (item.entries[FIRST].content or {})["title"]
    assert title["en"] == "Of the desk"


async def test_what_comes_with_the_release_is_news(store: Store, folder: Path, clock: MovedClock) -> None:
    """A bulletin that the ledger does not know; of the others nothing is edited, whatever their files say by now."""
    await of_0_8_0(store, folder, clock, {})
    content = {"date": "2026-11-23", **bulletin()}
    (folder / "bulletins/2026-11-23-fares.yaml").write_text(written(content), "utf-8")
    office = await moved(store, folder, clock)
    assert (await office.ledger())["2026-11-23-fares"] == ("published", 1)
    assert await office.delivered("2026-11-23-fares") == []
    assert office.live.edited == frozenset()
    assert await office.desk.items(NOBODY) == []


async def test_a_backup_of_0_8_0_is_imported(store: Store, folder: Path, clock: MovedClock) -> None:
    """Also beside a process that runs: what its desk had put in force is in force, though nothing was compared since."""
    await of_0_8_0(store, folder, clock, {FARE: [touch("amount", before=4500, after=5000)]})
    await writing(store, store.dossier_versions.forget)
    office = Office(store, folder, clock)
    await office.look()
    assert office.live.contents[FARE]["amount"] == 5000
    assert office.live.edited == {FARE}


async def test_another_dossiers_files_move_nothing(store: Store, folder: Path, clock: MovedClock) -> None:
    """A wrong CONTENT_DIR at the first start after an update: what the desk had put in force stays, and the right files move it."""
    await of_0_8_0(store, folder, clock, {FIRST: [touch("urgent", after=True)]})
    await subscribe_all(store, [1])
    wrong = Path(shutil.copytree(folder, folder.parent / "wrong"))
    header = wrong / "dossier.yaml"
    header.write_text(header.read_text("utf-8").replace("id: ferry", "id: museum"), "utf-8")
    assert not await move(store, checked(wrong))
    async with store.database.read() as connection:
        assert (await connection.execute(select(entries))).all()
    assert (await moved(store, folder, clock)).live.complete.bulletins[BulletinId(FIRST.partition("/")[2])].urgent


class TestAHandful:
    """What the update would edit or withdraw waits for an owner if it is much, as of any deploy."""

    NAMES = tuple(f"2026-11-22-news-{number}" for number in range(60))
    BODY = "It costs {fare}, *they* say [@harbour]: (a) & b."

    async def sent(self, store: Store, folder: Path, clock: MovedClock) -> Office:
        """0.8.0 has sent sixty bulletins, of which it has withdrawn one, and the files of the update correct them."""
        office = await with_a_reader(store, folder, clock)
        for name in self.NAMES:
            self.write(folder, name, {"body": texts(self.BODY)})
        await office.deploy()
        self.write(folder, self.NAMES[0], {"withdrawn": {"date": "2026-11-22", "because": texts("Wrong.")}})
        await office.deploy()
        await of_0_8_0(store, folder, clock, {})
        async with store.database.write() as connection:
            await connection.execute(update(deliveries).values(state="delivered", shown=1, message="7"))
        return office

    def write(self, folder: Path, name: str, also: dict[str, Any]) -> None:
        content = {"date": "2026-11-22", **bulletin(), "sources": ["harbour"], **also}
        (folder / f"bulletins/{name}.yaml").write_text(written(content), "utf-8")

    @pytest.mark.parametrize("altered", ["texts", "a fact"])
    async def test_nothing_is_edited_before_his_word(
        self, store: Store, folder: Path, clock: MovedClock, altered: str
    ) -> None:
        """Readers, chats and the page have what they had; everybody who looks is told; afterwards all is as the files say."""
        office = await self.sent(store, folder, clock)
        before = await office.ledger()
        for name in self.NAMES:
            self.write(folder, name, {"body": texts("It costs less." if altered == "texts" else self.BODY)})
        if altered == "a fact":
            facts = folder / "facts.yaml"
            facts.write_text(facts.read_text("utf-8").replace("4500", "4600"), "utf-8")
        office = await moved(store, folder, clock)
        assert await office.ledger() == before
        assert {tuple(await office.delivered(name)) for name in self.NAMES} == {("delivered",)}
        body: Any = office.live.contents[Key(f"bulletins/{self.NAMES[1]}")]["body"]
        assert body["en"] == "It costs Rp4,500, they say: (a) \\& b."
        async with store.database.read() as connection:
            confirmation, many = await store.changes.many(connection)
        assert {*many} == {f"bulletins/{name}" for name in self.NAMES}
        numbers = await read_gauges(store.database)
        assert (numbers.many, numbers.confirmation) == (60, confirmation)
        await office.look()
        assert await office.ledger() == before
        assert await office.desk.take_many("telegram:1", confirmation)
        await office.look()
        assert await office.ledger() == before | {name: ("published", before[name][1] + 1) for name in self.NAMES}
        assert await office.desk.items(NOBODY) == []

    async def test_a_few_are_edited_at_once(self, store: Store, folder: Path, clock: MovedClock) -> None:
        """Of the other messages none is, also where the address of a source has changed."""
        office = await self.sent(store, folder, clock)
        before = await office.ledger()
        for name in self.NAMES[:3]:
            self.write(folder, name, {"body": texts("It costs less.")})
        sources = folder / "sources.yaml"
        sources.write_text(sources.read_text("utf-8").replace("https://", "https://www."), "utf-8")
        await moved(store, folder, clock)
        after = await office.ledger()
        assert [name for name in after if after[name] != before[name]] == [*self.NAMES[:3]]
