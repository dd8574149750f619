"""Bulletins sent and edited on Discord, as the outbox wants it: one try, and what became of it."""

from dataclasses import replace

import pytest

from bot.answers.reply import Card
from bot.delivery import (
    Delivered,
    MessageGone,
    NotEditable,
    RetryAfter,
)
from bot.dossier.model import BulletinId
from bot.outbox.sender import Outgoing
from bot.platforms.discord.client import Client
from bot.platforms.discord.render import render
from bot.platforms.discord.send import DiscordSender
from tests.platforms.discord.posting import Post, address
from tests.servers.discord import TOKEN
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
        await post.send(channel, key="correction", answers=first)
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
            message = Outgoing(replace(post.reply, card=card), f"b:{revision}")
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
        await post.sender.send(address(channel), Outgoing(replace(post.reply, card=card), "b:1"))
        assert "image" not in post.discord.world.in_channel(channel.id)[0]["embeds"][0]


class TestPublishing:
    """To the followers of an announcement channel, when it may be."""

    async def test_announcements_are_published(self, post: Post) -> None:
        """With two calls a message, and no question what kind of channel it is."""
        channel = post.discord.world.add(ANNOUNCEMENT)
        sent = [await post.send(channel, key=f"k{index}", has_followers=True) for index in range(2)]
        assert [Delivered(message_id) for message_id in post.discord.world.published] == sent
        assert len([each for each in post.discord.requests if "/messages" in each.route]) == 4
        assert post.discord.of("GET", f"/channels/{channel.id}") == []

    async def test_other_channels_are_not(self, post: Post) -> None:
        """One call a message, of the fifty that Discord grants a second."""
        await post.sent(post.discord.world.add())
        assert post.discord.of("POST", "/crosspost") == []
        assert len([each for each in post.discord.requests if "/channels/" in each.route]) == 1

    async def test_one_that_is_no_announcement_channel_any_more(
        self, post: Post, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The message stands there all the same."""
        assert isinstance(await post.send(post.discord.world.add(), has_followers=True), Delivered)
        assert "not published to followers" in capsys.readouterr().out

    @pytest.mark.parametrize("status", [403, 429, 500])
    async def test_where_it_fails_the_message_has_arrived(
        self, post: Post, status: int, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Published it may be by hand."""
        body = {"message": "no", "code": 50013, "retry_after": 3000.0, "global": False}
        post.discord.fault("/crosspost", status, body)
        channel = post.discord.world.add(ANNOUNCEMENT)
        assert isinstance(await post.send(channel, has_followers=True), Delivered)
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


def test_the_lane_tells_no_token() -> None:
    """It stands in the database and in logs."""
    lane = DiscordSender(Client(TOKEN, "http://127.0.0.1:9"), TOKEN).lane
    assert lane.startswith("discord:")
    assert not any(part in lane for part in TOKEN.split("."))
    assert lane != DiscordSender(Client(TOKEN, "http://127.0.0.1:9"), f"{TOKEN}x").lane
