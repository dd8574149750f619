"""``nota doctor`` on Discord: the token, the public key, the endpoint for interactions, the clock."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp

from bot.platforms.base import Finding, fault, note, skew, well
from bot.platforms.discord.api import USER_AGENT
from bot.platforms.discord.webhook import PATH, TIMEOUT, Application, look

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
    try:
        application = await look(token, api_url)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        said = f"{urlsplit(api_url).netloc} does not answer ({type(error).__name__})"
        yield fault("DISCORD_API_URL", said, "see to the network")
        return
    if application.status >= HTTPStatus.INTERNAL_SERVER_ERROR or application.status == HTTPStatus.TOO_MANY_REQUESTS:
        said = f"{urlsplit(api_url).netloc} does not answer (HTTP {application.status})"
        yield fault("DISCORD_API_URL", said, "try again later; discordstatus.com tells of outages")
        return
    if application.status != HTTPStatus.OK:
        remedy = "reset and copy it in the developer portal, Bot → Token"
        yield fault("DISCORD_TOKEN", f"Discord refuses it (HTTP {application.status})", remedy)
        return
    yield well("DISCORD_TOKEN", f"{application.fields.get('name')} answers")
    if application.date:
        yield skew("Discord API", (datetime.now(UTC) - application.date).total_seconds())
    yield _key(application, public_key, public_url)
    yield _endpoint(application, public_key, public_url)
    async for finding in _people(token, api_url, owners, desk):
        yield finding


async def _people(token: str, api_url: str, owners: tuple[int, ...], desk: int | None) -> AsyncIterator[Finding]:
    """Whether there are such owners, and a channel of the editors' that we see."""
    copy, invite = "Developer Mode, Copy User ID", "invite Nota to that server, and let it see the channel"
    asked = [("OWNERS", f"users/{owner}", copy) for owner in owners]
    asked += [("EDITORS_CHAT", f"channels/{desk}", invite)] if desk is not None else []
    headers = {"Authorization": f"Bot {token}", "User-Agent": USER_AGENT}
    async with aiohttp.ClientSession(timeout=TIMEOUT, headers=headers) as session:
        for subject, path, remedy in asked:
            number = path.partition("/")[2]
            try:
                async with session.get(f"{api_url.rstrip('/')}/{path}") as answer:
                    status = answer.status
            except (aiohttp.ClientError, TimeoutError) as error:
                yield note(
                    subject, f"discord:{number} could not be asked for ({type(error).__name__})", "try again later"
                )
                continue
            if status == HTTPStatus.OK:
                yield well(subject, f"discord:{number} is there")
            else:
                yield fault(subject, f"discord:{number} cannot be written to (HTTP {status})", remedy)


def _key(application: Application, public_key: str | None, public_url: str | None) -> Finding:
    copy = f"copy the Public Key from {PORTAL}"
    if public_key is None:
        if public_url is None:
            return well("DISCORD_PUBLIC_KEY", "is not needed: interactions come by the gateway")
        return note("DISCORD_PUBLIC_KEY", "is not set: interactions come by the gateway, not by HTTP", copy)
    if str(application.fields.get("verify_key", "")).lower() != public_key.lower():
        return fault("DISCORD_PUBLIC_KEY", "is another application's: every interaction would be refused", copy)
    return well("DISCORD_PUBLIC_KEY", "is the application's")


def _endpoint(application: Application, public_key: str | None, public_url: str | None) -> Finding:
    there = application.endpoint
    wanted = f"{public_url.rstrip('/')}{PATH}" if public_url and public_key else None
    subject = "interactions endpoint"
    if there == wanted:
        return well(subject, f"is {there}" if there else "is not set: interactions come by the gateway")
    if wanted is None:
        said = f"is {there}, so that nothing comes by the gateway"
        return fault(subject, said, f"empty it in {PORTAL}, or set PUBLIC_URL and DISCORD_PUBLIC_KEY")
    return fault(
        subject, f"is {there or 'not set'}", f"start `nota run`, which sets it to {wanted}; or do it in {PORTAL}"
    )
