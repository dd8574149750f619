"""The visibility of an answer in a group: for everybody, for the asker alone, or in the asker's private chat.

Only one member of a group sees an ephemeral message (core.telegram.org/bots/api#ephemeral-messages-and-commands). A bot that is an admin may
send it at any time; any bot within 15 seconds of a press or of an ephemeral command. Telegram does not guarantee that it arrives, and it may
disappear. It is therefore used for answers and panels, and never for bulletins or consent. If Telegram refuses it, everybody sees the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from bot.dossier.markdown import Span
from bot.platforms.telegram.render import (
    Call,
    acknowledgement,
    destination,
    reaction,
    rendered,
    start_link,
)
from bot.platforms.telegram.types import Origin, Press, TelegramMessage
from bot.replies.i18n import phrases_in
from bot.replies.question import HELP, AboutTopic
from bot.replies.reply import Button, Note, Reply, text_reply

GROUP_BURST, GROUP_PER_SECOND = 8, 0.1
"""The limit of answers in a group: at most burst + 60 × rate = 14 new messages a minute. Telegram allows a bot 20 messages a minute in a group
(core.telegram.org/bots/faq), so six are left for bulletins. A higher limit would delay bulletins to a busy group."""

REFUSED_SECONDS = 3600.0
"""How long a group gets public answers after Telegram refused an ephemeral message there, unless the bot's rights change."""

MAX_REFUSALS = 10_000
"""The most groups that are remembered."""

DONE = "👌"
"""The reaction that tells a group that its member was answered in private."""

SEEN = "👀"
"""The reaction in place of an answer beyond the limit of a group or of a person. A reaction is no message, so it does not count for Telegram's limit."""


@dataclass(slots=True)
class EphemeralRefusals:
    """The groups in which Telegram refused an ephemeral message, in this process. ``now``: the clock, in seconds."""

    now: Callable[[], float]
    _until: dict[int, float] = field(default_factory=dict)

    def includes(self, chat_id: int) -> bool:
        return self._until.get(chat_id, 0.0) > self.now()

    def add(self, chat_id: int) -> None:
        if len(self._until) >= MAX_REFUSALS:
            self._until.clear()
        self._until[chat_id] = self.now() + REFUSED_SECONDS

    def forget(self, chat_id: int) -> None:
        """Called when the bot's rights in the group have changed."""
        self._until.pop(chat_id, None)


WithinLimit = Callable[[Call, Origin], Call | None]
"""Returns the call that the group's rate limit allows in place of a public call; called right before the call is made."""


def to_asker_alone(
    public: Call, origin: Origin, reply: Reply, refusals: EphemeralRefusals, within_limit: WithinLimit
) -> Call:
    """The answer as an ephemeral message to a person; ``public`` if Telegram refuses that."""

    def for_everybody() -> Call | None:
        refusals.add(origin.chat.id)
        return within_limit(public, origin)

    receiver = {"receiver_user_id": origin.user.id if origin.user else 0}
    parameters = destination(origin.address) | {"ephemeral_message_parameters": receiver}
    return Call("sendMessage", parameters, rendered(reply), on_refused=for_everybody, is_optional=True)


def to_ephemeral_command(message: TelegramMessage, origin: Origin, reply: Reply, username: str) -> Call:
    """The reply to an ephemeral message, which must be ephemeral, too (#replyparameters).

    A private reply with buttons comes in the private chat; the asker is told so, or that Telegram refuses it.
    """

    def unseen(shown: Reply) -> Call:
        return Call("sendMessage", parameters, rendered(shown))

    receiver = {"receiver_user_id": origin.user.id if origin.user else 0}
    replied = {"ephemeral_message_id": message.ephemeral_message_id}
    parameters = destination(origin.address) | {"ephemeral_message_parameters": receiver, "reply_parameters": replied}
    if not reply.private or not reply.buttons:
        return unseen(reply)
    say = phrases_in(reply.language).say
    opens = Button(f"💬 {say('Open the private chat')}", url=f"https://t.me/{username}")
    told = partial(text_reply, reply.language, reply.emoji, reply.title)
    refused = unseen(told(say("I cannot write to you yet. Open the private chat with me, and send it there."), opens))
    sent = unseen(told(say("It goes on in your private chat with me."), opens))
    private = {"chat_id": receiver["receiver_user_id"]}
    return Call("sendMessage", private, rendered(reply), fallback=refused, then=sent, is_optional=True)


def to_private_chat(
    public: Call,
    shown: Reply,
    message: TelegramMessage,
    origin: Origin,
    reply: Reply,
    username: str,
    within_limit: WithinLimit,
) -> Call:
    """The answer in the asker's private chat, and a reaction in the group.

    If Telegram refuses it, ``public``, which has ``shown``, with a button that opens the private chat; of a private reply its title alone.
    """
    say = phrases_in(reply.language).say
    told = say("Answers come in private here. Open the private chat with me once, and the next one does.")
    link = start_link(username, AboutTopic(reply.topic or HELP))
    opens = Button(f"💬 {say('Open the private chat')}", url=link)
    blocks, buttons = ((), ()) if reply.private else (shown.blocks, shown.buttons)
    in_public = replace(shown, blocks=(*blocks, Note((Span(told),))), buttons=(*buttons, opens))
    refused = partial(within_limit, public._replace(rendered=rendered(in_public)), origin)
    private, done = {"chat_id": origin.user.id if origin.user else 0}, reaction(message, DONE)
    return Call("sendMessage", private, rendered(reply), on_refused=refused, then=done, is_optional=True)


def to_ephemeral_press(press: Press, message: TelegramMessage, origin: Origin, reply: Reply) -> Call:
    """The edit of an ephemeral message; a new one if Telegram refuses it; a public one if Telegram refuses both.

    Telegram refuses edits to more than 1,024 characters, although it documents 4,096 (github.com/tdlib/telegram-bot-api/issues/881).
    """
    done = acknowledgement(press.id)
    public = Call("sendMessage", destination(origin.address), rendered(reply), then=done)
    edited = {"chat_id": message.chat.id, "ephemeral_message_id": message.ephemeral_message_id}
    edited["receiver_user_id"] = press.from_.id
    new = copy_for(press, origin, reply, fallback=public)
    return Call("editEphemeralMessageText", edited, rendered(reply), fallback=new, then=done, is_optional=True)


def copy_for(press: Press, origin: Origin, reply: Reply, fallback: Call) -> Call:
    """An ephemeral message, which any bot may send within 15 seconds of a press; the fallback if Telegram refuses it."""
    receiver = {"receiver_user_id": press.from_.id, "callback_query_id": press.id}
    parameters = destination(origin.address) | {"ephemeral_message_parameters": receiver}
    done = acknowledgement(press.id)
    return Call("sendMessage", parameters, rendered(reply), fallback=fallback, then=done, is_optional=True)
