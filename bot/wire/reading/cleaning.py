"""HTML and whatever else stands in a feed's texts → plain words. PURE."""

import html
import re
import unicodedata

import nh3

MAX_TITLE = 200
MAX_LINE = 200

_READ = 20_000
"""How many characters of a text are looked at: the line is made of the first of them."""

_BREAKS = re.compile(
    r"<(?=/?(?:p|br|div|li|ul|ol|h[1-6]|tr|td|th|blockquote|section|article|figure|hr)\b)", re.IGNORECASE
)
_SPACES = re.compile(r"\s+")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS = frozenset("\u200c\u200d")
"""Invisible characters that some scripts and emoji are spelt with."""

_PACKED = 3
"""How many times over HTML is unpacked: twice is common, in plain text by mistake."""

_UNSPOKEN = {"script", "style", "head", "title", "noscript", "iframe", "svg", "template", "textarea"}
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,5});", re.IGNORECASE)
_ENDS = re.compile(r"[.!?…]+[\"'”»)]*\s")


def plain(text: str) -> str:
    """Plain text on one line: spaces unified, nothing invisible, no direction marks."""
    unified = unicodedata.normalize("NFC", _SPACES.sub(" ", text[:_READ]))
    return "".join(char for char in unified if _shown(char)).strip()


def from_html(text: str) -> str:
    """The words of a piece of HTML, without scripts and tags, on one line."""
    spaced = _BREAKS.sub(" <", text[:_READ])
    bare = nh3.clean(spaced, tags=set(), attributes={}, clean_content_tags=_UNSPOKEN)
    return plain(html.unescape(bare))


def words_of(text: str, is_html: bool) -> str:
    """The words of a text, without tags.

    One that is said to be plain but holds tags is read as HTML too, and HTML that was packed twice is unpacked twice; what
    still holds tags after :data:`_PACKED` rounds was made to, and loses its angle brackets.
    """
    found = from_html(text) if is_html else plain(text)
    for _ in range(_PACKED):
        if not (nh3.is_html(found) or _ENTITY.search(found)):
            return found
        found = from_html(found)
    return found.replace("<", "").replace(">", "") if nh3.is_html(found) else found


def title_of(words: str) -> str:
    """The words as a headline: at most :data:`MAX_TITLE` characters, cut between words."""
    return shortened(words, MAX_TITLE)


def line_of(words: str, title: str) -> str:
    """The words as the one line below a headline: at most :data:`MAX_LINE` characters; "" where they say no more than it."""
    if words.casefold().startswith(title.rstrip("…").casefold()):
        words = words[len(title.rstrip("…")) :].lstrip(" .:–—-|")
    return _whole_sentences(words, MAX_LINE)


def shortened(words: str, most: int) -> str:
    """The words, cut between two of them with an ellipsis where there are more than ``most`` characters."""
    if len(words) <= most:
        return words
    cut = words[: most - 1]
    head, _, _ = cut.rpartition(" ")
    return f"{(head if len(head) > most // 2 else cut).rstrip(' ,;:–—-')}…"


def _whole_sentences(words: str, most: int) -> str:
    """Whole sentences if they fill half of the space, else cut between words."""
    if len(words) <= most:
        return words
    ends = [match.end() for match in _ENDS.finditer(words[: most + 1])]
    if ends and ends[-1] > most // 2:
        return words[: ends[-1]].strip()
    return shortened(words, most)


def _shown(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) not in _DROPPED
