"""Pictures that a dossier asks for and that cannot be drawn. PURE.

All of them are warnings, since the words answer all the same; but a name that no picture has is surely wrong, and counts.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from bot.answers.bulletins import TITLE_CARD
from bot.answers.question import AboutTopic
from bot.dossier.mistakes import Fault, did_you_mean
from bot.dossier.model import Bulletin, Dossier, Topic
from bot.dossier.rules import file_of
from bot.pictures.drawing import KINDS, draw

_NEEDS = {
    "duration": "expected progress from a date fact to a later one",
    "timeline": "expected progress from a date fact to a later one",
    "pricing": "expected a body that refers to a money fact with min and max",
    "ranges": "expected a body that refers to a money fact with min and max",
    "coverage": "expected a body that refers to a percent fact of at most 100",
    "share": "expected a body that refers to a percent fact of at most 100",
    "programs": "expected at least one file in programs/",
    "news": "expected at least one file in bulletins/",
}


_OF_BULLETINS = f"expected {TITLE_CARD!r}, or the picture of one of its topics"
_SHOWN_BY_BULLETINS = (TITLE_CARD, *KINDS)


def picture_faults(dossier: Dossier, today: date) -> Iterator[Fault]:
    """Names that no picture has, facts that a picture lacks, and languages that it cannot be written in."""
    for topic in dossier.topics.values():
        if topic.picture in KINDS:
            yield from _not_drawn(dossier, topic, topic.picture, today)
        elif topic.picture:
            yield _unknown(file_of(topic), topic.picture, KINDS)
    for bulletin in dossier.bulletins.values():
        yield from _of_bulletin(dossier, bulletin)


def _of_bulletin(dossier: Dossier, bulletin: Bulletin) -> Iterator[Fault]:
    name, path = bulletin.picture, file_of(bulletin)
    if name is not None and name not in _SHOWN_BY_BULLETINS:
        yield _unknown(path, name, _SHOWN_BY_BULLETINS)
    elif name not in (None, TITLE_CARD) and all(dossier.topics[each].picture != name for each in bulletin.topics):
        yield Fault(path, ("picture",), f"no topic of it has the picture {name!r}", _OF_BULLETINS, warning=True)


def _unknown(path: str, name: str, known: Iterable[str]) -> Fault:
    expected = did_you_mean(name, known, "a picture")
    return Fault(path, ("picture",), f"no picture {name!r}", expected, warning=True, counts=True)


def _not_drawn(dossier: Dossier, topic: Topic, name: str, today: date) -> Iterator[Fault]:
    for language in dossier.languages:
        picture = draw(dossier, AboutTopic(topic.id), language, today)
        if picture is None:
            problem = f"picture {name!r} in {language!r} has nothing to draw"
            yield Fault(file_of(topic), ("picture",), problem, _NEEDS[name], warning=True)
        elif picture.language != language:
            problem = f"picture {name!r} cannot be written in {language!r}"
            expected = f"expected Latin or Cyrillic letters; it is shown in {picture.language!r}"
            yield Fault(file_of(topic), ("picture",), problem, expected, warning=True)
