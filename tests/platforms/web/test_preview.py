"""The chat in the browser, without HTTP."""

from pathlib import Path

import pytest

from bot.delivery.outcomes import Delivered, Gone, MessageGone
from bot.delivery.sender import OutgoingMessage, Sender
from bot.dossier.loader import load
from bot.dossier.models import Language, TopicId
from bot.platforms.web.preview import Preview, PreviewSender, Room
from bot.reader import Address
from bot.replies.question import AboutTopic, Command, token
from bot.replies.reply import Reply
from tests.conftest import TODAY, Edit
from tests.platforms.web.site import chatting

FARE = token(AboutTopic(TopicId("fare")))


@pytest.fixture
def room(preview: Preview) -> Room:
    """A browser's chat, nothing asked in it."""
    return preview.rooms.enter(None)


def last(room: Room) -> Reply:
    return room.turns[-1].reply


class TestAsking:
    """It is the conversation that answers, as on every platform."""

    async def test_typed_is_answered(self, preview: Preview, room: Room) -> None:
        """Each thing asked is a turn."""
        await preview.hear(room, " /fare ")
        await preview.hear(room, "/nothing")
        assert [turn.asked for turn in room.turns] == ["/fare", "/nothing"]
        assert [turn.reply.topic for turn in room.turns] == ["fare", None]

    async def test_pressed_replaces_the_reply(self, preview: Preview, room: Room) -> None:
        """In place, as on the platforms; what was asked stays."""
        await preview.hear(room, "/start")
        await preview.press(room, 1, FARE)
        assert [(turn.asked, turn.reply.topic) for turn in room.turns] == [("/start", "fare")]

    @pytest.mark.parametrize(("number", "data"), [(1, "t/gone"), (1, ""), (1, "\x00"), (7, FARE)])
    async def test_button_out_of_date_says_so(self, preview: Preview, room: Room, number: int, data: str) -> None:
        """And nothing changes: neither for a topic that is gone nor for a reply that is."""
        await preview.hear(room, "/start")
        await preview.press(room, number, data)
        assert room.notice.startswith("That button is out of date")
        assert last(room).topic is None


class TestLanguage:
    """The browser's, until one is chosen."""

    async def test_browser_speaks_first(self, preview: Preview, room: Room) -> None:
        """Accept-Language is the preview's language_code."""
        room.user_language = "id"
        await preview.hear(room, "/fare")
        assert last(room).title == "Tarif"

    async def test_switching_answers_anew(self, preview: Preview, room: Room) -> None:
        """What is shown already, too; and /language chooses the same."""
        await preview.hear(room, "/fare")
        await preview.choose_language(room, "id")
        await preview.refresh(room)
        assert last(room).title == "Tarif"
        await preview.hear(room, "/language en")
        assert preview.language(room) == "en"

    async def test_language_that_the_dossier_lacks_changes_nothing(self, preview: Preview, room: Room) -> None:
        """Nor does nonsense."""
        for wanted in ("ru", "<b>", ""):
            await preview.choose_language(room, wanted)
        assert preview.language(room) == "en"


class TestFreshness:
    """Shown replies follow the content."""

    async def test_new_edition_answers_anew(self, folder: Path, edit: Edit) -> None:
        """Once, when the page is next looked at."""
        async with chatting(folder) as preview:
            room = preview.rooms.enter(None)
            await preview.hear(room, "/fare")
            edit("topics/fare.yaml", "A single ticket", "One ticket")
            preview.conversation.live.take(load(folder, TODAY))
            await preview.refresh(room)
            assert "One ticket" in str(last(room).blocks)

    async def test_nothing_new_leaves_the_very_reply(self, preview: Preview, room: Room) -> None:
        """Looking twice asks once."""
        await preview.hear(room, "how much is it?")
        reply = last(room)
        await preview.refresh(room)
        assert last(room) is reply

    async def test_topic_that_is_gone_stays_as_it_was(self, preview: Preview, room: Room) -> None:
        """An editor who renames a topic does not break the page."""
        await preview.hear(room, "/start")
        await preview.press(room, 1, FARE)
        room.turns[0].question = AboutTopic(TopicId("renamed"))
        room.turns[0].answered_from = ""
        await preview.refresh(room)
        assert last(room).topic == "fare"


class TestDelivering:
    """Bulletins reach open previews through the worker's port."""

    async def test_sent_and_edited(self, preview: Preview, room: Room) -> None:
        """The id that comes back names it for a correction."""
        sender: Sender = PreviewSender(preview)
        news = Reply(TopicId("news"), Language("en"), "First crossing")
        sent = await sender.send(room.address, OutgoingMessage(news, "1"))
        assert isinstance(sent, Delivered)
        assert last(room) is news
        mended = Reply(TopicId("news"), Language("en"), "First crossing, corrected")
        assert await sender.edit(room.address, sent.message_id, OutgoingMessage(mended, "2")) == sent
        assert last(room) is mended

    async def test_message_of_before_a_restart_is_gone(self, preview: Preview, room: Room) -> None:
        """Whatever stands there now under its number is another."""
        message = OutgoingMessage(Reply(None, Language("en"), "…"), "1")
        sent = await PreviewSender(preview).send(room.address, message)
        assert isinstance(sent, Delivered)
        assert await PreviewSender(preview).edit(room.address, sent.message_id, message) == MessageGone()

    async def test_closed_preview_is_gone(self, preview: Preview, room: Room) -> None:
        """So is a message of before."""
        sender = PreviewSender(preview)
        message = OutgoingMessage(Reply(None, Language("en"), "…"), "1")
        assert isinstance(await sender.send(Address("preview", 1), message), Gone)
        assert await sender.edit(Address("preview", 1), 1, message) == MessageGone()
        assert await sender.edit(room.address, 9, message) == MessageGone()

    async def test_delivered_is_not_asked_again(self, preview: Preview, room: Room) -> None:
        """It stands as it was sent, until it is edited."""
        preview.deliver(room.address, Reply(TopicId("fare"), Language("en"), "As sent"))
        room.turns[0].answered_from = ""
        await preview.refresh(room)
        assert last(room).title == "As sent"
        assert Command("fare") not in [turn.question for turn in room.turns]
