"""simcord, an independent model of Discord (permissions, limits and error codes), as a server for our bot.

simcord runs in the process. People act in it, their interactions go to the bot as signed requests, and simcord handles the
bot's callbacks and requests.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import discord
import simcord
from aiohttp import web
from simcord.backend import serializers
from simcord.backend.errors import BackendError
from simcord.http import router

from tests.servers.discord_people import Deliver, Form, Shown
from tests.servers.discord_rules import EPHEMERAL

API = "/api/v10"
Env = Any
"""What ``simcord.run`` gives."""


@asynccontextmanager
async def simulated() -> AsyncIterator[tuple[Env, str]]:
    """A running simcord, and the address of its HTTP API."""
    async with _running() as env:
        app = web.Application()
        app.router.add_route("*", API + "/{path:.*}", partial(_respond, env))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            yield env, f"http://{host}:{port}{API}"
        finally:
            await runner.cleanup()


@asynccontextmanager
async def _running() -> AsyncIterator[Env]:
    """A simcord in a task of its own: it must start and stop in the same task, which fixtures do not guarantee."""
    born: asyncio.Future[Env] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def live() -> None:
        async with simcord.run(discord.Client(intents=discord.Intents(guilds=True))) as env:
            born.set_result(env)
            await over.wait()

    life = asyncio.create_task(live())
    try:
        yield await born
    finally:
        over.set()
        await life


async def _respond(env: Env, request: web.Request) -> web.Response:
    """Simcord's answer to a request, with some fields of the real API that it lacks."""
    path = request.path.removeprefix(API)
    path = "/oauth2/applications/@me" if path == "/applications/@me" else path
    given = await request.json() if request.can_read_body else None
    try:
        result = router.dispatch(env.backend, request.method, path, json=given, params=dict(request.query))
    except BackendError as error:
        return web.json_response(error.to_json(), status=error.status)
    if path == "/oauth2/applications/@me":
        result = {**result, "approximate_guild_count": 1, "approximate_user_install_count": 0}
    if path.endswith("/commands"):
        result = [{**command, "version": "1"} for command in result]
    return web.json_response(result)


@dataclass
class SimForm(Form):
    """A modal in simcord; ``result`` is its interaction there."""

    result: Any


@dataclass
class SimPerson:
    """A person in simcord, with the methods of :class:`tests.servers.discord_people.Person`."""

    env: Env
    deliver: Deliver
    actor: Any
    channel: Any
    locale: str = "en-US"
    guild_locale: str = "en-US"

    @property
    def _where(self) -> tuple[Any, ...]:
        """A member's actions need the channel; a direct message has only one."""
        return (self.channel,) if self.channel.guild else ()

    async def use(self, name: str, **options: Any) -> Shown:
        """Uses a command, if a client shows it."""
        return await self._shown(lambda: self.actor.slash(*self._where, name, **options))

    async def check(self, message: dict[str, Any]) -> Shown:
        """Uses the message command on a message."""
        stored = self.env.backend.get_message(self.channel.id, int(message["id"]))
        target = simcord.results.to_discord_message(self.env, stored)
        return await self._shown(lambda: self.actor.context_menu(self.channel, "Check with Nota", target))

    async def types(self, name: str, option: str, text: str) -> dict[str, str]:
        """Types in a command's option; returns the suggestions: name → value."""
        record, _ = await self._answered(lambda: self.actor.autocomplete(*self._where, name, option, text))
        return {choice["name"]: choice["value"] for choice in record.autocomplete_choices}

    async def press(self, shown: Shown, custom_id: str) -> Shown:
        """Presses a button of the message."""
        message = self._message(shown)
        return await self._shown(lambda: self.actor.click(message, custom_id=custom_id))

    async def open(self, shown: Shown, custom_id: str) -> Form:
        """Presses a button that opens a form."""
        message = self._message(shown)
        record, callback = await self._answered(lambda: self.actor.click(message, custom_id=custom_id))
        return SimForm(callback["data"], shown.message, simcord.results.InteractionResult(self.env, record))

    async def submit(self, form: SimForm, **given: Any) -> Shown:
        """Submits a form with other values than it has, by custom_id."""
        values = {name: given.get(name, form.chosen.get(name, "")) for name in form.fields}
        return await self._shown(lambda: self.actor.submit_modal(form.result, values))

    async def choose(self, shown: Shown, value: str) -> Shown:
        """Chooses an option of the menu."""
        message = self._message(shown)
        return await self._shown(lambda: self.actor.select(message, [value]))

    def _message(self, shown: Shown) -> Any:
        stored = self.env.backend.get_message(self.channel.id, int(shown.message["id"]))
        return simcord.results.to_discord_message(self.env, stored)

    async def _shown(self, act: Any) -> Shown:
        record, callback = await self._answered(act)
        stored = self.env.backend.get_message(self.channel.id, record.message_id)
        message = deepcopy(dict(serializers.message_payload(self.env.backend, stored)))
        return Shown(message, bool(message["flags"] & EPHEMERAL), is_in_place=callback["type"] == 7)

    async def _answered(self, act: Any) -> tuple[Any, dict[str, Any]]:
        """Sends the interaction to the bot, and its callback to simcord."""
        caught: list[dict[str, Any]] = []

        def catch(event: str, payload: Any) -> None:
            if event == "INTERACTION_CREATE":
                caught.append(deepcopy(dict(payload)))

        backend = self.env.backend
        backend.subscribers.append(catch)
        try:
            await act()
        finally:
            backend.subscribers.remove(catch)
        (interaction,) = caught
        interaction |= {"locale": self.locale}
        if "guild_locale" in interaction:
            interaction |= {"guild_locale": self.guild_locale}
        callback = await self.deliver(interaction)
        path = f"/interactions/{interaction['id']}/{interaction['token']}/callback"
        router.dispatch(backend, "POST", path, json=callback)
        return backend.interactions[int(interaction["id"])], callback
