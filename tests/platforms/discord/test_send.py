"""Bulletins sent and edited on Discord, as the outbox wants it: one try, and what became of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from bot.answers.answer import answer
from bot.answers.reply import Reply
from bot.delivery import (
    Address,
    Delivered,
    Gone,
    MessageGone,
    NotEditable,
    Outcome,
    Refused,
    RetryAfter,
    ThreadGone,
    Unreachable,
)
from bot.dossier.model import Dossier
from bot.outbox.sender import Outgoing
from bot.platforms.discord.client import Client
from bot.platforms.discord.render import render
from bot.platforms.discord.send import DiscordSender
from tests.conftest import TODAY
from tests.servers.discord import TOKEN, Discord, discord_api
from tests.servers.discord_world import (
    ANNOUNCEMENT,
    FORUM,
    GUILD_TEXT,
    PUBLIC_THREAD,
    SEND_IN_THREADS,
    SUPPRESS_NOTIFICATIONS,
    VIEW,
    Channel,
    numbered,
)


class Post:
    """A Discord, and our sender on it."""

    def __init__(self, discord: Discord, sender: DiscordSender, reply: Reply) -> None:
        self.discord = discord
        self.sender = sender
        self.reply = reply

    async def send(self, channel: Channel | int, key: str = "delivery-1", **about: Any) -> Outcome:
        """Sends the bulletin."""
        return await self.sender.send(address(channel), Outgoing(self.reply, key, **about))

    async def edit(self, channel: Channel | int, message_id: int) -> Outcome:
        """Puts the bulletin into a message."""
        return await self.sender.edit(address(channel), message_id, Outgoing(self.reply, "edit-1"))

    async def sent(self, channel: Channel) -> int:
        """Sends the bulletin, which must arrive; returns the message's id."""
        outcome = await self.send(channel)
        assert isinstance(outcome, Delivered)
        return outcome.message_id


def address(channel: Channel | int) -> Address:
    """A channel's address; a thread is a channel of its own."""
    return Address("discord", channel.id if isinstance(channel, Channel) else channel)


@pytest_asyncio.fixture
async def post(dossier: Dossier) -> AsyncIterator[Post]:
    """A Discord of its own for each case."""
    async with discord_api() as discord:
        client = Client(TOKEN, discord.url)
        await client.start()
        reply = answer(dossier, "/news", "en", TODAY)
        yield Post(discord, DiscordSender(client, TOKEN), reply)
        await client.close()


class TestSending:
    """Where a bulletin can go."""

    @pytest.mark.parametrize("kind", [GUILD_TEXT, PUBLIC_THREAD, ANNOUNCEMENT])
    async def test_channels_threads_forum_posts_and_announcements(self, post: Post, kind: int) -> None:
        """A forum's post is a thread."""
        channel = post.discord.world.add(kind)
        message_id = await post.sent(channel)
        message = post.discord.world.messages[message_id]
        wanted = render(post.reply)
        assert (message["embeds"], message["components"]) == (wanted["embeds"], numbered(wanted["components"]))

    async def test_what_goes_over_the_wire_is_what_we_rendered(self, post: Post) -> None:
        """And the nonce with it, so that a repetition is no second message."""
        await post.send(post.discord.world.add(), key="b:42:1")
        (given,) = post.discord.of("POST", "/messages")
        assert given == render(post.reply) | {"nonce": "b:42:1", "enforce_nonce": True}

    async def test_silently(self, post: Post) -> None:
        """Without a sound where the reader asked for that."""
        channel = post.discord.world.add()
        await post.send(channel, silent=True)
        assert post.discord.world.in_channel(channel.id)[0]["flags"] == SUPPRESS_NOTIFICATIONS

    async def test_as_a_reply(self, post: Post) -> None:
        """To a message that may be gone meanwhile."""
        channel = post.discord.world.add()
        first = await post.sent(channel)
        await post.send(channel, key="correction", answers=first)
        reference = post.discord.world.in_channel(channel.id)[1]["message_reference"]
        assert (reference["message_id"], reference["fail_if_not_exists"]) == (str(first), False)


