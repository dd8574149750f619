"""Everything works with a platform that the code does not know, whose ids are texts and whose messages cannot be edited."""

import json
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
from tests.clocks import MovedClock, until
from tests.conftest import TODAY, Edit
from tests.platforms.deployment import Deployment
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
class Village(Deployment):
    """The process, its letter box and the cards that it wrote."""

    letters: int = 0

    async def write_letter(self, session: aiohttp.ClientSession, who: str, text: str) -> str:
        """Returns what the answer says."""
        self.letters += 1
        letter = {"id": self.letters, "from": who, "text": text}
        async with session.post(PATH, json=letter) as answer:
            return str((await answer.json())["text"])

    def cards(self, who: str) -> list[dict[str, Any]]:
        """The cards in somebody's letter box, the oldest first."""
        files = sorted((self.folder / "cards").glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        return [card for card in map(json.loads, (file.read_text("utf-8") for file in files)) if card["to"] == who]

    async def when(self, who: str, number: int) -> list[dict[str, Any]]:
        """The cards, once there are so many."""
        await until(lambda: len(self.cards(who)) >= number, 30)
        return self.cards(who)


@pytest.mark.slow
class TestVillage:
    """The whole way, by a process of its own."""

    async def test_a_year(self, folder: Path, tmp_path: Path) -> None:
        """Subscribed, delivered, corrected, withdrawn, told why, looked at, saved and forgotten. On the page: tests/platforms/test_lives.py."""
        settings = {"POSTCARDS_FOLDER": str(tmp_path / "cards"), "PREVIEW": "1"}
        village = Village(folder, tmp_path, settings, "tests.platforms.postcards")
        assert "postcards: the folder for ferry is there" in await village.nota("migrate")
        await village.nota("publish")  # what is there already is history
        async with village.running() as session:
            assert "Rp4,500" in await village.write_letter(session, ANN, "/fare")
            for who in (ANN, BEN, "Nowhere"):
                assert "Subscribed" in await village.write_letter(session, who, "/subscribe")
            await village.write_letter(session, BEN, "/language id")
            name = village.write("Storm tonight")
            (first,) = await village.when(ANN, 1)
            assert "Storm tonight" in first["text"]
            await village.when(BEN, 1)
            village.write("Storm tomorrow")
            _, correction = await village.when(ANN, 2)
            assert "Correction" in correction["text"]
            assert correction["reply_to"] == first["id"]
            assert "Storm tomorrow" in await village.write_letter(session, ANN, "/why")
            village.withdraw("Storm tomorrow")
            *_, withdrawal = await village.when(ANN, 3)
            assert withdrawal["text"].startswith("🚫 Withdrawn: Storm tomorrow")
            await village.when(BEN, 3)
            async with session.get("/preview") as answer:
                page = await answer.text()
            assert 'id="look-postcards"' in page
            assert '<section class="chat postcards"' in page
            async with session.get(f"/static/{NAME}.css") as answer:
                assert answer.status == 200
        forecast = json.loads(await village.nota("publish", "--dry-run", "--json"))
        assert forecast["changes"] == []
        sent = json.loads(await village.nota("deliveries", name, "--json"))
        assert {(each["platform"], each["state"]) for each in sent["counts"]} == {(NAME, "delivered"), (NAME, "failed")}
        assert [each["chat_id"] for each in sent["reasons"]] == ["Nowhere"]
        await self._saved(village, tmp_path)

    async def _saved(self, village: Village, tmp_path: Path) -> None:
        """A backup, and a database made of it; who moved away after a month, what was sent after the days that the operator set, a reader at once."""
        lines = await village.nota("backup", "export", "-")
        rows = [json.loads(line) for line in lines.splitlines()[1:]]
        assert {row["readers"]["chat"] for row in rows if "readers" in row} == {ANN, BEN, "Nowhere"}
        url = f"sqlite:///{tmp_path}/other.sqlite3"
        village.settings = {**village.settings, "DATABASE_URL": url}
        await village.nota("backup", "import", "-", standard_input=lines.encode())
        async with open_store(url) as store:
            assert await store.subscriptions.get(Address(NAME, ANN)) is not None
            assert store.readers.language(Address(NAME, BEN)) == "id"
            assert store.readers.is_suspended(Address(NAME, "Nowhere"))
        clock = MovedClock()
        clock.now = datetime.now(UTC).timestamp()
        async with open_store(url, clock) as store:
            clock.forward(days=31)
            assert await store.readers.delete_lapsed() == 1
            clock.forward(days=400)
            assert await prune_ledger(store.database, 400) > 0
            await store.readers.delete(NAME, ANN)
            async with store.database.read() as connection:
                assert (await connection.execute(select(readers.c.chat))).scalars().all() == [BEN]
                assert (await connection.execute(select(deliveries.c.id))).all() == []
