"""A platform's payload → what its app would show of it, as safe HTML; and the page around it.

What is shown is made from the payload alone, so that it is what would be sent.
"""

import json
import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from functools import cache
from typing import Any

import nh3
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup, escape

TAGS = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote"}
    | {"span", "tg-spoiler", "tg-emoji"}
)


_BLOCK_END = re.compile(r"(</(?:blockquote|pre)>)\n")


_UNKNOWN_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")


_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(),
    attributes={"a": {"href"}, "blockquote": {"expandable"}},
    allowed_classes={"span": {"tg-spoiler"}},
    url_schemes={"http", "https", "tg", "mailto", "tel"},
    url_relative="deny",
    link_rel="noopener noreferrer",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)


_TAG = re.compile(r"""(</?([a-z-]+)(?:[^"'>]|"[^"]*")*>)""")


_LITERAL = frozenset({"a", "code", "pre"})


_FOUND = re.compile(
    r"(?P<address>https?://[^\s<>]*[^\s<>.,:;!?'\")\]])|(?<![\w/@&#;])/(?P<command>[A-Za-z0-9_]{1,64})(?![\w/])"
)


_TELEGRAM_ADDRESS = '<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>'


_COMMAND = '<button class="command" form="chips" name="text" value="/{0}">/{0}</button>'


def safe_telegram_html(text: str) -> Markup:
    """The text of a message sent with ``parse_mode`` HTML, as a browser may show it.

    As in Telegram's apps, addresses and commands can be pressed (core.telegram.org/bots/api#messageentity), and the line
    break behind a quotation or a block of code is what ends it, not a line of its own.
    """
    clean = _CLEANER.clean(_UNKNOWN_ENTITY.sub("&amp;", text))
    return Markup("".join(_pressable(_BLOCK_END.sub(r"\1", clean))))  # noqa: S704  nh3 has cleaned it


def _pressable(clean: str) -> Iterator[str]:
    """Clean HTML with links around what Telegram finds by itself: not in links, nor in code."""
    literal, end = 0, 0
    for tag in _TAG.finditer(clean):
        yield _with_links(clean[end : tag.start()], literal)
        yield tag[1]
        end = tag.end()
        if tag[2] in _LITERAL:
            literal += -1 if tag[1].startswith("</") else 1
    yield _with_links(clean[end:], literal)


def _with_links(words: str, literal: int) -> str:
    return words if literal else _FOUND.sub(_telegram_link, words)


def _telegram_link(found: re.Match[str]) -> str:
    return _TELEGRAM_ADDRESS.format(found["address"]) if found["address"] else _COMMAND.format(found["command"])


_RULES = ("heading", "list", "blockquote", "fence", "backticks", "emphasis", "strikethrough", "link", "autolink")


_SEAM = " "
"""Blank to Markdown, so that a block ends there, and yet told from a blank line that is to be seen."""


_DISCORD_ADDRESS = re.compile(r"(https?://[^\s<>]*[^\s<>.,:;!?'\")\]])")


_FENCE = re.compile(r"^\s*```")


_KINDS = (
    ("quote", re.compile(r"^>(>>)? ")),
    ("item", re.compile(r"^\s*([-*]|\d+\.) ")),
    ("head", re.compile(r"^#{1,3} ")),
    ("small", re.compile(r"^-# ")),
)


_ALONE = ("head", "small")


def safe_discord_html(text: str) -> Markup:
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
    for index, part in enumerate(_DISCORD_ADDRESS.split(text.content)):
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
    markdown.add_render_rule("link_open", _discord_link)
    return markdown


def _discord_link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noopener noreferrer")
    return renderer.renderToken(tokens, index, options, env)


_MARKDOWN = _markdown()


NAMES = {"telegram": "Telegram", "discord": "Discord"}
"""The platforms that have a look here, in the order of their columns."""


_JSON_PARTS = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=:)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>\b(?:true|false|null)\b|-?\b\d[\d.]*\b)'
)


def page(template: str, **values: Any) -> str:
    """A whole page; whatever a value holds is escaped unless it is Markup."""
    return _templates().get_template(template).render(**values)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "telegram_html": safe_telegram_html,
        "discord_html": safe_discord_html,
        "discord_line": safe_line,
        "colour": lambda number: f"#{int(number) & 0xFFFFFF:06x}",
        "address": address,
        "pretty_json": pretty_json,
    }
    return templates


def address(url: str) -> str:
    """Where a button leads; nowhere, if that is not in the web or in Telegram."""
    return url if url.lower().startswith(("https://", "http://", "tg://")) else "#"


def pretty_json(payload: Mapping[str, Any]) -> Markup:
    """The payload as JSON, indented, its parts in spans of class ``json-key``, ``json-text`` and ``json-word``."""
    source = json.dumps(payload, ensure_ascii=False, indent=2)
    parts, end = [], 0
    for match in _JSON_PARTS.finditer(source):
        parts += [
            escape(source[end : match.start()]),
            Markup('<span class="json-{}">{}</span>').format(match.lastgroup, match[0]),
        ]
        end = match.end()
    return Markup().join([*parts, escape(source[end:])])
