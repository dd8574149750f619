"""What of a reply or a dossier Discord would refuse. PURE."""

from collections.abc import Iterator
from typing import Literal

from bot.dossier.diagnostics import Diagnostic
from bot.dossier.models import Dossier, file_of
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
    units,
)
from bot.platforms.discord.render import BETWEEN, all_rows, description, links_of, parts_of, seen, title_of
from bot.replies.listings import topic_entries
from bot.replies.question import token
from bot.replies.reply import Button, Reply, ReplyProblem

_WORDS = {"title": "title", "body": "text", "sources": "sources"}
"""What the parts of an entry are called in a reply."""


def check_reply(reply: Reply) -> Iterator[ReplyProblem]:
    """What Discord would not take of a reply, or we would have to cut."""
    sizes: dict[Literal["title", "body", "sources"], tuple[int, int]] = {
        "title": (units(title_of(reply)), TITLE),
        "body": (units(description(parts_of(reply))), DESCRIPTION),
        "sources": (units(BETWEEN.join(links_of(reply))), FIELD_VALUE),
    }
    for part, (size, limit) in sizes.items():
        if size > limit:
            yield ReplyProblem(f"{size} characters of {_WORDS[part]} on Discord", f"expected at most {limit}", part)
    total = sum(size for size, _ in sizes.values()) + units(reply.as_of_label)
    if total > EMBEDS_TOTAL:
        yield ReplyProblem(f"{total} characters in all on Discord", f"expected at most {EMBEDS_TOTAL}")
    yield from _check_buttons(reply)


def _check_buttons(reply: Reply) -> Iterator[ReplyProblem]:
    rows = len(all_rows(reply.buttons, reply.language))
    if rows > ROWS:
        yield ReplyProblem(f"{rows} rows of buttons on Discord", f"expected at most {ROWS} of {ROW_BUTTONS}")
    in_menu = sum(button.choice for button in reply.buttons) > ROW_BUTTONS
    for button in reply.buttons:
        if button.choice and in_menu:
            yield from _of_button(button, button.label, OPTION_LABEL)
        else:
            yield from _of_button(button, button.short or button.label, BUTTON_LABEL)


def _of_button(button: Button, written: str, limit: int) -> Iterator[ReplyProblem]:
    label, asked = seen(written), button.question
    if not label.strip():
        yield ReplyProblem("a button without words on Discord", "expected a title", label_of=asked)
    if units(label) > limit:
        message = f"button {label[:20]!r}… of {units(label)} characters on Discord"
        yield ReplyProblem(message, f"expected at most {limit}", label_of=asked)
    if asked is not None and units(token(asked)) > TOKEN:
        yield ReplyProblem(f"button {label!r} asks too long a question for Discord", f"expected {TOKEN} characters")
    if button.url and units(button.url) > BUTTON_URL:
        yield ReplyProblem(
            f"the address behind button {label!r} on Discord", f"expected at most {BUTTON_URL} characters"
        )


def check_commands(dossier: Dossier) -> Iterator[Diagnostic]:
    """Commands that Discord has no room for, and descriptions that it would not take."""
    if missing := left_out(dossier):
        message = f"Discord's {COMMANDS} commands leave no room for {len(missing)} topics, the first of them {missing[0].id!r}"
        yield Diagnostic(
            "dossier.yaml", (), message, "expected fewer, or readers to find those by /ask", severity="warning"
        )
    for language in dossier.languages:
        for entry in topic_entries(dossier, language, programs=False):
            size = units(entry.summary)
            if entry.topic and size > COMMAND_DESCRIPTION:
                place, message = ("summary", language), f"{size} characters of summary on Discord"
                path = file_of(dossier.topics[entry.topic])
                yield Diagnostic(path, place, message, f"expected at most {COMMAND_DESCRIPTION}")
