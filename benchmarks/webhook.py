"""``/programs`` by webhook, answered in the body: requests a second on one core, against its peers in the same run."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.load import Load, is_possible, load
from benchmarks.nota import TOKEN, bot_api, nota
from benchmarks.processes import SERVER_CORE, SETTLE_SECONDS, free_port, peers_python, running, wait_until_answering
from bot.platforms.telegram.types import PATH

SECONDS = 10
OURS, BARE, BARE_ON_UVLOOP = "Nota", "bare aiohttp handler", "bare aiohttp handler, on uvloop as Nota is"
AIOGRAM, PTB = "aiogram 3.31, in the body", "stock python-telegram-bot 22, outgoing call"


def measure(say: Callable[[str], None]) -> dict[str, Load]:
    """Name → load, for those that can be measured here; ``say`` gets the others."""
    if not is_possible():
        say("wrk is not installed: webhook not measured")
        return {}
    loads: dict[str, Load] = {}
    with bot_api() as api, tempfile.TemporaryDirectory() as folder:
        with nota(api, webhook=True) as bot:
            time.sleep(SETTLE_SECONDS)
            answer = Path(folder) / "answer.json"
            answer.write_bytes(bot.answer())
            loads[OURS] = load(bot.port, PATH, bot.headers, SECONDS)
        loads[BARE] = _peer("bare.py", [str(answer)], sys.executable)
        loads[BARE_ON_UVLOOP] = _peer("bare.py", [str(answer), "uvloop"], sys.executable)
        python = peers_python()
        if python:
            loads[AIOGRAM] = _peer("aiogram_in_body.py", [str(answer), TOKEN], python)
        else:
            say("aiogram could not be installed: not measured")
        loads[PTB] = _peer("ptb_stock.py", [str(answer), TOKEN, api], sys.executable, answers_in_body=False)
    return loads


def _peer(script: str, arguments: list[str], python: str, *, answers_in_body: bool = True) -> Load:
    port = free_port()
    with running([f"benchmarks/peers/{script}", str(port), *arguments], SERVER_CORE, python=python) as process:
        wait_until_answering(f"http://127.0.0.1:{port}/", process)
        return load(port, "/webhook", {}, SECONDS, answers_in_body=answers_in_body)
