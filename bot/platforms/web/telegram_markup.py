"""Telegram's HTML → HTML that is safe to show. PURE.

The tags and entities are those of core.telegram.org/bots/api#html-style; whatever else a text holds is shown as words.
"""

import re
from collections.abc import Iterator

import nh3
from markupsafe import Markup

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
_ADDRESS = '<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>'
_COMMAND = '<button class="command" form="chips" name="text" value="/{0}">/{0}</button>'


def safe_html(text: str) -> Markup:
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
    return words if literal else _FOUND.sub(_link, words)


def _link(found: re.Match[str]) -> str:
    return _ADDRESS.format(found["address"]) if found["address"] else _COMMAND.format(found["command"])
