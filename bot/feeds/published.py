"""What a published story becomes: a bulletin in its languages, an entry of the dossier in force, and the content of its file.

:class:`PublishedNews` keeps the dossier in force up to date with what is in no file: stories, and bulletins of the desk.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial

import structlog

from bot.db.desk import Draft
from bot.db.feeds import Candidate
from bot.db.store import Store
from bot.dossier.markdown import Items, Paragraph, Span, Spans, plain
from bot.dossier.models import Bulletin, BulletinId, Dossier, Language, Source, SourceId
from bot.live_dossier import LiveDossier
from bot.newsroom.draft_content import Content, with_sent
from bot.replies.bulletins import BulletinText
from bot.replies.formatting import locale
from bot.replies.i18n import phrases_in
from bot.replies.reply import SourceLink

LOOK_SECONDS = 15.0
"""How long what another process published may be missing here."""

MAX_LISTED = 100
"""How many of the latest published stories are in the dossier."""

_MARKDOWN = re.compile(r"([\\`*_\[\]<>#&!~|])")
_LIST_ITEM = re.compile(r"^(\d+)([.)])|^([-+])", re.MULTILINE)

log = structlog.get_logger("bot.feeds")


@dataclass(slots=True)
class PublishedNews:
    """What was published from feeds and at the desk, whichever process did it, for the dossier in force."""

    store: Store
    _stories: list[Candidate] = field(default_factory=list)
    _sent: list[tuple[Draft, Content]] = field(default_factory=list)
    _left_out: list[str] = field(default_factory=list)
    _nudged: asyncio.Event = field(default_factory=asyncio.Event)

    def nudge(self) -> None:
        """This process published or changed something."""
        self._nudged.set()

    def add_to(self, dossier: Dossier) -> Dossier:
        """The dossier with the news among its bulletins."""
        complete = with_stories(dossier, self._stories) if self._stories else dossier.from_files
        complete, left_out = with_sent(complete, self._sent)
        if left_out != self._left_out:
            log.warning("bulletins of the desk name what the dossier no longer has, so no list has them", ids=left_out)
        self._left_out = left_out
        return complete

    async def run(self, live: LiveDossier) -> None:
        """Brings ``live``, which has :meth:`add_to`, up to date with the database until cancelled."""
        await self.store.database.repeat(partial(self.update, live), LOOK_SECONDS, self._nudged)

    async def update(self, live: LiveDossier) -> None:
        """Reads the news, and updates ``live`` if they have changed."""
        published = list(await self.store.candidates.in_state("published", MAX_LISTED))
        sent = [(draft, content) for draft, content in await self.store.drafts.sent()]
        if (published, sent) != (self._stories, self._sent):
            self._stories, self._sent = published, sent
            live.update_news()


def with_stories(dossier: Dossier, published: Iterable[Candidate]) -> Dossier:
    """The dossier with these stories among its bulletins. A story that has become a file is already there."""
    files = dossier.from_files
    stories = [each for each in published if bulletin_id(each) not in files.bulletins]
    sources = {source_id(each): source_entry(each) for each in stories}
    return files.with_news([bulletin_entry(each, files) for each in stories], sources)


def bulletin_id(candidate: Candidate) -> BulletinId:
    """The id of the bulletin, in the ledger and as a file."""
    return BulletinId(f"{day_of(candidate)}-wire-{candidate.id}")


def source_id(candidate: Candidate) -> SourceId:
    """The id of the story's page among the sources."""
    return SourceId(f"wire-{candidate.id}")


def day_of(candidate: Candidate) -> date:
    """The publisher's date, or the day on which the story was found."""
    return datetime.fromtimestamp(candidate.story.published or candidate.found, UTC).date()


def bulletin_article(candidate: Candidate, language: Language) -> BulletinText:
    """The story as readers of a language get it: untranslated, with its language named if that is another."""
    story, day, say = candidate.story, day_of(candidate), phrases_in(language).say
    blocks = [Paragraph((Span(story.line or say("Reported by {publisher}.", publisher=story.publisher)),))]
    if story.language != language:
        name = locale(language).languages.get(story.language, story.language)
        label = f"🌐 {say('Language of the publication: {language}', language=name)}"
        blocks.append(Paragraph((Span(label, italic=True),)))
    return BulletinText(story.title, day, tuple(blocks), (source_link(candidate),))


def source_link(candidate: Candidate) -> SourceLink:
    """The story's page, below a reply."""
    story = candidate.story
    return SourceLink(source_id(candidate), story.publisher, None, story.link, day_of(candidate))


def bulletin_entry(candidate: Candidate, dossier: Dossier) -> Bulletin:
    """The story as a bulletin of the dossier: what was sent, in every language."""
    articles = {language: bulletin_article(candidate, language) for language in dossier.languages}
    return Bulletin(
        id=bulletin_id(candidate),
        date=day_of(candidate),
        title={language: _without_braces(article.title) for language, article in articles.items()},
        body={language: _markdown(article.blocks) for language, article in articles.items()},
        topics=[topic for topic in candidate.story.topics if topic in dossier.topics],
        sources=[source_id(candidate)],
    )


def story_content(candidate: Candidate, dossier: Dossier) -> Content:
    """The story as the content of a draft, which is what its file is made of."""
    entry, source = bulletin_entry(candidate, dossier), source_entry(candidate)
    return {
        "title": dict(entry.title),
        "body": dict(entry.body),
        "topics": list(entry.topics),
        "sources": list(entry.sources),
        "new_sources": {source_id(candidate): source.model_dump(mode="json", exclude_defaults=True)},
    }


def source_entry(candidate: Candidate) -> Source:
    """The story's page as a source of the dossier."""
    story = candidate.story
    return Source(publisher=story.publisher, url=story.link, published=day_of(candidate))


def _without_braces(words: str) -> str:
    """In the dossier's texts, braces name a fact."""
    return words.replace("{", "(").replace("}", ")")


def _markdown(blocks: tuple[Paragraph | Items, ...]) -> str:
    return "\n\n".join(_paragraph(block.spans) for block in blocks if isinstance(block, Paragraph))


def _paragraph(spans: Spans) -> str:
    escaped = _MARKDOWN.sub(r"\\\1", _without_braces(plain(spans)))
    words = _LIST_ITEM.sub(lambda match: f"{match[1] or ''}\\{match[2] or match[3]}", escaped)
    return f"*{words}*" if all(span.italic for span in spans) else words
