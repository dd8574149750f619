"""A question as an example of a topic, unless other examples would be answered wrongly then: in a file of the dossier, or in a change."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bot.dossier.examples import CannotAdd, add_example, file_for_examples
from bot.dossier.models import Dossier, Language, TopicId
from bot.matching.tokenizer import without_personal
from bot.newsroom.change_content import clean
from bot.replies.answer import matcher_for
from bot.replies.example_check import ExampleCheck, check_example
from bot.replies.explanation import title_of
from bot.replies.i18n import phrases_in


@dataclass(frozen=True, slots=True)
class NewExample:
    """A question as an example of a topic, and the outcome.

    Attributes:
        file: the file of the dossier in which the example belongs.
        outcome: ``known``: the topic has it already; ``harmful``: examples of other topics would be answered wrongly, see
            ``checked``; ``unwritable``: the file cannot be changed, see ``failure``. Only what is ``added`` changes anything.
        checked: the result of the check; None if the example is known.
    """

    topic: TopicId
    language: Language
    text: str
    file: str
    outcome: Literal["added", "known", "harmful", "unwritable"] = "added"
    checked: ExampleCheck | None = None
    failure: str = ""

    def notice(self, dossier: Dossier, language: Language) -> str:
        """The outcome in a sentence for the editor."""
        say = phrases_in(language).say
        match self.outcome:
            case "known":
                return say("“{topic}” has this example already.", topic=title_of(dossier, self.topic, language))
            case "harmful":
                questions = self.checked.named if self.checked else ""
                return say(
                    "Nothing was added, because these would be answered wrongly then: {questions}", questions=questions
                )
            case "unwritable":
                return say("Nothing was added: {file} cannot be changed ({why}).", file=self.file, why=self.failure)
            case "added":
                return say("Added to {file}. Nota reads it in a moment, and answers anew.", file=self.file)


def example_text(question: str) -> str:
    """The question without mentions, links, telephone numbers and what no file may hold, on one line; "" if no word is left."""
    return " ".join(without_personal(clean(question)).split())


def new_example(
    dossier: Dossier, topic: TopicId, text: str, language: Language | None = None, *, likely: Language | None = None
) -> NewExample:
    """A question as an example of the topic, which the dossier has. Takes seconds where there are thousands of examples.

    Args:
        dossier: the content.
        topic: the topic that the question asks for.
        text: the question, by :func:`example_text`; not "".
        language: the language of the question; None: it is recognised by its words.
        likely: used if the language is not recognised; None: the dossier's default language.
    """
    if language is None:
        reader = matcher_for(dossier).index.reader
        language = Language(reader.read(text, likely or dossier.header.default_language).language)
    example = NewExample(topic, language, text, file_for_examples(dossier, topic))
    if text in dossier.topics[topic].asks.get(language, ()):
        return replace(example, outcome="known")
    example = replace(example, checked=check_example(dossier, topic, language, text))
    return replace(example, outcome="harmful") if example.checked and example.checked.wrong else example


def add_question(
    dossier: Dossier,
    folder: Path,
    topic: TopicId,
    text: str,
    language: Language | None = None,
    *,
    likely: Language | None = None,
) -> NewExample:
    """Adds a question to the examples of the topic, in a file on this machine alone.

    ``folder``: the dossier's files. The rest is as in :func:`new_example`.
    """
    example = new_example(dossier, topic, text, language, likely=likely)
    if example.outcome != "added":
        return example
    try:
        add_example(folder / example.file, example.language, text)
    except CannotAdd as failure:
        return replace(example, outcome="unwritable", failure=str(failure))
    return example
