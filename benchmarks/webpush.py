"""Web Push: messages a second of one core's time, beside pywebpush alone in the same run. ``python -m benchmarks.webpush``.

All send to the same loopback push service on the other core, which takes everything unread. They take turns, so that a busy machine is busy for each.
"""

import json
import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from statistics import median

from benchmarks.processes import LOAD_CORE, ROOT, SERVER_CORE, free_port, pinned, running, wait_until_answering

NUMBER, TURNS = 2000, 3

OURS, ALONE, ALONE_ASYNC = "Nota, from the ledger to the record", "pywebpush alone", "pywebpush alone, async"
WAYS = {
    OURS: ["-m", "benchmarks.webpush_nota"],
    ALONE: ["-m", "benchmarks.peers.pywebpush_alone", "sync"],
    ALONE_ASYNC: ["-m", "benchmarks.peers.pywebpush_alone", "async"],
}


@dataclass(frozen=True, slots=True)
class Rate:
    """Messages a second by the clock, and a second of the processor; the medians of the turns."""

    per_second: float
    per_cpu_second: float


def measure() -> dict[str, Rate]:
    """Way → rate."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    with running(["benchmarks/peers/push_service.py", str(port)], LOAD_CORE) as process:
        wait_until_answering(f"{address}/count", process)
        for turn in range(TURNS * len(WAYS)):
            name = list(WAYS)[turn % len(WAYS)]
            found[name].append(_one(name, address))
            with urllib.request.urlopen(f"{address}/count", timeout=5) as answer:
                if int(answer.read()) != NUMBER * (turn + 1):
                    raise RuntimeError(f"{name}: not every message arrived")
    return {
        name: Rate(NUMBER / median(clock for clock, _ in each), NUMBER / median(cpu for _, cpu in each))
        for name, each in found.items()
    }


def _one(name: str, address: str) -> tuple[float, float]:
    """The seconds of the clock and of the processor."""
    command = [*pinned(SERVER_CORE), sys.executable, *WAYS[name], address, str(NUMBER)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    clock, cpu = json.loads(done.stdout.splitlines()[-1])
    return clock, cpu


def summary(rates: dict[str, Rate]) -> str:
    """A line for each way, and the ratio to the peers."""
    lines = [
        f"Web Push, {name:36} {rate.per_cpu_second:7.0f} per CPU-second, {rate.per_second:6.0f}/s"
        for name, rate in rates.items()
    ]
    ours = rates[OURS].per_cpu_second
    return "\n".join(
        [*lines, *(f"  x {ours / rates[name].per_cpu_second:.2f} of {name}" for name in (ALONE, ALONE_ASYNC))]
    )


def main() -> None:
    print(summary(measure()))


if __name__ == "__main__":
    main()
