"""A thread that subscribed: its parent channel is stored, and gets the bulletins when the thread is deleted."""

import json
from typing import Any

import pytest

from bot.conversation import Conversation
from bot.db.store import Store
from bot.live_dossier import LiveDossier
from bot.platforms.discord.answer_visibility import public_answer_limiter
from bot.platforms.discord.api import DiscordClient
from bot.platforms.discord.commands import CommandSync
from bot.platforms.discord.guilds import GuildCache, GuildHandler
from bot.platforms.discord.handlers import InteractionHandler
from bot.platforms.discord.render import Mentions
from bot.platforms.discord.types import Channel as ChannelPayload
from bot.platforms.discord.types import Interaction
from bot.reader import Address
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.conftest import TODAY
from tests.delivery.scene import DeliveryScene
from tests.editor import bulletin, new_editor, withdrawn
from tests.platforms.discord.conftest import Post, address
from tests.servers.discord import TOKEN
from tests.servers.discord_people import MANAGER, MEMBER, Person
from tests.servers.discord_world import FORUM, GUILD_TEXT, PUBLIC_THREAD, Channel, World


class Server:
    """A Discord with a channel and a thread, and the bot on each kind of database."""

    def __init__(self, post: Post, store: Store, scene: DeliveryScene) -> None:
        self.post, self.store, self.scene = post, store, scene
        conversation = Conversation(LiveDossier(scene.editor.tiny), store, lambda: TODAY)
        self._handler = InteractionHandler(
            conversation, public_answer_limiter(scene.clock), DiscordClient(TOKEN, post.discord.url)
        )
        client = DiscordClient(TOKEN, post.discord.url)
        self.guilds = GuildHandler(
            client, conversation, GuildCache(scene.clock), CommandSync(client, conversation, Mentions())
        )
        self.channel = self.world.add()
        self.thread = self.world.add(PUBLIC_THREAD, parent_id=self.channel.id)

    @property
    def world(self) -> World:
        return self.post.discord.world

    def somebody(self, where: Channel, permissions: int = MANAGER) -> Person:
        async def deliver(given: dict[str, Any]) -> dict[str, Any]:
            return dict(json.loads((await self._handler.respond(Interaction.model_validate(given))).body))

        return Person(self.post.discord, deliver, where, self.world.next_id(), permissions=permissions)

    async def parent_of(self, where: Channel) -> int | None:
        """The stored parent channel."""
        reader = await self.store.readers.get(address(where))
        assert reader is not None
        return int(reader.parent_id) if reader.parent_id else None

    async def met_without_parent(self) -> None:
        """The thread subscribed, and Discord did not name its parent."""
        await self.store.readers.meet(address(self.thread), "group", "thread")
        await self.store.subscriptions.put(address(self.thread), Subscription())

    def embeds(self, where: Channel) -> list[str]:
        """The bulletins there, each as JSON."""
        return [json.dumps(message["embeds"]) for message in self.world.in_channel(where.id) if not _answers(message)]

    async def publish(self, *slugs: str) -> None:
        await self.scene.editor.publish(*map(bulletin, slugs))
        await self.scene.send_all()

    async def reason(self, where: Address) -> str | None:
        """Why the reader is suspended."""
        reader = await self.store.readers.get(where)
        assert reader is not None
        return reader.reason if reader.suspended_since is not None else None


def _answers(message: dict[str, Any]) -> bool:
    return "interaction_metadata" in message


@pytest.fixture
async def server(post: Post, store: Store, clock: MovedClock) -> Server:
    """With a worker that uses our sender."""
    return Server(post, store, DeliveryScene(store, clock, await new_editor(store), post.sender))  # type: ignore[arg-type]


class TestParent:
    """The parent channel is stored, as interactions name it."""

    async def test_when_somebody_subscribes(self, server: Server) -> None:
        """In a thread, or in a forum's post, which is a thread."""
        post = server.world.add(PUBLIC_THREAD, parent_id=server.world.add(FORUM).id)
        for where in (server.thread, post):
            await server.somebody(where).use("subscribe")
            assert await server.parent_of(where) == where.parent_id

    async def test_a_category_is_no_parent(self, server: Server) -> None:
        """It is in the same field (resources/channel#channel-object-channel-structure)."""
        channel = server.world.add(GUILD_TEXT, parent_id=server.world.next_id())
        await server.somebody(channel).use("subscribe")
        assert await server.parent_of(channel) is None

    async def test_when_it_changes_a_setting(self, server: Server) -> None:
        """Showing the settings changes nothing."""
        await server.met_without_parent()
        admin = server.somebody(server.thread)
        panel = await admin.use("settings")
        assert await server.parent_of(server.thread) is None
        await admin.press(panel, "c/settings/sound")
        assert await server.parent_of(server.thread) == server.channel.id

    @pytest.mark.parametrize("again", [("subscribe", {}), ("language", {"language": "id"})])
    async def test_when_it_subscribes_again_or_chooses_a_language(
        self, server: Server, again: tuple[str, dict[str, str]]
    ) -> None:
        """By an admin."""
        await server.met_without_parent()
        await server.somebody(server.thread).use(again[0], **again[1])
        assert await server.parent_of(server.thread) == server.channel.id

    async def test_not_by_somebody_without_permission(self, server: Server) -> None:
        """They change nothing."""
        await server.met_without_parent()
        await server.somebody(server.thread, MEMBER).use("subscribe")
        assert await server.parent_of(server.thread) is None


class TestArchivedOrLocked:
    """Threads archive themselves after some days; moderators lock and unlock them."""

    @pytest.mark.slow
    async def test_a_locked_thread_is_put_right_once_it_is_unlocked(self, server: Server) -> None:
        """It misses what comes meanwhile, and stays where it subscribed."""
        await server.somebody(server.thread).use("subscribe")
        await server.publish("ferry")
        server.thread.is_locked = server.thread.is_archived = True
        await server.scene.editor.publish(withdrawn(bulletin("ferry")))
        await server.scene.send_all()
        assert "Withdrawn" not in server.embeds(server.thread)[0]
        server.thread.is_locked = False
        await server.guilds.thread_changed(ChannelPayload.model_validate(server.thread.payload()))
        await server.scene.send_all()
        (shown,) = server.embeds(server.thread)
        assert "Withdrawn" in shown
        await server.scene.editor.publish(withdrawn(bulletin("ferry")), bulletin("harbour"))
        await server.scene.send_all()
        assert len(server.embeds(server.thread)) == 2
        assert server.embeds(server.channel) == []
