"""Signed interactions on one core, per second of that core's time: ours, a bare handler, hikari's own server.

Every request is ``/programs`` from another person, over 16 connections that stay open. The best of three rounds counts,
so that a busy machine shows less.
"""

import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from nacl.signing import SigningKey

from benchmarks.load import is_possible, wrk
from benchmarks.processes import ROOT, SERVER_CORE, SETTLE_SECONDS, free_port, running, seconds_of, wait_until_answering
from tests.servers.discord import TOKEN

KEY = SigningKey(b"loopback key for benchmarks only")
PATH = "/discord/interactions"
PEOPLE, CHANNELS = 5_000, 500
ROUNDS, SECONDS, WARM_UP_SECONDS = 3, 4, 2
OURS, BARE, HIKARI = "Nota on Discord", "bare aiohttp + PyNaCl", "hikari's own server"

_SCRIPT = """
local lines, count, next_one = {}, 0, 0
init = function()
  for line in io.lines("%(requests)s") do
    local stamp, signature, body = line:match("^(%%d+) (%%x+) (.*)$")
    count = count + 1
    lines[count] = wrk.format("POST", "%(path)s", {["Host"] = "127.0.0.1", ["Content-Type"] = "application/json",
      ["X-Signature-Ed25519"] = signature, ["X-Signature-Timestamp"] = stamp}, body)
  end
end
request = function()
  next_one = next_one %% count + 1
  return lines[next_one]
end
"""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a server bore of signed requests: for each second of its core's time, and in milliseconds."""

    per_cpu_second: float
    errors: int
    median_ms: float
    p99_ms: float


def interaction(person: int) -> bytes:
    """``/programs``, with what Discord sends along that we never read."""
    user = {
        "id": str(7 * 10**17 + person),
        "username": "reader",
        "discriminator": "0",
        "avatar": None,
        "public_flags": 0,
    }
    member = {"user": user, "roles": [], "permissions": "2147483648", "joined_at": "2025-06-19T10:00:00+00:00"}
    channel = {"id": str(8 * 10**17 + person % CHANNELS), "type": 0, "name": "general", "guild_id": "9", "position": 0}
    given = {"id": str(13 * 10**17 + person), "application_id": "1100", "type": 2, "token": "t" * 180, "version": 1}
    given |= {"data": {"id": "5", "name": "programs", "type": 1}, "guild_id": "9", "channel_id": channel["id"]}
    given |= {"channel": channel, "member": member, "locale": "en-US", "guild_locale": "en-US", "context": 0}
    given |= {"app_permissions": "274877991936", "authorizing_integration_owners": {"0": "9"}, "entitlements": []}
    given |= {"attachment_size_limit": 10485760}
    return json.dumps(given, separators=(",", ":")).encode()


def write_requests(file: Path) -> None:
    """A request a line: timestamp, signature, body."""
    stamp = str(int(time.time()))
    with file.open("wb") as lines:
        for person in range(PEOPLE):
            body = interaction(person)
            signature = KEY.sign(stamp.encode() + body).signature.hex()
            lines.write(f"{stamp} {signature} ".encode() + body + b"\n")


def measure(say: Callable[[str], None]) -> dict[str, Signed]:
    """Name → what it bore; ``say`` is told where it cannot be measured here."""
    if not is_possible():
        say("wrk is not installed: signed interactions not measured")
        return {}
    with tempfile.TemporaryDirectory() as folder:
        settings = {"TELEGRAM_TOKEN": "", "DISCORD_PUBLIC_KEY": KEY.verify_key.encode().hex()}
        with nota_on(Path(folder), settings, "http://127.0.0.1:9/api/v10") as (port, pid):
            time.sleep(SETTLE_SECONDS)
            loads = {OURS: _load(port, pid, Path(folder))}
            answer = Path(folder) / "answer.json"
            answer.write_bytes(answer_of(port))
        for name, script in ((BARE, "bare.py"), (HIKARI, "hikari_server.py")):
            port = free_port()
            arguments = [f"benchmarks/peers/{script}", str(port), str(answer), KEY.verify_key.encode().hex()]
            with running(arguments, SERVER_CORE) as process:
                wait_until_answering(f"http://127.0.0.1:{port}/", process)
                loads[name] = _load(port, process.pid, Path(folder))
    return loads


@contextmanager
def nota_on(
    folder: Path, given: dict[str, str], discord: str, tree: Path = ROOT, python: str = sys.executable
) -> Iterator[tuple[int, int]]:
    """The bot as it is run, of this tree unless told otherwise: its port and its process id."""
    port = free_port()
    settings = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_URL": discord, "HOST": "127.0.0.1", "PORT": str(port)}
    settings |= {"PUBLIC_URL": f"http://127.0.0.1:{port}", "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
    with running(["-m", "bot", "run"], SERVER_CORE, settings | given, python, tree) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/healthz", process)
        yield port, process.pid


def answer_of(port: int) -> bytes:
    """What Nota answers to one of the requests."""
    body, stamp = interaction(0), str(int(time.time()))
    signature = KEY.sign(stamp.encode() + body).signature.hex()
    headers = {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": stamp, "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}", body, headers)
    with urllib.request.urlopen(request, timeout=5) as response:
        return bytes(response.read())


def script_of(folder: Path) -> str:
    """A script of wrk with requests that are signed now."""
    requests = folder / "requests.txt"
    write_requests(requests)
    return _SCRIPT % {"requests": requests, "path": PATH}


def _load(port: int, pid: int, folder: Path) -> Signed:
    script = script_of(folder)
    wrk(port, script, [], WARM_UP_SECONDS)
    rounds = [_round(port, pid, script) for _ in range(ROUNDS)]
    best = max(rounds, key=lambda signed: signed.per_cpu_second)
    return replace(best, errors=sum(signed.errors for signed in rounds))


def _round(port: int, pid: int, script: str) -> Signed:
    before = seconds_of(pid)
    load = wrk(port, script, [], SECONDS)
    return Signed(load.requests / (seconds_of(pid) - before), load.errors, load.median_ms, load.p99_ms)


def summary(loads: dict[str, Signed]) -> str:
    """A line for each."""
    return "\n".join(
        f"{name:46} {signed.per_cpu_second:9.0f}/CPU s  p50 {signed.median_ms:6.2f} ms  p99 {signed.p99_ms:6.2f} ms"
        f"  errors {signed.errors}"
        for name, signed in loads.items()
    )


if __name__ == "__main__":
    print(summary(measure(print)))
