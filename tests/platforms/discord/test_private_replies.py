"""Replies that only the asker may see or press: the owners' status, a reported mistake, a check of our own message."""

import pytest

from bot.dossier.models import Dossier
from bot.replies.question import Command, token
from tests.platforms.discord.conftest import QUICK_MODE_FIRST, Talk, talking
from tests.servers.discord import discord_api
from tests.servers.discord_people import MANAGER, Shown
from tests.servers.discord_world import APPLICATION_ID, DM

WORDS = "the fare is wrong"


@pytest.fixture(params=QUICK_MODE_FIRST)
def mode(request: pytest.FixtureRequest) -> str:
    """Interactions by the gateway, and by HTTP."""
    return str(request.param)


async def words_of(talk: Talk) -> list[str]:
    return [report.words for report in await talk.conversation.store.reports.all(10)]


class TestStatus:
    """The owners' panel is changed in its place, and nobody else reads it."""

    @pytest.mark.parametrize("is_direct", [True, False], ids=["direct message", "server"])
    async def test_a_stop_changes_it(self, dossier: Dossier, mode: str, *, is_direct: bool) -> None:
        """It then offers to start."""
        async with discord_api() as discord:
            owner = discord.world.next_id()
            async with talking(mode, dossier, discord, owners=(f"discord:{owner}",)) as talk:
                where = discord.world.add(DM) if is_direct else discord.world.add()
                person = talk.somebody(where, permissions=MANAGER)
                person.id = owner
                panel = await person.use("status")
                assert panel.is_private is not is_direct
                stopped = await person.press(panel, token(Command("status", "stop")))
                assert stopped.is_in_place
                assert "▶️ Start sending again" in stopped.buttons
                assert "⏸ Stop all sending" not in stopped.buttons


class TestMistake:
    """The answer comes as a direct message, also where it was reported in a server."""

    async def test_in_a_server(self, dossier: Dossier, mode: str) -> None:
        async with talking(mode, dossier) as talk:
            person = talk.somebody()
            offered = await person.use("mistake", words=WORDS)
            assert offered.is_private
            passed = await person.press(offered, *offered.buttons.values())
            assert "it comes to you as a direct message" in passed.text
            assert await words_of(talk) == [WORDS]

    async def test_without_direct_messages_the_words_stay(self, dossier: Dossier, mode: str) -> None:
        """The refusal stands beside them, so that the button can be pressed again."""
        async with talking(mode, dossier) as talk:
            person = talk.somebody()
            offered = await person.use("mistake", words=WORDS)
            talk.discord.fault("/users/@me/channels", 403, {"message": "Cannot send messages", "code": 50007})
            refused = await person.press(offered, *offered.buttons.values())
            assert (refused.title, refused.is_private, refused.is_in_place) == ("🔕 I cannot write to you", True, False)
            assert await words_of(talk) == []
            await person.press(offered, *offered.buttons.values())
            assert await words_of(talk) == [WORDS]


async def test_our_own_message_is_shown_as_it_stands(dossier: Dossier, mode: str) -> None:
    """The message command is for what others write, and our answers quote them. A message without words is another case."""
    async with talking(mode, dossier) as talk:
        person = talk.somebody()
        embed = {"type": "rich", "title": "⏳ How long it lasts", "description": "The memorandum lasts five years."}

        async def told(author: int, embeds: list[dict[str, str]]) -> Shown:
            sent = {"id": "77", "content": "", "author": {"id": str(author), "username": "n"}, "embeds": embeds}
            return await person.check(sent)

        shown = await told(APPLICATION_ID, [embed])
        assert (shown.is_private, shown.title) == (True, "⏳ How long it lasts")
        assert "Reports differ" in shown.text
        assert "That message has no text" in (await told(66, [])).text
        assert "Nothing to check" not in (await told(66, [embed])).title
