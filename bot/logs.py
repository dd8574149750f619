"""Logs: text or JSON on standard error, without secrets."""

import logging
import os
import re
import sys
from collections.abc import Iterable
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

STARS = "***"

_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):([^/\s@]+)@")
_PASSWORD_WORD = re.compile(r"(?i)\b(password|sslpassword)=[^&\s'\"]+")


class Redaction:
    """Replaces secrets, and everything that looks like a token or a password in an address, by stars.

    ``token_shapes``: one pattern for each kind of token.
    """

    def __init__(self, secrets: Iterable[str], token_shapes: Iterable[re.Pattern[str]] = ()) -> None:
        self._secrets = tuple(secret for secret in secrets if len(secret) >= 8)
        self._token_shapes = tuple(token_shapes)

    def text(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, STARS)
        text = _PASSWORD_WORD.sub(rf"\1={STARS}", text)
        text = _PASSWORD.sub(rf"\1:{STARS}@", text)  # before what could take password and host for an e-mail address
        for shape in self._token_shapes:
            text = shape.sub(STARS, text)
        return text

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        """Processes an event of structlog; nested values become their ``repr``."""
        return {key: each if isinstance(each, (int, float, bool)) else self._value(each) for key, each in event.items()}

    def _value(self, value: Any) -> Any:
        if value is None or isinstance(value, logging.LogRecord):
            return value
        return self.text(value if isinstance(value, str) else repr(value))


class InvalidRequests(logging.Filter):
    """Logs a request that is not valid HTTP as one line of level INFO, instead of aiohttp's traceback.

    An unread body that breaks off is not logged: the request was answered.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        from aiohttp.http_exceptions import BadHttpMessage  # noqa: PLC0415  some commands log without aiohttp
        from aiohttp.web import RequestPayloadError  # noqa: PLC0415  the same

        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, RequestPayloadError) and record.msg == "Unhandled exception":
            return False
        if isinstance(error, BadHttpMessage | RequestPayloadError):
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.msg, record.args = "refused a request that is not HTTP (%s)", (type(error).__name__,)
            record.exc_info = None
        return True


def set_up(log_format: str, redaction: Redaction) -> None:
    """Sends structlog and the standard library's loggers to standard error, redacted; call once at start."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso" if log_format == "json" else "%H:%M:%S", utc=log_format == "json"),
        structlog.processors.format_exc_info,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty() and not os.environ.get("NO_COLOR"))
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redaction, last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("bot").setLevel(logging.INFO)
    logging.getLogger("aiohttp.server").addFilter(InvalidRequests())
