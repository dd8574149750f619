"""All commands of the bot itself, each once. What menus, rights, dispatch, help and reserved words know of commands they read here. PURE.

A dossier's commands are those of its topics; they are not here.
"""

from dataclasses import dataclass
from typing import Literal

ASK, CHECK, PROGRAM, START, CANCEL = "ask", "check", "program", "start", "cancel"
LANGUAGE, PRIVACY = "language", "privacy"
SUBSCRIBE, UNSUBSCRIBE, SETTINGS, WHY = "subscribe", "unsubscribe", "settings", "why"
WIRE, DESK, DRAFT, STATUS = "wire", "desk", "draft", "status"

TELL_ME, WORDLESS = "tell-me", "no-words"
"""The buttons that make a question awaited or forget it, and a message without words. Nobody types them, and no topic can take them, because a
topic's command has no hyphen."""

Who = Literal["everyone", "admin", "editor", "owner"]

AnsweredBy = Literal["dossier", "subscription", "language", "privacy", "tell me", "wire", "desk", "status"]
"""The part of :mod:`bot.conversation` that answers a command. All but the dossier need the database."""

Argument = Literal["question", "claim", "programme", "language"]


@dataclass(frozen=True, slots=True)
class OwnCommand:
    """A command of the bot itself.

    Attributes:
        name: what is typed after the slash.
        summary: what menus and ``/help`` say of it, in English.
        who: who may give it. Menus show it to them alone; admins are those of the chat.
        changes: who may give it with an argument; None: the same people.
        answered_by: what answers it.
        argument: what Discord asks for behind it; None: nothing.
        also: what people type for it in other languages. On Discord its name in a language is the catalogue's word for ``/name``.
        is_listed: whether menus and ``/help`` have it.
        is_reserved: whether no topic may take its name. Where not, because the command is newer than some dossiers, the topic goes first.
        needs_our_name: whether in a group it is ours only with the bot's name behind it, since other bots have it, too.
    """

    name: str
    summary: str = ""
    who: Who = "everyone"
    answered_by: AnsweredBy = "dossier"
    changes: Who | None = None
    argument: Argument | None = None
    also: frozenset[str] = frozenset()
    is_listed: bool = True
    is_reserved: bool = True
    needs_our_name: bool = False

    @property
    def is_for_readers(self) -> bool:
        """Whether readers or their admins may give it; False: only editors or owners."""
        return self.who in ("everyone", "admin")

    @property
    def is_about_chat(self) -> bool:
        """Whether it shows or changes what is stored about the chat, so that the bot must be a member of it."""
        return self.answered_by in ("subscription", "language", "privacy", "wire")


COMMANDS = (
    OwnCommand(ASK, "Ask in your own words", argument="question"),
    OwnCommand(
        CHECK,
        "Check what you heard",
        argument="claim",
        also=frozenset({"cek", "periksa", "проверить", "проверка", "proverit"}),
        is_reserved=False,
    ),
    OwnCommand(PROGRAM, "One of the programmes", argument="programme", is_listed=False),
    OwnCommand(START, is_listed=False),
    OwnCommand(CANCEL, is_listed=False, needs_our_name=True),
    OwnCommand(WORDLESS, is_listed=False),
    OwnCommand(SUBSCRIBE, "Get bulletins in this chat", "admin", "subscription"),
    OwnCommand(UNSUBSCRIBE, "Stop bulletins in this chat", "admin", "subscription"),
    OwnCommand(SETTINGS, "Language, topics, times, quiet hours", "admin", "subscription"),
    OwnCommand(LANGUAGE, "Choose the language", "everyone", "language", changes="admin", argument="language"),
    OwnCommand(WHY, "What was sent here", "admin", "subscription"),
    OwnCommand(PRIVACY, "What is stored about this chat", "everyone", "privacy", changes="admin", is_reserved=False),
    OwnCommand(TELL_ME, answered_by="tell me", is_listed=False),
    OwnCommand(WIRE, "News that waits for an editor", "editor", "wire"),
    OwnCommand(DESK, "Write bulletins in the browser", "editor", "desk", is_reserved=False, needs_our_name=True),
    OwnCommand(DRAFT, "Begin a bulletin", "editor", "desk", is_reserved=False, needs_our_name=True),
    OwnCommand(STATUS, "How Nota is doing", "owner", "status", needs_our_name=True),
)
"""In the order of the menus."""

OWN = {name: command for command in COMMANDS for name in (command.name, *command.also)}
"""Every name → its command."""

RESERVED = frozenset(command.name for command in COMMANDS if command.is_reserved)
"""No topic may take one of them."""

CHECK_NAMES = frozenset({CHECK, *OWN[CHECK].also})
