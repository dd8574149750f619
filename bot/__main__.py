"""``python -m bot``."""

import signal
from typing import NoReturn


def _end(number: int, _frame: object) -> NoReturn:
    """Ends the process at a signal, until the command installs its own handler. Open transactions are rolled back."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    # before the other imports: the first process of a container ignores signals without a handler
    signal.signal(signal.SIGTERM, _end)
    from bot.cli import main

    raise SystemExit(main())
