"""Load by wrk: the same webhook updates for every server, from as many people."""

import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import LOAD_CORE

CONNECTIONS = 16
PEOPLE = 20_000
WARM_UP_SECONDS = 2

_SCRIPT = """
local bodies, count, next_one = {}, %(people)d, 0
for i = 1, count do bodies[i] = string.gsub('%(body)s', 'PERSON', tostring(100000 + i)) end
request = function()
  next_one = next_one %% count + 1
  return wrk.format("POST", "%(path)s", {["Content-Type"] = "application/json", %(headers)s}, bodies[next_one])
end
done = function(summary, latency)
  io.write(string.format("RESULT %%f %%d %%f %%f\\n", summary.requests / summary.duration * 1e6,
    summary.errors.status + summary.errors.read + summary.errors.connect, latency:percentile(50), latency:percentile(99)))
end
"""

UPDATE = {
    "update_id": 1,
    "message": {
        "message_id": 1,
        "from": {"id": "PERSON", "is_bot": False, "first_name": "Reader", "username": "reader", "language_code": "en"},
        "chat": {"id": "PERSON", "first_name": "Reader", "username": "reader", "type": "private"},
        "date": 1780000000,
        "text": "/programs",
        "entities": [{"offset": 0, "length": 9, "type": "bot_command"}],
    },
}


@dataclass(frozen=True, slots=True)
class Load:
    """What a server bore: requests a second, answers that were none, and how long they took in milliseconds."""

    per_second: float
    errors: int
    median_ms: float
    p99_ms: float


def is_possible() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


def load(port: int, path: str, headers: dict[str, str], seconds: int) -> Load:
    """Loads the server for so many seconds, after two to warm up."""
    body = json.dumps(UPDATE, separators=(",", ":")).replace('"PERSON"', "PERSON")
    listed = ", ".join(f'["{name}"] = "{value}"' for name, value in headers.items())
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(_SCRIPT % {"people": PEOPLE, "body": body, "path": path, "headers": listed})
        _wrk(port, script, WARM_UP_SECONDS)
        return _wrk(port, script, seconds)


def _wrk(port: int, script: Path, seconds: int) -> Load:
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s"]
    done = subprocess.run(
        [*command, str(script), f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=True
    )
    found = re.search(r"RESULT (\S+) (\d+) (\S+) (\S+)", done.stdout)
    assert found, done.stdout
    return Load(float(found[1]), int(found[2]), float(found[3]) / 1000, float(found[4]) / 1000)
