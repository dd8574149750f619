"""What of a reply or a dossier Telegram would refuse. PURE."""

from collections.abc import Iterator

from bot.dossier.diagnostics import Fault
from bot.dossier.models import Dossier
from bot.dossier.validators import file_of
from bot.platforms.telegram.commands import long_words, short_words
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
from bot.platforms.telegram.render import length, text_of, units
from bot.replies.question import token
from bot.replies.reply import Button, Reply, ReplyFault


def reply_faults(reply: Reply) -> Iterator[ReplyFault]:
    """What Telegram would not take of a reply."""
    text = text_of(reply)
    size = length(text)
    if size > MESSAGE_UNITS:
        yield ReplyFault(f"{size} characters on Telegram", f"expected at most {MESSAGE_UNITS}")
    entities = sum(len(run.styles) for run in text)
    if entities > ENTITIES:
        yield ReplyFault(f"{entities} styled runs on Telegram", f"expected at most {ENTITIES}")
    if len(reply.buttons) > BUTTONS:
        yield ReplyFault(f"{len(reply.buttons)} buttons on Telegram", f"expected at most {BUTTONS}")
    for button in reply.buttons:
        yield from _button_faults(button)


def _button_faults(button: Button) -> Iterator[ReplyFault]:
    if not button.label.strip():
        yield ReplyFault("a button without words on Telegram", "expected a title", label_of=button.question)
    if button.question is not None and not 1 <= len(token(button.question).encode()) <= CALLBACK_BYTES:
        problem = f"button {button.label!r} asks too long a question for Telegram"
        yield ReplyFault(problem, f"expected {CALLBACK_BYTES} bytes")


def command_faults(dossier: Dossier) -> Iterator[Fault]:
    """Commands and descriptions that Telegram's menu would not take, and those of the bot that would be cut."""
    yield from _description_faults(dossier)
    for topic in dossier.topics.values():
        if not COMMAND.fullmatch(topic.command_word):
            problem = f"command {topic.command_word!r} on Telegram"
            yield Fault(file_of(topic), ("command",), problem, "expected 1–32 of a–z, 0–9 and _")
        for language, summary in topic.summary.items():
            if len(summary) > COMMAND_DESCRIPTION:
                problem = f"{len(summary)} characters of summary on Telegram"
                expected = f"expected at most {COMMAND_DESCRIPTION}"
                yield Fault(file_of(topic), ("summary", language), problem, expected)


def _description_faults(dossier: Dossier) -> Iterator[Fault]:
    for language in dossier.languages:
        title = ("title", short_words(dossier, language), SHORT_DESCRIPTION)
        summary = ("summary", long_words(dossier, language), DESCRIPTION)
        for key, words, limit in (title, summary):
            if (size := units(words)) > limit:
                problem, expected = f"{size} characters of {key} on Telegram", f"expected at most {limit}, or it is cut"
                yield Fault("dossier.yaml", (key, language), problem, expected, warning=True)
