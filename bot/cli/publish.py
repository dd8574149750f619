"""``nota publish``: compares the content with the ledger, and writes the changes to it. The running bot sends the messages."""

import argparse
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tqdm import tqdm

from bot.app.desk import desk_of_shell
from bot.cli import CommandError, InvalidContent, in_force, show, valid_files, with_store
from bot.db.fan_out import Expected
from bot.db.store import Store
from bot.delivery.rate_limiter import Limits
from bot.dossier.diagnostics import did_you_mean
from bot.dossier.entries import Key, bulletins_in
from bot.dossier.models import BulletinId, Dossier, Language
from bot.live_dossier import LiveDossier
from bot.newsroom.dry_run import ChangeForecast, Forecast, forecast
from bot.newsroom.ledger_diff import (
    Added,
    FactChange,
    Gone,
    Rescheduled,
    Retargeted,
    Returned,
    Revised,
    Withdrawn,
    id_of,
)
from bot.newsroom.publisher import (
    Holder,
    Newsroom,
    OtherDossier,
    PublishReport,
    describe,
    many_notice,
    report_lines,
    waiting_lines,
)
from bot.newsroom.worker import NewsroomWorker, follow_changes
from bot.platforms import PLATFORMS
from bot.platforms.plain_text import render
from bot.platforms.platform import Platform, address_in
from bot.replies.bulletins import LabelledBulletin, corrected, single_reply
from bot.settings import Settings


def as_lines(expected: Forecast) -> Iterator[str]:
    """The forecast as text."""
    if not (expected.changes or expected.facts or expected.entries or expected.waiting):
        yield "nothing has changed"
    for change in expected.changes:
        yield from _change(change, expected.now)
    for fact in expected.facts:
        yield from _fact(fact)
    yield from _entries(expected.entries)
    yield from waiting_lines(expected.waiting, expected.confirmation)


def as_fields(expected: Forecast, platforms: Sequence[Platform[Any]]) -> dict[str, Any]:
    """The forecast for ``--json``, with the payload for each platform."""
    return {
        "changes": [_fields(change, platforms) for change in expected.changes],
        "facts": [asdict(fact) for fact in expected.facts],
        "entries": sorted(expected.entries),
        **_waiting(expected),
    }


def _entries(keys: Collection[Key]) -> Iterator[str]:
    if keys:
        yield f"readers who ask read otherwise, and nobody gets a message: {', '.join(sorted(keys))}"


def _waiting(report: Forecast | PublishReport) -> dict[str, Any]:
    """What waits for an editor, and of it for an owner."""
    many = [key for key, each in report.waiting.items() if each.why == "many"]
    return {
        "waiting": {key: each.why for key, each in report.waiting.items()},
        "held": sorted(bulletins_in(many)),
        "digest": report.confirmation,
    }


def _change(expected: ChangeForecast, now: float) -> Iterator[str]:
    yield f"{id_of(expected.change)}: {describe(expected.change)}"
    for expectation in expected.audience:
        waits = f", {expectation.later} of them wait until {_moment(expectation.until)} at the latest"
        later = waits if expectation.later else ""
        yield f"  {expectation.platform:<9} {expectation.language:<3} {expectation.readers:>8} reader{'s' * (expectation.readers != 1)}{later}"
    for platform, seconds in expected.seconds.items():
        yield f"  {platform:<9} takes {_length(seconds)} at the permitted rate"
    if isinstance(expected.change, Added) and expected.change.bulletin.not_before > now:
        yield f"  not before {_moment(expected.change.bulletin.not_before)}"
    for language, text in _texts(expected).items():
        yield f"  ── {language} " + "─" * 40
        yield from (f"  {line}" for line in text.splitlines())
    yield ""


def _expectation_as_json(expectation: Expected) -> dict[str, Any]:
    fields = asdict(expectation)
    return {"held" if name == "later" else name: value for name, value in fields.items()}  # a contract of --json


def _fact(fact: FactChange) -> Iterator[str]:
    topics = ", ".join(fact.topics) or "no topic"
    yield f"fact {fact.fact} changed, in {', '.join(fact.languages)}; it is shown by: {topics}"
    for language in fact.languages:
        yield f"  {language:<3} {fact.before.get(language, '—')} → {fact.after[language]}"


