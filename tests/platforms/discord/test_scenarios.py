"""What people do on Discord and what they see.

The same by the gateway and by HTTP interactions, on a Discord of our own and on simcord, an independent model of it.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.dossier.models import Dossier
from tests.platforms.discord.stages import Stage, staged
from tests.servers.discord_people import MANAGER, MEMBER

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(params=["gateway", "http", "simcord"], scope="module", loop_scope="module")
async def stage(request: pytest.FixtureRequest, dossier: Dossier) -> AsyncIterator[Stage]:
    """Each place in turn: every case must hold in all of them."""
    async with staged(request.param, dossier) as place:
        yield place


class TestAnswers:
    """A command's answer stands in the channel, for all to see."""

    async def test_a_topic_is_answered_with_sources_and_day(self, stage: Stage) -> None:
        """As everywhere else."""
        shown = await stage.somebody().use("duration")
        assert not shown.is_private
        assert shown.title == "⏳ How long it lasts"
        (embed,) = shown.message["embeds"]
        assert "](https://" in embed["fields"][0]["value"]
        assert embed["footer"]["text"] == "checked 24 November 2026"

    async def test_more_than_five_choices_are_a_menu(self, stage: Stage) -> None:
        """Choosing one shows it in the same place, and so does the way back."""
        person = stage.somebody()
        programs = await person.use("programs")
        assert len(programs.options) == 6
        talent = await person.choose(programs, programs.options["🎓 Digital talent"])
        assert talent.is_in_place
        assert talent.title == "🎓 Digital talent"
        back = await person.press(talent, talent.buttons["◀️ All programmes"])
        assert (back.is_in_place, back.title) == (True, programs.title)

    async def test_a_list_is_paged_in_place(self, stage: Stage) -> None:
        """Older news replace newer."""
        person = stage.somebody()
        news = await person.use("news")
        older = await person.press(news, next(token for label, token in news.buttons.items() if "▶️" in label))
        assert older.is_in_place
        assert older.text != news.text

    async def test_a_question_in_ones_own_words(self, stage: Stage) -> None:
        """Is answered, or declined with a way on."""
        shown = await stage.somebody().use("ask", question="how long does it last")
        assert shown.components

    async def test_a_programme_by_its_name(self, stage: Stage) -> None:
        """By what was offered, or typed without taking the offer."""
        person = stage.somebody()
        assert (await person.use("program", programme="/talent")).title == "🎓 Digital talent"
        assert (await person.use("program", programme="talent")).title == "🎓 Digital talent"


class TestTyping:
    """While somebody types, what may be meant is offered in their language."""

    async def test_programmes(self, stage: Stage) -> None:
        """All at first, then what fits."""
        person = stage.somebody(locale="ru")
        assert len(await person.types("program", "programme", "")) == 6
        offered = await person.types("program", "programme", "кадр")
        assert next(iter(offered)) == "🎓 Цифровые кадры"
        assert (await person.use("program", programme=offered["🎓 Цифровые кадры"])).title == "🎓 Цифровые кадры"

    async def test_topics(self, stage: Stage) -> None:
        """By title, command, alias or a way of asking."""
        person = stage.somebody(locale="id")
        offered = await person.types("ask", "question", "berapa tahun")
        assert offered["⏳ Berapa lama berlakunya"] == "/duration"
        assert (await person.use("ask", question="/duration")).title == "⏳ Berapa lama berlakunya"

    async def test_nothing_fits(self, stage: Stage) -> None:
        """Nothing is offered, and nothing fails."""
        assert await stage.somebody().types("ask", "question", "zzzzqqqq") == {}


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
    async def test_order(self, stage: Stage, locale: str, guild_locale: str, title: str) -> None:
        """Unknown languages are passed over."""
        assert (await stage.somebody(locale=locale, guild_locale=guild_locale).use("duration")).title == title

    async def test_a_channels_choice_is_for_its_bulletins(self, stage: Stage) -> None:
        """Who asks is answered in their own language all the same; it fills in where the dossier lacks that."""
        manager = stage.somebody(permissions=MANAGER)
        panel = await manager.use("language", language="ru")
        assert "🇷🇺 Русский" in panel.text
        assert (await manager.use("duration")).title == "⏳ How long it lasts"
        other = stage.somebody(manager.channel, locale="fr", guild_locale="fr")
        assert (await other.use("duration")).title == "⏳ Сколько действует меморандум"

    async def test_in_a_direct_message_it_is_the_askers_choice(self, stage: Stage) -> None:
        """Nobody else is there."""
        person = stage.in_direct_message()
        panel = await person.use("language")
        assert panel.title == "🌐 Language"
        chosen = await person.press(panel, panel.buttons["🇷🇺 Русский"])
        assert chosen.title == "🌐 Язык"
        assert (await person.use("duration")).title == "⏳ Сколько действует меморандум"


