"""Many chats that ask and set things, as Telegram brings it: one update of a chat at a time, repeated until it is answered.

A setting that is refused with an apology may have been made or not: the connection can break between the commit and its answer.
"""

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple

import aiohttp

from bot.dossier.models import TopicId
from bot.platforms.telegram.types import PATH
from bot.platforms.telegram.webhook import webhook_secret
from bot.replies.i18n import phrases_in
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
APOLOGIES = tuple(
    phrases_in(language).say(text).partition("{")[0]
    for language in LANGUAGES
    for text in (
        "Something went wrong",
        "I could not answer this just now. Please try again; if it keeps happening, give whoever runs this bot the code {incident}.",
    )
)


class Held(NamedTuple):
    """What a chat has set: its language, and whether its bulletins come silently (None: it is not subscribed)."""

    language: str | None = None
    silent: bool | None = None


Setting = Callable[[Held], Held]


def _subscribed(held: Held) -> Held:
    return held if held.silent is not None else held._replace(silent=False)


def _switched(held: Held) -> Held:
    return held if held.silent is None else held._replace(silent=not held.silent)


@dataclass(frozen=True)
class Sample:
    """One update: when it was first brought, how long until it was answered, how often it was brought."""

    kind: str
    at: float
    seconds: float
    times: int
    said: str

    @property
    def refused(self) -> bool:
        """Whether the answer is an apology."""
        return any(text in self.said for text in APOLOGIES)


@dataclass
class Traffic:
    """``chats`` chats; what each may have set is remembered, to be compared with what the database holds."""

    api: BotApi
    router: Router
    session: aiohttp.ClientSession
    chats: int
    settings_share: float = 0.12
    samples: list[Sample] = field(default_factory=list)
    held: dict[int, set[Held]] = field(default_factory=dict)
    changes: int = 0
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
        kind, update, setting = self._next(chat)
        began, times = monotonic(), 0
        while True:
            times += 1
            status, body = await self._bring(update)
            if status == 200:
                break
            await asyncio.sleep(AGAIN_SECONDS)
        said = json.loads(body).get("method", "") + " " + json.loads(body).get("text", "")[:200] if body else ""
        self.samples.append(sample := Sample(kind, began, monotonic() - began, times, said))
        if setting is not None:
            before = self.held.get(chat, {Held()})
            self.held[chat] = {setting(held) for held in before} | (before if sample.refused else set())
            self.changes += not sample.refused
        self._busy.discard(chat)

    async def _bring(self, update: dict[str, Any]) -> tuple[int, bytes]:
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook_secret(TOKEN)}
        try:
            async with self.session.post(self.router.url + PATH, json=update, headers=headers) as answer:
                return answer.status, await answer.read()
        except aiohttp.ClientError:
            return 0, b""

    def _next(self, chat: int) -> tuple[str, dict[str, Any], Setting | None]:
        self._number += 1
        if self._random.random() < self.settings_share:
            return self._setting(chat)
        pick = self._random.random()
        if pick < 0.1:
            return "words", self._message(chat, self._random.choice(WORDS)), None
        if pick < 0.2:
            topic = TopicId(self._random.choice(TOPICS))
            return "press", self._press(chat, token(AboutTopic(topic))), None
        return "command", self._message(chat, f"/{self._random.choice(TOPICS)}"), None

    def _setting(self, chat: int) -> tuple[str, dict[str, Any], Setting]:
        if self._random.random() < 0.4:
            language = self._random.choice(LANGUAGES)
            return (
                "language",
                self._message(chat, f"/language {language}"),
                lambda held: held._replace(language=language),
            )
        if any(held.silent is None for held in self.held.get(chat, {Held()})):
            return "subscribe", self._message(chat, "/subscribe"), _subscribed
        return "switch", self._press(chat, token(Command("settings", "sound"))), _switched

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
