"""The platforms, each in a folder with the same file names. Platforms do not import each other."""

from typing import Any

from bot.platforms.discord.platform import DISCORD
from bot.platforms.email.platform import MAIL
from bot.platforms.platform import Platform
from bot.platforms.telegram.platform import TELEGRAM
from bot.platforms.webpush.platform import WEB_PUSH

PLATFORMS: tuple[Platform[Any], ...] = (TELEGRAM, DISCORD, WEB_PUSH, MAIL)
"""The platforms of this release. An account without a platform's name belongs to the first one."""
