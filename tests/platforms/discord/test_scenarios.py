"""What people do on Discord and what they see.

Each case runs by the gateway and by HTTP on our own Discord, and on simcord, an independent model of Discord.
"""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.dossier.models import Dossier
from tests.platforms.discord.conftest import QUICK_MODE_FIRST
from tests.platforms.discord.stages import Stage, choose_whole_answers, staged
from tests.servers.discord_people import MANAGER, MEMBER
from tests.tables import cases

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(params=[*QUICK_MODE_FIRST, "simcord"], scope="module", loop_scope="module")
async def stage(request: pytest.FixtureRequest, dossier: Dossier) -> AsyncIterator[Stage]:
    """Each of the three."""
    async with staged(request.param, dossier) as place:
        yield place


class TestAnswers:
    """A command's answer is public."""

    async def test_a_topic_is_answered_with_sources_and_day(self, stage: Stage) -> None:
        """As on every platform."""
        shown = await stage.somebody().use("duration")
        assert not shown.is_private
        assert shown.title == "⏳ How long it lasts"
        (embed,) = shown.message["embeds"]
        assert "](https://" in embed["fields"][0]["value"]
        assert embed["footer"]["text"] == "checked 28 November 2026"

    async def test_more_than_five_choices_are_a_menu(self, stage: Stage) -> None:
        """Choosing one replaces the message, and so does the way back."""
        person = stage.somebody()
        programs = await person.use("programs", private=True)
        assert len(programs.options) == 6
        talent = await person.choose(programs, programs.options["🎓 Digital talent"])
        assert talent.is_in_place
        assert talent.title == "🎓 Digital talent"
        back = await person.press(talent, talent.buttons["◀️ All programmes"])
        assert (back.is_in_place, back.title) == (True, programs.title)

    async def test_a_list_is_paged_in_place(self, stage: Stage) -> None:
        """Older news replaces newer."""
        person = stage.somebody()
        news = await person.use("news", private=True)
        older = await person.press(news, next(token for label, token in news.buttons.items() if "▶️" in label))
        assert older.is_in_place
        assert older.text != news.text

    async def test_a_programme_by_its_name(self, stage: Stage) -> None:
        """Suggested or typed."""
        person = stage.somebody()
        assert (await person.use("program", programme="/talent")).title == "🎓 Digital talent"
        assert (await person.use("program", programme="talent")).title == "🎓 Digital talent"


class TestMessageCommand:
    """The command "Check with Nota" in the menu of a message (interactions/application-commands#message-commands)."""

    @cases("locale, claim, title")
    async def test_answers_only_the_person_who_asks(self, stage: Stage, locale: str, claim: str, title: str) -> None:
        """With the verdict, and nobody else sees that somebody checks.

        en-US | The memorandum lasts ten years | ✗ No. The memorandum’s first term: five years, not ten years
        id | Memorandum berlaku sepuluh tahun | ✗ Tidak benar. Masa berlaku pertama MoU: lima tahun, bukan sepuluh tahun
        ru | Меморандум действует десять лет | ✗ Нет. Первый срок меморандума: пять лет, а не десять лет
        """
        person = stage.somebody(locale=locale)
        shown = await person.check(stage.claim(person.channel, claim))
        assert shown.is_private
        assert shown.title.startswith(title)
        assert stage.titles(person.channel) == []

    async def test_a_message_without_text(self, stage: Stage) -> None:
        """A picture, a sticker, mere emoji."""
        person = stage.somebody()
        shown = await person.check(stage.claim(person.channel, "<:wow:123456789012345678>"))
        assert (shown.is_private, shown.title) == (True, "🔎 Nothing to check")


class TestHelp:
    """The list of commands names them so that a press fills them in."""

    @pytest.mark.parametrize(("locale", "localised"), [("en-US", ""), ("id", " (/durasi)"), ("ru", " (/срок)")])
    async def test_commands_are_mentions(self, stage: Stage, locale: str, localised: str) -> None:
        """With the id that Discord gave them, then the name that the reader finds in the menu, if that is another."""
        shown = await stage.somebody(locale=locale).use("help", private=True)
        assert re.search(rf"</duration:\d{{17,20}}>{re.escape(localised)} · ", shown.text)
        assert not re.search(r"(?m)^- /", shown.text)


