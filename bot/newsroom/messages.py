"""Messages to one reader: about a draft or a story, or the answer to an awaited question. Each is a bulletin for that reader alone."""

from collections.abc import Mapping

from bot.db.connection import AsyncConnection
from bot.db.fan_out import PERSONAL_DUE
from bot.db.store import Store
from bot.dossier.models import Language
from bot.newsroom.ledger_diff import day_of, texts_of
from bot.replies.bulletins import BulletinText, text_hash


async def has_texts(
    store: Store, connection: AsyncConnection, name: str, articles: Mapping[Language, BulletinText]
) -> bool:
    """Whether the message with this name has these texts already. Writes nothing."""
    row = await store.bulletins.get(connection, name)
    if row is None:
        return False
    stored = await store.bulletins.text_hashes(connection, name, row.revision)
    return stored == {language: text_hash(article) for language, article in articles.items()}


async def post(
    store: Store,
    connection: AsyncConnection,
    name: str,
    articles: Mapping[Language, BulletinText],
    *,
    origin: str,
    language: Language,
    reader_id: int,
) -> bool:
    """Sends the message, or edits the one with the same name if its texts have changed; False: they have not.

    Args:
        store: the ledger.
        connection: a transaction for writing.
        name: the bulletin's id.
        articles: the text in each language.
        origin: one of :data:`~bot.db.schema.PERSONAL`.
        language: used for a reader whose language has no text.
        reader_id: the reader. An edit goes to the reader who got the message.
    """
    if await has_texts(store, connection, name, articles):
        return False
    row, now = await store.bulletins.get(connection, name), await store.database.moment(connection)
    revision = row.revision + 1 if row else 1
    columns: dict[str, object] = {
        "origin": origin,
        "language": language,
        "day": day_of(now).isoformat(),
        "topics": [],
        "urgent": False,
        "state": "published",
        "published": now,
        "revision": revision,
    }
    await store.bulletins.put(connection, name, columns, texts_of(articles), now)
    if row is None:
        await store.fan_out.add_reader(connection, name, revision, reader_id, now)
    else:
        await store.fan_out.correct(connection, name, revision, None, PERSONAL_DUE)
    return True
