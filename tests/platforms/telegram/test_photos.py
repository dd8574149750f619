"""A topic's picture, behind its button: each case over real HTTP, by polling and by webhook."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.dossier.models import Dossier, TopicId
from bot.pictures.raster import PNG_END, PNG_START, RasterError
from bot.pictures.service import PictureService, PictureStore
from bot.platforms.telegram.photos import FileIds
from tests.conftest import TODAY
from tests.platforms.telegram.conftest import MODES, Talk, talking, talking_to
from tests.platforms.telegram.updates import GROUP, message, press, topic
from tests.servers.telegram import BotApi, Called, bot_api
from tests.servers.telegram_markup import units

SHOW = "p/duration"


class Easel:
    """Paints in no time, or fails as long as it is ``broken``."""

    def __init__(self) -> None:
        self.drawn = 0
        self.broken = False

    def __call__(self, svg: str) -> bytes:
        if self.broken:
            raise RasterError("out of paint")
        self.drawn += 1
        return PNG_START + svg.encode() + PNG_END


@pytest.fixture
def easel() -> Easel:
    return Easel()


@pytest.fixture(params=MODES)
async def talk(request: pytest.FixtureRequest, dossier: Dossier, easel: Easel, tmp_path: Path) -> AsyncIterator[Talk]:
    """The bot in each mode, with pictures."""
    store = PictureStore(tmp_path)
    async with talking(
        request.param, dossier, lambda live: PictureService(store, live, lambda: TODAY, easel)
    ) as running:
        yield running


def keys(call: Called) -> dict[str, str]:
    """Button → what it asks."""
    rows = call.given["reply_markup"]["inline_keyboard"]
    return {key["text"]: key.get("callback_data", "") for row in rows for key in row}


async def told(talk: Talk, text: str = "/duration", where: int = 1001, **more: Any) -> dict[str, Any]:
    """The message that answers in words."""
    [call] = await talk.tell(message(text, where, **more))
    messages = [each for (chat, _), each in talk.api.state.messages.items() if chat == where]
    return messages[-1] | {"reply_markup": call.given["reply_markup"]}


class TestShow:
    """The words become the picture, in place."""

    async def test_the_answer_offers_the_picture(self, talk: Talk) -> None:
        """Where the topic has one, and only there."""
        [call] = await talk.tell(message("/duration"))
        assert keys(call)["📊 Show"] == SHOW
        [call] = await talk.tell(message("/help"))
        assert "📊 Show" not in keys(call)

    async def test_a_press_turns_the_message_into_a_photo(self, talk: Talk) -> None:
        """The query is answered at once, the file is uploaded with a caption that fits, and the way back is there."""
        shown = await told(talk)
        answered, edited = await talk.tell(press(SHOW, shown), expect=2)
        assert {answered.method, edited.method} == {"answerCallbackQuery", "editMessageMedia"}
        edited = edited if edited.method == "editMessageMedia" else answered
        now = talk.api.state.messages[1001, shown["message_id"]]
        assert now["photo"]
        assert now["caption"].startswith("⏳ How long it lasts")
        assert 0 < units(now["caption"]) <= 1024
        assert keys(edited)["◀️ In words"] == "t/duration"
        assert talk.api.state.photos["photo-1"].startswith(PNG_START)

    async def test_the_same_picture_is_uploaded_once(self, talk: Talk, easel: Easel) -> None:
        """From then on it has an id."""
        for _ in range(3):
            await talk.tell(press(SHOW, await told(talk)) | {}, expect=2)
            talk.api.state.answered_queries.clear()
        assert easel.drawn == 1
        assert len(talk.api.state.photos) == 1

    async def test_an_id_that_telegram_no_longer_takes_is_uploaded_anew(self, talk: Talk) -> None:
        """Ids are good for one bot, and not promised for ever."""
        await talk.tell(press(SHOW, await told(talk)), expect=2)
        talk.api.state.photos.clear()
        talk.api.state.answered_queries.clear()
        await talk.tell(press(SHOW, await told(talk)), expect=3)
        assert list(talk.api.state.photos) == ["photo-1"]

    async def test_back_in_words(self, talk: Talk) -> None:
        """A photo cannot become text again: the words come anew, and the photo goes."""
        shown = await told(talk)
        await talk.tell(press(SHOW, shown), expect=2)
        photo = talk.api.state.messages[1001, shown["message_id"]]
        calls = await talk.tell(press("t/duration", photo), expect=3)
        assert [call.method for call in calls][1:] == ["sendMessage", "deleteMessage"]
        assert (1001, shown["message_id"]) not in talk.api.state.messages

    async def test_from_a_message_that_is_to_stay_the_picture_comes_as_its_own(self, talk: Talk) -> None:
        """As under bulletins, in the forum topic where they are."""
        shown = await told(talk, "/duration@NotaTestBot", GROUP, **topic(42))
        calls = await talk.tell(press(f"+{SHOW}", shown), expect=2)
        sent = next(call for call in calls if call.method == "sendPhoto")
        assert (int(sent.given["chat_id"]), int(sent.given["message_thread_id"])) == (GROUP, 42)

    async def test_under_a_message_of_inline_mode_the_app_opens_the_chat_with_us(self, talk: Talk) -> None:
        """Nothing can be uploaded there."""
        [call] = await talk.tell(press(SHOW, None, inline_message_id="inline"))
        assert call.method == "answerCallbackQuery"
        assert call.given["url"] == "https://t.me/NotaTestBot?start=duration"


class TestRestart:
    """What was uploaded once stays uploaded: the id is kept on disk, beside the picture."""

    @pytest.mark.parametrize("mode", MODES)
    async def test_nothing_is_drawn_or_uploaded_again(self, mode: str, dossier: Dossier, tmp_path: Path) -> None:
        """Three runs of the bot, one upload; each language has its own."""
        easel = Easel()
        async with bot_api() as api:
            for _ in range(3):
                async with _with_pictures(api, mode, dossier, easel, tmp_path) as talk:
                    await talk.tell(press(SHOW, await told(talk)), expect=2)
                    api.state.answered_queries.clear()
            assert (easel.drawn, list(api.state.photos)) == (1, ["photo-1"])
            assert sum(call.method == "editMessageMedia" for call in api.answers) == 3

    async def test_an_id_that_is_no_longer_taken_is_forgotten_on_disk_too(
        self, dossier: Dossier, tmp_path: Path
    ) -> None:
        """The run after it knows the new one."""
        async with bot_api() as api:
            for calls in (2, 3, 2):
                async with _with_pictures(api, "polling", dossier, Easel(), tmp_path) as talk:
                    await talk.tell(press(SHOW, await told(talk)), expect=calls)
                    api.state.answered_queries.clear()
                if calls == 2:
                    api.state.photos.pop("photo-1", None)
                    api.state.photos["another"] = b""
            assert list(api.state.photos) == ["another", "photo-2"]

    async def test_another_bot_uploads_its_own(self, tmp_path: Path) -> None:
        """Ids are good for one bot."""
        store = PictureStore(tmp_path)
        await FileIds("1", store).put("digest", "photo-1")
        assert await FileIds("1", store).get("digest") == "photo-1"
        assert await FileIds("2", store).get("digest") is None

    async def test_a_folder_that_cannot_be_written_keeps_ids_in_memory(self, tmp_path: Path) -> None:
        """Until the process ends."""
        (tmp_path / "taken").write_text("")
        ids = FileIds("1", PictureStore(tmp_path / "taken"))
        await ids.put("digest", "photo-1")
        assert await ids.get("digest") == "photo-1"
        await ids.forget("digest")
        assert await ids.get("digest") is None


def _with_pictures(
    api: BotApi, mode: str, dossier: Dossier, easel: Easel, folder: Path
) -> AbstractAsyncContextManager[Talk]:
    """A run of the bot, with the pictures that the runs before it kept."""
    return talking_to(api, mode, dossier, lambda live: PictureService(PictureStore(folder), live, lambda: TODAY, easel))


class TestFailure:
    """A failed picture never costs the words."""

    async def test_a_broken_renderer_leaves_the_words(self, talk: Talk, easel: Easel) -> None:
        """They are said again where they stand."""
        easel.broken = True
        shown = await told(talk)
        calls = await talk.tell(press(SHOW, shown), expect=2)
        assert "editMessageText" in {call.method for call in calls}
        assert "How long it lasts" in talk.api.state.messages[1001, shown["message_id"]]["text"]

    async def test_a_refused_photo_leaves_the_words(self, talk: Talk) -> None:
        """As where a group forbids photos (core.telegram.org/bots/api#chatpermissions)."""
        talk.api.fault("editMessageMedia", 400, "Bad Request: not enough rights to send photos to the chat")
        shown = await told(talk)
        await talk.tell(press(SHOW, shown), expect=2)
        await talk.api.until("editMessageText")
        assert "text" in talk.api.state.messages[1001, shown["message_id"]]

    async def test_a_message_that_is_gone_is_answered_anew(self, talk: Talk) -> None:
        """In words."""
        shown = await told(talk)
        talk.api.state.messages.clear()
        await talk.tell(press(SHOW, shown), expect=2)
        await talk.api.until("sendMessage", 2)

    async def test_others_are_answered_while_a_picture_is_drawn(self, talk: Talk) -> None:
        """A hundred presses and a question from somebody else."""
        shown = await told(talk)
        presses = [press(SHOW, shown) for _ in range(20)]
        for number, each in enumerate(presses):
            each["callback_query"]["id"] = f"query-{number}"
        start = len(talk.api.answers)
        await asyncio.gather(*(talk.give(each) for each in presses), talk.give(message("/about", 1002)))
        await talk.api.until_answered(start + 21)
        await talk.api.until("editMessageMedia", 10)
        assert len(talk.api.state.photos) == 1


class TestWithoutFacts:
    """A topic whose picture lacks a fact keeps its words."""

    @pytest.mark.parametrize("mode", MODES)
    async def test_the_press_says_the_words(self, mode: str, dossier: Dossier, easel: Easel, tmp_path: Path) -> None:
        """The button may be there; nothing breaks behind it."""
        topic_ = dossier.topics[TopicId("duration")].model_copy(update={"progress": None})
        bare = replace(dossier, topics={**dossier.topics, topic_.id: topic_})
        store = PictureStore(tmp_path)
        async with talking(mode, bare, lambda live: PictureService(store, live, lambda: TODAY, easel)) as talk:
            shown = await told(talk)
            calls = await talk.tell(press(SHOW, shown), expect=2)
            assert "editMessageText" in {call.method for call in calls}
            assert easel.drawn == 0
