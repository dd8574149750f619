"""The templates of the pages, and those that show messages as the platforms' apps do."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context
from markupsafe import Markup, escape

from bot.dossier.models import Language
from bot.languages import direction
from bot.platforms.base import KINDS_OF_BLOCKS, safe_url
from bot.platforms.platform import Look, Platform
from bot.platforms.web.addresses import href
from bot.release import release
from bot.replies.citations import KIND_NAMES, source_line
from bot.replies.i18n import has_phrases, phrases_in
from bot.replies.reply import Reply

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


def shown_message(
    platform: Platform[Any],
    reply: Reply,
    language: Language,
    at: datetime,
    *,
    number: int = 0,
    text: str = "",
    picture: object = None,
    explanation: object = None,
    topics: Sequence[tuple[str, str]] = (),
    **also: object,
) -> Markup:
    """A message as the platform's app shows it, made from its very payload.

    Args:
        platform: that shows it.
        reply: the message.
        language: of the words around it.
        at: when it was sent.
        number: of the exchange in its chat.
        text: that was typed before; "": it came unasked.
        picture: its address, alternative text and height.
        explanation: why it is the answer.
        topics: ids and titles of those to which what was typed can be added as an example.
        also: more values of the template.
    """
    exchange = {"payload": platform.payload(reply), "number": number, "text": text, "at": at, "picture": picture}
    values = {"exchange": exchange, "explanation": explanation, "topics": topics, "say": phrases_in(language).say}
    html = page("exchange.html", platform=platform.name, look=look_of(platform), **values, **also)
    return Markup(html)  # noqa: S704  the template escapes


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
    return platform.look() or PLAIN_LOOK


class OwnWords(Extension):
    """Marks the bot's own words where a page's language has no catalogue, so that nobody hears English read as if it were German.

    In the text of an element ``{{ say(…) }}`` and ``{{ count(…) }}`` become ``{{ own_words(say, …) }}``. In attributes, and in elements that hold
    text alone, there is no place for a language of its own.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        parts, in_tag, text_alone = [], False, ""
        for part in _MARKUP.split(source):
            if part.startswith("{{"):
                is_text = not in_tag and not text_alone and not _has_filter(part)
                parts.append(_SAID.sub(r"own_words(\1, ", part) if is_text else part)
                continue
            if part.startswith("<") and (tag := _TAG.match(part)):
                in_tag = True
                text_alone = "" if tag[1] else tag[2].lower() if tag[2].lower() in _TEXT_ALONE else text_alone
            elif part == ">":
                in_tag = False
            parts.append(part)
        return "".join(parts)


class OwnAddresses(Extension):
    """Puts every address in a template through :func:`href`, so that no page forgets the path of PUBLIC_URL.

    A script keeps what is typed in the browser by host, so the path stands before the names of what it keeps as well: another Nota of the host has others.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        source = re.sub(r'(?<=\s)(data-(?:kept|said)-as)="', r'\1="{{ href("/")[:-1] }}', source)
        return _ADDRESS.sub(lambda match: f'{match[1]}="{{{{ href({match[2] or repr("/")}) }}}}', source)


_ADDRESS = re.compile(
    r'(?<=\s)(href|src|srcset|action|formaction|data-(?:check|fetch|push-worker|source|stream))="(?:/|\{\{ (.+?) \}\})'
)


def _has_filter(expression: str) -> bool:
    """Whether a filter gets what is said: it may not expect markup."""
    bare, before = _TEXT.sub("", expression), ""
    while bare != before:
        bare, before = _PARENTHESES.sub("", bare), bare
    return "|" in bare


_PARENTHESES = re.compile(r"\([^()]*\)")
_MARKUP = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|</?[a-zA-Z][\w-]*|>)", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
_TEXT = re.compile(r'"[^"]*"')
_SAID = re.compile(r"(?<![\w.])(say|count)\((?=[^)])")
_TEXT_ALONE = frozenset({"title", "option", "textarea", "script", "style"})


@pass_context
def _own_words(context: Context, speak: Callable[..., str], *words: object, **values: object) -> str:
    """What ``speak`` says; in a language without a catalogue marked as English, and the dossier's words in it as the page's."""
    language = _language_of(context)
    if has_phrases(language) or len(words) > 1:  # count
        return in_own_words(speak(*words, **values), language)
    given = {
        name: Markup('<span lang="{}">{}</span>').format(language, value) if isinstance(value, str) else value
        for name, value in values.items()
    }
    phrase = escape(speak(*words))
    return Markup('<span lang="en">{}</span>').format(phrase.format(**given) if given else phrase)


@pass_context
def _marked(context: Context, words: str) -> str:
    """Words that the bot has said already, marked as English where it does not speak the page's language."""
    return in_own_words(words, _language_of(context))


def in_own_words(words: str, language: str) -> str:
    """The bot's own words in the text of an element of a page in ``language``."""
    return words if has_phrases(language) or not words else Markup('<span lang="en">{}</span>').format(words)


def _language_of(context: Context) -> str:
    return str(context.get("language", "en"))


def _environment(loader: BaseLoader, filters: Mapping[str, Callable[..., object]]) -> Environment:
    templates = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[OwnAddresses, OwnWords],
    )
    templates.globals |= {"own_words": _own_words, "href": href, "kind_names": KIND_NAMES, "release": release()}
    templates.filters |= {
        "direction": direction,
        "safe_url": safe_url,
        "source_line": source_line,
        "pretty_json": pretty_json,
        "own_words": _marked,
        **filters,
    }
    templates.tests |= KINDS_OF_BLOCKS
    return templates


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
