"""One folder a platform, each with the same file names; none imports another."""


class PlatformFailure(Exception):
    """A platform cannot be started, and why: a wrong token, a setting that does not fit. The others go on."""
