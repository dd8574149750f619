"""One folder a platform, each with the same file names; none imports another."""

from collections.abc import Callable
from urllib.parse import urlsplit

Report = Callable[[str], None]
"""Told what is wrong with a platform while it runs, in words for an operator; an empty text when it serves, and once all is well again."""


class PlatformFailure(Exception):
    """A platform cannot be started, and why: a wrong token, a setting that does not fit. The others go on."""


class PlatformUnreachable(Exception):
    """A platform could not be told something now; the message says in a few words why."""


def ways_to(path: str, public_url: str) -> tuple[str, ...]:
    """Where requests to a path of ours arrive: a router may take the path of ``public_url`` off, or leave it on."""
    base = urlsplit(public_url).path.rstrip("/")
    return (path, base + path) if base else (path,)
