"""The editors' chat: where it is now, the reader that it is in the ledger, and who may decide there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from time import monotonic

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.db.readers import ChatKind, Reader
from bot.db.store import Store
from bot.reader import Address, ids_on

log = structlog.get_logger("bot.desk")

ASK_SECONDS = 60.0
"""How long a platform's answer counts, so for how long somebody who is no admin any more may go on."""

OUTAGE_SECONDS = 600.0
"""How long a platform's answer counts while it cannot be asked again. After that only the named editors count."""

IsAdmin = Callable[[Address, int], Awaitable[bool]]
"""Asks a platform whether the user is an admin of the chat. Raises whatever it raises if it cannot be reached."""


@dataclass(slots=True)
class EditorsChat:
    """The chat of EDITORS_CHAT, and the editors.

    The group may become a supergroup, which has another id, and its reader may be deleted by ``/privacy`` or after 30 days in which
    we were muted. So nobody keeps its address or its reader: both are asked for here, in the transaction that uses them.

    Attributes:
        setting: as EDITORS_CHAT names it; None: there is none.
        named: accounts that EDITORS and OWNERS name, for example telegram:123.
        deciding: those whom EDITORS names, who decide in the chat without being its admins.
        clock: in seconds.
        kind: of the chat, before we know more of it.
    """

    store: Store
    setting: Address | None = None
    named: frozenset[str] = frozenset()
    deciding: frozenset[str] = frozenset()
    clock: Callable[[], float] = monotonic
    kind: ChatKind = "group"
    _moved_to: int | None = None
    _admins: dict[str, IsAdmin] = field(default_factory=dict)
    _answers: dict[str, tuple[float, bool]] = field(default_factory=dict)
    _listeners: list[Callable[[], None]] = field(default_factory=list)

    @property
    def address(self) -> Address | None:
        """Where it is, as far as this process knows (:meth:`refresh`)."""
        if self.setting is None or self._moved_to is None:
            return self.setting
        return replace(self.setting, chat_id=self._moved_to)

    def on(self, platform: str) -> Address | None:
        """Its address, if it is on the platform."""
        return self.address if self.address is not None and self.address.platform == platform else None

    def is_at(self, where: Address) -> bool:
        """Whether this is the chat. If the setting names no forum topic, the whole chat counts."""
        chat = self.address
        if chat is None or (where.platform, where.chat_id) != (chat.platform, chat.chat_id):
            return False
        return chat.thread_id in (None, where.thread_id)

    def deciding_on(self, platform: str) -> tuple[int, ...]:
        """The ids of the people whom EDITORS names on the platform."""
        return tuple(sorted(ids_on(platform, self.deciding)))

    def on_move(self, listener: Callable[[], None]) -> None:
        """Calls ``listener`` when the chat has got another address."""
        self._listeners.append(listener)

    def follow(self, platform: str, old_chat_id: int, new_chat_id: int) -> None:
        """A group has become a supergroup; nothing happens if it is not this one."""
        if self.address is None or (platform, old_chat_id) != (self.address.platform, self.address.chat_id):
            return
        self._moved_to = new_chat_id
        self._answers.clear()
        log.warning("EDITORS_CHAT has a new id: change the setting", chat=str(self.address))
        for listener in self._listeners:
            listener()

    async def refresh(self) -> None:
        """Notices that the chat has moved, whichever process was told of it."""
        if self.setting is not None:
            async with self.store.database.read() as connection:
                await self._find(connection, self.setting)

    async def reader(self, connection: AsyncConnection) -> Reader | None:
        """The chat as a reader, to which messages are addressed. It becomes one if it is not; None: there is no chat."""
        if self.setting is None:
            return None
        found = await self._find(connection, self.setting)
        if found is not None or self.address is None:
            return found
        return await self.store.readers.meet_in(connection, self.address, self.kind)

    async def zone(self, connection: AsyncConnection) -> str:
        """Its time zone; UTC if the ledger does not know the chat."""
        reader = await self._find(connection, self.setting) if self.setting is not None else None
        subscription = await self.store.subscriptions.read(connection, reader.address) if reader else None
        return subscription.timing.zone if subscription else "UTC"

    async def _find(self, connection: AsyncConnection, setting: Address) -> Reader | None:
        found = await self.store.readers.at_or_moved(connection, setting)
        if found is None and self.address is not None and self.address != setting:
            found = await self.store.readers.at_or_moved(connection, self.address)
        if found is not None and self.address is not None and found.address.chat_id != self.address.chat_id:
            self.follow(setting.platform, self.address.chat_id, found.address.chat_id)
        return found

    def on_connected(self, platform: str, is_admin: IsAdmin) -> None:
        """A platform can be asked from now on."""
        self._admins[platform] = is_admin

    async def includes(self, account: str) -> bool:
        """Whether this account belongs to an editor: one that is named, or an admin of the chat.

        If the platform cannot be reached, its last answer counts a while longer.
        """
        if account in self.named:
            return True
        platform, _, user = account.partition(":")
        ask, chat = self._admins.get(platform), self.on(platform)
        if chat is None or ask is None or not user.isdigit():
            return False
        now = self.clock()
        self._answers = {key: found for key, found in self._answers.items() if now - found[0] < OUTAGE_SECONDS}
        at, answer = self._answers.get(account, (float("-inf"), False))
        if now - at < ASK_SECONDS:
            return answer
        try:
            answer = await ask(chat, int(user))
        except Exception as error:
            log.warning("cannot read the admins of the editors' chat", error=str(error), account=account)
            return answer
        self._answers[account] = self.clock(), answer
        return answer
