"""The post office: letters come by HTTP, cards go out as files."""

import asyncio
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.conversation import Conversation
from bot.delivery.leader_election import RunAsLeader
from bot.delivery.outcomes import ChatGone, Delivered, Outcome
from bot.delivery.rate_limiter import Limits
from bot.delivery.sender import OutgoingMessage, Sender
from bot.dossier.models import Dossier
from bot.message import Asker, Chat, Message, Rights
from bot.platforms.base import Report
from bot.platforms.platform import Deployment, Surroundings
from bot.reader import Address
from bot.replies.heard import Heard, question_in
from bot.replies.reply import Reply
from tests.platforms.postcards.platform import NAME, PATH, POSTCARDS, PostcardSettings, payload


async def _may_all() -> Rights:
    return Rights(is_admin=True)


class CardSender(Sender):
    """Writes a card as a file. Nobody lives at "Nowhere"."""

    platform = NAME
    lease_name = NAME

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.limits = limits
        self._folder = folder

    async def send(self, address: Address, message: OutgoingMessage) -> Outcome:
        to = message.destination["street"] if message.destination else address.chat_id
        if to == "Nowhere":
            return ChatGone("no such street")
        card = f"card-{sha256(f'{address} {message.key}'.encode()).hexdigest()[:24]}"
        written = {"to": to, "id": card, "reply_to": message.reply_to, **payload(message.reply)}
        await asyncio.to_thread(self._write, card, written)
        return Delivered(card)

    def _write(self, card: str, written: dict[str, Any]) -> None:
        part = self._folder / f"{card}.part"
        part.write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
        part.rename(self._folder / f"{card}.json")


class Postcards:
    """The bot."""

    def __init__(self, folder: Path, conversation: Conversation, limits: Limits) -> None:
        self.sender = CardSender(folder, limits)
        self._conversation = conversation

    def add_routes(self, app: web.Application) -> None:
        """Adds the letter box."""
        app.router.add_post(PATH, self._receive)

    async def write_to(self, user_id: str, reply: Reply) -> Outcome:
        """Sends a card."""
        return await self.sender.send(Address(NAME, user_id), OutgoingMessage(reply, "unasked"))

    async def run(self, report: Report, run_as_leader: RunAsLeader) -> None:
        """Letters come by HTTP, so there is nothing to do."""
        report("")
        await asyncio.get_running_loop().create_future()

    async def _receive(self, request: web.Request) -> web.Response:
        letter = await request.json()
        address = Address(NAME, letter["from"])
        language = self._conversation.language(address, None)
        chat = Chat(address, "private", language, cause=f"{NAME}:{letter['id']}")
        asker = Asker(_may_all, str(address), letter["from"])
        await self._conversation.membership.restore(address)
        question = question_in(Heard(letter["text"].strip()))
        reply = await self._conversation.reply(Message(chat, asker, question)) if question else None
        return web.json_response(payload(reply) if reply else {})


def start(settings: PostcardSettings, surroundings: Surroundings) -> Postcards:
    return Postcards(settings.folder, surroundings.conversation, POSTCARDS.limits(settings))


async def release(settings: PostcardSettings, _deployment: Deployment, dossier: Dossier) -> list[str]:
    settings.folder.mkdir(exist_ok=True)
    return [f"the folder for {dossier.header.id} is there"]
