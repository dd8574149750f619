"""Discord's limits. PURE.

Each number names its page and section of docs.discord.com/developers. Lengths of text are compared in UTF-16 units, the strictest way in which a
client or the API counts them.
"""

import re

from bot.delivery.rate_limiter import Limits

SENDING = Limits(per_second=40, chat_seconds=1.0)
"""Discord allows a bot 50 requests a second (topics/rate-limits#global-rate-limit); answers need some of them.

The limit of a channel is not documented. The headers have shown five messages in five seconds for years.
"""

TITLE = 256
"""Characters of an embed's title (resources/message#embed-object-embed-limits)."""

DESCRIPTION = 4096
"""Characters of an embed's description (the same section)."""

FOOTER = 2048
"""Characters of an embed's footer (the same section)."""

FIELD_VALUE = 1024
"""Characters of a field's value (the same section)."""

EMBEDS_TOTAL = 6000
"""Characters of all embeds of a message together (the same section)."""

ROWS = 5
"""Action rows under a message (components/reference#legacy-message-component-behavior)."""

ROW_BUTTONS = 5
"""Buttons in an action row (components/reference#action-row)."""

BUTTON_LABEL = 80
"""Characters on a button (components/reference#button-button-structure)."""

BUTTON_URL = 512
"""Characters of the address behind a button (the same section)."""

CUSTOM_ID = 100
"""Characters of a component's custom_id, at least 1 (components/reference#anatomy-of-a-component-custom-id)."""

TOKEN = CUSTOM_ID - 22
"""Characters of a custom_id for a question's token; the others are for ``render.answer_prefix``."""

OPTIONS = 25
"""Options of a select menu (components/reference#string-select)."""

OPTION_LABEL = 100
"""Characters of an option's label (components/reference#string-select-select-option-structure)."""

MODAL_TITLE = 45
"""Characters of a modal's title (interactions/receiving-and-responding#interaction-response-object-modal)."""

MODAL_LABELS = 5
"""Labels in a modal (the same section)."""

LABEL = 45
"""Characters of a label in a modal (components/reference#label-label-structure)."""

LABEL_DESCRIPTION = 100
"""Characters of its description (the same section)."""

COMMANDS = 100
"""Global slash commands of an application (interactions/application-commands#registering-a-command)."""

COMMAND_NAME = re.compile(r"[-_'\w\u0900-\u0950\u0955-\u0963\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]{1,32}")
"""The name of a slash command or an option, in lower case (interactions/application-commands#application-command-naming).

Letters and digits, and the vowel and tone signs of Devanagari and Thai.
"""

COMMAND_DESCRIPTION = 100
"""Characters of the description of a command or an option, at least 1 (…#application-command-structure)."""

CHOICES = 25
"""Choices of an option, also those suggested while somebody types (…#application-command-option-structure)."""

CHOICE_NAME = 100
"""Characters of a choice's name (…#application-command-option-choice-structure)."""

FILE_DESCRIPTION = 1024
"""Characters of a file's alt text (resources/message#attachment-object)."""

HTTP_ANSWER_BYTES = 150_000
"""Bytes of the HTTP response to an interaction; a larger one fails (github.com/discord/discord-api-docs/issues/5250)."""

ANSWER_SECONDS = 3.0
"""An interaction must be answered within this time (interactions/receiving-and-responding#interaction-callback)."""

LOCALES = frozenset({"en-GB", "en-US", "es-419", "es-ES", "pt-BR", "sv-SE", "zh-CN", "zh-TW"}).union(
    {"bg", "cs", "da", "de", "el", "fi", "fr", "hi", "hr", "hu", "id", "it"},
    {"ja", "ko", "lt", "nl", "no", "pl", "ro", "ru", "th", "tr", "uk", "vi"},
)
"""The languages that commands can be localised to (reference#locales)."""
