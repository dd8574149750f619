"""Load by wrk: the same requests for every server; webhook updates come from as many people."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import LOAD_CORE

CONNECTIONS = 16
PEOPLE = 20_000
WARM_UP_SECONDS = 2

_SCRIPT = """
local requests, count, next_one = {}, %(people)d, 0
init = function()
  local headers = {["Content-Type"] = "application/json", %(headers)s}
  for i = 1, count do
    local body = string.gsub('%(body)s', 'PERSON', tostring(100000 + i))
    body = string.gsub(body, 'NUMBER', tostring(100000000 + i))
    requests[i] = wrk.format("POST", "%(path)s", headers, body)
  end
end
request = function()
  next_one = next_one %% count + 1
  return requests[next_one]
end
"""

_DONE = """
done = function(summary, latency)
  io.write(string.format("RESULT %f %d %f %f\\n", summary.requests / summary.duration * 1e6,
    summary.errors.status + summary.errors.read + summary.errors.connect, latency:percentile(50), latency:percentile(99)))
end
"""

UPDATE = {
    "update_id": "NUMBER",
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
    body = json.dumps(UPDATE, separators=(",", ":")).replace('"PERSON"', "PERSON").replace('"NUMBER"', "NUMBER")
    listed = ", ".join(f'["{name}"] = "{value}"' for name, value in headers.items())
    return _loaded(port, _SCRIPT % {"people": PEOPLE, "body": body, "path": path, "headers": listed}, [], seconds)


def pull(port: int, path: str, headers: dict[str, str], seconds: int, connections: int = CONNECTIONS) -> Load:
    """Fetches the same page over and over, for so many seconds after two to warm up."""
    listed = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    return _loaded(port, "", listed, seconds, connections, path)


def _loaded(
    port: int, script: str, options: Sequence[str], seconds: int, connections: int = CONNECTIONS, path: str = ""
) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "load.lua"
        file.write_text(script + _DONE)
        given = [f"-c{connections}", *options, "-s", str(file), f"http://127.0.0.1:{port}{path}"]
        _wrk(given, WARM_UP_SECONDS)
        return _wrk(given, seconds)


def _wrk(given: Sequence[str], seconds: int) -> Load:
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-d{seconds}s", "--latency", *given]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"RESULT (\S+) (\d+) (\S+) (\S+)", done.stdout)
    assert found, done.stdout
    return Load(float(found[1]), int(found[2]), float(found[3]) / 1000, float(found[4]) / 1000)
