"""A newsroom of the tiny dossier as one process has it: its files, its desk and its worker. Nothing happens by itself."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bot.app.content_check import check_change
from bot.db.changes import Change, ChangedEntry, ChangeId, Person
from bot.db.store import Store
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import Content, Key, value_digest
from bot.dossier.loader import Loading
from bot.dossier.models import BulletinId, Language
from bot.dossier.yaml_writer import written
from bot.live_dossier import LiveDossier
from bot.newsroom.change_content import Contents
from bot.newsroom.change_rules import TAKE_BACK_SECONDS, Rules
from bot.newsroom.desk import Desk, Edit, Item, Saved
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.newsroom.worker import NewsroomWorker
from bot.reader import Address
from bot.replies.bulletins import BulletinText, from_json
from tests.clocks import MovedClock
from tests.conftest import TODAY, checked, not_none
from tests.databases import reading

ANNA, BUDI, CLARA = (Person(f"telegram:{n}", name, Language("en")) for n, name in enumerate(("Anna", "Budi", "Clara")))
TWO = Rules(needs_two=True, owners=frozenset({CLARA.account}))
ONE = Rules(needs_two=False)
CHAT = Address("telegram", "-100")
FIRST, NEW_ONE = Key("bulletins/2026-01-05-first-crossing"), Key("bulletins/new-1")


def texts(words: str) -> dict[str, str]:
    return {"en": words, "id": f"{words} (id)"}


def bulletin(words: str = "Fares fall", **also: Any) -> dict[str, Any]:
    return {"title": texts(words), "body": texts(f"{words}."), **also}


WITHDRAWN = {"date": TODAY.isoformat(), "because": texts("Wrong.")}


class Office:
    """A process: its files, its desk and its worker."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        clock: MovedClock,
        name: str = "one",
        *,
        rules: Rules = TWO,
        chat: EditorsChat | None = None,
        load: Callable[[Path], Loading] = checked,
    ) -> None:
        self.store, self.folder, self.clock, self.name = store, folder, clock, name
        files = load(folder)
        self.live = LiveDossier(not_none(files.dossier))
        self.live.update(files)

        def check(contents: Contents, day: date, *, alone: bool = False) -> list[Diagnostic]:
            return check_change(self.live.loading, contents, day, alone=alone)

        self.editors = chat or EditorsChat(store, CHAT)
        self.desk = Desk(store, self.live, rules, check, self.editors)

        async def reload() -> None:
            await self.live.reload(lambda: load(self.folder))

        self.worker = NewsroomWorker(Newsroom(store), self.live, self.desk, reload, lambda: None, name)

    async def look(self, times: int = 3) -> None:
        """The worker looks at the database."""
        for _ in range(times):
            await self.worker.look()

    async def deploy(self) -> None:
        """The files have changed."""
        await self.worker.reload()
        await self.look()

    async def wait(self) -> None:
        """The minute passes in which an approval can be taken back."""
        self.clock.forward(TAKE_BACK_SECONDS + 1)
        await self.look()

    async def drafted(self, contents: Contents | None = None, person: Person = ANNA) -> Change:
        return await self.desk.create(person, "Fares", contents or {NEW_ONE: bulletin()})

    async def asked(self, change: Change, person: Person = ANNA) -> Change:
        return await self.desk.decide(change.id, change.version, "ask", person)

    async def approved(self, contents: Contents | Change | None = None) -> Change:
        """A change, or a new one of these contents, that Anna asked for and Budi approved."""
        change = contents if isinstance(contents, Change) else await self.drafted(contents)
        change = await self.asked(change)
        return await self.desk.decide(change.id, change.version, "approve", BUDI)

    async def put(self, contents: Contents) -> Change:
        """A change that is in force."""
        change = await self.approved(contents)
        await self.wait()
        return change

    async def change(self, number: int = 1) -> Change:
        """A change, as it is stored."""
        return not_none(await reading(self.store, self.store.changes.read, ChangeId(number)))

    async def state(self, change: Change) -> str:
        return (await self.change(change.id)).state

    async def item(self, change: Change, person: Person = ANNA) -> Item:
        return not_none(await self.desk.item(change.id, person))

    async def content(self, change: Change, key: Key = NEW_ONE) -> dict[str, Any]:
        """What the change says of an entry."""
        return dict((await self.item(change)).entries[key].content or {})

    async def contents(self, number: int = 1) -> dict[Key, Content | None]:
        """The contents of a change's entries."""
        entries = await reading(self.store, self.store.changes.entries, ChangeId(number))
        return {key: entry.content for key, entry in entries.items()}

    async def type(
        self, change: Change, person: Person, seen: object, typed: object, place: str = "title|en", key: Key = NEW_ONE
    ) -> Saved:
        """Somebody types into one field of a form that showed ``seen``, and saves it."""
        return await self.desk.save(change.id, person, [Edit(key, tuple(place.split("|")), value_digest(seen), typed)])  # type: ignore[arg-type]

    async def waiting(self) -> dict[Key, ChangedEntry]:
        """What waits of deploys."""
        found = await reading(self.store, self.store.changes.of_deploys)
        return {key: entry for _, entries in found for key, entry in entries.items()}

    async def ledger(self) -> dict[str, tuple[str, int]]:
        """Each bulletin's state and revision."""
        rows = await reading(self.store, self.store.bulletins.comparable)
        return {row.id: (row.state, row.revision) for row in rows}

    async def delivered(self, name: str) -> list[str]:
        """The states of the deliveries of a bulletin."""
        progress = await reading(self.store, self.store.deliveries.progress, [BulletinId(name)])
        counts = progress[BulletinId(name)].counts if name in progress else None
        return sorted(counts or {})

    async def text(self, name: str, revision: int, language: str = "en") -> BulletinText:
        """What messages say."""
        return from_json(not_none(await self.store.bulletins.text(name, revision, language)).article)

    def of(self, key: Key = FIRST, **values: Any) -> dict[Key, Content | None]:
        """The entry in force, with other values."""
        return {key: {**self.live.contents[key], **values}}

    def title(self) -> str:
        """The English title of :data:`FIRST` in force."""
        return self.live.dossier.bulletins[BulletinId(FIRST[10:])].title[Language("en")]

    def names(self, words: str) -> Sequence[BulletinId]:
        """The bulletins in force with these words in their names."""
        return [name for name in self.live.complete.bulletins if words in name]

    async def edit(self, before: str, after: str, file: str = FIRST) -> None:
        """Text in a file is replaced, and deployed; it must be there."""
        path = self.folder / f"{file}.yaml"
        text = path.read_text("utf-8")
        assert before in text
        path.write_text(text.replace(before, after), "utf-8")
        await self.deploy()

    async def write(self, key: str, content: Any) -> None:
        """A deploy, in which an entry's file says this."""
        (self.folder / f"{key}.yaml").write_text(written(content), "utf-8")
        await self.deploy()

    async def say(self, words: str, **also: Any) -> None:
        """A deploy, in which the file of :data:`FIRST` has this title."""
        await self.write(FIRST, {**self.live.contents[FIRST], "title": texts(words)} | also)
