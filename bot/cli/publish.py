"""``nota publish``: brings the ledger to what the content says; the running bot sends what follows."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from bot.app.main import RENDERERS
from bot.app.reload import load_checked, today
from bot.db.engine import DATABASE_AWAY, UnusableDatabase
from bot.db.store import Store, open_store
from bot.delivery.rate_limiter import Limits
from bot.dossier.diagnostics import did_you_mean
from bot.dossier.models import BulletinId, Dossier, Language
from bot.newsroom.diff import Added, Change, FactChange, Rescheduled, Retargeted, Revised, Withdrawn, id_of
from bot.newsroom.drafts import NothingToDraft, draft, write
from bot.newsroom.dry_run import ChangeForecast, Forecast, forecast
from bot.newsroom.publisher import Newsroom, describe, report_lines
from bot.platforms.discord.sender import LIMITS
from bot.platforms.text import render
from bot.reader import Address
from bot.replies.bulletins import LabelledBulletin, single_reply
from bot.settings import Settings


def as_lines(found: Forecast, dossier: Dossier) -> Iterator[str]:
    """For a terminal."""
    if not found.changes and not found.facts:
        yield "nothing has changed"
    for expected in found.changes:
        yield from _change(expected, found.now)
    for fact in found.facts:
        yield from _fact(fact)


def as_fields(found: Forecast) -> dict[str, Any]:
    """For a program: the same, and what each platform would be sent."""
    return {
        "changes": [_fields(expected) for expected in found.changes],
        "facts": [asdict(fact) for fact in found.facts],
    }


def _change(expected: ChangeForecast, now: float) -> Iterator[str]:
    yield f"{id_of(expected.change)}: {describe(expected.change)}"
    for each in expected.audience:
        held = f", {each.held} of them held until {_moment(each.until)} at the latest" if each.held else ""
        yield f"  {each.platform:<9} {each.language:<3} {each.readers:>8} readers{held}"
    for platform, seconds in expected.seconds.items():
        yield f"  {platform:<9} takes {_length(seconds)} at the permitted rate"
    if isinstance(expected.change, Added) and expected.change.bulletin.not_before > now:
        yield f"  not before {_moment(expected.change.bulletin.not_before)}"
    for language, text in _texts(expected.change).items():
        yield f"  ── {language} " + "─" * 40
        yield from (f"  {line}" for line in text.splitlines())
    yield ""


def _fact(fact: FactChange) -> Iterator[str]:
    topics = ", ".join(fact.topics) or "no topic"
    yield f"fact {fact.fact} changed, in {', '.join(fact.languages)}; it is shown by: {topics}"
    for language in fact.languages:
        yield f"  {language:<3} {fact.before.get(language, '—')} → {fact.after[language]}"


def _fields(expected: ChangeForecast) -> dict[str, Any]:
    change = expected.change
    payloads = {
        language: {platform: payload(reply) for platform, payload in RENDERERS.items()}
        for language, reply in _replies(change).items()
    }
    return {
        "bulletin": id_of(change),
        "change": type(change).__name__.lower(),
        "state": change.state if isinstance(change, Added | Revised) else None,
        "audience": [asdict(each) for each in expected.audience],
        "seconds": dict(expected.seconds),
        "text": _texts(change),
        "payloads": payloads,
    }


def _texts(change: Change) -> dict[Language, str]:
    return {language: render(reply) for language, reply in _replies(change).items()}


def _replies(change: Change) -> Mapping[Language, Any]:
    """The messages as they would be sent; for a correction, those of the languages that change."""
    match change:
        case Added(item, "scheduled") | Retargeted(item, _, True):
            return {
                language: single_reply(LabelledBulletin(article), language)
                for language, article in item.articles.items()
            }
        case Revised(item, _, _, languages):
            day = datetime.now(UTC).date()
            return {
                name: single_reply(LabelledBulletin(item.articles[name], "corrected", day), name)
                for name in sorted(languages)
            }
        case Added() | Rescheduled() | Retargeted() | Withdrawn():
            return {}


def _moment(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"


def _length(seconds: float) -> str:
    """``8 s`` · ``12 min`` · ``9 h 15 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


