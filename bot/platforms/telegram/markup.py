"""Styled text as Telegram's HTML, measured and cut as Telegram counts. PURE.

A text is a list of runs. Each run carries its own styles, outermost first, so that a cut between or inside runs can
never leave a tag open. Telegram counts UTF-16 units of what is left once the tags are parsed
(core.telegram.org/bots/api#html-style, #messageentity).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby

from bot.dossier.text import Spans

BOLD, ITALIC, QUOTE = "b", "i", "blockquote"

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_CONTROL = (range(0x09), range(0x0B, 0x20), range(0x7F, 0xA0))
_TURNING = (range(0x202A, 0x202F), range(0x2066, 0x206A))
_NO_CHARACTERS = (range(0xD800, 0xE000), range(0xFFFE, 0x10000))
_UNSEEN = dict.fromkeys(chain(*_CONTROL, *_TURNING, *_NO_CHARACTERS))
"""Control characters, the marks that turn the direction of writing around, and halves of surrogate pairs."""

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one combination of styles: ``b``, ``i``, ``blockquote``, or ``a`` with its address behind a space."""

    text: str
    styles: tuple[str, ...] = ()


Runs = Sequence[Run]


def seen(text: str) -> str:
    """The text without what nobody can see and what could turn the rest around."""
    return text.translate(_UNSEEN)


def run(text: str, *styles: str) -> Run:
    """A run of what can be seen of the text."""
    return Run(seen(text), styles)


def link(url: str) -> str:
    """The style of a link."""
    return f"a {url}"


def runs(spans: Spans, *outer: str) -> list[Run]:
    """The spans of a text, all inside the outer styles."""
    return [
        run(
            span.text,
            *outer,
            *((BOLD,) if span.bold else ()),
            *((ITALIC,) if span.italic else ()),
            *((link(span.url),) if span.url else ()),
        )
        for span in spans
    ]


def units(text: str) -> int:
    """The length as Telegram counts it: characters beyond the Basic Multilingual Plane (most emoji) are two."""
    return len(text) + sum(character > "\uffff" for character in text)


def length(text: Runs) -> int:
    """The length of the whole once the tags are parsed."""
    return sum(units(part.text) for part in text)


def html(text: Runs) -> str:
    """The runs as HTML; styles that neighbours share are opened once."""
    return "".join(_nested([part for part in text if part.text]))


def _nested(text: Runs, depth: int = 0) -> Iterator[str]:
    for style, group in groupby(text, key=lambda part: part.styles[depth] if len(part.styles) > depth else ""):
        if not style:
            yield from (part.text.translate(_ESCAPES) for part in group)
            continue
        name, _, url = style.partition(" ")
        yield f'<a href="{seen(url).translate(_ESCAPES)}">' if url else f"<{name}>"
        yield from _nested(list(group), depth + 1)
        yield f"</{name}>"


def split(text: Runs, limit: int) -> tuple[list[Run], list[Run]]:
    """What fits into ``limit`` units, and the rest; cut between words where there are any, never inside a character."""
    head: list[Run] = []
    left = limit
    for index, part in enumerate(text):
        if units(part.text) > left:
            fitting = _fitting(part.text, left)
            rest = part.text[len(fitting) :]
            return [*head, replace(part, text=fitting)], [replace(part, text=rest), *text[index + 1 :]]
        head.append(part)
        left -= units(part.text)
    return head, []


def trim(text: Runs, limit: int) -> list[Run]:
    """The text where it fits into ``limit`` units, else its beginning and an ellipsis."""
    if length(text) <= limit:
        return list(text)
    head, _ = split(text, limit - units(ELLIPSIS))
    return [*_stripped(head), Run(ELLIPSIS)]


def joined(parts: Iterable[Runs], between: str) -> list[Run]:
    """The texts, with words between each two."""
    whole: list[Run] = []
    for part in parts:
        whole += [Run(between), *part] if whole else part
    return whole


def plain(text: Runs) -> str:
    """The words alone."""
    return "".join(part.text for part in text)


def _fitting(text: str, limit: int) -> str:
    cut = len(text)
    size = units(text)
    while size > limit:
        cut -= 1
        size -= units(text[cut])
    at_word = max(text.rfind(" ", 0, cut), text.rfind("\n", 0, cut))
    return text[: at_word + 1] if at_word > cut // 2 else text[:cut]


def _stripped(text: list[Run]) -> list[Run]:
    while text and not text[-1].text.strip():
        text = text[:-1]
    return [*text[:-1], replace(text[-1], text=text[-1].text.rstrip())] if text else []
