"""Typed messages, over the real websocket: which are for the bot, what it answers, and that it answers once.

The same whether interactions come by the gateway or by HTTP.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from time import time
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.dossier.models import Dossier
from bot.user_rate_limit import BURST, UserRateLimiter
from tests.clocks import MovedClock, Sleeps, until
from tests.feeds.review_scene import commands_in
from tests.platforms.discord.conftest import Talk, address, talking
from tests.platforms.discord.stages import choose_whole_answers
from tests.servers.discord import discord_api
from tests.servers.discord_people import MANAGER, Shown
from tests.servers.discord_world import ALL, BOT, DM, FORUM, PUBLIC_THREAD, READ_HISTORY, SEND, VIEW
from tests.servers.discord_writers import MENTION, Writer, guild
from tests.tables import cases

DURATION, HOW_LONG = "⏳ How long it lasts", "how long does it last?"
ASKED = f"{MENTION} /duration"
in_module = pytest.mark.asyncio(loop_scope="module")


def directly(talk: Talk) -> Writer:
    """Somebody who writes a direct message."""
    return talk.writer(talk.discord.world.add(DM))


async def only_answers(writer: Writer, title: str = DURATION) -> Shown:
    """Asks a question; nothing else was answered there."""
    shown = await writer.ask(f"{MENTION} {HOW_LONG}")
    assert [message["embeds"][0]["title"] for message in writer.answers()] == [title]
    return shown


@in_module
class TestDirectMessages:
    """Each one is for the bot."""

    @cases("text")
    async def test_a_question_or_a_command(self, talk: Talk, text: str) -> None:
        """The answer is no reply, since nobody else is there.

        how long does it last?
        /duration
        duration
        DURATION
        </duration:5>
        <@1100000000000000001> /duration
        """
        shown = await directly(talk).ask(text)
        assert shown.title == DURATION
        assert "message_reference" not in shown.message

    async def test_greetings_and_unknown_questions(self, talk: Talk) -> None:
        """A short answer, with buttons."""
        writer = directly(talk)
        assert (await writer.ask("hello")).title.startswith("👋")
        assert (await writer.ask("what is the weather like")).components

    async def test_settings(self, talk: Talk) -> None:
        """Commands about the chat can be typed."""
        writer = directly(talk)
        assert (await writer.ask("/subscribe")).title == "✅ Subscribed"
        assert (await writer.ask("/language ru")).title == "🌐 Язык"
        assert (await writer.ask("/duration")).title == "⏳ Сколько действует меморандум"

    @pytest.mark.parametrize("content", ["attachments", "sticker_items", "poll"])
    async def test_without_words(self, talk: Talk, content: str) -> None:
        """A picture, a recording, a sticker or a poll gets a word; with a text, that is answered."""
        writer = directly(talk)
        shown = await writer.ask("", **{content: [{"id": "1"}] if content != "poll" else {"question": {}}})
        assert "I read text only" in shown.text
        assert (await writer.ask(HOW_LONG, **{content: [{"id": "1"}]})).title == DURATION
        server = talk.writer()
        await server.write("", **{content: [{"id": "1"}]})
        await only_answers(server)

    async def test_without_text(self, talk: Talk) -> None:
        """A picture, a sticker, a custom emoji: no answer."""
        writer = directly(talk)
        for content in ("", "   ", "<:wave:123>", "<a:wave:123>"):
            await writer.write(content)
        await only_answers(writer)

    async def test_answers_are_in_the_order_of_the_questions(self, talk: Talk) -> None:
        """They are no replies, so the order tells what they answer."""
        writer = directly(talk)
        for command in ("/duration", "/programs", "/sources"):
            await writer.write(command)
        await writer.answered(3)
        titles = [message["embeds"][0]["title"] for message in writer.answers()]
        assert [title.split()[0] for title in titles] == ["⏳", "🧭", "📚"]


@in_module
class TestInServers:
    """In a channel, a thread or a forum's post a message is for the bot if it mentions it."""

    @pytest.mark.parametrize("kind", [0, PUBLIC_THREAD])
    async def test_a_mention_is_answered_with_a_reply(self, talk: Talk, kind: int) -> None:
        """Nobody is pinged."""
        writer = talk.writer(talk.discord.world.add(kind))
        shown = await writer.ask(f"{MENTION} {HOW_LONG}")
        (given,) = [each for each in talk.discord.of("POST", f"/channels/{writer.channel.id}/messages") if each]
        assert shown.title == DURATION
        assert given["message_reference"]["fail_if_not_exists"] is False
        assert given["allowed_mentions"] == {"parse": []}
        assert given["enforce_nonce"]

    async def test_a_post_in_a_forum(self, talk: Talk) -> None:
        """It is a thread."""
        forum = talk.discord.world.add(FORUM)
        writer = talk.writer(talk.discord.world.add(PUBLIC_THREAD, parent_id=forum.id))
        assert (await writer.ask(f"{HOW_LONG} {MENTION}")).title == DURATION

    async def test_a_reply_to_the_bot(self, talk: Talk) -> None:
        """It pings unless its author switches that off; then Discord gives no content."""
        writer = talk.writer()
        shown = await writer.ask(f"{MENTION} {HOW_LONG}")
        await writer.write("and the programmes?", replies_to=shown.message, pings=False)
        reply = await writer.ask("what programmes are there?", replies_to=shown.message)
        assert reply.title == "🧭 What the programmes are"
        assert len(writer.answers()) == 2

    async def test_the_role_that_discord_made_for_the_bot(self, talk: Talk) -> None:
        """Clients offer it beside the bot. Another role is not the bot."""
        await talk.discord.gateway.dispatch("GUILD_CREATE", guild())
        ours, writer = talk.discord.gateway.role_id, talk.writer()
        await writer.write(f"<@&5> {HOW_LONG}", mention_roles=["5"])
        shown = await writer.ask(f"<@&{ours}> {HOW_LONG}", mention_roles=[ours])
        assert shown.title == DURATION
        assert len(writer.answers()) == 1

    @pytest.mark.parametrize("text", [MENTION, f" {MENTION}  ", f"{MENTION} <:wave:123>", f"<@!{BOT['id']}>"])
    async def test_a_mere_mention_is_answered_with_help(self, talk: Talk, text: str) -> None:
        """What can be asked."""
        assert (await talk.writer().ask(text, mentions=[BOT])).title == "🧰 How to use Nota"

    async def test_other_mentions_and_emoji_are_no_words(self, talk: Talk) -> None:
        """Nor are channels and timestamps."""
        content = f"<@7> {MENTION} <:hm:1> how long <#5> does it <@&8> last <t:1700000000:R>"
        assert (await talk.writer().ask(content)).title == DURATION

    @pytest.mark.parametrize(
        "about",
        [
            {"author": {"id": "8", "username": "other", "bot": True}},
            {"author": BOT},
            {"author": {"id": "8", "username": "system", "system": True}},
            {"webhook_id": "9"},
            {"mention_everyone": True},
            {"type": 7},
            {"type": 21},
            {"mentions": []},
        ],
    )
    async def test_not_a_word(self, talk: Talk, about: dict[str, Any]) -> None:
        """To bots, webhooks, itself, messages to everyone, reports of events, and mentions of somebody else."""
        writer = talk.writer()
        await writer.write(f"{MENTION} what does it cost?", **about)
        await only_answers(writer)

    async def test_of_what_others_say_nothing_is_logged(self, talk: Talk, capfd: pytest.CaptureFixture[str]) -> None:
        """Nor of what is said to the bot."""
        writer = talk.writer()
        await writer.write("the harbour at night")
        await writer.ask(f"{MENTION} the harbour at night")
        assert "harbour" not in "".join(capfd.readouterr())


