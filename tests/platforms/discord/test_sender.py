"""Bulletins sent, edited and crossposted: one attempt each, and what Discord's answer means for the delivery."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from bot.delivery.outcomes import (
    ChatGone,
    Delivered,
    MessageGone,
    NotEditable,
    Outcome,
    Refused,
    RetryAfter,
    ThreadGone,
    Unreachable,
)
from bot.delivery.sender import OutgoingMessage
from bot.dossier.models import BulletinId
from bot.platforms.discord.api import DiscordClient
from bot.platforms.discord.render import render
from bot.platforms.discord.sender import DiscordSender
from bot.reader import CLOSED, MUTED, PASSING
from bot.replies.reply import TitleCard
from tests.platforms.discord.conftest import Post, address
from tests.servers.discord import TOKEN
from tests.servers.discord_limits import write_limited
from tests.servers.discord_world import (
    ANNOUNCEMENT,
    FORUM,
    GUILD_TEXT,
    MANAGE_THREADS,
    PUBLIC_THREAD,
    SEND_IN_THREADS,
    SUPPRESS_NOTIFICATIONS,
    VIEW,
    numbered,
)
from tests.tables import cases

OUTCOMES: dict[str, Callable[[Any], Outcome]] = {
    **{kind.__name__: kind for kind in (Delivered, Refused, NotEditable, ChatGone, Unreachable)},
    "Unsent": partial(Unreachable, is_unsent=True),
    "RetryAfter": partial(RetryAfter, 600.0),
}


class TestSending:
    """Where a bulletin can go, and what is sent."""

    @pytest.mark.parametrize("kind", [GUILD_TEXT, PUBLIC_THREAD, ANNOUNCEMENT])
    async def test_channels_threads_and_announcements(self, post: Post, kind: int) -> None:
        """A forum's post is a thread."""
        message = post.discord.world.messages[await post.sent(post.discord.world.add(kind))]
        wanted = render(post.reply)
        assert (message["embeds"], message["components"]) == (wanted["embeds"], numbered(wanted["components"]))

    async def test_the_rendered_message_with_a_nonce(self, post: Post) -> None:
        """A repetition with the same nonce is no second message."""
        await post.send(post.discord.world.add(), key="b:42:1")
        (given,) = post.discord.of("POST", "/messages")
        assert given == render(post.reply) | {"nonce": "b:42:1", "enforce_nonce": True}

    async def test_silently(self, post: Post) -> None:
        """Without a notification if the reader asked for that."""
        channel = post.discord.world.add()
        await post.send(channel, silent=True)
        assert post.discord.world.in_channel(channel.id)[0]["flags"] == SUPPRESS_NOTIFICATIONS

    async def test_as_a_reply(self, post: Post) -> None:
        """To a message that may be gone by then."""
        channel = post.discord.world.add()
        first = await post.sent(channel)
        await post.send(channel, key="correction", reply_to=first)
        reference = post.discord.world.in_channel(channel.id)[1]["message_reference"]
        assert (reference["message_id"], reference["fail_if_not_exists"]) == (str(first), False)

    async def test_with_its_title_card(self, post: Post) -> None:
        """An image that Discord fetches from our page. The revision in its URL keeps it from showing an old one."""
        sender = DiscordSender(post.sender._client, TOKEN, "https://nota.example")
        channel, message_id = post.discord.world.add(), ""
        for revision in (1, 2):
            card = TitleCard(BulletinId("ferry"), revision)
            message = OutgoingMessage(replace(post.reply, card=card), f"b:{revision}")
            if message_id:
                await sender.edit(address(channel), message_id, message)
            else:
                outcome = await sender.send(address(channel), message)
                assert isinstance(outcome, Delivered)
                message_id = outcome.message_id
            [shown] = post.discord.world.in_channel(channel.id)
            url = f"https://nota.example/pictures/en/bulletin/ferry?revision={revision}"
            assert shown["embeds"][0]["image"] == {"url": url}

    async def test_without_a_public_url_there_is_no_title_card(self, post: Post) -> None:
        """Discord could not fetch it."""
        channel, card = post.discord.world.add(), TitleCard(BulletinId("ferry"), 1)
        await post.sender.send(address(channel), OutgoingMessage(replace(post.reply, card=card), "b:1"))
        assert "image" not in post.discord.world.in_channel(channel.id)[0]["embeds"][0]

    def test_the_name_of_the_lease_does_not_tell_the_token(self) -> None:
        """It is in the database and in logs."""
        lease_name = DiscordSender(DiscordClient(TOKEN, "http://127.0.0.1:9"), TOKEN).lease_name
        assert lease_name.startswith("discord:")
        assert not any(part in lease_name for part in TOKEN.split("."))
        assert lease_name != DiscordSender(DiscordClient(TOKEN, "http://127.0.0.1:9"), f"{TOKEN}x").lease_name


