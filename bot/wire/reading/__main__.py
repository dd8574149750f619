"""The process that reads: bodies in on standard input, documents out on standard output, until input ends."""

import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from bot.wire.reading.document import NotAFeed
from bot.wire.reading.framing import LENGTH_BYTES, framed, packed, packed_refusal
from bot.wire.reading.read import read

MAX_MEMORY_BYTES = 512 * 1024 * 1024
_NICENESS = 10


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answers each pair of frames, what is known of a body and the body itself, with one frame."""
    while header := _frame(source):
        about, body = json.loads(header), _frame(source)
        with _at_most(about["seconds"]):
            answer = _answer(body, about["media_type"], about["address"])
        sink.write(framed(answer))
        sink.flush()


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Ends this process when it has worked for so long, whatever it is at: SIGPROF does, where nobody handles it."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _answer(body: bytes, media_type: str, address: str) -> bytes:
    try:
        return packed(read(body, media_type, address))
    except NotAFeed as refusal:
        return packed_refusal(str(refusal))
    except MemoryError:
        return packed_refusal("too much in it")
    except Exception as error:
        return packed_refusal(f"cannot be read ({type(error).__name__})")


def _frame(source: BinaryIO) -> bytes:
    return source.read(int.from_bytes(source.read(LENGTH_BYTES)))


def main() -> None:
    """Serves, with little memory and behind everybody else."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started us decides when we end
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
        os.nice(_NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
