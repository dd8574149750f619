"""Why a question in somebody's own words was answered as it was, for editors and for whoever tunes the matching."""

from collections.abc import Iterator
from typing import Any

from bot.answers.deciding import Verdict, decide
from bot.answers.question import Command, Words, read
from bot.answers.reading.token import Token
from bot.answers.understanding import understanding
from bot.dossier.model import Dossier

_SHOWN = 5
_MARKS = {"light": "·", "aside": "·", "known": "", "town": "⌂", "elsewhere": "≠", "unknown": "?"}
_KEY = "· carries no subject, ⌂ a town, ≠ of other subjects, ? unknown, (…) sense shared with other words"


def verdict_on(dossier: Dossier, question: str, language: str | None) -> Verdict | None:
    """How the words were understood; None where the question is a command."""
    asked = read(question)
    match asked:
        case Words(text) | Command(name="ask", argument=text) if text:
            return decide(understanding(dossier), text, dossier.language(language))
        case _:
            return None


def explanation(verdict: Verdict) -> Iterator[str]:
    """A few lines for a terminal."""
    yield f"read as {verdict.language}: {' '.join(map(_word, verdict.reading.tokens)) or '(no words)'}   ({_KEY})"
    yield f"decided: {verdict.kind} {' '.join(verdict.topics)}{verdict.talk}"
    for each in verdict.candidates[:_SHOWN]:
        against = f", against it ×{each.factor:.2f}" if each.factor < 1 else ""
        yield (
            f"  {each.score:5.2f}  {each.topic}: explains {each.explained:.0%} of it, "
            f"{each.alike:.0%} like “{each.example}”{against}"
        )


def as_fields(verdict: Verdict) -> dict[str, Any]:
    """The same for ``--json``."""
    return {
        "kind": verdict.kind,
        "words": [
            {
                "typed": each.typed,
                "word": each.word,
                "language": each.language,
                "kind": each.kind,
                "sure": each.sureness,
                "senses": [sense.removeprefix("=") for sense in each.senses],
            }
            for each in verdict.reading.tokens
        ],
        "candidates": [
            {
                "topic": each.topic,
                "score": round(each.score, 3),
                "explained": round(each.explained, 3),
                "alike": round(each.alike, 3),
                "factor": round(each.factor, 3),
                "example": each.example,
            }
            for each in verdict.candidates[:_SHOWN]
        ],
    }


def _word(token: Token) -> str:
    taken = token.word if token.word == token.typed else f"{token.typed}→{token.word}"
    return f"{taken}{_MARKS[token.kind]}{_shared(token)}"


def _shared(token: Token) -> str:
    senses = [sense.removeprefix("=") for sense in token.senses] if token.kind == "known" else []
    return f"({', '.join(senses)})" if senses else ""
