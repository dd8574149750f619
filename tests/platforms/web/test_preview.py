"""The chats of the preview without HTTP, and the streams that tell open pages to fetch themselves again."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.db.schema import PREVIEW
from bot.delivery.outcomes import ChatGone, Delivered, MessageGone
from bot.delivery.sender import OutgoingMessage, Sender
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.loader import Loading, load
from bot.dossier.models import Language, TopicId
from bot.platforms.web.preview import (
    MAX_CHATS,
    MAX_EXCHANGES,
    Exchange,
    Preview,
    PreviewChat,
    PreviewChats,
    PreviewSender,
    chat_id_of,
)
from bot.platforms.web.streams import MAX_STREAMS, EventStreams
from bot.reader import Address
from bot.replies.question import AboutTopic, Command, FreeText, Question, token
from bot.replies.reply import Reply
from tests.conftest import TINY, TODAY, Edit
from tests.platforms.web.site import NOW, Site, chatting, serving, status_of

FARE = AboutTopic(TopicId("fare"))
FARE_BUTTON = token(FARE)


def reply(title: str = "The fare", topic: str | None = "fare") -> Reply:
    return Reply(TopicId(topic) if topic else None, Language("en"), title)


@pytest.fixture
def chat(preview: Preview) -> PreviewChat:
    """A browser's chat in which nothing was asked."""
    return preview.chats.open(None)


def last(chat: PreviewChat) -> Reply:
    return chat.exchanges[-1].reply


class TestChats:
    """A browser finds its chat by a secret cookie; their number is bounded."""

    def test_a_cookie_opens_its_chat(self) -> None:
        chats = PreviewChats()
        chat = chats.open(None)
        assert chats.open(chat.key) is chat
        assert chats.find(chat.address) is chat

    def test_a_cookie_that_is_none_of_ours_opens_a_new_chat(self) -> None:
        """Nobody chooses a chat's key."""
        for cookie in ("", "short", "../../etc/passwd", "x" * 23, "é" * 22):
            assert PreviewChats().open(cookie).key != cookie

    def test_a_chat_keeps_its_address_after_a_restart(self) -> None:
        """So what it chose and subscribed to still holds."""
        key = PreviewChats().open(None).key
        assert PreviewChats().open(key).address == Address(PREVIEW, str(chat_id_of(key)))

    def test_the_least_recently_used_is_dropped(self) -> None:
        chats = PreviewChats()
        first, second = chats.open(None), chats.open(None)
        chats.open(first.key)
        for _ in range(MAX_CHATS - 1):
            chats.open(None)
        assert chats.find(first.address) is first
        assert chats.find(second.address) is None

    def test_the_oldest_exchanges_are_dropped(self) -> None:
        """Numbers are never used twice."""
        chat = PreviewChats().open(None)
        for _ in range(MAX_EXCHANGES + 5):
            chat.add(Exchange("/fare", Command("fare"), reply(), NOW, ""))
        assert [chat.exchanges[0].number, chat.exchanges[-1].number] == [6, MAX_EXCHANGES + 5]
        assert chat.exchange(5) is None


class TestAsking:
    """The conversation answers, as on every platform."""

    async def test_typed_is_answered(self, preview: Preview, chat: PreviewChat) -> None:
        await preview.ask(chat, " /fare ")
        await preview.ask(chat, "/nothing")
        assert [each.text for each in chat.exchanges] == ["/fare", "/nothing"]
        assert [each.reply.topic for each in chat.exchanges] == ["fare", None]

    async def test_pressed_replaces_the_reply(self, preview: Preview, chat: PreviewChat) -> None:
        """In place, as on the platforms; what was typed stays."""
        await preview.ask(chat, "/start")
        await preview.press(chat, 1, FARE_BUTTON)
        assert [(each.text, each.reply.topic) for each in chat.exchanges] == [("/start", "fare")]

    @pytest.mark.parametrize(("number", "data"), [(1, "t/gone"), (1, ""), (1, "\x00"), (7, FARE_BUTTON)])
    async def test_button_out_of_date_says_so(
        self, preview: Preview, chat: PreviewChat, number: int, data: str
    ) -> None:
        """Nothing changes: neither for a topic that is gone nor for a reply that is gone."""
        await preview.ask(chat, "/start")
        await preview.press(chat, number, data)
        assert chat.notice.startswith("That button is out of date")
        assert last(chat).topic is None


