"""Interactions: pictures, and what no client does today: foreign servers, outdated components, wrong types, floods."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bot.db.engine import READ_CONNECTIONS
from bot.dossier.models import Dossier
from bot.pictures.raster import PNG_END, PNG_START, RasterError
from bot.pictures.service import PictureService, PictureStore, render_png
from bot.platforms.discord.handlers import DEFER_SECONDS
from bot.platforms.discord.limits import ANSWER_SECONDS, HTTP_ANSWER_BYTES
from tests.conftest import TODAY
from tests.platforms.discord.conftest import MODES, Talk, talking
from tests.servers.discord_people import MANAGER, Person, Shown
from tests.servers.discord_world import ALL, ATTACH, DM, GROUP_DM, GUILD_TEXT, PUBLIC_THREAD
from tests.tables import cases

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Renderer:
    """Draws pictures; a test may replace ``draw``."""

    def __init__(self) -> None:
        self.draw = render_png

    def __call__(self, svg: str) -> bytes:
        return self.draw(svg)


@pytest_asyncio.fixture(params=MODES, scope="module", loop_scope="module")
async def talk(
    request: pytest.FixtureRequest, dossier: Dossier, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Talk]:
    """The bot in each mode, with real pictures."""
    store = PictureStore(tmp_path_factory.mktemp("pictures"))
    pictures = lambda live: PictureService(store, live, lambda: TODAY)  # noqa: E731
    async with talking(request.param, dossier, pictures_of=pictures) as running:
        yield running


@pytest_asyncio.fixture(params=MODES, loop_scope="module")
async def with_renderer(
    request: pytest.FixtureRequest, dossier: Dossier, tmp_path: Path
) -> AsyncIterator[tuple[Talk, Renderer]]:
    """The bot in each mode, and its renderer."""
    renderer = Renderer()
    store = PictureStore(tmp_path)
    async with talking(
        request.param, dossier, pictures_of=lambda live: PictureService(store, live, lambda: TODAY, renderer)
    ) as running:
        yield running, renderer


def image(shown: Shown) -> str | None:
    (embed,) = shown.message["embeds"]
    return embed.get("image", {}).get("url")


async def show_picture(person: Person, text: Shown, label: str) -> Shown:
    """Presses until the picture is shown: on a busy machine it is drawn only for a later press."""
    for _ in range(10):
        shown = await person.press(text, text.buttons[label])
        if image(shown):
            return shown
    raise AssertionError("no picture")


class TestPicture:
    """A button replaces the text by the topic's picture, and back."""

    async def test_a_press_puts_the_picture_into_the_embed(self, talk: Talk) -> None:
        """As an attachment with alt text."""
        person = talk.somebody()
        text = await person.use("duration", private=True)
        shown = await show_picture(person, text, "📊 Chart")
        assert shown.is_in_place
        assert image(shown) == "attachment://duration-en.png"
        (attachment,) = shown.message["attachments"]
        assert attachment["size"] > 10_000
        assert attachment["description"].startswith("How long it lasts.")
        assert shown.title == text.title

    async def test_the_way_back_removes_the_picture(self, talk: Talk) -> None:
        """Also as an attachment."""
        person = talk.somebody()
        text = await person.use("coverage", private=True)
        shown = await show_picture(person, text, "📊 Chart")
        back = await person.press(shown, shown.buttons["◀️ In words"])
        assert back.is_in_place
        assert (image(back), back.message["attachments"]) == (None, [])
        assert back.text == text.text

    async def test_in_the_readers_language(self, talk: Talk) -> None:
        """Picture and alt text."""
        person = talk.somebody(locale="ru", guild_locale="ru")
        text = await person.use("pricing", private=True)
        shown = await show_picture(person, text, "📊 График")
        assert image(shown) == "attachment://pricing-ru.png"
        assert shown.message["attachments"][0]["description"].startswith("Сколько стоит интернет в России")

    @pytest.mark.slow
    async def test_every_picture_fits_into_the_answer(self, talk: Talk, dossier: Dossier) -> None:
        """Discord accepts no HTTP response over 150 kB."""
        for topic in dossier.topics.values():
            if topic.picture:
                person = talk.somebody(locale="ru", guild_locale="ru")
                text = await person.use(topic.command_word, private=True)
                shown = await show_picture(person, text, "📊 График")
                assert shown.message["attachments"][0]["size"] < HTTP_ANSWER_BYTES / 1.1


