"""Readers of the page: where their messages go, and the links by which they see and change their settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any

from sqlalchemy import delete, exists, func, insert, or_, select, update

from bot.db.connection import AsyncConnection
from bot.db.engine import Database, insert_into
from bot.db.readers import ADDRESS, Reader, Readers, address_of, at, key_of, reader_of
from bot.db.retention import DAY_SECONDS, READER_DAYS
from bot.db.schema import deliveries, destinations, reader_links, readers, subscriptions
from bot.reader import Address

Destination = Mapping[str, Any]
"""Where messages go, as the platform calls it, for example an e-mail address. It can be written as JSON."""


_LOCK = 8
"""The advisory locks of identities' first words."""


class Crowded(Exception):
    """As many other readers as may be have an identity with the same first word."""


@dataclass(frozen=True, slots=True)
class PageReaders:
    """The readers that have no chat.

    Digests of the tokens of their links are stored, and in some destinations a token itself: each message to them has the link.
    """

    database: Database
    readers: Readers

    async def meet(
        self, platform: str, identity: str, destination: Destination, language: str, most: int | None = None
    ) -> Address:
        """Stores a reader, or finds the one with the same identity, whose destination is replaced.

        Args:
            platform: the platform's name.
            identity: the platform recognises the reader by it, for example an e-mail address in lower case. Only a digest is stored.
            destination: where messages go.
            language: the language of a new reader.
            most: so many readers may have an identity with the same first word, such as a browser's endpoint; None: any number.

        Raises:
            Crowded: they are more.
        """
        async with self.database.write() as connection:
            await self._expect_room(connection, platform, identity, most)
            return await self._meet(connection, platform, identity, destination, language)

    async def _expect_room(self, connection: AsyncConnection, platform: str, identity: str, most: int | None) -> None:
        if most is None:
            return
        place = place_of(platform, identity)
        await self.database.lock(connection, _LOCK, place)
        others = (destinations.c.place == place) & (destinations.c.digest != identity_of(platform, identity))
        if await connection.scalar(select(func.count()).where(others)) >= most:
            raise Crowded

    async def welcome(
        self, connection: AsyncConnection, platform: str, identity: str, destination: Destination, language: str
    ) -> tuple[Address, str]:
        """As :meth:`meet`, for somebody who has shown that the destination is theirs: the reader speaks the language, and is not suspended.

        Returns:
            The reader's address, and the token of a new link. The token is stored with the destination, because each message has the link.
        """
        token = token_urlsafe(24)
        address = await self._meet(connection, platform, identity, {**destination, "link": token}, language)
        await self._add_link(connection, address, token)
        await self.readers.welcome(connection, address, language)
        return address, token

    async def _meet(
        self, connection: AsyncConnection, platform: str, identity: str, destination: Destination, language: str
    ) -> Address:
        digest, values = identity_of(platform, identity), dict(destination)
        address = await self.find(platform, identity, connection)
        while address is None:  # another process may store it at the same moment
            address = await self._add(connection, platform, digest, values, language)
            address = address or await self.find(platform, identity, connection)
        known = update(destinations).where(destinations.c.digest == digest)
        await connection.execute(known.values(destination=values, place=place_of(platform, identity)))
        return address

    async def _add(
        self, connection: AsyncConnection, platform: str, digest: str, destination: dict[str, Any], language: str
    ) -> Address | None:
        """A new reader; None if there is one by now."""
        address = Address(platform, token_hex(12))
        values = {**key_of(address), "kind": "private", "detected_language": language}
        new = insert(readers).values(**values, first_seen=self.database.now).returning(readers.c.id)
        reader_id = await connection.scalar(new)
        row = {"reader_id": reader_id, "digest": digest, "destination": destination}
        placed = insert_into(self.database, destinations).values(row).on_conflict_do_nothing(index_elements=["digest"])
        if await connection.row(placed.returning(destinations.c.reader_id)) is None:
            await connection.execute(delete(readers).where(readers.c.id == reader_id))
            return None
        return address

    async def find(self, platform: str, identity: str, within: AsyncConnection | None = None) -> Address | None:
        """The reader with this identity; None if there is none."""
        found = select(*ADDRESS).join(destinations).where(destinations.c.digest == identity_of(platform, identity))
        row = await self.database.row(found, within=within)
        return address_of(row) if row else None

    async def replace(
        self, platform: str, identity: str, new_identity: str, destination: Destination, most: int | None = None
    ) -> bool:
        """Gives a reader another identity and destination. Returns False if there is none with the former identity; raises as :meth:`meet`."""
        former, new = identity_of(platform, identity), identity_of(platform, new_identity)
        async with self.database.write() as connection:
            await self._expect_room(connection, platform, new_identity, most)
            if former != new and await self.find(platform, new_identity, connection) is not None:
                return False  # two readers are never made one: each has a link of its own
            changed = update(destinations).where(destinations.c.digest == former)
            values = {"digest": new, "destination": dict(destination), "place": place_of(platform, new_identity)}
            result = await connection.execute(changed.values(values))
        return bool(result.rowcount)

    async def new_link(self, address: Address) -> str:
        """The token of a new link to the reader's settings; earlier links stay valid. "" if the reader is not stored any more."""
        token = token_urlsafe(24)
        async with self.database.write() as connection:
            return token if await self._add_link(connection, address, token) else ""

    async def _add_link(self, connection: AsyncConnection, address: Address, token: str) -> bool:
        """Returns False if the reader is not stored any more."""
        reader_id = await connection.scalar(select(readers.c.id).where(at(address)))
        if reader_id is None:
            return False
        values = {"digest": digest_of(token), "reader_id": reader_id, "created": self.database.now}
        await connection.execute(insert(reader_links).values(values))
        return True

    async def by_link(self, token: str) -> Reader | None:
        """The reader whose link has this token; None if there is none."""
        found = select(readers).join(reader_links).where(reader_links.c.digest == digest_of(token))
        row = await self.database.row(found)
        return reader_of(row) if row else None

    async def who_took(self, platform: str, limit: int = 2000) -> list[Destination]:
        """The destinations of readers of the platform who got a message, those of the longest standing first."""
        got = exists().where(deliveries.c.reader_id == readers.c.id, deliveries.c.sent.is_not(None))
        chosen = select(destinations.c.destination).join(readers).where(readers.c.platform == platform, got)
        rows = await self.database.rows(chosen.order_by(destinations.c.reader_id).limit(limit))
        return [row.destination for row in rows]

    async def delete_ended(self) -> int:
        """Deletes readers of the page without a subscription for 30 days, with all that is stored about them; returns how many."""
        before = self.database.now - READER_DAYS * DAY_SECONDS
        of_page = exists().where(destinations.c.reader_id == readers.c.id)
        subscribes = exists().where(subscriptions.c.reader_id == readers.c.id)
        ended = or_(readers.c.unsubscribed.is_(None), readers.c.unsubscribed < before)
        these = (of_page, ~subscribes, ended, readers.c.first_seen < before)
        return await self.readers.delete_these(*these, is_long=True)


def identity_of(platform: str, identity: str) -> str:
    """What is stored of a reader's identity on a platform."""
    return digest_of(f"{platform} {identity}")


def place_of(platform: str, identity: str) -> str:
    """What is stored of the first word of a reader's identity."""
    return identity_of(platform, identity.partition(" ")[0])


def digest_of(text: str) -> str:
    """What is stored of a secret."""
    return sha256(text.encode(errors="surrogateescape")).hexdigest()