class TestForOneselfAlone:
    """Answers that only the asker sees."""

    async def test_on_request(self, stage: Stage) -> None:
        """And what is pressed under them stays as private, in place."""
        person = stage.somebody()
        shown = await person.use("programs", private=True)
        assert shown.is_private
        chosen = await person.choose(shown, shown.options["🎓 Digital talent"])
        assert chosen.is_private
        assert chosen.is_in_place

    async def test_where_many_were_answered_just_now(self, stage: Stage) -> None:
        """So that a busy channel is not flooded; another one is not concerned."""
        person = stage.somebody()
        answers = [await person.use("duration") for _ in range(6)]
        assert [shown.is_private for shown in answers] == [False] * 4 + [True] * 2
        assert not (await stage.somebody().use("duration")).is_private

    async def test_a_bulletin_stays_what_it_is(self, stage: Stage) -> None:
        """Others read it too: who presses under it is answered alone."""
        person = stage.somebody()
        pressed = await person.press(stage.bulletin(person.channel), "t/duration")
        assert pressed.title == "⏳ How long it lasts"
        assert pressed.is_private
        assert not pressed.is_in_place
        assert stage.titles(person.channel) == ["News"]


class TestRights:
    """What concerns the whole channel is for those who manage it; all see the commands."""

    @pytest.mark.parametrize("permissions", [1 << 3, 1 << 4, 1 << 5])
    async def test_managers_may(self, stage: Stage, permissions: int) -> None:
        """Administrators, and who manages the server or its channels."""
        shown = await stage.somebody(permissions=permissions).use("subscribe")
        assert shown.title == "✅ Subscribed"

    async def test_others_are_told_why_not(self, stage: Stage) -> None:
        """Politely, and alone."""
        person = stage.somebody(permissions=MEMBER)
        for command in ("subscribe", "unsubscribe", "settings", "why"):
            shown = await person.use(command)
            assert shown.is_private
            assert shown.title == "🔒 For admins"

    async def test_topics_are_chosen_one_by_one_and_taken_back(self, stage: Stage) -> None:
        """Several may be, so each is marked; the same one chosen again is so no more."""
        manager = stage.somebody(permissions=MANAGER)
        await manager.use("subscribe")
        panel = await manager.use("settings")
        topics = await manager.press(panel, panel.buttons["🏷 Topics"])
        for chosen in ("📜 What was agreed", "🤝 Who the parties are"):
            topics = await manager.choose(topics, topics.options[chosen])
        assert [label for label in topics.options if label.startswith("✅")] == [
            "✅ 📜 What was agreed",
            "✅ 🤝 Who the parties are",
        ]
        topics = await manager.choose(topics, topics.options["✅ 🤝 Who the parties are"])
        assert [label for label in topics.options if label.startswith("✅")] == ["✅ 📜 What was agreed"]

    async def test_a_panel_is_not_turned_into_a_refusal(self, stage: Stage) -> None:
        """When somebody without the right presses under it."""
        manager = stage.somebody(permissions=MANAGER)
        panel = await manager.use("language")
        member = stage.somebody(manager.channel)
        shown = await member.press(panel, panel.buttons["🇷🇺 Русский"])
        assert shown.is_private
        assert not shown.is_in_place


class TestAbout:
    """How one gets us."""

    async def test_has_the_invite_links(self, stage: Stage) -> None:
        """With the permissions that we need and no other."""
        shown = await stage.somebody().use("about")
        server, own = (url for url in shown.buttons.values() if url.startswith("https://discord.com/oauth2/authorize?"))
        wanted = (1 << 10) | (1 << 11) | (1 << 14) | (1 << 15) | (1 << 38)
        assert f"permissions={wanted}&" in server
        assert f"client_id={stage.application_id}&" in server
        assert "scope=bot+applications.commands" in server
        assert "integration_type=1" in own
        assert "permissions" not in own
