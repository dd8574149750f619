"""``nota ask``: prints the reply to a question as text, as JSON, or in the form of a platform."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from aiohttp import ClientSession

from bot.app.content_check import today
from bot.app.main import embeddings_model, vectors_folder
from bot.cli import CommandError, run_async, valid_dossier
from bot.commands import WORDLESS
from bot.dossier.models import Dossier, Language
from bot.embeddings import Embeddings, EmbeddingsFailed
from bot.live_dossier import utc_now
from bot.matching.analyzer import Token
from bot.matching.decision import Decision
from bot.matching.meanings import Likeness
from bot.platforms import PLATFORMS
from bot.platforms.json_form import as_json
from bot.platforms.plain_text import render
from bot.replies.answer import InLanguage, answer, checker_for, matcher_for
from bot.replies.question import Command, Question, free_text, public_question
from bot.replies.reply import Reply
from bot.settings import Settings

_SHOWN = 5

_QUESTION_SECONDS = 10.0
"""How long a question waits for its embedding."""

_MARKS = {"light": "·", "content": "?", "other": "≠"}

_KEY = "· carries no subject, ≠ of other subjects, ? not in the dossier, (…) sense shared with other words"


def decision_on(dossier: Dossier, text: str, language: str | None, likeness: Likeness | None = None) -> Decision:
    """The matcher's decision on a free-text question."""
    return matcher_for(dossier).decide(text, dossier.language(language), likeness)


def explanation(dossier: Dossier, decision: Decision) -> Iterator[str]:
    """The explanation of a decision in a few lines."""
    matcher = matcher_for(dossier)
    words = " ".join(_word(token, is_known=matcher.index.is_known(token)) for token in decision.reading.tokens)
    yield f"read as {decision.language}: {words or '(no words)'}   ({_KEY})"
    opened = f"not explained: {' '.join(decision.left_open)}"
    why = opened if decision.left_open else f"answered from {decision.sure:.0%}"
    nearest = f", nearest {decision.nearest}" if decision.nearest else ""
    yield f"decided: {decision.kind} {' '.join(decision.topics)}{decision.talk}{nearest}   ({why})"
    for candidate in decision.candidates[:_SHOWN]:
        name, like = matcher.index.topics[candidate.topic], f", like “{candidate.example}”" if candidate.example else ""
        yield f"  {candidate.probability:4.0%}  {name}: {_numbers(candidate.features)}{like}"
    if decision.candidates:
        none = 1 - sum(candidate.probability for candidate in decision.candidates)
        yield f"  {none:4.0%}  none of them: {_numbers(decision.none)}"


def claim_explanation(dossier: Dossier, text: str, language: Language) -> Iterator[str]:
    """A line for each statement of a claim: its verdict, and the declared sentence that decided it or was nearest."""
    checker = checker_for(dossier)
    for judgement in (checker.explained(each, language) for each in checker.check(text, language).judgements):
        reviewed = f"reviewed claim {judgement.claim.id} ({judgement.claim.verdict})" if judgement.claim else ""
        facts = ", ".join(finding.fact for finding in judgement.findings)
        near = f"; nearest: “{judgement.near}”" if judgement.near else ""
        yield f"“{judgement.text}”: {judgement.verdict}, {reviewed or (f'by {facts}' if facts else judgement.why)}{near}"


def as_fields(dossier: Dossier, decision: Decision) -> dict[str, Any]:
    """The explanation of a decision for ``--json``."""
    index = matcher_for(dossier).index
    return {
        "kind": decision.kind,
        "words": [
            {
                "typed": word.typed,
                "word": word.word,
                "kind": word.kind,
                "known": index.is_known(word),
                "senses": _senses(word),
            }
            for word in decision.reading.tokens
        ],
        "candidates": [
            {
                "topic": index.topics[candidate.topic],
                "probability": round(candidate.probability, 3),
                **{name: round(value, 3) for name, value in candidate.features.items()},
                "example": candidate.example,
            }
            for candidate in decision.candidates[:_SHOWN]
        ],
        "none": {name: round(value, 3) for name, value in decision.none.items()},
    }


def _word(token: Token, *, is_known: bool) -> str:
    word = token.word if token.word == token.typed else f"{token.typed}→{token.word}"
    senses = _senses(token) if token.kind != "light" else []
    mark = "" if is_known and token.kind != "light" else _MARKS[token.kind]
    return f"{word}{mark}" + (f"({', '.join(senses)})" if senses else "")


def _senses(token: Token) -> list[str]:
    return [term.removeprefix("=") for term in token.terms if term.startswith("=")]


def _numbers(features: Mapping[str, float]) -> str:
    return " ".join(f"{name} {value:.2f}" for name, value in features.items())


_BYTE_ORDER_MARK = "\ufeff"
"""Some programs write it at the beginning of a file."""


TEXT = "text"
"""The value of ``--platform`` for plain text."""

