"""Everything an editor should know before readers do: the dossier's own rules, and every reply on every platform."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from bot.dossier.diagnostics import Fault, Place
from bot.dossier.loader import Loading, in_order, load
from bot.dossier.models import Dossier, Language, file_of
from bot.replies.answer import answer
from bot.replies.listings import PER_PAGE, TITLES
from bot.replies.question import NEWS, PROGRAMS, AboutBulletin, AboutTopic, Command, Question
from bot.replies.reply import Reply, ReplyFault

ReplyFaults = Callable[[Reply], Iterable[ReplyFault]]
"""What a platform cannot show of a reply."""


_HEADER = "dossier.yaml"


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
    checks = tuple(replies)
    faults = [*_rendered(loading.sound, today, _questions(loading.sound), checks)]
    known = {(fault.path, fault.place) for fault in faults}
    listed = _rendered(loading.sound, today, _lists(loading.sound), checks)
    faults += [replace(fault, warning=True) for fault in listed if (fault.path, fault.place) not in known]
    for check in dossiers:
        faults += check(loading.sound)
    told = [fault for fault in faults if loading.dossier or not fault.is_mild]
    diagnostics = in_order([*loading.diagnostics, *map(loading.located, told)])
    usable = all(diagnostic.warning for diagnostic in diagnostics)
    return replace(loading, dossier=loading.dossier if usable else None, diagnostics=diagnostics)


def _rendered(
    dossier: Dossier, today: date, questions: Iterable[tuple[str, Question]], checks: tuple[ReplyFaults, ...]
) -> Iterator[Fault]:
    for path, question in questions:
        for language in dossier.languages:
            reply = answer(dossier, question, language, today)
            for check in checks:
                for fault in check(reply):
                    where, place = _place(dossier, path, language, fault)
                    yield Fault(where, place, f"the reply in {language!r}: {fault.problem}", fault.expected)


def _questions(dossier: Dossier) -> Iterator[tuple[str, Question]]:
    """What is asked, and the file that the answer's title and words are from."""
    yield _HEADER, Command("start")
    yield from ((file_of(topic), AboutTopic(topic.id)) for topic in dossier.topics.values())
    yield from ((file_of(bulletin), AboutBulletin(bulletin.id)) for bulletin in dossier.bulletins.values())


def _lists(dossier: Dossier) -> Iterator[tuple[str, Question]]:
    """Lists without a topic of their own, and those of news from the second page on.

    What is cut on their buttons stands above them in full, so that it is no more than a warning.
    """
    roles = [role for role in TITLES if role not in dossier.topics and (role != PROGRAMS or dossier.programs)]
    yield from ((_HEADER, AboutTopic(role)) for role in roles)
    pages = -(-len(dossier.bulletins) // PER_PAGE)
    yield from ((_HEADER, AboutTopic(NEWS, page)) for page in range(2, pages + 1))


def _place(dossier: Dossier, path: str, language: Language, fault: ReplyFault) -> tuple[str, Place]:
    """Where an editor mends it: a button is labelled with the title of what it leads to, wherever it stands."""
    match fault.label_of:
        case AboutTopic(topic) if topic in dossier.topics:
            return file_of(dossier.topics[topic]), ("title", language)
        case AboutBulletin(bulletin) if bulletin in dossier.bulletins:
            return file_of(dossier.bulletins[bulletin]), ("title", language)
    return path, ("summary" if path == _HEADER and fault.part == "body" else fault.part, language)
