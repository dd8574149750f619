"""The bot's own commands. Menus, rights, dispatch, help and reserved words read this table. PURE.

The commands of a dossier's topics are not in it.
"""

from dataclasses import dataclass
from typing import Literal

ASK, CHECK, PROGRAM, START, CANCEL = "ask", "check", "program", "start", "cancel"
LANGUAGE, PRIVACY = "language", "privacy"
SUBSCRIBE, UNSUBSCRIBE, SETTINGS, WHY = "subscribe", "unsubscribe", "settings", "why"
WIRE, DESK, DRAFT, STATUS = "wire", "desk", "draft", "status"

MISTAKE = "mistake"

TELL_ME, NONE_OF_THESE, WORDLESS = "tell-me", "none-of-these", "no-words"
"""The buttons that let a question wait for its answer, and say that nothing that was offered was meant; and a message without words. People do not type them, and topics cannot have them, because
a topic's command has no hyphen."""

Who = Literal["everyone", "admin", "editor", "owner"]

About = Literal["dossier", "settings", "chat", "asker", "office"]
"""What a command is about: the dossier, so that it is answered everywhere; the settings of a chat, or others of its data, which only a chat of
which the bot is a member has; the asker alone; the office. :data:`bot.conversation.HANDLERS` has the function that answers it."""

Argument = Literal["question", "claim", "programme", "language", "words"]


@dataclass(frozen=True, slots=True)
class OwnCommand:
    """A command of the bot itself.

    Attributes:
        name: the word after the slash.
        summary: its description in menus and ``/help``, in English.
        who: who may use it. Menus show it only to them; admins are those of the chat.
        changes: who may use it with an argument; None: the same people.
        about: what it is about.
        page: the page below ``/<language>/`` that does the same outside of chats; "": no page does.
        argument: the argument that Discord offers; None: it has none.
        also: its names in other languages. On Discord its name in a language is the catalogue's word for ``/name``.
        is_listed: whether menus and ``/help`` have it.
        is_reserved: whether topics may not have its name. A command that is newer than some dossiers is not reserved: the topic comes first.
        needs_our_name: whether groups need the bot's name behind it, because other bots have the same command.
    """

    name: str
    summary: str = ""
    who: Who = "everyone"
    about: About = "dossier"
    page: str = ""
    changes: Who | None = None
    argument: Argument | None = None
    also: frozenset[str] = frozenset()
    is_listed: bool = True
    is_reserved: bool = True
    needs_our_name: bool = False

    @property
    def is_for_readers(self) -> bool:
        """Whether readers or chat admins may use it; False: only editors or owners."""
        return self.who in ("everyone", "admin")

    @property
    def is_for_asker_alone(self) -> bool:
        """Whether only the asker sees its reply in a group: settings, what is stored, a report. Everybody sees that the chat subscribes."""
        return self.is_for_readers and self.about != "dossier" and self.name not in (SUBSCRIBE, UNSUBSCRIBE)


COMMANDS = (
    OwnCommand(ASK, "Ask in your own words", argument="question"),
    OwnCommand(
        CHECK,
        "Check what you heard",
        argument="claim",
        also=frozenset({"cek", "periksa", "проверить", "проверка", "proverit", "verificar", "comprobar"}),
        is_reserved=False,
    ),
    OwnCommand(PROGRAM, "One of the programmes", argument="programme", is_listed=False),
    OwnCommand(START, is_listed=False),
    OwnCommand(CANCEL, is_listed=False, needs_our_name=True),
    OwnCommand(WORDLESS, is_listed=False),
    OwnCommand(SUBSCRIBE, "Get bulletins in this chat", "admin", "settings", "subscribe"),
    OwnCommand(UNSUBSCRIBE, "Stop bulletins in this chat", "admin", "settings"),
    OwnCommand(SETTINGS, "Language, topics, times, quiet hours", "admin", "settings"),
    OwnCommand(LANGUAGE, "Choose the language", "everyone", "settings", changes="admin", argument="language"),
    OwnCommand(WHY, "What was sent here", "admin", "settings"),
    OwnCommand(PRIVACY, "What is stored about this chat", "everyone", "chat", "privacy", "admin", is_reserved=False),
    OwnCommand(
        MISTAKE,
        "Report a mistake",
        about="asker",
        page="mistake",
        argument="words",
        also=frozenset({"error", "salah", "ошибка", "oshibka"}),
        is_reserved=False,
        needs_our_name=True,
    ),
    OwnCommand(TELL_ME, about="asker", is_listed=False),
    OwnCommand(NONE_OF_THESE, about="asker", is_listed=False),
    OwnCommand(WIRE, "News that waits for an editor", "editor", "chat"),
    OwnCommand(DESK, "Write bulletins in the browser", "editor", "office", is_reserved=False, needs_our_name=True),
    OwnCommand(DRAFT, "Begin a bulletin", "editor", "office", is_reserved=False, needs_our_name=True),
    OwnCommand(STATUS, "How Nota is doing", "owner", "office", needs_our_name=True),
)
"""In the order of the menus."""

OWN = {name: command for command in COMMANDS for name in (command.name, *command.also)}
"""Every name → its command."""

RESERVED = frozenset(command.name for command in COMMANDS if command.is_reserved)
"""Names that topics may not have."""

LISTS = ("news", "sources", "help", "programs")
"""The lists that the bot makes from the dossier, which are topics of their own if the dossier has none of that id."""

CHECK_NAMES = frozenset({CHECK, *OWN[CHECK].also})
