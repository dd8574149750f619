"""What may stand as a topic's ``emoji``: one sign before its title. PURE.

The shapes are those of Unicode's "possible emoji" (UTS #51, 1.4.9): a flag of two letters, a key, or signs joined into one, each
with a variation, a skin tone or tags. Which signs there are is told by their blocks, so that next year's are taken as well,
and plain symbols of those blocks (arrows, currencies, stars), which every platform shows.
"""

import re
from collections.abc import Iterator

from bot.dossier.mistakes import Fault
from bot.dossier.model import Dossier, Topic
from bot.dossier.words import FileOf

_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_KEY = "[0-9#*]\ufe0f?\u20e3"
_SYMBOL = (
    "[\xa2-\xa5\xa9\xae\u203c\u2049\u20a0-\u20cf\u2116\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
_SIGN = _SYMBOL + "[\ufe0e\ufe0f]?(?:[\U0001f3fb-\U0001f3ff]\ufe0f?)?(?:[\U000e0020-\U000e007e]+\U000e007f)?"
_EMOJI = f"(?:{_FLAG}|{_KEY}|{_SIGN}(?:\u200d{_SIGN})*)"

_ONE = re.compile(_EMOJI)
_SEVERAL = re.compile(rf"(?:{_EMOJI}\s*)+")


def emoji_faults(dossier: Dossier, file_of: FileOf) -> Iterator[Fault]:
    """Words and letters are mistakes, though they are shown; several signs are only more than a title needs."""
    for topic in dossier.topics.values():
        if not _ONE.fullmatch(topic.emoji):
            yield _fault(file_of(topic), topic)


def _fault(path: str, topic: Topic) -> Fault:
    shown = topic.emoji if len(topic.emoji) <= 20 else topic.emoji[:19] + "…"
    if _SEVERAL.fullmatch(topic.emoji):
        return Fault(path, ("emoji",), f"several emoji, {shown!r}", "expected one", warning=True)
    return Fault(path, ("emoji",), f"{shown!r} is no emoji", "expected one, as in 📄", warning=True, counts=True)
