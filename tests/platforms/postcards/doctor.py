"""``nota doctor`` for postcards: the folder."""

from collections.abc import AsyncIterator

from bot.platforms.base import Finding, ok, problem
from bot.platforms.platform import Deployment
from tests.platforms.postcards.platform import PostcardSettings


async def diagnose(settings: PostcardSettings, _deployment: Deployment) -> AsyncIterator[Finding]:
    if settings.folder.is_dir():
        yield ok("POSTCARDS_FOLDER", f"{settings.folder} is there")
    else:
        yield problem("POSTCARDS_FOLDER", f"{settings.folder} is not there", "run `nota migrate`")
