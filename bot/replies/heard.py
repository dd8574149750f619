"""What was heard in a chat → the question in it, the same on every platform. PURE."""

from typing import NamedTuple

from bot.commands import CHECK, CHECK_NAMES, WORDLESS
from bot.replies.claims import asks_of_another, doubt_in
from bot.replies.question import HELP, AboutTopic, CheckText, Command, Doubt, Question, parse_question


class Heard(NamedTuple):
    """A message that a person wrote to the bot.

    Attributes:
        text: its words, without mentions of the bot; "": it has none.
        is_forwarded: whether somebody else's words were passed on, which are never a command.
        doubted: the text and the tokens of a message of ours that it replies to; None: it replies to none.
        replied_to: the text of another person's message that it replies to; "" if the platform does not give it; None: it replies to none.
        mentions_us: whether it has the bot's name.
        is_wordless: whether it has other content, such as a sticker, in a private chat.
    """

    text: str
    is_forwarded: bool = False
    replied_to: str | None = None
    mentions_us: bool = False
    is_wordless: bool = False
    doubted: tuple[str, tuple[str, ...]] | None = None


def question_in(heard: Heard) -> Question | None:
    """The question; None if nothing is asked.

    The bot's name alone asks for help or, in a reply to a message, whether that message is true.
    """
    text, other = heard.text, heard.replied_to
    if heard.doubted is not None and not heard.is_forwarded and (kind := doubt_in(text) if text else "doubt"):
        return Doubt(*heard.doubted, says_wrong=kind == "wrong")
    if heard.is_forwarded:
        return CheckText(text) if text else None
    if text.startswith("/"):
        question = parse_question(text)
        if isinstance(question, Command) and question.name in CHECK_NAMES and not question.argument:
            return Command(question.name, other or "")
        return question
    if other is not None and asks_of_another(text):
        return CheckText(other) if other else Command(CHECK)
    if text:
        return parse_question(text)
    if heard.is_wordless:
        return Command(WORDLESS)
    return AboutTopic(HELP) if heard.mentions_us else None
