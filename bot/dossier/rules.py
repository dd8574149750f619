"""What must hold between the parts of a dossier. PURE: a dossier in, faults out.

What a platform's limits ask for is checked where every platform is known, in :mod:`bot.proofreading`.
"""

import re
from collections.abc import Iterator
from datetime import date

from bot.dossier.commands import command_faults
from bot.dossier.emoji import emoji_faults
from bot.dossier.mistakes import Fault, Place, did_you_mean, nearest
from bot.dossier.model import PROGRAM_PREFIX, Bulletin, Dossier, Topic
from bot.dossier.plurals import unit_faults
from bot.dossier.prose import prose_faults
from bot.dossier.references import feed_faults, reference_faults
from bot.dossier.words import texts_of

_LANGUAGES = ("dossier.yaml", ("languages",))
"""What a fault about a language hangs on."""


def file_of(entry: Topic | Bulletin) -> str:
    """The file an entry was read from."""
    if isinstance(entry, Bulletin):
        return f"bulletins/{entry.id}.yaml"
    folder = "programs" if entry.is_program else "topics"
    return f"{folder}/{entry.id.removeprefix(PROGRAM_PREFIX)}.yaml"


def faults(dossier: Dossier, today: date) -> list[Fault]:
    """Everything that does not hold, errors and warnings, in no particular order."""
    return [
        *_header_faults(dossier),
        *_language_faults(dossier),
        *command_faults(dossier, file_of),
        *reference_faults(dossier, file_of),
        *feed_faults(dossier),
        *_date_faults(dossier, today),
        *unit_faults(dossier.facts),
        *emoji_faults(dossier, file_of),
        *prose_faults(dossier, file_of),
    ]


def _header_faults(dossier: Dossier) -> Iterator[Fault]:
    header = dossier.header
    if header.default_language not in header.languages:
        problem = f"{header.default_language!r} is not in languages"
        expected = did_you_mean(header.default_language, header.languages, "one of languages")
        yield Fault("dossier.yaml", ("default_language",), problem, expected, because=_LANGUAGES)
    for index, language in enumerate(header.languages):
        place = ("languages", index)
        if not re.fullmatch(r"[a-z]{2,3}", language):
            plain = language.lower()[:2]
            yield Fault("dossier.yaml", place, f"language {language!r}", f"expected a two-letter code, as in {plain}")
        elif language in header.languages[:index]:
            yield Fault("dossier.yaml", place, f"language {language!r} stands twice", "expected each once")


def _language_faults(dossier: Dossier) -> Iterator[Fault]:
    languages = dossier.languages
    for path, place, texts, whole in texts_of(dossier, file_of):
        unknown = [language for language in texts if language not in languages]
        for language in unknown:
            expected = did_you_mean(language, languages, "a language of the dossier")
            yield Fault(path, (*place, language), f"unknown language {language!r}", expected, because=_LANGUAGES)
        meant = {nearest(language, languages) for language in unknown}
        for language in languages if whole else []:
            if language not in texts and language not in meant:
                problem = f"{'.'.join(map(str, place))} has no {language!r}"
                yield Fault(path, (*place, language), problem, f"expected a text for {language}", because=_LANGUAGES)


def _date_faults(dossier: Dossier, today: date) -> Iterator[Fault]:
    for fact_id, fact in dossier.facts.items():
        yield from _future("facts.yaml", (fact_id, "checked"), fact.checked, today)
    for source_id, source in dossier.sources.items():
        yield from _future("sources.yaml", (source_id, "published"), source.published, today)
    yield from _future("dossier.yaml", ("checked",), dossier.header.checked, today)
    for bulletin in dossier.bulletins.values():
        path = file_of(bulletin)
        yield from _future(path, ("date",), bulletin.date, _last_day(bulletin, today))
        if not bulletin.id.startswith(f"{bulletin.date}-"):
            problem = f"date {bulletin.date} in a file named {bulletin.id}"
            yield Fault(path, ("date",), problem, "expected the same day", because=(path, ()))


def _last_day(bulletin: Bulletin, today: date) -> date:
    """The day that a bulletin may bear at most: today, or the one on which it is published."""
    return max(today, bulletin.not_before.date()) if bulletin.not_before else today


def _future(path: str, place: Place, day: date | None, today: date) -> Iterator[Fault]:
    if day is not None and day > today:
        yield Fault(path, place, f"{day} is in the future", f"expected a day up to {today}")
