"""A forecast as a person, or a program, reads it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from bot.answers.bulletins import Marked, sent_reply
from bot.dossier.model import Dossier, Language
from bot.newsroom.changes import Appeared, Change, Redirected, Rescheduled, Revised, Withdrawn
from bot.newsroom.facts import FactChange
from bot.newsroom.forecast import Forecast, Prospect
from bot.newsroom.watching import words
from bot.platforms.text.render import render
from bot.wiring import PAYLOADS


def as_lines(found: Forecast, dossier: Dossier) -> Iterator[str]:
    """For a terminal."""
    if not found.prospects and not found.facts:
        yield "nothing has changed"
    for prospect in found.prospects:
        yield from _prospect(prospect, found.now)
    for fact in found.facts:
        yield from _fact(fact)


def as_fields(found: Forecast) -> dict[str, Any]:
    """For a program: the same, and what each platform would be sent."""
    return {
        "prospects": [_fields(prospect) for prospect in found.prospects],
        "facts": [asdict(fact) for fact in found.facts],
    }


def _prospect(prospect: Prospect, now: float) -> Iterator[str]:
    yield f"{_name(prospect.change)}: {words(prospect.change)}"
    for each in prospect.audience:
        held = f", {each.held} of them held until {_moment(each.until)} at the latest" if each.held else ""
        yield f"  {each.platform:<9} {each.language:<3} {each.readers:>8} readers{held}"
    for platform, seconds in prospect.seconds.items():
        yield f"  {platform:<9} takes {_length(seconds)} at the permitted rate"
    if isinstance(prospect.change, Appeared) and prospect.change.item.not_before > now:
        yield f"  not before {_moment(prospect.change.item.not_before)}"
    for language, text in _texts(prospect.change).items():
        yield f"  ── {language} " + "─" * 40
        yield from (f"  {line}" for line in text.splitlines())
    yield ""


def _fact(fact: FactChange) -> Iterator[str]:
    topics = ", ".join(fact.topics) or "no topic"
    yield f"fact {fact.fact} changed, in {', '.join(fact.languages)}; it is shown by: {topics}"
    for language in fact.languages:
        yield f"  {language:<3} {fact.before.get(language, '—')} → {fact.after[language]}"


def _fields(prospect: Prospect) -> dict[str, Any]:
    change = prospect.change
    payloads = {
        language: {platform: payload(reply) for platform, payload in PAYLOADS.items()}
        for language, reply in _replies(change).items()
    }
    return {
        "bulletin": _name(change),
        "change": type(change).__name__.lower(),
        "state": change.state if isinstance(change, Appeared | Revised) else None,
        "audience": [asdict(each) for each in prospect.audience],
        "seconds": dict(prospect.seconds),
        "text": _texts(change),
        "payloads": payloads,
    }


def _name(change: Change) -> str:
    return change.id if isinstance(change, Withdrawn) else change.item.id


def _texts(change: Change) -> dict[Language, str]:
    return {language: render(reply) for language, reply in _replies(change).items()}


def _replies(change: Change) -> Mapping[Language, Any]:
    """The messages as they would be sent; for a correction, those of the languages that change."""
    match change:
        case Appeared(item, "scheduled") | Redirected(item, _, True):
            return {language: sent_reply(Marked(article), language) for language, article in item.articles.items()}
        case Revised(item, _, _, languages):
            day = datetime.now(UTC).date()
            return {name: sent_reply(Marked(item.articles[name], "corrected", day), name) for name in sorted(languages)}
        case Appeared() | Rescheduled() | Redirected() | Withdrawn():
            return {}


def _moment(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"


def _length(seconds: float) -> str:
    """``8 s`` · ``12 min`` · ``9 h 15 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