class TestNoPicture:
    """Without a picture the text is shown."""

    async def press(self, talk: Talk, **about: int) -> Shown:
        channel = talk.discord.world.add(**about)
        person = talk.somebody(channel)
        words = await person.use("duration", private=True)
        return await person.press(words, words.buttons["📊 Chart"])

    async def test_if_the_bot_may_not_attach_files(self, talk: Talk) -> None:
        """In that channel."""
        shown = await self.press(talk, ours=ALL & ~ATTACH)
        assert image(shown) is None
        assert "Five years" in shown.text

    async def test_a_broken_renderer(self, with_renderer: tuple[Talk, Renderer]) -> None:
        """The words stay."""
        talk, renderer = with_renderer

        def broken(_svg: str) -> bytes:
            raise RasterError("out of paint")

        renderer.draw = broken
        shown = await self.press(talk)
        assert (image(shown), shown.message["attachments"]) == (None, [])
        assert "Five years" in shown.text

    async def test_a_renderer_that_takes_too_long(self, with_renderer: tuple[Talk, Renderer]) -> None:
        """The text comes within Discord's three seconds, and the picture the next time."""
        talk, renderer = with_renderer
        released = asyncio.Event()
        loop = asyncio.get_running_loop()

        def slow(svg: str) -> bytes:
            asyncio.run_coroutine_threadsafe(released.wait(), loop).result()
            return PNG_START + PNG_END

        renderer.draw = slow
        began = loop.time()
        shown = await self.press(talk)
        assert image(shown) is None
        assert loop.time() - began < ANSWER_SECONDS
        released.set()
        assert image(await self.press(talk)) is not None

    async def test_a_picture_too_large_for_an_http_answer(self, with_renderer: tuple[Talk, Renderer]) -> None:
        """By the gateway it may be larger."""
        talk, renderer = with_renderer
        renderer.draw = lambda svg: PNG_START + b"\0" * HTTP_ANSWER_BYTES + PNG_END
        shown = await self.press(talk)
        assert (image(shown) is None) == (talk.mode == "http")

    async def test_a_refused_upload(self, talk: Talk) -> None:
        """By the gateway the bot learns of it, and sends the text."""
        if talk.mode == "http":
            pytest.skip("by HTTP the bot does not learn whether Discord accepts its response")
        person = talk.somebody()
        words = await person.use("duration", private=True)
        talk.discord.fault("/callback", 413)
        shown = await person.press(words, words.buttons["📊 Chart"])
        assert image(shown) is None
        assert shown.text == words.text