class TestSuggestions:
    """While somebody types, topics are suggested in their language."""

    async def test_programmes(self, stage: Stage) -> None:
        """All at first, then the similar ones."""
        person = stage.somebody(locale="ru")
        assert len(await person.types("program", "programme", "")) == 6
        offered = await person.types("program", "programme", "кадр")
        assert next(iter(offered)) == "🎓 Цифровые кадры"
        assert (await person.use("program", programme=offered["🎓 Цифровые кадры"])).title == "🎓 Цифровые кадры"

    async def test_topics(self, stage: Stage) -> None:
        """By title, command, alias or example question."""
        person = stage.somebody(locale="id")
        offered = await person.types("ask", "question", "berapa tahun")
        assert offered["⏳ Berapa lama berlakunya"] == "/duration"
        assert (await person.use("ask", question="/duration")).title == "⏳ Berapa lama berlakunya"

    @cases("locale, typed, first, most")
    async def test_only_what_is_typed(self, stage: Stage, locale: str, typed: str, first: str, most: int) -> None:
        """Each typed word begins a word of the topic, or nearly does.

        en-US | pri | 💳 What internet costs in Russia | 5
        en-US | how lon | ⏳ How long it lasts | 5
        en-US | tallent | 🎓 Digital talent | 3
        id | harga | 💳 Harga internet di Rusia | 6
        ru | скольк дейст | ⏳ Сколько действует меморандум | 3
        """
        offered = list(await stage.somebody(locale=locale).types("ask", "question", typed))
        assert offered[0] == first
        assert len(offered) <= most

    async def test_nothing_is_similar(self, stage: Stage) -> None:
        """The list is empty."""
        assert await stage.somebody().types("ask", "question", "zzzzqqqq") == {}


class TestLanguage:
    """The asker's, else the server's, else the dossier's."""

    @cases("locale, guild_locale, title")
    async def test_order(self, stage: Stage, locale: str, guild_locale: str, title: str) -> None:
        """Languages that the dossier does not have are skipped.

        ru | en-US | ⏳ Сколько действует меморандум
        id | ru | ⏳ Berapa lama berlakunya
        en-GB | ru | ⏳ How long it lasts
        fr | ru | ⏳ Сколько действует меморандум
        fr | ja | ⏳ How long it lasts
        xx-unheard-of | "" | ⏳ How long it lasts
        """
        assert (await stage.somebody(locale=locale, guild_locale=guild_locale).use("duration")).title == title

    async def test_a_channels_choice_is_for_its_bulletins(self, stage: Stage) -> None:
        """Askers get answers in their own language; the channel's is used if the dossier does not have that."""
        manager = stage.somebody(permissions=MANAGER)
        panel = await manager.use("language", language="ru")
        assert "🇷🇺 Русский" in panel.text
        assert (await manager.use("duration")).title == "⏳ How long it lasts"
        other = stage.somebody(manager.channel, locale="fr", guild_locale="fr")
        assert (await other.use("duration")).title == "⏳ Сколько действует меморандум"

    async def test_the_panel_names_the_language_in_which_bulletins_come(self, stage: Stage) -> None:
        """That of whoever subscribed, until one is chosen; before that, the asker's."""
        other = stage.somebody(permissions=MANAGER)
        assert "🇬🇧 English" in (await other.use("language")).text
        await stage.somebody(other.channel, permissions=MANAGER, locale="ru").use("subscribe")
        panel = await other.use("language")
        assert "Bulletins come here in: 🇷🇺 Русский" in panel.text

    async def test_in_a_direct_message_the_choice_is_for_answers_too(self, stage: Stage) -> None:
        """The asker made it."""
        person = stage.in_direct_message()
        panel = await person.use("language")
        assert panel.title == "🌐 Language"
        chosen = await person.press(panel, panel.buttons["🇷🇺 Русский"])
        assert chosen.title == "🌐 Язык"
        assert (await person.use("duration")).title == "⏳ Сколько действует меморандум"


