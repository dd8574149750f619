"""The environment of child processes: only the variables that a child needs, without tokens and the database's address."""

import os
from collections.abc import Mapping

PASSED_ON = {
    "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "MALLOC_ARENA_MAX", "PATH", "PYTHONHOME", "PYTHONPATH",
    "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ", "VIRTUAL_ENV",
}  # fmt: skip


def child_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a child that reads foreign input, so must not know secrets."""
    return {name: value for name, value in environment.items() if name.upper() in PASSED_ON}
