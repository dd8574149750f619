"""The chats of the browsers, in memory."""

from bot.dossier.models import Language, TopicId
from bot.platforms.web.preview import MAX_ROOMS, MAX_TURNS, Room, Rooms, chat_id_of
from bot.replies.question import AboutTopic, Command, FreeText, Question
from bot.replies.reply import Reply
from tests.platforms.web.site import NOW

FARE = TopicId("fare")


def reply(topic: TopicId | None = FARE) -> Reply:
    return Reply(topic, Language("en"), "The fare")


def asked(room: Room, question: Question | None, answer: Reply) -> bool:
    return room.add("…", question, answer, NOW, "").may_be_asked_again


class TestRooms:
    """Bounded, and closed to guesses."""

    def test_same_cookie_same_room(self) -> None:
        """A browser finds its chat again."""
        rooms = Rooms()
        room = rooms.enter(None)
        assert rooms.enter(room.name) is room
        assert rooms.at(room.address) is room

    def test_cookie_that_is_none_of_ours_opens_a_new_room(self) -> None:
        """Nobody chooses the name of a room."""
        for name in ("", "short", "../../etc/passwd", "x" * 23, "é" * 22):
            assert Rooms().enter(name).name != name

    def test_room_of_before_a_restart_keeps_its_address(self) -> None:
        """So that what was chosen there still holds."""
        name = Rooms().enter(None).name
        assert Rooms().enter(name).address.chat_id == chat_id_of(name)

    def test_oldest_make_way(self) -> None:
        """Visitors without end take no memory without end."""
        rooms = Rooms()
        first, second = rooms.enter(None), rooms.enter(None)
        rooms.enter(first.name)
        for _ in range(MAX_ROOMS - 1):
            rooms.enter(None)
        assert rooms.at(first.address) is first
        assert rooms.at(second.address) is None

    def test_oldest_turns_make_way(self) -> None:
        """And numbers are never used twice."""
        room = Rooms().enter(None)
        for _ in range(MAX_TURNS + 5):
            room.add("/fare", Command("fare"), reply(), NOW, "")
        assert [room.turns[0].number, room.turns[-1].number] == [6, MAX_TURNS + 5]
        assert room.turn(5) is None


class TestAskedAgain:
    """Only what changes nothing is asked anew when the content changes."""

    def test_topics_and_words_are(self) -> None:
        """By button, by command, in words."""
        room = Rooms().enter(None)
        assert asked(room, AboutTopic(FARE), reply())
        assert asked(room, Command("fare"), reply())
        assert asked(room, FreeText("how much"), reply(None))

    def test_panels_and_bulletins_are_not(self) -> None:
        """/subscribe is not said twice because somebody saved a file."""
        room = Rooms().enter(None)
        assert not asked(room, Command("subscribe"), reply(None))
        assert not asked(room, None, reply())