@in_module
class TestLanguage:
    """The question's, else the chat's, else the server's, else the dossier's."""

    async def test_of_the_question(self, talk: Talk) -> None:
        """Whatever was chosen."""
        assert (await talk.writer().ask(f"{MENTION} сколько действует меморандум?")).title.endswith("меморандум")

    async def test_of_the_server_then_of_the_channel(self, talk: Talk) -> None:
        """A command has no language."""
        writer = talk.writer()
        assert (await writer.ask(ASKED)).title == DURATION
        await talk.discord.gateway.dispatch("GUILD_UPDATE", guild(preferred_locale="id"))
        assert (await writer.ask(ASKED)).title == "⏳ Berapa lama berlakunya"
        await writer.person(permissions=1 << 5).use("language", language="ru")
        assert (await writer.ask(ASKED)).title == "⏳ Сколько действует меморандум"
        await talk.discord.gateway.dispatch("GUILD_UPDATE", guild(preferred_locale="ja"))
        assert (await talk.writer().ask(ASKED)).title == DURATION


@in_module
class TestComponents:
    """Buttons and menus under such an answer, which is a message of the bot's own."""

    async def test_replace_it_again_and_again(self, talk: Talk) -> None:
        """For the person who asked."""
        writer = talk.writer()
        await choose_whole_answers(writer.person(permissions=MANAGER))
        shown = await writer.ask(f"{MENTION} /programs")
        person = writer.person()
        talent = await person.choose(shown, shown.options["🎓 Digital talent"])
        assert (talent.is_in_place, talent.title) == (True, "🎓 Digital talent")
        back = await person.press(talent, talent.buttons["◀️ All programmes"])
        assert (back.is_in_place, back.title) == (True, shown.title)
        again = await person.choose(back, back.options["🎓 Digital talent"])
        assert again.is_in_place

    async def test_of_somebody_else_open_a_private_copy(self, talk: Talk) -> None:
        """The answer stays as it was asked for; the copy then changes in place."""
        writer = talk.writer()
        await choose_whole_answers(writer.person(permissions=MANAGER))
        shown = await writer.ask(f"{MENTION} /programs")
        person = talk.somebody(writer.channel)
        talent = await person.choose(shown, shown.options["🎓 Digital talent"])
        assert (talent.is_private, talent.is_in_place, talent.title) == (True, False, "🎓 Digital talent")
        back = await person.press(talent, talent.buttons["◀️ All programmes"])
        assert (back.is_private, back.is_in_place) == (True, True)
        assert shown.title in [message["embeds"][0]["title"] for message in writer.answers()]

    async def test_what_concerns_the_channel_takes_a_press(self, talk: Talk) -> None:
        """A message does not tell its author's permissions."""
        writer = talk.writer()
        shown = await writer.ask(f"{MENTION} /subscribe")
        (press,) = shown.buttons.values()
        member = await talk.somebody(writer.channel).press(shown, press)
        assert (member.is_private, member.title) == (True, "🔒 For admins")
        manager = await talk.somebody(writer.channel, permissions=1 << 5).press(shown, press)
        assert (manager.is_private, manager.title) == (True, "✅ Subscribed")

    @pytest.mark.parametrize(
        "typed",
        [
            "/privacy delete now",
            "/settings when weekly 0 3",
            "/language ru",
            "/unsubscribe now",
            "/wire take 1",
            "/bahasa ru",
            f"/settings {'x' * 200}",
        ],
    )
    async def test_the_press_carries_out_no_words_of_another_person(self, talk: Talk, typed: str) -> None:
        """The button has the command's name alone, as its label says; the panel that it opens asks for the rest."""
        channel = talk.discord.world.add()
        review = commands_in(talk.conversation.store, talk.conversation.live, address(channel))
        talk.conversation.staff = replace(talk.conversation.staff, review=review)
        stranger, name = talk.writer(channel), typed.split(maxsplit=1)[0]
        shown = await stranger.ask(f"{MENTION} {typed}")
        assert shown.buttons == {f"▶️ {name}": f"={stranger.id}=c{name}/"}

    @pytest.mark.parametrize("name", ["mistake", "salah"])
    async def test_a_mistake_is_reported_in_private(self, talk: Talk, name: str) -> None:
        """A mention is read by everybody: its words are not repeated, and no button passes them on in another person's name."""
        shown = await talk.writer().ask(f"{MENTION} /{name} the term is ten years")
        assert (shown.title, shown.buttons) == ("✍️ Report a mistake", {})
        assert "ten years" not in shown.text
        assert "/mistake" in shown.text
        alone = await directly(talk).ask(f"/{name} the term is ten years")
        assert "ten years" in alone.text


