"""Builds everything; the only place that knows everyone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bot.answers.reply import Reply
from bot.dossier.loading import Loading
from bot.proofreading import proofread


def today() -> date:
    """Today in UTC: what "as of" and "days left" go by."""
    return datetime.now(UTC).date()


def proofread_for_all(folder: Path, day: date) -> Loading:
    """The content checked for every platform."""
    return proofread(folder, day)


PAYLOADS: dict[str, Callable[[Reply], dict[str, Any]]] = {}
"""Platform → what it would be sent for a reply."""
