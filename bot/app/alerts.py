"""What the log calls an error, counted, and told to the owners: each thing once an hour at most, whoever met it."""

import asyncio
import logging
import re
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import structlog

from bot.db.engine import DATABASE_AWAY, Database
from bot.db.idempotency import is_first_in_an_hour
from bot.delivery.outcomes import Delivered, Outcome, RetryAfter, Unreachable
from bot.dossier.models import Language
from bot.logs import Redaction
from bot.replies.reply import Reply
from bot.status import alarm

log = structlog.get_logger("bot")


DAY_SECONDS, HOUR_SECONDS = 24 * 3600.0, 3600.0


MAX_KEPT = 1000


MAX_CHARACTERS = 600


AGAIN_SECONDS = (10.0, 60.0, 300.0, 900.0, 1800.0)
"""Before each further attempt to tell an owner whose platform cannot be reached: it is often the outage itself that is told of."""


WHOSE = ("platform", "lease", "part")
"""What stands beside an event and makes another fault of it."""


_CHANGING = re.compile(r"\([^)]*\)|0x[0-9a-f]+|\d+")
"""What differs each time that the same goes wrong."""


Tell = Callable[[str], Coroutine[Any, Any, None]]


Sleep = Callable[[float], Awaitable[None]]


Write = Callable[[int, Reply], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Alarm:
    """An error as the log has it: ``kind`` is the same whenever the same goes wrong, ``text`` says what it was this time."""

    kind: str
    text: str
    at: float


class Alarms(logging.Handler):
    """Hears the log. Of our own loggers, and of asyncio's, since a task that died unheard is ours."""

    def __init__(self, redaction: Redaction, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(logging.ERROR)
        self._redaction = redaction
        self._clock = clock
        self._heard: deque[Alarm] = deque(maxlen=MAX_KEPT)
        self._untold: deque[Alarm] = deque(maxlen=MAX_KEPT)
        self._told: dict[str, float] = {}
        self._something = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        """Takes an error down; from any thread."""
        if record.name.partition(".")[0] in ("bot", "asyncio"):
            kind, text = _words(record)
            heard = Alarm(self._redaction.text(kind)[:200], self._redaction.text(text)[:MAX_CHARACTERS], self._clock())
            self._heard.append(heard)
            self._untold.append(heard)
            self._loop.call_soon_threadsafe(self._something.set)

    def counts(self) -> Counter[str]:
        """Kind → how often in the last 24 hours."""
        since = self._clock() - DAY_SECONDS
        return Counter(heard.kind for heard in self._heard if heard.at >= since)

    async def run(self, database: Database, tell: Tell) -> None:
        """Tells what was heard, until cancelled; one thing waits for no other.

        While the database is away, what this process told itself counts.
        """
        async with asyncio.TaskGroup() as telling:
            while await self._something.wait():
                self._something.clear()
                while self._untold:
                    heard = self._untold.popleft()
                    if self._is_due(heard) and await self._is_first(database, heard.kind):
                        telling.create_task(tell(heard.text))

    def _is_due(self, heard: Alarm) -> bool:
        if heard.at - self._told.get(heard.kind, float("-inf")) < HOUR_SECONDS:
            return False
        self._told[heard.kind] = heard.at
        return True

    async def _is_first(self, database: Database, kind: str) -> bool:
        try:
            return await is_first_in_an_hour(database, kind)
        except DATABASE_AWAY:
            return True


def sounding(secrets: Iterable[str]) -> Alarms:
    """Alarms that hear the whole log from now on."""
    alarms = Alarms(Redaction(secrets))
    logging.getLogger().addHandler(alarms)
    return alarms


def _words(record: logging.LogRecord) -> tuple[str, str]:
    """The kind, and the whole of it: the event, what stands beside it, and an exception in one line.

    The kind is what makes it the same fault: the event without numbers and what stands in brackets, whose it is, and what
    exception it was. What else differs (a chat, an id, how long) is not.
    """
    if not isinstance(record.msg, dict):
        return _foreign(record)
    event: dict[str, Any] = dict(record.msg)
    what = str(event.pop("event", ""))
    failure = _failure(str(event.pop("exception", "")))
    beside = {key: value for key, value in event.items() if key not in ("level", "timestamp", "logger")}
    whose = {key: value for key, value in beside.items() if key in WHOSE}
    exception = failure.partition(":")[0]
    kind = f"{_CHANGING.sub('…', what)}{_in_brackets(whose)}{f': {exception}' if exception else ''}"
    return kind, f"{what}{_in_brackets(beside)}{f': {failure}' if failure else ''}"


def _in_brackets(beside: Mapping[str, object]) -> str:
    return f" ({', '.join(f'{key}: {value}' for key, value in beside.items())})" if beside else ""


def _failure(exception: str) -> str:
    """The line of a traceback that names the exception; some go on for several, as a database's with its statement."""
    last = exception.rpartition("Traceback (most recent call last):")[2]
    return next((line for line in last.splitlines() if line.strip() and not line.startswith((" ", "Traceback"))), "")


def _foreign(record: logging.LogRecord) -> tuple[str, str]:
    """The same of another's record, as asyncio's, which names the task and the place in memory: each time others."""
    said = record.getMessage()
    first = said.partition("\n")[0]
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return _CHANGING.sub("…", first), said
    return f"{_CHANGING.sub('…', first)}: {type(error).__name__}", f"{said}: {type(error).__name__}: {error}"


@dataclass(frozen=True, slots=True)
class Owners:
    """Whom to tell, and how.

    Attributes:
        ids: as in telegram:123.
        language: the language of a person on a platform.
        writers: platform → what writes to a person there; filled in as platforms are built.
        sleep: waits so many seconds.
    """

    ids: tuple[str, ...]
    language: Callable[[str, int], Language]
    writers: dict[str, Write] = field(default_factory=dict)
    sleep: Sleep = asyncio.sleep

    async def tell(self, text: str) -> None:
        """Tells each of them. One who cannot be reached is a warning in the log, which is told to nobody."""
        await asyncio.gather(*(self._tell(owner, text) for owner in self.ids))

    async def _tell(self, owner: str, text: str) -> None:
        """Again where the platform was too busy or away, for as long as it is news."""
        platform, _, number = owner.partition(":")
        writer = self.writers.get(platform)
        if writer is None:
            return
        for pause in (*AGAIN_SECONDS, None):
            outcome = await writer(int(number), alarm(text, self.language(platform, int(number))))
            if isinstance(outcome, Delivered):
                return
            if pause is None or not isinstance(outcome, RetryAfter | Unreachable):
                break
            await self.sleep(max(pause, outcome.seconds) if isinstance(outcome, RetryAfter) else pause)
        log.warning("an owner could not be told", owner=owner, outcome=type(outcome).__name__)
