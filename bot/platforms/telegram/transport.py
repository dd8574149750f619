"""python-telegram-bot's requests over our one aiohttp session.

Its own transport sends a seventh as much on the same core (docs/decisions/0010). What goes wrong is told without the
address, which holds the token.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from json import loads
from typing import Any, cast

import aiohttp
from pydantic_core import to_json
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

_JSON = {"Content-Type": "application/json"}

READ_SECONDS = 15.0
CONNECT_SECONDS = 5.0

WHOLE = 3
"""All of a call may take so many times as long as its answer may be silent: one that comes in drops ends as well."""

Seconds = float | None


class Unsent(NetworkError):
    """The connection was not even made: nothing was sent, so repeating is harmless whatever the method."""


class Failed(NetworkError):
    """The Bot API says of itself that it failed, in its own form: the method was not carried out.

    A proxy's word of a failure (502, 504) is none of that: what stands behind it may have done everything.
    """


@dataclass(frozen=True, slots=True)
class Given:
    """Parameters of a call that uploads nothing, as :class:`telegram.request.RequestData` shows them."""

    parameters: Mapping[str, Any]
    contains_files: bool = False


class Transport(BaseRequest):
    """Sends what we, or a :class:`telegram.Bot`, ask for; tells faults apart as the library does."""

    __slots__ = ("_limited", "_session")

    def __init__(self, session: aiohttp.ClientSession, limited: Callable[[], None] = lambda: None) -> None:
        """``limited`` is told of each 429, whatever was asked."""
        self._session = session
        self._limited = limited

    @property
    def read_timeout(self) -> float:
        """In seconds, where a method gives none of its own."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """Nothing to do: the session is ours already."""

    async def shutdown(self) -> None:
        """Nothing to do: whoever made the session closes it."""

    async def call(self, url: str, given: Mapping[str, Any], read_seconds: float = READ_SECONDS) -> Any:
        """The result of a method, as it came: whatever Telegram adds or leaves out is no fault.

        Raises:
            TelegramError: what the library has for it.
        """
        return await self.post(url, cast("RequestData", Given(given)), read_timeout=read_seconds)

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer's object.

        Raises:
            NetworkError: it is none of the Bot API's, as what a proxy says in its stead; not shown, for it may hold anything.
        """
        try:
            answer = loads(payload)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise NetworkError("an answer that is none of the Bot API's")
        return {"result": None, **answer}

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and the body of the answer.

        Raises:
            Unsent: no connection could be made.
            TimedOut: no answer in time; it may have been acted upon.
            Failed: the Bot API itself failed.
            NetworkError: the connection broke; it may have been acted upon.
        """
        seconds: Seconds = READ_SECONDS if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        whole = None if seconds is None else seconds * WHOLE
        timeout = aiohttp.ClientTimeout(whole, sock_connect=CONNECT_SECONDS, sock_read=seconds)
        try:
            async with self._session.request(method, url, timeout=timeout, **_body(request_data)) as answer:
                if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                    self._limited()
                body = await answer.read()
        except aiohttp.ClientConnectorError as error:
            raise Unsent(f"{type(error).__name__}: {error.host}") from None
        except aiohttp.ConnectionTimeoutError:
            raise Unsent("no connection in time") from None
        except TimeoutError:
            raise TimedOut from None
        except aiohttp.ClientError as error:
            raise NetworkError(type(error).__name__) from None
        if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and (said := _own_words(body)):
            raise Failed(said)
        return answer.status, body


def _own_words(body: bytes) -> str:
    """How the Bot API describes its failure; empty where it is not the Bot API that speaks."""
    try:
        said = loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(said.get("description")) if isinstance(said, dict) and said.get("ok") is False else ""


def _body(data: RequestData | None) -> dict[str, Any]:
    if data is None:
        return {}
    if not data.contains_files:
        return {"data": to_json(data.parameters), "headers": _JSON}
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, mime_type) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime_type)
    return {"data": form}
