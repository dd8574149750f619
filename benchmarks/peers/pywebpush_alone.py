"""pywebpush by itself, to as many browsers. ``pywebpush_alone.py sync|async ADDRESS NUMBER``; prints the seconds of the clock and of the processor.

``sync``: ``webpush`` with one ``requests`` session, one after the other. ``async``: ``webpush_async`` with one aiohttp session, 16 at once. Both as its
documentation shows them (github.com/web-push-libs/pywebpush): each message is encrypted and signed by itself.
"""

import asyncio
import json
import sys
import time
from typing import Any

import aiohttp
import requests
from py_vapid import Vapid02
from pywebpush import webpush, webpush_async

from tests.servers.push_service import PushService

AT_ONCE = 16
DATA = json.dumps({"title": "Storm.", "body": "Storm.", "tag": "x" * 24, "url": "https://nota.example/en/bulletins/x"})


def main() -> None:
    way, address, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
    service, vapid = PushService(address), Vapid02()
    vapid.generate_keys()
    known = [service.subscribe("").as_json for _ in range(number)]
    began, cpu_began = time.perf_counter(), time.process_time()
    if way == "sync":
        send(known, vapid)
    else:
        asyncio.run(send_async(known, vapid))
    print(json.dumps([time.perf_counter() - began, time.process_time() - cpu_began]))


def send(known: list[dict[str, Any]], vapid: Vapid02) -> None:
    with requests.Session() as session:
        for each in known:
            claims: dict[str, str | int] = {"sub": "https://nota.example"}
            webpush(each, DATA, vapid, vapid_claims=claims, ttl=60, requests_session=session)


async def send_async(known: list[dict[str, Any]], vapid: Vapid02) -> None:
    at_once = asyncio.Semaphore(AT_ONCE)

    async def one(each: dict[str, Any], session: aiohttp.ClientSession) -> None:
        claims: dict[str, str | int] = {"sub": "https://nota.example"}
        async with at_once:
            await webpush_async(each, DATA, vapid, vapid_claims=claims, ttl=60, aiohttp_session=session)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(one(each, session) for each in known))


if __name__ == "__main__":
    main()
