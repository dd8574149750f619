"""What no client of Discord's does today: from servers we only visit, of older releases, of wrong types, in floods."""

from dataclasses import replace

import pytest

from tests.platforms.discord.conftest import Talk
from tests.servers.discord_people import MANAGER, Person
from tests.servers.discord_world import GROUP_DM, PUBLIC_THREAD

pytestmark = pytest.mark.asyncio(loop_scope="module")


class TestWhereWeAreNot:
    """Servers that we only visit, channels that we may not see or write in."""

    async def test_a_message_among_several_people(self, talk: Talk) -> None:
        """Whoever installed us for themselves asks there as well: answers and buttons work, subscribing is refused."""
        person = talk.somebody(talk.discord.world.add(GROUP_DM))
        shown = await person.use("programs")
        talent = await person.choose(shown, shown.options["🎓 Digital talent"])
        assert (talent.is_in_place, talent.title) == (True, "🎓 Digital talent")
        refused = await person.use("subscribe")
        assert refused.is_private
        assert "/about" in refused.text

    async def test_a_busy_message_among_several_people(self, talk: Talk) -> None:
        """Is a channel like others: what would push the rest off the screen is for the asker alone."""
        person = talk.somebody(talk.discord.world.add(GROUP_DM))
        assert [(await person.use("duration")).is_private for _ in range(5)] == [False] * 4 + [True]

    async def test_a_visitor_answers_and_no_more(self, talk: Talk) -> None:
        """Whoever brought us is told how to add us."""
        visitor = talk.somebody(permissions=MANAGER, brings_bot=True)
        assert (await visitor.use("duration")).title == "⏳ How long it lasts"
        shown = await visitor.use("subscribe")
        assert shown.is_private
        assert "/about" in shown.text

    async def test_a_channel_that_we_may_not_write_in(self, talk: Talk) -> None:
        """Subscribing it says which permissions are missing."""
        person = talk.somebody(talk.discord.world.add(ours=1 << 10), permissions=MANAGER)
        shown = await person.use("subscribe")
        assert shown.is_private
        assert "Send Messages, Embed Links" in shown.text
        assert "in Threads" not in shown.text

    async def test_a_channel_that_takes_no_files(self, talk: Talk) -> None:
        """Bulletins bring none: their pictures are addresses."""
        channel = talk.discord.world.add(ours=(1 << 10) | (1 << 11) | (1 << 14))
        assert (await talk.somebody(channel, permissions=MANAGER).use("subscribe")).title == "✅ Subscribed"

    async def test_a_thread_asks_for_the_permission_of_threads(self, talk: Talk) -> None:
        """Which is another one."""
        thread = talk.discord.world.add(PUBLIC_THREAD, ours=(1 << 10) | (1 << 14) | (1 << 11))
        shown = await talk.somebody(thread, permissions=MANAGER).use("subscribe")
        assert "Please allow me: Send Messages in Threads." in shown.text


class TestOlderReleases:
    """Commands and components that are no more."""

    async def test_an_unknown_command(self, talk: Talk) -> None:
        """Gets the nearest that there are."""
        shown = await talk.somebody().use("durations")
        assert "/durations" in shown.title
        assert "t/duration" in shown.buttons.values()

    @pytest.mark.parametrize("custom_id", ["t/gone", "b/2020-01-01-gone", "v1:old:format", "menu0", "x" * 100])
    async def test_an_unknown_component(self, talk: Talk, custom_id: str) -> None:
        """Is said to be old, to the presser alone."""
        person = talk.somebody()
        shown = await person.use("duration")
        pressed = await person.press(shown, custom_id)
        assert pressed.is_private
        assert pressed.title == "🕰 An old button"

    async def test_options_of_the_wrong_type(self, talk: Talk) -> None:
        """Are as good as none."""
        person = talk.somebody()
        assert not (await person.use("duration", private="yes")).is_private
        assert not (await person.use("duration", private=1)).is_private
        for value in (7, 1.5, True, None, {"a": 1}, ["b"]):
            assert (await person.use("ask", question=value)).components
            assert (await person.use("program", programme=value)).components


class TestFloods:
    """Somebody asks faster than people do."""

    async def test_are_told_so_each_time(self, talk: Talk) -> None:
        """Discord shows an error where we keep silent; others go on being answered."""
        person: Person = talk.somebody()
        answers = [await person.use("duration") for _ in range(24)]
        assert [shown.title for shown in answers].count("⏸ One moment") >= 2
        assert answers[-1].is_private
        assert (await replace(person, id=8).use("duration")).title == "⏳ How long it lasts"
