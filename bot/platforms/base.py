"""What ``nota doctor`` finds when it holds a setting against reality. PURE."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
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


Grade = Literal["well", "note", "fault"]
"""As it should be, worth knowing, or to be mended before Nota can do its work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: the setting, or what else it is about.
        said: how it is; never a secret.
        remedy: what to do; empty where nothing is.
    """

    grade: Grade
    subject: str
    said: str
    remedy: str = ""


def well(subject: str, said: str) -> Finding:
    """As it should be."""
    return Finding("well", subject, said)


def note(subject: str, said: str, remedy: str) -> Finding:
    """Worth knowing."""
    return Finding("note", subject, said, remedy)


def fault(subject: str, said: str, remedy: str) -> Finding:
    """To be mended."""
    return Finding("fault", subject, said, remedy)


NOTED_SKEW_SECONDS, WRONG_SKEW_SECONDS = 5.0, 60.0
"""A clock further off shows wrong times; much further, and certificates and signatures are refused."""


def skew(subject: str, ahead_seconds: float) -> Finding:
    """How far our clock is ahead of another's (negative: behind it)."""
    off = f"our clock is {abs(ahead_seconds):.0f} s {'ahead of' if ahead_seconds > 0 else 'behind'} the {subject}'s"
    remedy = "set this machine's clock by NTP (timedatectl set-ntp true)"
    if abs(ahead_seconds) > WRONG_SKEW_SECONDS:
        return fault("clock", off, remedy)
    if abs(ahead_seconds) > NOTED_SKEW_SECONDS:
        return note("clock", off, remedy)
    return well("clock", f"agrees with the {subject}'s")
