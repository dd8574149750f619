"""Everything works with a platform that the code does not know, whose ids are texts and whose messages cannot be edited."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from bot.app.content_check import load_checked
from bot.cli import main
from bot.db.retention import prune_ledger
from bot.db.schema import deliveries, readers
from bot.db.store import open_store
from bot.reader import Address
from bot.settings import InvalidSettings, read_settings
from tests.bot_process import free_port, until_up
from tests.clocks import MovedClock
from tests.conftest import TODAY, Edit
from tests.fork_server import ROOT
from tests.platforms.postcards.platform import CHARACTERS, NAME, PATH, WITH_POSTCARDS

ANN, BEN = "1 Quay Street, Portnahaven", "2 Quay Street, Portnahaven"


class TestSettings:
    """A group of its own, and addresses as people write them."""

    def test_addresses(self) -> None:
        given = {"postcards_folder": "cards", "owners": f"{NAME}:12 Mill Lane", "editors_chat": f"{NAME}:12 Mill Lane"}
        settings = read_settings(given, WITH_POSTCARDS)
        assert settings.has_platform
        assert settings.owners_on(NAME) == ("12 Mill Lane",)
        assert settings.editors_address == Address(NAME, "12 Mill Lane")
        assert settings.editors_kind == "private"

    def test_what_is_none(self) -> None:
        """All platforms are named, with an example of each."""
        with pytest.raises(InvalidSettings) as refused:
            read_settings({"editors_chat": f"{NAME}:?"}, WITH_POSTCARDS)
        assert "is not the id of a chat on Telegram, Discord, E-mail or Postcards" in str(refused.value)
        assert "postcards:1 Quay Street" in str(refused.value)

    def test_only_where_it_is_in_the_list(self) -> None:
        with pytest.raises(InvalidSettings, match="EDITORS_CHAT"):
            read_settings({"editors_chat": f"{NAME}:12 Mill Lane"})


class TestCommands:
    """Each command that knows platforms knows this one."""

    @pytest.fixture(autouse=True)
    def environment(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> None:
        monkeypatch.chdir(tmp_path)
        settings = {"CONTENT_DIR": folder, "DATABASE_URL": f"sqlite:///{tmp_path}/nota.sqlite3", "EMBEDDINGS": "off"}
        for name, value in (settings | {"POSTCARDS_FOLDER": tmp_path / "cards"}).items():
            monkeypatch.setenv(name, str(value))

    def test_ask(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "/fare", "--platform", NAME, "--json"], WITH_POSTCARDS) == 0
        assert json.loads(capsys.readouterr().out)["payload"]["text"].startswith("🎫 The fare")
        assert main(["ask", "/fare", "--platform", NAME]) == 1
        assert "expected one of text, telegram, discord" in capsys.readouterr().err

    def test_check(self, edit: Edit, folder: Path) -> None:
        """What does not fit on a card is an error, and fits elsewhere."""
        edit("topics/fare.yaml", "body:\n  en:", f"body:\n  en: {'A long way. ' * (CHARACTERS // 12)}")
        found = [str(each) for each in load_checked(folder, TODAY, WITH_POSTCARDS).diagnostics]
        assert [each for each in found if "on a postcard" in each and f"at most {CHARACTERS}" in each]
        assert not [each for each in map(str, load_checked(folder, TODAY).diagnostics) if "postcard" in each]

    def test_doctor(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        assert main(["doctor"], WITH_POSTCARDS) == 1
        assert "✗ POSTCARDS_FOLDER: " in capsys.readouterr().out
        (tmp_path / "cards").mkdir()
        main(["doctor"], WITH_POSTCARDS)
        assert "✓ POSTCARDS_FOLDER: " in capsys.readouterr().out

    @pytest.mark.slow
    def test_a_trial(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Of a bulletin, in one chat."""
        name = "2026-01-05-first-crossing"
        assert main(["publish"], WITH_POSTCARDS) == 0  # which makes the database
        assert main(["publish", name, "--to", "postcards:?"], WITH_POSTCARDS) == 1
        assert "postcards:1 Quay Street" in capsys.readouterr().err
        assert main(["publish", name, "--to", f"postcards:{ANN}"], WITH_POSTCARDS) == 0
        assert f"a try-out goes to postcards:{ANN};" in capsys.readouterr().out


