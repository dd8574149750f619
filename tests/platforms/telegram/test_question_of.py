"""Which messages are for the bot, and what they ask."""

from typing import Any

import pytest

from bot.platforms.telegram.questions import question_of
from bot.platforms.telegram.types import Me, TelegramChat, kind_of, parse_update
from bot.replies.question import HELP, AboutTopic, CheckText, Command, Doubt, FreeText, Question
from tests.platforms.telegram.updates import ADA, ANONYMOUS_ADMIN, CHANNEL, GROUP, chat, message, post, user
from tests.tables import table

ME = Me(123456789, "NotaTestBot")
BOT = {"id": 42, "is_bot": True, "first_name": "Another"}
OURS = {"reply_to_message": {"from": {"id": ME.id, "is_bot": True}, "chat": chat(GROUP)}}


def question_in(update: dict[str, Any]) -> Question | None:
    """What an update's message asks; ``/programs`` is the only known command."""
    read = parse_update({"update_id": 1} | update)
    read_message = read.message or read.channel_post
    assert read_message is not None
    return question_of(read_message, kind_of(read_message.chat), ME, lambda name: name == "programs")


class TestInPrivate:
    """In a private chat, everything is for the bot."""

    @table("text, command, words")
    def test_examples(self, text: str, command: str, words: str) -> None:
        r"""
        /programs | programs | ""
        /PROGRAMS@notatestbot | programs | ""
        /start pricing | start | pricing
        /start subscribe | subscribe | ""
        "/ask how long\ndoes it last" | ask | how long does it last
        /срок | срок | ""
        "  how long?  " | "" | how long?
        @NotaTestBot how long? | "" | how long?
        @NotaTestBot /programs | programs | ""
        / | "" | /
        / programs | "" | / programs
        """
        assert question_in(message(text)) == (Command(command, words) if command else FreeText(words))

    def test_a_hundred_kilobytes_are_read_in_part(self) -> None:
        question = question_in(message("x" * 100_000))
        assert isinstance(question, FreeText)
        assert len(question.text) == 4096

    def test_under_a_picture_too(self) -> None:
        """A caption is its text."""
        update = message("")
        del update["message"]["text"]
        assert question_in(update) is None
        update["message"] |= {"photo": [], "caption": "how long?"}
        assert question_in(update) == FreeText("how long?")

    @pytest.mark.parametrize("text", ["", "   "])
    def test_an_empty_text_asks_nothing(self, text: str) -> None:
        assert question_in(message(text)) is None

    @pytest.mark.parametrize("where", [ADA, GROUP])
    @pytest.mark.parametrize("text", ["@NotaTestBot", " @notatestbot  "])
    def test_our_bare_name_asks_for_help(self, text: str, where: int) -> None:
        assert question_in(message(text, where)) == AboutTopic(HELP)


class TestInGroups:
    """In a group, the bot answers when it is addressed."""

    @table("text, command, words")
    def test_examples(self, text: str, command: str | None, words: str) -> None:
        """
        /programs@NotaTestBot | programs | ""
        /anything@NotaTestBot now | anything | now
        /programs | programs | ""
        /anything | null | null
        /programs@OtherBot | null | null
        /programs@NotaTestBotX | null | null
        how long does it last | null | null
        @NotaTestBot how long does it last | "" | how long does it last
        how long, @notatestbot? | "" | how long, ?
        @NotaTestBotX how long | null | null
        """
        expected = None if command is None else Command(command, words) if command else FreeText(words)
        assert question_in(message(text, GROUP)) == expected

    def test_a_reply_to_us_is_for_us(self) -> None:
        """It needs no mention."""
        assert question_in(message("how long?", GROUP, **OURS)) == FreeText("how long?")

    def test_a_reply_to_somebody_else_is_not(self) -> None:
        """Nor one to a message whose author is hidden."""
        theirs = {"reply_to_message": {"from": user(), "chat": chat(GROUP)}}
        assert question_in(message("how long?", GROUP, **theirs)) is None
        assert question_in(message("how long?", GROUP, reply_to_message={"chat": chat(GROUP)})) is None

    def test_another_bot_is_not_answered(self) -> None:
        """Two bots would answer each other without end."""
        assert question_in(message("/programs@NotaTestBot", GROUP, BOT)) is None

    def test_an_anonymous_admin_is_answered(self) -> None:
        """Telegram gives a bot as the account of anonymous admins."""
        sender = {"sender_chat": chat(GROUP)}
        assert question_in(message("/programs", GROUP, ANONYMOUS_ADMIN, **sender)) == Command("programs")

    def test_what_was_sent_through_us_is_not(self) -> None:
        """An article of inline mode is our own text."""
        assert question_in(message("/programs", GROUP, via_bot={"id": ME.id, "is_bot": True})) is None

    def test_a_channels_post_repeated_in_its_group_is_not(self) -> None:
        """It was answered in the channel."""
        assert question_in(message("/programs", GROUP, sender_chat=chat(CHANNEL), is_automatic_forward=True)) is None


