"""Telegram's own parser, in TDLib: the Bot API refuses what it refuses.

``parseTextEntities`` may be called synchronously, without any connection (core.telegram.org/tdlib/docs, td_execute).
"""

import ctypes
import ctypes.util
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_FOLDERS = (Path("/usr/lib/x86_64-linux-gnu"), Path("/usr/lib/aarch64-linux-gnu"), Path("/usr/local/lib"))


class Refused(Exception):
    """Telegram's reason to refuse a text."""


@cache
def _library() -> ctypes.CDLL | None:
    found = ctypes.util.find_library("tdjson") or next(
        (str(file) for folder in _FOLDERS for file in sorted(folder.glob("libtdjson.so*"))), None
    )
    if found is None:
        return None
    library = ctypes.CDLL(found)
    library.td_execute.restype = ctypes.c_char_p
    library.td_execute.argtypes = [ctypes.c_char_p]
    _execute(library, {"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})
    return library


def _execute(library: ctypes.CDLL, request: dict[str, Any]) -> dict[str, Any]:
    answer = library.td_execute(json.dumps(request).encode())
    return dict(json.loads(answer)) if answer else {}


needs_tdlib = pytest.mark.skipif(
    _library() is None, reason="libtdjson is not installed: Telegram's own parser not asked"
)


def parsed_by_telegram(html: str) -> str:
    """The text that Telegram reads from the HTML.

    Raises:
        Refused: it is invalid.
    """
    library = _library()
    assert library is not None
    mode = {"@type": "textParseModeHTML"}
    answer = _execute(library, {"@type": "parseTextEntities", "text": html, "parse_mode": mode})
    if answer.get("@type") != "formattedText":
        raise Refused(answer.get("message", "no answer"))
    return str(answer["text"])
