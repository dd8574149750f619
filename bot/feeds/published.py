"""Keeps the edition to what was published from the wire, by this process or another."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import structlog
import yaml

from bot.db.engine import LOST
from bot.db.feeds import Candidate
from bot.db.store import Store
from bot.dossier.markdown import Items, Paragraph, Spans, plain
from bot.dossier.models import Bulletin, Dossier, Source, SourceId
from bot.feeds.review import bulletin_article, bulletin_of, day_of
from bot.live_dossier import Edition
from bot.replies.formatting import locale

_SIGNS = re.compile(r"([\\`*_\[\]<>#&!~|])")


_LIST = re.compile(r"^(\d+)([.)])|^([-+])", re.MULTILINE)


def with_stories(dossier: Dossier, published: Iterable[Candidate]) -> Dossier:
    """The dossier as it was read, with the stories among its bulletins; one that has become a file stands there already."""
    read = dossier.as_read
    told = [each for each in published if bulletin_of(each) not in read.bulletins]
    sources = {source_of(each): source_entry(each) for each in told}
    return read.with_news([bulletin_entry(each, read) for each in told], sources)


def bulletin_entry(candidate: Candidate, dossier: Dossier) -> Bulletin:
    """The story as an entry of the dossier: what was sent, in every language."""
    story = candidate.story
    articles = {language: bulletin_article(candidate, language) for language in dossier.languages}
    return Bulletin(
        id=bulletin_of(candidate),
        date=day_of(story, candidate.found),
        title={language: _plain(article.title) for language, article in articles.items()},
        body={language: _markdown(article.blocks) for language, article in articles.items()},
        topics=[topic for topic in story.topics if topic in dossier.topics],
        sources=[source_of(candidate)],
    )


def source_of(candidate: Candidate) -> SourceId:
    """The id of its page."""
    return SourceId(f"wire-{candidate.id}")


def source_entry(candidate: Candidate) -> Source:
    """Its page."""
    story = candidate.story
    return Source(publisher=story.publisher, url=story.link, published=day_of(story, candidate.found))


def _plain(words: str) -> str:
    """Without braces, which would name a fact."""
    return words.replace("{", "(").replace("}", ")")


def _markdown(blocks: tuple[Paragraph | Items, ...]) -> str:
    paragraphs = [block.spans for block in blocks if isinstance(block, Paragraph)]
    return "\n\n".join(_paragraph(spans) for spans in paragraphs)


def _paragraph(spans: Spans) -> str:
    words = _LIST.sub(
        lambda match: f"{match[1] or ''}\\{match[2] or match[3]}", _SIGNS.sub(r"\\\1", _plain(plain(spans)))
    )
    return f"*{words}*" if all(span.italic for span in spans) else words


def file_name(candidate: Candidate) -> str:
    """Below ``content/bulletins/``."""
    return f"{bulletin_of(candidate)}.yaml"


def bulletin_file(candidate: Candidate, dossier: Dossier) -> str:
    """The file: what was sent, in every language of the dossier."""
    story, entry = candidate.story, bulletin_entry(candidate, dossier)
    written = locale("en").languages.get(story.language, story.language)
    fields = {
        "date": "DAY",
        "title": dict(entry.title),
        "body": dict(entry.body),
        "topics": list(entry.topics),
        "sources": list(entry.sources),
    }
    text = _dated(fields, "date", entry.date)
    return f"# From the wire, {story.publisher}, in {written}. Write the texts in every language.\n{text}"


def source_lines(candidate: Candidate) -> str:
    """The entry for ``sources.yaml`` that the file needs."""
    entry = source_entry(candidate)
    assert entry.published  # noqa: S101  a story has a day
    fields = {"publisher": entry.publisher, "title": None, "url": entry.url, "published": "DAY"}
    return _dated({str(source_of(candidate)): fields}, "published", entry.published)


def _dated(fields: dict[str, Any], key: str, day: date) -> str:
    """YAML in which the key's value is a bare date."""
    dumped: str = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=120)
    return dumped.replace(f"{key}: DAY", f"{key}: {day}", 1)


log = structlog.get_logger("bot.feeds")


LOOK_SECONDS = 15.0
"""How long a story that another process published may be missing from the lists of this one."""


MOST = 100
"""How many of the latest stories are listed."""


@dataclass(slots=True)
class Following:
    """Brings published stories into the edition."""

    store: Store
    edition: Edition
    _told: Sequence[Candidate] = ()
    _nudged: asyncio.Event = field(default_factory=asyncio.Event)

    def nudge(self) -> None:
        """Something was published or changed here."""
        self._nudged.set()

    async def run(self) -> None:
        """Runs until cancelled; a database that is away is waited for."""
        while True:
            self._nudged.clear()
            try:
                await self.look()
            except LOST as failure:
                log.warning("the database does not answer", failure=type(failure).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._nudged.wait()

    async def look(self) -> None:
        """Brings what differs from the last look."""
        published = await self.store.candidates.in_state("published", MOST)
        if list(published) != list(self._told):
            self._told = published
            self.edition.enrich(partial(with_stories, published=published))
