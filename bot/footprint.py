"""Memory that the process has done with."""

import asyncio
import ctypes
from collections.abc import Awaitable, Callable
from contextlib import suppress

SETTLED_SECONDS = 5.0
"""After the start, until what it took to start is done with."""


def give_back() -> None:
    """Hands freed memory back to the system, where the C library can (man 3 malloc_trim, of glibc); elsewhere nothing.

    Reading, checking and indexing content frees some megabytes that glibc would otherwise keep for good. Takes milliseconds.
    """
    with suppress(AttributeError, OSError, TypeError):  # macOS and musl have no such function, Windows no such library
        ctypes.CDLL(None).malloc_trim(0)


async def settle(sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Gives back what only the start needed, once."""
    await sleep(SETTLED_SECONDS)
    give_back()
