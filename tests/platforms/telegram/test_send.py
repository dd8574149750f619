"""Bulletins out: sent once, and what became of it told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)

from bot.delivery.outcomes import (
    Delivered,
    Gone,
    MessageGone,
    Moved,
    NotEditable,
    Outcome,
    Refused,
    ThreadGone,
    Unreachable,
)
from bot.delivery.outcomes import RetryAfter as Later
from bot.delivery.sender import OutgoingMessage
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import BulletinId, Language, TopicId
from bot.platforms.telegram.api import Client
from bot.platforms.telegram.sender import TelegramSender, outcome_of
from bot.reader import MUTED, Address
from bot.replies.question import AboutTopic, Command
from bot.replies.reply import Button, Reply, TitleCard
from tests.platforms.telegram.sleeps import Sleeps
from tests.platforms.telegram.updates import ADA, CHANNEL, GROUP
from tests.servers.telegram import TOKEN, BotApi, bot_api

BUTTONS = (Button("Fare", AboutTopic(TopicId("fare"))), Button("Settings", Command("settings")))
REPLY = Reply(None, Language("en"), "News", "📰", (Paragraph((Span("A ferry sails."),)),), buttons=BUTTONS)
NEWS = OutgoingMessage(REPLY, "key-1")
READER = Address("telegram", ADA)
FERRY = BulletinId("ferry")


@asynccontextmanager
async def sending(api: BotApi, public_url: str | None = None) -> AsyncIterator[TelegramSender]:
    """A sender of a bot that has started."""
    async with aiohttp.ClientSession() as session:
        client = Client(TOKEN, api.url, session, Sleeps())
        await client.start()
        yield TelegramSender(client, 30, public_url)


class TestSend:
    """One try; the outbox repeats."""

    async def test_what_was_sent_has_an_id(self) -> None:
        """By which it can be edited."""
        async with bot_api() as api, sending(api) as sender:
            outcome = await sender.send(READER, NEWS)
            assert isinstance(outcome, Delivered)
            assert (ADA, outcome.message_id) in api.state.messages

    async def test_goes_into_the_topic_without_a_sound_as_a_reply(self) -> None:
        """Where the reader wants it so."""
        async with bot_api() as api, sending(api) as sender:
            await sender.send(Address("telegram", GROUP, 42), OutgoingMessage(REPLY, "key-1", silent=True, reply_to=7))
        [given] = api.of("sendMessage")
        assert (given["message_thread_id"], given["disable_notification"]) == (42, True)
        assert given["reply_parameters"] == {"message_id": 7, "allow_sending_without_reply": True}

    @pytest.mark.parametrize("code", [429, 500, 502])
    async def test_nothing_is_repeated_here(self, code: int) -> None:
        """Whatever it is."""
        async with bot_api() as api, sending(api) as sender:
            api.fault("sendMessage", code, **({"retry_after": 3} if code == 429 else {}))
            outcome = await sender.send(READER, NEWS)
        assert isinstance(outcome, Later | Unreachable)
        assert len(api.of("sendMessage")) == 1

    async def test_names_the_bot_without_telling_the_token(self) -> None:
        """Who holds the lane, sends."""
        async with bot_api() as api, sending(api) as sender:
            assert (sender.platform, sender.lease_name) == ("telegram", "telegram:123456789")
            assert (sender.limits.per_second, sender.limits.group_messages) == (30, 20)


class TestButtons:
    """A bulletin stays as it is when somebody presses a button."""

    async def test_in_a_private_chat_the_answer_comes_below(self) -> None:
        """As a message of its own."""
        async with bot_api() as api, sending(api) as sender:
            await sender.send(READER, NEWS)
        [given] = api.of("sendMessage")
        assert given["reply_markup"]["inline_keyboard"] == [
            [{"text": "Fare", "callback_data": "+t/fare"}, {"text": "Settings", "callback_data": "+c/settings/"}]
        ]

    @pytest.mark.parametrize("chat_id", [GROUP, CHANNEL])
    async def test_in_a_group_it_comes_in_private(self, chat_id: int) -> None:
        """One reader's question is not everybody's."""
        async with bot_api() as api, sending(api) as sender:
            await sender.send(Address("telegram", chat_id), NEWS)
        [given] = api.of("sendMessage")
        [[fare, settings]] = given["reply_markup"]["inline_keyboard"]
        assert fare["url"] == "https://t.me/NotaTestBot?start=fare"
        assert settings["callback_data"] == "+c/settings/"


class TestEdit:
    """A correction changes what was sent."""

    async def test_puts_other_words_into_it(self) -> None:
        """Under the same id."""
        async with bot_api() as api, sending(api) as sender:
            sent = await sender.send(READER, NEWS)
            assert isinstance(sent, Delivered)
            corrected = OutgoingMessage(Reply(None, Language("en"), "Correction"), "key-2")
            assert await sender.edit(READER, sent.message_id, corrected) == sent
            assert api.state.messages[ADA, sent.message_id]["text"] == "Correction"

    async def test_nothing_to_change_is_done(self) -> None:
        """Telegram refuses an edit that modifies nothing."""
        async with bot_api() as api, sending(api) as sender:
            sent = await sender.send(READER, NEWS)
            assert isinstance(sent, Delivered)
            assert await sender.edit(READER, sent.message_id, NEWS) == sent

    async def test_a_deleted_message_is_gone(self) -> None:
        """The outbox knows what to do."""
        async with bot_api() as api, sending(api) as sender:
            assert await sender.edit(READER, 4711, NEWS) == MessageGone()


class TestTitleCard:
    """Over the words, as a link's preview from our page: the message stays one of text, which can be corrected."""

    async def test_goes_with_a_message_and_with_its_correction(self) -> None:
        """The revision in its address keeps an old card from being shown."""
        async with bot_api() as api, sending(api, "https://nota.example/") as sender:
            outcome = await sender.send(READER, OutgoingMessage(replace(REPLY, card=TitleCard(FERRY, 1)), "key-1"))
            assert isinstance(outcome, Delivered)
            await sender.edit(
                READER, outcome.message_id, OutgoingMessage(replace(REPLY, card=TitleCard(FERRY, 2)), "key-2")
            )
        for method, revision in (("sendMessage", 1), ("editMessageText", 2)):
            [given] = api.of(method)
            assert given["link_preview_options"] == {
                "url": f"https://nota.example/pictures/en/bulletin/ferry?revision={revision}",
                "prefer_large_media": True,
                "show_above_text": True,
            }

    async def test_needs_a_page_that_can_be_reached(self) -> None:
        """By polling the words go alone."""
        async with bot_api() as api, sending(api) as sender:
            await sender.send(READER, OutgoingMessage(replace(REPLY, card=TitleCard(FERRY, 1)), "key-1"))
        [given] = api.of("sendMessage")
        assert given["link_preview_options"] == {"is_disabled": True}


