"""A topic's picture, behind its button: the same by the gateway and by HTTP interactions."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.dossier.models import Dossier
from bot.pictures.raster import PNG_END, PNG_START, RasterError
from bot.pictures.service import PictureService, PictureStore, render_png
from bot.platforms.discord.limits import HTTP_ANSWER_BYTES
from bot.platforms.discord.render import PATIENCE_SECONDS
from tests.conftest import TODAY
from tests.platforms.discord.conftest import MODES, Talk, talking
from tests.servers.discord_people import Shown
from tests.servers.discord_world import ALL, ATTACH

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Easel:
    """Draws really, until told otherwise."""

    def __init__(self) -> None:
        self.paint = render_png

    def __call__(self, svg: str) -> bytes:
        return self.paint(svg)


@pytest_asyncio.fixture(params=MODES, scope="module", loop_scope="module")
async def talk(
    request: pytest.FixtureRequest, dossier: Dossier, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Talk]:
    """The bot in each mode, with pictures that are really drawn."""
    store = PictureStore(tmp_path_factory.mktemp("pictures"))
    pictures = lambda live: PictureService(store, live, lambda: TODAY)  # noqa: E731
    async with talking(request.param, dossier, pictures_of=pictures) as running:
        yield running


@pytest_asyncio.fixture(params=MODES, loop_scope="module")
async def spoilt(request: pytest.FixtureRequest, dossier: Dossier, tmp_path: Path) -> AsyncIterator[tuple[Talk, Easel]]:
    """The bot in each mode, and what draws for it."""
    easel = Easel()
    store = PictureStore(tmp_path)
    async with talking(
        request.param, dossier, pictures_of=lambda live: PictureService(store, live, lambda: TODAY, easel)
    ) as running:
        yield running, easel


def image(shown: Shown) -> str | None:
    (embed,) = shown.message["embeds"]
    return embed.get("image", {}).get("url")


class TestShow:
    """The words become the picture, in place, and back."""

    async def test_a_press_puts_the_picture_into_the_embed(self, talk: Talk) -> None:
        """As an attachment with words for those who cannot see it."""
        person = talk.somebody()
        words = await person.use("duration")
        shown = await person.press(words, words.buttons["📊 Show"])
        assert shown.is_in_place
        assert image(shown) == "attachment://duration-en.png"
        (attachment,) = shown.message["attachments"]
        assert attachment["size"] > 10_000
        assert attachment["description"].startswith("How long it lasts.")
        assert shown.title == words.title

    async def test_the_way_back_takes_the_picture_away(self, talk: Talk) -> None:
        """Nothing of it is left below the words."""
        person = talk.somebody()
        words = await person.use("coverage")
        shown = await person.press(words, words.buttons["📊 Show"])
        back = await person.press(shown, shown.buttons["◀️ In words"])
        assert back.is_in_place
        assert (image(back), back.message["attachments"]) == (None, [])
        assert back.text == words.text

    async def test_in_the_readers_language(self, talk: Talk) -> None:
        """Picture and description."""
        person = talk.somebody(locale="ru", guild_locale="ru")
        words = await person.use("pricing")
        shown = await person.press(words, words.buttons["📊 Показать"])
        assert image(shown) == "attachment://pricing-ru.png"
        assert shown.message["attachments"][0]["description"].startswith("Сколько стоит интернет в России")

    async def test_every_picture_fits_into_the_answer(self, talk: Talk, dossier: Dossier) -> None:
        """An HTTP response of more than 150 kB fails."""
        person = talk.somebody(locale="ru", guild_locale="ru")
        for topic in dossier.topics.values():
            if topic.picture:
                words = await person.use(topic.command_word)
                shown = await person.press(words, words.buttons["📊 Показать"])
                assert shown.message["attachments"][0]["size"] < HTTP_ANSWER_BYTES / 1.3


class TestFailure:
    """A failed picture never costs the words."""

    async def press(self, talk: Talk, **about: int) -> Shown:
        channel = talk.discord.world.add(**about)
        person = talk.somebody(channel)
        words = await person.use("duration")
        return await person.press(words, words.buttons["📊 Show"])

    async def test_where_we_may_not_attach_files(self, talk: Talk) -> None:
        """The words stay."""
        shown = await self.press(talk, ours=ALL & ~ATTACH)
        assert image(shown) is None
        assert "Five years" in shown.text

    async def test_a_broken_renderer(self, spoilt: tuple[Talk, Easel]) -> None:
        """The words stay."""
        talk, easel = spoilt

        def broken(_svg: str) -> bytes:
            raise RasterError("out of paint")

        easel.paint = broken
        shown = await self.press(talk)
        assert (image(shown), shown.message["attachments"]) == (None, [])
        assert "Five years" in shown.text

    async def test_a_renderer_that_takes_too_long(self, spoilt: tuple[Talk, Easel]) -> None:
        """Discord waits three seconds; the words come within two, and the picture is there the next time."""
        talk, easel = spoilt
        released = asyncio.Event()
        loop = asyncio.get_running_loop()

        def slow(svg: str) -> bytes:
            asyncio.run_coroutine_threadsafe(released.wait(), loop).result()
            return PNG_START + PNG_END

        easel.paint = slow
        began = loop.time()
        shown = await self.press(talk)
        assert image(shown) is None
        assert loop.time() - began < PATIENCE_SECONDS + 1
        released.set()
        assert image(await self.press(talk)) is not None

    async def test_a_picture_too_large_for_an_http_answer(self, spoilt: tuple[Talk, Easel]) -> None:
        """The words by HTTP; by the gateway it may be larger."""
        talk, easel = spoilt
        easel.paint = lambda svg: PNG_START + b"\0" * HTTP_ANSWER_BYTES + PNG_END
        shown = await self.press(talk)
        assert (image(shown) is None) == (talk.mode == "http")

    async def test_a_refused_upload(self, talk: Talk) -> None:
        """By the gateway we see it, and say the words."""
        if talk.mode == "http":
            pytest.skip("the answer to a request is taken or not; nobody tells us")
        person = talk.somebody()
        words = await person.use("duration")
        talk.discord.fault("/callback", 413)
        shown = await person.press(words, words.buttons["📊 Show"])
        assert image(shown) is None
        assert shown.text == words.text
