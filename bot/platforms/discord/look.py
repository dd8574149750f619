"""Shows a message in the browser as Discord's apps do, from its payload: Markdown (support.discord.com/hc/en-us/articles/210298617)."""

import re
from collections.abc import Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup

from bot.dossier.markdown import is_web_address
from bot.platforms.base import WEB_ADDRESS
from bot.platforms.platform import Look

_BLOCK_SEPARATOR = " "
"""A line that Markdown treats as empty, so that a block ends there. An empty line of the text itself stays empty."""

_LINE_KINDS = (("item", re.compile(r"^\s*(-|\d+\.) ")), ("small", re.compile(r"^-# ")))

_BARE_URL = re.compile(f"({WEB_ADDRESS})")


def discord_html(text: str) -> Markup:
    """The text of an embed, for a browser. It supports the part of Discord's Markdown that Nota's messages have."""
    return Markup(_MARKDOWN.render("\n".join(_separate_blocks(text))))  # noqa: S704  rendered with HTML off


def discord_line(text: str) -> Markup:
    """A text of one line (a title, a field's name), in which only inline marks count."""
    return Markup(_MARKDOWN.renderInline(text))  # noqa: S704  rendered with HTML off


def _separate_blocks(text: str) -> Iterator[str]:
    """The lines, with a separator where Discord begins a new block and CommonMark would continue the previous one."""
    previous = ""
    for line in text.split("\n"):
        kind = next((name for name, shape in _LINE_KINDS if shape.match(line)), "plain" if line.strip() else "")
        if previous and kind and (kind != previous or kind == "small"):
            yield _BLOCK_SEPARATOR
        previous = kind
        yield line if kind else ""


def _small_rule(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """A block rule: ``-# words``."""
    line = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    if not line.startswith("-# "):
        return False
    if not silent:
        state.line = start + 1
        state.push("small_open", "small", 1).map = [start, start + 1]
        inline = state.push("inline", "", 0)
        inline.content, inline.map, inline.children = line[3:].strip(), [start, start + 1], []
        state.push("small_close", "small", -1)
    return True


def _gap_rule(state: StateCore) -> None:
    """A core rule: marks each outermost block that has an empty line before it."""
    lines = state.src.split("\n")
    for token in state.tokens:
        above = token.map[0] - 1 if token.map and token.nesting >= 0 and token.level == 0 else -1
        if token.type != "inline" and above >= 0 and lines[above] == "":
            token.attrJoin("class", "gap")


def _url_rule(state: StateCore) -> None:
    """A core rule: a bare URL is a link, except inside one."""
    for block in state.tokens:
        if block.children:
            depth, tokens = 0, list[Token]()
            for token in block.children:
                depth += token.nesting if token.type.startswith("link_") else 0
                tokens += _link_tokens(token) if token.type == "text" and not depth else [token]
            block.children = tokens


def _link_tokens(text: Token) -> Iterator[Token]:
    for index, part in enumerate(_BARE_URL.split(text.content)):
        if index % 2:
            yield Token("link_open", "a", 1, attrs={"href": part})
        if part:
            yield Token("text", "", 0, content=part)
        if index % 2:
            yield Token("link_close", "a", -1)


Env = MutableMapping[str, Any]


def _render_link(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Env) -> str:
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noopener noreferrer")
    return renderer.renderToken(tokens, index, options, env)


def _discord_markdown() -> MarkdownIt:
    rules = ["list", "emphasis", "link", "escape", "newline"]
    markdown = MarkdownIt("zero", {"html": False, "breaks": True}).enable(rules)
    markdown.validateLink = is_web_address  # type: ignore[method-assign]
    markdown.block.ruler.before("list", "small", _small_rule, {"alt": ["paragraph"]})
    markdown.core.ruler.after("block", "gaps", _gap_rule)
    markdown.core.ruler.push("urls", _url_rule)
    markdown.add_render_rule("link_open", _render_link)
    return markdown


_MARKDOWN = _discord_markdown()


LOOK = Look(
    Path(__file__).parent,
    "look.html",
    "look.css",
    {
        "discord_html": discord_html,
        "discord_line": discord_line,
        "colour": lambda number: f"#{int(number) & 0xFFFFFF:06x}",
    },
)
