"""The form of a reviewed claim has the order in which somebody checks it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.db.store import Store
from bot.dossier.entries import Key
from tests.platforms.web.test_desk import ANNA, Newsdesk, serving


@pytest.fixture
async def newsdesk(store: Store, tmp_path: Path) -> AsyncIterator[Newsdesk]:
    """The tiny dossier's desk, where two decide."""
    async with serving(store, tmp_path) as served:
        yield served


async def test_what_people_say_then_the_verdict_why_and_sources(newsdesk: Newsdesk) -> None:
    """In all languages; the day is there already, and what few claims need is folded, until it says something."""
    anna = await newsdesk.signed_in(ANNA)
    await anna.send("new", kind="claims", words="Ferries are free")
    [key] = await newsdesk.served.contents()
    page = await anna.see("/1")
    names = re.findall(rf'name="seen\|{key}\|([\w|]+)"', page)
    spoken = {each: [f"{each}|en", f"{each}|id"] for each in ("says", "because", "one_of")}
    assert names == [*spoken["says"], "verdict", *spoken["because"], "sources", "date", *spoken["one_of"], "topic"]
    content = (await newsdesk.served.contents())[Key(key)]
    assert content == {"says": {"en": ["Ferries are free"]}, "date": (await newsdesk.served.desk.today()).isoformat()}
    assert page.count(f'id="outdated|{key}|id"') == 1
    assert '<details class="further">' in page
    await anna.fill(1, {f"{key}|one_of|en": "free"})
    assert '<details class="further" open>' in await anna.see("/1")
