"""Push services over HTTP (RFC 8030): each message encrypted for its browser (RFC 8291) and signed by us (RFC 8292).

**pywebpush** encrypts and **py-vapid** signs. pywebpush's own ``send`` and ``send_async`` are not used: they connect to any address, and the
endpoint is what a stranger's browser says.
"""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from time import time
from urllib.parse import urlsplit

import aiohttp
from aiohttp.resolver import ThreadedResolver
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from pywebpush import WebPusher

from bot.feeds.fetcher import retry_after_seconds
from bot.feeds.ssrf import Forbidden, GuardedResolver, Policy, Target, guarded_session, target
from bot.platforms.webpush.limits import MAX_RETRY_SECONDS, TOKEN_SECONDS
from bot.platforms.webpush.types import Destination

CONNECTIONS_PER_HOST = 16

RESOLVE_SECONDS = 3.0
"""How long somebody who subscribes waits for the name of the push service."""


def public_key(private_key: str) -> str:
    """The public key, base64url, as ``pushManager.subscribe`` wants it (w3.org/TR/push-api/#dom-pushsubscriptionoptionsinit-applicationserverkey)."""
    key = Vapid02.from_raw(private_key.encode()).public_key
    point: bytes = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _base64url(point)


def new_private_key() -> str:
    """A new key, base64url."""
    vapid = Vapid02()
    vapid.generate_keys()
    number: int = vapid.private_key.private_numbers().private_value
    return _base64url(number.to_bytes(32, "big"))


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def contact(public_url: str | None) -> str:
    """Whom a push service may write to (RFC 8292, 2.1): our page."""
    host = urlsplit(public_url or "").hostname or "localhost"
    return f"https://{host}"


@dataclass(slots=True)
class PushClient:
    """Sends to push services, and checks each address: at the endpoint, and at every connection.

    Attributes:
        session: connects to permitted addresses alone (:func:`open_session`).
        policy: the addresses that may be reached.
        now: seconds since 1970, for tokens and ``Retry-After``.
    """

    private_key: str
    public_url: str | None
    session: aiohttp.ClientSession
    policy: Policy
    now: Callable[[], float] = time
    public_key: str = field(init=False)
    _vapid: Vapid02 = field(init=False)
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._vapid = Vapid02.from_raw(self.private_key.encode())
        self.public_key = public_key(self.private_key)

    async def push(
        self, to: Destination, body: bytes, *, ttl: int, urgent: bool, topic: str, seconds: float
    ) -> tuple[int, float]:
        """Sends one message, with a time limit in seconds.

        ``topic``: a message that still waits at the push service with the same topic is replaced (RFC 8030, 5.4).

        Returns:
            The status, and the seconds that the service asks to wait; 0: it does not ask.

        Raises:
            Forbidden: the endpoint is not one that may be reached.
            TimeoutError, aiohttp.ClientError: there is no answer.
        """
        check_endpoint(to.endpoint, self.policy)
        keys = {"p256dh": to.p256dh, "auth": to.auth}
        encrypted = WebPusher({"endpoint": to.endpoint, "keys": keys}).encode(body)["body"]
        headers = {
            "Authorization": self._token(to.endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(ttl),
            "Urgency": "high" if urgent else "normal",
            "Topic": _base64url(sha256(topic.encode()).digest()[:24]),  # 32 characters, the most (RFC 8030, 5.4)
        }
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with self.session.post(
            to.endpoint, data=encrypted, headers=headers, allow_redirects=False, timeout=timeout
        ) as answer:
            seconds = 0.0 if answer.ok else retry_after_seconds(answer.headers, self.now())
            return answer.status, min(seconds, MAX_RETRY_SECONDS)

    def _token(self, endpoint: str) -> str:
        """The header ``Authorization``, the same for all messages to a push service until half of its time is over."""
        parts = urlsplit(endpoint)
        audience = f"{parts.scheme}://{parts.netloc}"
        expires, header = self._tokens.get(audience, (0.0, ""))
        if expires - self.now() < TOKEN_SECONDS / 2:
            if len(self._tokens) > 1000:  # strangers name the endpoints
                self._tokens.clear()
            expires = self.now() + TOKEN_SECONDS
            claims = {"aud": audience, "exp": int(expires), "sub": contact(self.public_url)}
            header = self._vapid.sign(claims)["Authorization"]
            self._tokens[audience] = expires, header
        return header


def check_endpoint(endpoint: str, policy: Policy) -> Target:
    """Checks the address as far as that is possible without resolving its host.

    Raises:
        Forbidden: it is not https on port 443 (other than at an address that a setting allows), or not public.
    """
    found = target(endpoint, policy)
    if (found.url.scheme, found.port) != ("https", 443) and not policy.permits_any_port(found.host):
        raise Forbidden(f"{found.host}: push services are reached by https alone")
    return found


async def is_reachable(endpoint: str, policy: Policy) -> bool:
    """Whether the endpoint's host has an address.

    Raises:
        Forbidden: the endpoint, or an address of its host, may not be reached.
    """
    url = check_endpoint(endpoint, policy)
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            await GuardedResolver(ThreadedResolver(), policy).resolve(url.host, url.port)
    except (OSError, TimeoutError):
        return False
    return True


def open_session(policy: Policy) -> aiohttp.ClientSession:
    """A session that connects to permitted addresses alone."""
    return guarded_session(policy, limit_per_host=CONNECTIONS_PER_HOST)
