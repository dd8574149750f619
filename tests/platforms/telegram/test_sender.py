"""Bulletins: each is sent or edited once, and what Telegram answers becomes an outcome."""

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
    TelegramError,
    TimedOut,
)

from bot.delivery.outcomes import (
    ChatGone,
    Delivered,
    MessageGone,
    Moved,
    Outcome,
    ThreadGone,
    Unreachable,
)
from bot.delivery.outcomes import RetryAfter as Later
from bot.delivery.sender import OutgoingMessage
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import BulletinId, Language, TopicId
from bot.platforms.telegram.api import TelegramClient
from bot.platforms.telegram.outcomes import outcome_of
from bot.platforms.telegram.sender import TelegramSender
from bot.reader import CLOSED, MUTED, Address
from bot.replies.question import AboutTopic, Command
from bot.replies.reply import Button, Reply, TitleCard
from tests.clocks import Sleeps
from tests.platforms.telegram.updates import ADA, CHANNEL, GROUP
from tests.servers.telegram import TOKEN, BotApi, bot_api
from tests.tables import table

BUTTONS = (Button("Fare", AboutTopic(TopicId("fare"))), Button("Settings", Command("settings")))
REPLY = Reply(None, Language("en"), "News", "📰", (Paragraph((Span("A ferry sails."),)),), buttons=BUTTONS)
NEWS = OutgoingMessage(REPLY, "key-1")
READER = Address("telegram", str(ADA))
FERRY = BulletinId("ferry")


@asynccontextmanager
async def sending(api: BotApi, public_url: str | None = None) -> AsyncIterator[TelegramSender]:
    async with aiohttp.ClientSession() as session:
        client = TelegramClient(TOKEN, api.url, session, Sleeps())
        await client.connect()
        yield TelegramSender(client, 30, public_url)


class TestSend:
    """One attempt; the delivery worker repeats."""

    @pytest.mark.parametrize(
        ("words", "outcome"),
        [
            ("TOPIC_CLOSED", ChatGone(CLOSED)),
            ("message thread not found", ThreadGone("Message thread not found")),
        ],
        ids=["closed", "deleted"],
    )
    async def test_to_a_topic(self, words: str, outcome: Outcome) -> None:
        """The general topic has no number; it can be closed, too, and the others stay open."""
        async with bot_api() as api, sending(api) as sender:
            api.state.topics[GROUP, 5] = words
            assert await sender.send(Address("telegram", str(GROUP), "5"), NEWS) == outcome
            assert isinstance(await sender.send(Address("telegram", str(GROUP)), NEWS), Delivered)
            api.state.topics[GROUP, 0] = "TOPIC_CLOSED"
            assert await sender.send(Address("telegram", str(GROUP)), NEWS) == ChatGone(CLOSED)

    async def test_the_outcome_has_the_message_id(self) -> None:
        async with bot_api() as api, sending(api) as sender:
            outcome = await sender.send(READER, NEWS)
            assert isinstance(outcome, Delivered)
            assert (ADA, int(outcome.message_id)) in api.state.messages

    async def test_into_a_topic_without_a_sound_as_a_reply(self) -> None:
        async with bot_api() as api, sending(api) as sender:
            await sender.send(
                Address("telegram", str(GROUP), "42"), OutgoingMessage(REPLY, "key-1", silent=True, reply_to="7")
            )
        [parameters] = api.of("sendMessage")
        assert (parameters["message_thread_id"], parameters["disable_notification"]) == (42, True)
        assert parameters["reply_parameters"] == {"message_id": 7, "allow_sending_without_reply": True}

    @pytest.mark.parametrize("code", [429, 500, 502])
    async def test_an_error_is_not_retried_here(self, code: int) -> None:
        async with bot_api() as api, sending(api) as sender:
            api.fault("sendMessage", code, **({"retry_after": 3} if code == 429 else {}))
            outcome = await sender.send(READER, NEWS)
        assert isinstance(outcome, Later | Unreachable)
        assert len(api.of("sendMessage")) == 1

    async def test_the_lease_names_the_bot_without_its_token(self) -> None:
        async with bot_api() as api, sending(api) as sender:
            assert (sender.platform, sender.lease_name) == ("telegram", "telegram:123456789")
            assert (sender.limits.per_second, sender.limits.group_messages) == (30, 20)

    async def test_a_button_in_a_private_chat_is_answered_below(self) -> None:
        """The bulletin stays as it is."""
        async with bot_api() as api, sending(api) as sender:
            await sender.send(READER, NEWS)
        [parameters] = api.of("sendMessage")
        assert parameters["reply_markup"]["inline_keyboard"] == [
            [{"text": "Fare", "callback_data": "+t/fare"}, {"text": "Settings", "callback_data": "+c/settings/"}]
        ]

    @pytest.mark.parametrize("chat_id", [GROUP, CHANNEL])
    async def test_a_button_in_a_group_is_answered_in_private(self, chat_id: int) -> None:
        """One reader's question disturbs nobody."""
        async with bot_api() as api, sending(api) as sender:
            await sender.send(Address("telegram", str(chat_id)), NEWS)
        [parameters] = api.of("sendMessage")
        [[fare, settings]] = parameters["reply_markup"]["inline_keyboard"]
        assert fare["url"] == "https://t.me/NotaTestBot?start=fare"
        assert settings["callback_data"] == "+c/settings/"


