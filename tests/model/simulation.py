"""Simulated processes: real workers and stores on one real database, under simulated time and a scripted platform.

Time is the event loop's. It moves only when nothing else can happen, so that a second of waiting costs no second, and the
same steps always lead to the same order of events. A database runs in real time: while a transaction is under way, simulated
time stands still.
"""

import asyncio
import selectors
import threading
import traceback
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from contextvars import Context, ContextVar
from dataclasses import dataclass, field, fields
from itertools import count
from time import monotonic
from typing import Any, Literal, TypeVar

from sqlalchemy import Executable

from bot.db.connection import AnyRow, AsyncConnection
from bot.db.engine import DATABASE_AWAY, Database, DatabaseUnavailable, open_database
from bot.db.store import Store
from bot.delivery.leader_election import WATCH_SECONDS
from bot.delivery.messages import notice_text
from bot.delivery.outcomes import (
    ChatGone,
    Delivered,
    Moved,
    NotEditable,
    Outcome,
    ThreadGone,
)
from bot.delivery.rate_limiter import Limits
from bot.delivery.sender import OutgoingMessage
from bot.delivery.worker import DeliveryWorker
from bot.dossier.markdown import Paragraph
from bot.reader import Address
from bot.replies.i18n import phrases_in
from bot.replies.reply import Note, Reply

Result = TypeVar("Result")

STUCK_SECONDS = 30.0
"""Real time after which a transaction that does not end fails the test."""

SILENT_SECONDS = 20.0
"""Simulated time after which a statement fails to a database that does not answer."""

RESTART_SECONDS = 5.0
"""Between a worker that ended and its next run, as in ``bot.delivery.worker``."""

NONCE_SECONDS = 120.0
"""How long Discord remembers a nonce: "the past few minutes" (docs.discord.com, Create Message, ``enforce_nonce``)."""

LOST_ANSWER_SECONDS = 10.0
"""How long the loss of an answer may be felt."""

KILL_SECONDS = 10.0
"""Between SIGTERM and SIGKILL on a PaaS."""

DRAIN_SECONDS = 7.0
"""For so long at least a process that was told to stop waits for the answers to its requests."""

IN_FLIGHT = 2
"""Sends under way at once: few, so that few readers are enough to exceed it."""

LIMITS = Limits(per_second=20.0, chat_seconds=0.5, in_flight=IN_FLIGHT)


class _Selector(selectors.DefaultSelector):
    """Waits for the database in real time, for all else in simulated time."""

    loop: "SimulatedLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0) if self.loop.has_sockets else []
        if timeout == 0:
            return events
        began = monotonic()
        while not events and not self.loop.take_arrived():
            if self.loop.transactions:
                events = self._wait()
                if monotonic() - began > STUCK_SECONDS:
                    raise TimeoutError("a transaction does not end")
            elif timeout is None:
                raise RuntimeError("nothing will ever happen")
            else:
                self.loop.leap(timeout)
                break
        return events

    def _wait(self) -> list[tuple[selectors.SelectorKey, int]]:
        if self.loop.has_sockets:
            return super().select(1.0)
        self.loop.wait_arrived(1.0)
        return []


class AtOnce(ThreadPoolExecutor):
    """Does what is given to a thread at once, so that no simulated time passes."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop with simulated time.

    Attributes:
        has_sockets: whether there is anything to wait for but threads (SQLite's driver has threads alone).
        transactions: how many are under way.
    """

    def __init__(self, has_sockets: bool) -> None:
        self.has_sockets = has_sockets
        self.transactions = 0
        self._now = 0.0
        self._arrived: deque[tuple[Callable[..., object], tuple[Any, ...], Context | None]] = deque()
        self._has_arrived = threading.Event()
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)
        self.set_default_executor(AtOnce())

    def time(self) -> float:
        return self._now

    def leap(self, seconds: float) -> None:
        """Moves time; never by less than what a float of this size can show."""
        self._now += max(seconds, 1e-6)

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Context | None = None) -> Any:
        """What a thread reports waits until the loop has nothing else to do: so its moment is always the same."""
        self._arrived.append((callback, args, context))
        self._has_arrived.set()
        if self.has_sockets:
            self._write_to_self()  # type: ignore[attr-defined]

    def take_arrived(self) -> bool:
        """Whether a thread has reported something; it is the next that the loop does."""
        if not self._arrived:
            return False
        callback, args, context = self._arrived.popleft()
        self.call_soon(callback, *args, context=context)
        return True

    def wait_arrived(self, seconds: float) -> None:
        """Real time."""
        self._has_arrived.wait(seconds)
        self._has_arrived.clear()

    @contextmanager
    def in_transaction(self) -> Iterator[None]:
        """Time stands still for the length of the block."""
        self.transactions += 1
        try:
            yield
        finally:
            self.transactions -= 1


