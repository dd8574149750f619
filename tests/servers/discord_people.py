"""People on our own Discord who use commands and components, and what Discord then shows them.

An interaction reaches the bot by the gateway or as a signed request.
"""

import json
import time
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from nacl.signing import SigningKey

from tests.servers.discord import Discord
from tests.servers.discord_rules import EPHEMERAL, MESSAGE, modal_refusals
from tests.servers.discord_uploads import HTTP_ANSWER_BYTES, callback_of
from tests.servers.discord_world import ALL, APPLICATION_ID, DM, GROUP_DM, GUILD_ID, Channel

KEY = SigningKey(b"loopback key for the tests only!")
PUBLIC_KEY = KEY.verify_key.encode().hex()
MEMBER, MANAGER = 1 << 31, 1 << 5
SELECT, TEXT_INPUT = 3, 4
MODAL, MODAL_SUBMIT = 9, 5

Deliver = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Sends an interaction to the bot and returns its callback."""


def signed(body: bytes, timestamp: int | None = None) -> dict[str, str]:
    """The headers with which Discord signs a request."""
    stamp = str(int(time.time()) if timestamp is None else timestamp)
    signature = KEY.sign(stamp.encode() + body).signature.hex()
    return {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": stamp, "Content-Type": "application/json"}


def by_http(session: aiohttp.ClientSession, endpoint: str) -> Deliver:
    """Posts signed interactions to the endpoint."""

    async def deliver(interaction: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(interaction).encode()
        async with session.post(endpoint, data=body, headers=signed(body)) as answer:
            assert answer.status == 200, answer.status
            said = await answer.read()
            assert len(said) <= HTTP_ANSWER_BYTES
            return callback_of(answer.headers["Content-Type"], said)

    return deliver


def by_gateway(discord: Discord) -> Deliver:
    """Dispatches interactions by the gateway and waits for the callback."""

    async def deliver(interaction: dict[str, Any]) -> dict[str, Any]:
        callback = discord.callback(interaction["id"])
        await discord.gateway.dispatch("INTERACTION_CREATE", interaction)
        return await callback

    return deliver


@dataclass
class Shown:
    """What a person sees: the message, whether only they see it, and whether it replaced the message with the component."""

    message: dict[str, Any]
    is_private: bool
    is_in_place: bool = False

    @property
    def title(self) -> str:
        return str(self.message["embeds"][0]["title"])

    @property
    def text(self) -> str:
        return str(self.message["embeds"][0].get("description", ""))

    @property
    def components(self) -> list[dict[str, Any]]:
        return [component for row in self.message["components"] for component in row["components"]]

    @property
    def buttons(self) -> dict[str, str]:
        """Label → custom_id or address."""
        made = [each for each in self.components if each["type"] == 2]
        return {button["label"]: button.get("custom_id", button.get("url")) for button in made}

    @property
    def options(self) -> dict[str, str]:
        """Label → value, of every menu."""
        menus = [each for each in self.components if each["type"] == 3]
        return {option["label"]: option["value"] for menu in menus for option in menu["options"]}


@dataclass
class Form:
    """A modal that a person sees, and the message under which they opened it; None: a command opened it."""

    modal: dict[str, Any]
    message: dict[str, Any] | None

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """The inputs, by custom_id."""
        return {label["component"]["custom_id"]: label["component"] for label in self.modal["components"]}

    @property
    def chosen(self) -> dict[str, list[str]]:
        """custom_id → the values of the preselected options."""
        return {
            name: [option["value"] for option in field["options"] if option.get("default")]
            for name, field in self.fields.items()
            if field["type"] == SELECT
        }

    def submitted(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        """The components of the submission: what is not given stays as it was (components/reference#label)."""
        return [
            {"type": 18, "id": index, "component": {"id": index + 100, **self._input(label["component"], given)}}
            for index, label in enumerate(self.modal["components"], start=1)
        ]

    def _input(self, field: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        name, shown = field["custom_id"], {"type": field["type"], "custom_id": field["custom_id"]}
        if field["type"] == TEXT_INPUT:
            text = given.get(name, field.get("value", ""))
            assert text or not field.get("required", True), f"{name} is required"
            assert len(text) <= field.get("max_length", 4000)
            return shown | {"value": text}
        values = given.get(name, self.chosen[name])
        assert values or not field.get("required", True), f"{name} is required"
        assert len(values) <= field.get("max_values", 1)
        assert set(values) <= {option["value"] for option in field["options"]}
        return shown | {"values": values}


@dataclass
class Person:
    """A person in a channel."""

    discord: Discord
    deliver: Deliver
    channel: Channel
    id: int
    locale: str = "en-US"
    guild_locale: str = "en-US"
    permissions: int = MEMBER
    brings_bot: bool = False
    """Whether only the person installed the app, and the bot is no member."""
    given: list[dict[str, Any]] = field(default_factory=list)
    callbacks: list[int] = field(default_factory=list)
    """The type of each callback."""

    async def use(self, name: str, **options: Any) -> Shown:
        """Uses a command."""
        data = {"id": "1", "name": name, "type": 1, "options": _options(options)}
        return await self._shown(self._interaction(2, data))

    async def begin(self, name: str) -> Form:
        """Uses a command that opens a form."""
        return await self._opened(self._interaction(2, {"id": "1", "name": name, "type": 1, "options": []}), None)

    async def check(self, message: dict[str, Any]) -> Shown:
        """Uses the message command on a message (interactions/application-commands#message-commands)."""
        names = {each["name"] for each in self.discord.application.commands if each["type"] == MESSAGE}
        data = {"id": "1", "name": names.pop(), "type": MESSAGE, "target_id": message["id"]}
        return await self._shown(self._interaction(2, data | {"resolved": {"messages": {message["id"]: message}}}))

    async def types(self, name: str, option: str, text: str) -> dict[str, str]:
        """Types in a command's option; returns the suggestions: name → value."""
        data = {"id": "1", "name": name, "type": 1, "options": [_option(option, text) | {"focused": True}]}
        callback = await self.deliver(self._interaction(4, data))
        assert callback["type"] == 8
        choices = callback["data"]["choices"]
        assert len(choices) <= 25
        assert all(1 <= len(each["name"]) <= 100 and 1 <= len(each["value"]) <= 100 for each in choices)
        return {each["name"]: each["value"] for each in choices}

    async def press(self, shown: Shown, custom_id: str) -> Shown:
        """Presses a button under a message."""
        return await self._under(shown.message, {"custom_id": custom_id, "component_type": 2})

    async def open(self, shown: Shown, custom_id: str) -> Form:
        """Presses a button that opens a form."""
        data = {"custom_id": custom_id, "component_type": 2}
        return await self._opened(self._interaction(3, data, message=shown.message), shown.message)

    async def _opened(self, interaction: dict[str, Any], under: dict[str, Any] | None) -> Form:
        callback = await self.deliver(interaction)
        assert callback["type"] == MODAL, callback
        assert not modal_refusals(callback["data"]), modal_refusals(callback["data"])
        return Form(callback["data"], under)

    async def submit(self, form: Form, **given: Any) -> Shown:
        """Submits a form with other values than it has, by custom_id. It can be answered by anything but a form."""
        data = {"custom_id": form.modal["custom_id"], "components": form.submitted(given)}
        more = {"message": form.message} if form.message else {}
        return await self._shown(self._interaction(MODAL_SUBMIT, data, **more))

    async def choose(self, shown: Shown, value: str) -> Shown:
        """Chooses from the first menu under a message."""
        menu = next(each for each in shown.components if each["type"] == 3)
        assert not any(option.get("default") for option in menu["options"] if option["value"] == value), (
            "a client reports no choice of the selected option"
        )
        data = {"custom_id": menu["custom_id"], "component_type": 3, "values": [value]}
        return await self._under(shown.message, data)

    async def _under(self, message: dict[str, Any], data: dict[str, Any]) -> Shown:
        return await self._shown(self._interaction(3, data, message=message))

    def _interaction(self, kind: int, data: dict[str, Any], **more: Any) -> dict[str, Any]:
        identity = self.discord.world.next_id()
        interaction = {"id": str(identity), "application_id": str(APPLICATION_ID), "type": kind, "version": 1}
        interaction |= {"token": f"token-of-{identity}", "data": data, "locale": self.locale, "entitlements": []}
        interaction |= {"channel_id": str(self.channel.id), "channel": self.channel.payload()}
        interaction |= {"attachment_size_limit": 10485760, **self._place(), **more}
        self.given.append(interaction)
        return interaction

    def _place(self) -> dict[str, Any]:
        user = {"id": str(self.id), "username": "reader", "discriminator": "0", "avatar": None, "public_flags": 0}
        if self.channel.type == GROUP_DM:
            owners = {"1": str(self.id)}
            return {"user": user, "context": 2, "app_permissions": str(ALL), "authorizing_integration_owners": owners}
        if self.channel.type == DM:
            owners = {"1": str(self.id)} if self.brings_bot else {"0": "0"}
            return {"user": user, "context": 1, "app_permissions": str(ALL), "authorizing_integration_owners": owners}
        member = {"user": user, "roles": [], "nick": None, "permissions": str(self.permissions), "deaf": False}
        owners = {"1": str(self.id)} if self.brings_bot else {"0": str(GUILD_ID)}
        place = {"guild_id": str(GUILD_ID), "guild_locale": self.guild_locale, "context": 0, "member": member}
        return place | {"app_permissions": str(self.channel.ours), "authorizing_integration_owners": owners}

    async def _shown(self, interaction: dict[str, Any]) -> Shown:
        """Applies the bot's callback as Discord does."""
        callback = await self._finally(interaction, await self.deliver(interaction))
        assert callback["type"] in (4, 7), callback
        assert callback["type"] == 4 or "message" in interaction, "UPDATE_MESSAGE is for components"
        data, world = callback["data"], self.discord.world
        if callback["type"] == 7:
            message = world.change(world.messages[int(interaction["message"]["id"])], data)
            return Shown(deepcopy(message), bool(message["flags"] & EPHEMERAL), is_in_place=True)
        about = {"id": interaction["id"], "type": interaction["type"], "user": {"id": str(self.id)}}
        message = world.put(self.channel.id, data, interaction_metadata=about)
        return Shown(deepcopy(message), bool(message["flags"] & EPHEMERAL))

    async def _finally(self, interaction: dict[str, Any], callback: dict[str, Any]) -> dict[str, Any]:
        """The callback; of a deferred one what fills it in, which cannot change who sees it."""
        self.callbacks.append(callback["type"])
        if callback["type"] not in (5, 6):
            return callback
        assert callback["type"] == 5 or "message" in interaction, "DEFERRED_UPDATE_MESSAGE is for components"
        is_new, data = await self.discord.deferred(interaction["token"]).get()
        if callback["type"] == 6:
            return {"type": 4 if is_new else 7, "data": data}
        assert not is_new, "the first message fills in the deferral"
        return {"type": 4, "data": data | callback.get("data", {})}


def _options(options: dict[str, Any]) -> list[dict[str, Any]]:
    return [_option(name, value) for name, value in options.items()]


def _option(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, "type": 5 if isinstance(value, bool) else 3, "value": value}