def _fields(expected: ChangeForecast, platforms: Sequence[Platform[Any]]) -> dict[str, Any]:
    change = expected.change
    replies = _replies(expected).items()
    payloads = {name: {platform.name: platform.payload(reply) for platform in platforms} for name, reply in replies}
    return {
        "bulletin": id_of(change),
        "change": type(change).__name__.lower(),
        "state": change.state if isinstance(change, Added | Revised) else None,
        "audience": [_expectation_as_json(expectation) for expectation in expected.audience],
        "seconds": dict(expected.seconds),
        "text": _texts(expected),
        "payloads": payloads,
    }


def _texts(expected: ChangeForecast) -> dict[Language, str]:
    return {language: render(reply) for language, reply in _replies(expected).items()}


def _replies(expected: ChangeForecast) -> Mapping[Language, Any]:
    """The reply that would be sent in each language; for a correction, only in the languages that changed."""
    match expected.change:
        case Added(item, "scheduled") | Retargeted(item, _, True):
            return {name: single_reply(LabelledBulletin(text), name) for name, text in item.articles.items()}
        case Revised(item, _, _, languages, restored):
            day, former = datetime.now(UTC).date(), expected.former
            texts = {
                name: corrected(item.articles[name], former.get(name), day, name, was_withdrawn=restored)
                for name in sorted(languages)
            }
            return {name: single_reply(LabelledBulletin(text, "corrected", day), name) for name, text in texts.items()}
        case Added() | Rescheduled() | Retargeted() | Withdrawn() | Gone() | Returned():
            return {}


