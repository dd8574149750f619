"""Checks the content before readers see it: the dossier's own rules, and every reply on every platform."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from bot.claims.declared_check import check_declared
from bot.commands import LISTS
from bot.db.engine import DATABASE_AWAY, Database, UnusableDatabase, open_database, within
from bot.db.migrations import CURRENT, version_of
from bot.db.store import Store
from bot.dossier.diagnostics import Diagnostic, Place, Severity, sort
from bot.dossier.entries import HEADER, key_at
from bot.dossier.loader import Loading, load, stem
from bot.dossier.models import BulletinId, Dossier, Language, TopicId, file_of
from bot.index_process import make_ready
from bot.matching.decision import check_collisions
from bot.newsroom.change_content import NEW, Contents, problems
from bot.newsroom.publisher import Newsroom
from bot.pictures.picture import check_pictures
from bot.platforms import PLATFORMS
from bot.platforms.platform import Platform
from bot.replies.answer import answer, checker_for
from bot.replies.language_check import check_languages
from bot.replies.listings import listing, lists_without_topic
from bot.replies.question import AboutBulletin, AboutTopic, Command, Question
from bot.replies.reply import ReplyProblem

_HEADER = "dossier.yaml"

Platforms = Sequence[Platform[Any]]

DATABASE_SECONDS = 5.0
"""Time limit of `nota check` for the database."""


def today() -> date:
    """Today's date in UTC, which "as of" and "days left" use."""
    return datetime.now(UTC).date()


def load_checked(folder: Path, day: date, platforms: Platforms = PLATFORMS) -> Loading:
    """Loads a folder and checks it for every platform, on or off. The dossier is None if there is an error.

    If there are errors, the part without errors is checked as well. Its warnings are left out, and so is what names an entry that the files
    have, and that only the errors keep out of that part.
    """
    loading = load(folder, day)
    dossier = loading.valid_part
    if dossier is None:
        return loading
    if loading.dossier is not None:
        make_ready(loading.dossier)
    checker = partial(checker_for, loading.dossier or dossier)
    problems = [*_check_readers(dossier, day, platforms), *check_declared(dossier, checker)]
    reported = [each for each in problems if loading.dossier or not (each.is_warning or _names_an_entry(loading, each))]
    diagnostics = sort([*loading.diagnostics, *map(loading.located, reported)])
    usable = not any(diagnostic.blocks for diagnostic in diagnostics)
    return replace(loading, dossier=loading.dossier if usable else None, diagnostics=diagnostics)


def _names_an_entry(loading: Loading, diagnostic: Diagnostic) -> bool:
    """Whether the files have the entry on which the diagnostic depends, perhaps in a file that is unreadable or misnamed."""
    if diagnostic.because is None or diagnostic.because[0] == _HEADER:
        return False
    path, place = diagnostic.because
    is_unread = any(stem(each.path) == stem(path) for each in loading.diagnostics if not (each.place or each.because))
    value = loading.documents[path].value if path in loading.documents else None
    return is_unread or (isinstance(value, dict) and place[:1] in [(), *((key,) for key in value)])


def _check_readers(dossier: Dossier, day: date, platforms: Platforms) -> list[Diagnostic]:
    """What is wrong in what readers get of a dossier and in what they may ask: replies, menus, pictures, examples."""
    problems = [*_check_replies(dossier, day, _questions(dossier), platforms)]
    places = {(diagnostic.path, diagnostic.place) for diagnostic in problems}
    in_lists = _check_replies(dossier, day, _lists(dossier), platforms)
    # only warnings: a label that is cut on a button is complete in the text above it
    problems += [replace(each, severity="warning") for each in in_lists if (each.path, each.place) not in places]
    problems += [problem for platform in platforms for problem in platform.check_dossier(dossier)]
    return [*problems, *check_pictures(dossier, day), *check_collisions(dossier), *check_languages(dossier)]


async def check_files_of_sent(url: str | None, dossier: Dossier) -> list[Diagnostic]:
    """Warns of sent bulletins whose files are missing, if the database at ``url`` can be read. It is not changed."""
    try:
        async with open_database(url, only_reads=True) as database:
            return await within(DATABASE_SECONDS, _missing_files(database, dossier))
    except (*DATABASE_AWAY, DBAPIError, UnusableDatabase):
        return []


async def _missing_files(database: Database, dossier: Dossier) -> list[Diagnostic]:
    async with database.read() as connection:
        if (await version_of(connection) or 0) < CURRENT:
            return []
    names = await Newsroom(Store(database)).sent_without_files(dossier)
    fix = "put the file back, or write one that says `withdrawn: {date: …, because: …}`"
    message = "was sent, but the file is missing: sent messages stay, and it is not listed"
    return [Diagnostic(f"bulletins/{name}.yaml", (), message, fix, "warning") for name in names]


