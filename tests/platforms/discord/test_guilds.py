"""Where in a server the bot may greet (topics/permissions#permission-overwrites)."""

from typing import Any

import pytest

from bot.platforms.discord.types import greeting_channel, guild_of

ME, GUILD, OURS, OTHER = 1, 2, 3, 4
VIEW, SEND, EMBED, ADMINISTRATOR = 1 << 10, 1 << 11, 1 << 14, 1 << 3
ALL = VIEW | SEND | EMBED


def may_greet(everyone: int = ALL, ours: int = 0, *overwrites: tuple[int, int, int]) -> bool:
    """With these permissions of everyone's and our role's; overwrites are (of whom, allow, deny)."""
    roles: list[dict[str, Any]] = [
        {"id": str(GUILD), "permissions": str(everyone)},
        {"id": str(OURS), "permissions": str(ours), "tags": {"bot_id": str(ME)}},
        {"id": str(OTHER), "permissions": str(ADMINISTRATOR)},
    ]
    rules = [{"id": str(whose), "allow": str(allow), "deny": str(deny)} for whose, allow, deny in overwrites]
    channels = [{"id": "9", "type": 0, "permission_overwrites": rules}]
    members = [{"user": {"id": str(ME)}, "roles": []}]
    given = {"id": str(GUILD), "roles": roles, "channels": channels, "members": members}
    return greeting_channel(guild_of(given), ME) is not None


class TestPermissions:
    """Everyone's, then the bot's role's, then the channel's own."""

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ((ALL, 0), True),
            ((VIEW | SEND, 0), False),
            ((VIEW | SEND, EMBED), True),
            ((0, ADMINISTRATOR, (GUILD, 0, ALL)), True),
            ((ALL, 0, (GUILD, 0, SEND)), False),
            ((ALL, 0, (GUILD, 0, SEND), (OURS, SEND, 0)), True),
            ((ALL, 0, (OURS, SEND, 0), (ME, 0, SEND)), False),
            ((ALL, 0, (OURS, 0, SEND), (ME, SEND, 0)), True),
            ((ALL, 0, (OTHER, 0, ALL)), True),
        ],
    )
    def test_as_documented(self, given: tuple[Any, ...], expected: bool) -> None:
        """Another role's are no matter."""
        assert may_greet(*given) is expected

    def test_where_none_are_told(self) -> None:
        """Nothing speaks against it."""
        bare = guild_of({"id": "2", "channels": [{"id": "9", "type": 0}]})
        assert greeting_channel(bare, ME) is not None

    def test_a_server_without_text_channels(self) -> None:
        """There is nowhere to greet."""
        assert greeting_channel(guild_of({"id": "2", "channels": [{"id": "9", "type": 2}]}), ME) is None
