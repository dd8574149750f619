"""The public page from memory: ``/`` on one core against a bare aiohttp handler, and what each page takes alone.

Every request asks as a browser does, with a language to negotiate and gzip taken. What one connection waits for a page holds
the way through loopback and wrk's own time, so the server's time is less.
"""

import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load, is_possible, pull
from benchmarks.nota import bot_api, nota
from benchmarks.processes import SERVER_CORE, SETTLE_SECONDS, free_port, running, wait_until_answering

SECONDS, SECONDS_ALONE = 8, 2
LEAST_SHARE = 0.5
LONGEST_MS = 2.0
AS_A_BROWSER = {"Accept-Language": "id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7", "Accept-Encoding": "gzip, deflate, br"}
BULLETIN = "/ru/bulletins/2025-06-19-signing"
PAGES = ("/", "/id", "/ru", BULLETIN, "/en/bulletins.atom", "/nowhere")


@dataclass(frozen=True, slots=True)
class Page:
    """``/`` under 16 connections, ours and the bare handler's, and each page under one."""

    ours: Load
    bare: Load
    alone: dict[str, Load]

    @property
    def share(self) -> float:
        return self.ours.per_second / self.bare.per_second


def measure() -> Page | None:
    """None where wrk is not installed."""
    if not is_possible():
        return None
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "page.html.gz"
        with bot_api() as api, nota(api, webhook=True) as bot:
            time.sleep(SETTLE_SECONDS)
            body.write_bytes(_fetched(bot.port))
            ours = pull(bot.port, "/", AS_A_BROWSER, SECONDS)
            alone = {path: pull(bot.port, path, AS_A_BROWSER, SECONDS_ALONE, connections=1) for path in PAGES}
        return Page(ours, _bare(body), alone)


def _fetched(port: int) -> bytes:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers=AS_A_BROWSER)
    with urllib.request.urlopen(request, timeout=10) as response:
        return bytes(response.read())


def _bare(body: Path) -> Load:
    port = free_port()
    with running(["benchmarks/peers/bare.py", str(port), str(body)], SERVER_CORE) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/", process)
        return pull(port, "/", AS_A_BROWSER, SECONDS)


def summary(page: Page | None) -> str:
    """A few lines."""
    if page is None:
        return "wrk is not installed: page not measured"
    rows = [f"page: {_load(page.ours)}", f"  bare aiohttp handler: {_load(page.bare)}"]
    rows.append(f"  x {page.share:.2f} of it (wanted {LEAST_SHARE})")
    for path, load in page.alone.items():
        rows.append(
            f"  one connection, {path}: p50 {load.median_ms:.2f} ms, p99 {load.p99_ms:.2f} ms (wanted {LONGEST_MS})"
        )
    return "\n".join(rows)


def _load(load: Load) -> str:
    return f"{load.per_second:.0f}/s, p50 {load.median_ms:.2f} ms, p99 {load.p99_ms:.2f} ms, errors {load.errors}"


if __name__ == "__main__":
    print(summary(measure()))