@dataclass
class DatabaseClock:
    """The database's clock: it goes with simulated time, and is set forward and back."""

    loop: SimulatedLoop
    base: float
    _steps: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 0.0)])

    def __call__(self) -> float:
        return self.at(self.loop.time())

    def set(self, seconds: float) -> None:
        """Sets it forward, or back."""
        self.loop.leap(0)  # so that what has just happened is before the step, and not of the same moment
        self._steps.append((self.loop.time(), self._steps[-1][1] + seconds))

    @property
    def was_set(self) -> bool:
        return len(self._steps) > 1

    def at(self, time: float) -> float:
        """What it showed at a moment of simulated time."""
        return self.base + time + next(ahead for since, ahead in reversed(self._steps) if since <= time)

    def highest(self, since: float) -> float:
        """The latest moment that it showed from ``since`` on."""
        now = self.loop.time()
        return max(self.base + min(end, now) + ahead for ahead, end in self._settings(since))

    def as_noticed(self) -> list[float]:
        """What it shows, and would show if it had not been set since a process may have read it last."""
        now = self.loop.time()
        return [self.base + now + ahead for ahead, _ in self._settings(now - WATCH_SECONDS)]

    def _settings(self, since: float) -> Iterator[tuple[float, float]]:
        """How far ahead it was from ``since`` on, each time until when."""
        ends = [*(start for start, _ in self._steps[1:]), float("inf")]
        return ((ahead, end) for (_, ahead), end in zip(self._steps, ends, strict=True) if end > since)


@dataclass
class Link:
    """How a process reaches the database.

    Attributes:
        latency: seconds before and after each transaction.
        state: ``silent`` neither answers nor refuses.
        answers_to_lose: so many next writes are committed, but the process is told of a lost connection.
        dies_after: so many transactions, and then the process reaches it no more; None: it does not die.
    """

    latency: float = 0.0
    state: Literal["up", "refuses", "silent"] = "up"
    answers_to_lose: int = 0
    dies_after: int | None = None
    healed: asyncio.Event = field(default_factory=asyncio.Event)

    def cut(self, state: Literal["refuses", "silent"]) -> None:
        self.state = state
        self.healed.clear()

    def heal(self) -> None:
        self.state = "up"
        self.healed.set()


