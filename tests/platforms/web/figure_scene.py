"""The shipped dossier's newsroom with a mistake in a figure: a bulletin prints it, and a thousand chats have the bulletin."""

import re
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.db.store import open_store
from bot.newsroom.change_rules import Rules
from tests.audiences import subscribe_all
from tests.clocks import MovedClock
from tests.conftest import CONTENT
from tests.databases import sqlite_url
from tests.delivery.scene import DeliveryScene, Platform
from tests.platforms.web.desk_site import Newsdesk, served_desk

FACT = "facts/applications"
MISTAKEN, MEANT = "400", "4000"
"""What the fact says here, with a zero missing, and what it says in the shipped dossier."""

BULLETIN = "2026-11-23-russian-scholarships-demand"
"""The shipped bulletin of 14 February, dated on the day of the tests' clock."""

CHATS = {"en": range(1, 401), "id": range(401, 801), "ru": range(801, 1001)}
"""Their ids, by language."""


@dataclass
class FigureScene:
    """A newsroom, its clock, and the chats that have the bulletin."""

    served: Newsdesk
    clock: MovedClock
    chats: DeliveryScene


@asynccontextmanager
async def figure_scene(people: Iterable[str]) -> AsyncIterator[FigureScene]:
    """Begins once every chat has the bulletin with the mistake."""
    clock = MovedClock()
    with TemporaryDirectory(prefix="nota-desk-") as folder:
        content = Path(shutil.copytree(CONTENT, Path(folder) / "content"))
        facts = content / "facts.yaml"
        text = facts.read_text("utf-8")
        mistaken, times = re.subn(rf"(?m)^(applications:\n.*\n  value: ){MEANT}$", rf"\g<1>{MISTAKEN}", text)
        assert times == 1
        facts.write_text(mistaken, "utf-8")
        [shipped] = (content / "bulletins").glob("2026-02-14-*.yaml")
        bulletin = shipped.read_text("utf-8").replace("date: 2026-02-14", f"date: {BULLETIN[:10]}", 1)
        shipped.unlink()
        async with (
            open_store(sqlite_url(), clock) as store,
            served_desk(store, content, clock, people, Rules(needs_two=True), static=True) as served,
        ):
            for language, ids in CHATS.items():
                await subscribe_all(store, ids, language=language)
            (content / "bulletins" / f"{BULLETIN}.yaml").write_text(bulletin, "utf-8")
            await served.deploy()
            chats = DeliveryScene(store, clock, None, Platform())  # type: ignore[arg-type]
            await chats.send_all()
            yield FigureScene(served, clock, chats)
