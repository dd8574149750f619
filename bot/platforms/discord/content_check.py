"""What of a reply or a dossier Discord would refuse. PURE."""

from collections.abc import Iterator
from typing import Literal

from bot.dossier.diagnostics import Fault
from bot.dossier.models import Dossier
from bot.dossier.validators import file_of
from bot.platforms.discord import limits
from bot.platforms.discord.commands import left_out
from bot.platforms.discord.limits import units
from bot.platforms.discord.render import (
    SEPARATOR,
    action_rows,
    description,
    paragraphs,
    source_links,
    title,
    visible,
)
from bot.replies.listings import topic_entries
from bot.replies.question import token
from bot.replies.reply import Button, Reply, ReplyFault

_NAMES = {"title": "title", "body": "text", "sources": "sources"}
"""Key of an entry → what it is called in a message."""


def reply_faults(reply: Reply) -> Iterator[ReplyFault]:
    """What Discord would refuse of a reply, or :func:`bot.platforms.discord.render.render` would cut."""
    sizes: dict[Literal["title", "body", "sources"], tuple[int, int]] = {
        "title": (units(title(reply)), limits.TITLE),
        "body": (units(description(paragraphs(reply))), limits.DESCRIPTION),
        "sources": (units(SEPARATOR.join(source_links(reply))), limits.FIELD_VALUE),
    }
    for part, (size, limit) in sizes.items():
        if size > limit:
            yield ReplyFault(f"{size} characters of {_NAMES[part]} on Discord", f"expected at most {limit}", part)
    total = sum(size for size, _ in sizes.values()) + units(reply.as_of_label)
    if total > limits.EMBEDS_TOTAL:
        yield ReplyFault(f"{total} characters in all on Discord", f"expected at most {limits.EMBEDS_TOTAL}")
    yield from _button_faults(reply)


def _button_faults(reply: Reply) -> Iterator[ReplyFault]:
    rows = len(action_rows(reply.buttons, reply.language))
    if rows > limits.ROWS:
        yield ReplyFault(
            f"{rows} rows of buttons on Discord", f"expected at most {limits.ROWS} of {limits.ROW_BUTTONS}"
        )
    has_menu = sum(button.choice for button in reply.buttons) > limits.ROW_BUTTONS
    for button in reply.buttons:
        if button.choice and has_menu:
            yield from _of_button(button, button.label, limits.OPTION_LABEL)
        else:
            yield from _of_button(button, button.short or button.label, limits.BUTTON_LABEL)


def _of_button(button: Button, text: str, limit: int) -> Iterator[ReplyFault]:
    label, question = visible(text), button.question
    if not label.strip():
        yield ReplyFault("a button without words on Discord", "expected a title", label_of=question)
    if units(label) > limit:
        problem = f"button {label[:20]!r}… of {units(label)} characters on Discord"
        yield ReplyFault(problem, f"expected at most {limit}", label_of=question)
    if question is not None and units(token(question)) > limits.TOKEN:
        problem = f"button {label!r} asks too long a question for Discord"
        yield ReplyFault(problem, f"expected {limits.TOKEN} characters")
    if button.url and units(button.url) > limits.BUTTON_URL:
        expected = f"expected at most {limits.BUTTON_URL} characters"
        yield ReplyFault(f"the address behind button {label!r} on Discord", expected)


def command_faults(dossier: Dossier) -> Iterator[Fault]:
    """Topics for which Discord has no command left, and descriptions that it would refuse."""
    if topics := left_out(dossier):
        problem = (
            f"Discord's {limits.COMMANDS} commands leave no room for {len(topics)} topics, "
            f"the first of them {topics[0].id!r}"
        )
        yield Fault("dossier.yaml", (), problem, "expected fewer, or readers to find those by /ask", warning=True)
    for language in dossier.languages:
        for entry in topic_entries(dossier, language, programs=False):
            size = units(entry.summary)
            if entry.topic and size > limits.COMMAND_DESCRIPTION:
                place, problem = ("summary", language), f"{size} characters of summary on Discord"
                path = file_of(dossier.topics[entry.topic])
                yield Fault(path, place, problem, f"expected at most {limits.COMMAND_DESCRIPTION}")
