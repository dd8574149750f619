"""Load by wrk: the same requests for every server; webhook updates come from as many people."""

import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import LOAD_CORE

CONNECTIONS = 16
PEOPLE = 20_000
WARM_UP_SECONDS = 2

_SCRIPT = """
local head, people, next_one, parts = "", %(people)d, %(first)d, {}
init = function()
  local body = '%(body)s'
  local sample = body:gsub('PERSON', '100000'):gsub('NUMBER', '100000000')
  local headers = {["Content-Type"] = "application/json", %(headers)s}
  head = wrk.format("POST", "%(path)s", headers, sample):match("^.-\\r\\n\\r\\n")
  body = body:gsub('NUMBER', '\\n'):gsub('PERSON', '\\n')
  for part in (body .. '\\n'):gmatch("(.-)\\n") do parts[#parts + 1] = part end
end
request = function()
  next_one = next_one + 1
  local person = 100000 + next_one %% people
  return head .. parts[1] .. next_one .. parts[2] .. person .. parts[3] .. person .. parts[4]
end
"""
"""Each update is a new one: one that was answered gets an empty body."""

_DONE = """
empty, threads = 0, {}
setup = function(thread)
  table.insert(threads, thread)
end
done = function(summary, latency)
  for _, thread in ipairs(threads) do empty = empty + thread:get("empty") end
  io.write(string.format("RESULT %f %d %f %f %d\\n", summary.requests / summary.duration * 1e6,
    summary.errors.status + summary.errors.read + summary.errors.connect + empty, latency:percentile(50), latency:percentile(99),
    summary.requests))
end
"""

_COUNT_EMPTY = """
response = function(status, headers, body)
  if #body == 0 then empty = empty + 1 end
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
    """What a server bore: requests a second, answers that were none or empty, and how long they took in milliseconds."""

    per_second: float
    errors: int
    median_ms: float
    p99_ms: float
    requests: int


def is_possible() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


def load(
    port: int,
    path: str,
    headers: dict[str, str],
    seconds: int,
    warm_up: int = WARM_UP_SECONDS,
    *,
    answers_in_body: bool = True,
) -> Load:
    """Loads the server for so many seconds, after some to warm up. Every update is a new one, also among several runs."""
    body = json.dumps(UPDATE, separators=(",", ":")).replace('"PERSON"', "PERSON").replace('"NUMBER"', "NUMBER")
    listed = ", ".join(f'["{name}"] = "{value}"' for name, value in headers.items())

    def script() -> str:
        first = 100_000_000 + time.time_ns() // 20_000 % 800_000_000  # 50,000 a second
        return _SCRIPT % {"people": PEOPLE, "body": body, "path": path, "headers": listed, "first": first}

    if warm_up:
        wrk(port, script(), [], warm_up)
    return wrk(port, script(), [], seconds, answers_in_body=answers_in_body)


def pull(port: int, path: str, headers: dict[str, str], seconds: int, connections: int = CONNECTIONS) -> Load:
    """Fetches the same page over and over, for so many seconds after two to warm up."""
    listed = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    wrk(port, "", listed, WARM_UP_SECONDS, connections, path)
    return wrk(port, "", listed, seconds, connections, path)


def wrk(
    port: int,
    script: str,
    options: Sequence[str],
    seconds: int,
    connections: int = CONNECTIONS,
    path: str = "",
    *,
    answers_in_body: bool = True,
) -> Load:
    """A run of wrk with this script, which says what is asked. Answers without a body count as errors, if ``answers_in_body``."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "load.lua"
        file.write_text(script + _DONE + (_COUNT_EMPTY if answers_in_body else ""))
        command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-d{seconds}s", "--latency", f"-c{connections}", *options]
        command += ["-s", str(file), f"http://127.0.0.1:{port}{path}"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = re.search(r"RESULT (\S+) (\d+) (\S+) (\S+) (\d+)", done.stdout)
    assert result, done.stdout
    return Load(float(result[1]), int(result[2]), float(result[3]) / 1000, float(result[4]) / 1000, int(result[5]))