class TestLanguage:
    """The browser's, until one is chosen."""

    async def test_browser_speaks_first(self, preview: Preview) -> None:
        chat = preview.chats.open(None, "id")
        await preview.ask(chat, "/fare")
        assert last(chat).title == "Tarif"

    async def test_switching_answers_again(self, preview: Preview, chat: PreviewChat) -> None:
        """What is shown already, too; and /language chooses the same."""
        await preview.ask(chat, "/fare")
        await preview.choose_language(chat, "id")
        await preview.refresh(chat)
        assert last(chat).title == "Tarif"
        await preview.ask(chat, "/language en")
        assert preview.language(chat) == "en"

    async def test_language_that_the_dossier_lacks_changes_nothing(self, preview: Preview, chat: PreviewChat) -> None:
        for wanted in ("ru", "<b>", ""):
            await preview.choose_language(chat, wanted)
        assert preview.language(chat) == "en"


class TestRefreshing:
    """Shown replies follow the content, where asking again changes nothing."""

    @pytest.mark.parametrize(
        ("question", "topic", "is_repeatable"),
        [
            (FARE, "fare", True),
            (Command("fare"), "fare", True),
            (FreeText("how much"), None, True),
            (Command("subscribe"), None, False),
            (None, "fare", False),
        ],
    )
    def test_what_is_asked_again(self, question: Question | None, topic: str | None, is_repeatable: bool) -> None:
        """Topics and free text; not panels of settings, nor bulletins, which nobody asked for."""
        exchange = Exchange("…", question, reply(topic=topic), NOW, "")
        assert exchange.is_repeatable is is_repeatable

    async def test_new_content_answers_again(self, folder: Path, edit: Edit) -> None:
        async with chatting(folder) as preview:
            chat = preview.chats.open(None)
            await preview.ask(chat, "/fare")
            edit("topics/fare.yaml", "A single ticket", "One ticket")
            preview.conversation.live.update(load(folder, TODAY))
            await preview.refresh(chat)
            assert "One ticket" in str(last(chat).blocks)

    async def test_nothing_new_leaves_the_very_reply(self, preview: Preview, chat: PreviewChat) -> None:
        """Looking twice asks once."""
        await preview.ask(chat, "how much is it?")
        shown = last(chat)
        await preview.refresh(chat)
        assert last(chat) is shown

    async def test_topic_that_is_gone_stays_as_it_was(self, preview: Preview, chat: PreviewChat) -> None:
        """An editor who renames a topic does not break the page."""
        chat.add(Exchange("", AboutTopic(TopicId("renamed")), reply("As it was"), NOW, "before"))
        await preview.refresh(chat)
        assert last(chat).title == "As it was"

    async def test_delivered_is_not_asked_again(self, preview: Preview, chat: PreviewChat) -> None:
        """It stays as it was sent, until it is edited."""
        chat.add(Exchange("", None, reply("As sent"), NOW, "before"))
        await preview.refresh(chat)
        assert last(chat).title == "As sent"


class TestDelivering:
    """Bulletins reach open previews through the port of every platform."""

    async def test_sent_and_edited(self, preview: Preview, chat: PreviewChat) -> None:
        """The id that is returned names the message for a correction."""
        sender: Sender = PreviewSender(preview)
        sent = await sender.send(chat.address, OutgoingMessage(reply("First crossing"), "1"))
        assert isinstance(sent, Delivered)
        assert last(chat).title == "First crossing"
        corrected = OutgoingMessage(reply("First crossing, corrected"), "2")
        assert await sender.edit(chat.address, sent.message_id, corrected) == sent
        assert last(chat).title == "First crossing, corrected"

    async def test_message_from_before_a_restart_is_gone(self, preview: Preview, chat: PreviewChat) -> None:
        """The number may name another message by now."""
        message = OutgoingMessage(reply(), "1")
        sent = await PreviewSender(preview).send(chat.address, message)
        assert isinstance(sent, Delivered)
        assert await PreviewSender(preview).edit(chat.address, sent.message_id, message) == MessageGone()

    async def test_closed_preview_is_gone(self, preview: Preview, chat: PreviewChat) -> None:
        sender, message = PreviewSender(preview), OutgoingMessage(reply(), "1")
        assert isinstance(await sender.send(Address(PREVIEW, "1"), message), ChatGone)
        assert await sender.edit(Address(PREVIEW, "1"), 1, message) == MessageGone()
        assert await sender.edit(chat.address, 9, message) == MessageGone()


