"""An office of files alone: its files change, and this is what readers see of it.

It drives the release that is imported as ``bot``, so that 0.8.0 can play, too: ``python tests/files_alone/office.py`` with 0.8.0's code in
PYTHONPATH reads sequences and prints what was said, both as JSON. So nothing of the tests is imported here.
"""

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import exists, select

from bot.db.schema import deliveries
from bot.db.store import Store, open_store
from bot.delivery.outcomes import Delivered, Outcome
from bot.delivery.rate_limiter import Limits
from bot.delivery.worker import PAUSE_SECONDS, DeliveryWorker
from bot.dossier.entries import with_entries
from bot.dossier.loader import Loading, checked, load
from bot.dossier.yaml_reader import YamlDocument
from bot.live_dossier import LiveDossier
from bot.newsroom.change_rules import Rules
from bot.newsroom.desk import Desk
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.newsroom.worker import NewsroomWorker
from bot.platforms.telegram.render import render
from bot.reader import Address
from bot.replies.answer import answer
from bot.schedule import Subscription, Timing

DOSSIERS = Path(__file__).parents[1] / "dossiers"
MONDAY_NOON = 1795435200.0
"""23 November 2026, 12:00 UTC."""

LOOK_SECONDS = 20.0
"""Between two looks at files and database: a process that looks so often has noted without a gap that it runs."""

AS_LONG_SECONDS = 700.0
"""If more time passes than until former files are imported, it passes at once."""

WAS_WRONG = re.compile("(<blockquote>[^<:]*): [^<]*(?=</blockquote>)")
"""Corrections say since 0.8.0 which figures were wrong."""

Step = Mapping[str, Any]
"""What happens: ``after`` so many seconds files are other ones (``files``: key → content, None: it is gone), which are read ``by`` the
``same`` process, the ``next`` one, the next one after the former was ``killed``, or one ``beside`` the former, which goes on for a minute."""

Said = Mapping[str, Mapping[str, Any]]
"""``said``: chat → what came or was edited since the step before, by message; ``answers``: question → the answer, if it is another one."""


@dataclass
class Platform:
    """Keeps what Telegram would show."""

    platform: str = "telegram"
    lease_name: str = "telegram:1"
    limits: Limits = field(default_factory=lambda: Limits(per_second=100_000, chat_seconds=0.0))
    said: list[tuple[str, int, str]] = field(default_factory=list)
    """Chat, number of the message, and what is shown."""
    _ids: dict[str, Iterator[int]] = field(default_factory=dict)

    def known_id(self, message: Any) -> None:
        return None

    async def send(self, address: Address, message: Any) -> Outcome:
        number = next(self._ids.setdefault(address.chat_id, count(1)))
        self._says(address, number, "silent" if message.silent else "new", message)
        return Delivered(str(number))

    async def edit(self, address: Address, message_id: str, message: Any) -> Outcome:
        self._says(address, int(message_id), "edited", message)
        return Delivered(message_id)

    def _says(self, address: Address, number: int, how: str, message: Any) -> None:
        text = WAS_WRONG.sub(r"\1.", render(message.reply)["text"])
        self.said.append((address.chat_id, number, f"{number} {how}: {text}"))

    def since(self) -> dict[str, list[str]]:
        """What was shown since it was asked last, by chat. Whether news or a correction of older news comes first is nobody's promise."""
        said, self.said = sorted(self.said, key=lambda each: each[:2]), []
        return {chat: [line for of, _, line in said if of == chat] for chat in sorted({chat for chat, _, _ in said})}


@dataclass
class Clock:
    """The database's and the processes'."""

    now: float = MONDAY_NOON

    def __call__(self) -> float:
        return self.now

    def day(self) -> date:
        return datetime.fromtimestamp(self.now, UTC).date()


class Process:
    """A process with a folder of files."""

    def __init__(
        self, name: str, store: Store, clock: Clock, platform: Platform, files: dict[str, YamlDocument]
    ) -> None:
        self.name, self.store, self.clock, self.files = name, store, clock, files
        loading = self._load()
        assert loading.dossier is not None, loading.diagnostics
        self.live = LiveDossier(loading.dossier, now=lambda: datetime.fromtimestamp(clock(), UTC))
        self.live.update(loading)
        desk = Desk(store, self.live, Rules(needs_two=False), _unchecked, EditorsChat(store))
        self.newsroom = NewsroomWorker(Newsroom(store), self.live, desk, self.reads, lambda: None, name, sleep=_at_once)
        self.sender = DeliveryWorker(store, platform, name)  # type: ignore[arg-type]

    def _load(self) -> Loading:
        return checked(self.files, self.clock.day())

    async def reads(self) -> None:
        await self.live.reload(self._load)

    async def looks(self) -> None:
        for _ in range(20):
            if await self.newsroom.look() != 0.0:
                return
        raise AssertionError("looks for ever")


async def _at_once(seconds: float) -> None:
    """Instead of a pause."""


