"""Message → its question. PURE."""

import re
from collections.abc import Callable
from functools import cache

from bot.commands import DRAFT, SETTINGS, START, SUBSCRIBE
from bot.newsroom.draft_command import CANCEL, continued
from bot.platforms.telegram.render import NEW_MESSAGE, channel_in
from bot.platforms.telegram.types import Me, RepliedMessage, TelegramMessage
from bot.reader import ChatKind
from bot.replies.heard import Heard, question_in
from bot.replies.question import CheckText, Command, Question, token
from bot.subscriptions.settings_panel import ZONE_EMOJI

MAX_QUESTION_CHARACTERS = 4096
"""No message is longer (core.telegram.org/bots/api#message, ``text``)."""

_ZONE = token(Command(SETTINGS, "zone"))

_COMMAND = re.compile(r"/(\w{1,64})(?:@(\w{1,64}))?(?:\s+(.*))?", re.DOTALL)


def question_of(message: TelegramMessage, kind: ChatKind, me: Me, is_command: Callable[[str], bool]) -> Question | None:
    """The question of a message; None if the message is not for the bot.

    In groups and channels a command with another bot's name belongs to that bot; one without a name is for us if ``is_command`` accepts it. In
    groups a text is for us if it mentions the bot or replies to it (core.telegram.org/bots/features#privacy-mode). A channel's text is for its
    readers. An ephemeral message is for us alone, as one in the private chat is.
    """
    kind = kind if message.ephemeral_message_id is None else "private"
    words = message.words
    is_wordless = kind == "private" and not words and message.is_wordless
    if not (words or is_wordless) or is_by_a_bot(message, me):
        return None
    text = words[:MAX_QUESTION_CHARACTERS].strip()
    replied = message.reply_to_message
    is_forwarded = message.is_forwarded
    replies_to_us = replied is not None and replied.from_ is not None and replied.from_.id == me.id
    if replies_to_us and not is_forwarded and (asked := _asked_by_reply(replied, text, kind)):
        return asked
    mentions_us = "@" in text and _mention_of(me.username).search(text) is not None
    command = None if is_forwarded else _COMMAND.fullmatch(text)
    if command:
        name, bot, argument = command[1].lower(), command[2], (command[3] or "").strip()
        if kind != "private" and not (bot.lower() == me.username.lower() if bot else is_command(name)):
            return None
        if name == DRAFT:  # its lines are a title and a text
            return Command(name, argument)
        if name == START and argument == SUBSCRIBE:  # the link that adds the bot to a group (telegram/bot.py)
            return Command(SUBSCRIBE)
    elif kind == "channel" or (kind == "group" and not (mentions_us or replies_to_us)):
        return None
    else:
        text = _mention_of(me.username).sub("", text).strip() if mentions_us else text
    other = _text_replied_to(message, replies_to_us) or (None if message.external_reply is None else "")
    doubted = (replied.words, tuple(map(_token, _data_of(replied)))) if replied and replies_to_us else None
    return question_in(Heard(text, is_forwarded, other, mentions_us, is_wordless, doubted))


def _token(data: str) -> str:
    return channel_in(data.removeprefix(NEW_MESSAGE))[1]


@cache
def _mention_of(username: str) -> re.Pattern[str]:
    return re.compile(rf"@{re.escape(username)}\b", re.IGNORECASE)


def _asked_by_reply(replied: RepliedMessage | None, text: str, kind: ChatKind) -> Command | None:
    """The command in a reply to a message of ours that asked for input: the next part of a draft, or a city; None for other replies."""
    shown = (replied.text if replied else None) or ""
    is_command = _COMMAND.fullmatch(text) is not None
    if kind == "private" and (not is_command or text == CANCEL):
        draft = continued(shown, text)
        if draft is not None:
            return Command(DRAFT, draft)
    heading = shown.partition("\n")[0]
    is_about_zone = ZONE_EMOJI in heading and any(  # the emoji alone may be a topic's
        channel_in(data)[1].startswith(_ZONE) for data in _data_of(replied)
    )
    if is_about_zone and not is_command and kind != "channel":
        return Command(SETTINGS, f"zone {text}")
    return None


def channel_of(replied: RepliedMessage) -> int | None:
    """The channel that a panel is about; None if the message is not a panel about a channel."""
    return next((channel for channel, _ in map(channel_in, _data_of(replied)) if channel is not None), None)


def _data_of(message: RepliedMessage | None) -> list[str]:
    """The callback data of a message's buttons."""
    return message.reply_markup.data if message and message.reply_markup else []


def unasked_claim(message: TelegramMessage, me: Me) -> CheckText | None:
    """The text of a message that nobody asks about; None if it has no text, or a bot wrote it, or it is a command."""
    author = (message.forward_origin or {}).get("sender_user") or {}
    is_command = not message.is_forwarded and message.words.startswith("/")
    if not message.words or is_command or author.get("is_bot") or is_by_a_bot(message, me):
        return None
    return CheckText(message.words[:MAX_QUESTION_CHARACTERS].strip())


def _text_replied_to(message: TelegramMessage, replies_to_us: bool) -> str:
    """The text that the message replies to, if another person wrote it: the quoted part, or else the whole.

    Of a message in another chat Telegram gives only the quoted part (#externalreplyinfo). Without a quote the bot asks for the text.
    """
    other = None if replies_to_us else message.quote or message.reply_to_message
    return other.words[:MAX_QUESTION_CHARACTERS].strip() if other else ""


def is_by_a_bot(message: TelegramMessage, me: Me) -> bool:
    """Whether another bot wrote the message, it was sent through this bot in inline mode, or it is a channel's post in its discussion group."""
    is_bot = message.from_ is not None and message.from_.is_bot and message.sender_chat is None
    is_own = message.via_bot is not None and message.via_bot.id == me.id
    return is_bot or is_own or message.is_automatic_forward