def check_change(
    in_force: Loading, contents: Contents, day: date, platforms: Platforms = PLATFORMS, *, alone: bool = False
) -> list[Diagnostic]:
    """What is wrong with the entries of a change: as part of the dossier in force, and in the messages on every platform.

    ``day``: from which they would be in force. ``alone``: without the other bulletins.
    """
    found, after = problems(in_force, contents, day, alone=alone)
    dossier = after.dossier
    if dossier is None or any(each.blocks for each in found):
        return found
    found += _check_declared(in_force.dossier, dossier, contents, alone=alone)
    for key in contents:
        name = BulletinId(key.removeprefix("bulletins/"))
        name = BulletinId(f"{day}-{name}") if key.startswith(NEW) else name
        if key.startswith("bulletins/") and name in dossier.bulletins:
            replies = _check_replies(dossier, day, [(f"{key}.yaml", AboutBulletin(name))], platforms)
            own = f"bulletins/{name}.yaml"
            found += [replace(each, path=f"{key}.yaml") if each.path == own else each for each in replies]
    if not alone and not all(key.startswith("bulletins/") for key in contents):
        found += _check_others(in_force, after, contents, day, platforms)
    return found


def _check_others(
    in_force: Loading, after: Loading, contents: Contents, day: date, platforms: Platforms
) -> list[Diagnostic]:
    """The errors of everything that readers get, but for the change's own bulletins. What was wrong before does not count."""
    if after.dossier is None or in_force.dossier is None:
        return []
    own = {f"{key}.yaml".replace(NEW, f"bulletins/{day}-new-") for key in contents if key.startswith("bulletins/")}
    found = [each for each in _check_readers(after.dossier, day, platforms) if each.blocks and each.path not in own]
    if not found:
        return []
    known = {(each.path, each.message) for each in _check_readers(in_force.dossier, day, platforms)}
    return [after.located(each) for each in found if (each.path, each.message) not in known]


def _check_declared(
    in_force: Dossier | None, dossier: Dossier, contents: Contents, *, alone: bool
) -> Iterator[Diagnostic]:
    """What a change makes wrong in declared sentences; unless it is ``alone``, whether its new ones are recognised, which takes a second."""
    if in_force is None or not any(key == HEADER or key.startswith(("facts/", "claims/")) for key in contents):
        return
    said = {name: entry.says for name, entry in (*in_force.facts.items(), *in_force.claims.items())}
    entries = (*dossier.facts.items(), *dossier.claims.items())
    new = [] if alone else [str(name) for name, entry in entries if entry.says != said.get(name, {})]
    known = {each.message for each in check_declared(in_force, partial(checker_for, in_force), ())}
    for each in check_declared(dossier, partial(checker_for, dossier), new):
        if each.message not in known or (not each.is_warning and key_at(each.path, each.place) in contents):
            yield each


def _check_replies(
    dossier: Dossier, day: date, questions: Iterable[tuple[str, Question]], platforms: Platforms
) -> Iterator[Diagnostic]:
    for path, question in questions:
        for language in dossier.languages:
            reply = answer(dossier, question, language, day)
            for platform in platforms:
                for problem in platform.check_reply(reply):
                    message = f"the reply in {language!r}: {problem.message}"
                    severity: Severity = "warning" if problem.is_warning else "error"
                    kind: Any = {"code": problem.code, "values": problem.values}
                    location = _location(dossier, path, language, problem)
                    yield Diagnostic(*location, message, problem.fix, severity, **kind)


def _questions(dossier: Dossier) -> Iterator[tuple[str, Question]]:
    """Questions, each with the file that holds the title and text of its answer."""
    yield _HEADER, Command("start")
    yield from ((file_of(topic), AboutTopic(topic.id)) for topic in dossier.topics.values())
    yield from ((file_of(bulletin), AboutBulletin(bulletin.id)) for bulletin in dossier.bulletins.values())


def _lists(dossier: Dossier) -> Iterator[tuple[str, Question]]:
    """Questions for lists without a topic, and for the pages of every list after the first."""
    yield from ((_HEADER, AboutTopic(name)) for name in lists_without_topic(dossier))
    for name in map(TopicId, LISTS):
        pages = [AboutTopic(name)]
        while (page := listing(dossier, name, len(pages), dossier.header.default_language)) and any(
            button.question == AboutTopic(name, len(pages) + 1) for button in page.buttons
        ):
            pages.append(AboutTopic(name, len(pages) + 1))
        yield from ((_HEADER, page_of_list) for page_of_list in pages[1:])


def _location(dossier: Dossier, path: str, language: Language, problem: ReplyProblem) -> tuple[str, Place]:
    """The file and key to change. A button's label is the title in another file."""
    match problem.label_of:
        case AboutTopic(topic) if topic in dossier.topics:
            return file_of(dossier.topics[topic]), ("title", language)
        case AboutBulletin(bulletin) if bulletin in dossier.bulletins:
            return file_of(dossier.bulletins[bulletin]), ("title", language)
    return path, ("summary" if path == _HEADER and problem.part == "body" else problem.part, language)
