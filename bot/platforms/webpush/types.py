"""Where the messages of a reader go: the browser's subscription, as the Push API gives it (w3.org/TR/push-api/#dom-pushsubscription-tojson). PURE."""

import binascii
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PLATFORM = "webpush"

WORKER, ICON, RENEW = "/webpush/worker.js", "/webpush/icon.png", "/webpush/renew"
"""The paths of the service worker, of the icon of notifications, and of the address to which a browser reports a new subscription."""

MAX_ENDPOINT = 2048

_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""P-256 (SEC 2, 2.4.2): y² = x³ - 3x + b."""

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")


_ENDPOINT = re.compile(r'https?://[a-z0-9._:\[\]-]+(/(?!\.{1,2}(?:[/?]|\Z))[!"$-.0->@-~]*)*(\?[!"$-~]+)?')
"""As browsers serialise it (url.spec.whatwg.org/#concept-url-serializer), without a fragment: one spelling for each place."""


class InvalidKey(ValueError):
    """It is not a key of the expected form."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A browser's subscription.

    Attributes:
        endpoint: the address at its push service. Whoever knows it can send there, so it stays out of logs.
        p256dh: the browser's public key, base64url.
        auth: its authentication secret, base64url.
        server_key: our public key, for which the browser subscribed, base64url; the push service takes messages signed with this one alone.
    """

    endpoint: str
    p256dh: str
    auth: str
    server_key: str

    @property
    def identity(self) -> str:
        """A browser subscribes with new keys each time, and the endpoint alone is not proof enough that it is the same."""
        return f"{self.endpoint} {self.p256dh} {self.auth}"

    def as_json(self) -> dict[str, str]:
        return {"endpoint": self.endpoint, "p256dh": self.p256dh, "auth": self.auth, "server_key": self.server_key}


def destination_in(fields: Mapping[str, Any], server_key: str | None = None) -> Destination:
    """The subscription in a form, or as it is stored; ``server_key``: of a form.

    Raises:
        InvalidKey: a key cannot be one.
    """
    values = [fields.get(name) for name in ("endpoint", "p256dh", "auth")]
    if not all(isinstance(value, str) and value for value in values):
        raise InvalidKey("a field is missing")
    endpoint, p256dh, auth = map(str, values)
    if len(endpoint) > MAX_ENDPOINT:
        raise InvalidKey("an endpoint that is too long")
    if not _ENDPOINT.fullmatch(endpoint):
        raise InvalidKey("an endpoint that no browser writes so")
    # checks that it is an uncompressed point on P-256, so that no message for it fails later
    key = decoded(p256dh)
    x, y = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    is_on_curve = (y * y - (x * x * x - 3 * x + _B)) % _PRIME == 0
    if len(key) != 65 or key[0] != 4 or not (x < _PRIME and y < _PRIME and is_on_curve):
        raise InvalidKey("not a point on P-256")
    if len(decoded(auth)) != 16:  # RFC 8291, 3.2
        raise InvalidKey("an authentication secret has 16 bytes")
    return Destination(endpoint, p256dh.rstrip("="), auth.rstrip("="), server_key or str(fields.get("server_key", "")))


def decoded(text: str) -> bytes:
    """The bytes of base64url, with or without padding.

    Raises:
        InvalidKey: it is something else.
    """
    if not _BASE64URL.fullmatch(text):
        raise InvalidKey("not base64url")
    bare = text.rstrip("=")
    try:
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (ValueError, binascii.Error):
        raise InvalidKey("not base64url") from None


def check_private_key(text: str) -> str:
    """Checks a VAPID key as ``nota new vapid-key`` makes it: the 32 bytes of a number, base64url.

    Raises:
        InvalidKey: it is something else.
    """
    key = decoded(text)
    if len(key) != 32 or not 0 < int.from_bytes(key, "big") < ORDER:
        raise InvalidKey("not a private key of P-256")
    return text
