"""The small Markdown of the content, parsed into plain spans and blocks. PURE.

Allowed: paragraphs, ``**bold**``, ``*italic*``, one-level lists and links. Everything else that CommonMark knows
(headings, images, code, quotes, HTML, rules) is an error, because no two chat platforms show it alike.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_URL_LENGTH = 2048
"""Characters that every browser takes; Telegram and Discord take more."""


def is_web_address(url: str) -> bool:
    """Whether it is an absolute http:// or https:// address with a host and no user name, not too long."""
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


OPENING, CLOSING = "\ue000", "\ue001"
"""Replace a placeholder's braces while Markdown is parsed. They are no punctuation, so ``**{fact}**`` is bold also in
scripts without spaces between words (CommonMark 0.31, section 6.2)."""

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
MARKDOWN.validateLink = lambda url: True  # type: ignore[method-assign]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style; ``url`` is None if it is no link."""

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


@lru_cache(maxsize=4096)
def parse(markdown: str) -> tuple[Paragraph | Items, ...]:
    """The blocks of a text. What :func:`~bot.dossier.text_validators.check_markdown` reports is left out."""
    return tuple(_blocks(parsed(markdown)))


def parsed(markdown: str) -> list[Token]:
    """The parser's tokens, with guarded placeholders."""
    return MARKDOWN.parse(guarded(markdown))


def guarded(markdown: str) -> str:
    """The text as :data:`MARKDOWN` needs it, with other characters for the braces of placeholders."""
    return PLACEHOLDER.sub(lambda match: f"{OPENING}{match[0][1:-1]}{CLOSING}", markdown)


def _with_braces(words: str) -> str:
    return words.replace(OPENING, "{").replace(CLOSING, "}")


def expand(spans: Spans, value_of: Callable[[str, str], str]) -> Spans:
    """Replaces each ``{fact_id.form}`` by ``value_of(fact_id, form)``; ``form`` is "" if none is given."""
    return tuple(replace(span, text=expand_text(span.text, value_of)) for span in spans)


def expand_text(text: str, value_of: Callable[[str, str], str]) -> str:
    """The same for one plain text."""
    return PLACEHOLDER.sub(lambda match: value_of(match[1], match[2] or ""), text)


def plain(spans: Spans) -> str:
    """The text without styles."""
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
