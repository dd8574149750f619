"""``nota doctor`` for Web Push: the key, and whether browsers can subscribe on the page."""

from collections.abc import AsyncIterator

from bot.platforms.base import Finding, ok, problem
from bot.platforms.platform import Deployment
from bot.platforms.webpush.api import public_key
from bot.platforms.webpush.platform import WebPushSettings


async def diagnose(settings: WebPushSettings, deployment: Deployment) -> AsyncIterator[Finding]:
    key, public_url = public_key(settings.key), deployment.public_url
    yield ok("VAPID_KEY", f"its public key begins with {key[:12]}; with another key, browsers have to subscribe again")
    if public_url is None:
        remedy = "set it to the page’s https address"
        yield problem("PUBLIC_URL", "is not set, so only browsers on this machine can subscribe", remedy)
    elif not public_url.startswith("https://"):
        yield problem("PUBLIC_URL", "is not https, so browsers allow no notifications", "serve the page by https")
    else:
        yield ok("PUBLIC_URL", "is https, as browsers want it for notifications")