class TestCrossposting:
    """In an announcement channel a message is crossposted after it was sent."""

    async def test_two_steps(self, post: Post) -> None:
        """Discord is not asked what kind of channel it is."""
        channel = post.discord.world.add(ANNOUNCEMENT)
        sent = await post.send(channel, has_followers=True)
        assert isinstance(sent, Delivered)
        assert (sent.to_crosspost, post.discord.world.published) == (True, [])
        assert post.discord.of("GET", f"/channels/{channel.id}") == []
        assert await post.sender.crosspost(address(channel), sent.message_id) == Delivered(sent.message_id)
        assert post.discord.world.published == [int(sent.message_id)]

    async def test_other_channels_have_one(self, post: Post) -> None:
        """One of the fifty requests that Discord allows a second."""
        sent = await post.send(post.discord.world.add())
        assert isinstance(sent, Delivered)
        assert not sent.to_crosspost
        assert len([each for each in post.discord.requests if "/channels/" in each.route]) == 1

    @cases("status, code, kind, value")
    async def test_errors(self, post: Post, status: int, code: int, kind: str, value: str) -> None:
        """None of them concerns the message, which stays.

        400 | 40033 | Delivered | "77"
        403 | 50013 | Refused | 50013 no
        404 | 10008 | Refused | 10008 no
        400 | 50024 | Refused | 50024 no
        400 | 20028 | RetryAfter | request
        401 | 0 | Unsent | HTTP 401
        503 | 0 | Unreachable | HTTP 503
        """
        post.discord.fault("/crosspost", status, {"message": "no", "code": code})
        assert await post.sender.crosspost(address(post.discord.world.add(ANNOUNCEMENT)), "77") == OUTCOMES[kind](value)

    async def test_the_body_says_how_long_a_limit_lasts(self, post: Post) -> None:
        """The headers tell of another limit."""
        post.discord.faults["/crosspost"] = [lambda: write_limited(1163.0)]
        channel = post.discord.world.add(ANNOUNCEMENT)
        assert await post.sender.crosspost(address(channel), "77") == RetryAfter(1163.0, "request")


class TestEditing:
    """A correction edits the message."""

    async def test_replaces_text_and_buttons(self, post: Post) -> None:
        """In place."""
        channel = post.discord.world.add()
        message_id = await post.sent(channel)
        post.reply = replace(post.reply, title="Corrected", buttons=())
        assert await post.edit(channel, message_id) == Delivered(str(message_id))
        message = post.discord.world.messages[message_id]
        assert (message["embeds"][0]["title"], message["components"]) == ("📰 Corrected", [])

    async def test_a_message_that_is_gone(self, post: Post) -> None:
        """The bulletin may be sent anew."""
        assert await post.edit(post.discord.world.add(), 4711) == MessageGone()

    async def test_in_an_archived_thread(self, post: Post) -> None:
        """It is opened, which every message does, and the message is edited in place."""
        thread = post.discord.world.add(PUBLIC_THREAD)
        message_id = await post.sent(thread)
        thread.is_archived = True
        assert await post.edit(thread, message_id) == Delivered(str(message_id))
        assert not thread.is_archived
        assert len(post.discord.world.in_channel(thread.id)) == 1

    @pytest.mark.parametrize("more", [{}, {"is_archived": True}], ids=["locked", "locked and archived"])
    async def test_in_a_locked_thread(self, post: Post, more: dict[str, bool]) -> None:
        """Only who manages threads opens it (topics/threads#locked-threads). The thread may be unlocked again."""
        thread = post.discord.world.add(PUBLIC_THREAD)
        message_id = await post.sent(thread)
        thread.is_locked, thread.is_archived = True, bool(more)
        outcome = await post.edit(thread, message_id)
        assert isinstance(outcome, ChatGone)
        assert outcome.reason in PASSING
        thread.ours |= MANAGE_THREADS
        assert await post.edit(thread, message_id) == Delivered(str(message_id))

    async def test_where_no_more_threads_can_be_opened(self, post: Post) -> None:
        """The edit is tried later."""
        thread = post.discord.world.add(PUBLIC_THREAD)
        message_id = await post.sent(thread)
        thread.is_archived = True
        post.discord.fault(f"/channels/{thread.id}", 400, {"message": "Maximum active threads", "code": 160006})
        assert await post.edit(thread, message_id) == RetryAfter(600.0, "request")
        assert await post.edit(thread, message_id) == Delivered(str(message_id))

    @cases("status, code, kind, value")
    async def test_errors(self, post: Post, status: int, code: int, kind: str, value: str) -> None:
        """Limits of edits concern this message alone.

        403 | 50005 | NotEditable | 50005 no
        400 | 20022 | RetryAfter | request
        400 | 30046 | RetryAfter | request
        """
        post.discord.fault("/messages/5", status, {"message": "no", "code": code})
        assert await post.edit(post.discord.world.add(), 5) == OUTCOMES[kind](value)


