"""What of a reply or a dossier Discord would refuse. PURE."""

from collections.abc import Iterator
from typing import Literal

from bot.dossier.diagnostics import Fault
from bot.dossier.models import Dossier
from bot.dossier.validators import file_of
from bot.platforms.base import utf16_length, visible
from bot.platforms.discord.commands import left_out
from bot.platforms.discord.limits import (
    BUTTON_LABEL,
    BUTTON_URL,
    COMMAND_DESCRIPTION,
    COMMANDS,
    DESCRIPTION,
    EMBEDS_TOTAL,
    FIELD_VALUE,
    OPTION_LABEL,
    ROW_BUTTONS,
    ROWS,
    TITLE,
    TOKEN,
)
from bot.platforms.discord.render import BETWEEN, all_rows, description, links_of, parts_of, title_of
from bot.replies.listings import topic_entries
from bot.replies.question import token
from bot.replies.reply import Button, Reply, ReplyFault

_WORDS = {"title": "title", "body": "text", "sources": "sources"}
"""What the parts of an entry are called in a reply."""


def reply_faults(reply: Reply) -> Iterator[ReplyFault]:
    """What Discord would not take of a reply, or we would have to cut."""
    sizes: dict[Literal["title", "body", "sources"], tuple[int, int]] = {
        "title": (utf16_length(title_of(reply)), TITLE),
        "body": (utf16_length(description(parts_of(reply))), DESCRIPTION),
        "sources": (utf16_length(BETWEEN.join(links_of(reply))), FIELD_VALUE),
    }
    for part, (size, limit) in sizes.items():
        if size > limit:
            yield ReplyFault(f"{size} characters of {_WORDS[part]} on Discord", f"expected at most {limit}", part)
    total = sum(size for size, _ in sizes.values()) + utf16_length(reply.as_of_label)
    if total > EMBEDS_TOTAL:
        yield ReplyFault(f"{total} characters in all on Discord", f"expected at most {EMBEDS_TOTAL}")
    yield from _button_faults(reply)


def _button_faults(reply: Reply) -> Iterator[ReplyFault]:
    rows = len(all_rows(reply.buttons, reply.language))
    if rows > ROWS:
        yield ReplyFault(f"{rows} rows of buttons on Discord", f"expected at most {ROWS} of {ROW_BUTTONS}")
    in_menu = sum(button.choice for button in reply.buttons) > ROW_BUTTONS
    for button in reply.buttons:
        if button.choice and in_menu:
            yield from _of_button(button, button.label, OPTION_LABEL)
        else:
            yield from _of_button(button, button.short or button.label, BUTTON_LABEL)


def _of_button(button: Button, written: str, limit: int) -> Iterator[ReplyFault]:
    label, asked = visible(written), button.question
    if not label.strip():
        yield ReplyFault("a button without words on Discord", "expected a title", label_of=asked)
    if utf16_length(label) > limit:
        problem = f"button {label[:20]!r}… of {utf16_length(label)} characters on Discord"
        yield ReplyFault(problem, f"expected at most {limit}", label_of=asked)
    if asked is not None and utf16_length(token(asked)) > TOKEN:
        yield ReplyFault(f"button {label!r} asks too long a question for Discord", f"expected {TOKEN} characters")
    if button.url and utf16_length(button.url) > BUTTON_URL:
        yield ReplyFault(f"the address behind button {label!r} on Discord", f"expected at most {BUTTON_URL} characters")


def command_faults(dossier: Dossier) -> Iterator[Fault]:
    """Commands that Discord has no room for, and descriptions that it would not take."""
    if missing := left_out(dossier):
        problem = f"Discord's {COMMANDS} commands leave no room for {len(missing)} topics, the first of them {missing[0].id!r}"
        yield Fault("dossier.yaml", (), problem, "expected fewer, or readers to find those by /ask", warning=True)
    for language in dossier.languages:
        for entry in topic_entries(dossier, language, programs=False):
            size = utf16_length(entry.summary)
            if entry.topic and size > COMMAND_DESCRIPTION:
                place, problem = ("summary", language), f"{size} characters of summary on Discord"
                path = file_of(dossier.topics[entry.topic])
                yield Fault(path, place, problem, f"expected at most {COMMAND_DESCRIPTION}")
