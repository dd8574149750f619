"""One folder a platform, each with the same file names; none imports another."""

from typing import Any

from bot.platforms.discord.platform import DISCORD
from bot.platforms.platform import Platform
from bot.platforms.telegram.platform import TELEGRAM

PLATFORMS: tuple[Platform[Any], ...] = (TELEGRAM, DISCORD)
"""The platforms of this release. An id without a platform's name belongs to the first."""