class Wrong(Exception):
    """Something asked for cannot be done; the message says what is expected."""


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("publish", help="publish what is new, correct what changed, withdraw what is gone")
    parser.add_argument("bulletin", nargs="*", help="send this one although it is history (id, or its file)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, to how many, in how long")
    parser.add_argument("--to", metavar="CHAT", help="send one bulletin to one chat first (telegram:-100123, …/topic)")
    parser.add_argument("--draft", action="store_true", help="write a bulletin about the facts that changed")
    parser.add_argument("--json", action="store_true", help="print JSON, with what each platform would be sent")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where the content has mistakes, and then nothing is published; or where something cannot be done."""
    loading = load_checked(settings.content_dir, today())
    if loading.dossier is None:
        print("\n".join(map(str, loading.diagnostics)), file=sys.stderr)
        return 1
    try:
        dossier = loading.dossier
        forced = [_known(dossier, name) for name in given.bulletin]
        return asyncio.run(_with_store(settings, lambda store: _publish(given, settings, dossier, store, forced)))
    except (Wrong, UnusableDatabase) as wrong:
        print(wrong, file=sys.stderr)
    except DATABASE_AWAY as failure:
        print(f"DATABASE_URL: the database does not answer ({type(failure).__name__})", file=sys.stderr)
    return 1


async def _with_store(settings: Settings, act: Callable[[Store], Awaitable[None]]) -> int:
    async with open_store(settings.database_url) as store:
        await act(store)
    return 0


async def _publish(
    given: argparse.Namespace, settings: Settings, dossier: Dossier, store: Store, forced: list[BulletinId]
) -> None:
    newsroom = Newsroom(store)
    if given.to:
        return await _try_out(newsroom, dossier, forced, given.to)
    if given.dry_run or given.draft:
        found = await forecast(newsroom, dossier, forced, _limits(settings))
        return _draft(found, settings, dossier) if given.draft else _show(found, dossier, given.json)
    report = await newsroom.compare(dossier, forced)
    print("\n".join(report_lines(report)) or "nothing has changed")
    return None


async def _try_out(newsroom: Newsroom, dossier: Dossier, forced: list[BulletinId], chat: str) -> None:
    if len(forced) != 1:
        raise Wrong("--to: expected one bulletin to send, as in `nota publish 2026-01-31-news --to telegram:-100123`")
    address = _address(chat)
    kind = "private" if address.platform == "telegram" and address.chat_id > 0 else "group"
    reader = await newsroom.store.readers.get(address) or await newsroom.store.readers.meet(address, kind)  # type: ignore[arg-type]
    if not await newsroom.try_out(dossier, forced[0], reader):
        raise Wrong(f"{forced[0]} is published already")
    print(f"{forced[0]}: to {chat} alone; `nota publish` sends it to the others")


def _limits(settings: Settings) -> dict[str, Limits]:
    """What the platforms let us send, by what they document and by TELEGRAM_MESSAGES_PER_SECOND."""
    return {"telegram": Limits(settings.telegram_messages_per_second, chat_seconds=1.0), "discord": LIMITS}


def _draft(found: Forecast, settings: Settings, dossier: Dossier) -> None:
    try:
        file = write(draft(dossier, found.facts, today()), settings.content_dir)
    except NothingToDraft:
        raise Wrong("no fact is written otherwise than in the dossier published last") from None
    print(f"{file}: drafted; read it over, then publish")


def _show(found: Forecast, dossier: Dossier, as_json: bool) -> None:
    if as_json:
        print(json.dumps(as_fields(found), ensure_ascii=False, indent=2))
    else:
        print("\n".join(as_lines(found, dossier)))


def _known(dossier: Dossier, given: str) -> BulletinId:
    name = BulletinId(given.replace("\\", "/").rpartition("/")[2].removesuffix(".yaml"))
    if name not in dossier.bulletins:
        raise Wrong(f"no bulletin {name!r}, {did_you_mean(name, dossier.bulletins, 'a bulletin')}")
    return name


def _address(chat: str) -> Address:
    """``telegram:-100123``, with ``/7`` behind it for a forum topic."""
    platform, _, rest = chat.partition(":")
    chat_id, _, thread_id = rest.partition("/")
    try:
        if platform in ("telegram", "discord"):
            return Address(platform, int(chat_id), int(thread_id) if thread_id else None)
    except ValueError:
        pass
    raise Wrong(f"--to {chat}: expected telegram:<chat id> or discord:<channel id>")