class TestForeignServers:
    """The bot is no member, or lacks permissions."""

    async def test_a_group_message(self, talk: Talk) -> None:
        """A user who installed the app can ask there: answers and buttons work, subscribing is refused."""
        person = talk.somebody(talk.discord.world.add(GROUP_DM))
        shown = await person.use("programs", private=True)
        talent = await person.choose(shown, shown.options["🎓 Digital talent"])
        assert (talent.is_in_place, talent.title) == (True, "🎓 Digital talent")
        refused = await person.use("subscribe")
        assert refused.is_private
        assert "/about" in refused.text

    @cases("locale, title, no")
    @pytest.mark.parametrize("kind", [GUILD_TEXT, GROUP_DM, DM])
    async def test_whoever_installed_the_app_asks_and_checks_anywhere(
        self, talk: Talk, kind: int, locale: str, title: str, no: str
    ) -> None:
        """In a server that has not added the bot, among friends, and directly: the three contexts of a user-installed app.

        en-US | ⏳ How long it lasts | ✗ No. The memorandum’s first term: five years, not ten years
        id | ⏳ Berapa lama berlakunya | ✗ Tidak benar. Masa berlaku pertama MoU: lima tahun, bukan sepuluh tahun
        ru | ⏳ Сколько действует меморандум | ✗ Нет. Первый срок меморандума: пять лет, а не десять лет
        """
        claim = {
            "en-US": "MoU lasts ten years",
            "id": "MoU berlaku sepuluh tahun",
            "ru": "меморандум действует десять лет",
        }[locale]
        person = talk.somebody(talk.discord.world.add(kind), locale=locale, brings_bot=True)
        assert (await person.use("duration")).title == title
        checked = await person.check(talk.writer(person.channel).message(claim))
        assert checked.is_private == (kind != DM)
        assert checked.title.startswith(no)

    async def test_a_busy_group_message(self, talk: Talk) -> None:
        """Further answers are private, as in a channel."""
        person = talk.somebody(talk.discord.world.add(GROUP_DM))
        assert [(await person.use("duration")).is_private for _ in range(5)] == [False] * 4 + [True]

    async def test_a_server_in_which_only_the_user_installed_the_app(self, talk: Talk) -> None:
        """The refusal says how to add the bot."""
        visitor = talk.somebody(permissions=MANAGER, brings_bot=True)
        assert (await visitor.use("duration")).title == "⏳ How long it lasts"
        shown = await visitor.use("subscribe")
        assert shown.is_private
        assert "/about" in shown.text

    async def test_a_channel_in_which_the_bot_may_not_write(self, talk: Talk) -> None:
        """The refusal names the missing permissions."""
        person = talk.somebody(talk.discord.world.add(ours=1 << 10), permissions=MANAGER)
        shown = await person.use("subscribe")
        assert shown.is_private
        assert "Send Messages, Embed Links" in shown.text
        assert "in Threads" not in shown.text

    @pytest.mark.parametrize("command", ["settings", "why"])
    async def test_a_channel_in_which_the_bot_lost_its_permissions(self, talk: Talk, command: str) -> None:
        """Whoever can give them back learns it in their panels."""
        channel = talk.discord.world.add()
        admin = talk.somebody(channel, permissions=MANAGER)
        await admin.use("subscribe")
        channel.ours &= ~(1 << 14)
        assert "Please allow me: Embed Links." in (await admin.use(command)).text
        channel.ours |= 1 << 14
        assert "Please allow me" not in (await admin.use(command)).text

    async def test_a_channel_in_which_the_bot_may_not_attach_files(self, talk: Talk) -> None:
        """Bulletins have none: their pictures are URLs."""
        channel = talk.discord.world.add(ours=(1 << 10) | (1 << 11) | (1 << 14))
        assert (await talk.somebody(channel, permissions=MANAGER).use("subscribe")).title == "✅ Subscribed"

    async def test_a_thread(self, talk: Talk) -> None:
        """It needs another permission."""
        thread = talk.discord.world.add(PUBLIC_THREAD, ours=(1 << 10) | (1 << 14) | (1 << 11))
        shown = await talk.somebody(thread, permissions=MANAGER).use("subscribe")
        assert "Please allow me: Send Messages in Threads." in shown.text


class TestOutdated:
    """Commands and components that are not known (any more), and forged ones."""

    async def test_an_unknown_command(self, talk: Talk) -> None:
        """The most similar ones are suggested."""
        shown = await talk.somebody().use("durations")
        assert "durations" in shown.title
        assert "t/duration" in shown.buttons.values()

    @pytest.mark.parametrize("custom_id", ["t/gone", "b/2020-01-01-gone", "v1:old:format", "menu0", "x" * 100])
    async def test_an_unknown_component(self, talk: Talk, custom_id: str) -> None:
        """A private notice."""
        person = talk.somebody()
        shown = await person.use("duration")
        pressed = await person.press(shown, custom_id)
        assert pressed.is_private
        assert pressed.title == "🕰 An old button"

    async def test_options_of_the_wrong_type(self, talk: Talk) -> None:
        """They count as missing."""
        person = talk.somebody()
        assert not (await person.use("duration", private="yes")).is_private
        assert not (await person.use("duration", private=1)).is_private
        for value in (7, 1.5, True, None, {"a": 1}, ["b"]):
            assert (await person.use("ask", question=value)).components
            assert (await person.use("program", programme=value)).components