class TestRefusals:
    """What Discord's error codes mean for the reader."""

    @cases("status, code, kind, value")
    async def test_error_codes(self, post: Post, status: int, code: int, kind: str, value: str) -> None:
        """A reader whom we may not write to is gone. A refused message, a refused token or an outage is not the reader's fault.

        403 | 50007 | ChatGone | 50007 no
        403 | 50278 | ChatGone | 50278 no
        403 | 20028 | RetryAfter | chat
        403 | 20029 | RetryAfter | chat
        403 | 40002 | RetryAfter | chat
        403 | 40004 | RetryAfter | chat
        403 | 130000 | RetryAfter | chat
        400 | 200000 | Refused | 200000 no
        401 | 40001 | Unsent | HTTP 401
        500 | 0 | Unreachable | HTTP 500
        502 | 0 | Unsent | HTTP 502
        503 | 0 | Unreachable | HTTP 503
        """
        post.discord.fault("/messages", status, {"message": "no", "code": code})
        assert await post.send(post.discord.world.add()) == OUTCOMES[kind](value)
        assert len(post.discord.requests) == 1

    async def test_a_channel_that_was_deleted(self, post: Post) -> None:
        """Nothing can be sent there."""
        assert await post.send(4711) == ChatGone("10003 Unknown Channel")

    async def test_permissions_that_were_lost(self, post: Post) -> None:
        """To see the channel, or to write there; a thread needs another permission."""
        world = post.discord.world
        assert await post.send(world.add(ours=0)) == ChatGone(MUTED)
        assert await post.send(world.add(ours=VIEW)) == ChatGone(MUTED)
        assert await post.send(world.add(PUBLIC_THREAD, ours=VIEW)) == ChatGone(MUTED)
        assert isinstance(await post.send(world.add(PUBLIC_THREAD, ours=VIEW | SEND_IN_THREADS)), Delivered)

    async def test_a_forum(self, post: Post) -> None:
        """It takes posts, not messages. A reader is a post in it."""
        assert isinstance(await post.send(post.discord.world.add(FORUM)), ChatGone)

    async def test_a_locked_thread(self, post: Post) -> None:
        """It may be unlocked: the reader stays in the thread."""
        thread = post.discord.world.add(PUBLIC_THREAD, parent_id="77", is_locked=True)
        assert await post.send(thread, parent_id="77") == ChatGone(CLOSED)

    async def test_an_archived_thread(self, post: Post) -> None:
        """A message opens it."""
        thread = post.discord.world.add(PUBLIC_THREAD, is_archived=True)
        assert isinstance(await post.send(thread), Delivered)
        assert not thread.is_archived

    async def test_a_deleted_thread(self, post: Post) -> None:
        """Discord answers as for an unknown channel. The stored parent says that it was a thread."""
        assert await post.send(4711, parent_id="77") == ThreadGone("10003 Unknown Channel", "77")
        message = OutgoingMessage(post.reply, "edit-1", parent_id="77")
        assert await post.sender.edit(address(4711), "5", message) == ThreadGone("10003 Unknown Channel", "77")


