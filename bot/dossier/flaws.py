"""What in a text of the content lies outside the small Markdown (:mod:`bot.dossier.text`). PURE."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from markdown_it.token import Token

from bot.dossier.kinds import is_web_address
from bot.dossier.text import MARKDOWN, OPENING, guarded, parsed

_PLAIN = re.compile(
    r"(?:(?:(?:[-+*] )?"  # a line may be an item of a list
    r"(?![0-9]{1,9}[.)][ \n])\*{0,2}(?:[^\W_]|[{(\"'«„“/])"  # and begins with words, in any style, or with a reference
    r"[^\x00-\x1f\x7f`<>\[\]#~]*+)?\n)*+"
)
"""Lines, each with its end, in which CommonMark finds nothing but paragraphs, unnested lists, bold and italic."""

_BOLD = re.compile(r"(?:^|(?<=[\s(«„“—]))\*\*(?![\s*])[^*\n\\]*(?<![\s*])\*\*(?![\w*{])", re.MULTILINE)
"""What is bold for sure, whatever stands around it."""

_STARS = re.compile(r"\*\*|(?<![^\s(«„“—])\*(?=\w)")
"""What may mark something, or nothing."""

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
    if _PLAIN.fullmatch(markdown + "\n") and not _STARS.search(_BOLD.sub("", markdown)):
        return []
    return list(_flaws(parsed(markdown)))


def is_marked(line: str) -> bool:
    """Whether there is Markdown in a line that is shown as it stands, as titles are."""
    (inline,) = MARKDOWN.parseInline(guarded(line))
    return any(child.type in ("strong_open", "em_open", "link_open") for child in inline.children or [])


def _flaws(tokens: list[Token]) -> Iterator[Flaw]:
    depth, line = 0, 0
    for position, token in enumerate(tokens):
        line = token.map[0] if token.map else line
        if token.type in _REFUSED:
            yield Flaw(line, f"{_REFUSED[token.type]} is not part of the small Markdown", _SUBSET)
        elif token.type not in _KNOWN and token.nesting >= 0:
            yield Flaw(line, f"{token.type} is not part of the small Markdown", _SUBSET)
        depth += token.nesting if "_list_" in token.type else 0
        if depth > 1 and token.nesting == 1 and "_list_" in token.type:
            yield Flaw(line, "a list inside a list", "expected lists of one level")
        elif token.type == "ordered_list_open":
            yield from _number_flaws(tokens[position:], line)
        if token.type == "inline":
            yield from _inline_flaws(token, line)


_SUBSET = "expected paragraphs, **bold**, *italic*, lists and links only"


def _number_flaws(tokens: list[Token], line: int) -> Iterator[Flaw]:
    """Of what was hardly meant for a list: «19. Juni» at the start of a line, or one that does not begin with 1."""
    items = sum(token.type == "list_item_open" for token in tokens[: _closing(tokens)])
    start = int(tokens[0].attrs.get("start", 1))
    if items == 1 or start != 1:
        problem = f"a line that begins with {start}. is shown as 1. of a list"
        yield Flaw(line, problem, f"expected {start}\\. for words, or items from 1 on", warning=True)


def _closing(tokens: list[Token]) -> int:
    return next(index for index, token in enumerate(tokens) if token.type == "ordered_list_close")


def _inline_flaws(token: Token, line: int) -> Iterator[Flaw]:
    before: Token | None = None
    for child in token.children or []:
        if child.type in _REFUSED:
            yield Flaw(line, f"{_REFUSED[child.type]} is not part of the small Markdown", _SUBSET)
        if child.type == "link_open":
            yield from _link_flaws(str(child.attrs["href"]), line)
        if child.type == "link_close" and before is not None and before.type == "link_open":
            yield Flaw(line, "a link without words", "expected [words](https://…)")
        if child.type == "text":
            yield from (Flaw(line, *said, warning=True) for said in _unmarked(child.content, before))
        line += child.type in ("softbreak", "hardbreak")
        before = child


def _link_flaws(url: str, line: int) -> Iterator[Flaw]:
    if OPENING in unquote(url):
        yield Flaw(line, "a fact in the address of a link", "expected the address written out")
    elif not is_web_address(url):
        yield Flaw(line, f"link to {url!r}", "expected an http:// or https:// address, without a user name")


def _unmarked(words: str, before: Token | None) -> Iterator[tuple[str, str]]:
    """What looks like Markdown and is shown as it stands."""
    if "**" in words:
        yield "** that marks nothing", "expected **bold**, without spaces inside"
    elif re.search(r"(?<!\S)\*(?=\w)", words):
        yield "* that marks nothing", "expected *italic*, or \\* for a star"
    if re.search(r"\]\(|\]\[|^\[[ xX]\] ", words):
        yield "brackets that make no link", "expected [words](https://…), without spaces in the address"
    if words[:1] in "•·▪●◦‣" and words and (before is None or before.type in ("softbreak", "hardbreak")):
        yield f"{words[0]} that makes no list", "expected - item lines"
