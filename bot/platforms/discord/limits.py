"""What Discord allows. PURE.

Sources: docs.discord.com/developers, the page and section named at each number. Lengths of text are compared as UTF-16
units, the strictest way in which a client or the API counts them.
"""

import re

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


TOKEN = CUSTOM_ID - 1
"""Of which a question may take so many; the rest is for a mark before it."""


OPTIONS = 25
"""Options of a select menu (components/reference#string-select)."""


OPTION_LABEL = 100
"""Characters of an option's label (components/reference#string-select-select-option-structure)."""


COMMANDS = 100
"""Global slash commands of an application (interactions/application-commands#registering-a-command)."""


COMMAND_NAME = re.compile(r"[-_'\w\u0900-\u0950\u0955-\u0963\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]{1,32}")
"""A slash command's or an option's name, in lower case (interactions/application-commands#application-command-naming).

Letters and digits; of Hindi and Thai the signs for vowels and tones as well.
"""


COMMAND_DESCRIPTION = 100
"""Characters of a command's or an option's description, at least 1 (…#application-command-structure)."""


CHOICES = 25
"""Choices offered while somebody types (interactions/receiving-and-responding#autocomplete)."""


CHOICE_NAME = 100
"""Characters of such a choice's name (…#application-command-option-choice-structure)."""


FILE_DESCRIPTION = 1024
"""Characters of what a file shows, for those who cannot see it (resources/message#attachment-object)."""


HTTP_ANSWER_BYTES = 150_000
"""What the HTTP response to an interaction may hold: from about there on it fails (discord/discord-api-docs #5250)."""


ANSWER_SECONDS = 3.0
"""Within which an interaction must be answered (interactions/receiving-and-responding#interaction-callback)."""


REPLAY_SECONDS = 300
"""How old a signed request may be: our own rule, as Discord names none."""


BODY_BYTES = 256 * 1024
"""What we read of an interaction's request: our own rule; Discord's interactions are far below."""


LOCALES = frozenset({"en-GB", "en-US", "es-419", "es-ES", "pt-BR", "sv-SE", "zh-CN", "zh-TW"}).union(
    {"bg", "cs", "da", "de", "el", "fi", "fr", "hi", "hr", "hu", "id", "it"},
    {"ja", "ko", "lt", "nl", "no", "pl", "ro", "ru", "th", "tr", "uk", "vi"},
)
"""The languages that a command can be localised to (reference#locales)."""
