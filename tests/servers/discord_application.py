"""The application on our own Discord: its fields, its interactions endpoint, its commands."""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientError, ClientSession, web

from tests.servers.discord_rules import command_refusals
from tests.servers.discord_world import APPLICATION_ID, BOT, Refused


@dataclass
class Application:
    """resources/application#application-object."""

    id: int = APPLICATION_ID
    endpoint: str | None = None
    verify_key: str = "0" * 64
    installations: list[int] = field(default_factory=lambda: [0, 1])
    commands: list[dict[str, Any]] = field(default_factory=list)
    of_guilds: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    _last_id: int = 1_200_000_000_000_000_000

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    async def show(self, _request: web.Request) -> web.Response:
        about = {"id": str(self.id), "name": "Nota", "icon": None, "description": "", "bot_public": True}
        about |= {
            "bot_require_code_grant": False,
            "owner": BOT,
            "verify_key": self.verify_key,
            "flags": 0,
            "team": None,
        }
        about |= {"interactions_endpoint_url": self.endpoint}
        about |= {"integration_types_config": {str(each): {} for each in self.installations}}
        return web.json_response(about | {"approximate_guild_count": 1, "approximate_user_install_count": 0})

    async def edit(self, request: web.Request) -> web.Response:
        """An endpoint must refuse unsigned requests (interactions/overview#preparing-for-interactions)."""
        url = (await request.json())["interactions_endpoint_url"]
        unsigned = {"X-Signature-Ed25519": "00" * 64, "X-Signature-Timestamp": "1"}
        try:
            async with ClientSession() as session, session.post(url, json={"type": 1}, headers=unsigned) as answer:
                refuses = answer.status == 401
        except ClientError:
            refuses = False
        if not refuses:
            raise Refused(400, 50035, "interactions_endpoint_url: could not be verified")
        self.endpoint = url
        return await self.show(request)

    async def show_commands(self, request: web.Request) -> web.Response:
        """The global ones, or a server's."""
        guild = request.match_info.get("guild")
        return web.json_response(self.of_guilds.get(int(guild), []) if guild else self.commands)

    async def set_commands(self, request: web.Request) -> web.Response:
        """Replaces all. Only global ones have contexts and integration types (#application-command-object)."""
        given, guild = await request.json(), request.match_info.get("guild")
        if refusals := command_refusals(given):
            raise Refused(400, 50035, f"Invalid Form Body: {refusals}")
        if any(set(command.get("integration_types", [])) - set(self.installations) for command in given):
            # interactions/application-commands#installation-context
            raise Refused(400, 50035, "integration_types: not supported by the application")
        held = [self._held(command, guild) for command in given]
        if guild:
            self.of_guilds[int(guild)] = held
        else:
            self.commands = held
        return web.json_response(held)

    def _held(self, command: dict[str, Any], guild: str | None) -> dict[str, Any]:
        about = {"application_id": str(APPLICATION_ID), "version": "1", "id": str(self._next_id()), "nsfw": False}
        permissions = command.get("default_member_permissions")
        about |= {"default_member_permissions": None if permissions is None else str(permissions)}
        about |= {"type": command.get("type", 1), "description": command.get("description", "")}
        if guild is None:
            return command | about
        return command | about | {"guild_id": guild, "integration_types": [0], "contexts": None}
