"""An editor signs in by mail, by a process of its own; no address where none belongs."""

from pathlib import Path

import pytest

from tests.clocks import until
from tests.platforms.deployment import Deployment
from tests.servers.smtp import mail_host

EDITOR, STRANGER = "ed.secret@example.com", "ann.secret@example.net"


@pytest.mark.slow
async def test_an_editor_signs_in(folder: Path, tmp_path: Path) -> None:
    """By a link to an address of the settings; the page says the same to whoever types one."""
    async with mail_host() as host:
        settings = {"SMTP_URL": host.url, "MAIL_FROM": "bulletins@example.org", "EDITORS": f"mail:{EDITOR}:approver"}
        site = Deployment(folder, tmp_path, settings)
        site.settings = settings | {"PUBLIC_URL": site.address}
        await site.nota("migrate")
        async with site.running() as session:
            async with session.get("/desk") as answer:
                assert (answer.status, 'action="/desk/sign-in"' in await answer.text()) == (401, True)
            said = set()
            for typed in (EDITOR.title(), STRANGER, "nonsense"):
                async with session.post("/desk/sign-in", data={"address": typed}) as answer:
                    said.add(await answer.text())
                    assert answer.status == 200
            assert len(said) == 1
            await until(lambda: host.to(EDITOR), 60)
            [letter] = host.to(EDITOR)
            assert letter.message["List-Unsubscribe"] is None
            link = next(each for each in letter.links if "/desk/enter/" in each)
            async with session.get(link) as answer:
                assert answer.status == 200
            for status in (200, 410):
                async with session.post(link, data={}) as answer:
                    assert answer.status == status
                    assert status == 410 or answer.url.path == "/desk"
            assert host.to(STRANGER) == []
        await site.ended()
        assert host.wrong == []
        assert "secret@" not in "".join(site.printed)
