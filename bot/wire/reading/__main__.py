"""The process that reads: bodies in on standard input, documents out on standard output, until input ends."""

import json
import os
import resource
import signal
import sys
from contextlib import suppress
from typing import BinaryIO

from bot.wire.reading.document import NotAFeed
from bot.wire.reading.framing import LENGTH_BYTES, framed, packed, packed_refusal
from bot.wire.reading.read import read

MAX_MEMORY_BYTES = 512 * 1024 * 1024
_NICENESS = 10


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answers each pair of frames, what is known of a body and the body itself, with one frame."""
    while header := _frame(source):
        about = json.loads(header)
        sink.write(framed(_answer(_frame(source), about["media_type"], about["address"])))
        sink.flush()


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
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
        os.nice(_NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
