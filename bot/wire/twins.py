"""One story from several publishers: headlines that say nearly the same. PURE."""

import re

from rapidfuzz import fuzz

ALIKE = 88.0
"""From which likeness (0 to 100, whatever the order of words) two headlines tell one story."""

MIN_WORDS = 4
"""Shorter headlines are alike too easily."""

FORMS = 70.0
"""From which likeness two words are forms of one, as "sign" and "signs", подписали and подписала."""

DENIALS = frozenset(
    {"no", "not", "never", "without", "cannot", "t"}  # as is left of "didn't"
    | {"tidak", "tak", "bukan", "belum", "batal", "tanpa", "jangan", "gagal"}
    | {"не", "нет", "ни", "без", "никогда", "отменили", "отменён", "отменена"}
)
"""Words of the three languages that turn a headline into its contrary."""

_WORD = re.compile(r"\w+")


def headline_key(title: str, publisher: str = "") -> str:
    """What is compared of a headline: its words, without the publisher's name that some put behind them."""
    bare = re.sub(rf"\s*[|–—-]\s*{re.escape(publisher)}$", "", title, flags=re.IGNORECASE) if publisher else title
    return " ".join(_WORD.findall(bare.casefold()))


def are_twins(one: str, other: str) -> bool:
    """Whether two keys tell the same story.

    A story told twice costs an editor a tap, one that is taken for another is never seen. So headlines never tell one
    story whose figures differ, of which one denies, or where a word stands in place of another that is no form of it.
    """
    if one == other:
        return bool(one)
    words, others = one.split(), other.split()
    if min(len(words), len(others)) < MIN_WORDS or _figures(words) != _figures(others):
        return False
    return fuzz.token_sort_ratio(one, other) >= ALIKE and _say_the_same(set(words), set(others))


def _say_the_same(words: set[str], others: set[str]) -> bool:
    gone, come = words - others, others - words
    if not DENIALS.isdisjoint(gone | come):
        return False
    fewer, more = sorted((gone, come), key=len)
    return all(any(fuzz.ratio(word, each) >= FORMS for each in more) for word in fewer)


def _figures(words: list[str]) -> frozenset[str]:
    return frozenset(word for word in words if any(char.isdigit() for char in word))