@pytest_asyncio.fixture
async def alone(dossier: Dossier) -> AsyncIterator[Talk]:
    """A Discord and a bot for each case."""
    reported: list[str] = []
    async with (
        discord_api() as discord,
        talking("gateway", dossier, discord, report=reported.append, sleep=Sleeps()) as running,
    ):
        await until(lambda: "" in reported)
        yield running


class TestOnce:
    """One message, one answer."""

    async def test_an_event_that_comes_again(self, alone: Talk) -> None:
        """As after a resumed connection."""
        writer = alone.writer()
        await writer.ask(ASKED)
        await alone.discord.gateway.replay()
        await writer.ask(f"{MENTION} /programs")
        assert len(writer.answers()) == 2

    async def test_a_message_written_while_the_connection_was_lost(self, alone: Talk) -> None:
        """It is answered after the resume."""
        writer, gateway = alone.writer(), alone.discord.gateway
        await gateway.drop()
        await until(lambda: not gateway.connections)
        await writer.ask(ASKED)
        assert len(writer.answers()) == 1

    async def test_discords_response_is_lost(self, alone: Talk) -> None:
        """The answer is sent again with the same nonce."""
        writer = alone.writer()
        alone.discord.lose(f"/channels/{writer.channel.id}/messages")
        await writer.write(ASKED)
        await alone.discord.until("POST", "messages", 2)
        assert len(writer.answers()) == 1

    async def test_the_bot_stops_meanwhile(self, alone: Talk) -> None:
        """The answer is sent before the connections close."""
        writer = alone.writer()
        alone.discord.fault("/messages", 500)
        await writer.write(ASKED)
        await until(lambda: bool(alone.discord.of("POST", "/messages")))
        alone.running.cancel()
        await asyncio.gather(alone.running, return_exceptions=True)
        assert len(writer.answers()) == 1


