"""The small Markdown of the content, parsed into plain spans and blocks. PURE.

Allowed: paragraphs, ``**bold**``, ``*italic*``, one-level lists, links and citations (``[@source-id]``, ``[@a; @b]``, ``[@a, p. 3]``).
All other elements of CommonMark (headings, images, code, quotes, HTML, rules) are errors, because chat platforms show them
differently.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from operator import not_
from typing import Annotated
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from pydantic import Field

MAX_URL_LENGTH = 2048
"""The length that every browser accepts; Telegram and Discord accept more."""


def is_web_address(url: str) -> bool:
    """Whether the address is absolute, http:// or https://, with a host, without a user name, and not too long."""
    try:
        parts = urlsplit(url)
        named = all((parts.hostname or "").removesuffix(".").split(".")) and parts.username is None
        has_host = named and (parts.port is None or parts.port > 0)
    except ValueError:  # an open bracket, an invalid port
        return False
    plain = not re.search(r"[\s<>\"]", url)
    return plain and has_host and parts.scheme in ("http", "https") and len(url) <= MAX_URL_LENGTH


PLACEHOLDER = re.compile(r"\{([^\W.][\w-]*)(?:\.([a-z]+))?\}")
"""``{fact_id}`` or ``{fact_id.form}``."""


OPENING, CLOSING = "\ufffe", "\uffff"
"""Replace a placeholder's braces while Markdown is parsed. They are not punctuation, so ``**{fact}**`` is bold also in
scripts without spaces between words (CommonMark 0.31, section 6.2); and they are no characters
(Unicode 16, 23.7), which no file and no form may hold."""

CITATION = re.compile(r"(?<!\\)\[@([^\[\]]*)\](?!\()")
"""``[@source-id]``, ``[@a; @b]`` or ``[@a, p. 3]``, as Pandoc writes citations (pandoc.org/MANUAL.html#citation-syntax); ``[@a](…)`` is a link."""

WrittenPlace = Annotated[str, Field(exclude_if=not_)]
"""A place in a source as the ledger stores it: a text without any is written as by releases before 0.9, so that its hash stays."""


def _citation(state: StateInline, silent: bool) -> bool:
    """The parser's rule for a citation, which becomes its own token (markdown-it-py.readthedocs.io, "Design principles")."""
    match = CITATION.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("citation", "", 0).content = match[1]
    state.pos = match.end()
    return True


MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
MARKDOWN.validateLink = lambda url: True  # type: ignore[method-assign]
MARKDOWN.inline.ruler.before("link", "citation", _citation)


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style.

    Attributes:
        url: the address of a link; None: not a link.
        source: the id of the cited source; None: not a citation. The text of a citation is empty until the reply numbers it.
        place: where in the source; "": the whole source.
    """

    text: str
    bold: bool = False
    italic: bool = False
    url: str | None = None
    source: str | None = None
    place: WrittenPlace = ""


Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    spans: Spans


@dataclass(frozen=True, slots=True)
class Items:
    """A list of one level."""

    items: tuple[Spans, ...]
    ordered: bool = False


@lru_cache(maxsize=4096)
def parse(markdown: str) -> tuple[Paragraph | Items, ...]:
    """The blocks of a text. Of what :func:`~bot.dossier.text_validators.check_markdown` refuses, the words stand as they are written."""
    return tuple(_blocks(parsed(markdown)))


def paragraphs(markdown: str) -> Iterator[tuple[int, bool, Spans]]:
    """Each paragraph and each item of a list: its line in the text (from 0), whether it is an item, and its words."""
    depth = 0
    for token in parsed(markdown):
        depth += token.nesting if token.type.startswith(("bullet_list_", "ordered_list_")) else 0
        if token.type == "inline":
            yield (token.map or [0])[0], depth > 0, _spans(token.children or [])


def parsed(markdown: str) -> list[Token]:
    """The parser's tokens, with guarded placeholders."""
    return MARKDOWN.parse(guarded(markdown))


def guarded(markdown: str) -> str:
    """The text for :data:`MARKDOWN`, with other characters instead of the braces of placeholders."""
    return PLACEHOLDER.sub(lambda match: f"{OPENING}{match[0][1:-1]}{CLOSING}", markdown)


def _with_braces(words: str) -> str:
    return words.replace(OPENING, "{").replace(CLOSING, "}")


def expand(spans: Spans, value_of: Callable[[str, str], str]) -> Spans:
    """Replaces each ``{fact_id.form}`` by ``value_of(fact_id, form)``; ``form`` may be ""."""
    return tuple(replace(span, text=expand_text(span.text, value_of)) for span in spans)


def expand_text(text: str, value_of: Callable[[str, str], str]) -> str:
    """The same for one plain text."""
    return PLACEHOLDER.sub(lambda match: value_of(match[1], match[2] or ""), text)


def plain(spans: Spans) -> str:
    """The text without styles."""
    return "".join(span.text for span in spans)


def uncited(spans: Spans) -> Spans:
    """The spans without citations, and without the gaps between two of them."""
    return tuple(
        span
        for before, span in pairwise((Span(""), *spans))
        if span.source is None and not (before.source is not None and span.text == CITATION_GAP)
    )


def without_citations(spans: Spans) -> str:
    """The text without styles and citations."""
    return plain(uncited(spans))


def citations(text: str) -> Iterator[tuple[int, str]]:
    """The ids of the sources that a text cites, in order, each with its line (from 0)."""
    yield from ((line, source) for line, source, _ in placed_citations(text))


def placed_citations(text: str) -> Iterator[tuple[int, str, str | None]]:
    """The same with the place in each source; None: no comma stands behind its id."""
    for match in CITATION.finditer(text):
        line = text.count("\n", 0, match.start())
        yield from ((line, source, place) for source, place in _cited(match[1]))


def _cited(content: str) -> Iterator[tuple[str, str | None]]:
    """``a, p. 3; @b`` → a with p. 3, b. What looks like another source behind a comma is no place."""
    for part in content.split(";"):
        words = " ".join(part.split()).removeprefix("@")
        source, comma, place = words.partition(",")
        is_placed = comma and not place.lstrip().startswith("@")
        yield (source.rstrip(), place.strip()) if is_placed else (words, None)


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
            spans = _spans(token.children or [])
            if items is None:
                yield Paragraph(spans)
            else:
                items.append(spans)
        elif token.type in ("html_block", "fence", "code_block"):  # refused, but the reason of a withdrawal may have it
            yield Paragraph((Span(_with_braces(token.content.strip())),))


def _spans(tokens: list[Token]) -> Spans:
    spans: list[Span] = []
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
            case "text" | "code_inline" | "html_inline" | "image" if token.content:
                spans.append(replace(style, text=_with_braces(token.content)))
            case "citation":
                _cite(spans, _cited(_with_braces(token.content)))
            case "softbreak":
                spans.append(replace(style, text=" "))
            case "hardbreak":
                spans.append(replace(style, text="\n"))
            case _:
                pass
    return tuple(spans)


CITATION_GAP = "\u202f"
"""A narrow no-break space, between two citations of one statement."""


def _cite(spans: list[Span], cited: Iterable[tuple[str, str | None]]) -> None:
    """Adds citations directly after the last words, without the space before them."""
    while spans and spans[-1].source is None and not spans[-1].text.strip():
        spans.pop()
    if spans and spans[-1].source is None:
        spans[-1] = replace(spans[-1], text=spans[-1].text.rstrip())
    for source, place in cited:
        if spans and spans[-1].source is not None:
            spans.append(Span(CITATION_GAP))
        spans.append(Span("", source=source, place=place or ""))
