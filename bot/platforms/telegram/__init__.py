"""Telegram, by its Bot API (core.telegram.org/bots/api)."""

import os

os.environ.setdefault("PTB_TIMEDELTA", "true")
"""python-telegram-bot's lengths of time as what they will be in its next major version; without it each 429 warns."""
