"""``nota questions``: lists unanswered questions, ratings of answers and claims for editors, and adds an example to a topic."""

import argparse
from typing import Any

from bot.cli import CommandError, show, valid_dossier, with_store
from bot.db.numbers import Rating
from bot.db.questions import QuestionKind, UnansweredQuestion
from bot.db.retention import QUESTION_DAYS
from bot.db.store import Store
from bot.dossier.models import TopicId
from bot.newsroom.new_example import add_question, example_text
from bot.replies.listings import topic_of_command
from bot.settings import Settings

NOT_STORED = "(words not stored; STORE_QUESTIONS=1 stores them)"


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
        help=f"list the unanswered questions of the last {QUESTION_DAYS} days, and the ratings of answers",
    )
    parser.add_argument("--claims", action="store_true", help="list the claims that no editor has reviewed instead")
    parser.add_argument("--language", help="list only questions or claims in this language (en, id, ru)")
    parser.add_argument("--limit", type=int, default=30, help="maximum number (default: 30)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    adding = actions.add_parser("add", help="add an example of how people ask, unless it would break other examples")
    adding.add_argument("topic", help="id or command of the topic")
    adding.add_argument("text", help="the example, in quotes")
    adding.add_argument("--language", help="the language of the example (default: recognised by its words)")
    adding.set_defaults(run=run_add)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Prints the most frequent questions, then the ratings of answers, the least helpful first; or the claims."""
    kind: QuestionKind = "claim" if args.claims else "question"

    async def read(store: Store) -> tuple[list[UnansweredQuestion], list[Rating]]:
        ratings = [] if args.claims else await store.numbers.ratings(QUESTION_DAYS, args.language)
        return await store.unanswered.commonest(args.limit, args.language, kind), ratings[: args.limit]

    unanswered, ratings = with_store(settings, read, only_reads=True)
    for asked in unanswered:
        fields = {"times": asked.times, "language": asked.language, kind: asked.wording or None}
        show(fields, f"{asked.times:6}  {asked.language}  {asked.wording or NOT_STORED}", args.json)
    if not unanswered and not args.json:
        print(f"no {'claims' if args.claims else 'unanswered questions'} in the last {QUESTION_DAYS} days")
    for rating in ratings:
        line = f"{rating.failed:6} 👎 {rating.helped:4} 👍  {rating.language}  answers about {rating.topic}"
        marks = {"helped": rating.helped, "did_not_help": rating.failed}
        show({"topic": rating.topic, "language": rating.language, **marks}, line, args.json)
    return 0


def run_add(args: argparse.Namespace, settings: Settings) -> int:
    """Adds the example to the topic's file. Exits with 1, and writes nothing, if it would break other examples."""
    dossier, text = valid_dossier(settings), example_text(args.text)
    topic = TopicId(args.topic) if args.topic in dossier.topics else topic_of_command(dossier, args.topic.lstrip("/"))
    if topic is None or topic not in dossier.topics:
        raise CommandError(f"no topic {args.topic!r}, expected one of {', '.join(dossier.topics)}")
    if args.language not in (None, *dossier.languages) or not text:
        raise CommandError(f"expected a text, and a language of {', '.join(dossier.languages)}")
    example = add_question(dossier, settings.content_dir, topic, text, args.language)
    match example.outcome:
        case "known":
            print(f"{topic} has this example already")
            return 0
        case "harmful":
            print("not added: it would break these examples")
            for wrong in example.checked.wrong if example.checked else ():
                wanted, instead = wrong.topic or "no topic", wrong.instead or "no certain topic"
                print(f"  {wrong.language}  “{wrong.question}” should give {wanted}, would give {instead}")
            return 1
        case "unwritable":
            raise CommandError(f"{example.file} cannot be changed: {example.failure}")
        case "added":
            topic_found = example.checked.found if example.checked else None
            unsure = "has no certain answer yet: add more examples like it"
            sure = f"is answered with {topic_found}" if topic_found else unsure
            print(f"{example.file}: added in {example.language}; “{example.text}” {sure}")
            return 0
