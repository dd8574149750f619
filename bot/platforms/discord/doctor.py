"""``nota doctor`` for Discord: the token, the public key, the interactions endpoint, the clock, and the people and channels of the settings."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bot.platforms.base import Finding, clock_finding, note, ok, problem
from bot.platforms.discord.api import DiscordClient, DiscordError, HttpError, RateLimited, TokenRefused
from bot.platforms.discord.platform import DiscordSettings
from bot.platforms.discord.types import PATH, Application, Installation
from bot.platforms.platform import Deployment

PORTAL = "discord.com/developers/applications, General Information"


async def diagnose(settings: DiscordSettings, deployment: Deployment) -> AsyncIterator[Finding]:
    api_url, public_key, public_url = settings.discord_api_url, settings.discord_public_key, deployment.public_url
    client = DiscordClient(settings.token, api_url)
    try:
        try:
            application = await client.application()
        except (DiscordError, TokenRefused) as error:
            yield _no_application(error, urlsplit(api_url).netloc)
            return
        yield ok("DISCORD_TOKEN", f"{application.name} answers")
        if application.date:
            yield clock_finding("Discord API", (datetime.now(UTC) - application.date).total_seconds())
        yield _public_key(application, public_key, public_url)
        yield _endpoint(application, public_key, public_url)
        yield _installations(application)
        async for finding in _people(client, deployment):
            yield finding
    finally:
        await client.close()


def _no_application(error: Exception, host: str) -> Finding:
    match error:
        case TokenRefused() | HttpError(may_pass=False):
            reason = "HTTP 401" if isinstance(error, TokenRefused) else str(error)
            remedy = "reset and copy it in the developer portal, Bot → Token"
            return problem("DISCORD_TOKEN", f"Discord refuses it ({reason})", remedy)
        case HttpError():
            remedy = "try again later; discordstatus.com lists outages"
        case RateLimited():
            remedy = "try again later"
        case _:
            remedy = "check the network"
    return problem("DISCORD_API_URL", f"{host} does not answer ({error})", remedy)


async def _people(client: DiscordClient, deployment: Deployment) -> AsyncIterator[Finding]:
    """Whether the owners exist, and the bot sees the editors' channel."""
    requests: list[tuple[str, Callable[[int], Awaitable[object]], int, str]] = [
        ("OWNERS", client.user, int(owner), "Developer Mode, Copy User ID") for owner in deployment.owners
    ]
    if deployment.editors_chat is not None:
        remedy = "invite Nota to that server, and let it see the channel"
        requests.append(("EDITORS_CHAT", client.channel, int(deployment.editors_chat.chat_id), remedy))
    for setting, request, id_, remedy in requests:
        try:
            await request(id_)
        except HttpError as error:
            yield problem(setting, f"discord:{id_} cannot be written to (HTTP {error.status})", remedy)
        except (DiscordError, TokenRefused) as error:
            yield note(setting, f"discord:{id_} could not be asked for ({error})", "try again later")
        else:
            yield ok(setting, f"discord:{id_} is there")


def _public_key(application: Application, public_key: str | None, public_url: str | None) -> Finding:
    setting, remedy = "DISCORD_PUBLIC_KEY", f"copy the Public Key from {PORTAL}"
    if public_key is None:
        if public_url is None:
            return ok(setting, "is not needed: interactions come by the gateway")
        return note(setting, "is not set: interactions come by the gateway, not by HTTP", remedy)
    if application.verify_key.lower() != public_key.lower():
        return problem(setting, "is another application's: every interaction would be refused", remedy)
    return ok(setting, "is the application's")


def _installations(application: Application) -> Finding:
    """Whether people may install the app for themselves (resources/application#setting-supported-installation-contexts)."""
    if Installation.USER in application.installations:
        return ok("installation", "by servers and by people")
    remedy = "tick User Install in discord.com/developers/applications, Installation, then start Nota again"
    return note("installation", "by servers only: nobody can take Nota along to other servers and chats", remedy)


def _endpoint(application: Application, public_key: str | None, public_url: str | None) -> Finding:
    current = application.interactions_endpoint_url or None
    wanted = f"{public_url.rstrip('/')}{PATH}" if public_url and public_key else None
    subject = "interactions endpoint"
    if current == wanted:
        return ok(subject, f"is {current}" if current else "is not set: interactions come by the gateway")
    if wanted is None:
        remedy = f"empty it in {PORTAL}, or set PUBLIC_URL and DISCORD_PUBLIC_KEY"
        return problem(subject, f"is {current}, so that nothing comes by the gateway", remedy)
    remedy = f"start `nota run`, which sets it to {wanted}; or do it in {PORTAL}"
    return problem(subject, f"is {current or 'not set'}", remedy)
