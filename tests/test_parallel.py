"""Files that processes share are run as if one process had run them."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
FILES = {
    "test_a.py": "import pytest\n@pytest.mark.parametrize('n', range(5))\ndef test_five(n): assert n != 3\n",
    "test_b.py": "def test_one(tmp_path): assert tmp_path.exists()\ndef test_two(): print('said'); assert False\n",
    "test_c.py": "import missing_module\n",
    "test_d.py": "def test_left_out(): pass\n",
}


def said(folder: Path, *more: str) -> tuple[int, str]:
    """The exit status and the output of a run of a folder's tests by two processes."""
    options = ["-q", "-p", "tests.parallel", "--processes", "2", "-p", "no:cacheprovider", "-c", "/dev/null", *more]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(folder)], capture_output=True, text=True, check=False
    )
    return run.returncode, run.stdout + run.stderr


def test_every_file_is_run_and_every_failure_told(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    status, output = said(tmp_path, "-k", "not left_out")
    assert status == 1
    assert "2 failed, 5 passed, 1 deselected, 1 error" in output
    assert "No module named 'missing_module'" in output
    assert output.count("Captured stdout") == output.count("said\n") == 1


def test_a_process_that_dies_names_its_test(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("import os\ndef test_dies(): os.kill(os.getpid(), 9)\n")
    status, output = said(tmp_path)
    assert status
    assert "test_dies" in output
