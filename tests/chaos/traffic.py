"""Many chats that ask and set things, as Telegram brings it: one update of a chat at a time, repeated until it is answered."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import aiohttp

from bot.dossier.models import TopicId
from bot.platforms.telegram.types import PATH
from bot.platforms.telegram.webhook import webhook_secret
from bot.replies.question import AboutTopic, Command, token
from tests.servers.router import Router
from tests.servers.telegram import TOKEN, BotApi

TOPICS = (
    "agreement",
    "parties",
    "programs",
    "duration",
    "renewal",
    "pricing",
    "coverage",
    "ceremony",
    "minister",
    "news",
)
WORDS = ("how long does it last?", "what does it cost", "berapa harganya", "когда подписали", "who signed it")
LANGUAGES = ("en", "id", "ru")
AGAIN_SECONDS = 0.2


@dataclass(frozen=True)
class Sample:
    """One update: when it was first brought, how long until it was answered, how often it was brought."""

    kind: str
    at: float
    seconds: float
    times: int
    said: str


@dataclass
class Traffic:
    """``chats`` chats; what they have set is remembered, to be compared with what the database holds."""

    api: BotApi
    router: Router
    session: aiohttp.ClientSession
    chats: int
    settings_share: float = 0.12
    samples: list[Sample] = field(default_factory=list)
    languages: dict[int, str] = field(default_factory=dict)
    switched: Counter[int] = field(default_factory=Counter)
    changes: int = 0
    _subscribed: set[int] = field(default_factory=set)
    _busy: set[int] = field(default_factory=set)
    _number: int = 1000
    _random: random.Random = field(default_factory=lambda: random.Random(7))

    async def run(self, seconds: float, per_second: float) -> None:
        """Brings updates at an even rate, whatever becomes of those before; returns when all are answered."""
        began, tasks = monotonic(), set()
        for number in range(int(seconds * per_second)):
            await asyncio.sleep(began + number / per_second - monotonic())
            task = asyncio.create_task(self._one(self._idle_chat()))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)

    def _idle_chat(self) -> int:
        assert len(self._busy) < self.chats, (
            "every chat waits for an answer: the traffic is more than this machine bears"
        )
        while (chat := self._random.randint(1, self.chats) + 10_000) in self._busy:
            pass
        self._busy.add(chat)
        return chat

    async def _one(self, chat: int) -> None:
        kind, update = self._next(chat)
        began, times = monotonic(), 0
        while True:
            times += 1
            status, body = await self._bring(update)
            if status == 200:
                break
            await asyncio.sleep(AGAIN_SECONDS)
        said = json.loads(body).get("method", "") + " " + json.loads(body).get("text", "")[:200] if body else ""
        self.samples.append(Sample(kind, began, monotonic() - began, times, said))
        self._busy.discard(chat)

    async def _bring(self, update: dict[str, Any]) -> tuple[int, bytes]:
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook_secret(TOKEN)}
        try:
            async with self.session.post(self.router.url + PATH, json=update, headers=headers) as answer:
                return answer.status, await answer.read()
        except aiohttp.ClientError:
            return 0, b""

    def _next(self, chat: int) -> tuple[str, dict[str, Any]]:
        self._number += 1
        if self._random.random() < self.settings_share:
            return self._setting(chat)
        pick = self._random.random()
        if pick < 0.1:
            return "words", self._message(chat, self._random.choice(WORDS))
        if pick < 0.2:
            topic = TopicId(self._random.choice(TOPICS))
            return "press", self._press(chat, token(AboutTopic(topic)))
        return "command", self._message(chat, f"/{self._random.choice(TOPICS)}")

    def _setting(self, chat: int) -> tuple[str, dict[str, Any]]:
        if self._random.random() < 0.4:
            self.languages[chat] = self._random.choice(LANGUAGES)
            self.changes += 1
            return "language", self._message(chat, f"/language {self.languages[chat]}")
        if chat not in self._subscribed:
            self._subscribed.add(chat)
            self.changes += 1
            return "subscribe", self._message(chat, "/subscribe")
        self.switched[chat] += 1
        self.changes += 1
        return "switch", self._press(chat, token(Command("settings", "sound")))

    def _message(self, chat: int, text: str) -> dict[str, Any]:
        return {
            "update_id": self._number,
            "message": {"message_id": self._number, "date": 1, "from": _user(chat), "chat": _chat(chat), "text": text},
        }

    def _press(self, chat: int, data: str) -> dict[str, Any]:
        under = {"message_id": self._number, "date": 1, "chat": _chat(chat), "text": "…"}
        self.api.state.messages[chat, self._number] = dict(under)
        query = {"id": str(self._number), "from": _user(chat), "chat_instance": "1", "data": data, "message": under}
        return {"update_id": self._number, "callback_query": query}


def _user(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "Ada", "language_code": "en"}


def _chat(chat: int) -> dict[str, Any]:
    return {"id": chat, "type": "private", "first_name": "Ada"}


def percentile(seconds: list[float], share: float) -> float:
    """In milliseconds."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0
