"""Shows a mail in the browser: its subject and its plain text. A mail program decides which part it shows, and how."""

import re
from pathlib import Path

from markupsafe import Markup, escape

from bot.platforms.base import WEB_ADDRESS
from bot.platforms.platform import Look

_ADDRESS = re.compile(f"({WEB_ADDRESS})")


def linked(text: str) -> Markup:
    """The text with its web addresses as links, as mail programs show it."""
    link = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>')
    parts = _ADDRESS.split(text)
    return Markup().join(link.format(part) if number % 2 else escape(part) for number, part in enumerate(parts))


LOOK = Look(Path(__file__).parent, "look.html", "look.css", {"linked": linked})
