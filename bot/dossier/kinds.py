"""Kinds of values that more than one part of a dossier has. PURE.

YAML has told numbers, truth values and texts apart already, so that each is taken only for what it is: ``"4"`` is no
number, ``yes`` no truth value, and ``20260301`` no day.
"""

import re
from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlsplit

from babel.numbers import is_currency
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Figure = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e18, le=1e18)]
"""Beyond that digits get lost, and nobody reads them."""

Amount = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1e18)]

URL_LENGTH = 2048
"""Characters: what every browser takes; Telegram and Discord take more."""


def _written(given: object) -> object:
    if isinstance(given, (str, date)):
        return given
    raise PydanticCustomError("date_type", "no day or moment")


Day = Annotated[date, BeforeValidator(_written)]
Moment = Annotated[datetime, BeforeValidator(_written)]


def is_web_address(url: str) -> bool:
    """Whether it is an absolute http:// or https:// address with a host, without a user name, and short enough."""
    try:
        parts = urlsplit(url)
        named = all((parts.hostname or "").removesuffix(".").split(".")) and parts.username is None
        has_host = named and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets that do not close, a port that is none
        return False
    plain = not re.search(r"[\s<>\"]", url)
    return plain and has_host and parts.scheme in ("http", "https") and len(url) <= URL_LENGTH


def _web_address(url: str) -> str:
    if not is_web_address(url):
        raise PydanticCustomError("web_address", "no address of the web")
    return url


WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$"), AfterValidator(_web_address)]


def _currency(code: str) -> str:
    if not is_currency(code):
        raise PydanticCustomError("currency", "no currency")
    return code


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), AfterValidator(_currency)]
"""ISO 4217's three letters, as far as CLDR knows them."""
