"""The owners' ``/status``: how things are and what needs a look, and the alarms that owners get. PURE.

Labels are in the owner's language. What the log says is quoted unchanged, so that it can be found there.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from babel.dates import format_timedelta

from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Language
from bot.replies.formatting import locale
from bot.replies.i18n import phrases_in
from bot.replies.reply import Block, Reply

MAX_ERRORS = 8
"""Kinds of errors that are listed, the commonest first; the log has all."""


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """How this process is, and the ledger that it shares with others.

    Attributes:
        release: the version of Nota.
        up_seconds: since the start.
        faults: what does not work, one line each.
        warnings: what works but needs a look, for example a file that cannot be read.
        due: deliveries that should have been made by now.
        oldest_seconds: how long the oldest of them has been due.
        last_sent_seconds: since the last successful send; None: there was none, or it is unknown.
        errors: the event of an error in the log → how often it came in the last 24 hours.
    """

    release: str
    up_seconds: float
    faults: tuple[str, ...]
    warnings: tuple[str, ...]
    due: int
    oldest_seconds: float
    last_sent_seconds: float | None
    errors: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StatusCommand:
    """Answers ``/status`` to the owners.

    Attributes:
        owners: their ids, for example telegram:123.
        read: reads the present status.
    """

    owners: frozenset[str]
    read: Callable[[], Awaitable[SystemStatus]]

    async def respond(self, language: Language, *, is_private: bool) -> Reply:
        """The status; in a chat where others read it, only a hint."""
        if is_private:
            return status_reply(await self.read(), language)
        phrases = phrases_in(language)
        text = phrases.say("Ask me that in our private chat.")
        return Reply(None, language, phrases.say("Status"), "🔒", (Paragraph((Span(text),)),), private=True)


def status_reply(status: SystemStatus, language: Language) -> Reply:
    say = phrases_in(language).say
    queue = say("{due} due, the oldest for {time}", due=status.due, time=_time(status.oldest_seconds, language))
    last = status.last_sent_seconds
    lines = [
        (say("Health"), "; ".join((*status.faults, *status.warnings)) or say("all is well")),
        (say("Queue"), queue if status.due else say("nothing waits")),
        (say("Last delivery"), say("never") if last is None else _time(last, language, ago=True)),
        (say("Running"), say("{release}, for {time}", release=status.release, time=_time(status.up_seconds, language))),
    ]
    items = Items(tuple((Span(f"{name}: ", bold=True), Span(value)) for name, value in lines))
    emoji = "🔴" if status.faults else "🟡" if status.warnings else "🟢"
    return Reply(None, language, say("Status"), emoji, (items, *_errors(status.errors, language)), private=True)


def alarm(event: str, language: Language) -> Reply:
    """What owners get when something fails; ``event`` is that of the log."""
    say = phrases_in(language).say
    hint = say("The log has more. I say this at most once an hour; /status shows how things are now.")
    blocks = (Paragraph((Span(event),)), Paragraph((Span(hint, italic=True),)))
    return Reply(None, language, say("This needs a look"), "🚨", blocks, private=True)


def _errors(errors: Mapping[str, int], language: Language) -> tuple[Block, ...]:
    say = phrases_in(language).say
    if not errors:
        return (Paragraph((Span(say("No errors in the last 24 hours.")),)),)
    commonest = sorted(errors.items(), key=lambda each: -each[1])[:MAX_ERRORS]
    title = Paragraph((Span(say("Errors in the last 24 hours:"), bold=True),))
    return title, Items(tuple((Span(f"{count} × {event}"),) for event, count in commonest))


def _time(seconds: float, language: Language, *, ago: bool = False) -> str:
    """``42 seconds``, ``42 seconds ago``."""
    signed = -int(seconds) if ago else int(seconds)
    return str(format_timedelta(signed, threshold=1.5, add_direction=ago, locale=locale(language)))
