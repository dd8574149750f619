"""The owners' ``/status``: the state of the system, the stop of all sending, and the alarms to owners.

Labels are in the owner's language. Log events are quoted unchanged, so that they can be found in the log.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from babel.dates import format_timedelta

from bot.commands import STATUS
from bot.db.safeguards import Safeguards
from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Language
from bot.replies.formatting import locale
from bot.replies.i18n import phrases_in
from bot.replies.question import Command
from bot.replies.reply import Block, Button, Reply, said_reply

MAX_ERRORS = 8
"""The number of kinds of errors that are listed, the commonest first. The log has all."""


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """The state of this process, and of the ledger that it shares with others.

    Attributes:
        release: the version of Nota.
        up_seconds: seconds since the start.
        faults: parts that do not work, one line each.
        warnings: problems of parts that work, for example a file that cannot be read.
        due: the number of due deliveries.
        oldest_seconds: how long the oldest of them has been due.
        last_sent_seconds: seconds since the last successful send; None: never, or unknown.
        errors: the event of an error in the log → its number in the last 24 hours.
        is_stopped: whether sending is stopped, everywhere or on a platform.
        is_all_stopped: whether it is stopped everywhere.
        many: names the bulletins of a deploy that wait for an owner (:func:`bot.db.changes.confirmation_of`); "": there are none.
        in_no_file: how many changed entries are in force and in no file.
    """

    release: str
    up_seconds: float
    faults: tuple[str, ...]
    warnings: tuple[str, ...]
    due: int
    oldest_seconds: float
    last_sent_seconds: float | None
    errors: Mapping[str, int]
    is_stopped: bool = False
    is_all_stopped: bool = False
    many: str = ""
    in_no_file: int = 0


STOP, START, CONFIRM = "stop", "start", "confirm"
"""The arguments of the buttons; what waits follows the last one."""


@dataclass(frozen=True, slots=True)
class StatusCommand:
    """Answers ``/status`` to the owners.

    Attributes:
        owners: the ids of the owners, for example telegram:123.
        read: returns the current status.
        safeguards: the safeguards that owners can stop and start.
        take_many: puts bulletins of a deploy in force that wait for an owner: by whose account, and the name of what waits.
    """

    owners: frozenset[str]
    read: Callable[[], Awaitable[SystemStatus]]
    safeguards: Safeguards
    take_many: Callable[[str, str], Awaitable[object]]

    async def respond(self, argument: str, owner: str, language: Language, *, is_private: bool) -> Reply:
        """Carries out the argument, and shows the status; in a chat with others, only a hint."""
        is_stale = False
        if is_private:
            match argument.split():
                case [word] if word == STOP:
                    await self.safeguards.stop(owner)
                case [word] if word == START:
                    await self.safeguards.start()
                case [word, confirmation] if word == CONFIRM:
                    is_stale = await self.take_many(owner, confirmation) is None
            return status_reply(await self.read(), language, is_stale=is_stale)
        return said_reply(language, "🔒", "Status", "Ask me that in our private chat.", private=True)


def status_reply(status: SystemStatus, language: Language, *, is_stale: bool = False) -> Reply:
    """``is_stale``: what was to be taken does not wait as the button said."""
    say = phrases_in(language).say
    queue = say("{due} due, the oldest for {time}", due=status.due, time=_time(status.oldest_seconds, language))
    last = status.last_sent_seconds
    lines = [
        (say("Health"), "; ".join((*status.faults, *status.warnings)) or say("all is well")),
        (say("Queue"), queue if status.due else say("nothing waits")),
        (say("Last delivery"), say("never") if last is None else _time(last, language, ago=True)),
        (say("Running"), say("{release}, for {time}", release=status.release, time=_time(status.up_seconds, language))),
    ]
    if status.in_no_file:
        count, n = phrases_in(language).count, status.in_no_file
        words = count("{n} change in force is in no file", "{n} changes in force are in no file", n)
        lines.append((say("Content"), words))
    items = Items(tuple((Span(f"{name}: ", bold=True), Span(value)) for name, value in lines))
    emoji = "🔴" if status.faults else "🟡" if status.warnings else "🟢"
    note = (Paragraph((Span(say("Somebody was faster, or it can no longer be changed here.")),)),) * is_stale
    blocks = (*note, items, *_errors(status.errors, language))
    return Reply(None, language, say("Status"), emoji, blocks, buttons=tuple(_buttons(status, language)))


def _buttons(status: SystemStatus, language: Language) -> Iterator[Button]:
    say = phrases_in(language).say
    if status.many:
        yield Button(f"✅ {say('Correct and withdraw what waits')}", Command(STATUS, f"{CONFIRM} {status.many}"))
    if status.is_stopped:
        yield Button(f"▶️ {say('Start sending again')}", Command(STATUS, START))
    if not status.is_all_stopped:
        yield Button(f"⏸ {say('Stop all sending')}", Command(STATUS, STOP))


def alarm(event: str, language: Language) -> Reply:
    """The message to owners about an error. ``event``: as in the log."""
    say = phrases_in(language).say
    hint = say("The log has more. I say this at most once an hour; /status shows how things are now.")
    blocks = (Paragraph((Span(event),)), Paragraph((Span(hint, italic=True),)))
    return Reply(None, language, say("This needs a look"), "🚨", blocks, private=True)


def _errors(errors: Mapping[str, int], language: Language) -> tuple[Block, ...]:
    say = phrases_in(language).say
    if not errors:
        return (Paragraph((Span(say("No errors in the last 24 hours.")),)),)
    commonest = sorted(errors.items(), key=lambda item: -item[1])[:MAX_ERRORS]
    title = Paragraph((Span(say("Errors in the last 24 hours:"), bold=True),))
    return title, Items(tuple((Span(f"{count} × {event}"),) for event, count in commonest))


def _time(seconds: float, language: Language, *, ago: bool = False) -> str:
    """``42 seconds``, ``42 seconds ago``."""
    signed = -int(seconds) if ago else int(seconds)
    return str(format_timedelta(signed, threshold=1.5, add_direction=ago, locale=locale(language)))
