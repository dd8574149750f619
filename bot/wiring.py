"""Builds everything; the only place that knows everyone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from aiohttp import ClientSession, web

from bot.alarms import Alarms, Owners, sounding
from bot.answers.reply import Reply
from bot.conversation import Conversation
from bot.delivery import Address
from bot.desk import OwnersDesk
from bot.dossier.loading import load
from bot.edition import Edition
from bot.footprint import settle
from bot.gallery import Gallery, gallery_of
from bot.metrics import Metrics
from bot.newsroom.comparing import Newsroom
from bot.newsroom.watching import Watching
from bot.outbox.serving import Outboxes
from bot.platforms import Report
from bot.platforms.discord.render import render as render_for_discord
from bot.platforms.telegram.render import call as telegram_call
from bot.platforms.web.forwarded import OwnAddress
from bot.platforms.web.metrics import add_metrics
from bot.platforms.web.pages import add_pages
from bot.platforms.web.preview import Preview
from bot.platforms.web.public import Public
from bot.platforms.web.send import PreviewSender
from bot.readiness import Readiness, disk_warning
from bot.rereading import Stamps, follow, is_right, stamps, take_anew, today
from bot.running import CannotListen, Part, run_until_stopped, serving, stopping
from bot.settings import Settings
from bot.store.database import UnusableDatabase
from bot.store.following import follow_changes
from bot.store.noticing import warn_of_none
from bot.store.store import Store, open_store
from bot.store.tidying import tidy
from bot.store.unanswered import Tally
from bot.wire.addresses import policy
from bot.wire.opening import Wire, open_wire

log = structlog.get_logger("bot")

MAX_BODY_BYTES = 1024 * 1024

PAYLOADS: dict[str, Callable[[Reply], dict[str, Any]]] = {
    "telegram": telegram_call,
    "discord": render_for_discord,
}
"""Platform → what it would be sent for a reply."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a platform is given to work with; ``seen`` are the content's stamps of when the edition was read."""

    settings: Settings
    edition: Edition
    seen: Stamps
    store: Store
    conversation: Conversation
    session: ClientSession
    app: web.Application
    metrics: Metrics
    readiness: Readiness
    gallery: Gallery
    outboxes: Outboxes
    alarms: Alarms
    owners: Owners
    preview: Preview | None
    tally: Tally
    wire: Wire


async def run(settings: Settings) -> int:
    """Runs whatever the settings enable until SIGTERM or SIGINT. Returns the exit status."""
    seen = stamps(settings.content_dir)
    loading = load(settings.content_dir, today())
    for mistake in loading.mistakes:
        log.log(30 if mistake.warning else 40, str(mistake))
    if loading.dossier is None:
        return 1
    edition = Edition(loading.dossier, loading.mistakes)
    if warning := disk_warning(settings):
        log.warning(warning)
    try:
        async with open_store(settings.database_url) as store, ClientSession() as session:
            desk = await _desk(settings, edition, seen, store, session)
            _add_pages(desk)
            stop, platforms = stopping(), _platforms(desk)
            async with serving(desk.app, settings, platforms.values()):
                await run_until_stopped(stop, platforms, _background(desk), desk.readiness.platforms)
                return 0
    except (UnusableDatabase, CannotListen) as unusable:
        log.error(str(unusable))
        return 1


async def _desk(settings: Settings, edition: Edition, seen: Stamps, store: Store, session: ClientSession) -> Desk:
    metrics, alarms = Metrics(), sounding(settings.secrets)
    readiness = Readiness(settings, edition, store.database, metrics, alarms.counts)
    tally = Tally(store.unanswered, settings.store_questions)
    gallery = gallery_of(edition, today, settings.database_url)
    owners_desk = OwnersDesk(frozenset(settings.owners), readiness.state)
    conversation = Conversation(edition, store, today, metrics.answered, owners_desk, tally.note)
    outboxes = Outboxes(store, metrics.attempted)
    wire = await open_wire(store, edition, settings.desk, outboxes.nudge, frozenset(settings.editors))
    conversation.wire = wire.commands
    preview = Preview(conversation, PAYLOADS, gallery.of_reply, lambda: datetime.now(UTC))
    return Desk(
        settings,
        edition,
        seen,
        store,
        conversation,
        session,
        web.Application(client_max_size=MAX_BODY_BYTES),
        metrics,
        readiness,
        gallery,
        outboxes,
        alarms,
        Owners(settings.owners, lambda *person: conversation.language(Address(*person), None)),
        preview if settings.serves_preview else None,
        tally,
        wire,
    )


