"""What in a text of the content lies outside the small Markdown (:mod:`bot.dossier.text`). PURE."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it.token import Token

from bot.dossier.kinds import is_web_address
from bot.dossier.text import MARKDOWN, guarded, parsed

_PLAIN = re.compile(
    r"(?:(?:(?:[-+*] )?"  # a line may be an item of a list
    r"(?![0-9]{1,9}[.)][ \n])\*{0,2}(?:[^\W_]|[{(\"'«„“/])"  # and begins with words, in any style, or with a reference
    r"[^\x00-\x1f\x7f`<>\[\]#~]*+)?\n)*+"
)
"""Lines, each with its end, in which CommonMark finds nothing but paragraphs, unnested lists, bold and italic."""

_BOLD = re.compile(r"(?:^|(?<=[\s(«„“—]))\*\*(?![\s*])[^*\n\\]*(?<![\s*])\*\*(?![\w*{])", re.MULTILINE)
"""What is bold for sure, whatever stands around it."""

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
class Flaw:
    """What in a text lies outside the small Markdown; ``line`` counts from 0 at the text's first line.

    A warning is what will be shown as it stands, and was hardly meant so.
    """

    line: int
    problem: str
    expected: str
    warning: bool = False


def flaws(markdown: str) -> list[Flaw]:
    """Everything in the text that lies outside the small Markdown, in order.

    Most texts can be seen to have none without being parsed, which takes fifty times as long.
    """
    if _PLAIN.fullmatch(markdown + "\n") and "**" not in _BOLD.sub("", markdown):
        return []
    return list(_flaws(parsed(markdown)))


def is_marked(line: str) -> bool:
    """Whether there is Markdown in a line that is shown as it stands, as titles are."""
    (inline,) = MARKDOWN.parseInline(guarded(line))
    return any(child.type in ("strong_open", "em_open", "link_open") for child in inline.children or [])


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
