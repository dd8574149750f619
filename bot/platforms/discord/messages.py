"""The few fields we read of what people write on Discord (resources/message#message-object). PURE."""

from typing import Any

from pydantic import Field

from bot.platforms.discord.payloads import Payload, User

DEFAULT, REPLY = 0, 19
"""Types of messages that people write; the others tell of what happened (#message-object-message-types)."""


class Author(User):
    """Who wrote it; with ``webhook_id`` in the message it is no user's name at all (#message-object)."""

    bot: bool = False
    system: bool = False


class Nickname(Payload):
    """What we need of a member, who comes without user and permissions here (events/gateway-events#message-create)."""

    nick: str | None = None


class Message(Payload):
    """A message that somebody wrote.

    ``content`` is empty where neither a direct message, nor a mention of us, nor a privileged intent lets us read it
    (events/gateway#message-content-intent). ``mentions`` names the author of the message that it replies to as well,
    unless the reply was sent without a ping. ``guild_id`` is None in direct messages.
    """

    id: int
    channel_id: int
    type: int = DEFAULT
    content: str = ""
    author: Author
    member: Nickname | None = None
    guild_id: int | None = None
    webhook_id: int | None = None
    mentions: tuple[User, ...] = ()
    mention_roles: tuple[int, ...] = ()
    to_everyone: bool = Field(default=False, alias="mention_everyone")

    @property
    def author_name(self) -> str:
        """What people call the author there."""
        nick = self.member.nick if self.member else None
        return nick or self.author.global_name or self.author.username


def message_of(value: Any) -> Message:
    """The message in a gateway event.

    Raises:
        ValueError: it is none.
    """
    return Message.model_validate(value)