def _unchecked(*given: object, **more: object) -> list[Any]:
    """Nobody writes at the desk."""
    return []


class Office:
    """A release with its database, its readers and its processes."""

    def __init__(self, store: Store, clock: Clock, dossier: str) -> None:
        self.store, self.clock, self.platform = store, clock, Platform()
        documents = dict(load(DOSSIERS / dossier, clock.day()).documents)
        self._names = count(1)
        self.answers = dict[str, str]()
        self.processes = [self._process(documents)]

    def _process(self, files: dict[str, YamlDocument]) -> Process:
        return Process(f"process-{next(self._names)}", self.store, self.clock, self.platform, files)

    async def starts(self) -> None:
        """The first files are history. Three readers come."""
        languages = self.processes[0].live.complete.header.languages
        await self.works(5.0)
        daily = Subscription(timing=Timing("daily", hour=18))
        for number, (chat, subscription) in enumerate({"1": Subscription(), "2": daily, "-3": Subscription()}.items()):
            address, language = Address("telegram", chat), languages[number % len(languages)]
            await self.store.readers.meet(address, "group" if chat < "0" else "private", chat, language)
            await self.store.subscriptions.put(address, subscription)
        await self.works(5.0)
        self.answers = dict(self._answers())

    async def takes(self, step: Step) -> dict[str, Any]:
        """What is said since the step before, by chat, and what is answered otherwise."""
        await self.works(step["after"])
        former, by = self.processes[-1], step["by"]
        files = with_entries(former.files, step["files"])
        if by == "same":
            former.files = files
            await former.reads()
        else:
            self.processes = [former] if by == "beside" else []
            if by == "next":
                await self._leaves(former)
            self.processes.append(self._process(files))
        await self._round()
        await self.works(60.0)
        if by == "beside":
            self.processes = self.processes[-1:]
            await self._leaves(former)
        await self.works(20.0)
        before, self.answers = self.answers, dict(self._answers())
        answers = {question: text for question, text in self.answers.items() if before.get(question) != text}
        return {"said": self.platform.since(), "answers": answers}

    async def _leaves(self, process: Process) -> None:
        """0.8.0 notes at its end that a process is gone."""
        processes: Any = self.store.processes
        if hasattr(processes, "leave"):
            await processes.leave(process.name)

    def _answers(self) -> Iterator[tuple[str, str]]:
        dossier = self.processes[-1].live.complete
        today = self.clock.day()
        for question in ("/latest", *(f"/{each.command}" for each in dossier.topics.values() if each.command)):
            yield question, render(answer(dossier, question, dossier.header.default_language, today))["text"]

    async def works(self, seconds: float) -> None:
        """Time passes: the processes look and send."""
        end = self.clock() + seconds
        while seconds <= AS_LONG_SECONDS and self.clock() + LOOK_SECONDS < end:
            self.clock.now += LOOK_SECONDS
            await self._round()
        self.clock.now = end
        await self._round()

    async def _round(self) -> None:
        for process in self.processes:
            await process.looks()
        await self._takes_many()
        await self._sends()

    async def _takes_many(self) -> None:
        """An owner confirms edits of more than a handful of bulletins."""
        process: Any = self.processes[-1]
        if hasattr(self.store.changes, "many"):
            async with self.store.database.read() as connection:
                confirmation, _ = await self.store.changes.many(connection)
            if confirmation:
                await process.newsroom.desk.take_many("owner", confirmation)
                await process.looks()
        elif held := getattr(await self.store.safeguards.get(), "held", None):
            dossier, edition = process.live.complete, process.live.edition
            newsroom = process.newsroom.newsroom
            await newsroom.publish_changes(dossier, confirmed=held, edition=edition, process=process.name)

    async def _sends(self) -> None:
        if not await self._is_due():
            return
        self.clock.now += PAUSE_SECONDS
        worker = self.processes[-1].sender
        task = asyncio.create_task(worker.run())
        worker.nudge()
        async with asyncio.timeout(60):
            while await self._is_due():  # noqa: ASYNC110  the database tells nobody
                await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _is_due(self) -> bool:
        waits = deliveries.c.state.in_(("due", "retry")) & (deliveries.c.due <= self.clock.now)
        due = select(exists().where(waits | (deliveries.c.state == "claimed")))
        async with self.store.database.read() as connection:
            return bool((await connection.execute(due)).scalar_one())


async def play(dossier: str, steps: Sequence[Step], url: str) -> list[Said]:
    """What is said at each step. ``url``: of a new database."""
    clock = Clock()
    async with open_store(url, clock) as store:
        office = Office(store, clock, dossier)
        await office.starts()
        return [await office.takes(step) for step in steps]


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    for line in sys.stdin:
        sequence = json.loads(line)
        with tempfile.TemporaryDirectory() as folder:
            said = asyncio.run(play(sequence["dossier"], sequence["steps"], f"sqlite:///{folder}/nota.sqlite3"))
        print(json.dumps(said), flush=True)