EXAMPLES = (
    "nota ask /duration --language ru",
    'nota ask "how long does it last" --explain',
    f"nota ask /pricing --platform {PLATFORMS[0].name} --json",
    "printf '/pricing\\n/duration\\n' | nota ask --json",
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("ask", help="answer a question, or each line of standard input")
    parser.add_argument("question", nargs="?", help='a command ("/duration") or words')
    parser.add_argument("--language", help="the language to answer in (default: the dossier's)")
    parser.add_argument("--platform", default=TEXT, help=f"whose form to show: {TEXT} (default), or a platform's name")
    parser.add_argument("--json", action="store_true", help="print one JSON object a question")
    parser.add_argument("--explain", action="store_true", help="print how the words were understood, and why")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Answers the question, or each line of standard input."""
    names = [TEXT, *(platform.name for platform in settings.answering)]
    if args.platform not in names:
        raise CommandError(f"--platform {args.platform}: expected one of {', '.join(names)}")
    return run_async(_answer(valid_dossier(settings), args, settings))


def embeddings_for(settings: Settings, session: ClientSession) -> Embeddings | None:
    """The embeddings of the settings; None: words alone decide."""
    model = embeddings_model(settings, session)
    return Embeddings(model, vectors_folder(settings.database_url), _QUESTION_SECONDS) if model else None


async def likeness_to(dossier: Dossier, question: Question, embeddings: Embeddings | None) -> Likeness | None:
    """The likeness of a question in free text to the topics; None without embeddings. Raises EmbeddingsFailed."""
    if embeddings is None or not (text := free_text(question)):
        return None
    await embeddings.prepare(dossier)
    return await embeddings.likeness(text, dossier)


async def _answer(complete: Dossier, args: argparse.Namespace, settings: Settings) -> int:
    if args.question is not None and public_question(args.question) is None:
        raise CommandError("expected a question")
    payload = next((platform.payload for platform in settings.platforms if platform.name == args.platform), None)
    asked = [(args.question, args.language)] if args.question is not None else _lines(args.language)
    async with ClientSession() as session:
        embeddings = embeddings_for(settings, session)
        for text, language in asked:
            dossier, likeness = complete.published(utc_now()), None
            question = public_question(text) or Command(WORDLESS)
            try:
                likeness = await likeness_to(dossier, question, embeddings)
            except EmbeddingsFailed as failure:
                print(f"no embeddings, words alone decide: {failure}", file=sys.stderr)
                embeddings = None
            print(_shown(dossier, text, question, language, likeness, payload, args), flush=args.question is None)
    return 0


def _lines(language: str | None) -> Iterator[tuple[str, str | None]]:
    """Questions from standard input: plain text, or JSON objects with ``q`` and optionally ``language``.

    Bytes that are not UTF-8 and halves of surrogate pairs become question marks.
    """
    for line in sys.stdin:
        text = line.removeprefix(_BYTE_ORDER_MARK).rstrip("\n")
        if text.strip():
            yield _parsed(text, language)


def _parsed(text: str, language: str | None) -> tuple[str, str | None]:
    if text.lstrip().startswith("{"):
        try:
            asked = json.loads(text)
        except ValueError:
            return text, language
        if isinstance(asked, dict) and isinstance(asked.get("q"), str):
            wanted = asked.get("language")
            named = wanted if isinstance(wanted, str) and wanted else language
            return asked["q"].encode(errors="replace").decode(), named
    return text, language


def _shown(
    dossier: Dossier,
    typed: str,
    question: Question,
    language: str | None,
    likeness: Likeness | None,
    render_payload: Callable[[Reply], Any] | None,
    args: argparse.Namespace,
) -> str:
    in_language: InLanguage = "named" if language else "words"
    reply = answer(dossier, question, language or dossier.header.default_language, today(), likeness, in_language)
    payload = render_payload(reply) if render_payload else None
    text = free_text(question)
    decision = decision_on(dossier, text, language, likeness) if args.explain and text else None
    if args.json:
        explained: dict[str, Any] = {"explain": as_fields(dossier, decision)} if decision else {}
        if decision and reply.verdict:
            explained["explain"]["statements"] = list(claim_explanation(dossier, text, decision.language))
        return json.dumps(as_json(typed, reply, payload) | explained, ensure_ascii=False)
    shown = json.dumps(payload, ensure_ascii=False, indent=2) if payload else _with_buttons(reply)
    if decision is None:
        return shown
    claim = claim_explanation(dossier, text, decision.language) if reply.verdict else ()
    return "\n".join([*explanation(dossier, decision), *claim, "", shown])


def _with_buttons(reply: Reply) -> str:
    """The text, and the labels of the buttons below it."""
    labels = " ".join(f"[{button.label}]" for button in reply.buttons)
    return "\n".join([render(reply), *([labels] if labels else [])])