class TestLimits:
    """Rate limits become outcomes, so that the worker can pace (topics/rate-limits)."""

    async def test_a_full_bucket_makes_no_request(self, post: Post) -> None:
        """The headers told that nothing is left. Other channels go on."""
        channel = post.discord.world.add()
        outcomes = [await post.send(channel, key=f"k{index}") for index in range(7)]
        assert [type(outcome) for outcome in outcomes] == [Delivered] * 5 + [RetryAfter] * 2
        waits = [outcome for outcome in outcomes if isinstance(outcome, RetryAfter)]
        assert all(0 < wait.seconds <= 5 and wait.scope == "chat" for wait in waits)
        assert post.discord.limits.broken == []
        assert isinstance(await post.send(post.discord.world.add()), Delivered)

    async def test_a_short_wait_is_waited_for(self, post: Post) -> None:
        """It costs less than an outcome."""
        post.discord.limits.seconds = 0.4
        channel = post.discord.world.add()
        outcomes = [await post.send(channel, key=f"k{index}") for index in range(12)]
        assert {type(outcome) for outcome in outcomes} == {Delivered}
        assert post.discord.limits.broken == []

    async def test_a_clock_that_is_fast(self, post: Post) -> None:
        """The headers' seconds from now are used, not their time of day."""
        post.discord.limits.behind_seconds = 60.0
        channel = post.discord.world.add()
        outcomes = [await post.send(channel, key=f"k{index}") for index in range(6)]
        assert isinstance(outcomes[-1], RetryAfter)
        assert post.discord.limits.broken == []

    @pytest.mark.parametrize(
        ("body", "headers", "outcome"),
        [
            ({"retry_after": 7.5, "global": False}, {"X-RateLimit-Scope": "shared"}, RetryAfter(7.5, "chat")),
            ({"retry_after": 20.0, "global": True}, {"X-RateLimit-Scope": "global"}, RetryAfter(20.0, "bot")),
            ({"retry_after": 0.0, "global": False}, {"X-RateLimit-Remaining": "0"}, RetryAfter(1.0, "chat")),
        ],
        ids=["of a channel", "of the bot", "that names no time"],
    )
    async def test_429(self, post: Post, body: dict[str, Any], headers: dict[str, str], outcome: RetryAfter) -> None:
        """One request, and the time that the body names; at least a second."""
        post.discord.fault("/messages", 429, {"message": "slow down", **body}, headers)
        assert await post.send(post.discord.world.add()) == outcome
        assert len(post.discord.requests) == 1

    @cases("headers, seconds")
    async def test_429_of_the_network_before_the_api(self, post: Post, headers: dict[str, str], seconds: float) -> None:
        """A page, no JSON: our IP address is blocked, so everything waits.

        {"Retry-After": "90"} | 90.0
        {"Retry-After": "soon"} | 60.0
        {} | 60.0
        """
        post.discord.keep_out("/messages", headers)
        assert await post.send(post.discord.world.add()) == RetryAfter(seconds, "bot")
        post.discord.keep_out("/messages/5", headers)
        assert await post.edit(post.discord.world.add(), 5) == RetryAfter(seconds, "bot")
        assert len(post.discord.requests) == 2


class TestOutages:
    """Without an answer, Discord may or may not have accepted the message."""

    async def test_no_connection(self, post: Post) -> None:
        """The reason does not name the address."""
        client = DiscordClient(TOKEN, "http://127.0.0.1:9/api/v10")
        outcome = await DiscordSender(client, TOKEN).send(address(1), OutgoingMessage(post.reply, "k"))
        await client.close()
        assert outcome == Unreachable("ClientConnectorError", is_unsent=True)

    async def test_an_answer_that_is_lost(self, post: Post) -> None:
        """Sent again with the same nonce, it is one message."""
        channel = post.discord.world.add()
        post.discord.lose("/messages")
        assert await post.send(channel) == Unreachable("ServerDisconnectedError")
        (message,) = post.discord.world.in_channel(channel.id)
        assert await post.send(channel) == Delivered(message["id"])
        assert len(post.discord.world.in_channel(channel.id)) == 1

    async def test_an_answer_that_cannot_be_read(self, post: Post) -> None:
        """The same."""
        channel = post.discord.world.add()
        post.discord.garble("/messages")
        assert not isinstance(await post.send(channel), Delivered)
        (message,) = post.discord.world.in_channel(channel.id)
        assert await post.send(channel) == Delivered(message["id"])
        assert len(post.discord.world.in_channel(channel.id)) == 1

    async def test_a_token_that_was_replaced(self, post: Post) -> None:
        """The readers are kept."""
        post.discord.token = "another"
        assert await post.send(post.discord.world.add()) == Unreachable("HTTP 401", is_unsent=True)
