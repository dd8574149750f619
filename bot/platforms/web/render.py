"""A platform's payload → what its app would show of it, as safe HTML; and the page around it.

What is shown is made from the payload alone, so that it is what would be sent.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.platforms.web import discord_markup, telegram_markup

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
        "telegram_html": telegram_markup.safe_html,
        "discord_html": discord_markup.safe_html,
        "discord_line": discord_markup.safe_line,
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
