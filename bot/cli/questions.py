"""``nota questions``: for editors, the questions that got no answer, the answers that did not help, and the claims; and adding an example."""

import argparse
from typing import Any

from bot.cli import CommandError, show, valid_dossier, with_store
from bot.db.questions import KEPT_DAYS, QuestionKind, Rating, UnansweredQuestion
from bot.db.store import Store
from bot.dossier.models import TopicId
from bot.newsroom.new_example import add_question, example_text
from bot.replies.listings import topic_of_command
from bot.settings import Settings

_NOT_STORED = "(words not stored; STORE_QUESTIONS=1 stores them)"


EXAMPLES = (
    "nota questions",
    "nota questions --language id --limit 50 --json",
    "nota questions --claims",
    'nota questions add price "is it dear"',
)


def add_to(commands: Any) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "questions",
        help=f"list the questions of the last {KEPT_DAYS} days that got no answer, and how answers were rated",
    )
    parser.add_argument("--claims", action="store_true", help="list the claims that nobody reviewed instead")
    parser.add_argument("--language", help="list only those in this language (en, id, ru)")
    parser.add_argument("--limit", type=int, default=30, help="maximum number (default: 30)")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each")
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    adding = actions.add_parser("add", help="add an example of how people ask, unless another one would suffer from it")
    adding.add_argument("topic", help="id or command of the topic")
    adding.add_argument("text", help="the example, in quotes")
    adding.add_argument("--language", help="the example's language (default: the one that it is written in)")
    adding.set_defaults(run=run_add)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Prints the questions, most frequent first, then how readers rated the answers, the worst first; or the claims."""
    kind: QuestionKind = "claim" if given.claims else "question"

    async def read(store: Store) -> tuple[list[UnansweredQuestion], list[Rating]]:
        ratings = [] if given.claims else await store.ratings.by_topic(given.language)
        return await store.unanswered.commonest(given.limit, given.language, kind), ratings[: given.limit]

    found, ratings = with_store(settings, read, only_reads=True)
    for asked in found:
        fields = {"times": asked.times, "language": asked.language, kind: asked.wording or None}
        show(fields, f"{asked.times:6}  {asked.language}  {asked.wording or _NOT_STORED}", given.json)
    if not found and not given.json:
        print(f"no {'claims' if given.claims else 'unanswered questions'} in the last {KEPT_DAYS} days")
    for rating in ratings:
        show(
            {
                "topic": rating.topic,
                "language": rating.language,
                "helped": rating.helped,
                "did_not_help": rating.failed,
            },
            f"{rating.failed:6} 👎 {rating.helped:4} 👍  {rating.language}  answers about {rating.topic}",
            given.json,
        )
    return 0


def run_add(given: argparse.Namespace, settings: Settings) -> int:
    """Adds the example to ``questions/``; exit 1, and nothing is written, if an example that is understood now would not be then."""
    dossier, text = valid_dossier(settings), example_text(given.text)
    topic = (
        TopicId(given.topic) if given.topic in dossier.topics else topic_of_command(dossier, given.topic.lstrip("/"))
    )
    if topic is None or topic not in dossier.topics:
        raise CommandError(f"no topic {given.topic!r}, expected one of {', '.join(dossier.topics)}")
    if given.language not in (None, *dossier.languages) or not text:
        raise CommandError(f"expected a text, and a language of {', '.join(dossier.languages)}")
    example = add_question(dossier, settings.content_dir, topic, text, given.language)
    match example.outcome:
        case "known":
            print(f"{topic} has this example already")
            return 0
        case "harmful":
            print("nothing is written: with it, these would be answered wrongly")
            for wrong in example.checked.wrong if example.checked else ():
                wanted, instead = wrong.topic or "another subject", wrong.instead or "no topic for sure"
                print(f"  {wrong.language}  “{wrong.question}” asks for {wanted}, and would get {instead}")
            return 1
        case "unwritable":
            raise CommandError(f"{example.file} cannot be changed: {example.failure}")
        case "added":
            found = example.checked.found if example.checked else None
            sure = f"is answered with {found}" if found else "is not sure of an answer yet: write more examples like it"
            print(f"{example.file}: added in {example.language}; “{example.text}” {sure}")
            return 0
