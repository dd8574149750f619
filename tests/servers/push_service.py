"""A push service on loopback, and the browsers that subscribe with it. It enforces RFC 8030, 8188, 8291 and 8292 by itself.

It decrypts each message with the browser's private key as RFC 8291 says (section 3.4), and verifies who signed it, without pywebpush, http_ece or
py_vapid, so that a fault of those is found.
"""

import asyncio
import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from secrets import token_bytes, token_urlsafe
from time import monotonic, time
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MAX_BODY = 4096
"""RFC 8030, 7.2: a push service may refuse more."""

DAY = 86400


class Refusal(Exception):
    """The request breaks a rule. ``status``: of the answer."""

    def __init__(self, status: int, rule: str) -> None:
        super().__init__(rule)
        self.status = status


@dataclass
class Browser:
    """A browser's subscription. Its private key never leaves it."""

    endpoint: str
    server_key: str
    auth: bytes = field(default_factory=lambda: token_bytes(16))
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def fields(self) -> dict[str, str]:
        """What the page's script sends with the form."""
        return {"endpoint": self.endpoint, "p256dh": base64url(self.public), "auth": base64url(self.auth)}

    @property
    def as_json(self) -> dict[str, Any]:
        """``PushSubscription.toJSON()``."""
        keys = {"p256dh": base64url(self.public), "auth": base64url(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}


@dataclass
class Pushed:
    """A message that a browser could read.

    Attributes:
        notification: what it decrypted.
        topic: its ``Topic``; "" without one.
    """

    notification: dict[str, Any]
    ttl: int
    urgency: str
    topic: str
    size: int
    at: float = field(default_factory=monotonic)


@dataclass
class PushService:
    """The service. What breaks a rule is answered with an error and stands in ``broken``.

    Attributes:
        address: scheme, host and port.
        received: endpoint → what came, in order.
        gone: endpoints whose subscriptions ended: 410, or 404.
        refuses: answers to the next requests instead of the usual one: status and headers.
        refusal: the text of those answers.
        delay: seconds before an answer.
        on_push: called with each message before it is answered; ``on_request``: with the headers of each request.
        requests: answers by status.
    """

    address: str = ""
    received: dict[str, list[Pushed]] = field(default_factory=lambda: defaultdict(list))
    gone: dict[str, int] = field(default_factory=dict)
    refuses: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    refusal: str = ""
    delay: float = 0.0
    broken: list[str] = field(default_factory=list)
    requests: Counter[int] = field(default_factory=Counter)
    on_push: Callable[[Pushed], None] = lambda _: None
    on_request: Callable[[Mapping[str, str]], None] = lambda _: None
    _browsers: dict[str, Browser] = field(default_factory=dict)
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def subscribe(self, server_key: str, *, prefix: str = "push") -> Browser:
        """A browser subscribes for messages signed with this key alone (w3.org/TR/push-api)."""
        endpoint = f"{self.address}/{prefix}/{token_urlsafe(12)}"
        self._browsers[endpoint] = Browser(endpoint, server_key)
        return self._browsers[endpoint]

    def of(self, browser: Browser) -> list[Pushed]:
        return self.received[browser.endpoint]

    async def receive(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()
        except ConnectionResetError:  # the sender was killed in the middle
            return web.Response(status=400)
        await asyncio.sleep(self.delay)
        answer = self._answer(request, body)
        self.requests[answer.status] += 1
        return answer

    def _answer(self, request: web.Request, body: bytes) -> web.Response:
        self.on_request(request.headers)
        endpoint = f"{self.address}{request.path}"
        if self.refuses:
            status, headers = self.refuses.popleft()
            return web.Response(status=status, headers=headers, text=self.refusal)
        if endpoint in self.gone:
            return web.Response(status=self.gone[endpoint])
        browser = self._browsers.get(endpoint)
        if browser is None:
            return web.Response(status=404)
        try:
            pushed = self._pushed(request, body, browser)
        except Refusal as refusal:
            self.broken.append(str(refusal))
            return web.Response(status=refusal.status, text=str(refusal))
        self.received[endpoint].append(pushed)
        self.on_push(pushed)
        return web.Response(status=201, headers={"Location": f"{self.address}/message/{next(self._ids)}"})

    def _pushed(self, request: web.Request, body: bytes, browser: Browser) -> Pushed:
        headers = request.headers
        ttl = headers.get("TTL", "")
        if not re.fullmatch("[0-9]{1,10}", ttl):
            raise Refusal(400, f"RFC 8030, 5.2: no TTL but {ttl!r}")
        urgency = headers.get("Urgency", "normal")
        if urgency not in ("very-low", "low", "normal", "high"):
            raise Refusal(400, f"RFC 8030, 5.3: the urgency {urgency!r}")
        topic = headers.get("Topic", "")
        if topic and not re.fullmatch("[A-Za-z0-9_-]{1,32}", topic):
            raise Refusal(400, f"RFC 8030, 5.4: the topic {topic!r}")
        if len(body) > MAX_BODY:
            raise Refusal(413, f"RFC 8030, 7.2: {len(body)} bytes")
        if headers.get("Content-Encoding") != "aes128gcm":
            raise Refusal(400, "RFC 8291, 4: another encoding than aes128gcm")
        self._verify(headers.get("Authorization", ""), browser)
        sent = json.loads(decrypt(body, browser))
        shown = sent["notification"]
        if sent["web_push"] != 8030 or not (shown["title"] and shown["navigate"]):
            raise Refusal(400, "Push API, declarative push message: no magic number, title or address")
        return Pushed(shown, int(ttl), urgency, topic, len(body))

    def _verify(self, authorization: str, browser: Browser) -> None:
        """RFC 8292: the token is ours, for this service, not older or longer than a day, and signed with the browser's key."""
        match = re.fullmatch(r"vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), ?k=([\w-]+)", authorization)
        if match is None:
            raise Refusal(401, f"RFC 8292, 3: not a vapid token: {authorization[:60]!r}")
        head, claims, signature, key = match.groups()
        if key != browser.server_key:
            raise Refusal(403, "RFC 8292, 4.2: another key than the one that the browser subscribed with")
        if json.loads(from_base64url(head)).get("alg") != "ES256":
            raise Refusal(401, "RFC 8292, 2: not ES256")
        said = json.loads(from_base64url(claims))
        if said.get("aud") != self.address:
            raise Refusal(401, f"RFC 8292, 2: for {said.get('aud')!r}, not for {self.address!r}")
        if not time() < said.get("exp", 0) <= time() + DAY:
            raise Refusal(401, "RFC 8292, 2: not valid now, or for over 24 hours")
        if not re.match(r"(mailto:|https://).+", said.get("sub", "")):
            raise Refusal(401, "RFC 8292, 2.1: no contact")
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(key))
        raw = from_base64url(signature)
        pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        try:
            point.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
        except InvalidSignature:
            raise Refusal(401, "RFC 8292, 4.2: a wrong signature") from None


def decrypt(body: bytes, browser: Browser) -> bytes:
    """RFC 8291, 3.4, and RFC 8188, 2: one record, with the sender's public key as its key id."""
    salt, record_size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    sender_key, record = body[21 : 21 + length], body[21 + length :]
    if length != 65 or len(record) > record_size:
        raise Refusal(400, "RFC 8291, 4: the key id is not a public key, or there are several records")
    sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender_key)
    secret = browser.private.exchange(ec.ECDH(), sender)
    info = b"WebPush: info\0" + browser.public + sender_key
    material = _expand(_extract(browser.auth, secret), info, 32)
    pseudorandom = _extract(salt, material)
    key = _expand(pseudorandom, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _expand(pseudorandom, b"Content-Encoding: nonce\0", 12)
    try:
        padded = AESGCM(key).decrypt(nonce, record, None)
    except InvalidTag:
        raise Refusal(400, "RFC 8291, 3.4: the browser cannot decrypt it") from None
    text, delimiter, padding = padded.rpartition(b"\x02")
    if not delimiter or padding.strip(b"\0"):
        raise Refusal(400, "RFC 8188, 2: the last record has no delimiter")
    return text


def _extract(salt: bytes, material: bytes) -> bytes:
    return hmac.new(salt, material, hashlib.sha256).digest()


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()[:length]


def base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    """The service on a free port of the loopback interface."""
    service = PushService()
    app = web.Application()
    app.router.add_post("/{prefix}/{id}", service.receive)
    runner = web.AppRunner(app, handle_signals=False, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    service.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()
