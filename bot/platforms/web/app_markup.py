"""The templates of the pages, and those that show messages as the platforms' apps do."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.dossier.markdown import Items
from bot.platforms.base import is_web_address
from bot.platforms.platform import Look, Platform
from bot.replies.citations import KIND_NAMES, source_line
from bot.replies.reply import Note, ProgressBar

TEMPLATES = Path(__file__).parent / "templates"

PLAIN_LOOK = Look(TEMPLATES, "plain_look.html", "plain_look.css")
"""The look of a platform without one of its own: the payload."""


def labels(platforms: Sequence[Platform[Any]]) -> dict[str, str]:
    """Name of a platform → its label, in the order of the columns."""
    return {platform.name: platform.label for platform in platforms}


def page(template: str, **values: Any) -> str:
    """A rendered template. Values are escaped unless they are Markup."""
    return _templates().get_template(template).render(**values)


@cache
def _templates() -> Environment:
    return _environment(PackageLoader(__package__), {})


@cache
def look_of(platform: Platform[Any]) -> Any:
    """The macros ``head`` and ``exchange``, which show a message as the platform's app does."""
    look = look_files(platform)
    return _environment(FileSystemLoader(look.folder), look.filters).get_template(look.template).module


@cache
def macros_of(template: Path) -> Any:
    """The macros of a platform's own template."""
    return _environment(FileSystemLoader(template.parent), {}).get_template(template.name).module


def look_files(platform: Platform[Any]) -> Look:
    """The template and the style sheet of a platform's look."""
    return platform.look() if platform.look else PLAIN_LOOK


def _environment(loader: BaseLoader, filters: Mapping[str, Callable[..., object]]) -> Environment:
    templates = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"safe_url": safe_url, "source_line": source_line, "pretty_json": pretty_json, **filters}
    templates.globals["kind_names"] = KIND_NAMES
    templates.tests |= {
        "list_block": lambda block: isinstance(block, Items),
        "progress_bar": lambda block: isinstance(block, ProgressBar),
        "note": lambda block: isinstance(block, Note),
    }
    return templates


def safe_url(url: str) -> str:
    """The URL of a button or link; ``#`` unless it is a web address."""
    return url if is_web_address(url) else "#"


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
