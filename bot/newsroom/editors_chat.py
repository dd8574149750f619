"""The editors' chat: its current address, its reader in the ledger, and the people who may decide there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from time import monotonic

import structlog

from bot.db.connection import AsyncConnection
from bot.db.readers import Reader
from bot.db.store import Store
from bot.reader import Address, ChatKind, ids_on

log = structlog.get_logger("bot.desk")

ASK_SECONDS = 60.0
"""How long a platform's answer counts. For this long a former admin may still decide."""

OUTAGE_SECONDS = 600.0
"""How long a platform's answer counts while it cannot be asked again. After that only the editors named in the settings count."""

IsAdmin = Callable[[Address, str], Awaitable[bool]]
"""Asks a platform whether the user is an admin of the chat. Raises the platform's exception if it cannot be reached."""


@dataclass(slots=True)
class EditorsChat:
    """The chat of EDITORS_CHAT, and the editors.

    The group may become a supergroup, which has another id. The channel around a Discord thread takes its place when the thread is
    locked or deleted. Its reader may be deleted by ``/privacy`` or after 30 days in which we were muted. Do not keep its address or
    reader: ask for them here, in the transaction that uses them.

    Attributes:
        setting: the address in EDITORS_CHAT; None: not set.
        named: the accounts in EDITORS and OWNERS, for example telegram:123.
        deciding: the accounts in EDITORS, who decide in the chat without being its admins.
        clock: seconds that only go forward.
        kind: the kind of the chat, if it is not stored yet.
    """

    store: Store
    setting: Address | None = None
    named: frozenset[str] = frozenset()
    deciding: frozenset[str] = frozenset()
    clock: Callable[[], float] = monotonic
    kind: ChatKind = "group"
    _moved_to: str | None = None
    _admins: dict[str, IsAdmin] = field(default_factory=dict)
    _answers: dict[str, tuple[float, bool]] = field(default_factory=dict)
    _listeners: list[Callable[[], None]] = field(default_factory=list)

    @property
    def address(self) -> Address | None:
        """The current address, as far as this process knows (:meth:`refresh`)."""
        if self.setting is None or self._moved_to is None:
            return self.setting
        return replace(self.setting, chat_id=self._moved_to)

    def on(self, platform: str) -> Address | None:
        """The address, if the chat is on the platform."""
        return self.address if self.address is not None and self.address.platform == platform else None

    async def is_at(self, where: Address) -> bool:
        """Whether the address is in the chat. If the setting names no forum topic, the whole chat counts.

        If requests come to the group because the topic is deleted, the group counts as well.
        """
        chat = self.address
        if chat is None or (where.platform, where.chat_id) != (chat.platform, chat.chat_id):
            return False
        if chat.thread_id in (None, where.thread_id):
            return True
        if where.thread_id is not None or await self.store.deliveries.latest_request_in(where) != where:
            return False
        log.warning("requests come to the group, not to the topic that EDITORS_CHAT names", chat=str(chat))
        return True

    def deciding_on(self, platform: str) -> tuple[str, ...]:
        """The ids in EDITORS on the platform."""
        return tuple(sorted(ids_on(platform, self.deciding)))

    def on_move(self, listener: Callable[[], None]) -> None:
        """Calls ``listener`` when the chat's address has changed."""
        self._listeners.append(listener)

    def follow(self, platform: str, old_chat_id: str, new_chat_id: str) -> None:
        """Follows a group that has become a supergroup, or a thread to its channel, if it is this chat."""
        if self.address is None or (platform, old_chat_id) != (self.address.platform, self.address.chat_id):
            return
        self._moved_to = new_chat_id
        self._answers.clear()
        log.warning("EDITORS_CHAT has moved: change the setting", chat=str(self.address))
        for listener in self._listeners:
            listener()

    async def refresh(self) -> None:
        """Looks up whether the chat has moved, which another process may have recorded."""
        if self.setting is not None:
            async with self.store.database.read() as connection:
                await self._find(connection, self.setting)

    async def reader(self, connection: AsyncConnection) -> Reader | None:
        """The chat as a reader, which is stored if necessary; None if EDITORS_CHAT is not set."""
        if self.setting is None:
            return None
        reader = await self._find(connection, self.setting)
        if reader is not None or self.address is None:
            return reader
        return await self.store.readers.meet(self.address, self.kind, within=connection)

    async def zone(self, connection: AsyncConnection) -> str:
        """The chat's time zone; UTC if it does not subscribe."""
        reader = await self._find(connection, self.setting) if self.setting is not None else None
        subscription = await self.store.subscriptions.get(reader.address, connection) if reader else None
        return subscription.timing.zone if subscription else "UTC"

    async def _find(self, connection: AsyncConnection, setting: Address) -> Reader | None:
        reader = await self.store.readers.at_or_moved(connection, setting)
        if reader is None and self.address is not None and self.address != setting:
            reader = await self.store.readers.at_or_moved(connection, self.address)
        if reader is not None and self.address is not None and reader.address.chat_id != self.address.chat_id:
            self.follow(setting.platform, self.address.chat_id, reader.address.chat_id)
        return reader

    def on_connected(self, platform: str, is_admin: IsAdmin) -> None:
        """Registers how to ask a platform, once it is connected."""
        self._admins[platform] = is_admin

    async def includes(self, account: str) -> bool:
        """Whether this account belongs to an editor: it is named in the settings, or an admin of the chat.

        If the platform cannot be reached, its last answer counts for :data:`OUTAGE_SECONDS`.
        """
        if account in self.named:
            return True
        platform, _, user = account.partition(":")
        ask, chat = self._admins.get(platform), self.on(platform)
        if chat is None or ask is None:
            return False
        now = self.clock()
        self._answers = {key: known for key, known in self._answers.items() if now - known[0] < OUTAGE_SECONDS}
        at, answer = self._answers.get(account, (float("-inf"), False))
        if now - at < ASK_SECONDS:
            return answer
        try:
            answer = await ask(chat, user)
        except Exception as error:
            log.warning("cannot read the admins of the editors' chat", error=str(error), account=account)
            return answer
        self._answers[account] = self.clock(), answer
        return answer
