"""Bulletins between the dossier and the ledger's rows."""

from collections.abc import Iterable
from itertools import groupby
from typing import cast

from bot.answers.bulletins import to_json
from bot.dossier.model import BulletinId, Language, TopicId
from bot.newsroom.changes import Item, Known, State
from bot.store.bulletins import Text
from bot.store.engine import AnyRow

ORIGIN = "dossier"


def known_of(rows: Iterable[AnyRow]) -> dict[BulletinId, Known]:
    """The bulletins that the ledger knows, from a row for each language of each."""
    known = {}
    for name, texts in groupby(sorted(rows, key=lambda row: str(row.id)), key=lambda row: row.id):
        every = list(texts)
        row = every[0]
        digests = {Language(text.text_language): str(text.digest) for text in every}
        state = cast(State, row.state)
        published, topics = row.published is not None, frozenset(map(TopicId, row.topics))
        known[BulletinId(name)] = Known(row.revision, state, published, row.not_before, digests, topics, row.urgent)
    return known


def columns_of(item: Item) -> dict[str, object]:
    """A bulletin as the ledger has it, but for its state."""
    return {
        "origin": ORIGIN,
        "language": item.language,
        "day": item.day.isoformat(),
        "topics": list(item.topics),
        "urgent": item.urgent,
        "not_before": item.not_before,
    }


def texts_of(item: Item) -> list[Text]:
    """What it says in each language."""
    digests = item.digests
    return [Text(language, digests[language], to_json(article)) for language, article in item.articles.items()]
