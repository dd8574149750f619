"""What people do on Discord and what they see: the same by the gateway and by HTTP interactions."""

from dataclasses import replace

import pytest

from tests.platforms.discord.conftest import Talk
from tests.servers.discord_people import MANAGER, MEMBER, Person
from tests.servers.discord_world import DM, PUBLIC_THREAD

pytestmark = pytest.mark.asyncio(loop_scope="module")


class TestAnswers:
    """A command's answer stands in the channel, for all to see."""

    async def test_a_topic_is_answered_with_sources_and_day(self, talk: Talk) -> None:
        """As everywhere else."""
        shown = await talk.somebody().use("duration")
        assert not shown.is_private
        assert shown.title == "⏳ How long it lasts"
        (embed,) = shown.message["embeds"]
        assert "](https://" in embed["fields"][0]["value"]
        assert embed["footer"]["text"] == "as of 24 November 2026"

    async def test_more_than_five_choices_are_a_menu(self, talk: Talk) -> None:
        """Choosing one shows it in the same place, and so does the way back."""
        person = talk.somebody()
        programs = await person.use("programs")
        assert len(programs.options) == 6
        talent = await person.choose(programs, programs.options["🎓 Digital talent"])
        assert talent.is_in_place
        assert talent.title == "🎓 Digital talent"
        back = await person.press(talent, talent.buttons["◀️ All programmes"])
        assert (back.is_in_place, back.title) == (True, programs.title)

    async def test_a_list_is_paged_in_place(self, talk: Talk) -> None:
        """Older news replace newer."""
        person = talk.somebody()
        news = await person.use("news")
        older = await person.press(news, next(token for label, token in news.buttons.items() if "▶️" in label))
        assert older.is_in_place
        assert older.text != news.text

    async def test_a_question_in_ones_own_words(self, talk: Talk) -> None:
        """Is answered, or declined with a way on."""
        shown = await talk.somebody().use("ask", question="how long does it last")
        assert shown.components

    async def test_a_programme_by_its_name(self, talk: Talk) -> None:
        """By what was offered, or typed without taking the offer."""
        person = talk.somebody()
        assert (await person.use("program", programme="/talent")).title == "🎓 Digital talent"
        assert (await person.use("program", programme="talent")).title == "🎓 Digital talent"


class TestTyping:
    """While somebody types, what may be meant is offered in their language."""

    async def test_programmes(self, talk: Talk) -> None:
        """All at first, then what fits."""
        person = talk.somebody(locale="ru")
        assert len(await person.types("program", "programme", "")) == 6
        offered = await person.types("program", "programme", "кадр")
        assert next(iter(offered)) == "🎓 Цифровые кадры"
        assert (await person.use("program", programme=offered["🎓 Цифровые кадры"])).title == "🎓 Цифровые кадры"

    async def test_topics(self, talk: Talk) -> None:
        """By title, command, alias or a way of asking."""
        person = talk.somebody(locale="id")
        offered = await person.types("ask", "question", "berapa tahun")
        assert offered["⏳ Berapa lama berlakunya"] == "/duration"
        assert (await person.use("ask", question="/duration")).title == "⏳ Berapa lama berlakunya"

    async def test_nothing_fits(self, talk: Talk) -> None:
        """Nothing is offered, and nothing fails."""
        assert await talk.somebody().types("ask", "question", "zzzzqqqq") == {}


class TestLanguage:
    """The asker's, else the server's, else the dossier's."""

    @pytest.mark.parametrize(
        ("locale", "guild_locale", "title"),
        [
            ("ru", "en-US", "⏳ Сколько действует меморандум"),
            ("id", "ru", "⏳ Berapa lama berlakunya"),
            ("en-GB", "ru", "⏳ How long it lasts"),
            ("fr", "ru", "⏳ Сколько действует меморандум"),
            ("fr", "ja", "⏳ How long it lasts"),
            ("xx-unheard-of", "", "⏳ How long it lasts"),
        ],
    )
    async def test_order(self, talk: Talk, locale: str, guild_locale: str, title: str) -> None:
        """Unknown languages are passed over."""
        assert (await talk.somebody(locale=locale, guild_locale=guild_locale).use("duration")).title == title

    async def test_a_channels_choice_is_for_its_bulletins(self, talk: Talk) -> None:
        """Who asks is answered in their own language all the same; it fills in where the dossier lacks that."""
        manager = talk.somebody(permissions=MANAGER)
        panel = await manager.use("language", language="ru")
        assert "🇷🇺 Русский" in panel.text
        assert (await manager.use("duration")).title == "⏳ How long it lasts"
        assert (await replace(manager, locale="fr", guild_locale="fr").use("duration")).title.endswith("меморандум")

    async def test_in_a_direct_message_it_is_the_askers_choice(self, talk: Talk) -> None:
        """Nobody else is there."""
        person = talk.somebody(talk.discord.world.add(DM))
        panel = await person.use("language")
        assert panel.title == "🌐 Language"
        chosen = await person.press(panel, panel.buttons["🇷🇺 Русский"])
        assert chosen.title == "🌐 Язык"
        assert (await person.use("duration")).title == "⏳ Сколько действует меморандум"


