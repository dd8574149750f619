"""Telegram's limits. PURE.

A ``#`` names a section of core.telegram.org/bots/api; limits.tginfo.me has what is not documented there.
"""

import re

from bot.delivery.rate_limiter import Limits

MESSAGE_UNITS = 4096
"""UTF-16 units of a message's text after its entities are parsed (#sendmessage)."""

CAPTION_UNITS = 1024
"""The same for the caption of a photo (#sendphoto)."""

ENTITIES = 100
"""Entities of one message; further ones are not shown (limits.tginfo.me)."""

CALLBACK_BYTES = 64
"""Bytes of a button's callback_data, at least 1 (#inlinekeyboardbutton)."""

BUTTONS = 100
"""Buttons under one message (limits.tginfo.me)."""

ALERT_UNITS = 200
"""Characters of the alert that answers a callback query (#answercallbackquery)."""

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
"""A command in the menu (#botcommand)."""

COMMANDS = 100
"""Commands in one menu (#setmycommands)."""

COMMAND_DESCRIPTION = 256
"""Characters of a command's description, at least 1 (#botcommand)."""

LANGUAGE = re.compile(r"[a-z]{2}")
"""A language that has a menu and descriptions of its own (#setmycommands)."""

DESCRIPTION = 512
"""Characters of what an empty chat with the bot shows (#setmydescription)."""

SHORT_DESCRIPTION = 120
"""Characters of what the bot's profile shows (#setmyshortdescription)."""

INLINE_PLACEHOLDER = 64
"""Characters of what the input field shows behind the bot's name. No limit is documented (#setmysettings); a phone shows fewer."""

DEEP_LINK = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""The parameter behind ``/start`` (core.telegram.org/bots/features#deep-linking)."""


def sending(messages_per_second: float) -> Limits:
    """One message a second in a chat, 20 a minute in a group (core.telegram.org/bots/faq#my-bot-is-hitting-limits)."""
    return Limits(messages_per_second, chat_seconds=1.01, group_messages=20, group_seconds=60.0)
