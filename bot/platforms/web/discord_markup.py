"""Discord's Markdown → HTML that is safe to show. PURE.

Discord reads line by line (support.discord.com, "Markdown Text 101"): a quotation, a list item, a heading or a ``-#`` small
line ends with its line, blank lines are shown, and there is neither HTML nor an entity.
"""

import re
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

_RULES = ("heading", "list", "blockquote", "fence", "backticks", "emphasis", "strikethrough", "link", "autolink")
_SEAM = " "
"""Blank to Markdown, so that a block ends there, and yet told from a blank line that is to be seen."""

_ADDRESS = re.compile(r"(https?://[^\s<>]*[^\s<>.,:;!?'\")\]])")
_FENCE = re.compile(r"^\s*```")
_KINDS = (
    ("quote", re.compile(r"^>(>>)? ")),
    ("item", re.compile(r"^\s*([-*]|\d+\.) ")),
    ("head", re.compile(r"^#{1,3} ")),
    ("small", re.compile(r"^-# ")),
)
_ALONE = ("head", "small")


def safe_html(text: str) -> Markup:
    """A message's or an embed's text, as a browser may show it."""
    return Markup(_MARKDOWN.render("\n".join(_seamed(text))))  # noqa: S704  rendered with HTML off


def safe_line(text: str) -> Markup:
    """A text of one line (a title, a field's name), its inline marks alone."""
    return Markup(_MARKDOWN.renderInline(text))  # noqa: S704  rendered with HTML off


def _seamed(text: str) -> Iterator[str]:
    """The lines, with a seam wherever Discord begins anew and CommonMark would go on."""
    before, fenced = "", False
    for line in text.split("\n"):
        fence = bool(_FENCE.match(line))
        kind = "fence" if fenced or fence else _kind(line)
        if before and kind and (kind != before or kind in _ALONE):
            yield _SEAM
        before, fenced = kind, fenced ^ fence
        yield line if line.strip() or fenced else ""


def _kind(line: str) -> str:
    return next((name for name, shape in _KINDS if shape.match(line)), "plain" if line.strip() else "")


def _small(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """A block rule: ``-# words``."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    if not line.startswith("-# "):
        return False
    if not silent:
        state.line = start + 1
        state.push("small_open", "small", 1).map = [start, start + 1]
        words = state.push("inline", "", 0)
        words.content, words.map, words.children = line[3:].strip(), [start, start + 1], []
        state.push("small_close", "small", -1)
    return True


def _gaps(state: StateCore) -> None:
    """A core rule: marks each outermost block that has a blank line before it."""
    lines = state.src.split("\n")
    for token in state.tokens:
        above = token.map[0] - 1 if token.map and token.nesting >= 0 and token.level == 0 else -1
        if token.type != "inline" and above >= 0 and lines[above] == "":
            token.attrJoin("class", "gap")


def _addresses(state: StateCore) -> None:
    """A core rule: a bare address is a link, except inside one."""
    for block in state.tokens:
        if block.children:
            linked, found = 0, list[Token]()
            for token in block.children:
                linked += token.nesting if token.type.startswith("link_") else 0
                found += _linked(token) if token.type == "text" and not linked else [token]
            block.children = found


def _linked(text: Token) -> Iterator[Token]:
    for index, part in enumerate(_ADDRESS.split(text.content)):
        if index % 2:
            yield Token("link_open", "a", 1, attrs={"href": part})
        if part:
            yield Token("text", "", 0, content=part)
        if index % 2:
            yield Token("link_close", "a", -1)


def _strong(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    """``__words__`` is underlined on Discord."""
    token = tokens[index]
    token.tag = "u" if token.markup == "__" else "strong"
    return renderer.renderToken(tokens, index, options, env)


def _web_address(url: str) -> bool:
    return url.lower().startswith(("https://", "http://"))


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("zero", {"html": False, "breaks": True}).enable([*_RULES, "escape", "newline"])
    markdown.validateLink = _web_address  # type: ignore[method-assign]
    markdown.block.ruler.before("list", "small", _small, {"alt": ["paragraph", "blockquote"]})
    markdown.core.ruler.after("block", "gaps", _gaps)
    markdown.core.ruler.push("addresses", _addresses)
    markdown.add_render_rule("strong_open", _strong)
    markdown.add_render_rule("strong_close", _strong)
    markdown.add_render_rule("link_open", _link)
    return markdown


def _link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noopener noreferrer")
    return renderer.renderToken(tokens, index, options, env)


_MARKDOWN = _markdown()
