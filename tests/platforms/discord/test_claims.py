"""Claims on Discord: typed, with /check, in reply to a message; over the real websocket and HTTP."""

import pytest

from tests.platforms.discord.conftest import Talk
from tests.servers.discord_world import DM
from tests.servers.discord_writers import MENTION, Writer

RUMOUR = "the memorandum lasts ten years"
NO = "✗ No. The memorandum’s first term: five years, not ten years"
in_module = pytest.mark.asyncio(loop_scope="module")


def directly(talk: Talk) -> Writer:
    """Somebody who writes a direct message."""
    return talk.writer(talk.discord.world.add(DM))


@in_module
class TestWays:
    """However a claim comes, it is answered the same."""

    @pytest.mark.parametrize("text", [RUMOUR, f"is it true that {RUMOUR}?", f"/check {RUMOUR}", f"/cek {RUMOUR}"])
    async def test_typed(self, talk: Talk, text: str) -> None:
        assert (await directly(talk).ask(text)).title.startswith(NO)

    async def test_by_the_slash_command(self, talk: Talk) -> None:
        assert (await talk.somebody().use("check", claim=RUMOUR)).title.startswith(NO)

    async def test_in_a_server_with_a_mention(self, talk: Talk) -> None:
        assert (await talk.writer().ask(f"{MENTION} {RUMOUR}")).title.startswith(NO)

    @pytest.mark.parametrize("text", ["is this true?", MENTION, f"{MENTION} benarkah?"])
    async def test_in_reply_to_a_message(self, talk: Talk, text: str) -> None:
        """Discord gives its text in direct messages."""
        writer = directly(talk)
        said = {"id": "77", "channel_id": "1", "content": RUMOUR, "author": {"id": "5", "username": "budi"}}
        assert (await writer.ask(text, replies_to=said)).title.startswith(NO)

    async def test_forwarded(self, talk: Talk) -> None:
        """Discord gives the text of a forward in direct messages (resources/message#message-snapshot-object)."""
        forward = {"type": 1, "message_id": "77", "channel_id": "1"}  # resources/message#message-reference-types
        snapshots = [{"message": {"type": 0, "content": RUMOUR, "embeds": []}}]
        writer = directly(talk)
        assert (await writer.ask("", message_reference=forward, message_snapshots=snapshots)).title.startswith(NO)