async def event(answer: aiohttp.ClientResponse) -> str:
    """The name of the next event; fails if there is none."""
    async with asyncio.timeout(60):
        async for line in answer.content:
            if line.startswith(b"event: "):
                return line.decode().removeprefix("event: ").strip()
    raise AssertionError("the stream ended")


def browser(site: Site) -> aiohttp.ClientSession:
    """A browser that may hold any number of streams open, with cookies for an IP address."""
    jar, connector = aiohttp.CookieJar(unsafe=True), aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(site.address, cookie_jar=jar, connector=connector)


async def opened(stack: AsyncExitStack, client: aiohttp.ClientSession) -> aiohttp.ClientResponse:
    """A stream, after its first event."""
    answer = await stack.enter_async_context(client.get("/preview/events"))
    assert answer.content_type == "text/event-stream"
    assert await event(answer) == "changed"
    return answer


class TestStreams:
    """Each open page is told what concerns it. A stream begins with ``changed``, so nothing before it is missed."""

    async def test_every_reload_is_told(self, site: Site) -> None:
        """A broken one too: its diagnostics are new."""
        async with AsyncExitStack() as stack:
            stream = await opened(stack, await stack.enter_async_context(browser(site)))
            site.live.update(Loading(None, (Diagnostic("facts.yaml", (), "no", "yes", line=1),)))
            assert await event(stream) == "changed"

    async def test_the_end_of_an_embargo_is_told(self, folder: Path) -> None:
        """No file changes then; the page compares what may be shown at every keep-alive."""
        now = [datetime(2026, 11, 24, tzinfo=UTC)]
        bulletin = folder / "bulletins" / "2026-01-05-first-crossing.yaml"
        text = f"not_before: {now[0] + timedelta(hours=1)}\n{bulletin.read_text('utf-8')}"
        bulletin.write_text(text, "utf-8")
        async with AsyncExitStack() as stack:
            streams = EventStreams(check_seconds=0.02)
            site = await stack.enter_async_context(serving(folder, now=lambda: now[0], streams=streams))
            stream = await opened(stack, await stack.enter_async_context(browser(site)))
            while not (await stream.content.readline()).startswith(b":"):
                pass  # a keep-alive: nothing has changed
            now[0] += timedelta(hours=1)
            assert await event(stream) == "changed"

    async def test_delivery_is_told_to_its_chat_alone(self) -> None:
        """Another's stream gets no event to its end."""
        async with AsyncExitStack() as stack:
            async with serving(TINY) as site:
                mine, other = [await stack.enter_async_context(browser(site)) for _ in range(2)]
                async with mine.get("/preview") as answer:
                    address = Address(PREVIEW, str(chat_id_of(answer.cookies["preview"].value)))
                streams = [await opened(stack, client) for client in (mine, other)]
                assert site.preview.deliver(address, reply("News")) == 2
                assert await event(streams[0]) == "changed"
            assert b"event" not in await streams[1].content.read()

    @pytest.mark.slow
    async def test_too_many_are_refused(self, site: Site) -> None:
        """503, and the others go on."""
        async with AsyncExitStack() as stack, browser(site) as client:
            for _ in range(MAX_STREAMS):
                await opened(stack, client)
            assert await status_of(client.get("/preview/events")) == 503

    async def test_shutting_down_waits_for_none(self) -> None:
        """Open pages do not delay a deployment."""
        async with AsyncExitStack() as stack, asyncio.timeout(30):
            async with serving(TINY) as site:
                stream = await opened(stack, await stack.enter_async_context(browser(site)))
            assert b"event" not in await stream.content.read()