@dataclass(frozen=True)
class LinkedDatabase(Database):
    """A database behind a link. On SQLite transactions take turns, so that their order is always the same."""

    link: Link = field(default_factory=Link)
    turn: asyncio.Lock | None = None

    @asynccontextmanager
    async def read(self, within: AsyncConnection | None = None) -> AsyncIterator[AsyncConnection]:
        if within is not None:
            yield within
            return
        async with self._reached(), Database.read(self) as connection:
            yield connection
        await asyncio.sleep(self.link.latency)

    async def rows(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | None = None,
        within: AsyncConnection | None = None,
    ) -> Sequence[AnyRow]:
        if within is not None:
            return await within.rows(statement, parameters)
        async with self._reached():
            rows = await Database.rows(self, statement, parameters)
        await asyncio.sleep(self.link.latency)
        return rows

    @asynccontextmanager
    async def write(
        self, within: AsyncConnection | None = None, *, is_long: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        if within is not None:
            yield within
            return
        async with self._reached(), Database.write(self, is_long=is_long) as connection:
            yield connection
        if self.link.answers_to_lose:
            self.link.answers_to_lose -= 1
            raise DatabaseUnavailable("the answer was lost")
        await asyncio.sleep(self.link.latency)

    @asynccontextmanager
    async def _reached(self) -> AsyncIterator[None]:
        await asyncio.sleep(self.link.latency)
        if self.link.dies_after is not None:
            self.link.dies_after -= 1
            if self.link.dies_after < 0:
                self.link.cut("refuses")
        if self.link.state == "silent":
            async with asyncio.timeout(SILENT_SECONDS):
                await self.link.healed.wait()
        if self.link.state == "refuses":
            raise DatabaseUnavailable("the database is away")
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        with loop.in_transaction():
            if self.turn is None:
                yield
            else:
                async with self.turn:
                    yield


def linked_store(url: str, clock: Callable[[], float], link: Link, turn: asyncio.Lock) -> Store:
    """A store on a database that is ready, with connections of its own, as another process has it."""
    opened = open_database(url, clock)
    given = {each.name: getattr(opened, each.name) for each in fields(Database)}
    return Store(LinkedDatabase(**given, link=link, turn=turn if opened.is_sqlite else None))


Shown = tuple[str, int, bool]
"""A bulletin as a message shows it: its slug, the number of its words, whether it is marked as withdrawn."""

TRY_OUT = "try-out of "
"""Before the slug in a message that tries it out."""


def shown_in(reply: Reply) -> tuple[Shown, ...]:
    """The bulletins in a message. Their titles are ``<slug>-v<number>``."""
    return tuple(_shown(title, reply.language) for title in _titles(reply))


def _titles(reply: Reply) -> list[str]:
    if reply.emoji != "🗞":
        return [reply.title]
    blocks = (block for block in reply.blocks if isinstance(block, Paragraph))
    return [block.spans[0].text for block in blocks if block.spans[0].bold]


def _is_correction(title: str, language: str) -> bool:
    """Whether a title is that of a message in place of an edit, where it is that of a new one: no withdrawal is sent as news."""
    say = phrases_in(language).say
    return title.startswith((say("Withdrawn: {title}", title=""), say("Correction: {title}", title="")))


def _shown(title: str, language: str) -> Shown:
    say = phrases_in(language).say
    withdrawn, try_out = say("Withdrawn: {title}", title=""), f"{say('Try-out')}: "
    words = title.removeprefix(withdrawn).removeprefix(say("Correction: {title}", title="")).removeprefix(try_out)
    slug, _, number = words.split(".")[0].split(" ")[0].partition("-v")
    return (TRY_OUT if title.startswith(try_out) else "") + slug, int(number), title.startswith(withdrawn)


@dataclass(eq=False)
class Request:
    """A call of the platform: a send (``message_id`` is None) or an edit.

    Attributes:
        chat: by a name that stays when the chat's id changes. ``chat_id``: its id at the time.
        languages: of each bulletin. In an edit of a digest that is still the one in which it came, whatever its reader has chosen since.
        taken: the message that it led to.
        answered: when the process got the answer; None while it waits, and where it died.
        outcome: what the process was told.
        replaces: the message that it corrects without an edit.
        former: the key of a message that may have arrived, and that this one corrects.
        is_word: whether it says of an earlier copy that it no longer holds.
        edits_foreign: whether it edits a message that the chat got under another id, which has other messages now.
    """

    language: str
    process: "Process"
    chat: str
    chat_id: str
    started: float
    key: str
    shows: tuple[Shown, ...]
    message_id: str | None = None
    is_reply: bool = False
    former: str = ""
    is_word: bool = False
    replaces: str | None = None
    taken: str | None = None
    answered: float | None = None
    outcome: Outcome | None = None
    edits_foreign: bool = False
    languages: tuple[str, ...] = ()

    @property
    def is_answer_lost(self) -> bool:
        """Whether the platform carried it out and the process was told something else, or waited for the answer in vain."""
        if self.answered is None:
            return self.taken is not None and self.process.drained_seconds >= DRAIN_SECONDS
        return self.taken is not None and not isinstance(self.outcome, Delivered)


@dataclass
class Chat:
    """A chat on the platform.

    Attributes:
        ids: every id that it had; the last one holds.
        refusal: why it takes nothing; None where it does.
        orders: what the next calls lead to; ``edit_orders``: what the next edits lead to, before those.
        thread: the topic of a forum; None: the chat itself. ``is_deleted``: the topic is.
        messages: message id → what it shows, the earliest first.
    """

    name: str
    ids: list[str]
    is_private: bool
    refusal: str | None = None
    orders: deque["Order"] = field(default_factory=deque)
    edit_orders: deque["Order"] = field(default_factory=deque)
    thread: str | None = None
    is_deleted: bool = False
    messages: dict[str, tuple[Shown, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Order:
    """What a call leads to: ``outcome`` after so many seconds; ``taken`` where the platform carries it out nevertheless."""

    outcome: Outcome
    seconds: float = 0.05
    taken: bool = False


@dataclass
class Platform:
    """The platform's side: its chats, and what was asked of it.

    Attributes:
        nonces: whether a message that comes again with the same key soon is recognised, as on Discord.
        tags: whether a message with one bulletin is not edited, and its correction takes its place, as with Web Push.
        threads: whether no message is edited, and a correction is a message of its own, as by mail. Of several with one id the first is kept.
        seconds: how long a call takes.
    """

    name: str
    nonces: bool
    chats: dict[str, Chat] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    processes: list["Process"] = field(default_factory=list)
    seconds: float = 0.05
    tags: bool = False
    threads: bool = False
    on_start: Callable[[Request], None] = lambda request: None
    on_answer: Callable[[Request], None] = lambda request: None
    moved_at: dict[str, float] = field(default_factory=dict)
    _keys: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def knows_ids(self) -> bool:
        """Whether a message's id is its key, so that it is known before it is sent."""
        return self.tags or self.threads

    def id_of(self, request: Request) -> str | None:
        """The id that the message has, or would have, where it is known before."""
        if not self.knows_ids or request.message_id is not None:
            return request.message_id
        return (self.tags and request.replaces) or request.key

    def at(self, address: Address) -> Chat:
        return next(
            each for each in self.chats.values() if address.chat_id in each.ids and each.thread == address.thread_id
        )

    def in_flight(self) -> list[Request]:
        return [each for each in self.requests if each.answered is None and each.process.is_alive]

    async def call(
        self, process: "Process", address: Address, message: OutgoingMessage, message_id: str | None
    ) -> Outcome:
        now = asyncio.get_running_loop().time()
        chat = self.at(address)
        shows = shown_in(message.reply)
        if message_id is not None and (self.threads or (self.tags and len(shows) == 1)):
            return NotEditable("a message is not edited")
        is_reply = message_id is None and all(
            _is_correction(title, message.reply.language) for title in _titles(message.reply)
        )
        request = Request(
            message.reply.language, process, chat.name, address.chat_id, now, message.key, shows, message_id, is_reply
        )
        notes = (block for block in message.reply.blocks if isinstance(block, Note))
        request.former = message.replaces
        word = notice_text("earlier_copy", message.reply.language)
        request.is_word = any(span.text.startswith(word) for note in notes for span in note.spans)
        languages = tuple("id" if "(id)" in title else "en" for title in _titles(message.reply))
        if self.knows_ids:
            request.is_reply, request.replaces = message.reply_to is not None, message.reply_to
        is_edit = message_id is not None or request.replaces is not None
        request.languages = languages if is_edit else (request.language,) * len(shows)
        before = next((each for each in self.requests if message_id is not None and each.taken == message_id), None)
        if before is not None and before.message_id is None and before.answered is not None:
            moved = before.chat_id != address.chat_id and address.chat_id == chat.ids[-1]
            request.edits_foreign = moved and before.answered < self.moved_at.get(chat.name, 0.0)
        self.requests.append(request)
        self.on_start(request)
        order = self._order(chat, address, request)
        if order.taken:
            request.taken = self._take(chat, request, now)
        await asyncio.sleep(order.seconds)
        taken = isinstance(order.outcome, Delivered) and request.taken is not None
        is_known = any(each.taken == request.taken for each in self.requests if each is not request)
        request.outcome = (
            Delivered(request.taken, is_known=is_known) if taken and request.taken is not None else order.outcome
        )
        request.answered = asyncio.get_running_loop().time()
        self.on_answer(request)
        return request.outcome

    def _order(self, chat: Chat, address: Address, request: Request) -> Order:
        if address.chat_id != chat.ids[-1]:
            return Order(Moved(chat.ids[-1]), self.seconds)
        if chat.is_deleted:
            return Order(ThreadGone("the topic was deleted"), self.seconds)
        if chat.refusal is not None:
            return Order(ChatGone(chat.refusal), self.seconds)
        if (request.message_id is not None or (self.threads and request.replaces is not None)) and chat.edit_orders:
            return chat.edit_orders.popleft()
        if chat.orders:
            return chat.orders.popleft()
        return Order(Delivered("0"), self.seconds, taken=True)

    def _take(self, chat: Chat, request: Request, now: float) -> str:
        if request.message_id is not None:
            chat.messages[request.message_id] = request.shows
            return request.message_id
        if self.tags:
            message_id = request.replaces or request.key
            chat.messages[message_id] = request.shows
            return message_id
        if self.threads:
            chat.messages.setdefault(request.key, request.shows)
            return request.key
        at, known = self._keys.get((chat.name, request.former or request.key), (float("-inf"), ""))
        if self.nonces and now - at < NONCE_SECONDS:
            if request.former:
                chat.messages[known] = request.shows
            return known
        message_id = str(next(self._ids))
        self._keys[chat.name, request.key] = (now, message_id)
        chat.messages[message_id] = request.shows
        return message_id


@dataclass(eq=False)
class _Sender:
    """A process's sender: the port of the worker."""

    process: "Process"
    at: Platform
    limits: Limits = LIMITS

    @property
    def platform(self) -> str:
        return self.at.name

    @property
    def lease_name(self) -> str:
        return f"{self.at.name}:1"

    def known_id(self, message: OutgoingMessage) -> str | None:
        if self.at.tags:
            return message.reply_to or message.key
        return message.key if self.at.threads else None

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        return await self.at.call(self.process, address, message, None)

    async def edit(self, address: Address, message_id: str, message: OutgoingMessage) -> Outcome:
        return await self.at.call(self.process, address, message, message_id)


_process: ContextVar["Process | None"] = ContextVar("process", default=None)


@dataclass(eq=False)
class Process:
    """A process with a worker.

    Attributes:
        killed: when; None where it was not.
        cuts: when it could not reach the database, and where the answer to a write was lost: from when to when.
        faults: what ended its worker, other than a lost database.
        drained_seconds: how long it took to end after SIGTERM; 0.0 where it was told nothing.
        tasks: all that it does, in the order in which it began.
    """

    name: str
    loop: SimulatedLoop
    store: Store
    link: Link
    platform: Platform
    is_alive: bool = True
    killed: float | None = None
    cuts: list[tuple[float, float]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    drained_seconds: float = 0.0
    tasks: dict["asyncio.Task[Any]", None] = field(default_factory=dict)
    _main: "asyncio.Task[None] | None" = None

    @property
    def is_sending(self) -> bool:
        """Whether it checks, sends or records a message."""
        return any(
            not each.done() and each.get_coro().__qualname__ == DeliveryWorker._deliver.__qualname__
            for each in self.tasks
        )

    def start(self) -> None:
        """Runs its worker until it is stopped or killed."""
        self.platform.processes.append(self)
        before = _process.set(self)
        try:
            self._main = self.loop.create_task(self._kept_up())
        finally:
            _process.reset(before)

    async def stop(self) -> float:
        """SIGTERM; returns how many seconds it took to end. After :data:`KILL_SECONDS` it is killed."""
        assert self._main is not None
        began = self.loop.time()
        self._main.cancel()
        await asyncio.wait([self._main], timeout=KILL_SECONDS)
        took = self.drained_seconds = self.loop.time() - began
        if not self._main.done():
            self.killed = self.loop.time()
        await self._end()
        return took

    async def kill(self) -> None:
        """SIGKILL."""
        self.killed = self.loop.time()
        await self._end()

    async def _end(self) -> None:
        """Nothing of it runs any more, and nothing that it does at its end reaches the database."""
        self.is_alive = False
        self.link.cut("refuses")
        while self.tasks:
            for task in list(self.tasks):
                task.cancel()
            await asyncio.wait(list(self.tasks), timeout=0.001)

    def lose_database(self, how: Literal["refuses", "silent"]) -> None:
        """Until it is found again."""
        if self.link.state == "up":
            self.cuts.append((self.loop.time(), float("inf")))
        self.link.cut(how)

    def find_database(self) -> None:
        if self.link.state != "up":
            self.cuts[-1] = (self.cuts[-1][0], self.loop.time())
        self.link.heal()

    def lose_answer(self) -> None:
        """The next write is committed, but the process is told of a lost connection."""
        if self.link.state == "up":
            self.link.answers_to_lose = 1
            self.cuts.append((self.loop.time(), self.loop.time() + LOST_ANSWER_SECONDS))

    async def _kept_up(self) -> None:
        while True:
            worker = DeliveryWorker(self.store, _Sender(self, self.platform), self.name, self.loop.time)
            try:
                await worker.run()
            except DATABASE_AWAY:
                pass
            except Exception as error:
                self.faults.append("".join(traceback.format_exception(error)))
            await asyncio.sleep(RESTART_SECONDS)


def in_processes(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **more: Any) -> "asyncio.Task[Any]":
    """A task factory by which each process knows its tasks."""
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **more)
    if (process := _process.get()) is not None:
        process.tasks[task] = None
        task.add_done_callback(lambda done: process.tasks.pop(done, None))
    return task
