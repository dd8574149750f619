"""The form of a reviewed claim has the order in which somebody checks it."""

import re

from bot.dossier.entries import Key
from tests.platforms.web.desk_site import Newsdesk, Visitor


async def test_what_people_say_then_the_verdict_why_and_sources(newsdesk: Newsdesk, anna: Visitor) -> None:
    """In all languages; the day is there already, and what few claims need is folded, until it says something."""
    await anna.send("new", kind="claims", words="Ferries are free")
    [key] = await newsdesk.contents()
    page = await anna.see("/1")
    names = re.findall(rf'name="seen\|{key}\|([\w|]+)"', page)
    spoken = {each: [f"{each}|en", f"{each}|id"] for each in ("says", "because", "one_of")}
    assert names == [*spoken["says"], "verdict", *spoken["because"], "sources", "date", *spoken["one_of"], "topic"]
    content = (await newsdesk.contents())[Key(key)]
    assert content == {"says": {"en": ["Ferries are free"]}, "date": (await newsdesk.desk.today()).isoformat()}
    assert page.count(f'id="outdated|{key}|id"') == 1
    assert '<details class="further">' in page
    await anna.fill(1, {f"{key}|one_of|en": "free"})
    assert '<details class="further" open>' in await anna.see("/1")
