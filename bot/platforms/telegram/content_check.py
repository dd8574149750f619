"""What Telegram would refuse of a reply or a dossier. PURE."""

from collections.abc import Iterator

from bot.dossier.diagnostics import Fault
from bot.dossier.models import Dossier
from bot.dossier.validators import file_of
from bot.platforms.base import utf16_length
from bot.platforms.telegram.commands import full_description, full_short_description
from bot.platforms.telegram.limits import (
    BUTTONS,
    CALLBACK_BYTES,
    COMMAND,
    COMMAND_DESCRIPTION,
    DESCRIPTION,
    ENTITIES,
    MESSAGE_UNITS,
    SHORT_DESCRIPTION,
)
from bot.platforms.telegram.render import plain_text, text_of
from bot.replies.question import token
from bot.replies.reply import Reply, ReplyFault


def reply_faults(reply: Reply) -> Iterator[ReplyFault]:
    text = text_of(reply)
    entities = sum(len(piece.styles) for piece in text)
    for count, limit, what in (
        (utf16_length(plain_text(text)), MESSAGE_UNITS, "characters"),
        (entities, ENTITIES, "styled runs"),
        (len(reply.buttons), BUTTONS, "buttons"),
    ):
        if count > limit:
            yield ReplyFault(f"{count} {what} on Telegram", f"expected at most {limit}")
    for button in reply.buttons:
        if not button.label.strip():
            yield ReplyFault("a button without words on Telegram", "expected a title", label_of=button.question)
        if button.question is not None and not 1 <= len(token(button.question).encode()) <= CALLBACK_BYTES:
            problem = f"button {button.label!r} asks too long a question for Telegram"
            yield ReplyFault(problem, f"expected {CALLBACK_BYTES} bytes")


def command_faults(dossier: Dossier) -> Iterator[Fault]:
    """Commands and descriptions that Telegram would refuse or that would be cut."""
    for language in dossier.languages:
        title = ("title", full_short_description(dossier, language), SHORT_DESCRIPTION)
        summary = ("summary", full_description(dossier, language), DESCRIPTION)
        for key, words, limit in (title, summary):
            if (size := utf16_length(words)) > limit:
                problem, expected = f"{size} characters of {key} on Telegram", f"expected at most {limit}, or it is cut"
                yield Fault("dossier.yaml", (key, language), problem, expected, warning=True)
    for topic in dossier.topics.values():
        if not COMMAND.fullmatch(topic.command_word):
            problem = f"command {topic.command_word!r} on Telegram"
            yield Fault(file_of(topic), ("command",), problem, "expected 1–32 of a–z, 0–9 and _")
        for language, summary_text in topic.summary.items():
            if len(summary_text) > COMMAND_DESCRIPTION:
                problem = f"{len(summary_text)} characters of summary on Telegram"
                expected = f"expected at most {COMMAND_DESCRIPTION}"
                yield Fault(file_of(topic), ("summary", language), problem, expected)