@dataclass
class Village:
    """The process, its letter box and the cards that it wrote."""

    folder: Path
    environment: dict[str, str]
    address: str
    letters: int = 0

    async def write(self, session: aiohttp.ClientSession, who: str, text: str) -> str:
        """Writes a letter. Returns what the answer says."""
        self.letters += 1
        letter = {"id": self.letters, "from": who, "text": text}
        async with session.post(f"{self.address}{PATH}", json=letter) as answer:
            return str((await answer.json())["text"])

    def cards(self, who: str) -> list[dict[str, Any]]:
        """The cards in somebody's letter box, the oldest first."""
        files = sorted((self.folder / "cards").glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        return [card for card in map(json.loads, (file.read_text("utf-8") for file in files)) if card["to"] == who]

    async def when(self, who: str, number: int) -> list[dict[str, Any]]:
        """The cards, once there are so many."""
        async with asyncio.timeout(30):
            while len(found := self.cards(who)) < number:  # noqa: ASYNC110  a file announces nothing
                await asyncio.sleep(0.05)
        return found

    async def nota(self, *words: str, standard_input: bytes = b"") -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.platforms.postcards", *words),
            env=self.environment, cwd=self.folder, stdin=PIPE, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(standard_input), 60)
        assert process.returncode == 0, err.decode()
        return out.decode()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[aiohttp.ClientSession]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.platforms.postcards", "run"), env=self.environment, cwd=self.folder
        )
        try:
            await until_up(self.address, process)
            async with aiohttp.ClientSession() as session:
                yield session
        finally:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 15) == 0


@pytest.fixture
def village(tmp_path: Path, folder: Path) -> Village:
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "CONTENT_DIR": str(folder),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{tmp_path}/nota.sqlite3",
        "EMBEDDINGS": "off",
        "POSTCARDS_FOLDER": str(tmp_path / "cards"),
        "PREVIEW": "1",
    }
    return Village(tmp_path, environment, f"http://127.0.0.1:{port}")


def bulletin(folder: Path, text: str, more: str = "") -> str:
    """Writes today's bulletin. Returns its id."""
    name = f"{datetime.now(UTC).date()}-storm"
    words = f"{{en: {text}, id: {text}}}"
    content = f"date: {name[:10]}\ntitle: {words}\nbody: {words}\ntopics: [fare]\nsources: [harbour]\n{more}"
    (folder / "bulletins" / "storm.part").write_text(content, "utf-8")
    (folder / "bulletins" / "storm.part").rename(folder / "bulletins" / f"{name}.yaml")
    return name


