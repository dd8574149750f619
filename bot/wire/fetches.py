"""What came of asking a publisher for a feed. PURE."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Validators:
    """What a publisher gave us to ask with next time (RFC 9110 §8.8); None where it gave none."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body.

    Attributes:
        url: where it was in the end.
        media_type: the Content-Type header; "" where there was none.
        fresh_seconds: for how long it says that it holds.
        moved_to: where every redirect on the way was a permanent one, its end; else None.
    """

    body: bytes
    url: str
    media_type: str
    validators: Validators
    fresh_seconds: float = 0.0
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class NotModified:
    """Nothing new since the validators were given (304)."""

    fresh_seconds: float = 0.0
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """Gone for good (410)."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing usable: ``reason`` in a few English words; ``retry_after_seconds`` as the publisher asks, 0 where it does not."""

    reason: str
    retry_after_seconds: float = 0.0


Fetch = Fetched | NotModified | Ended | Failed
