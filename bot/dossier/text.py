"""The small Markdown of the content, parsed into plain spans and blocks. PURE.

Allowed: paragraphs, ``**bold**``, ``*italic*``, one-level lists and links. Everything else that CommonMark knows
(headings, images, code, quotes, HTML, rules) is refused, because no two chat platforms show it alike.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.dossier.kinds import is_web_address

PLACEHOLDER = re.compile(r"\{([^\W.][\w-]*)(?:\.([a-z]+))?\}")
"""``{fact_id}`` or ``{fact_id.form}``."""

_OPEN, _CLOSE = "\ue000", "\ue001"
"""What stands for a placeholder's braces while Markdown is parsed: no punctuation, so that a star beside it marks bold
where words are not parted by spaces, too (CommonMark 0.31, 6.2)."""

_PLAIN = re.compile(
    r"(?:(?:(?:[-+*] )?"  # a line may be an item of a list
    r"(?![0-9]{1,9}[.)][ \n])\*{0,2}(?:[^\W_]|[{(\"'«„“/])"  # and begins with words, in any style, or with a reference
    r"[^\x00-\x1f\x7f`<>\[\]#~]*+)?\n)*+"
)
"""Lines, each with its end, in which CommonMark finds nothing but paragraphs, unnested lists, bold and italic."""

_BOLD = re.compile(r"(?:^|(?<=[\s(«„“—]))\*\*(?![\s*])[^*\n\\]*(?<![\s*])\*\*(?![\w*{])", re.MULTILINE)
"""What is bold for sure, whatever stands around it."""

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_MARKDOWN.validateLink = lambda url: True  # type: ignore[method-assign]
_REFUSED = {
    "heading_open": "a heading",
    "fence": "a code block",
    "code_block": "an indented code block",
    "code_inline": "code",
    "blockquote_open": "a quotation block",
    "hr": "a rule",
    "html_block": "HTML",
    "html_inline": "HTML",
    "image": "an image",
    "table_open": "a table",
    "s_open": "struck-out text",
}
_KNOWN = frozenset(
    {"paragraph_open", "paragraph_close", "inline", "list_item_open", "list_item_close"}
    | {"bullet_list_open", "bullet_list_close", "ordered_list_open", "ordered_list_close"}
    | {"thead_open", "tbody_open", "tr_open", "th_open", "td_open"}  # said of the table already
)


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style; ``url`` is None where it is no link."""

    text: str
    bold: bool = False
    italic: bool = False
    url: str | None = None


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    spans: Spans


@dataclass(frozen=True, slots=True)
class Items:
    """A list of one level."""

    items: tuple[Spans, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Flaw:
    """What in a text lies outside the small Markdown; ``line`` counts from 0 at the text's first line.

    A warning is what will be shown as it stands, and was hardly meant so.
    """

    line: int
    problem: str
    expected: str
    warning: bool = False


@lru_cache(maxsize=4096)
def parse(markdown: str) -> tuple[Paragraph | Items, ...]:
    """The blocks of a text that :func:`flaws` finds nothing in; what it would find is left out."""
    return tuple(_blocks(_parsed(markdown)))


def flaws(markdown: str) -> list[Flaw]:
    """Everything in the text that lies outside the small Markdown, in order.

    Most texts can be seen to have none without being parsed, which takes fifty times as long.
    """
    if _PLAIN.fullmatch(markdown + "\n") and "**" not in _BOLD.sub("", markdown):
        return []
    return list(_flaws(_parsed(markdown)))


def is_marked(line: str) -> bool:
    """Whether there is Markdown in a line that is shown as it stands, as titles are."""
    (inline,) = _MARKDOWN.parseInline(_guarded(line))
    return any(child.type in ("strong_open", "em_open", "link_open") for child in inline.children or [])


def _parsed(markdown: str) -> list[Token]:
    return _MARKDOWN.parse(_guarded(markdown))


def _guarded(markdown: str) -> str:
    return PLACEHOLDER.sub(lambda match: f"{_OPEN}{match[0][1:-1]}{_CLOSE}", markdown)


def _with_braces(words: str) -> str:
    return words.replace(_OPEN, "{").replace(_CLOSE, "}")


def expand(spans: Spans, value_of: Callable[[str, str], str]) -> Spans:
    """The spans with each ``{fact_id.form}`` replaced by ``value_of(fact_id, form)``; form is "" where none is given."""
    return tuple(replace(span, text=expand_text(span.text, value_of)) for span in spans)


def expand_text(text: str, value_of: Callable[[str, str], str]) -> str:
    """The same for one plain text."""
    return PLACEHOLDER.sub(lambda match: value_of(match[1], match[2] or ""), text)


def plain(spans: Spans) -> str:
    """The words alone."""
    return "".join(span.text for span in spans)


def _blocks(tokens: list[Token]) -> Iterator[Paragraph | Items]:
    items: list[Spans] | None = None
    ordered = False
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            items, ordered = [], token.type == "ordered_list_open"
        elif token.type in ("bullet_list_close", "ordered_list_close") and items is not None:
            yield Items(tuple(items), ordered)
            items = None
        elif token.type == "inline":
            spans = tuple(_spans(token.children or []))
            if items is None:
                yield Paragraph(spans)
            else:
                items.append(spans)


def _spans(tokens: list[Token]) -> Iterator[Span]:
    style = Span("")
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                style = replace(style, bold=token.type == "strong_open")
            case "em_open" | "em_close":
                style = replace(style, italic=token.type == "em_open")
            case "link_open":
                url = str(token.attrs["href"])
                style = replace(style, url=url if is_web_address(url) else None)
            case "link_close":
                style = replace(style, url=None)
            case "text" | "code_inline" if token.content:
                yield replace(style, text=_with_braces(token.content))
            case "softbreak":
                yield replace(style, text=" ")
            case "hardbreak":
                yield replace(style, text="\n")
            case _:
                pass


def _flaws(tokens: list[Token]) -> Iterator[Flaw]:
    depth, line = 0, 0
    for token in tokens:
        line = token.map[0] if token.map else line
        if token.type in _REFUSED:
            yield Flaw(line, f"{_REFUSED[token.type]} is not part of the small Markdown", _SUBSET)
        elif token.type not in _KNOWN and token.nesting >= 0:
            yield Flaw(line, f"{token.type} is not part of the small Markdown", _SUBSET)
        depth += token.nesting if "_list_" in token.type else 0
        if depth > 1 and token.nesting == 1 and "_list_" in token.type:
            yield Flaw(line, "a list inside a list", "expected lists of one level")
        if token.type == "inline":
            yield from _inline_flaws(token, line)


_SUBSET = "expected paragraphs, **bold**, *italic*, lists and links only"


def _inline_flaws(token: Token, line: int) -> Iterator[Flaw]:
    for child in token.children or []:
        if child.type in _REFUSED:
            yield Flaw(line, f"{_REFUSED[child.type]} is not part of the small Markdown", _SUBSET)
        if child.type == "link_open" and not is_web_address(str(child.attrs["href"])):
            yield Flaw(line, f"link to {str(child.attrs['href'])!r}", "expected an http:// or https:// address")
        if child.type == "text" and "**" in child.content:
            yield Flaw(line, "** that marks nothing", "expected **bold**, without spaces inside", warning=True)
        line += child.type in ("softbreak", "hardbreak")
