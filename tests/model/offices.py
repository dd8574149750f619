"""The newsroom's side of a process in the model: its files, its desk, and its look at what is to come into force.

Contents are bulletins of one shape. Their title in each language names the version of its words, so that whoever sees a message, a file
or a change knows what it says: ``<slug>-v<number>``.
"""

import copy
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from bot.app.content_check import check_change
from bot.db.store import Store
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import Content, Key
from bot.dossier.loader import Loading, checked, load
from bot.dossier.models import Bulletin, BulletinId
from bot.dossier.yaml_reader import YamlDocument
from bot.live_dossier import LiveDossier
from bot.newsroom.change_content import Contents
from bot.newsroom.change_rules import Rules
from bot.newsroom.desk import Desk
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.publisher import Newsroom
from bot.newsroom.worker import NewsroomWorker
from tests.conftest import TINY
from tests.model.simulation import Link

Files = Mapping[BulletinId, Content]
"""The bulletins of a tree of files."""

Fields = dict[str, Any]
"""What a bulletin says: the number of its words in each language, ``mark``, the day of its withdrawal, and ``not_before``."""

LANGUAGES = ("en", "id")

_TOPIC: dict[str, Any] = {name: dict.fromkeys(LANGUAGES, "Hours") for name in ("title", "summary", "body")}
_ALL = load(TINY, date(2026, 11, 23)).documents
REST = {path: document for path, document in _ALL.items() if not path.startswith("bulletins/")} | {
    "topics/hours.yaml": YamlDocument({"emoji": "🕐", **_TOPIC, "asks": {"en": ["when"], "id": ["kapan"]}}, {(): 1})
}
"""The files that never change."""


def slug_of(title: str) -> str:
    """Whose words a title is."""
    return title.partition("-v")[0]


def number_of(title: str) -> int:
    """The number of its words."""
    return int(title.split(" ", maxsplit=1)[0].partition("-v")[2])


def title_of(slug: str, language: str, number: int) -> str:
    return f"{slug}-v{number}" + ("" if language == "en" else f" ({language})")


def content_of(slug: str, number: int, topics: tuple[str, ...], **more: Any) -> dict[str, Any]:
    """A bulletin whose words have this number in every language."""
    titles = {language: title_of(slug, language, number) for language in LANGUAGES}
    words = {language: f"{slug} ({language})." for language in LANGUAGES}
    listed = {"topics": list(topics)} if topics else {}
    return {"title": titles, "body": words, "sources": ["harbour"], **listed, **more}


def with_words(content: Content, number: int, *languages: str) -> dict[str, Any]:
    """The content with other words in these languages."""
    new: dict[str, Any] = copy.deepcopy(dict(content))
    slug = slug_of(new["title"]["en"])
    new["title"] |= {language: title_of(slug, language, number) for language in languages}
    return new


def with_mark(content: Content, day: date) -> dict[str, Any]:
    """The content, withdrawn."""
    said = {"date": day.isoformat(), "because": {"en": "It was wrong.", "id": "Itu keliru."}}
    return {**content, "withdrawn": said}


def without_mark(content: Content) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != "withdrawn"}


def fields_of(content: Content | None) -> Fields | None:
    """What the content of a file or of a change says."""
    if content is None:
        return None
    titles: Any = content["title"]
    said: Fields = {language: number_of(titles[language]) for language in LANGUAGES if language in titles}
    mark: Any = content.get("withdrawn")
    said |= {"mark": str(mark["date"])} if mark else {}
    return said | ({"not_before": moment_of(content)} if "not_before" in content else {})


def moment_of(content: Content) -> float:
    """The end of its embargo; 0.0: it has none."""
    return datetime.fromisoformat(str(content["not_before"])).timestamp() if "not_before" in content else 0.0


def said_by(bulletin: Bulletin) -> Fields:
    """What a bulletin of a dossier says."""
    said: Fields = {str(language): number_of(title) for language, title in bulletin.title.items()}
    said |= {"mark": str(bulletin.withdrawn.date)} if bulletin.withdrawn is not None else {}
    return said | ({"not_before": bulletin.not_before.timestamp()} if bulletin.not_before is not None else {})


async def _at_once(seconds: float) -> None:
    """Instead of a pause before another look."""


class Office:
    """A replica's newsroom. Its files change where it is; it looks when it is told to."""

    def __init__(self, name: str, store: Store, link: Link, clock: Callable[[], float], files: Files) -> None:
        self.name, self.store, self.link, self.clock, self.files = name, store, link, clock, files
        self.is_alive = True
        loading = self._load()
        assert loading.dossier is not None, loading.diagnostics
        self.live = LiveDossier(loading.dossier, now=lambda: datetime.fromtimestamp(clock(), UTC))
        self.live.update(loading)
        self.desk = Desk(store, self.live, Rules(needs_two=True), self._check, EditorsChat(store))
        newsroom = Newsroom(store)
        self.worker = NewsroomWorker(newsroom, self.live, self.desk, self._reload, lambda: None, name, sleep=_at_once)

    @property
    def tree(self) -> str:
        return self.live.tree

    def _load(self) -> Loading:
        """The files, on a day on which all of them may be dated."""
        days = [str(content["date"]) for content in self.files.values()]
        documents = {
            f"bulletins/{name}.yaml": YamlDocument(dict(content), {(): 1}) for name, content in self.files.items()
        }
        today = datetime.fromtimestamp(self.clock(), UTC).date()
        return checked({**REST, **documents}, max([today, *map(date.fromisoformat, days)]))

    async def _reload(self) -> None:
        await self.live.reload(self._load)

    def _check(self, contents: Contents, day: date, *, alone: bool) -> list[Diagnostic]:
        return check_change(self.live.loading, contents, day, (), alone=alone)

    async def deploy(self, files: Files) -> None:
        """Its files are these from now on; it looks at them when it looks."""
        self.files = files
        await self._reload()
        assert self.live.files.dossier is not None, self.live.diagnostics

    def in_force(self) -> dict[str, Fields]:
        """What each bulletin of its dossier says, by slug."""
        dossier = self.live.complete
        found = [*dossier.bulletins.values(), *dossier.withdrawn.values()]
        return {slug_of(each.title["en"]): said_by(each) for each in found}  # type: ignore[index]

    def content(self, name: BulletinId) -> Content | None:
        """The content in force of a bulletin."""
        return self.live.contents.get(Key(f"bulletins/{name}"))
