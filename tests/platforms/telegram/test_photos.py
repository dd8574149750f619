"""A topic's picture, sent by a press of its button: over real HTTP, by polling and by webhook."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.dossier.models import Dossier, TopicId
from bot.pictures.raster import PNG_END, PNG_START, RasterError
from bot.pictures.service import PictureService, PictureStore
from tests.conftest import TODAY
from tests.platforms.telegram.conftest import IN_EACH_MODE, QUICK_MODE_FIRST, Talk, talking
from tests.platforms.telegram.updates import GROUP, message, press, topic
from tests.servers.telegram import Called
from tests.servers.telegram_markup import units

SHOW = "p/duration"


class Rasterizer:
    """Draws at once, or fails while it is ``broken``."""

    def __init__(self) -> None:
        self.drawn = 0
        self.broken = False

    def __call__(self, svg: str) -> bytes:
        if self.broken:
            raise RasterError("broken")
        self.drawn += 1
        return PNG_START + svg.encode() + PNG_END


@pytest.fixture
def rasterizer() -> Rasterizer:
    return Rasterizer()


@pytest.fixture(params=QUICK_MODE_FIRST)
async def talk(
    request: pytest.FixtureRequest, dossier: Dossier, rasterizer: Rasterizer, tmp_path: Path
) -> AsyncIterator[Talk]:
    store = PictureStore(tmp_path)
    async with talking(
        request.param, dossier, lambda live: PictureService(store, live, lambda: TODAY, rasterizer)
    ) as running:
        yield running


def keys(call: Called) -> dict[str, str]:
    rows = call.given["reply_markup"]["inline_keyboard"]
    return {key["text"]: key.get("callback_data", "") for row in rows for key in row}


async def text_message(talk: Talk, text: str = "/duration", where: int = 1001, **more: Any) -> dict[str, Any]:
    """The text message that answers."""
    [call] = await talk.tell(message(text, where, **more))
    messages = [each for (chat, _), each in talk.api.state.messages.items() if chat == where]
    return messages[-1] | {"reply_markup": call.given["reply_markup"]}


class TestShow:
    """The text is edited into the picture."""

    async def test_the_answer_offers_the_picture(self, talk: Talk) -> None:
        """If the topic has one."""
        [call] = await talk.tell(message("/duration"))
        assert keys(call)["📊 Chart"] == SHOW
        [call] = await talk.tell(message("/help"))
        assert "📊 Chart" not in keys(call)

    @IN_EACH_MODE
    async def test_a_press_turns_the_message_into_a_photo(self, talk: Talk) -> None:
        """The query is acknowledged at once; the upload has a caption that fits and a button back to the text."""
        text = await text_message(talk)
        answered, edited = await talk.tell(press(SHOW, text), expect=2)
        assert {answered.method, edited.method} == {"answerCallbackQuery", "editMessageMedia"}
        edited = edited if edited.method == "editMessageMedia" else answered
        now = talk.api.state.messages[1001, text["message_id"]]
        assert now["photo"]
        assert now["caption"].startswith("⏳ How long it lasts")
        assert 0 < units(now["caption"]) <= 1024
        assert keys(edited)["◀️ In words"] == "t/duration"
        assert talk.api.state.photos["photo-1"].startswith(PNG_START)

    async def test_the_same_picture_is_uploaded_once(self, talk: Talk, rasterizer: Rasterizer) -> None:
        for _ in range(3):
            await talk.tell(press(SHOW, await text_message(talk)) | {}, expect=2)
            talk.api.state.answered_queries.clear()
        assert rasterizer.drawn == 1
        assert len(talk.api.state.photos) == 1

    async def test_a_refused_id_is_uploaded_again(self, talk: Talk) -> None:
        """Telegram does not promise that an id stays valid."""
        await talk.tell(press(SHOW, await text_message(talk)), expect=2)
        talk.api.state.photos.clear()
        talk.api.state.answered_queries.clear()
        await talk.tell(press(SHOW, await text_message(talk)), expect=3)
        assert list(talk.api.state.photos) == ["photo-1"]

    async def test_back_to_the_text(self, talk: Talk) -> None:
        """A photo cannot be edited into text: a new message is sent, and the photo is deleted."""
        text = await text_message(talk)
        await talk.tell(press(SHOW, text), expect=2)
        photo = talk.api.state.messages[1001, text["message_id"]]
        calls = await talk.tell(press("t/duration", photo), expect=3)
        assert [call.method for call in calls][1:] == ["sendMessage", "deleteMessage"]
        assert (1001, text["message_id"]) not in talk.api.state.messages

    async def test_below_a_message_that_stays_the_picture_is_a_new_message(self, talk: Talk) -> None:
        """Below a bulletin, for example, and in its forum topic."""
        text = await text_message(talk, "/duration@NotaTestBot", GROUP, **topic(42))
        calls = await talk.tell(press(f"+{SHOW}", text), expect=2)
        sent = next(call for call in calls if call.method == "sendPhoto")
        assert (int(sent.given["chat_id"]), int(sent.given["message_thread_id"])) == (GROUP, 42)

    async def test_below_an_inline_message_the_app_opens_the_private_chat(self, talk: Talk) -> None:
        """Nothing can be uploaded to an inline message."""
        [call] = await talk.tell(press(SHOW, None, inline_message_id="inline"))
        assert call.method == "answerCallbackQuery"
        assert call.given["url"] == "https://t.me/NotaTestBot?start=duration"


class TestFailure:
    """Without a picture, the text is sent."""

    async def test_the_picture_cannot_be_drawn(self, talk: Talk, rasterizer: Rasterizer) -> None:
        """The message is edited into the same text."""
        rasterizer.broken = True
        text = await text_message(talk)
        calls = await talk.tell(press(SHOW, text), expect=2)
        assert "editMessageText" in {call.method for call in calls}
        assert "How long it lasts" in talk.api.state.messages[1001, text["message_id"]]["text"]

    async def test_the_photo_is_refused(self, talk: Talk) -> None:
        """In a group that forbids photos, for example (core.telegram.org/bots/api#chatpermissions)."""
        talk.api.fault("editMessageMedia", 400, "Bad Request: not enough rights to send photos to the chat")
        text = await text_message(talk)
        await talk.tell(press(SHOW, text), expect=2)
        await talk.api.until("editMessageText")
        assert "text" in talk.api.state.messages[1001, text["message_id"]]

    async def test_others_are_answered_while_a_picture_is_drawn(self, talk: Talk) -> None:
        """Twenty presses, and a question from somebody else."""
        text = await text_message(talk)
        presses = [press(SHOW, text) for _ in range(20)]
        for number, each in enumerate(presses):
            each["callback_query"]["id"] = f"query-{number}"
        start = len(talk.api.answers)
        await asyncio.gather(*(talk.give(each) for each in presses), talk.give(message("/about", 1002)))
        await talk.api.until_answered(start + 21)
        await talk.api.until("editMessageMedia", 10)
        assert len(talk.api.state.photos) == 1


class TestWithoutFacts:
    """A topic whose picture lacks a fact is answered with its text."""

    @pytest.mark.parametrize("mode", QUICK_MODE_FIRST)
    async def test_the_press_is_answered_with_the_text(
        self, mode: str, dossier: Dossier, rasterizer: Rasterizer, tmp_path: Path
    ) -> None:
        """Even if an old message still has the button."""
        topic_ = dossier.topics[TopicId("duration")].model_copy(update={"progress": None})
        bare = replace(dossier, topics={**dossier.topics, topic_.id: topic_})
        store = PictureStore(tmp_path)
        async with talking(mode, bare, lambda live: PictureService(store, live, lambda: TODAY, rasterizer)) as talk:
            text = await text_message(talk)
            calls = await talk.tell(press(SHOW, text), expect=2)
            assert "editMessageText" in {call.method for call in calls}
            assert rasterizer.drawn == 0
