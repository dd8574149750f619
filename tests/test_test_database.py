"""The tests' PostgreSQL starts as root on a machine that never ran it, whatever PATH is, or says what is missing."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import SYSTEM_USER
from tests.deployment.confining import can_confine, in_namespace

ROOT = Path(__file__).parents[1]

NEW_MACHINE = f"""
mount -t tmpfs tmpfs /mnt
cp -a /etc /mnt/etc
mount --bind /mnt/etc /etc
sed -i '/^{SYSTEM_USER}:/d' /etc/passwd /etc/shadow /etc/group /etc/gshadow
"""
"""The user that PostgreSQL runs as is not there yet."""

WITHOUT_USERADD = """
for tool in /usr/sbin/useradd /sbin/useradd; do
    if [ -e "$tool" ]; then mount --bind /etc/hostname "$tool"; fi
done
"""
"""A file that cannot be run stands in its place."""


def pytest_in_namespace(*preparations: str) -> str:
    """What pytest says of a test on PostgreSQL, with a PATH that has no folder of system tools."""
    command = [sys.executable, "-m", "pytest", "-n0", "-rs", "-p", "no:cacheprovider", "tests/db/test_questions.py"]
    words = shlex.join([*command, "-m", "postgres", "--maxfail=1"])
    script = f"{''.join(preparations)}\ncd {shlex.quote(str(ROOT))}\nexec env -i PATH=/usr/bin:/bin HOME=/mnt {words}"
    return subprocess.run(in_namespace(script), check=False, capture_output=True, text=True).stdout


@pytest.mark.postgres
@pytest.mark.skipif(not can_confine(), reason="no namespaces here")
@pytest.mark.slow
class TestStartedByRoot:
    """Where the user is still to be made."""

    def test_without_system_tools_on_the_path(self) -> None:
        """``su`` and ``env -i`` leave /usr/sbin out of PATH; useradd is found all the same."""
        outcome = pytest_in_namespace(NEW_MACHINE)
        assert " passed" in outcome, outcome
        assert "error" not in outcome, outcome

    def test_without_useradd(self) -> None:
        """One line says what to install, and nothing fails."""
        outcome = pytest_in_namespace(NEW_MACHINE, WITHOUT_USERADD)
        assert "apt install passwd" in outcome, outcome
        assert "error" not in outcome, outcome
