"""Channels and messages of our own Discord, with the bot's permissions and the real error codes."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time
from typing import Any

from tests.servers.discord_rules import EPHEMERAL, message_refusals

GUILD_TEXT, DM, GROUP_DM, ANNOUNCEMENT, PUBLIC_THREAD, FORUM = 0, 1, 3, 5, 11, 15
VIEW, SEND, EMBED, ATTACH, SEND_IN_THREADS = 1 << 10, 1 << 11, 1 << 14, 1 << 15, 1 << 38
READ_HISTORY = 1 << 16
MANAGE_CHANNELS = 1 << 4
MANAGE_THREADS = 1 << 34
ALL = VIEW | SEND | EMBED | ATTACH | READ_HISTORY | SEND_IN_THREADS
CROSSPOSTED = 1 << 1
SUPPRESS_NOTIFICATIONS = 1 << 12
THREADS = (10, 11, 12)

BOT = {
    "id": "1100000000000000001",
    "username": "Nota",
    "discriminator": "0",
    "global_name": None,
    "avatar": None,
    "bot": True,
    "public_flags": 0,
}
APPLICATION_ID = 1100000000000000001
GUILD_ID = 900000000000000001


@dataclass
class Refused(Exception):
    """An error of the API: HTTP status, JSON code, message."""

    status: int
    code: int
    message: str


@dataclass
class Channel:
    """A channel. ``ours``: the bot's permissions; ``parent_id``: a thread's channel.

    A locked thread needs not be archived (topics/threads#locked-threads).
    """

    id: int
    type: int = GUILD_TEXT
    ours: int = ALL
    parent_id: int | None = None
    is_locked: bool = False
    is_archived: bool = False
    guild_id: int | None = GUILD_ID
    overwrites: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.type in (DM, GROUP_DM):
            self.guild_id = None

    @property
    def is_locked_for_us(self) -> bool:
        return self.is_locked and not self.ours & MANAGE_THREADS

    def payload(self) -> dict[str, Any]:
        """resources/channel#channel-object."""
        if self.type == DM:
            return {"id": str(self.id), "type": DM, "last_message_id": None, "recipients": [_PERSON]}
        if self.type == GROUP_DM:
            about = {"last_message_id": None, "name": "Three of us", "icon": None, "owner_id": _PERSON["id"]}
            return {"id": str(self.id), "type": GROUP_DM, "recipients": [_PERSON, _PERSON], **about}
        shown: dict[str, Any] = {"id": str(self.id), "type": self.type, "name": f"channel-{self.id}"}
        shown |= {"guild_id": str(self.guild_id), "parent_id": str(self.parent_id) if self.parent_id else None}
        if self.type in THREADS:
            metadata = {"archived": self.is_archived, "locked": self.is_locked, "auto_archive_duration": 1440}
            metadata |= {"archive_timestamp": _TIME, "create_timestamp": _TIME}
            counts = {"message_count": 1, "member_count": 1, "rate_limit_per_user": 0, "owner_id": BOT["id"]}
            return shown | counts | {"last_message_id": None, "thread_metadata": metadata}
        rest = {
            "position": 0,
            "permission_overwrites": self.overwrites,
            "nsfw": False,
            "topic": None,
            "last_message_id": None,
        }
        return shown | rest | {"rate_limit_per_user": 0, "default_auto_archive_duration": 1440}


EPOCH = 1_420_070_400
"""The first second of 2015, since 1970."""

_TIME = "2026-11-24T10:00:00.000000+00:00"
_PERSON = BOT | {"id": "700000000000000001", "username": "reader", "bot": False}


def numbered(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The components as Discord returns them, each with an id (components/reference#anatomy-of-a-component)."""
    count = itertools.count(1)

    def copied(component: dict[str, Any]) -> dict[str, Any]:
        own = {**component, "id": next(count)}
        return own | {"components": [copied(each) for each in own["components"]]} if "components" in own else own

    return [copied(component) for component in components]


@dataclass
class World:
    """Channels and messages. Ids count upwards."""

    channels: dict[int, Channel] = field(default_factory=dict)
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    published: list[int] = field(default_factory=list)
    with_people: dict[int, Channel] = field(default_factory=dict)
    _nonces: dict[tuple[int, str], int] = field(default_factory=dict)
    clock: Callable[[], float] = time
    _last: int = 0

    def next_id(self) -> int:
        """A higher one than all before, with the time in its upper bits (reference#snowflakes)."""
        self._last = max(self._last + 1, int((self.clock() - EPOCH) * 1000) << 22)
        return self._last

    def add(self, kind: int = GUILD_TEXT, **about: Any) -> Channel:
        """A new channel."""
        parent = {"parent_id": self.next_id()} if kind in THREADS else {}
        channel = Channel(self.next_id(), kind, **parent | about)
        self.channels[channel.id] = channel
        return channel

    def direct(self, user_id: int) -> Channel:
        """The channel for direct messages with a user (resources/user#create-dm)."""
        if user_id not in self.with_people:
            self.with_people[user_id] = self.add(DM)
        return self.with_people[user_id]

    def delete(self, channel: Channel) -> None:
        """Deletes a channel with its messages."""
        del self.channels[channel.id]
        for message in self.in_channel(channel.id):
            del self.messages[int(message["id"])]

    def in_channel(self, channel_id: int) -> list[dict[str, Any]]:
        """The messages there, oldest first."""
        return [message for message in self.messages.values() if message["channel_id"] == str(channel_id)]

    def channel(self, channel_id: int) -> Channel:
        """A channel that the bot may see."""
        if channel_id not in self.channels:
            raise Refused(404, 10003, "Unknown Channel")
        channel = self.channels[channel_id]
        if not channel.ours & VIEW:
            raise Refused(403, 50001, "Missing Access")
        return channel

    def send(self, channel_id: int, given: dict[str, Any]) -> dict[str, Any]:
        """POST /channels/{id}/messages (resources/message#create-message)."""
        self._writable(channel_id)
        nonce = given.get("nonce")
        if nonce is not None and len(str(nonce)) > 25:
            raise Refused(400, 50035, "Invalid Form Body")
        if nonce and given.get("enforce_nonce") and (channel_id, nonce) in self._nonces:
            return self.messages[self._nonces[channel_id, nonce]]
        if reference := given.get("message_reference"):
            self._may_reply(channel_id, reference)
        message = self.put(channel_id, given)
        if nonce:
            self._nonces[channel_id, nonce] = int(message["id"])
            message["nonce"] = nonce
        return message

    def put(self, channel_id: int, given: dict[str, Any], **about: Any) -> dict[str, Any]:
        """Stores a message of the bot's, if Discord accepts its content."""
        if refusals := message_refusals(given):
            raise Refused(400, 50035, f"Invalid Form Body: {refusals}")
        message = {
            "id": str(self.next_id()),
            "channel_id": str(channel_id),
            "author": BOT,
            "content": "",
            "timestamp": _TIME,
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": given.get("attachments", []),
            "embeds": given.get("embeds", []),
            "components": numbered(given.get("components", [])),
            "pinned": False,
            "type": 0,
            "flags": given.get("flags", 0) & (EPHEMERAL | SUPPRESS_NOTIFICATIONS),
            **about,
        }
        if reference := given.get("message_reference"):
            message["message_reference"] = {"type": 0, "channel_id": str(channel_id), **reference}
        self.messages[int(message["id"])] = message
        return message

    def edit(self, channel_id: int, message_id: int, given: dict[str, Any]) -> dict[str, Any]:
        """PATCH /channels/{id}/messages/{id}."""
        channel = self.channel(channel_id)
        message = self._message(channel_id, message_id)
        if channel.is_archived:
            raise Refused(400, 50083, "Thread is archived")
        if channel.is_locked_for_us:
            raise Refused(403, 160005, "This thread is locked")
        return self.change(message, given)

    def modify(self, channel_id: int, given: dict[str, Any]) -> dict[str, Any]:
        """PATCH /channels/{id}: opens an archived thread (resources/channel#modify-channel-json-params-thread)."""
        channel = self.channel(channel_id)
        if channel.type not in THREADS or given != {"archived": False}:
            raise Refused(400, 50035, "Invalid Form Body")
        if channel.is_locked_for_us or not channel.ours & SEND_IN_THREADS:
            raise Refused(403, 50013, "Missing Permissions")
        channel.is_archived = False
        return channel.payload()

    def change(self, message: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        """Edits a message."""
        if refusals := message_refusals(given):
            raise Refused(400, 50035, f"Invalid Form Body: {refusals}")
        message |= {key: given[key] for key in ("embeds", "attachments") if key in given}
        message |= {"components": numbered(given["components"])} if "components" in given else {}
        message["edited_timestamp"] = _TIME
        return message

    def to_publish(self, channel_id: int, message_id: int) -> dict[str, Any]:
        """The message, if it may be crossposted (resources/message#crosspost-message)."""
        channel = self._writable(channel_id)
        message = self._message(channel_id, message_id)
        if channel.type != ANNOUNCEMENT:
            raise Refused(400, 50024, "Cannot execute action on this channel type")
        if message["flags"] & CROSSPOSTED:
            raise Refused(400, 40033, "This message has already been crossposted")
        return message

    def publish(self, message: dict[str, Any]) -> dict[str, Any]:
        """Crossposts the message."""
        message["flags"] |= CROSSPOSTED
        self.published.append(int(message["id"]))
        return message

    def _may_reply(self, channel_id: int, reference: dict[str, Any]) -> None:
        """resources/message#message-reference-structure."""
        channel = self.channel(channel_id)
        if channel.guild_id is not None and not channel.ours & READ_HISTORY:
            raise Refused(403, 160002, "Cannot reply without permission to read message history")
        if int(reference["message_id"]) not in self.messages and reference.get("fail_if_not_exists", True):
            raise Refused(400, 50035, "Invalid Form Body: Unknown message")

    def _message(self, channel_id: int, message_id: int) -> dict[str, Any]:
        message = self.messages.get(message_id)
        if message is None or message["channel_id"] != str(channel_id):
            raise Refused(404, 10008, "Unknown Message")
        return message

    def _writable(self, channel_id: int) -> Channel:
        channel = self.channel(channel_id)
        if channel.type == FORUM:
            raise Refused(400, 50008, "Cannot send messages in a non-text channel")
        if not channel.ours & (SEND_IN_THREADS if channel.type in THREADS else SEND):
            raise Refused(403, 50013, "Missing Permissions")
        if channel.is_locked_for_us:
            raise Refused(403, 160005, "This thread is locked")
        channel.is_archived = False  # by the message (topics/threads#active-archived-threads)
        return channel