class TestPrivateAnswers:
    """Only the asker sees them."""

    async def test_on_request(self, stage: Stage) -> None:
        """A component then replaces the private message."""
        person = stage.somebody()
        shown = await person.use("programs", private=True)
        assert shown.is_private
        chosen = await person.choose(shown, shown.options["🎓 Digital talent"])
        assert chosen.is_private
        assert chosen.is_in_place

    async def test_after_four_public_ones_in_a_short_time(self, stage: Stage) -> None:
        """So answers do not flood a busy channel. Each channel has its own limit."""
        person = stage.somebody()
        answers = [await person.use("duration") for _ in range(6)]
        assert [shown.is_private for shown in answers] == [False] * 4 + [True] * 2
        assert not (await stage.somebody().use("duration")).is_private

    async def test_under_a_bulletin(self, stage: Stage) -> None:
        """Others read it, too, so a press does not replace it."""
        person = stage.somebody()
        pressed = await person.press(stage.bulletin(person.channel), "t/duration")
        assert pressed.title == "⏳ How long it lasts"
        assert pressed.is_private
        assert not pressed.is_in_place
        assert stage.titles(person.channel) == ["News"]


class TestPermissions:
    """Commands about the channel are for those who manage it, whoever sees them."""

    @pytest.mark.parametrize("permissions", [1 << 3, 1 << 4, 1 << 5])
    async def test_managers_may(self, stage: Stage, permissions: int) -> None:
        """Administrators, and those who manage the server or its channels."""
        shown = await stage.somebody(permissions=permissions).use("subscribe")
        assert shown.title == "✅ Subscribed"

    async def test_others_are_refused(self, stage: Stage) -> None:
        """Privately, with the reason."""
        person = stage.somebody(permissions=MEMBER)
        for command in ("subscribe", "unsubscribe", "settings", "why"):
            shown = await person.use(command)
            assert shown.is_private
            assert shown.title == "🔒 For admins"

    async def test_panels_are_private(self, stage: Stage) -> None:
        """Nobody else sees them; buttons change them in place."""
        manager = stage.somebody(permissions=MANAGER)
        for command in ("subscribe", "settings", "language", "why"):
            assert (await manager.use(command)).is_private
        panel = await manager.use("language")
        chosen = await manager.press(panel, panel.buttons["🇷🇺 Русский"])
        assert (chosen.is_private, chosen.is_in_place) == (True, True)
        assert stage.titles(manager.channel) == []


class TestSomebodyElsesAnswer:
    """An answer belongs to the person who asked."""

    async def test_opens_a_private_copy(self, stage: Stage) -> None:
        """With what was pressed, and the answer stays. The asker's own press still replaces it."""
        asker = stage.somebody()
        await choose_whole_answers(stage.somebody(asker.channel, permissions=MANAGER))
        shown = await asker.use("programs")
        other = stage.somebody(asker.channel)
        copy = await other.choose(shown, shown.options["🎓 Digital talent"])
        assert (copy.is_private, copy.is_in_place, copy.title) == (True, False, "🎓 Digital talent")
        back = await other.press(copy, copy.buttons["◀️ All programmes"])
        assert (back.is_private, back.is_in_place) == (True, True)
        assert stage.titles(asker.channel) == [shown.title]
        assert (await asker.choose(shown, shown.options["🎓 Digital talent"])).is_in_place


class TestAbout:
    """How to get the bot."""

    async def test_has_the_invite_links(self, stage: Stage) -> None:
        """With the permissions that the bot needs."""
        shown = await stage.somebody().use("about", private=True)
        server, own = (url for url in shown.buttons.values() if url.startswith("https://discord.com/oauth2/authorize?"))
        wanted = (1 << 10) | (1 << 11) | (1 << 14) | (1 << 15) | (1 << 38)
        assert f"permissions={wanted}&" in server
        assert f"client_id={stage.application_id}&" in server
        assert "scope=bot+applications.commands" in server
        assert "integration_type=1" in own
        assert "permissions" not in own
