"""Which of the servers that Discord tells of are new to the bot."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.platforms.discord.guilds import LATELY_SECONDS, Guilds
from bot.platforms.discord.types import guild_of

ME = 1


class TestNewness:
    """Whether a server is new to the bot; the clock stands at 1,000,000,000."""

    NOW = 1_000_000_000.0

    @pytest.fixture
    def guilds(self) -> Guilds:
        """Of which one was listed as we connected."""
        guilds = Guilds(lambda: self.NOW)
        guilds.listed([1])
        return guilds

    def entered(self, guilds: Guilds, identity: int, seconds: float = 10 * LATELY_SECONDS, **about: Any) -> bool:
        joined = datetime.fromtimestamp(self.NOW - seconds, UTC)
        return guilds.entered(guild_of({"id": str(identity), "joined_at": joined, **about}), ME)

    def test_one_that_was_not_listed(self, guilds: Guilds) -> None:
        """Comes once; a day later it is no news."""
        assert self.entered(guilds, 2)
        assert not self.entered(guilds, 2)

    def test_one_that_was_listed(self, guilds: Guilds) -> None:
        """Only where it is so of late that nobody may have listened."""
        assert not self.entered(guilds, 1)
        assert self.entered(guilds, 1, LATELY_SECONDS - 1)
        assert not self.entered(guilds, 1, LATELY_SECONDS + 1)

    def test_one_that_became_available(self, guilds: Guilds) -> None:
        """Which Discord says of those that were listed, whatever became of the list."""
        assert not self.entered(guilds, 3, unavailable=False)

    def test_one_that_left_and_came_back(self, guilds: Guilds) -> None:
        """Is new again."""
        guilds.gone(1)
        assert self.entered(guilds, 1)
