"""``nota doctor``: each setting against reality, and how to mend each fault."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from typing import Any

from bot.examining import (
    examine_address,
    examine_content,
    examine_database,
    examine_folder,
    examine_listening,
    examine_people,
    examine_secrets,
)
from bot.finding import Finding
from bot.logs import Redaction
from bot.rereading import proofread_for_all, today
from bot.settings import Settings

SIGNS = {"well": "✓", "note": "!", "fault": "✗"}


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("doctor", help="hold each setting against reality; exit 1 if something must be mended")
    parser.set_defaults(run=run)


def run(_given: argparse.Namespace, settings: Settings) -> int:
    """Prints what was found; exit 1 where there is a fault."""
    return asyncio.run(examine(settings))


async def examine(settings: Settings) -> int:
    redaction, grades = Redaction(settings.secrets), []
    async for finding in _examine(settings):
        grades.append(finding.grade)
        remedy = f"\n    → {finding.remedy}" if finding.remedy else ""
        print(redaction.text(f"{SIGNS[finding.grade]} {finding.subject}: {finding.said}{remedy}"), flush=True)
    return 1 if "fault" in grades else 0


async def _examine(settings: Settings) -> AsyncIterator[Finding]:
    loading = await asyncio.to_thread(proofread_for_all, settings.content_dir, today())
    for finding in (
        *examine_content(settings.content_dir, loading),
        *examine_folder(settings),
        *examine_secrets(settings),
        *await asyncio.to_thread(lambda: list(examine_listening(settings))),
        *examine_people(settings),
    ):
        yield finding
    async for finding in examine_database(settings):
        yield finding
    async for finding in examine_address(settings.public_url):
        yield finding
    async for finding in _examine_platforms(settings):
        yield finding


async def _examine_platforms(settings: Settings) -> AsyncIterator[Finding]:
    if settings.telegram_token:
        from bot.platforms.telegram.diagnosis import diagnose as telegram  # noqa: PLC0415  heavy

        token = settings.telegram_token.get_secret_value()
        owners, desk = settings.owners_on("telegram"), _desk(settings, "telegram")
        async for finding in telegram(token, settings.telegram_api_url, settings.public_url, owners, desk):
            yield finding
    if settings.discord_token:
        from bot.platforms.discord.diagnosis import diagnose as discord  # noqa: PLC0415  heavy

        token, key = settings.discord_token.get_secret_value(), settings.discord_public_key
        owners, desk = settings.owners_on("discord"), _desk(settings, "discord")
        async for finding in discord(token, settings.discord_api_url, key, settings.public_url, owners, desk):
            yield finding


def _desk(settings: Settings, platform: str) -> int | None:
    """The editors' chat, where it is there."""
    desk = settings.desk
    return desk.chat_id if desk and desk.platform == platform else None