class TestFailures:
    """Of Discord, and our own."""

    async def test_are_tried_again(self, alone: Talk) -> None:
        """A few times."""
        writer = alone.writer()
        for status in (500, 503):
            alone.discord.fault("/messages", status)
        alone.discord.fault("/messages", 429, {"message": "slow", "retry_after": 5.0, "global": True})
        assert (await writer.ask(ASKED)).title == DURATION

    async def test_not_for_ever(self, alone: Talk) -> None:
        """Then one line is logged, and the next question is answered."""
        for _ in range(4):
            alone.discord.fault("/messages", 500)
        with capture_logs() as logged:
            await alone.writer().write(ASKED)
            await until(lambda: len(logged) > 0)
        assert [(entry["log_level"], entry["error"]) for entry in logged] == [("warning", "HTTP 500")]
        assert (await alone.writer().ask(ASKED)).title == DURATION

    async def test_a_channel_in_which_the_bot_may_not_write(self, alone: Talk) -> None:
        """No warning."""
        writer = alone.writer(alone.discord.world.add(ours=VIEW))
        with capture_logs() as logged:
            await writer.write(ASKED)
            await until(lambda: len(logged) > 0)
        error = "HTTP 403 (50013 Missing Permissions)"
        assert [(entry["log_level"], entry["error"]) for entry in logged] == [("info", error)]

    async def test_a_channel_whose_history_it_may_not_read(self, alone: Talk) -> None:
        """Discord allows no reply then, so the answer is an ordinary message."""
        writer = alone.writer(alone.discord.world.add(ours=ALL & ~READ_HISTORY | SEND))
        shown = await writer.ask(ASKED)
        assert shown.title == DURATION
        assert "message_reference" not in shown.message

    async def test_a_question_that_was_deleted(self, alone: Talk) -> None:
        """It is answered."""
        writer = alone.writer()
        alone.discord.fault("/messages", 500)
        message = await writer.write(ASKED)
        del alone.discord.world.messages[int(message["id"])]
        await until(lambda: len(writer.answers()) == 1)

    async def test_an_error_of_our_own(self, alone: Talk) -> None:
        """An apology, with the id of the log entry."""
        writer = alone.writer(alone.discord.world.add(DM))
        async with alone.conversation.store.database.write() as connection:
            await connection.execute(text("DROP TABLE subscriptions"))
        with capture_logs() as logged:
            shown = await writer.ask("/settings")
        assert shown.title == "🛠 Something went wrong"
        assert logged[0]["incident"] in shown.text

    async def test_somebody_who_writes_too_much(self, alone: Talk) -> None:
        """One notice, then silence. Others are answered."""
        alone.discord.limits.limit = 100
        alone.conversation.user_limiter = UserRateLimiter(MovedClock())
        writer = alone.writer()
        for _ in range(BURST):
            await writer.ask(ASKED)
        assert (await writer.ask(ASKED)).title == "⏸ One moment"
        await writer.write(ASKED)
        assert (await alone.writer(writer.channel).ask(ASKED)).title == DURATION
        assert len(writer.answers()) == BURST + 2


class TestBesideHttp:
    """Interactions come by HTTP; the gateway, which brings messages, fails."""

    async def test_interactions_are_answered(self, dossier: Dossier) -> None:
        """No outage is reported."""
        reported: list[str] = []
        async with discord_api() as discord:
            discord.fault("/gateway/bot", 404)
            with capture_logs() as logged:
                async with talking("http", dossier, discord, connected=False, report=reported.append) as talk:
                    assert (await talk.somebody().use("duration")).title == DURATION
                    await until(lambda: any(entry["log_level"] == "warning" for entry in logged))
        assert reported == [""]

    @pytest.mark.parametrize("fault", [(502, None), (403, None), (200, {})])
    async def test_messages_are_received_later(self, dossier: Dossier, fault: tuple[int, Any]) -> None:
        """After an outage, a refusal, or an invalid answer."""
        async with discord_api() as discord:
            discord.fault("/gateway/bot", *fault)
            async with talking("http", dossier, discord, sleep=Sleeps()) as talk:
                assert (await talk.writer().ask(ASKED)).title == DURATION


