"""Sending to open previews, through the outbox's port."""

import secrets

from bot.delivery import Address, CrosspostOutcome, Delivered, Gone, MessageGone, Outcome, Refused
from bot.outbox.sender import Outgoing
from bot.pacing import Limits
from bot.platforms.web.preview import Preview
from bot.platforms.web.rooms import PLATFORM

_CLOSED = "the preview is closed"


class PreviewSender:
    """A :class:`~bot.outbox.sender.Sender`. Nothing leaves the process, so nothing needs to be paced or repeated."""

    platform = PLATFORM
    lane = PLATFORM
    limits = Limits(per_second=1000, chat_seconds=0)

    def __init__(self, preview: Preview) -> None:
        self._preview = preview
        self._first = (
            secrets.randbelow(2**32) * 1_000_000
        )  # so that no message of before a restart is taken for another

    async def send(self, address: Address, message: Outgoing) -> Outcome:
        """Shows the message; the chat is gone where its browser has not been seen since we started."""
        number = self._preview.deliver(address, message.reply)
        return Gone(_CLOSED) if number is None else Delivered(self._first + number)

    async def edit(self, address: Address, message_id: int, message: Outgoing) -> Outcome:
        """Puts the reply in place of the one shown."""
        is_shown = self._preview.redeliver(address, message_id - self._first, message.reply)
        return Delivered(message_id) if is_shown else MessageGone()

    async def crosspost(self, address: Address, message_id: int) -> CrosspostOutcome:
        """A preview has no followers."""
        return Refused("not in a preview")