class TestOutcomes:
    """Telegram's words for a fault → what it means; one table."""

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            (RetryAfter(17), Later(17.0)),
            (ChatMigrated(-1002), Moved(-1002)),
            (TimedOut(), Unreachable("Timed out")),
            (NetworkError("Bad Gateway"), Unreachable("Bad Gateway")),
            (InvalidToken(), Unreachable("InvalidToken")),
            (Conflict("x"), Unreachable("Conflict")),
        ],
    )
    def test_of_a_kind(self, error: Exception, outcome: Outcome) -> None:
        """By the exception alone."""
        assert outcome_of(error) == outcome  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("words", "kind"),
        [
            ("Forbidden: bot was blocked by the user", Gone),
            ("Forbidden: bot was kicked from the supergroup chat", Gone),
            ("Forbidden: user is deactivated", Gone),
            ("Forbidden: bot is not a member of the channel chat", Gone),
            ("Bad Request: chat not found", Gone),
            ("Bad Request: group chat was deactivated", Gone),
            ("Bad Request: not enough rights to send text messages to the chat", Gone),
            ("Bad Request: need administrator rights in the channel chat", Gone),
            ("Bad Request: CHAT_WRITE_FORBIDDEN", Gone),
            ("Bad Request: CHAT_ADMIN_REQUIRED", Gone),
            ("Bad Request: CHAT_GUEST_SEND_FORBIDDEN", Gone),
            ("Bad Request: CHANNEL_PRIVATE", Gone),
            ("Bad Request: USER_BANNED_IN_CHANNEL", Gone),
            ("Bad Request: USER_IS_BLOCKED", Gone),
            ("Bad Request: INPUT_USER_DEACTIVATED", Gone),
            ("Bad Request: message thread not found", ThreadGone),
            ("Bad Request: TOPIC_CLOSED", ThreadGone),
            ("Bad Request: TOPIC_DELETED", ThreadGone),
            ("Bad Request: message to edit not found", MessageGone),
            ("Bad Request: MESSAGE_ID_INVALID", MessageGone),
            ("Bad Request: message can't be edited", NotEditable),
            ("Bad Request: there is no text in the message to edit", NotEditable),
            ("Bad Request: message is too long", Refused),
            ("Bad Request: can't parse entities: unsupported start tag", Refused),
            ("Bad Request: message is not modified", Refused),
        ],
    )
    def test_of_a_description(self, words: str, kind: type[Outcome]) -> None:
        """As the server of the Bot API says it; what is unknown concerns the message alone."""
        error = Forbidden(words) if words.startswith("Forbidden") else BadRequest(words)
        assert isinstance(outcome_of(error), kind)

    @pytest.mark.parametrize(
        "words",
        [
            "Bad Request: not enough rights to send text messages to the chat",
            "Bad Request: have no rights to send a message",
            "Bad Request: CHAT_WRITE_FORBIDDEN",
            "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN",
        ],
    )
    def test_a_group_that_lets_nobody_write_is_muted(self, words: str) -> None:
        """Which may be for a night: the next bulletin tries it again."""
        assert outcome_of(BadRequest(words)) == Gone(MUTED)

    def test_not_modified_is_delivered_where_it_was_an_edit(self) -> None:
        """What stands there is what was wanted."""
        assert outcome_of(BadRequest("Bad Request: message is not modified: …"), 7) == Delivered(7)
