"""Published stories as bulletins of the dossier in force, so that whatever shows bulletins shows them too. PURE."""

import re
from collections.abc import Iterable

from bot.dossier.model import Bulletin, Dossier, Source, SourceId
from bot.dossier.text import Items, Paragraph, Spans, plain
from bot.store.candidates import Candidate
from bot.wire.articles import bulletin_article, day_of
from bot.wire.publishing import bulletin_of

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
