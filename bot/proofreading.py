"""Everything an editor should know before readers do: the dossier's own rules, and every reply on every platform."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from bot.answers.answer import answer
from bot.answers.question import AboutBulletin, AboutTopic, Question
from bot.answers.reply import Reply
from bot.dossier.loading import Loading, in_order, load
from bot.dossier.mistakes import Fault
from bot.dossier.model import Bulletin, Dossier, Topic
from bot.dossier.rules import file_of

ReplyFaults = Callable[[Reply], Iterable[tuple[str, str]]]
"""What a platform cannot show of a reply: pairs of what is wrong and what is expected."""

DossierFaults = Callable[[Dossier], Iterable[Fault]]
"""What a platform cannot take of a dossier as a whole: commands, descriptions."""


def proofread(
    folder: Path, today: date, replies: Iterable[ReplyFaults] = (), dossiers: Iterable[DossierFaults] = ()
) -> Loading:
    """Loads a folder and checks it with what each platform brings. The dossier is None if any mistake is an error.

    Where some of it is wrong, what is sound is checked all the same; warnings wait until all of it is.
    """
    loading = load(folder, today)
    if loading.sound is None:
        return loading
    faults = [*_rendered(loading.sound, today, tuple(replies))]
    for check in dossiers:
        faults += check(loading.sound)
    told = [fault for fault in faults if loading.dossier or not fault.warning]
    mistakes = in_order([*loading.mistakes, *map(loading.located, told)])
    usable = all(mistake.warning for mistake in mistakes)
    return replace(loading, dossier=loading.dossier if usable else None, mistakes=mistakes)


def _rendered(dossier: Dossier, today: date, checks: tuple[ReplyFaults, ...]) -> Iterator[Fault]:
    for entry, question in _questions(dossier):
        for language in dossier.languages:
            reply = answer(dossier, question, language, today)
            for check in checks:
                for problem, expected in check(reply):
                    yield Fault(file_of(entry), ("body", language), f"the reply in {language!r}: {problem}", expected)


def _questions(dossier: Dossier) -> Iterator[tuple[Topic | Bulletin, Question]]:
    yield from ((topic, AboutTopic(topic.id)) for topic in dossier.topics.values())
    yield from ((bulletin, AboutBulletin(bulletin.id)) for bulletin in dossier.bulletins.values())
