"""Claims on Discord: typed, with /check, in reply to a message; over the real websocket and HTTP."""

from typing import Any

import pytest

from tests.platforms.discord.conftest import Talk
from tests.servers.discord_people import Shown
from tests.servers.discord_world import DM
from tests.servers.discord_writers import MENTION, Writer

RUMOUR = "the memorandum lasts ten years"
NO = "✗ No. The memorandum’s first term: five years, not ten years"
in_module = pytest.mark.asyncio(loop_scope="module")


FEEDS = {"id": "5", "username": "feeds", "bot": True}


def text_display(text: str) -> dict[str, Any]:
    """components/reference#text-display."""
    return {"type": 10, "content": text}


def whole(shown: Shown) -> str:
    return f"{shown.title}\n{shown.text}"


def directly(talk: Talk) -> Writer:
    """Somebody who writes a direct message."""
    return talk.writer(talk.discord.world.add(DM))


@in_module
class TestWays:
    """However a claim comes, it is answered the same."""

    @pytest.mark.parametrize("text", [RUMOUR, f"is it true that {RUMOUR}?", f"/check {RUMOUR}", f"/cek {RUMOUR}"])
    async def test_typed(self, talk: Talk, text: str) -> None:
        assert (await directly(talk).ask(text)).title.startswith(NO)

    @pytest.mark.parametrize(
        "text",
        [
            f"||{RUMOUR}||",
            f"`{RUMOUR}`",
            f"```\n{RUMOUR}\n```",
            f"> {RUMOUR}",
            "**the memorandum** lasts __ten__ years",
        ],
    )
    async def test_typed_in_another_type(self, talk: Talk, text: str) -> None:
        """What is struck out is no claim."""
        assert (await directly(talk).ask(text)).title.startswith(NO)
        assert NO[2:] not in whole(await directly(talk).ask(f"~~{text}~~"))

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

    @pytest.mark.parametrize(
        "post",
        [
            {
                "embeds": [
                    {"type": "rich", "title": "Fact check", "description": f"> **[{RUMOUR}](https://a.example/1).**"}
                ]
            },
            {"embeds": [{"type": "rich", "title": "", "fields": [{"name": "Breaking", "value": RUMOUR}]}]},
            {"embeds": [{"type": "link", "url": "https://a.example/1", "title": RUMOUR}]},
            {
                "flags": 1 << 15,
                "components": [{"type": 17, "components": [{"type": 9, "components": [text_display(f"## {RUMOUR}")]}]}],
            },
        ],
        ids=["description", "field", "preview", "components"],
    )
    async def test_what_a_bot_posted(self, talk: Talk, post: dict[str, Any]) -> None:
        """By the message command; in reply, where Discord gives it; forwarded. An author and a footer state nothing."""
        writer = directly(talk)
        posted = writer.message("") | post | {"author": FEEDS}
        about = {
            "author": {"name": "The memorandum lasts five years"},
            "footer": {"text": "The memorandum lasts five years"},
        }
        posted["embeds"] = [about | embed for embed in posted["embeds"]]
        assert NO[2:] in whole(await talk.somebody().check(posted))
        assert NO[2:] in whole(await writer.ask("is this true?", replies_to=posted))
        forward = {"type": 1, "message_id": "77", "channel_id": "1"}
        assert NO[2:] in whole(await writer.ask("", message_reference=forward, message_snapshots=[{"message": posted}]))

    async def test_in_a_server_discord_withholds_what_a_bot_posted(self, talk: Talk) -> None:
        writer = talk.writer()
        posted = writer.message("") | {"author": FEEDS, "embeds": [{"type": "rich", "title": RUMOUR}]}
        assert NO[2:] not in whole(await writer.ask(f"{MENTION} is this true?", replies_to=posted))

    async def test_own_answers_are_not_checked(self, talk: Talk) -> None:
        """They quote what others claim."""
        writer = directly(talk)
        await writer.ask(RUMOUR)
        assert NO[2:] not in whole(await talk.somebody().check(writer.answers()[-1]))

    async def test_what_is_no_text(self, talk: Talk) -> None:
        odd = [
            {"type": 10, "content": 5},
            {"type": 12, "items": [{"description": RUMOUR}]},
            "x",
            {"type": 17, "components": {}},
        ]
        deep = text_display(RUMOUR)
        for _ in range(50):
            deep = {"type": 17, "components": [deep]}
        poll = {"type": "poll_result", "fields": [{"name": "poll_question_text", "value": RUMOUR}]}
        posted = directly(talk).message("") | {"embeds": [poll], "components": [*odd, deep]}
        assert (await talk.somebody().check(posted)).title.endswith("Nothing to check")

    async def test_forwarded(self, talk: Talk) -> None:
        """Discord gives the text of a forward in direct messages (resources/message#message-snapshot-object)."""
        forward = {"type": 1, "message_id": "77", "channel_id": "1"}  # resources/message#message-reference-types
        snapshots = [{"message": {"type": 0, "content": RUMOUR, "embeds": []}}]
        writer = directly(talk)
        assert (await writer.ask("", message_reference=forward, message_snapshots=snapshots)).title.startswith(NO)
