"""A rumour comes in, an editor judges it, everybody who asked hears it once: on both platforms, in their language, through kill -9 at each step.

Fifteen chats on Telegram and fifteen on Discord bring one claim in three languages and press the bell. Readers and editors press again what they saw
no answer to. The loopback platforms count what each chat gets.
"""

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
import pytest

from bot.db.leases import LEASE_SECONDS
from bot.db.store import Store, open_store
from bot.dossier.entries import Field, Key
from bot.dossier.loader import load
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from bot.newsroom.publisher import Newsroom
from tests.chaos.editing import COLLEAGUE, WRITER, Bot, Browsers, change_of, newest, start, typed
from tests.chaos.scene import let_pass
from tests.conftest import TINY
from tests.editor import compare
from tests.platforms.telegram.updates import ADA, BUDI, chat, message, press, user
from tests.platforms.web.test_desk_figures import BULLETIN, HEADER, TOPIC
from tests.servers.discord import API, Discord, discord_api
from tests.servers.discord import TOKEN as DISCORD_TOKEN
from tests.servers.discord_people import Person, Shown, by_gateway
from tests.servers.discord_world import DM
from tests.servers.telegram import TOKEN, BotApi, bot_api

pytestmark = pytest.mark.chaos

RUMOURS = {
    "en": "The captain of the ferry has drowned",
    "id": "Nakhoda kapal feri itu sudah tenggelam",
    "ru": "Капитан парома утонул",
}
BECAUSE = {"en": "She sails today.", "id": "Ia berlayar hari ini.", "ru": "Сегодня она вышла в рейс."}
HEARD = tuple(BECAUSE.values())
EACH = 5
"""Chats of each platform and language."""

IN_FLIGHT = 16
WITHIN_SECONDS = 30.0
PATIENCE = 90.0


@dataclass
class Asker:
    """Somebody who brings the rumour and presses the bell."""

    language: str
    address: str = ""

    async def asks(self) -> None:
        raise NotImplementedError

    async def presses(self) -> None:
        raise NotImplementedError

    def has_bell(self) -> bool:
        raise NotImplementedError

    def heard(self) -> list[str]:
        """The verdicts that stand in the chat."""
        raise NotImplementedError


@dataclass
class OnTelegram(Asker):
    api: BotApi = field(default_factory=BotApi)
    number: int = 0
    _presses: int = 0

    def _bell(self) -> tuple[int, str] | None:
        for called in self.api.calls:
            if called.method == "sendMessage" and called.given["chat_id"] == self.number and called.result:
                for row in (called.given.get("reply_markup") or {}).get("inline_keyboard", ()):
                    for button in row:
                        if button["text"].startswith("🔔"):
                            return called.result["message_id"], button["callback_data"]
        return None

    async def asks(self) -> None:
        await self.api.feed(message(f"/check {RUMOURS[self.language]}", self.number, user(self.number, self.language)))

    async def presses(self) -> None:
        found = self._bell()
        assert found is not None
        identity, data = found
        under = {"message_id": identity, "date": 1, "chat": chat(self.number)}
        under["text"] = self.api.state.messages[self.number, identity]["text"]
        self._presses += 1
        query = f"press-{self.number}-{self._presses}"
        await self.api.feed(press(data, under, user(self.number, self.language), id=query))

    def has_bell(self) -> bool:
        return self._bell() is not None

    def heard(self) -> list[str]:
        every = (each.get("text", "") for (where, _), each in self.api.state.messages.items() if where == self.number)
        return [text for text in every if any(because in text for because in HEARD)]


@dataclass
class OnDiscord(Asker):
    person: Person | None = None
    shown: Shown | None = None

    async def asks(self) -> None:
        assert self.person is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                self.shown = await self.person.use("check", claim=RUMOURS[self.language])

    async def presses(self) -> None:
        assert self.person is not None
        assert self.shown is not None
        [bell] = [token for label, token in self.shown.buttons.items() if label.startswith("🔔")]
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self.person.press(self.shown, bell)

    def has_bell(self) -> bool:
        return self.shown is not None

    def heard(self) -> list[str]:
        assert self.person is not None
        every = (str(each) for each in self.person.discord.world.in_channel(self.person.channel.id))
        return [text for text in every if any(because in text for because in HEARD)]