def _moment(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"


def _length(seconds: float) -> str:
    """``8 s`` · ``12 min`` · ``9 h 15 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


EXAMPLES = (
    "nota publish --dry-run            # who would get what, and when",
    "nota publish --dry-run --json",
    f"nota publish 2026-01-31-first-term --to {PLATFORMS[0].account_example}",
    "nota publish --rollback           # import files that were in force before",
    "nota publish --confirm 1f2e3d4c5b6a   # correct or withdraw many bulletins at once, as the dry run listed them",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("publish", help="publish new bulletins, correct changed ones, mark withdrawn ones")
    parser.add_argument("bulletin", nargs="*", help="publish this bulletin even if it is old (its id or file)")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument(
        "--dry-run",
        action="store_true",
        help="only print what would be sent, to how many readers, and how long it would take",
    )
    ways.add_argument(
        "--to",
        metavar="CHAT",
        help=f"send a try-out of one bulletin to one chat only ({'; '.join(filter(None, (platform.chat_example for platform in PLATFORMS)))})",
    )
    ways.add_argument(
        "--confirm",
        metavar="DIGEST",
        help="correct and withdraw the bulletins that wait for a confirmation, if their digest is still this one",
    )
    parser.add_argument(
        "--rollback",
        action="store_true",
        help="import these files although later ones are in force: from now on they are the newest",
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON; with --dry-run also the payload for each platform"
    )
    parser.set_defaults(holds=False)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Publishes, or prints what would be published. Nothing is published if the content has an error.

    Exits with 1 if the database belongs to another dossier, or if bulletins wait for an owner.
    """
    files = valid_files(settings, fits=True)
    only_reads = args.dry_run and not args.holds

    async def publish(store: Store, *, is_copy: bool = False) -> int:
        newsroom = Newsroom(store)
        live = await in_force(store, files, only_reads=only_reads and not is_copy)
        if refusal := await newsroom.refusal(live.own, also_unused=only_reads):
            raise InvalidContent(refusal)
        if args.confirm is not None:
            return await _take_many(settings, newsroom, live, args.confirm)
        now = await store.database.moment()
        holder = None if args.rollback else Holder("", "", now)
        imported = await newsroom.plan_import(live, holder, is_desk_used=settings.is_desk_used)
        if imported is None:
            raise CommandError(
                "these files are former ones, and later ones are in force, expected the later files, or --rollback"
            )
        forced = [_bulletin_id(imported.dossier, name) for name in args.bulletin]
        if args.to is not None:
            await _try_out(newsroom, imported.dossier, forced, args.to, settings.platforms)
        elif args.dry_run:
            if args.holds:
                await newsroom.hold(imported.tree)
            found = await forecast(newsroom, imported, forced, _limits(settings))
            show(as_fields(found, settings.platforms), "\n".join(as_lines(found)), args.json)
        else:
            with tqdm(desc="deliveries written", unit="", disable=None, leave=False) as bar:
                counting = copy(store)
                counting.fan_out = replace(store.fan_out, on_written=bar.update)
                report = await Newsroom(counting).publish_changes(imported, forced, holder)
            if report.outdated or report.overtaken:  # a running bot was quicker, perhaps with these very files
                return await publish(store)
            others = imported.altered.keys() - {f"bulletins/{id_of(each)}" for each in report.changes}
            lines = [*report_lines(report), *_entries(others)]
            show(_report_fields(report), "\n".join(lines) or "nothing has changed", args.json)
            return 1 if report.confirmation else 0
        return 0

    is_whole = args.to is None and args.confirm is None and not args.rollback and not only_reads
    makes = files.dossier if is_whole else None
    on_copy = partial(publish, is_copy=True) if only_reads else None
    return with_store(settings, publish, only_reads=only_reads, makes=makes, on_copy=on_copy)


def dry_run(settings: Settings, *, as_json: bool, holds: bool = False) -> int:
    """``nota publish --dry-run``. ``holds``: migrates, and stops all sending if the files are new to the database."""
    args = argparse.Namespace(
        bulletin=[], to=None, confirm=None, rollback=False, dry_run=True, json=as_json, holds=holds
    )
    return run(args, settings)


def _report_fields(report: PublishReport) -> dict[str, Any]:
    changed = [{"bulletin": id_of(change), "change": type(change).__name__.lower()} for change in report.changes]
    return {"changes": changed, "published": report.published, **_waiting(report)}


async def _take_many(settings: Settings, newsroom: Newsroom, live: LiveDossier, confirmation: str) -> int:
    """Puts the bulletins in force that wait for an owner."""
    desk, person = desk_of_shell(settings, newsroom.store, live)
    if (taken := await desk.take_many(person.account, confirmation)) is None:
        async with newsroom.store.database.read() as connection:
            name, keys = await newsroom.store.changes.many(connection)
        waits = f"{many_notice(len(keys), name)}: {', '.join(keys)}" if name else "nothing waits for a confirmation"
        raise CommandError(f"--confirm {confirmation}: not the digest of what waits\n{waits}")

    async def reload() -> None:
        """What waits is of files that were checked when they were imported."""

    worker = NewsroomWorker(newsroom, live, desk, reload, lambda: None, "")
    await follow_changes(newsroom.store, live)
    await worker.come_into_force(taken)  # unless a running bot was quicker
    async with newsroom.store.database.read() as connection:
        found = await newsroom.store.changes.read(connection, taken.id)
    if found is None or found.state != "in_force":
        raise CommandError(
            f"{taken.title}: taken, and not in force yet, expected: look at change {taken.id} at the desk"
        )
    print(f"{taken.title}: in force")
    return 0


async def _try_out(
    newsroom: Newsroom, dossier: Dossier, forced: list[BulletinId], chat: str, platforms: Sequence[Platform[Any]]
) -> None:
    if len(forced) != 1:
        raise CommandError(f"--to: expected one bulletin to send, as in `nota publish 2026-01-31-news --to {chat}`")
    address = address_in(chat, platforms)
    if address is None:
        examples = "; ".join(platform.chat_example for platform in platforms if platform.chat_example)
        raise CommandError(f"--to {chat}: expected the address of a chat ({examples})")
    kind = next(platform.kind_of(address) for platform in platforms if platform.name == address.platform)
    reader = await newsroom.store.readers.get(address) or await newsroom.store.readers.meet(address, kind)
    try:
        is_sent = await newsroom.try_out(dossier, forced[0], reader)
    except OtherDossier as refusal:
        raise CommandError(str(refusal)) from refusal
    if not is_sent:
        raise CommandError(f"{forced[0]}: already published")
    print(
        f"{forced[0]}: a try-out goes to {chat}; `nota publish` sends the bulletin to its readers, also there if it is one"
    )


def _limits(settings: Settings) -> dict[str, Limits]:
    return {platform.name: platform.limits(settings.of(platform)) for platform in settings.platforms}


def _bulletin_id(dossier: Dossier, id_or_file: str) -> BulletinId:
    name = BulletinId(id_or_file.replace("\\", "/").rpartition("/")[2].removesuffix(".yaml"))
    if name not in dossier.bulletins:
        raise CommandError(f"no bulletin {name!r}, {did_you_mean(name, dossier.bulletins, 'a bulletin')}")
    return name