class TestPublishing:
    """To the followers of an announcement channel, when it may be."""

    async def test_announcements_are_published(self, post: Post) -> None:
        """The channel's kind is asked for once."""
        channel = post.discord.world.add(ANNOUNCEMENT)
        sent = [await post.send(channel, key=f"k{index}") for index in range(2)]
        assert [Delivered(message_id) for message_id in post.discord.world.published] == sent
        assert len(post.discord.of("GET", f"/channels/{channel.id}")) == 1

    async def test_other_channels_are_not(self, post: Post) -> None:
        """There is nothing to publish."""
        await post.sent(post.discord.world.add())
        assert post.discord.of("POST", "/crosspost") == []

    @pytest.mark.parametrize("status", [403, 429, 500])
    async def test_where_it_fails_the_message_has_arrived(
        self, post: Post, status: int, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Published it may be by hand."""
        body = {"message": "no", "code": 50013, "retry_after": 3000.0, "global": False}
        post.discord.fault("/crosspost", status, body)
        assert isinstance(await post.send(post.discord.world.add(ANNOUNCEMENT)), Delivered)
        assert "not published to followers" in capsys.readouterr().out


class TestEditing:
    """A correction goes into the message that carried it."""

    async def test_puts_other_words_into_it(self, post: Post) -> None:
        """And other buttons."""
        channel = post.discord.world.add()
        message_id = await post.sent(channel)
        post.reply = replace(post.reply, title="Corrected", buttons=())
        assert await post.edit(channel, message_id) == Delivered(message_id)
        message = post.discord.world.messages[message_id]
        assert message["embeds"][0]["title"] == "📰 Corrected"
        assert message["components"] == []

    async def test_a_message_that_is_gone(self, post: Post) -> None:
        """Is said to be."""
        assert await post.edit(post.discord.world.add(), 4711) == MessageGone()

    async def test_a_thread_that_was_closed(self, post: Post) -> None:
        """Its messages cannot be edited any more."""
        thread = post.discord.world.add(PUBLIC_THREAD)
        message_id = await post.sent(thread)
        thread.is_locked = True
        assert isinstance(await post.edit(thread, message_id), NotEditable)

    async def test_somebody_elses_message(self, post: Post) -> None:
        """Is none of ours to edit."""
        post.discord.fault("/messages/5", 403, {"message": "Cannot edit", "code": 50005})
        assert isinstance(await post.edit(post.discord.world.add(), 5), NotEditable)

    @pytest.mark.parametrize("code", [20022, 30046])
    async def test_too_many_edits_of_old_messages(self, post: Post, code: int) -> None:
        """Later, says Discord, not when."""
        post.discord.fault("/messages/5", 400, {"message": "Try again later", "code": code})
        assert await post.edit(post.discord.world.add(), 5) == RetryAfter(600.0, "chat")


class TestRefusals:
    """What Discord's error codes mean for the reader."""

    async def test_a_channel_that_was_deleted(self, post: Post) -> None:
        """Nothing can be sent there any more."""
        assert await post.send(4711) == Gone("10003 Unknown Channel")

    async def test_permissions_that_were_lost(self, post: Post) -> None:
        """Neither where we may not see, nor where we may not write."""
        world = post.discord.world
        assert await post.send(world.add(ours=0)) == Gone("50001 Missing Access")
        assert await post.send(world.add(ours=VIEW)) == Gone("50013 Missing Permissions")
        assert await post.send(world.add(PUBLIC_THREAD, ours=VIEW)) == Gone("50013 Missing Permissions")
        assert isinstance(await post.send(world.add(PUBLIC_THREAD, ours=VIEW | SEND_IN_THREADS)), Delivered)

    async def test_a_forum_takes_posts_not_messages(self, post: Post) -> None:
        """A reader is a post in it, not the forum."""
        assert isinstance(await post.send(post.discord.world.add(FORUM)), Gone)

    async def test_a_thread_that_was_closed(self, post: Post) -> None:
        """The channel around it is named, as the bulletin may go there."""
        thread = post.discord.world.add(PUBLIC_THREAD, parent_id=77, is_locked=True)
        assert await post.send(thread) == ThreadGone("160005 This thread is locked", 77)

    async def test_a_message_that_discord_does_not_take(self, post: Post) -> None:
        """Others may pass."""
        post.discord.fault("/messages", 400, {"message": "Blocked by AutoMod", "code": 200000})
        assert await post.send(post.discord.world.add()) == Refused("200000 Blocked by AutoMod")


class TestLimits:
    """Buckets and the global limit are obeyed: we are told to wait before Discord has to say it."""

    async def test_a_full_bucket_costs_no_request(self, post: Post) -> None:
        """The headers told that nothing is left."""
        channel = post.discord.world.add()
        outcomes = [await post.send(channel, key=f"k{index}") for index in range(7)]
        assert [type(outcome) for outcome in outcomes] == [Delivered] * 5 + [RetryAfter] * 2
        waits = [outcome for outcome in outcomes if isinstance(outcome, RetryAfter)]
        assert all(0 < wait.seconds <= 5 and wait.scope == "chat" for wait in waits)
        assert post.discord.limits.broken == []
        assert isinstance(await post.send(post.discord.world.add()), Delivered)

    async def test_a_short_wait_is_waited_for(self, post: Post) -> None:
        """It costs less than a round through the ledger."""
        post.discord.limits.seconds = 0.4
        channel = post.discord.world.add()
        outcomes = [await post.send(channel, key=f"k{index}") for index in range(12)]
        assert {type(outcome) for outcome in outcomes} == {Delivered}
        assert post.discord.limits.broken == []

    async def test_429_of_a_route(self, post: Post) -> None:
        """Says how long; one channel waits."""
        body = {"message": "slow down", "retry_after": 7.5, "global": False}
        post.discord.fault("/messages", 429, body, {"X-RateLimit-Scope": "shared", "Retry-After": "8"})
        assert await post.send(post.discord.world.add()) == RetryAfter(7.5, "chat")

    async def test_429_of_the_whole_bot(self, post: Post) -> None:
        """Everything waits, and nothing is asked meanwhile."""
        body = {"message": "slow down", "retry_after": 20.0, "global": True}
        headers = {"X-RateLimit-Scope": "global", "X-RateLimit-Global": "true", "Retry-After": "20"}
        post.discord.fault("/messages", 429, body, headers)
        assert await post.send(post.discord.world.add()) == RetryAfter(20.0, "lane")
        assert len(post.discord.requests) == 1


class TestOutages:
    """Discord fails or keeps silent: it may or may not have taken the message."""

    @pytest.mark.parametrize("status", [500, 502, 503])
    async def test_5xx(self, post: Post, status: int) -> None:
        """One try, and the status."""
        post.discord.fault("/messages", status)
        assert await post.send(post.discord.world.add()) == Unreachable(f"HTTP {status}")
        assert len(post.discord.requests) == 1

    async def test_no_connection(self, post: Post) -> None:
        """The address is not told."""
        client = Client(TOKEN, "http://127.0.0.1:9/api/v10")
        await client.start()
        outcome = await DiscordSender(client, TOKEN).send(address(1), Outgoing(post.reply, "k"))
        await client.close()
        assert outcome == Unreachable("HTTPError")

    async def test_repeated_with_the_same_nonce_it_is_one_message(self, post: Post) -> None:
        """The answer to the first try was lost."""
        channel = post.discord.world.add()
        post.discord.lose("/messages")
        assert await post.send(channel) == Unreachable("HTTPError")
        (message,) = post.discord.world.in_channel(channel.id)
        assert await post.send(channel) == Delivered(int(message["id"]))
        assert len(post.discord.world.in_channel(channel.id)) == 1

    async def test_before_the_start(self, post: Post) -> None:
        """The outbox may be quicker than we are."""
        sender = DiscordSender(Client(TOKEN, post.discord.url), TOKEN)
        assert isinstance(await sender.send(address(1), Outgoing(post.reply, "k")), Unreachable)

    async def test_a_token_that_is_no_longer_taken(self, post: Post) -> None:
        """It is no reader's fault."""
        post.discord.token = "another"
        assert await post.send(post.discord.world.add()) == Unreachable("HTTP 401")


def test_the_lane_tells_no_token() -> None:
    """It stands in the database and in logs."""
    lane = DiscordSender(Client(TOKEN, "http://127.0.0.1:9"), TOKEN).lane
    assert lane.startswith("discord:")
    assert not any(part in lane for part in TOKEN.split("."))
    assert lane != DiscordSender(Client(TOKEN, "http://127.0.0.1:9"), f"{TOKEN}x").lane
