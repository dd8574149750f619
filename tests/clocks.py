"""A clock that tests move instead of sleeping."""

from dataclasses import dataclass

MONDAY_NOON = 1795435200.0
"""23 November 2026, 12:00 UTC."""


@dataclass
class MovedClock:
    """Seconds since 1970."""

    now: float = MONDAY_NOON

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float = 0, *, hours: float = 0, days: float = 0) -> None:
        self.now += seconds + hours * 3600 + days * 86400
