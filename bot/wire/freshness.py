"""What a publisher says of when to come back: Retry-After, Cache-Control, Expires. PURE.

RFC 9110 §10.2.3 (Retry-After), RFC 9111 §4.2.1 (freshness) and §5.2.2 (response directives).
"""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,=])", re.IGNORECASE)


def fresh_seconds(headers: Mapping[str, str], now: float) -> float:
    """For how long the answer says that it holds; 0 where it does not say, or must not be kept."""
    control = headers.get("Cache-Control", "")
    if _NOT_KEPT.search(control):
        return 0.0
    if found := _MAX_AGE.search(control):
        return max(0.0, float(found[1]) - _seconds(headers.get("Age", "")))
    expires = _moment(headers.get("Expires", ""))
    return max(0.0, expires - (_moment(headers.get("Date", "")) or now)) if expires else 0.0


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float:
    """How long a publisher asks to be left alone, in seconds or until a date; 0 where it does not ask."""
    given = headers.get("Retry-After", "").strip()
    return _seconds(given) or max(0.0, (_moment(given) or now) - now)


def _seconds(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 10 else 0.0


def _moment(text: str) -> float | None:
    """An HTTP date in seconds since 1970; None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
