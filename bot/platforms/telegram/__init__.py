"""Telegram, through the Bot API (core.telegram.org/bots/api)."""

import os

os.environ.setdefault("PTB_TIMEDELTA", "true")
"""python-telegram-bot gives durations as ``timedelta``, as its next major version will; otherwise each 429 warns."""