@dataclass
class Scene:
    """One process on both platforms, thirty who ask, two editors."""

    store: Store
    folder: Path
    settings: dict[str, str]
    askers: list[Asker]
    browsers: Browsers
    discord: Discord
    kills_each_step: bool
    chance: random.Random = field(default_factory=lambda: random.Random(9))
    bots: list[Bot] = field(default_factory=list)
    kills: int = 0

    @property
    def bot(self) -> Bot:
        return self.bots[-1]

    async def start(self) -> None:
        self.bots.append(await start(self.folder, self.settings))
        await self.discord.gateway.until(connected=1)

    async def die(self) -> None:
        await self.bots.pop().kill()
        self.kills += 1
        async with asyncio.timeout(PATIENCE):
            while self.discord.gateway.connections:  # noqa: ASYNC110  nothing announces it
                await asyncio.sleep(0.05)

    async def again(self) -> None:
        """The process dies; the next one starts once the lease of its bot has run out."""
        await self.die()
        await let_pass(self.store, LEASE_SECONDS + 1)
        await self.start()

    async def all_of_them(
        self, act: Callable[[Asker], Awaitable[None]], is_done: Callable[[Asker], Awaitable[bool]]
    ) -> None:
        """Everybody does it, again after some seconds without an answer; the process dies once, half-way through."""

        async def insist(asker: Asker) -> None:
            while not await is_done(asker):
                await act(asker)
                for _ in range(30):
                    if await is_done(asker):
                        return
                    await asyncio.sleep(0.1)

        async with asyncio.timeout(PATIENCE):
            insisting = asyncio.gather(*map(insist, self.askers))
            if self.kills_each_step:
                while sum([await is_done(asker) for asker in self.askers]) < self.chance.randrange(5, 20):  # noqa: ASYNC110  the platforms tell nobody
                    await asyncio.sleep(0.02)
                await self.again()
            await insisting

    async def waiting(self) -> Counter[str]:
        return Counter(each.address.chat_id for each in await self.store.awaited.all())

    async def posts(self, person: Any, path: str, fields: list[tuple[str, str]]) -> None:
        """An editor sends a form; the process may die meanwhile, and then it is sent again."""
        for is_first in (True, False):
            data = [("token", self.browsers.tokens[person.account]), *fields]
            headers = {"Accept": "application/json"}
            url = f"{self.bot.url}/desk/{path}"
            sending = asyncio.ensure_future(
                self.browsers.open[person.account].post(url, data=data, allow_redirects=False, headers=headers)
            )
            if is_first and self.kills_each_step:
                await asyncio.sleep(self.chance.uniform(0, 0.25))
                await self.again()
            try:
                answer = await sending
                await answer.read()
                assert answer.status in (200, 303) or not is_first, (path, answer.status)
                if is_first:
                    return
            except aiohttp.ClientError:
                pass

    def heard(self) -> Counter[str]:
        return Counter({asker.address: len(asker.heard()) for asker in self.askers})


@asynccontextmanager
async def scene(url: str, folder: Path, *, kills_each_step: bool) -> AsyncIterator[Scene]:
    content = Path(shutil.copytree(TINY, folder / "content"))
    for name, text in (("dossier.yaml", HEADER), ("topics/fare.yaml", TOPIC)):
        (content / name).write_text(text, encoding="utf-8")
    [bulletin] = (content / "bulletins").iterdir()
    bulletin.write_text(BULLETIN, encoding="utf-8")
    dossier = load(content, datetime.now(UTC).date()).dossier
    assert dossier is not None
    async with bot_api() as api, discord_api() as discord, open_store(url) as store:
        await compare(Newsroom(store), dossier)
        settings = {"CONTENT_DIR": str(content), "DATABASE_URL": url, "EDITORS": f"{ADA},{BUDI}", "EMBEDDINGS": "off"}
        settings |= {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "TELEGRAM_MESSAGES_PER_SECOND": "5"}
        settings |= {"DISCORD_TOKEN": DISCORD_TOKEN, "DISCORD_API_URL": discord.url}
        assert API
        askers: list[Asker] = []
        for place, language in enumerate(RUMOURS):
            for number in range(EACH):
                identity = 5000 + 100 * place + number
                askers.append(OnTelegram(language, str(identity), api, identity))
                channel = discord.world.add(DM)
                locale = {"en": "en-US"}.get(language, language)
                person = Person(discord, by_gateway(discord), channel, discord.world.next_id(), locale=locale)
                askers.append(OnDiscord(language, str(channel.id), person))
        at = Scene(store, folder, settings, askers, Browsers(store), discord, kills_each_step)
        try:
            await at.start()
            await at.browsers.sign_in(at.bot, WRITER, COLLEAGUE)
            yield at
        finally:
            for bot in at.bots:
                await bot.kill()
            await at.browsers.close()


