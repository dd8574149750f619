"""Alarms: errors in the log, counted for ``/status`` and sent to the owners.

Each kind is sent at most once an hour, across all processes.
"""

import asyncio
import logging
import re
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import structlog

from bot.db.applied_updates import is_first_in_an_hour
from bot.db.engine import DATABASE_AWAY, Database, Sleep
from bot.delivery.letters import send_letter
from bot.delivery.outcomes import Delivered, Outcome
from bot.dossier.models import Language
from bot.logs import Redaction
from bot.replies.reply import Reply
from bot.status import alarm as alarm_reply

log = structlog.get_logger("bot")


DAY_SECONDS, HOUR_SECONDS = 24 * 3600.0, 3600.0

MAX_KEPT = 1000
"""The number of alarms in memory; older ones are dropped."""

MAX_CHARACTERS = 600
"""The length of an alarm's text."""

MAX_KIND_CHARACTERS = 200

RETRY_SECONDS = (10.0, 60.0, 300.0, 900.0, 1800.0)
"""Seconds before each retry of an alarm. The alarm is often about the very outage that delays it."""

KIND_KEYS = ("platform", "lease", "part")
"""Keys of a log event that belong to its kind: the same error on two platforms is two kinds."""

_VARIABLE = re.compile(r"\([^)]*\)|0x[0-9a-f]+|\d+")
"""Parts of an event's text that differ each time: brackets, memory addresses, numbers."""

Send = Callable[[str], Coroutine[Any, Any, None]]
"""Sends an alarm's text to all owners."""

SendReply = Callable[[str, Reply], Awaitable[Outcome]]
"""Sends a reply to a person on a platform, by their id there."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An error in the log.

    Attributes:
        kind: the same for each occurrence of the same error.
        text: this occurrence.
        at: seconds on the clock of :class:`Alarms`.
    """

    kind: str
    text: str
    at: float


class Alarms(logging.Handler):
    """A log handler that collects errors of our loggers and of asyncio's, which reports tasks whose exception was not retrieved."""

    def __init__(self, redaction: Redaction, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(logging.ERROR)
        self._redaction = redaction
        self._clock = clock
        self._recent: deque[Alarm] = deque(maxlen=MAX_KEPT)
        self._unsent: deque[Alarm] = deque(maxlen=MAX_KEPT)
        self._sent_at: dict[str, float] = {}
        self._has_new = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        """Collects the record. Called from any thread."""
        if record.name.partition(".")[0] in ("bot", "asyncio"):
            kind, text = map(self._redaction.text, _kind_and_text(record))
            alarm = Alarm(kind[:MAX_KIND_CHARACTERS], text[:MAX_CHARACTERS], self._clock())
            self._recent.append(alarm)
            self._unsent.append(alarm)
            self._loop.call_soon_threadsafe(self._has_new.set)

    def counts(self) -> Counter[str]:
        """The number of errors of each kind in the last 24 hours."""
        since = self._clock() - DAY_SECONDS
        return Counter(alarm.kind for alarm in self._recent if alarm.at >= since)

    async def run(self, database: Database, send: Send) -> None:
        """Sends new alarms with ``send`` until cancelled. A slow send does not delay the others.

        The database records what all processes have sent. While it is away, only this process's own alarms count.
        """
        async with asyncio.TaskGroup() as sending:
            while await self._has_new.wait():
                self._has_new.clear()
                while self._unsent:
                    alarm = self._unsent.popleft()
                    if self._is_due(alarm) and await self._is_first(database, alarm.kind):
                        sending.create_task(send(alarm.text))

    def _is_due(self, alarm: Alarm) -> bool:
        """Whether this process has not sent the kind for an hour. If so, it now counts as sent."""
        if alarm.at - self._sent_at.get(alarm.kind, float("-inf")) < HOUR_SECONDS:
            return False
        self._sent_at[alarm.kind] = alarm.at
        return True

    async def _is_first(self, database: Database, kind: str) -> bool:
        """Whether no process has sent the kind for an hour, as far as is known."""
        try:
            return await is_first_in_an_hour(database, kind)
        except DATABASE_AWAY:
            return True


def install_alarms(redaction: Redaction) -> Alarms:
    """Adds a handler to the root logger; ``redaction`` is applied to what it collects."""
    alarms = Alarms(redaction)
    logging.getLogger().addHandler(alarms)
    return alarms


def _kind_and_text(record: logging.LogRecord) -> tuple[str, str]:
    """The kind: the event without its variable parts, the values of :data:`KIND_KEYS`, and the exception's name.

    The text: the event with all its values, and the line of the exception.
    """
    if not isinstance(record.msg, dict):
        # structlog did not make the record, but for example asyncio
        message = record.getMessage()
        first = message.partition("\n")[0]
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return _VARIABLE.sub("…", first), message
        return f"{_VARIABLE.sub('…', first)}: {type(error).__name__}", f"{message}: {type(error).__name__}: {error}"
    values: dict[str, Any] = dict(record.msg)
    event = str(values.pop("event", ""))
    exception = _exception_line(str(values.pop("exception", "")))
    details = {key: value for key, value in values.items() if key not in ("level", "timestamp", "logger")}
    in_kind = {key: value for key, value in details.items() if key in KIND_KEYS}
    name = exception.partition(":")[0]
    kind = f"{_VARIABLE.sub('…', event)}{_in_brackets(in_kind)}{f': {name}' if name else ''}"
    return kind, f"{event}{_in_brackets(details)}{f': {exception}' if exception else ''}"


def _in_brackets(values: Mapping[str, object]) -> str:
    return f" ({', '.join(f'{key}: {value}' for key, value in values.items())})" if values else ""


def _exception_line(traceback: str) -> str:
    """The first line of the last exception; messages of databases go on for several lines."""
    last = traceback.rpartition("Traceback (most recent call last):")[2]
    return next((line for line in last.splitlines() if line.strip() and not line.startswith((" ", "Traceback"))), "")


@dataclass(frozen=True, slots=True)
class Owners:
    """Sends alarms to the owners in their private chats.

    Attributes:
        ids: such as ``telegram:123``.
        language: the language of a person on a platform.
        senders: platform → a function that sends a reply to a person there. Owners on other platforms get no alarms.
        sleep: waits for a number of seconds.
    """

    ids: tuple[str, ...]
    language: Callable[[str, str], Language]
    senders: Mapping[str, SendReply] = field(default_factory=dict)
    sleep: Sleep = asyncio.sleep

    async def send(self, text: str) -> None:
        """Sends the text to each owner. If an owner cannot be reached, a warning is logged; warnings are not sent."""
        await asyncio.gather(*(self._send(owner, text) for owner in self.ids))

    async def _send(self, owner: str, text: str) -> None:
        """Retries while the platform is busy or cannot be reached, for about an hour."""
        platform, _, user = owner.partition(":")
        send = self.senders.get(platform)
        if send is None:
            return
        reply = alarm_reply(text, self.language(platform, user))
        outcome = await send_letter(lambda: send(user, reply), None, RETRY_SECONDS, self.sleep, obeys=True)
        if not isinstance(outcome, Delivered):
            log.warning("an alarm could not be sent", owner=owner, outcome=type(outcome).__name__)
