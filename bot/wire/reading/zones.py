"""Time zones by the names that newsrooms give them. PURE."""

import re

_ZONES = (
    (0, "ut utc gmt wet z"),
    (-4, "edt at"),
    (-5, "est cdt et"),
    (-6, "cst mdt ct"),
    (-7, "mst pdt mt"),
    (-8, "pst pt"),
    (1, "bst cet met"),
    (2, "cest mest eet"),
    (3, "eest msk мск"),
    (7, "wib ict"),
    (8, "wita sgt hkt myt pht"),
    (9, "wit jst kst"),
    (10, "aest"),
    (11, "aedt"),
)
"""RFC 822 §5.1, those of Indonesia and Russia, and such as mean one thing alone; "ET" stands for "EST", as its owners write it."""

_HOURS = {name: hours for hours, names in _ZONES for name in names.split()}
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})(?!\d)")
_WORDS = re.compile(r"[^\W\d_]+")


def zone_seconds(behind: str) -> float | None:
    """Seconds before Greenwich, by what stands behind a clock, in small letters; None where that names no zone we know."""
    if found := _OFFSET.search(behind):
        seconds = int(found[2]) * 3600 + int(found[3]) * 60
        return float(seconds if found[1] == "+" else -seconds)
    return next((_HOURS[word] * 3600.0 for word in _WORDS.findall(behind) if word in _HOURS), None)


def without_offset(text: str) -> str:
    """The text without an offset, whose figures might be taken for a day."""
    return _OFFSET.sub(" ", text)
