"""``publishers.py PORT CLOCK``: 1,000 publishers at 127.0.0.2, each with a feed at ``/N``, by the clock that stands in the file.

Feed N brings an item every :func:`pace` seconds, the last 15 of them in a document, and answers 304 to whom has it.
"""

import struct
import sys
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

HOST = "127.0.0.2"
ITEMS = 15
WORDS = "harbour council approves plan for winter season after long debate about prices and safety at sea " * 3


def pace(number: int) -> float:
    """Seconds between two items: one feed in a hundred is a busy one, four are lively, the others bring one in two days."""
    return 1200.0 if number % 100 == 0 else 10800.0 if number % 20 == 0 else 172800.0


def is_ours(item: int) -> bool:
    """Whether the item concerns whoever watches for ferries: one in twenty."""
    return item % 20 == 0


def document(number: int, newest: int, pace_seconds: float, began: float) -> bytes:
    """The feed when its newest item is that one."""
    items = []
    for item in range(newest, newest - ITEMS, -1):
        what = "ferry" if is_ours(item) else "tram"
        published = began + item * pace_seconds
        items.append(
            f"<entry><id>tag:f{number}.example,2026:{item}</id><title>The {what} {number}x{item} leaves its pier tonight</title>"
            f"<link href='https://f{number}.example/{item}'/><updated>{_day(published)}</updated>"
            f"<summary type='html'>&lt;p&gt;{WORDS}&lt;/p&gt;</summary></entry>"
        )
    head = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Line {number}</title><id>f{number}</id><updated>{_day(began)}</updated>"
    return f"{head}{''.join(items)}</feed>".encode()


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def main() -> None:
    clock = Path(sys.argv[2])
    answered = {"200": 0, "304": 0}

    def moments() -> tuple[float, float]:
        began, now = struct.unpack("dd", clock.read_bytes())
        return began, now

    async def answer(request: web.Request) -> web.Response:
        number, (began, now) = int(request.match_info["number"]), moments()
        newest = int((now - began) / pace(number) + (number % 97) / 97)
        tag = f'"{newest}"'
        if request.headers.get("If-None-Match") == tag:
            answered["304"] += 1
            return web.Response(status=304, headers={"ETag": tag})
        answered["200"] += 1
        body = document(number, newest, pace(number), began)
        return web.Response(body=body, content_type="application/atom+xml", headers={"ETag": tag})

    async def counts(_: web.Request) -> web.Response:
        return web.json_response(answered)

    app = web.Application()
    app.add_routes([web.get("/counts", counts), web.get(r"/{number:\d+}", answer)])
    web.run_app(app, host=HOST, port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
