"""The text of a platform's payload → safe HTML that looks as in the platform's app; and the templates.

The HTML is made from the payload alone, so it shows what would be sent.
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

from bot.dossier.markdown import Items
from bot.replies.citations import KIND_NAMES, source_line
from bot.replies.reply import Note, ProgressBar

PLATFORM_NAMES = {"telegram": "Telegram", "discord": "Discord"}
"""The platforms that the preview can show, in the order of their columns."""

_URL = r"https?://[^\s<>]*[^\s<>.,:;!?'\")\]]"

# ---- Telegram's HTML (core.telegram.org/bots/api#html-style)

_CLEANER = nh3.Cleaner(
    tags={"b", "i", "a", "blockquote"},
    clean_content_tags=set(),
    attributes={"a": {"href"}, "blockquote": {"expandable"}},
    url_schemes={"http", "https", "tg", "mailto", "tel"},
    url_relative="deny",
    link_rel="noopener noreferrer",
    set_tag_attribute_values={"a": {"target": "_blank"}},
)

_UNKNOWN_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});)")
_BLOCK_END = "</blockquote>\n"
_TAG = re.compile(r"""(</?([a-z-]+)(?:[^"'>]|"[^"]*")*>)""")
_URL_OR_COMMAND = re.compile(rf"(?P<url>{_URL})|(?<![\w/@&#;])/(?P<command>[A-Za-z0-9_]{{1,64}})(?![\w/])")


def telegram_html(text: str) -> Markup:
    """The text of a message with ``parse_mode`` HTML, for a browser.

    Of Telegram's tags it keeps those that our messages have. As in Telegram's apps, URLs and commands can be pressed
    (core.telegram.org/bots/api#messageentity), and a line break behind a quotation ends that block and makes no empty line.
    """
    clean = _CLEANER.clean(_UNKNOWN_ENTITY.sub("&amp;", text))
    return Markup("".join(_with_links(clean.replace(_BLOCK_END, _BLOCK_END.rstrip()))))  # noqa: S704  nh3 has cleaned it


def _with_links(clean: str) -> Iterator[str]:
    """Adds links to the text of clean HTML, except inside links."""
    in_link, end = False, 0
    for tag in _TAG.finditer(clean):
        words = clean[end : tag.start()]
        yield words if in_link else _URL_OR_COMMAND.sub(_telegram_link, words)
        yield tag[1]
        end = tag.end()
        if tag[2] == "a":
            in_link = not tag[1].startswith("</")
    yield clean[end:] if in_link else _URL_OR_COMMAND.sub(_telegram_link, clean[end:])


def _telegram_link(found: re.Match[str]) -> str:
    if url := found["url"]:
        return f'<a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a>'
    command = found["command"]
    return f'<button class="command" form="chips" name="text" value="/{command}">/{command}</button>'


# ---- Discord's Markdown (support.discord.com/hc/en-us/articles/210298617)

_BLOCK_SEPARATOR = " "
"""A line that Markdown treats as empty, so that a block ends there. An empty line of the text itself stays empty."""

_LINE_KINDS = (("item", re.compile(r"^\s*(-|\d+\.) ")), ("small", re.compile(r"^-# ")))

_BARE_URL = re.compile(f"({_URL})")


def discord_html(text: str) -> Markup:
    """The text of an embed, for a browser: of Discord's Markdown, what our messages have."""
    return Markup(_MARKDOWN.render("\n".join(_separate_blocks(text))))  # noqa: S704  rendered with HTML off


def discord_line(text: str) -> Markup:
    """A text of one line (a title, a field's name), in which only inline marks count."""
    return Markup(_MARKDOWN.renderInline(text))  # noqa: S704  rendered with HTML off


def _separate_blocks(text: str) -> Iterator[str]:
    """The lines, with a separator wherever Discord begins a new block and CommonMark would continue the last one."""
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


def _is_web_url(url: str) -> bool:
    return url.lower().startswith(("https://", "http://"))


def _discord_markdown() -> MarkdownIt:
    rules = ["list", "emphasis", "link", "escape", "newline"]
    markdown = MarkdownIt("zero", {"html": False, "breaks": True}).enable(rules)
    markdown.validateLink = _is_web_url  # type: ignore[method-assign]
    markdown.block.ruler.before("list", "small", _small_rule, {"alt": ["paragraph"]})
    markdown.core.ruler.after("block", "gaps", _gap_rule)
    markdown.core.ruler.push("urls", _url_rule)
    markdown.add_render_rule("link_open", _render_link)
    return markdown


_MARKDOWN = _discord_markdown()

# ---- Templates


def page(template: str, **values: Any) -> str:
    """A rendered template. Values are escaped unless they are Markup."""
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
        "telegram_html": telegram_html,
        "discord_html": discord_html,
        "discord_line": discord_line,
        "colour": lambda number: f"#{int(number) & 0xFFFFFF:06x}",
        "safe_url": safe_url,
        "source_line": source_line,
        "pretty_json": pretty_json,
    }
    templates.globals["kind_names"] = KIND_NAMES
    templates.tests |= {
        "list_block": lambda block: isinstance(block, Items),
        "progress_bar": lambda block: isinstance(block, ProgressBar),
        "note": lambda block: isinstance(block, Note),
    }
    return templates


def safe_url(url: str) -> str:
    """The URL of a button or link; ``#`` unless it leads to the web or to Telegram."""
    return url if _is_web_url(url) or url.lower().startswith("tg://") else "#"


_JSON_PARTS = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=:)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>\b(?:true|false|null)\b|-?\b\d[\d.]*\b)'
)


def pretty_json(payload: Mapping[str, Any]) -> Markup:
    """The payload as indented JSON, its parts in spans of class ``json-key``, ``json-text`` and ``json-word``."""
    source = json.dumps(payload, ensure_ascii=False, indent=2)
    parts, end = [], 0
    for match in _JSON_PARTS.finditer(source):
        span = Markup('<span class="json-{}">{}</span>').format(match.lastgroup, match[0])
        parts += [escape(source[end : match.start()]), span]
        end = match.end()
    return Markup().join([*parts, escape(source[end:])])
