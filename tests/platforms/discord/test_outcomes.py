"""What Discord's refusals, limits and outages mean for a delivery."""

import pytest

from bot.delivery.outcomes import Delivered, Gone, Refused, RetryAfter, ThreadGone, Unreachable
from bot.delivery.sender import OutgoingMessage
from bot.platforms.discord.api import Client
from bot.platforms.discord.sender import DiscordSender
from bot.reader import MUTED
from tests.platforms.discord.posting import Post, address
from tests.servers.discord import TOKEN
from tests.servers.discord_world import (
    FORUM,
    PUBLIC_THREAD,
    SEND_IN_THREADS,
    VIEW,
)


class TestRefusals:
    """What Discord's error codes mean for the reader."""

    async def test_a_channel_that_was_deleted(self, post: Post) -> None:
        """Nothing can be sent there any more."""
        assert await post.send(4711) == Gone("10003 Unknown Channel")

    async def test_permissions_that_were_lost(self, post: Post) -> None:
        """Neither where we may not see, nor where we may not write."""
        world = post.discord.world
        assert await post.send(world.add(ours=0)) == Gone("50001 Missing Access")
        assert await post.send(world.add(ours=VIEW)) == Gone(MUTED)
        assert await post.send(world.add(PUBLIC_THREAD, ours=VIEW)) == Gone(MUTED)
        assert isinstance(await post.send(world.add(PUBLIC_THREAD, ours=VIEW | SEND_IN_THREADS)), Delivered)

    async def test_somebody_who_shares_no_server_with_us(self, post: Post) -> None:
        """Nor wants messages of others: as where they take none at all."""
        for code in (50007, 50278):
            post.discord.fault("/messages", 403, {"code": code, "message": "Cannot send messages to this user"})
            assert await post.send(post.discord.world.add()) == Gone(f"{code} Cannot send messages to this user")

    async def test_a_forum_takes_posts_not_messages(self, post: Post) -> None:
        """A reader is a post in it, not the forum."""
        assert isinstance(await post.send(post.discord.world.add(FORUM)), Gone)

    async def test_a_thread_that_was_closed(self, post: Post) -> None:
        """The channel around it is named, as the bulletin may go there."""
        thread = post.discord.world.add(PUBLIC_THREAD, parent_id=77, is_locked=True)
        assert await post.send(thread) == ThreadGone("160005 This thread is locked", 77)

    async def test_a_thread_that_was_closed_and_whose_channel_we_know(self, post: Post) -> None:
        """Discord is not asked for it."""
        thread = post.discord.world.add(PUBLIC_THREAD, parent_id=77, is_locked=True)
        assert await post.send(thread, parent_id=77) == ThreadGone("160005 This thread is locked", 77)
        assert post.discord.of("GET", f"/channels/{thread.id}") == []

    async def test_a_thread_that_was_deleted(self, post: Post) -> None:
        """Discord does not know it any more; we know the channel around it."""
        assert await post.send(4711, parent_id=77) == ThreadGone("10003 Unknown Channel", 77)
        message = OutgoingMessage(post.reply, "edit-1", parent_id=77)
        assert await post.sender.edit(address(4711), 5, message) == ThreadGone("10003 Unknown Channel", 77)

    @pytest.mark.parametrize("code", [20028, 20029, 40002, 40004, 130000])
    async def test_what_is_refused_for_now(self, post: Post, code: int) -> None:
        """Later, says Discord, not when."""
        post.discord.fault("/messages", 403, {"message": "Try again later", "code": code})
        assert await post.send(post.discord.world.add()) == RetryAfter(600.0, "chat")

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
        assert await post.send(post.discord.world.add()) == RetryAfter(20.0, "bot")
        assert len(post.discord.requests) == 1

    async def test_a_clock_that_is_fast(self, post: Post) -> None:
        """Its limits are read as seconds from now, not as times of day."""
        post.discord.limits.behind_seconds = 60.0
        channel = post.discord.world.add()
        outcomes = [await post.send(channel, key=f"k{index}") for index in range(6)]
        assert isinstance(outcomes[-1], RetryAfter)
        assert post.discord.limits.broken == []

    async def test_429_of_an_unknown_bucket(self, post: Post) -> None:
        """Without a word on how long: one request, and a second at least until the next."""
        body = {"message": "slow down", "retry_after": 0.0, "global": False}
        post.discord.fault("/messages", 429, body, {"X-RateLimit-Scope": "user", "X-RateLimit-Remaining": "0"})
        assert await post.send(post.discord.world.add()) == RetryAfter(1.0, "chat")
        assert len(post.discord.requests) == 1

    @pytest.mark.parametrize(
        ("headers", "seconds"), [({"Retry-After": "90"}, 90.0), ({"Retry-After": "soon"}, 60.0), ({}, 60.0)]
    )
    async def test_429_of_the_network_before_it(self, post: Post, headers: dict[str, str], seconds: float) -> None:
        """A page, no JSON: our address is kept out, and everything waits."""
        post.discord.keep_out("/messages", headers)
        assert await post.send(post.discord.world.add()) == RetryAfter(seconds, "bot")
        post.discord.keep_out("/messages/5", headers)
        assert await post.edit(post.discord.world.add(), 5) == RetryAfter(seconds, "bot")
        assert len(post.discord.requests) == 2


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
        outcome = await DiscordSender(client, TOKEN).send(address(1), OutgoingMessage(post.reply, "k"))
        await client.close()
        assert outcome == Unreachable("ClientConnectorError")

    async def test_repeated_with_the_same_nonce_it_is_one_message(self, post: Post) -> None:
        """The answer to the first try was lost."""
        channel = post.discord.world.add()
        post.discord.lose("/messages")
        assert await post.send(channel) == Unreachable("ServerDisconnectedError")
        (message,) = post.discord.world.in_channel(channel.id)
        assert await post.send(channel) == Delivered(int(message["id"]))
        assert len(post.discord.world.in_channel(channel.id)) == 1

    async def test_a_token_that_is_no_longer_taken(self, post: Post) -> None:
        """It is no reader's fault, whatever code comes with it."""
        post.discord.fault("/messages", 401, {"message": "Unauthorized", "code": 40001})
        assert await post.send(post.discord.world.add()) == Unreachable("HTTP 401")
        post.discord.token = "another"
        assert await post.send(post.discord.world.add()) == Unreachable("HTTP 401")
