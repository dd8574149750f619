"""``python -m bot``."""

import signal
from typing import NoReturn


def _end(number: int, _frame: object) -> NoReturn:
    """Ends the process with its transactions undone, until something else is there that knows how to end it."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    # before the rest is imported: the first process of a container is not ended by a signal of which it has said nothing
    signal.signal(signal.SIGTERM, _end)
    from bot.cli import main

    raise SystemExit(main())
