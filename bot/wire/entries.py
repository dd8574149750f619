"""Feeds of a list as entries for ``feeds.yaml``. PURE."""

import re
from collections.abc import Collection, Iterable, Iterator

import yaml
from yarl import URL

from bot.dossier.model import Dossier
from bot.wire.opml import Outline

MAX_ID = 40


def entries(outlines: Iterable[Outline], dossier: Dossier) -> str:
    """Entries for the feeds that the dossier does not have yet; an editor adds topics and match."""
    known, taken = {feed.url for feed in dossier.feeds.values()}, set(map(str, dossier.feeds))
    found = {}
    for outline in outlines:
        if outline.url not in known and URL_START.match(outline.url):
            name = next(_ids(outline, taken))
            taken.add(name)
            language = dossier.language(outline.language or None)
            found[name] = {"publisher": outline.title, "url": outline.url, "language": str(language), "topics": []}
    return yaml.safe_dump(found, allow_unicode=True, sort_keys=False, width=120) if found else ""


URL_START = re.compile(r"https?://[^\s<>\"]+$", re.IGNORECASE)


def _ids(outline: Outline, taken: Collection[str]) -> Iterator[str]:
    """Ids made of the title, or of the host where it has no Latin letters: the first that is free."""
    slug = _slug(outline.title) or _slug(_host(outline.url)) or "feed"
    names = [slug, *(f"{slug}-{number}" for number in range(2, len(taken) + 3))]
    yield from (name for name in names if name not in taken)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:MAX_ID].strip("-")


def _host(url: str) -> str:
    try:
        return (URL(url).raw_host or "").removeprefix("www.")
    except ValueError:
        return ""
