"""A published story as a file of the dossier, which says the same until an editor writes more. PURE."""

import re
from typing import Any

import yaml

from bot.answers.formats import locale
from bot.dossier.model import Dossier
from bot.dossier.text import Items, Paragraph, Spans, plain
from bot.store.candidates import Candidate
from bot.wire.articles import bulletin_article, day_of
from bot.wire.publishing import bulletin_of

_SIGNS = re.compile(r"([\\`*_\[\]<>#&!~|])")
_LIST = re.compile(r"^(\d+)([.)])|^([-+])", re.MULTILINE)


def file_name(candidate: Candidate) -> str:
    """Below ``content/bulletins/``."""
    return f"{bulletin_of(candidate)}.yaml"


def bulletin_file(candidate: Candidate, dossier: Dossier) -> str:
    """The file: what was sent, in every language of the dossier."""
    story = candidate.story
    articles = {language: bulletin_article(candidate, language) for language in dossier.languages}
    written = locale("en").languages.get(story.language, story.language)
    fields: dict[str, Any] = {
        "date": "DAY",
        "title": {language: _plain(article.title) for language, article in articles.items()},
        "body": {language: _markdown(article.blocks) for language, article in articles.items()},
        "topics": [str(topic) for topic in story.topics if topic in dossier.topics],
        "sources": [source_of(candidate)],
    }
    text = _dumped(fields).replace("date: DAY", f"date: {day_of(story, candidate.found)}", 1)
    return f"# From the wire, {story.publisher}, in {written}. Write the texts in every language.\n{text}"


def source_of(candidate: Candidate) -> str:
    """The id of its page in ``sources.yaml``."""
    return f"wire-{candidate.id}"


def source_entry(candidate: Candidate) -> str:
    """The entry for ``sources.yaml`` that the file needs."""
    story = candidate.story
    entry = {"publisher": story.publisher, "title": None, "url": story.link, "published": "DAY"}
    text = _dumped({source_of(candidate): entry})
    return text.replace("published: DAY", f"published: {day_of(story, candidate.found)}", 1)


def _dumped(fields: dict[str, Any]) -> str:
    dumped: str = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=120)
    return dumped


def _plain(words: str) -> str:
    """A title; braces would name a fact."""
    return words.replace("{", "(").replace("}", ")")


def _markdown(blocks: tuple[Paragraph | Items, ...]) -> str:
    paragraphs = [block.spans for block in blocks if isinstance(block, Paragraph)]
    return "\n\n".join(_paragraph(spans) for spans in paragraphs)


def _paragraph(spans: Spans) -> str:
    words = _LIST.sub(
        lambda match: f"{match[1] or ''}\\{match[2] or match[3]}", _SIGNS.sub(r"\\\1", _plain(plain(spans)))
    )
    return f"*{words}*" if all(span.italic for span in spans) else words
