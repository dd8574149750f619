"""The owners' desk in the chat: how things are, and what wants a human's look. PURE.

Labels are in the owner's language; what the log says is quoted as it stands there, so that it can be found.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from babel.dates import format_timedelta

from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Language
from bot.replies.formatting import locale
from bot.replies.i18n import phrases_in
from bot.replies.reply import Block, Reply

MAX_FAULTS = 8
"""More would push the rest off the screen; the log has them all."""


@dataclass(frozen=True, slots=True)
class State:
    """How one process is, and the ledger that it shares.

    Attributes:
        release: ours.
        up_seconds: since the start.
        faults: what is out of order, each in a line.
        warnings: what is in order and wants a look all the same, as a file that cannot be read.
        due: deliveries that should be made by now.
        oldest_seconds: for how long the oldest of them has been due.
        last_sent_seconds: since the last successful send; None: never, or unknown.
        errors: what the log called an error in the last 24 hours → how often.
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
    """Who the owners are (``telegram:123``), and how to learn how things are."""

    owners: frozenset[str]
    state: Callable[[], Awaitable[State]]

    async def status(self, language: Language, *, privately: bool) -> Reply:
        """What ``/status`` shows to an owner; not where others read it."""
        if privately:
            return status(await self.state(), language)
        phrases = phrases_in(language)
        words = phrases.say("Ask me that in our private chat.")
        return Reply(None, language, phrases.say("Status"), "🔒", (Paragraph((Span(words),)),), private=True)


def status(state: State, language: Language) -> Reply:
    """Health, queue, errors."""
    phrases = phrases_in(language)
    health = "; ".join((*state.faults, *state.warnings)) or phrases.say("all is well")
    queue = phrases.say("{due} due, the oldest for {time}", due=state.due, time=_time(state.oldest_seconds, language))
    last = phrases.say("never") if state.last_sent_seconds is None else _ago(state.last_sent_seconds, language)
    running = phrases.say("{release}, for {time}", release=state.release, time=_time(state.up_seconds, language))
    lines = [
        (phrases.say("Health"), health),
        (phrases.say("Queue"), queue if state.due else phrases.say("nothing waits")),
        (phrases.say("Last delivery"), last),
        (phrases.say("Running"), running),
    ]
    facts = Items(tuple((Span(f"{name}: ", bold=True), Span(value)) for name, value in lines))
    emoji = "🔴" if state.faults else "🟡" if state.warnings else "🟢"
    blocks = (facts, *_errors(state.errors, language))
    return Reply(None, language, phrases.say("Status"), emoji, blocks, private=True)


def _errors(errors: Mapping[str, int], language: Language) -> tuple[Block, ...]:
    phrases = phrases_in(language)
    if not errors:
        return (Paragraph((Span(phrases.say("No errors in the last 24 hours.")),)),)
    most = sorted(errors.items(), key=lambda each: -each[1])[:MAX_FAULTS]
    head = Paragraph((Span(phrases.say("Errors in the last 24 hours:"), bold=True),))
    return head, Items(tuple((Span(f"{count} × {event}"),) for event, count in most))


def alarm(event: str, language: Language) -> Reply:
    """What owners are told of by themselves."""
    phrases = phrases_in(language)
    hint = phrases.say("The log has more. I say this at most once an hour; /status shows how things are now.")
    blocks = (Paragraph((Span(event),)), Paragraph((Span(hint, italic=True),)))
    return Reply(None, language, phrases.say("This needs a look"), "🚨", blocks, private=True)


def _time(seconds: float, language: Language) -> str:
    return str(format_timedelta(int(seconds), threshold=1.5, locale=locale(language)))


def _ago(seconds: float, language: Language) -> str:
    return str(format_timedelta(-int(seconds), threshold=1.5, add_direction=True, locale=locale(language)))
