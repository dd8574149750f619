"""python-telegram-bot's requests over our one aiohttp session.

Its own transport sends a seventh as much on the same core (docs/decisions/0010). What goes wrong is told without the
address, which holds the token.
"""

from collections.abc import Sequence
from http import HTTPStatus
from json import JSONDecodeError, loads
from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

READ_SECONDS = 15.0
CONNECT_SECONDS = 5.0

Seconds = float | None


class Unsent(NetworkError):
    """The connection was not even made: nothing was sent, so repeating is harmless whatever the method."""


class Transport(BaseRequest):
    """Sends what a :class:`telegram.Bot` asks for."""

    __slots__ = ("_session",)

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @property
    def read_timeout(self) -> float:
        """In seconds, where a method gives none of its own."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """Nothing to do: the session is ours already."""

    async def shutdown(self) -> None:
        """Nothing to do: whoever made the session closes it."""

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
            NetworkError: the connection broke; the same.
        """
        seconds: Seconds = READ_SECONDS if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=seconds)
        try:
            async with self._session.request(method, url, timeout=timeout, **_body(request_data)) as answer:
                return answer.status, await answer.read()
        except aiohttp.ClientConnectorError as error:
            raise Unsent(f"{type(error).__name__}: {error.host}") from None
        except aiohttp.ConnectionTimeoutError:
            raise Unsent("no connection in time") from None
        except TimeoutError:
            raise TimedOut from None
        except aiohttp.ClientError as error:
            raise NetworkError(type(error).__name__) from None


def _body(data: RequestData | None) -> dict[str, Any]:
    if data is None:
        return {}
    if not data.contains_files:
        return {"json": data.parameters}
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, mime_type) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime_type)
    return {"data": form}


class UpdatesTransport(Transport):
    """The transport of ``getUpdates``: it keeps the updates as they came, and tells the library of none.

    The library reads a batch as a whole, so that a single update it cannot read would come again and again with nothing
    behind it handled (docs/decisions/0010).
    """

    __slots__ = ("_batch",)

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(session)
        self._batch: Sequence[Any] = ()

    def take(self) -> Sequence[Any]:
        """The latest batch, once."""
        batch, self._batch = self._batch, ()
        return batch

    async def do_request(self, *given: Any, **options: Any) -> tuple[int, bytes]:
        """As :meth:`Transport.do_request`.

        Raises:
            NetworkError: the answer is no JSON of the Bot API's.
        """
        status, body = await super().do_request(*given, **options)
        if status != HTTPStatus.OK:
            return status, body
        try:
            result = loads(body)["result"]
        except (JSONDecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError):
            raise NetworkError("an answer that is none of the Bot API's") from None
        self._batch = result if isinstance(result, list) else ()
        return status, b'{"ok":true,"result":[]}'
