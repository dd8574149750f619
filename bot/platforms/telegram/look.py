"""Shows a message in the browser as Telegram's apps do, from its payload: HTML (core.telegram.org/bots/api#html-style)."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from bot.dossier.markdown import is_web_address
from bot.platforms.base import WEB_ADDRESS
from bot.platforms.platform import Look

if TYPE_CHECKING:
    from nh3 import Cleaner


@cache
def _cleaner() -> "Cleaner":
    from nh3 import Cleaner  # noqa: PLC0415  nothing is shown before an editor looks

    return Cleaner(
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
_URL_OR_COMMAND = re.compile(rf"(?P<url>{WEB_ADDRESS})|(?<![\w/@&#;])/(?P<command>[A-Za-z0-9_]{{1,64}})(?![\w/])")


def telegram_html(text: str) -> Markup:
    """The text of a message with ``parse_mode`` HTML, for a browser.

    Of Telegram's tags it keeps those that Nota's messages have. As in Telegram's apps, URLs and commands can be pressed
    (core.telegram.org/bots/api#messageentity), and a line break behind a quotation ends the block without an empty line.
    """
    clean = _cleaner().clean(_UNKNOWN_ENTITY.sub("&amp;", text))
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


def _telegram_link(match: re.Match[str]) -> str:
    if url := match["url"]:
        return f'<a href="{url}" target="_blank" rel="noopener noreferrer">{url}</a>'
    command = match["command"]
    return f'<button class="command" form="chips" name="text" value="/{command}">/{command}</button>'


def safe_url(url: str) -> str:
    """The address of a button; ``#`` unless it opens the web or the app."""
    return url if is_web_address(url) or url.lower().startswith("tg://") else "#"


LOOK = Look(Path(__file__).parent, "look.html", "look.css", {"telegram_html": telegram_html, "safe_url": safe_url})
