"""``/programs`` against former releases, in turns: ``python -m benchmarks.against [REVISION…]``.

All servers wait on one core and have it by turns of three seconds, so that all have the same minutes of a busy machine. What counts is a processor's
time for a request, its median of all turns; bare handlers run on both event loops. An answer without a body is an error.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.discord import KEY, answer_of, nota_on, script_of
from benchmarks.load import Load, load, wrk
from benchmarks.nota import bot_api, nota
from benchmarks.processes import ROOT, SERVER_CORE, SETTLE_SECONDS, free_port, running, seconds_of, wait_until_answering
from bot.platforms.telegram.types import PATH

TURNS, SECONDS, WARM_UP_SECONDS = 5, 3, 2

RELEASES = {"0.4.0": "0734f620a308", "0.8.0": "2950313c1dd9"}


@dataclass(slots=True)
class Server:
    """A server under measurement: how it is loaded for some seconds, its process id, and its turns."""

    load: Callable[[int], Load]
    pid: int
    turns: list[tuple[float, Load]] = field(default_factory=list)

    def take_turn(self) -> None:
        before = seconds_of(self.pid)
        borne = self.load(SECONDS)
        self.turns.append(((seconds_of(self.pid) - before) / borne.requests * 1e6, borne))

    @property
    def microseconds(self) -> float:
        """Of a processor for a request."""
        return median(used for used, _ in self.turns)

    def row(self, name: str, beside: list[float]) -> str:
        """A line of the table. ``beside``: what the bare handlers took."""
        loads = [borne for _, borne in self.turns]
        p50, p99 = median(borne.median_ms for borne in loads), median(borne.p99_ms for borne in loads)
        shares = "  ".join(f"{bare / self.microseconds:.2f}" for bare in beside)
        return f"{name:34} {self.microseconds:6.1f} µs  {shares}  p50 {p50:.2f} ms  p99 {p99:.2f} ms  errors {sum(borne.errors for borne in loads)}"


@contextmanager
def trees(revisions: list[str]) -> Iterator[dict[str, Path]]:
    """Name → a tree: this one, and those of the revisions."""
    with tempfile.TemporaryDirectory() as folder:
        given = {"now": ROOT}
        for revision in revisions:
            given[revision] = tree = Path(folder) / revision
            tree.mkdir()
            archive = subprocess.run(
                ["git", "archive", RELEASES.get(revision, revision)], cwd=ROOT, capture_output=True, check=True
            )
            subprocess.run(["tar", "x", "-C", str(tree)], input=archive.stdout, check=True)
        yield given


def measure(servers: dict[str, Server]) -> None:
    """Prints the table; the bare handlers come first."""
    for server in servers.values():
        server.load(WARM_UP_SECONDS)
    for _ in range(TURNS):
        for server in servers.values():
            server.take_turn()
    beside = [server.microseconds for name, server in servers.items() if name.startswith("bare")]
    for name, server in servers.items():
        print(server.row(name, beside), flush=True)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


def telegram(given: dict[str, Path]) -> None:
    """By webhook, answered in the body."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        api, servers, ours = stack.enter_context(bot_api()), dict[str, Server](), None
        for name, tree in given.items():
            bot = stack.enter_context(nota(api, webhook=True, tree=tree))
            servers[name] = Server(lambda seconds, bot=bot: load(bot.port, PATH, bot.headers, seconds, 0), bot.pid)
            ours = bot if tree == ROOT else ours
        time.sleep(SETTLE_SECONDS)
        (folder / "answer.json").write_bytes(ours.answer())
        bare = {
            name: Server(lambda seconds, port=port: load(port, "/webhook", {}, seconds, 0), pid)
            for name, (port, pid) in _bare(stack, folder / "answer.json").items()
        }
        measure(bare | servers)


def discord(given: dict[str, Path]) -> None:
    """By HTTP, with signatures."""
    key = KEY.verify_key.encode().hex()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        script, servers, ours = script_of(folder), dict[str, Server](), 0
        for name, tree in given.items():
            own = folder / name
            own.mkdir()
            settings = {"TELEGRAM_TOKEN": "", "DISCORD_PUBLIC_KEY": key}
            port, pid = stack.enter_context(nota_on(own, settings, "http://127.0.0.1:9/api/v10", tree))
            servers[name] = Server(lambda seconds, port=port: wrk(port, script, [], seconds), pid)
            ours = port if tree == ROOT else ours
        time.sleep(SETTLE_SECONDS)
        (folder / "answer.json").write_bytes(answer_of(ours))
        bare = {
            name: Server(lambda seconds, port=port: wrk(port, script, [], seconds), pid)
            for name, (port, pid) in _bare(stack, folder / "answer.json", key).items()
        }
        measure(bare | servers)


def _bare(stack: ExitStack, answer: Path, *key: str) -> dict[str, tuple[int, int]]:
    """Port and process id of a bare handler on both event loops."""
    servers = {}
    for name, options in {"bare aiohttp": key, "bare aiohttp on uvloop": (*key, "uvloop")}.items():
        port = free_port()
        process = stack.enter_context(
            running(["benchmarks/peers/bare.py", str(port), str(answer), *options], SERVER_CORE)
        )
        wait_until_answering(f"http://127.0.0.1:{port}/", process)
        servers[name] = port, process.pid
    return servers


def main() -> None:
    with trees(sys.argv[1:] or list(RELEASES)) as given:
        print(
            "/programs by webhook: µs of a processor, share of bare aiohttp and of bare aiohttp on uvloop, as Nota is"
        )
        telegram(given)
        print("the same on Discord, signed, beside bare aiohttp with PyNaCl")
        discord(given)


if __name__ == "__main__":
    main()
