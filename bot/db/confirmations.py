"""Subscriptions that wait for a confirmation: whoever asked must show that the address is theirs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select

from bot.db.connection import AnyRow
from bot.db.engine import Database
from bot.db.page_readers import Destination, PageReaders, digest_of, identity_of
from bot.db.readers import at
from bot.db.schema import confirmations, destinations, readers
from bot.db.subscriptions import Subscriptions, as_json, stored_subscription
from bot.dossier.models import Language
from bot.reader import Address
from bot.schedule import Subscription

VALID_SECONDS = 48 * 3600.0

MAX_WAITING = 3
"""Confirmations that may wait for one person: whoever types in somebody else's address makes us write to them this often in 48 hours."""

_LOCK = 7
"""The advisory locks of waiting confirmations, one for each person."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is stored once it is confirmed."""

    platform: str
    identity: str
    destination: Destination
    wanted: Subscription
    language: Language


@dataclass(frozen=True, slots=True)
class Confirmations:
    """Links that confirm. Only digests of their tokens are stored."""

    database: Database
    page_readers: PageReaders
    subscriptions: Subscriptions

    async def add(
        self,
        token: str,
        platform: str,
        identity: str,
        destination: Destination,
        wanted: Subscription,
        language: Language,
        person: str,
    ) -> bool:
        """Stores one. ``person``: the same for identities that one person may have. False, and nothing is stored: too many wait for it already."""
        box = identity_of(platform, person)
        waiting = select(func.count()).where(confirmations.c.person == box, self._is_valid)
        async with self.database.write() as connection:
            await self.database.lock(connection, _LOCK, box)  # two askers at once would each count without the other
            if await connection.scalar(waiting) >= MAX_WAITING:
                return False
            values = {
                "digest": digest_of(token),
                "platform": platform,
                "identity": identity_of(platform, identity),
                "person": box,
                "recipient": {"identity": identity, "destination": dict(destination)},
                "wanted": as_json(wanted),
                "language": language,
                "expires": self.database.now + VALID_SECONDS,
            }
            await connection.execute(insert(confirmations).values(values))
        return True

    async def get(self, token: str) -> Confirmation | None:
        """What a link confirms; None: it was used, has expired or is not ours."""
        valid = (confirmations.c.digest == digest_of(token)) & self._is_valid
        row = await self.database.row(select(confirmations).where(valid))
        return _confirmation(row) if row else None

    async def confirm(self, token: str) -> tuple[Language, str] | None:
        """Stores the reader, subscribes it, and deletes every link of its identity, in one transaction.

        Returns:
            The language and the token of a link to the reader's settings; None: the link was used, has expired or is not ours.
        """
        own = confirmations.c.digest == digest_of(token)
        same = confirmations.c.identity.in_(select(confirmations.c.identity).where(own, self._is_valid))
        async with self.database.write() as connection:
            # of two who press at once the second waits here, and deletes nothing
            deleted = await connection.rows(delete(confirmations).where(same).returning(confirmations))
            row = next((row for row in deleted if row.digest == digest_of(token)), None)
            if row is None:
                return None
            confirmed = _confirmation(row)
            address, link = await self.page_readers.welcome(
                connection, confirmed.platform, confirmed.identity, confirmed.destination, confirmed.language
            )
            await self.subscriptions.put(address, confirmed.wanted, connection)
        await self.page_readers.readers.refresh([address])
        return confirmed.language, link

    async def forget(self, address: Address) -> None:
        """Deletes what waits for the address of a stored reader."""
        known = select(destinations.c.digest).join(readers).where(at(address))
        await self.database.change(delete(confirmations).where(confirmations.c.identity.in_(known)))

    @property
    def _is_valid(self) -> ColumnElement[bool]:
        return confirmations.c.expires > self.database.now


def _confirmation(row: AnyRow) -> Confirmation:
    recipient: Mapping[str, Any] = row.recipient
    wanted = stored_subscription(row.wanted)
    return Confirmation(row.platform, recipient["identity"], recipient["destination"], wanted, Language(row.language))
