"""Telegram's HTML → HTML that is safe to show. PURE.

The tags and entities are those of core.telegram.org/bots/api#html-style; whatever else a text holds is shown as words.
"""

import re

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


def safe_html(text: str) -> Markup:
    """The text of a message sent with ``parse_mode`` HTML, as a browser may show it.

    The line break behind a quotation or a block of code is what ends it, and not a line of its own.
    """
    clean = _CLEANER.clean(_UNKNOWN_ENTITY.sub("&amp;", text))
    return Markup(_BLOCK_END.sub(r"\1", clean))  # noqa: S704  nh3 has cleaned it