def _add_pages(desk: Desk) -> None:
    """Health and metrics always; the preview for this machine, behind its password, or as it was asked for."""
    settings, readiness = desk.settings, desk.readiness
    password = settings.preview_password.get_secret_value() if settings.preview_password else None
    public, own = Public(desk.conversation, desk.gallery), OwnAddress(settings.public_url, settings.paas is not None)
    everybody = bool(settings.preview)
    add_pages(desk.app, readiness.checks, public, desk.preview, password, everybody=everybody, own=own)
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else None
    add_metrics(desk.app, readiness.collect, token, settings.is_public)


def _platforms(desk: Desk) -> dict[str, Part]:
    """The platforms that the settings enable; each adds its routes to the app before it is served."""
    settings = desk.settings
    parts: dict[str, Part] = {}
    if settings.telegram_token:
        from bot.platforms.telegram.platform import Telegram  # noqa: PLC0415  costs memory where it is not enabled

        token, rate = settings.telegram_token.get_secret_value(), settings.telegram_messages_per_second
        api_url, limited = settings.telegram_api_url, partial(desk.metrics.limited, "telegram")
        bot = Telegram(token, api_url, settings.public_url, rate, desk.session, desk.app, limited)
        desk.owners.writers["telegram"] = bot.write_to

        def answering(report: Report) -> Part:
            return bot.run(desk.conversation, report, desk.gallery, desk.outboxes.elected)

        parts["telegram"] = desk.outboxes.beside(bot.sender, answering, desk.readiness.reporter("telegram"))
    if settings.discord_token:
        parts["discord"] = _discord(desk, settings.discord_token.get_secret_value())
    return parts


def _discord(desk: Desk, token: str) -> Part:
    from bot.platforms.discord.platform import Discord  # noqa: PLC0415  costs memory where it is not enabled

    settings = desk.settings
    if settings.public_url and not settings.discord_public_key:
        log.warning("DISCORD_PUBLIC_KEY is not set: interactions come by the gateway, PUBLIC_URL notwithstanding")
    public_key = settings.discord_public_key if settings.public_url else None
    api_url, shards, url = settings.discord_api_url, settings.discord_shards, settings.public_url
    limited = partial(desk.metrics.limited, "discord")
    bot = Discord(token, api_url, public_key, shards, desk.conversation, desk.app, url, desk.gallery, limited)
    desk.owners.writers["discord"] = bot.write_to
    answering = partial(bot.run, alone=desk.outboxes.elected)
    return desk.outboxes.beside(bot.sender, answering, desk.readiness.reporter("discord"))


def _background(desk: Desk) -> dict[str, Callable[[], Part]]:
    """What goes on beside the platforms."""
    store, edition, folder = desk.store, desk.edition, desk.settings.content_dir
    reread = partial(take_anew, edition, folder)
    looked = desk.readiness.looked
    watching = Watching(Newsroom(store), edition, partial(is_right, folder), reread, desk.outboxes.nudge, looked)
    to_preview = {"preview": partial(desk.outboxes.alone, PreviewSender(desk.preview))} if desk.preview else {}
    allowed, url = policy(desk.settings.feeds_allow), desk.settings.public_url or ""
    feeds = {"feeds": lambda: desk.wire.watch(allowed, url)} if desk.settings.feeds else {}
    parts = {
        "content": lambda: follow(edition, folder, desk.seen, shows_mistakes=bool(desk.preview)),
        "words": edition.understand,
        "changes": lambda: follow_changes(store.database, store.readers),
        "notices": lambda: warn_of_none(store.database),
        "tidying": lambda: tidy(store),
        "footprint": settle,
        "unanswered": desk.tally.run,
        "newsroom": watching.run,
        "loop": desk.metrics.watch_the_loop,
        "stories": desk.wire.following.run,
        "alarms": lambda: desk.alarms.run(store.database, desk.owners.tell),
    }
    return to_preview | feeds | parts
