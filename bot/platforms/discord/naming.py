"""What commands and their options are called in each language. PURE."""

from collections.abc import Callable, Mapping

from bot.answers.phrases import phrases
from bot.dossier.model import Language

QUESTION, PROGRAM, LANGUAGE, PRIVATE = "question", "programme", "language", "private"
"""The options' names, as an interaction gives them whatever the language."""

Say = Callable[[Language], str]

ONE_PROGRAM: Say = lambda tongue: phrases(tongue).say("One of the programmes")  # noqa: E731

COMMANDS: Mapping[str, Say] = {
    "ask": lambda tongue: phrases(tongue).say("/ask"),
    "program": lambda tongue: phrases(tongue).say("/program"),
    "subscribe": lambda tongue: phrases(tongue).say("/subscribe"),
    "unsubscribe": lambda tongue: phrases(tongue).say("/unsubscribe"),
    "settings": lambda tongue: phrases(tongue).say("/settings"),
    "language": lambda tongue: phrases(tongue).say("/language"),
    "why": lambda tongue: phrases(tongue).say("/why"),
}
"""The bot's own commands by their names in each language."""

OPTIONS: Mapping[str, tuple[Say, Say]] = {
    QUESTION: (
        lambda tongue: phrases(tongue).say("question"),
        lambda tongue: phrases(tongue).say("What you would like to know"),
    ),
    PROGRAM: (
        lambda tongue: phrases(tongue).say("programme"),
        lambda tongue: phrases(tongue).say("Which of the programmes"),
    ),
    LANGUAGE: (
        lambda tongue: phrases(tongue).say("language"),
        lambda tongue: phrases(tongue).say("The language of bulletins here"),
    ),
    PRIVATE: (
        lambda tongue: phrases(tongue).say("private"),
        lambda tongue: phrases(tongue).say("Show the answer to me alone"),
    ),
}
"""The options: their names and what they are for."""
