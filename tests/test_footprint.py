"""Memory that is done with goes back to the system."""

import subprocess
import sys

import pytest

from bot.footprint import SETTLED_SECONDS, settle

HOLD_AND_FREE = """
import psutil
from bot.footprint import give_back
many = [bytearray(1000) for _ in range(60_000)]
last = bytearray(1000)
del many
before = psutil.Process().memory_info().rss
give_back()
print((before - psutil.Process().memory_info().rss) / 1e6)
"""


class TestFootprint:
    """What the start needed and nothing needs any more."""

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc has malloc_trim")
    def test_is_given_back(self) -> None:
        """60 MB in small pieces below one that stays, which the C library keeps by itself."""
        done = subprocess.run([sys.executable, "-c", HOLD_AND_FREE], capture_output=True, text=True, check=True)
        assert float(done.stdout) > 30

    async def test_once_the_start_is_over(self) -> None:
        """Not on its way."""
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)

        await settle(sleep)
        assert slept == [SETTLED_SECONDS]


UNUSED = frozenset(
    {
        "sqlalchemy.orm",  # sqlalchemy.ext.asyncio brings it along (docs/decisions/0090)
        "sqlalchemy.dialects.postgresql",
        "sqlalchemy.dialects.sqlite",  # until the database is opened
        "alembic",
        "jinja2",
        "nh3",
        "segno",
        "bot.pictures.drawing",
        "bot.app.content_check",
        "bot.cli.ask",
        "asyncpg",
        "hikari",
        "telegram",
    }
)
"""What a bot that waits has no use for, or not on every platform and database."""


class TestImports:
    """`nota run` imports what it uses, when it uses it."""

    def test_bring_in_nothing_that_may_never_be_used(self) -> None:
        """Before anything is started; together these would take 50 MB."""
        code = "import sys, bot.cli.run; print(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert UNUSED.isdisjoint(done.stdout.split())
