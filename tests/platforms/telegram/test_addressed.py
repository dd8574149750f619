"""Which messages are for us, and what they ask."""

from typing import Any

import pytest

from bot.platforms.telegram.handlers import question_of
from bot.platforms.telegram.types import Chat, Me, kind_of, update_of
from bot.replies.question import HELP, AboutTopic, Command, FreeText, Question
from tests.platforms.telegram.updates import ADA, ANONYMOUS_ADMIN, CHANNEL, GROUP, chat, message, post, user

ME = Me(123456789, "NotaTestBot")
BOT = {"id": 42, "is_bot": True, "first_name": "Another"}
OURS = {"reply_to_message": {"from": {"id": ME.id, "is_bot": True}, "chat": chat(GROUP)}}


def asked(update: dict[str, Any]) -> Question | None:
    """What an update's message asks us, where ``/programs`` is the only command known."""
    read = update_of({"update_id": 1} | update)
    said = read.message or read.channel_post
    assert said is not None
    return question_of(said, kind_of(said.chat), ME, lambda name: name == "programs")


class TestInPrivate:
    """Everything is for us."""

    @pytest.mark.parametrize(
        ("text", "question"),
        [
            ("/programs", Command("programs")),
            ("/PROGRAMS@notatestbot", Command("programs")),
            ("/start pricing", Command("start", "pricing")),
            ("/ask how long\ndoes it last", Command("ask", "how long does it last")),
            ("/срок", Command("срок")),
            ("  how long?  ", FreeText("how long?")),
            ("@NotaTestBot how long?", FreeText("how long?")),
            ("@NotaTestBot /programs", Command("programs")),
            ("/", FreeText("/")),
            ("/ programs", FreeText("/ programs")),
        ],
    )
    def test_is(self, text: str, question: Question) -> None:
        """By example."""
        assert asked(message(text)) == question

    def test_a_hundred_kilobytes_are_read_in_part(self) -> None:
        """As much as a message can have."""
        question = asked(message("x" * 100_000))
        assert isinstance(question, FreeText)
        assert len(question.text) == 4096

    def test_under_a_picture_too(self) -> None:
        """A caption is what is said there."""
        update = message("")
        del update["message"]["text"]
        assert asked(update) is None
        update["message"] |= {"photo": [], "caption": "how long?"}
        assert asked(update) == FreeText("how long?")

    @pytest.mark.parametrize("text", ["", "   "])
    def test_nothing_said_asks_nothing(self, text: str) -> None:
        """Nor does it under a picture."""
        assert asked(message(text)) is None

    @pytest.mark.parametrize("where", [ADA, GROUP])
    @pytest.mark.parametrize("text", ["@NotaTestBot", " @notatestbot  "])
    def test_our_bare_name_asks_for_help(self, text: str, where: int) -> None:
        """As on Discord."""
        assert asked(message(text, where)) == AboutTopic(HELP)


class TestInGroups:
    """We speak when spoken to."""

    @pytest.mark.parametrize(
        ("text", "question"),
        [
            ("/programs@NotaTestBot", Command("programs")),
            ("/anything@NotaTestBot now", Command("anything", "now")),
            ("/programs", Command("programs")),
            ("/anything", None),
            ("/programs@OtherBot", None),
            ("/programs@NotaTestBotX", None),
            ("how long does it last", None),
            ("@NotaTestBot how long does it last", FreeText("how long does it last")),
            ("how long, @notatestbot?", FreeText("how long, ?")),
            ("@NotaTestBotX how long", None),
        ],
    )
    def test_is(self, text: str, question: Question | None) -> None:
        """By example."""
        assert asked(message(text, GROUP)) == question

    def test_a_reply_to_us_is_for_us(self) -> None:
        """Words need no mention then."""
        assert asked(message("how long?", GROUP, **OURS)) == FreeText("how long?")

    def test_a_reply_to_somebody_else_is_not(self) -> None:
        """Nor one to a message whose author is hidden."""
        theirs = {"reply_to_message": {"from": user(), "chat": chat(GROUP)}}
        assert asked(message("how long?", GROUP, **theirs)) is None
        assert asked(message("how long?", GROUP, reply_to_message={"chat": chat(GROUP)})) is None

    def test_another_bot_is_not_answered(self) -> None:
        """Two bots would never stop."""
        assert asked(message("/programs@NotaTestBot", GROUP, BOT)) is None

    def test_an_anonymous_admin_is_answered(self) -> None:
        """Though the account is a bot's."""
        sender = {"sender_chat": chat(GROUP)}
        assert asked(message("/programs", GROUP, ANONYMOUS_ADMIN, **sender)) == Command("programs")

    def test_what_was_sent_through_us_is_not(self) -> None:
        """An article of inline mode is our own words."""
        assert asked(message("/programs", GROUP, via_bot={"id": ME.id, "is_bot": True})) is None

    def test_a_channels_post_repeated_in_its_group_is_not(self) -> None:
        """It was answered in the channel."""
        assert asked(message("/programs", GROUP, sender_chat=chat(CHANNEL), is_automatic_forward=True)) is None


class TestInChannels:
    """A post is a command or none of ours."""

    def test_is(self) -> None:
        """By example."""
        assert asked(post("/programs")) == Command("programs")
        assert asked(post("/programs@NotaTestBot")) == Command("programs")
        assert asked(post("/programs@OtherBot")) is None
        assert asked(post("Good morning")) is None

    @pytest.mark.parametrize("text", ["@NotaTestBot", "Ask @NotaTestBot how long it lasts", "how long, @notatestbot?"])
    def test_a_post_that_names_us_asks_nothing(self, text: str) -> None:
        """It tells the channel's readers of us; an answer would stand below it for all of them."""
        assert asked(post(text)) is None


class TestKinds:
    """A chat of a kind yet unknown is treated with reserve."""

    @pytest.mark.parametrize(
        ("given", "kind"),
        [("private", "private"), ("group", "group"), ("supergroup", "group"), ("channel", "channel"), ("x", "group")],
    )
    def test_is(self, given: str, kind: str) -> None:
        """core.telegram.org/bots/api#chat."""
        assert kind_of(Chat(id=1, type=given)) == kind