class TestEdit:
    """A correction edits the message."""

    async def test_the_content_is_replaced(self) -> None:
        async with bot_api() as api, sending(api) as sender:
            sent = await sender.send(READER, NEWS)
            assert isinstance(sent, Delivered)
            assert await sender.edit(READER, sent.message_id, NEWS) == sent  # Telegram refuses an edit without a change
            corrected = OutgoingMessage(Reply(None, Language("en"), "Correction"), "key-2")
            assert await sender.edit(READER, sent.message_id, corrected) == sent
            assert api.state.messages[ADA, int(sent.message_id)]["text"] == "Correction"

    async def test_a_deleted_message_is_gone(self) -> None:
        async with bot_api() as api, sending(api) as sender:
            assert await sender.edit(READER, 4711, NEWS) == MessageGone()


class TestTitleCard:
    """It stands above the text as the preview of a link to our page, so the message can be edited like any other."""

    async def test_in_a_message_and_in_its_correction(self) -> None:
        """The revision in its address keeps an old card from being shown."""
        async with bot_api() as api, sending(api, "https://nota.example/") as sender:
            outcome = await sender.send(READER, with_card(1))
            assert isinstance(outcome, Delivered)
            await sender.edit(READER, outcome.message_id, with_card(2))
        for method, revision in (("sendMessage", 1), ("editMessageText", 2)):
            [parameters] = api.of(method)
            assert parameters["link_preview_options"] == {
                "url": f"https://nota.example/pictures/en/bulletin/ferry?revision={revision}",
                "prefer_large_media": True,
                "show_above_text": True,
            }

    async def test_not_without_a_public_address(self) -> None:
        async with bot_api() as api, sending(api) as sender:
            await sender.send(READER, with_card(1))
        [parameters] = api.of("sendMessage")
        assert parameters["link_preview_options"] == {"is_disabled": True}


def with_card(revision: int) -> OutgoingMessage:
    return OutgoingMessage(replace(REPLY, card=TitleCard(FERRY, revision)), f"key-{revision}")


class TestOutcomes:
    """Each error of Telegram is one outcome."""

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            (RetryAfter(17), Later(17.0)),
            (ChatMigrated(-1002), Moved("-1002")),
            (TimedOut(), Unreachable("Timed out")),
            (NetworkError("Bad Gateway"), Unreachable("Bad Gateway")),
            (InvalidToken(), Unreachable("InvalidToken", is_unsent=True)),
            (Conflict("x"), Unreachable("Conflict")),
        ],
    )
    def test_of_an_exception(self, error: TelegramError, outcome: Outcome) -> None:
        assert outcome_of(error) == outcome

    @table("description, kind")
    def test_of_a_description(self, description: str, kind: str) -> None:
        """As the Bot API's server words it. An unknown one concerns the message alone.

        Forbidden: bot was blocked by the user | ChatGone
        Forbidden: bot was kicked from the supergroup chat | ChatGone
        Forbidden: user is deactivated | ChatGone
        Forbidden: bot is not a member of the channel chat | ChatGone
        chat not found | ChatGone
        group chat was deactivated | ChatGone
        need administrator rights in the channel chat | ChatGone
        CHAT_ADMIN_REQUIRED | ChatGone
        CHAT_GUEST_SEND_FORBIDDEN | ChatGone
        CHANNEL_PRIVATE | ChatGone
        USER_BANNED_IN_CHANNEL | ChatGone
        USER_IS_BLOCKED | ChatGone
        INPUT_USER_DEACTIVATED | ChatGone
        message thread not found | ThreadGone
        TOPIC_DELETED | ThreadGone
        message to edit not found | MessageGone
        MESSAGE_ID_INVALID | MessageGone
        message can't be edited | NotEditable
        there is no text in the message to edit | NotEditable
        message is too long | Refused
        can't parse entities: unsupported start tag | Refused
        message is not modified | Refused
        """
        is_forbidden = description.startswith("Forbidden")
        error = Forbidden(description) if is_forbidden else BadRequest(f"Bad Request: {description}")
        assert type(outcome_of(error)).__name__ == kind

    @table("description")
    def test_of_a_muted_group(self, description: str) -> None:
        """It may be muted for a night only: the next bulletin is tried again.

        not enough rights to send text messages to the chat
        have no rights to send a message
        CHAT_WRITE_FORBIDDEN
        CHAT_SEND_PLAIN_FORBIDDEN
        """
        assert outcome_of(BadRequest(f"Bad Request: {description}")) == ChatGone(MUTED)

    def test_of_a_closed_topic(self) -> None:
        """Its admins may open it again: only the topic is muted. Deleted, it is gone."""
        assert outcome_of(BadRequest("Bad Request: TOPIC_CLOSED")) == ChatGone(CLOSED)
        assert outcome_of(BadRequest("Bad Request: TOPIC_CLOSED"), "7") == ChatGone(CLOSED)

    def test_of_an_edit_without_a_change(self) -> None:
        assert outcome_of(BadRequest("Bad Request: message is not modified: …"), "7") == Delivered("7")
