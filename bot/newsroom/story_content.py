"""What a feed's story becomes: the bulletin and the source of a change."""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime

from bot.db.feeds import Candidate
from bot.dossier.entries import Key, free_name, slug, without_empties
from bot.dossier.models import Dossier, Language, SourceId
from bot.newsroom.change_content import NEW, Contents, as_title, without_braces
from bot.replies.formatting import locale
from bot.replies.i18n import phrases_in
from bot.replies.reply import SourceLink

_MARKDOWN = re.compile(r"([\\`*_\[\]<>#&!~|])")
_LIST_ITEM = re.compile(r"^(\d+)([.)])|^([-+])", re.MULTILINE)


def day_of(candidate: Candidate) -> date:
    """The publisher's date, or the day on which the story was found."""
    return datetime.fromtimestamp(candidate.story.published or candidate.found, UTC).date()


def source_link(candidate: Candidate) -> SourceLink:
    """The story's page, below a message to editors."""
    story = candidate.story
    return SourceLink(SourceId(f"story-{candidate.id}"), story.publisher, None, story.link, day_of(candidate))


def contents_of(candidate: Candidate, dossier: Dossier, sources: Collection[str]) -> Contents:
    """A new bulletin with the story's words, untranslated, and a source for its page.

    If the dossier has the story's language, the bulletin is in that language alone; else it is in the default language and says in
    which language the story is. ``sources``: the names of sources that were ever used.
    """
    story, title, line = candidate.story, as_title(candidate.story.title), _markdown(candidate.story.line)
    spoken = story.language in dossier.languages
    language = Language(story.language) if spoken else dossier.header.default_language
    say = phrases_in(language).say
    body = line or _markdown(say("Reported by {publisher}.", publisher=story.publisher))
    if not spoken:
        name = locale(language).languages.get(story.language, story.language)
        body += f"\n\n*{_markdown(say('Language of the publication: {language}', language=name))}*"
    source = free_name(f"{slug(story.publisher, 30) or 'source'}-{day_of(candidate)}", sources)
    return {
        Key(f"{NEW}1"): without_empties(
            {
                "title": {language: title},
                "body": {language: body},
                "topics": [topic for topic in story.topics if topic in dossier.topics],
                "sources": [source],
            }
        ),
        Key(f"sources/{source}"): without_empties(
            {
                "publisher": story.publisher,
                "title": title,
                "url": story.link,
                "published": day_of(candidate).isoformat(),
            }
        ),
    }


def _markdown(words: str) -> str:
    escaped = _MARKDOWN.sub(r"\\\1", " ".join(without_braces(words).split()))
    return _LIST_ITEM.sub(lambda match: f"{match[1] or ''}\\{match[2] or match[3]}", escaped)
