"""Buttons and menus under an answer to words, which is a message of the bot's own."""

import pytest

from tests.platforms.discord.conftest import Talk
from tests.servers.discord_writers import MENTION

pytestmark = pytest.mark.asyncio(loop_scope="module")


class TestButtons:
    """Under such an answer they work as under any other."""

    async def test_change_it_in_place_again_and_again(self, talk: Talk) -> None:
        """Menus too, for whoever presses."""
        writer = talk.writer()
        shown = await writer.ask(f"{MENTION} /programs")
        person = talk.somebody(writer.channel)
        talent = await person.choose(shown, shown.options["🎓 Digital talent"])
        assert (talent.is_in_place, talent.title) == (True, "🎓 Digital talent")
        back = await person.press(talent, talent.buttons["◀️ All programmes"])
        assert (back.is_in_place, back.title) == (True, shown.title)
        again = await person.choose(back, back.options["🎓 Digital talent"])
        assert again.is_in_place

    async def test_what_concerns_the_channel_takes_a_press(self, talk: Talk) -> None:
        """Only that tells who may do it (a message comes without the author's permissions)."""
        writer = talk.writer()
        shown = await writer.ask(f"{MENTION} /subscribe")
        (press,) = shown.buttons.values()
        member = await talk.somebody(writer.channel).press(shown, press)
        assert (member.is_private, member.title) == (True, "🔒 For admins")
        manager = await talk.somebody(writer.channel, permissions=1 << 5).press(shown, press)
        assert (manager.is_in_place, manager.title) == (True, "✅ Subscribed")

    async def test_what_was_typed_goes_along(self, talk: Talk) -> None:
        """Unless it is too long for a button."""
        writer = talk.writer()
        shown = await writer.ask(f"{MENTION} /language ru")
        assert list(shown.buttons.values()) == ["=c/language/ru"]
        shown = await writer.ask(f"{MENTION} /settings {'x' * 200}")
        assert list(shown.buttons.values()) == ["=c/settings/"]
