"""Seconds of a processor from ``python -m bot run`` to its first answers, by webhook, with the time of the child that builds the index.

``python -m benchmarks.start [CONTENT]`` prints the best of five starts on a database that is there already: until ``/programs`` is answered, and until a
question in words is. What the process does meanwhile that no reader waits for is counted with it.
"""

import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from http import HTTPStatus

import psutil

from benchmarks.load import UPDATE
from benchmarks.nota import Nota, bot_api, nota
from bot.platforms.telegram.types import PATH

STARTS = 5
COMMAND, WORDS = "/programs", "how long does it last"


def measure(text: str, content: str = "content") -> float:
    """The best of the starts, the first of which makes the database and does not count."""
    found = []
    with bot_api() as api, tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.sqlite3"
        for _ in range(STARTS + 1):
            with nota(api, webhook=True, content=content, database_url=url) as bot:
                _ask(bot, text)
                found.append(_seconds(psutil.Process(bot.pid)))
                time.sleep(1.0 if len(found) > 1 else 20.0)  # what is new is looked at after the first start
    return min(found[1:])


def _ask(bot: Nota, text: str) -> None:
    update = json.loads(json.dumps(UPDATE).replace('"PERSON"', "77").replace('"NUMBER"', str(time.time_ns() // 1000)))
    update["message"] |= {"text": text, "entities": []}
    if text.startswith("/"):
        update["message"]["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text)}]
    headers = {**bot.headers, "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{bot.port}{PATH}", json.dumps(update).encode(), headers)
    while True:
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                assert response.read()
                return
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:  # the bot does not know its own name yet
                raise
            time.sleep(0.03)


def _seconds(process: psutil.Process) -> float:
    """Of the process and its children, also those that have ended."""
    times = process.cpu_times()
    running = (child.cpu_times() for child in process.children(recursive=True))
    return float(
        sum(times[:2]) + times.children_user + times.children_system + sum(each.user + each.system for each in running)
    )


if __name__ == "__main__":
    for text in (COMMAND, WORDS):
        print(f"{text}: {measure(text, *sys.argv[1:2]):.2f} s of a processor")