LONG = {"reply_to_message": {"from": user(1002), "chat": chat(GROUP), "text": "Good news! It lasts ten years. Bye."}}
PART = {"quote": {"text": " It lasts ten years. ", "position": 11, "is_manual": True}}
ELSEWHERE = {"external_reply": {"origin": {"type": "channel", "date": 1, "message_id": 5}, "chat": chat(CHANNEL)}}


class TestHeard:
    """What somebody asks to be checked: the part that they marked, else all of the message that they reply to."""

    @pytest.mark.parametrize("text", ["is this true? @NotaTestBot", "@NotaTestBot", "bener gak nih @NotaTestBot"])
    def test_in_a_group(self, text: str) -> None:
        assert question_in(message(text, GROUP, **LONG)) == CheckText("Good news! It lasts ten years. Bye.")
        assert question_in(message(text, GROUP, **LONG, **PART)) == CheckText("It lasts ten years.")

    @pytest.mark.parametrize("where", [ADA, GROUP])
    def test_from_another_chat(self, where: int) -> None:
        """Telegram gives the marked part alone. Without one we ask for the words."""
        text = "@NotaTestBot is this true?"
        assert question_in(message(text, where, **ELSEWHERE, **PART)) == CheckText("It lasts ten years.")
        assert question_in(message(text, where, **ELSEWHERE)) == Command("check")
        assert question_in(message(f"{text} how long does it last?", where, **ELSEWHERE)) != Command("check")

    def test_the_command_takes_the_marked_part(self) -> None:
        assert question_in(message("/check@NotaTestBot", GROUP, **LONG, **PART)) == Command(
            "check", "It lasts ten years."
        )

    def test_a_caption(self) -> None:
        picture = {"reply_to_message": {"from": user(1002), "chat": chat(GROUP), "caption": "It lasts ten years."}}
        assert question_in(message("@NotaTestBot is this true?", GROUP, **picture)) == CheckText("It lasts ten years.")

    def test_a_part_of_our_own_answer_is_no_claim(self) -> None:
        assert question_in(message("is this true?", GROUP, **OURS, **PART)) == Doubt("")
        assert question_in(message("is it five years?", GROUP, **OURS, **PART)) == FreeText("is it five years?")


class TestInChannels:
    """In a channel, only commands are for the bot."""

    def test_examples(self) -> None:
        assert question_in(post("/programs")) == Command("programs")
        assert question_in(post("/programs@NotaTestBot")) == Command("programs")
        assert question_in(post("/programs@OtherBot")) is None
        assert question_in(post("Good morning")) is None

    @pytest.mark.parametrize("text", ["@NotaTestBot", "Ask @NotaTestBot how long it lasts", "how long, @notatestbot?"])
    def test_a_post_that_names_us_asks_nothing(self, text: str) -> None:
        """It is for the channel's readers, who would all see an answer."""
        assert question_in(post(text)) is None


class TestKinds:
    """A chat of an unknown type counts as a group (core.telegram.org/bots/api#chat)."""

    @table("given, kind")
    def test_examples(self, given: str, kind: str) -> None:
        """
        private | private
        group | group
        supergroup | group
        channel | channel
        x | group
        """
        assert kind_of(TelegramChat(id=1, type=given)) == kind


def struck(*places: tuple[int, int]) -> list[dict[str, Any]]:
    """Entities of a message that strike out what begins so many UTF-16 units after its beginning, and is so long."""
    return [{"type": "strikethrough", "offset": at, "length": length} for at, length in places]


class TestStruckOut:
    """What is struck out stands between tildes, for whoever strikes a sentence out does not say that it is so."""

    @pytest.mark.parametrize(
        ("entities", "words"),
        [
            (struck((3, 4)), "🚢 ~~lost~~ found"),
            (struck((0, 13)), "~~🚢 lost found~~"),
            (struck((3, 2), (5, 2)), "🚢 ~~lost~~ found"),
            ([{"type": "bold", "offset": 3, "length": 4}], "🚢 lost found"),
            (struck((3, 0)), "🚢 lost found"),
            ([5, {"type": "strikethrough"}, {"type": "strikethrough", "offset": "3", "length": 4}], "🚢 lost found"),
            (struck((90, 5)), "🚢 lost found"),
            (7, "🚢 lost found"),
        ],
    )
    def test_text_and_caption_and_quotation(self, entities: Any, words: str) -> None:
        text = "🚢 lost found"
        assert question_in(message(text, entities=entities)) == FreeText(words)
        captioned = message("x", caption=text, caption_entities=entities, photo=[])
        del captioned["message"]["text"]
        assert question_in(captioned) == FreeText(words)
        of_another = {"from": {"id": 42}, "chat": chat(GROUP), "text": "x"}
        doubt = message("is it true?", quote={"text": text, "entities": entities}, reply_to_message=of_another)
        assert question_in(doubt) == CheckText(words)
