"""Roles at the desk over HTTP: what a writer does not see, and what a forged press answers."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.db.changes import Person
from bot.db.store import Store
from bot.dossier.models import Language
from bot.newsroom.change_rules import Rules
from bot.platforms.web.desk.sign_in import HOME
from tests.clocks import MovedClock
from tests.platforms.web.desk_site import ANNA, BUDI, FIRST, NEW, TEXTS, Newsdesk, Visitor, served_desk
from tests.platforms.web.site import status_of

WANDA = Person("telegram:5", "Wanda", Language("en"))
RULES = Rules(True, writers=frozenset({WANDA.account}), approvers=frozenset({ANNA.account, BUDI.account}))


@pytest.fixture
async def newsdesk(store: Store, folder: Path, clock: MovedClock) -> AsyncIterator[Newsdesk]:
    """The tiny dossier's desk with a writer and two approvers."""
    people = (ANNA.account, BUDI.account, WANDA.account)
    async with served_desk(store, folder, clock, people, RULES) as newsdesk:
        yield newsdesk


class TestAWriter:
    @pytest.mark.slow
    async def test_writes_and_asks_and_takes_back_what_is_hers(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor
    ) -> None:
        """No button of another's change but those for writing; every forged press is refused with 403 and changes nothing."""
        wanda = await newsdesk.signed_in(WANDA)
        await wanda.send("new")
        status, page = await wanda.ask(1, TEXTS)
        assert (status, 'value="approve"' in page, 'value="return"' in page) == (200, False, True)
        assert (await wanda.press(1, "approve"))[0] == 403
        assert (await newsdesk.change(1)).state == "review"
        assert 'value="approve"' in await anna.see("/1")
        await wanda.press(1, "return", reason="One more figure.")
        assert (await newsdesk.change(1)).state == "draft"

        await anna.send("new")
        _, page = await anna.ask(2, TEXTS)
        page = await wanda.see("/2")
        assert not [each for each in ("approve", "return", "discard") if f'value="{each}"' in page]
        for action in ("approve", "return", "discard"):
            status, page = await wanda.press(2, action, reason="No.")
            assert (status, "Only an approver may do that." in page) == (403, True)
        await budi.press(2, "approve")
        assert 'value="take_back"' not in await wanda.see("/2")
        assert (await wanda.press(2, "take_back"))[0] == 403
        assert (await newsdesk.change(2)).state == "approved"

    @pytest.mark.slow
    async def test_takes_nothing_out_that_others_wrote(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """Nor with a removal; what she only opened, she may. What an approver takes out stays readable, and comes back."""
        wanda = await newsdesk.signed_in(WANDA)
        await anna.send("new")
        await anna.fill(1, {**TEXTS, f"{NEW}|title|en": "What Anna wrote"})
        await newsdesk.unused_source()
        for key in ("sources/spare", "topics/fare"):
            await anna.send("1/entries", action=f"open:{key}")
        await anna.fill(1, {"sources/spare|title": "Of Anna"})
        page = await wanda.see("/1")
        assert [f'value="drop:{key}"' in page for key in (NEW, "sources/spare", "topics/fare")] == [False, False, True]
        before = await newsdesk.contents(1)
        for action in (f"drop:{NEW}", "drop:sources/spare", "remove:sources/spare"):
            assert (await wanda.fill(1, {}, "entries", action=action))[0] == 403
            assert await newsdesk.contents(1) == before
        assert (await wanda.fill(1, {}, "entries", action="drop:topics/fare"))[0] == 200

        for action in (f"drop:{NEW}", "remove:sources/spare"):
            assert (await budi.fill(1, {}, "entries", action=action))[0] == 200
        assert await newsdesk.contents(1) == {"sources/spare": None}
        page = await anna.see("/1")
        assert "What Anna wrote" in page
        assert "Of Anna" in page
        [version] = re.findall(rf'name="key" value="{NEW}">.*?name="which" value="([^"]*)"', page)
        await anna.send("entry", action="back", key=NEW, change="1", which=version, once="put-it-back")
        assert await newsdesk.contents(3) == {NEW: before[NEW]}  # 2: the source, which came with files

    async def test_withdraws_nothing(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        wanda = await newsdesk.signed_in(WANDA)
        name = FIRST.partition("/")[2]
        assert "/desk/withdraw/" in await anna.see() + await anna.see(f"/entries/{FIRST}")
        assert "/desk/withdraw/" not in await wanda.see() + await wanda.see(f"/entries/{FIRST}")
        assert (await wanda.send(f"withdraw/{name}", **{"because-en": "Wrong."}))[0] == 403
        assert await status_of(wanda.browser.get(f"{HOME}/withdraw/{name}")) == 403


@pytest.mark.slow
async def test_a_change_that_nobody_can_approve_says_so(store: Store, folder: Path, clock: MovedClock) -> None:
    """Before anybody asks for it: the only other person writes. Not of what that person wrote."""
    alone = Rules(True, writers=frozenset({WANDA.account}), approvers=frozenset({ANNA.account}))
    async with served_desk(store, folder, clock, (ANNA.account, WANDA.account), alone) as newsdesk:
        anna, wanda = await newsdesk.signed_in(ANNA), await newsdesk.signed_in(WANDA)
        await anna.send("new")
        assert "Nobody can approve this" in await anna.see("/1")
        await wanda.send("new")
        assert "Nobody can approve this" not in await wanda.see("/2")