@pytest.mark.slow
class TestVillage:
    """The whole way, by a process of its own."""

    async def test_a_year(self, village: Village, folder: Path, tmp_path: Path) -> None:
        """Subscribed, delivered, corrected, withdrawn, told why, looked at, saved and forgotten."""
        assert "postcards: the folder for ferry is there" in await village.nota("migrate")
        await village.nota("publish")  # what is there already is history
        async with village.running() as session:
            assert "Rp4,500" in await village.write(session, ANN, "/fare")
            for who in (ANN, BEN, "Nowhere"):
                assert "Subscribed" in await village.write(session, who, "/subscribe")
            await village.write(session, BEN, "/language id")
            name = bulletin(folder, "Storm tonight")
            (first,) = await village.when(ANN, 1)
            assert "Storm tonight" in first["text"]
            await village.when(BEN, 1)
            bulletin(folder, "Storm tomorrow")
            _, correction = await village.when(ANN, 2)
            assert "Correction" in correction["text"]
            assert correction["reply_to"] == first["id"]
            said = await village.write(session, ANN, "/why")
            assert "Storm tomorrow" in said
            bulletin(folder, "Storm tomorrow", f"withdrawn: {{date: {name[:10]}, because: {{en: Calm, id: Tenang}}}}\n")
            *_, withdrawal = await village.when(ANN, 3)
            assert withdrawal["text"].startswith("🚫 Withdrawn: Storm tomorrow")
            await village.when(BEN, 3)
            await self._looked_at(village, session)
        forecast = json.loads(await village.nota("publish", "--dry-run", "--json"))
        assert forecast["changes"] == []
        sent = json.loads(await village.nota("deliveries", name, "--json"))
        assert {(each["platform"], each["state"]) for each in sent["counts"]} == {(NAME, "delivered"), (NAME, "failed")}
        assert [each["chat_id"] for each in sent["reasons"]] == ["Nowhere"]
        await self._saved(village, tmp_path)
        await self._forgotten(village)

    async def _looked_at(self, village: Village, session: aiohttp.ClientSession) -> None:
        async with session.get(f"{village.address}/readyz") as answer:
            assert NAME in json.dumps(await answer.json())
        async with session.get(f"{village.address}/metrics") as answer:
            metrics = await answer.text()
        assert [line for line in metrics.splitlines() if f'platform="{NAME}"' in line and line.endswith(".0")]
        async with session.get(f"{village.address}/preview") as answer:
            page = await answer.text()
        assert 'id="look-postcards"' in page
        assert '<section class="chat postcards"' in page
        async with session.get(f"{village.address}/static/{NAME}.css") as answer:
            assert answer.status == 200

    async def test_a_reader_of_the_page(self, village: Village, folder: Path) -> None:
        """Who is no chat subscribes on the page, gets the bulletin and its correction, sees both there, and deletes all."""
        await village.nota("migrate")
        await village.nota("publish")
        async with village.running() as session:
            form = {"platform": NAME, "street": "3 Quay Street", "topics": "fare", "pace": "at_once"}
            async with session.post(f"{village.address}/en/subscribe", data=form) as answer:
                assert answer.status == 200
                page = answer.url
            bulletin(folder, "Storm tonight")
            await village.when("3 Quay Street", 1)
            bulletin(folder, "Storm tomorrow")
            _, correction = await village.when("3 Quay Street", 2)
            assert "Correction" in correction["text"]
            async with session.get(page) as answer:
                shown = await answer.text()
            assert "Storm tomorrow" in shown
            assert "delivered" in shown
            async with session.get(f"{village.address}/en/privacy") as answer:
                assert "Bulletins: Postcards" in await answer.text()
            said = await village.nota("deliveries")
            assert "Quay Street" not in said
            async with session.post(page, data={"do": "delete", "sure": "1"}) as answer:
                assert "is deleted" in await answer.text()
            async with session.get(page) as answer:
                assert answer.status == 410
        lines = await village.nota("backup", "export", "-")
        assert "Quay Street" not in lines

    async def _saved(self, village: Village, tmp_path: Path) -> None:
        """A backup, and a database made of it."""
        lines = await village.nota("backup", "export", "-")
        rows = [json.loads(line) for line in lines.splitlines()[1:]]
        assert {row["readers"]["chat"] for row in rows if "readers" in row} == {ANN, BEN, "Nowhere"}
        village.environment["DATABASE_URL"] = f"sqlite:///{tmp_path}/other.sqlite3"
        await village.nota("backup", "import", "-", standard_input=lines.encode())
        async with open_store(village.environment["DATABASE_URL"]) as store:
            assert await store.subscriptions.get(Address(NAME, ANN)) is not None
            assert store.readers.language(Address(NAME, BEN)) == "id"
            assert store.readers.is_suspended(Address(NAME, "Nowhere"))

    async def _forgotten(self, village: Village) -> None:
        """Who moved away after a month, what was sent after the days that the operator set, a reader who wants it at once."""
        clock = MovedClock()
        clock.now = datetime.now(UTC).timestamp()
        async with open_store(village.environment["DATABASE_URL"], clock) as store:
            clock.forward(days=31)
            assert await store.readers.delete_lapsed() == 1
            clock.forward(days=400)
            assert await prune_ledger(store.database, 400) > 0
            await store.readers.delete(NAME, ANN)
            async with store.database.read() as connection:
                assert (await connection.execute(select(readers.c.chat))).scalars().all() == [BEN]
                assert (await connection.execute(select(deliveries.c.id))).all() == []
