"""One folder a platform, each with the same file names; none imports another."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

Report = Callable[[str], None]
"""Told what is wrong with a platform while it runs, in words for an operator; an empty text when it serves, and once all is well again."""


class PlatformFailure(Exception):
    """A platform cannot be started, and why: a wrong token, a setting that does not fit. The others go on."""


class PlatformUnreachable(Exception):
    """A platform could not be told something now; the message says in a few words why."""


RELEASE_SECONDS = 15 * 60.0
"""By then a release has ended the processes of the one before."""


@dataclass(slots=True)
class Handover:
    """Tells our own next release, which has a platform's requests brought elsewhere, from a second deployment.

    A release, or another PUBLIC_URL, takes them once, and ends this process soon after. Where they came back to us and are taken
    again, or where this process still runs after :data:`RELEASE_SECONDS`, two deployments have the same token.
    """

    _times: int = 0
    _since: float | None = None

    def is_rival(self, *, is_ours: bool, now: float) -> bool:
        """Whether there is a second deployment, by where requests are brought at ``now`` (seconds)."""
        if is_ours:
            self._since = None
            return False
        if self._since is None:
            self._times += 1
            self._since = now
        return self._times > 1 or now - self._since >= RELEASE_SECONDS


def ways_to(path: str, public_url: str) -> tuple[str, ...]:
    """Where requests to a path of ours arrive: a router may take the path of ``public_url`` off, or leave it on."""
    base = urlsplit(public_url).path.rstrip("/")
    return (path, base + path) if base else (path,)