@pytest.mark.parametrize("kills_each_step", [False, True])
async def test_from_the_rumour_to_all_who_asked(database_url: str, tmp_path: Path, kills_each_step: bool) -> None:
    """Nobody hears anything unapproved, nobody is forgotten; on Discord nobody hears it twice, on Telegram no more than were under way."""
    began = monotonic()
    async with scene(database_url, tmp_path, kills_each_step=kills_each_step) as at:

        async def has_bell(asker: Asker) -> bool:
            return asker.has_bell()

        async def waits(asker: Asker) -> bool:
            return bool((await at.waiting())[asker.address])

        await at.all_of_them(lambda asker: asker.asks(), has_bell)
        await at.all_of_them(lambda asker: asker.presses(), waits)
        assert await at.waiting() == Counter({asker.address: 1 for asker in at.askers})

        says = [("says", f"{language}|{words}") for language, words in RUMOURS.items()]
        await at.posts(WRITER, "claim/review", [("once", "once-rumour"), *says])
        number = await newest(at.store)
        change, entries, _ = await change_of(at.store, number)
        assert number == 1
        [key] = entries
        assert key.startswith("claims/")
        texts: dict[Field, str] = {("verdict",): "false"}
        texts |= {("because", code): f"{text}[@harbour]" for code, text in BECAUSE.items()}
        await at.posts(WRITER, f"{number}/save", list(typed(entries, Key(key), texts).items()))
        for action, person in (("ask", WRITER), ("approve", COLLEAGUE)):
            change, _, _ = await change_of(at.store, number)
            await at.posts(person, f"{number}/decide", [("action", action), ("version", str(change.version))])
        change, entries, decisions = await change_of(at.store, number)
        assert (change.state, decisions[0]) == ("approved", "approve")
        assert at.heard().total() == 0

        await let_pass(at.store, TAKE_BACK_SECONDS + 1)
        comes = monotonic()
        for _ in range(3 if kills_each_step else 0):  # while it comes into force
            await asyncio.sleep(at.chance.uniform(0.1, 1.2))
            await at.again()
        sending_kills = 0
        for share in (4, 12, 20) if kills_each_step else ():  # while it is sent
            async with asyncio.timeout(PATIENCE):
                while at.heard().total() < share:  # noqa: ASYNC110  the same
                    await asyncio.sleep(0.02)
            await at.again()
            sending_kills += 1
        async with asyncio.timeout(PATIENCE):
            while len([count for count in at.heard().values() if count]) < len(at.askers):  # noqa: ASYNC110  the same
                await asyncio.sleep(0.05)
        took = monotonic() - comes
        await asyncio.sleep(3)  # whatever comes twice
        heard = at.heard()
        assert await at.waiting() == Counter()
        for asker in at.askers:
            assert all(BECAUSE[asker.language] in text for text in asker.heard()), asker.heard()
        twice = {
            kind: sum(heard[asker.address] - 1 for asker in at.askers if isinstance(asker, kind))
            for kind in (OnTelegram, OnDiscord)
        }
        print(
            f"\n{database_url.partition(':')[0]}: {len(at.askers)} chats, {at.kills} kills, all heard {took:.1f} s after it was due;"
            f" twice: {twice[OnTelegram]} on Telegram, {twice[OnDiscord]} on Discord; {monotonic() - began:.0f} s"
        )
        assert twice[OnDiscord] == 0
        if kills_each_step:
            assert twice[OnTelegram] <= IN_FLIGHT * (sending_kills + 3)
            assert at.kills >= 12
        else:
            assert twice[OnTelegram] == 0
            assert took <= WITHIN_SECONDS