class TestForOneselfAlone:
    """Answers that only the asker sees."""

    async def test_on_request(self, talk: Talk) -> None:
        """And what is pressed under them stays as private, in place."""
        person = talk.somebody()
        shown = await person.use("programs", private=True)
        assert shown.is_private
        chosen = await person.choose(shown, shown.options["🎓 Digital talent"])
        assert chosen.is_private
        assert chosen.is_in_place

    async def test_where_many_were_answered_just_now(self, talk: Talk) -> None:
        """So that a busy channel is not flooded; another one is not concerned."""
        person = talk.somebody()
        answers = [await person.use("duration") for _ in range(6)]
        assert [shown.is_private for shown in answers] == [False] * 4 + [True] * 2
        assert not (await talk.somebody().use("duration")).is_private

    async def test_a_bulletin_stays_what_it_is(self, talk: Talk) -> None:
        """Others read it too: who presses under it is answered alone."""
        person = talk.somebody()
        bulletin = talk.discord.world.put(person.channel.id, {"embeds": [{"title": "News"}]})
        shown = await person.use("news")
        pressed = await person.press(replace(shown, message=bulletin), "t/duration")
        assert pressed.is_private
        assert not pressed.is_in_place
        assert bulletin["embeds"] == [{"title": "News"}]


class TestRights:
    """What concerns the whole channel is for those who manage it; all see the commands."""

    @pytest.mark.parametrize("permissions", [1 << 3, 1 << 4, 1 << 5])
    async def test_managers_may(self, talk: Talk, permissions: int) -> None:
        """Administrators, and who manages the server or its channels."""
        shown = await talk.somebody(permissions=permissions).use("subscribe")
        assert shown.title == "✅ Subscribed"

    async def test_others_are_told_why_not(self, talk: Talk) -> None:
        """Politely, and alone."""
        person = talk.somebody(permissions=MEMBER)
        for command in ("subscribe", "unsubscribe", "settings", "why"):
            shown = await person.use(command)
            assert shown.is_private
            assert shown.title == "🔒 For admins"

    async def test_a_panel_is_not_turned_into_a_refusal(self, talk: Talk) -> None:
        """When somebody without the right presses under it."""
        manager = talk.somebody(permissions=MANAGER)
        panel = await manager.use("language")
        member = replace(manager, id=7, permissions=MEMBER)
        shown = await member.press(panel, panel.buttons["🇷🇺 Русский"])
        assert shown.is_private
        assert not shown.is_in_place


class TestWhereWeAreNot:
    """Servers that we only visit, channels that we may not see or write in."""

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

    async def test_a_thread_asks_for_the_permission_of_threads(self, talk: Talk) -> None:
        """Which is another one."""
        thread = talk.discord.world.add(PUBLIC_THREAD, ours=(1 << 10) | (1 << 14) | (1 << 11))
        shown = await talk.somebody(thread, permissions=MANAGER).use("subscribe")
        assert "Please allow me: Send Messages in Threads." in shown.text


class TestAbout:
    """How one gets us."""

    async def test_has_the_invite_links(self, talk: Talk) -> None:
        """With the permissions that we need and no other."""
        shown = await talk.somebody().use("about")
        server, own = (url for url in shown.buttons.values() if url.startswith("https://discord.com/oauth2/authorize?"))
        wanted = (1 << 10) | (1 << 11) | (1 << 14) | (1 << 38)
        assert f"permissions={wanted}&" in server
        assert "client_id=1100000000000000001" in server
        assert "scope=bot+applications.commands" in server
        assert "integration_type=1" in own
        assert "permissions" not in own


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
