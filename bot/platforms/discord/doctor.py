"""``nota doctor`` on Discord: the token, the public key, the endpoint for interactions, the clock."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bot.platforms.base import Finding, clock_finding, note, ok, problem
from bot.platforms.discord.api import Client, DiscordError, HttpError, RateLimited
from bot.platforms.discord.types import Application
from bot.platforms.discord.webhook import PATH

PORTAL = "discord.com/developers/applications, General Information"


async def diagnose(
    token: str,
    api_url: str,
    public_key: str | None,
    public_url: str | None,
    owners: tuple[int, ...] = (),
    desk: int | None = None,
) -> AsyncIterator[Finding]:
    """What there is to say, in the order in which one would mend it. ``desk``: the editors' channel, where it is there."""
    client = Client(token, api_url)
    try:
        async for finding in _of_application(client, api_url, public_key, public_url):
            yield finding
            if finding.subject in ("DISCORD_API_URL", "DISCORD_TOKEN") and finding.level == "problem":
                return
        async for finding in _people(client, owners, desk):
            yield finding
    finally:
        await client.close()


async def _of_application(
    client: Client, api_url: str, public_key: str | None, public_url: str | None
) -> AsyncIterator[Finding]:
    host = urlsplit(api_url).netloc
    try:
        application = await client.application()
    except HttpError as error:
        if error.is_passing:
            remedy = "try again later; discordstatus.com tells of outages"
            yield problem("DISCORD_API_URL", f"{host} does not answer ({error})", remedy)
        else:
            remedy = "reset and copy it in the developer portal, Bot → Token"
            yield problem("DISCORD_TOKEN", f"Discord refuses it ({error})", remedy)
        return
    except RateLimited as error:
        yield problem("DISCORD_API_URL", f"{host} does not answer ({error})", "try again later")
        return
    except DiscordError as error:
        yield problem("DISCORD_API_URL", f"{host} does not answer ({error})", "see to the network")
        return
    yield ok("DISCORD_TOKEN", f"{application.name} answers")
    if application.date:
        yield clock_finding("Discord API", (datetime.now(UTC) - application.date).total_seconds())
    yield _key(application, public_key, public_url)
    yield _endpoint(application, public_key, public_url)


async def _people(client: Client, owners: tuple[int, ...], desk: int | None) -> AsyncIterator[Finding]:
    """Whether the owners exist, and the bot sees the editors' channel."""
    copy, invite = "Developer Mode, Copy User ID", "invite Nota to that server, and let it see the channel"
    asked = [("OWNERS", owner, client.user_exists(owner), copy) for owner in owners]
    if desk is not None:
        asked.append(("EDITORS_CHAT", desk, client.channel_exists(desk), invite))
    for subject, number, request, remedy in asked:
        try:
            await request
        except HttpError as error:
            yield problem(subject, f"discord:{number} cannot be written to (HTTP {error.status})", remedy)
        except DiscordError as error:
            yield note(subject, f"discord:{number} could not be asked for ({error})", "try again later")
        else:
            yield ok(subject, f"discord:{number} is there")


def _key(application: Application, public_key: str | None, public_url: str | None) -> Finding:
    copy = f"copy the Public Key from {PORTAL}"
    if public_key is None:
        if public_url is None:
            return ok("DISCORD_PUBLIC_KEY", "is not needed: interactions come by the gateway")
        return note("DISCORD_PUBLIC_KEY", "is not set: interactions come by the gateway, not by HTTP", copy)
    if application.verify_key.lower() != public_key.lower():
        return problem("DISCORD_PUBLIC_KEY", "is another application's: every interaction would be refused", copy)
    return ok("DISCORD_PUBLIC_KEY", "is the application's")


def _endpoint(application: Application, public_key: str | None, public_url: str | None) -> Finding:
    there = application.interactions_endpoint_url or None
    wanted = f"{public_url.rstrip('/')}{PATH}" if public_url and public_key else None
    subject = "interactions endpoint"
    if there == wanted:
        return ok(subject, f"is {there}" if there else "is not set: interactions come by the gateway")
    if wanted is None:
        said = f"is {there}, so that nothing comes by the gateway"
        return problem(subject, said, f"empty it in {PORTAL}, or set PUBLIC_URL and DISCORD_PUBLIC_KEY")
    return problem(
        subject, f"is {there or 'not set'}", f"start `nota run`, which sets it to {wanted}; or do it in {PORTAL}"
    )
