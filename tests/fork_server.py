"""Starts ``python -m bot …`` as a process of its own in a few milliseconds: a server that has imported the bot forks.

Importing takes some 3 s of processor time, and the tests start the bot a hundred times. Where the start itself is tested (its
environment, its rights, its memory) ``python -m bot`` is started as it is.

    process = subprocess.run(nota("ask", "/fare"), env=…, cwd=…)

What runs in between is a small process, the launcher, which has the pid that the test sees. It passes its standard streams, its
environment and its folder to the server, forwards signals, and ends as the bot does. When it is killed, so is the bot.
"""

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]

_FORWARDED = (signal.SIGTERM, signal.SIGINT)


def nota(*words: str) -> tuple[str, ...]:
    """The command line that runs ``nota`` with some words."""
    return (sys.executable, "-IS", __file__, _server(), *words)


@cache
def _server() -> str:
    """The socket of this test process's server, which is started when it is first needed."""
    folder = tempfile.TemporaryDirectory(prefix="nota-")
    path = f"{folder.name}/bot"
    process = subprocess.Popen([sys.executable, "-m", "tests.fork_server", path], cwd=ROOT, stdin=subprocess.PIPE)
    atexit.register(folder.cleanup)
    atexit.register(process.kill)
    while not Path(path).exists():
        assert process.poll() is None, "the bot cannot be imported"
        time.sleep(0.02)
    return path


def serve(path: str) -> None:
    """Forks for each connection to the socket, until whoever started this ends, which closes standard input."""
    import bot.app.main
    import bot.cli
    import bot.cli.ask
    import bot.cli.run  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel takes its children off its hands
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(f"{path}.new")
    listening.listen(64)
    Path(f"{path}.new").rename(path)
    while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _watch(connection)
        connection.close()


def _watch(connection: socket.socket) -> None:
    """Forks the bot, tells the launcher its pid and how it ended, and kills it when the launcher is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    sent, streams, _, _ = socket.recv_fds(connection, 2**20, 3)
    while not sent.endswith(b"\n"):
        sent += connection.recv(2**20)
    bot = os.fork()
    if bot == 0:
        connection.close()
        _run(streams, **json.loads(sent))
    for each in (*streams, 0, 1, 2):
        os.close(each)
    connection.sendall(b"%d\n" % bot)
    ended = threading.Event()

    def kill() -> None:
        connection.recv(1)
        if not ended.is_set():
            os.kill(bot, signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    _, status = os.waitpid(bot, 0)
    ended.set()
    with contextlib.suppress(OSError):
        connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _run(streams: list[int], words: list[str], environment: dict[str, str], folder: str) -> None:
    for number, each in enumerate(streams):
        os.dup2(each, number)
        os.close(each)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["nota", *words]
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115  while it runs
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
    import runpy

    status = 1
    try:
        runpy.run_module("bot", run_name="__main__")
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def launch(path: str, words: list[str]) -> int:
    """Has the server start the bot; the status with which it ended."""
    connection = socket.socket(socket.AF_UNIX)
    signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED)
    connection.connect(path)
    given = {"words": words, "environment": dict(os.environ), "folder": str(Path.cwd())}
    socket.send_fds(connection, [json.dumps(given).encode() + b"\n"], [0, 1, 2])
    answer = connection.makefile("rb")
    bot = int(answer.readline())
    for each in _FORWARDED:
        signal.signal(each, lambda number, _: os.kill(bot, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED)
    for each in (0, 1, 2):
        os.close(each)
    status = int(answer.readline())
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    if len(sys.argv) == 2 and not sys.flags.isolated:
        serve(sys.argv[1])
    else:
        os._exit(launch(sys.argv[1], sys.argv[2:]))
