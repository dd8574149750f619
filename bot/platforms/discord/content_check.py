"""Checks of a reply and of a dossier against Discord's limits. PURE."""

import re
from collections.abc import Iterator
from typing import Literal

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.models import Dossier, file_of
from bot.platforms.base import too_high, too_long, utf16_length, visible
from bot.platforms.discord import limits
from bot.platforms.discord.commands import left_out
from bot.platforms.discord.render import (
    SOURCE_FIELDS,
    action_rows,
    description,
    paragraphs,
    source_fields,
    title,
    unlinked,
)
from bot.replies.listings import topic_entries
from bot.replies.question import token
from bot.replies.reply import Button, Reply, ReplyProblem

_NAMES = {"title": "title", "body": "text", "sources": "sources"}
"""Part of a reply → its name in a message."""


_MARKS = re.compile(r"\\(?=\W)|\*\*|^-# ", re.MULTILINE)


def check_reply(reply: Reply) -> Iterator[ReplyProblem]:
    """The parts of a reply that Discord would refuse, or :func:`bot.platforms.discord.render.render` would cut."""
    sizes: dict[Literal["title", "body", "sources"], tuple[int, int]] = {
        "title": (utf16_length(title(reply)), limits.TITLE),
        "body": (utf16_length(description(paragraphs(reply))), limits.DESCRIPTION),
        "sources": (sum(map(utf16_length, source_fields(reply))), SOURCE_FIELDS * limits.FIELD_VALUE),
    }
    for part, (size, limit) in sizes.items():
        if size > limit:
            yield ReplyProblem(part=part, **too_long(_NAMES[part], size, limit, "Discord"))
    total = sum(size for size, _ in sizes.values()) + utf16_length(reply.as_of_label)
    if total > limits.EMBEDS_TOTAL:
        yield ReplyProblem(f"{total} characters in all on Discord", f"expected at most {limits.EMBEDS_TOTAL}")
    rows = len(action_rows(reply.buttons, reply.language))
    yield from too_high(visible_text(reply), rows, "Discord")
    if rows > limits.ROWS:
        fix = f"expected at most {limits.ROWS} of {limits.ROW_BUTTONS}"
        yield ReplyProblem(f"{rows} rows of buttons on Discord", fix)
    has_menu = sum(button.choice for button in reply.buttons) > limits.ROW_BUTTONS
    for button in reply.buttons:
        text, limit = button.short or button.label, limits.BUTTON_LABEL
        if button.choice and has_menu:
            text, limit = button.label, limits.OPTION_LABEL
        yield from _check_button(button, text, limit)


def visible_text(reply: Reply) -> str:
    """The visible text of an embed, without addresses and marks."""
    parts = ["\n".join((title(reply), description(paragraphs(reply)))), *source_fields(reply), reply.as_of_label]
    return _MARKS.sub("", unlinked("\n\n".join(filter(None, parts))))


def _check_button(button: Button, text: str, limit: int) -> Iterator[ReplyProblem]:
    label, question = visible(text), button.question
    if not label.strip():
        yield ReplyProblem("a button without words on Discord", "expected a title", label_of=question)
    if utf16_length(label) > limit:
        message = f"button {label[:20]!r}… of {utf16_length(label)} characters on Discord"
        yield ReplyProblem(message, f"expected at most {limit}", label_of=question)
    if question is not None and utf16_length(token(question)) > limits.TOKEN:
        message = f"button {label!r} asks too long a question for Discord"
        yield ReplyProblem(message, f"expected {limits.TOKEN} characters")
    if button.url and utf16_length(button.url) > limits.BUTTON_URL:
        fix = f"expected at most {limits.BUTTON_URL} characters"
        yield ReplyProblem(f"the address behind button {label!r} on Discord", fix)


def check_commands(dossier: Dossier) -> Iterator[Diagnostic]:
    """Topics that get no command, and descriptions that Discord would refuse."""
    if topics := left_out(dossier):
        message = (
            f"Discord's {limits.COMMANDS} commands leave no room for {len(topics)} topics, "
            f"the first of them {topics[0].id!r}"
        )
        fix = "expected fewer, or readers to find those by /ask"
        yield Diagnostic("dossier.yaml", (), message, fix, severity="warning")
    for language in dossier.languages:
        for entry in topic_entries(dossier, language, programs=False):
            size = utf16_length(entry.summary)
            if entry.topic and size > limits.COMMAND_DESCRIPTION:
                said = too_long("summary", size, limits.COMMAND_DESCRIPTION, "Discord")
                yield Diagnostic(file_of(dossier.topics[entry.topic]), ("summary", language), **said)