class TestRateLimit:
    """Somebody asks faster than people do."""

    async def test_is_noticed_each_time(self, talk: Talk) -> None:
        """Discord shows an error if an interaction gets no answer. Others are answered."""
        person: Person = talk.somebody()
        answers = [await person.use("duration") for _ in range(24)]
        assert [shown.title for shown in answers].count("⏸ One moment") >= 2
        assert answers[-1].is_private
        assert (await replace(person, id=8).use("duration")).title == "⏳ How long it lasts"


class TestLate:
    """An answer that takes longer than Discord waits is deferred, and filled in when it is there: nobody gets an error because others wait."""

    async def test_more_people_than_the_database_takes(self, talk: Talk) -> None:
        """Each is told what was done, where a reply in time would have been, or where only they see it."""
        database, world = talk.conversation.store.database, talk.discord.world
        pressing = talk.somebody(permissions=MANAGER)
        settings = await pressing.use("settings")
        others = [talk.somebody(permissions=MANAGER) for _ in range(6)]
        alone = talk.somebody(world.add(DM))
        people = [*others, alone, pressing]
        pressing.callbacks.clear()
        async with database.write():
            waiting = [asyncio.create_task(each.use("subscribe")) for each in (*others, alone)]
            waiting.append(asyncio.create_task(pressing.press(settings, settings.buttons["🔔 Subscribe"])))
            while not all(each.callbacks for each in people):
                assert not any(each.done() for each in waiting)
                await asyncio.sleep(0.01)
        shown = await asyncio.gather(*waiting)
        assert [each.callbacks for each in people] == [[5]] * 7 + [[6]]
        assert [each.title for each in shown] == ["✅ Subscribed"] * 8
        assert [each.is_private for each in shown] == [True] * 6 + [False, True]
        assert shown[-1].is_in_place
        assert DEFER_SECONDS < ANSWER_SECONDS

    async def test_the_deferral_is_late_too(self, talk: Talk) -> None:
        """Discord knows nothing to fill in before the deferral has arrived, so that is done again: for a command and for a button."""
        database, discord = talk.conversation.store.database, talk.discord
        pressing, using = talk.somebody(permissions=MANAGER), talk.somebody(permissions=MANAGER)
        settings = await pressing.use("settings")
        async with database.write():
            waiting = [
                asyncio.create_task(using.use("subscribe")),
                asyncio.create_task(pressing.press(settings, settings.buttons["🔔 Subscribe"])),
            ]
            for _ in waiting:
                discord.fault("/messages/@original", 404, {"message": "Unknown Webhook", "code": 10015})
            while not (using.callbacks and pressing.callbacks[-1] == 6):  # noqa: ASYNC110  nothing announces it
                await asyncio.sleep(0.01)
        async with asyncio.timeout(10):
            shown = await asyncio.gather(*waiting)
        assert [each.title for each in shown] == ["✅ Subscribed"] * 2

    async def test_a_form_that_is_late(self, talk: Talk) -> None:
        """A form can only be a first answer, so the button is to be pressed again."""
        somebody = talk.somebody(permissions=MANAGER)
        await somebody.use("subscribe")
        settings = await somebody.use("settings")
        form = next(each for label, each in settings.buttons.items() if "Quiet" in label)
        async with AsyncExitStack() as stack:
            for _ in range(READ_CONNECTIONS):
                await stack.enter_async_context(talk.conversation.store.database.read())
            opening = asyncio.create_task(somebody.press(settings, form))
            while somebody.callbacks[-1] != 6:
                assert not opening.done()
                await asyncio.sleep(0.01)
        shown = await opening
        assert shown.title == "⏸ One moment"
        assert shown.is_private
        assert not shown.is_in_place
