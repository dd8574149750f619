"""Checks of a reply and of a dossier against Telegram's limits. PURE."""

from collections.abc import Iterator

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.models import Dossier, file_of
from bot.platforms.base import too_high, too_long, utf16_length
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
from bot.platforms.telegram.profile import full_description, full_short_description
from bot.platforms.telegram.render import keyboard, plain_text, text_of
from bot.replies.question import token
from bot.replies.reply import Reply, ReplyProblem


def check_reply(reply: Reply) -> Iterator[ReplyProblem]:
    """The parts of a reply that Telegram would refuse, or :func:`bot.platforms.telegram.render.render` would cut."""
    text = text_of(reply)
    entities = sum(len(piece.styles) for piece in text)
    if (size := utf16_length(plain_text(text))) > MESSAGE_UNITS:
        yield ReplyProblem(**too_long("", size, MESSAGE_UNITS, "Telegram"))
    for count, limit, what in ((entities, ENTITIES, "styled runs"), (len(reply.buttons), BUTTONS, "buttons")):
        if count > limit:
            yield ReplyProblem(f"{count} {what} on Telegram", f"expected at most {limit}")
    yield from too_high(plain_text(text), len(keyboard(reply.buttons)), "Telegram")
    for button in reply.buttons:
        if not button.label.strip():
            yield ReplyProblem("a button without words on Telegram", "expected a title", label_of=button.question)
        if button.question is not None and not 1 <= len(token(button.question).encode()) <= CALLBACK_BYTES:
            message = f"button {button.label!r} asks too long a question for Telegram"
            yield ReplyProblem(message, f"expected {CALLBACK_BYTES} bytes")


def check_commands(dossier: Dossier) -> Iterator[Diagnostic]:
    """Commands and descriptions that Telegram would refuse or that would be cut."""
    for language in dossier.languages:
        title = ("title", full_short_description(dossier, language), SHORT_DESCRIPTION)
        summary = ("summary", full_description(dossier, language), DESCRIPTION)
        for key, text, limit in (title, summary):
            if (size := utf16_length(text)) > limit:
                message, fix = f"{size} characters of {key} on Telegram", f"expected at most {limit}, or it is cut"
                yield Diagnostic("dossier.yaml", (key, language), message, fix, severity="warning")
    for topic in dossier.topics.values():
        if not COMMAND.fullmatch(topic.command_word):
            message = f"command {topic.command_word!r} on Telegram"
            yield Diagnostic(file_of(topic), ("command",), message, "expected 1–32 of a–z, 0–9 and _")
        for language, summary_text in topic.summary.items():
            if (size := utf16_length(summary_text)) > COMMAND_DESCRIPTION:
                said = too_long("summary", size, COMMAND_DESCRIPTION, "Telegram")
                yield Diagnostic(file_of(topic), ("summary", language), **said)
