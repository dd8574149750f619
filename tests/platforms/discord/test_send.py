"""Bulletins sent and edited on Discord, as the outbox wants it: one try, and what became of it."""

from dataclasses import replace

import pytest

from bot.delivery.outcomes import Delivered, MessageGone, NotEditable, Outcome, Refused, RetryAfter, Unreachable
from bot.delivery.sender import OutgoingMessage
from bot.dossier.models import BulletinId
from bot.platforms.discord.api import Client
from bot.platforms.discord.render import render
from bot.platforms.discord.sender import DiscordSender
from bot.replies.reply import Card
from tests.platforms.discord.posting import Post, address
from tests.servers.discord import TOKEN
from tests.servers.discord_limits import write_limited
from tests.servers.discord_world import (
    ANNOUNCEMENT,
    GUILD_TEXT,
    PUBLIC_THREAD,
    SUPPRESS_NOTIFICATIONS,
    numbered,
)


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
        await post.send(channel, key="correction", reply_to=first)
        reference = post.discord.world.in_channel(channel.id)[1]["message_reference"]
        assert (reference["message_id"], reference["fail_if_not_exists"]) == (str(first), False)


class TestTitleCard:
    """The embed's image, which Discord fetches from our page."""

    async def test_goes_with_a_message_and_with_its_correction(self, post: Post) -> None:
        """The revision in its address keeps an old card from being shown."""
        sender = DiscordSender(post.sender._client, TOKEN, "https://nota.example")
        channel = post.discord.world.add()
        for revision in (1, 2):
            card = Card(BulletinId("ferry"), revision)
            message = OutgoingMessage(replace(post.reply, card=card), f"b:{revision}")
            if revision == 1:
                outcome = await sender.send(address(channel), message)
                assert isinstance(outcome, Delivered)
            else:
                await sender.edit(address(channel), outcome.message_id, message)
            [shown] = post.discord.world.in_channel(channel.id)
            assert shown["embeds"][0]["image"] == {
                "url": f"https://nota.example/pictures/en/bulletin/ferry?revision={revision}"
            }

    async def test_needs_a_page_that_can_be_reached(self, post: Post) -> None:
        """Without one the words go alone."""
        channel = post.discord.world.add()
        card = Card(BulletinId("ferry"), 1)
        await post.sender.send(address(channel), OutgoingMessage(replace(post.reply, card=card), "b:1"))
        assert "image" not in post.discord.world.in_channel(channel.id)[0]["embeds"][0]


class TestAnnouncements:
    """In an announcement channel a message is crossposted afterwards."""

    async def test_are_sent_first(self, post: Post) -> None:
        """With no question what kind of channel it is."""
        channel = post.discord.world.add(ANNOUNCEMENT)
        sent = await post.send(channel, has_followers=True)
        assert isinstance(sent, Delivered)
        assert (sent.to_crosspost, post.discord.world.published) == (True, [])
        assert post.discord.of("GET", f"/channels/{channel.id}") == []
        assert await post.sender.crosspost(address(channel), sent.message_id) == Delivered(sent.message_id)
        assert post.discord.world.published == [sent.message_id]

    async def test_other_channels_are_not(self, post: Post) -> None:
        """One call a message, of the fifty that Discord grants a second."""
        sent = await post.send(post.discord.world.add())
        assert isinstance(sent, Delivered)
        assert not sent.to_crosspost
        assert len([each for each in post.discord.requests if "/channels/" in each.route]) == 1

    @pytest.mark.parametrize(
        ("status", "code", "outcome"),
        [
            (400, 40033, Delivered(77)),
            (403, 50013, Refused("50013 no")),
            (404, 10008, Refused("10008 no")),
            (400, 50024, Refused("50024 no")),
            (400, 20028, RetryAfter(600.0, "request")),
            (401, 0, Unreachable("HTTP 401")),
            (503, 0, Unreachable("HTTP 503")),
        ],
    )
    async def test_what_an_answer_means(self, post: Post, status: int, code: int, outcome: Outcome) -> None:
        """None of it concerns the message, which stands."""
        post.discord.fault("/crosspost", status, {"message": "no", "code": code})
        assert await post.sender.crosspost(address(post.discord.world.add(ANNOUNCEMENT)), 77) == outcome

    async def test_the_body_says_how_long_a_limit_lasts(self, post: Post) -> None:
        """The headers tell of another one."""
        post.discord.faults["/crosspost"] = [lambda: write_limited(1163.0)]
        channel = post.discord.world.add(ANNOUNCEMENT)
        assert await post.sender.crosspost(address(channel), 77) == RetryAfter(1163.0, "request")


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
        assert await post.edit(post.discord.world.add(), 5) == RetryAfter(600.0, "request")


def test_the_lane_tells_no_token() -> None:
    """It stands in the database and in logs."""
    lease_name = DiscordSender(Client(TOKEN, "http://127.0.0.1:9"), TOKEN).lease_name
    assert lease_name.startswith("discord:")
    assert not any(part in lease_name for part in TOKEN.split("."))
    assert lease_name != DiscordSender(Client(TOKEN, "http://127.0.0.1:9"), f"{TOKEN}x").lease_name
