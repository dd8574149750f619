"""``python -m bot``."""

import gc
import signal
from typing import NoReturn


def _end(number: int, _frame: object) -> NoReturn:
    """Ends the process at a signal, until the command installs its own handler. Open transactions are rolled back."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    # before the other imports: the first process of a container ignores signals without a handler
    signal.signal(signal.SIGTERM, _end)
    gc.disable()  # looking through what imports make, of which nearly all stays, takes a tenth of the start
    from bot.cli import main

    gc.freeze()
    gc.enable()
    raise SystemExit(main())
