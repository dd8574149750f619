"""Journeys through the house: which functions of ``bot/`` three everyday errands cross, and how often the way climbs back.

Each errand is run before it is traced, so that the caches are warm and the index of questions is built. A function counts once, however often it is
called; a lambda or a generator expression stands inside another function, so it does not count. A climb is a call in a higher layer
(``pyproject.toml``, importlinter) than the call before it: a reader of the code is back where he was.
"""

import asyncio
import logging
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any

import structlog

from benchmarks.processes import ROOT
from bot.db.store import open_store
from tests.clocks import MovedClock
from tests.conftest import shipped
from tests.databases import sqlite_url
from tests.delivery.scene import ANN, DeliveryScene
from tests.editor import bulletin, new_editor
from tests.platforms.discord.conftest import talking as talking_on_discord
from tests.platforms.telegram.conftest import talking
from tests.platforms.telegram.updates import message
from tests.servers.discord_people import MANAGER

QUESTION = "how long does the memorandum last?"

HOUSE = str(ROOT / "bot") + "/"


def layers() -> dict[str, int]:
    """Package or module below ``bot`` → its layer, counted from the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rows = next(each["layers"] for each in contracts if each["type"] == "layers")
    return {name.strip(): number for number, row in enumerate(rows) for name in row.split(":")}


@dataclass(slots=True)
class Journey:
    """The calls of an errand on the event loop's thread, in their order."""

    calls: list[CodeType] = field(default_factory=list)

    def note(self, frame: FrameType, event: str, argument: Any) -> None:
        """A profile function (sys.setprofile)."""
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(HOUSE) and not code.co_name.startswith("<"):
            self.calls.append(code)

    @property
    def functions(self) -> set[CodeType]:
        return set(self.calls)

    @property
    def files(self) -> Counter[str]:
        """File below ``bot/`` → how often the way comes into it."""
        way = [code.co_filename.removeprefix(HOUSE) for code in self.calls]
        return Counter(there for here, there in pairwise(["", *way]) if there != here)

    @property
    def climbs(self) -> int:
        numbers = layers()
        way = [
            numbers[code.co_filename.removeprefix(HOUSE).partition("/")[0].removesuffix(".py")] for code in self.calls
        ]
        return sum(there < here for here, there in pairwise(way))

    def summary(self, name: str) -> str:
        """A line for the table."""
        back = self.files["conversation.py"]
        return (
            f"{name:28} {len(self.functions):4} functions in {len(self.files):3} files, {self.climbs:3} climbs, "
            f"{back:2} times into conversation.py, {len(self.calls):5} calls"
        )


@contextmanager
def traced() -> Iterator[Journey]:
    """What is called inside."""
    journey = Journey()
    sys.setprofile(journey.note)
    try:
        yield journey
    finally:
        sys.setprofile(None)


async def question_on_telegram() -> Journey:
    """A plain question in a private chat, by webhook."""
    async with talking("webhook", shipped()) as talk:
        for _ in range(3):
            await talk.tell(message(QUESTION))
        with traced() as journey:
            await talk.tell(message(QUESTION))
        return journey


async def setting_on_discord() -> Journey:
    """An admin sets the hour of bulletins with a button of ``/settings``."""
    async with talking_on_discord("http", shipped()) as talk:
        admin = talk.somebody(permissions=MANAGER)
        await admin.use("subscribe")
        for _ in range(2):
            panel = await admin.use("settings")
            await admin.press(panel, "c/settings/sound")
        with traced() as journey:
            await admin.press(panel, "c/settings/sound")
        return journey


async def sent_bulletin() -> Journey:
    """A bulletin in the ledger is sent to one reader, on a platform in memory."""
    clock = MovedClock()
    async with open_store(sqlite_url(), clock) as store:
        scene = DeliveryScene(store, clock, await new_editor(store))
        await scene.subscribe(ANN)
        await scene.publish(bulletin("ferry"))
        await scene.editor.publish(bulletin("ferry"), bulletin("tram"))
        with traced() as journey:
            await scene.send_all()
        return journey


JOURNEYS = {
    "question on Telegram": question_on_telegram,
    "setting on Discord": setting_on_discord,
    "sent bulletin": sent_bulletin,
}


def main() -> None:
    """Prints a line for each journey; with ``--files``, also each file with how often the way comes into it, and its functions."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for name, travel in JOURNEYS.items():
        journey = asyncio.run(travel())
        print(journey.summary(name))
        if "--files" in sys.argv:
            for file, times in journey.files.items():
                inside = dict.fromkeys(code.co_qualname for code in journey.calls if code.co_filename == HOUSE + file)
                print(f"  {file} ({times}): {', '.join(inside)}")


if __name__ == "__main__":
    main()