EDITED = "2026-11-24T10:00:30.000000+00:00"


def just_now() -> str:
    return datetime.now(UTC).isoformat()


@in_module
class TestEdits:
    """A question that its asker corrects is answered anew: the answer is edited."""

    async def edit(self, talk: Talk, message: dict[str, Any], text: str, edited: str | None = EDITED) -> None:
        await talk.discord.gateway.dispatch("MESSAGE_UPDATE", message | {"content": text, "edited_timestamp": edited})

    @pytest.mark.parametrize("mention", ["", f"{MENTION} "])
    async def test_its_answer_changes(self, talk: Talk, mention: str) -> None:
        """A second edit, too. In a direct message and in a server."""
        writer = talk.writer() if mention else directly(talk)
        message = await writer.write(f"{mention}/renewal")
        first = await writer.answered(1)
        for typed, title in ((f"{mention}/duration", DURATION), (f"{mention}/renewal", first.title)):
            await self.edit(talk, message, typed)
            await until(lambda title=title: writer.answers()[-1]["embeds"][0]["title"] == title)  # type: ignore[misc]
        assert len(writer.answers()) == 1

    async def test_two_people_in_one_channel(self, talk: Talk) -> None:
        """Each one's own answer changes."""
        channel = talk.discord.world.add()
        one, other = talk.writer(channel), talk.writer(channel)
        message = await one.write(f"{MENTION} /renewal")
        await one.answered(1)
        await other.write(f"{MENTION} /pricing")
        await other.answered(2)
        await self.edit(talk, message, f"{MENTION} /duration")
        await until(lambda: one.answers()[0]["embeds"][0]["title"] == DURATION)
        assert one.answers()[1]["embeds"][0]["title"] != DURATION

    async def test_what_was_not_asked_before_is_answered(self, talk: Talk) -> None:
        """The mention was forgotten."""
        writer = talk.writer()
        message = await writer.write("/duration")
        edited = message | {"mentions": [BOT]}
        await self.edit(talk, edited, ASKED, just_now())
        assert (await writer.answered(1)).title == DURATION

    async def test_a_preview_is_no_edit_and_settings_are_not_changed_twice(self, talk: Talk) -> None:
        writer = directly(talk)
        message = await writer.write("/duration")
        await writer.answered(1)
        for typed, edited in (
            ("/renewal", None),
            ("/duration", EDITED),
            ("/subscribe", EDITED),
            ("/language ru", EDITED),
        ):
            await self.edit(talk, message, typed, edited)
        assert (await writer.ask(HOW_LONG)).title == DURATION
        assert [each["embeds"][0]["title"] for each in writer.answers()] == [DURATION, DURATION]

    async def test_after_a_restart(self, dossier: Dossier) -> None:
        """The answer of the process before is edited, while Discord knows its nonce. A pin is no edit; a message of hours ago is left alone."""
        async with discord_api() as discord:
            discord.world.clock = MovedClock(time() - 2 * 3600)
            channel, old = discord.world.add(), discord.world.add()
            async with talking("gateway", dossier, discord) as before:
                long_ago = before.writer(old).message(ASKED)
                discord.world.clock = time
                writer = before.writer(channel)
                asked, pinned = await writer.write(f"{MENTION} /renewal"), await writer.write(f"{MENTION} /pricing")
                await writer.answered(2)
            async with talking("gateway", dossier, discord) as after:
                await self.edit(after, long_ago, ASKED, just_now())
                await self.edit(after, pinned | {"pinned": True}, ASKED, EDITED)
                await self.edit(after, pinned | {"pinned": True}, ASKED, None)
                await self.edit(after, asked, ASKED, just_now())
                await until(lambda: writer.answers()[0]["embeds"][0]["title"] == DURATION)
                await after.writer(channel).ask(ASKED)
                await after.writer(old).ask(ASKED)
            titles = [message["embeds"][0]["title"] for message in writer.answers()]
            assert len(titles) == 3
            assert titles[1] != DURATION
            assert len(after.writer(old).answers()) == 1
