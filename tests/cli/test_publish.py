"""``nota publish`` and ``nota deliveries``, as an editor calls them."""

import asyncio
import csv
import json
import shutil
import subprocess
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.cli import main
from bot.db.delivery_queue import Done, Failed
from bot.db.delivery_reports import DeliveryLog
from bot.db.schema import deliveries
from bot.db.store import Store, open_store
from bot.reader import Address
from bot.schedule import Subscription, Timing
from tests.audiences import subscribe_all
from tests.command import Run
from tests.conftest import TINY, Edit
from tests.databases import reading
from tests.fork_server import nota

TODAY = datetime.now(UTC).date()
NEW = f"{TODAY}-night-ferry"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which the tiny dossier is published history, to be copied."""
    file = tmp_path_factory.mktemp("published") / "nota.sqlite3"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", f"sqlite:///{file}")
        environment.setenv("CONTENT_DIR", str(TINY))
        assert main(["publish"]) == 0
    return file


@pytest.fixture
def url(folder: Path, published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database that the commands use."""
    url = f"sqlite:///{shutil.copy(published, tmp_path)}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("CONTENT_DIR", str(folder))
    return url


def with_store(url: str, act: Callable[[Store], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        async with open_store(url) as store:
            return await act(store)

    return asyncio.run(run())


def add_bulletin(folder: Path, body: str = "The ferry goes at night.", **more: str) -> Path:
    file = folder / "bulletins" / f"{NEW}.yaml"
    lines = [
        f"date: {TODAY}",
        "title: {en: Night ferry, id: Feri malam}",
        f"body: {{en: '{body}', id: 'Feri berlayar malam.'}}",
        "topics: [fare]",
        "sources: [harbour]",
        *(f"{key}: {value}" for key, value in more.items()),
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


async def audience(store: Store) -> None:
    await subscribe_all(store, range(1, 61), language="id")
    await subscribe_all(store, range(101, 131), language="en", wanted=Subscription(timing=Timing("weekly")))
    await subscribe_all(store, [900], platform="discord", kind="group")


class TestDryRun:
    """``--dry-run`` prints what would be done, and changes nothing."""

    @pytest.mark.slow
    def test_how_many_on_which_platform_in_which_language_how_long(self, url: str, folder: Path, run: Run) -> None:
        """Readers who must wait are counted apart; the message is printed in each language."""
        with_store(url, audience)
        add_bulletin(folder)
        lines = run("publish", "--dry-run").lines
        assert lines[0] == f"{NEW}: new"
        assert "  telegram  id        60 readers" in lines
        assert any(line.startswith("  telegram  en        30 readers, 30 of them wait until ") for line in lines)
        assert "  discord   en         1 reader" in lines
        assert "  telegram  takes 2 s at the permitted rate" in lines
        assert "  📰 Night ferry" in lines
        assert "  📰 Feri malam" in lines

    def test_a_check_against_the_database_says_the_same(self, url: str, folder: Path, run: Run) -> None:
        """Of a folder beside the one that is deployed, too. It writes nothing."""
        with_store(url, audience)
        add_bulletin(folder)
        before = with_store(url, ledger)
        forecast = run("publish", "--dry-run").out
        assert NEW in forecast
        assert run("check", "--against", url).out.endswith(forecast)
        assert NEW not in run("check", TINY, "--against", url).out
        assert with_store(url, ledger) == before

    def test_names_what_nobody_is_told_of(self, url: str, edit: Edit, run: Run) -> None:
        """Texts of topics are other ones for whoever asks, so not nothing has changed; the same where it is done."""
        edit("topics/fare.yaml", "A single ticket costs", "One ticket costs")
        edit("bulletins/2026-01-05-first-crossing.yaml", "sources:", "urgent: true\nsources:")
        line = "readers who ask read otherwise, and nobody gets a message: bulletins/2026-01-05-first-crossing, topics/fare\n"
        assert run("publish", "--dry-run").out.endswith(line)
        assert "topics/fare" in json.loads(run("publish", "--dry-run", "--json").out)["entries"]
        assert run("publish").out.endswith(line)
        for words in (["publish"], ["publish", "--dry-run"]):
            assert run(*words).out == "nothing has changed\n"

    def test_writes_nothing(self, url: str, folder: Path, run: Run) -> None:
        add_bulletin(folder)
        first = run("publish", "--dry-run").out
        assert run("publish", "--dry-run").out == first

    def test_json_holds_the_very_payloads(self, url: str, folder: Path, run: Run) -> None:
        add_bulletin(folder)
        (forecast_change,) = json.loads(run("publish", "--dry-run", "--json").out)["changes"]
        assert forecast_change["bulletin"] == NEW
        assert set(forecast_change["payloads"]["id"]) == {"telegram", "discord", "webpush", "mail"}
        assert "Feri malam" in json.dumps(forecast_change["payloads"]["id"]["telegram"])

    @pytest.mark.slow
    def test_a_correction_counts_who_would_see_an_edit(self, url: str, folder: Path, run: Run) -> None:
        """Only in the languages that change."""
        with_store(url, audience)
        add_bulletin(folder)
        run("publish")
        with_store(url, deliver_all)
        add_bulletin(folder, body="It goes at midnight.")
        out = run("publish", "--dry-run").out
        assert f"{NEW}: corrected, in en" in out
        assert "  discord   en         1 reader" in out
        assert "60 readers" not in out

    @pytest.mark.slow
    def test_after_a_backup_was_imported_nobody_would_see_an_edit(
        self, url: str, folder: Path, tmp_path: Path, run: Run
    ) -> None:
        """Messages from before it may say something else by now: an owner takes what edits them."""
        with_store(url, audience)
        add_bulletin(folder)
        run("publish")
        with_store(url, deliver_all)
        run("backup", "export", f"{tmp_path}/backup.jsonl")
        run("backup", "import", f"{tmp_path}/backup.jsonl", "--replace")
        add_bulletin(folder, body="It goes at midnight.")
        out = run("publish", "--dry-run").out
        assert f"bulletins/{NEW}: waits at the desk: an owner takes it" in out
        assert f"{NEW}: corrected, in en" not in out

    def test_a_changed_fact_lists_the_topics_and_languages_that_it_touches(
        self, url: str, edit: Edit, run: Run
    ) -> None:
        """The old and the new text in each language."""
        edit("facts.yaml", "4500", "5000")
        out = run("publish", "--dry-run").out
        assert "fact fare changed, in en, id; it is shown by: fare" in out
        assert "  id  Rp4.500 → Rp5.000" in out


class TestPublish:
    """Records in the ledger what the content says."""

    @pytest.mark.slow
    def test_says_what_was_done(self, url: str, folder: Path, run: Run) -> None:
        """New, corrected, withdrawn, or nothing."""
        with_store(url, audience)
        file = add_bulletin(folder)
        assert run("publish").lines == [f"{NEW}: new", f"{NEW}: published, for 91 readers"]
        assert run("publish").out == "nothing has changed\n"
        add_bulletin(folder, body="It goes at midnight.")
        assert run("publish").out == f"{NEW}: corrected, in en\n"
        file.unlink()
        said = run("publish", "--rollback").out
        assert said == f"{NEW}: not in force (its file is missing): sent messages stay, and it is not listed\n"
        add_bulletin(folder, withdrawn="{date: 2026-11-24, because: {en: It was wrong., id: Itu keliru.}}")
        assert run("publish").out == f"{NEW}: withdrawn\n"

    def test_sends_history_when_told_to(self, url: str, run: Run) -> None:
        with_store(url, audience)
        assert "published, for 91 readers" in run("publish", "content/bulletins/2026-01-05-first-crossing.yaml").out

    @pytest.mark.slow
    def test_several_at_once(self, url: str, folder: Path, run: Run) -> None:
        """As beside a running bot, which imports the files as soon as they are there: one of them does it, and all are done."""
        run("publish")
        add_bulletin(folder)
        several = [subprocess.Popen(nota("publish"), stdout=subprocess.PIPE, text=True) for _ in range(4)]
        said = sorted((each.communicate(timeout=60)[0], each.returncode) for each in several)
        assert said == [(f"{NEW}: new\n{NEW}: published, for 0 readers\n", 0), *[("nothing has changed\n", 0)] * 3]

    def test_schedules(self, url: str, folder: Path, run: Run) -> None:
        with_store(url, audience)
        add_bulletin(folder, not_before="2099-01-01T09:00:00+07:00")
        assert "not before 2099-01-01 02:00 UTC" in run("publish", "--dry-run").out
        assert "published" not in run("publish").out


class TestSlips:
    """Each command says what a slip would have done, and does none of it."""

    @pytest.mark.slow
    def test_another_dossier(self, url: str, folder: Path, edit: Edit, run: Run) -> None:
        """Nothing is published, tried out or forecast; the doctor finds it."""
        with_store(url, audience)
        add_bulletin(folder)
        edit("dossier.yaml", "id: ferry", "id: museum")
        for words in (["publish"], ["publish", "--dry-run"], ["publish", NEW, "--to", "telegram:1"]):
            assert "nota migrate --dossier museum" in run(*words, status=1).err
        assert "✗ dossier: the database belongs to the dossier ferry" in run("doctor", status=1).out

    @pytest.mark.slow
    def test_many_at_once(self, url: str, folder: Path, run: Run) -> None:
        """The dry run shows what waits, and the digest confirms that alone."""
        with_store(url, audience)
        files = [add_bulletin(folder).rename(folder / "bulletins" / f"{NEW}-{number}.yaml") for number in range(4)]
        run("publish")
        with_store(url, deliver)
        for file in files:
            file.write_text(file.read_text("utf-8").replace("goes at night", "does not go"), "utf-8")
        found = json.loads(run("publish", "--dry-run", "--json").out)
        assert found["held"] == [file.stem for file in files]
        assert f"`nota publish --confirm {found['digest']}`" in run("publish", status=1).out
        assert f"`nota publish --confirm {found['digest']}`" in run("publish", "--confirm", "0123", status=1).err
        assert run("publish", "--confirm", found["digest"]).out.endswith(": in force\n")
        assert run("publish").out == "nothing has changed\n"

    @pytest.mark.parametrize("digest", ["12345678", ""])
    @pytest.mark.parametrize("is_first", [False, True])
    def test_a_digest_that_nothing_waits_for(
        self, url: str, folder: Path, digest: str, is_first: bool, run: Run
    ) -> None:
        """Nothing is published, compared or scheduled; at a first comparison, either."""
        if is_first:
            Path(url.removeprefix("sqlite:///")).unlink()
            with_store(url, is_stopped)  # makes it
        add_bulletin(folder)
        before = with_store(url, ledger)
        said = run("publish", "--confirm", digest, status=1)
        expected = f"--confirm {digest}: not the digest of what waits\nnothing waits for a confirmation\n"
        assert (said.out, said.err) == ("", expected)
        assert with_store(url, ledger) == before

    @pytest.mark.parametrize("others", [["--dry-run", "--to", "telegram:1"], ["--dry-run", "--confirm", "1234"]])
    def test_a_dry_run_does_nothing_else(self, url: str, folder: Path, others: list[str], run: Run) -> None:
        """It neither sends a try-out nor leaves a word unheard."""
        add_bulletin(folder)
        run("publish", NEW, *others, status=2)
        assert with_store(url, delivery_chats) == []

    def test_former_files_wait_for_a_word(self, url: str, folder: Path, run: Run) -> None:
        """Of two kinds: without a bulletin that was new, and with another text. With the word they are the newest."""
        run("publish")
        file = add_bulletin(folder)
        run("publish")
        file.unlink()
        assert "these files are former ones, and later ones are in force" in run("publish", status=1).err
        assert f"{NEW}: not in force (its file is missing" in run("publish", "--rollback").out
        add_bulletin(folder)
        run("publish", status=1)

    @pytest.mark.slow
    def test_a_missing_file(self, url: str, folder: Path, run: Run) -> None:
        """`check` and `doctor` name it, and leave the database as it is."""
        with_store(url, audience)
        file = add_bulletin(folder)
        run("publish")
        file.unlink()
        shown = run("check").out
        assert f"bulletins/{NEW}.yaml" in shown
        assert "was sent, but the file is missing: sent messages stay" in shown
        run("check", "--strict", status=1)
        run("check", folder, "--strict")
        assert "! bulletins: files are missing of 1 that were sent" in run("doctor").out

    def test_all_sending_is_stopped(self, url: str, run: Run) -> None:
        run("deliveries", "--stop")
        assert "! sending: all sending was stopped" in run("doctor").out
        run("deliveries", "--start")
        assert with_store(url, is_stopped) is False
        assert run("deliveries", "--start").out == "nothing was stopped\n"

    @pytest.mark.parametrize("switch", [["--stop"], ["--start"], ["--unsuspend", "2026-01-31T09:30Z"]])
    def test_a_switch_is_for_all(self, url: str, switch: list[str], run: Run) -> None:
        """Whoever names a bulletin means less than all sending."""
        assert f"{switch[0]} is for all bulletins, expected no {NEW}" in run("deliveries", NEW, *switch, status=1).err
        assert with_store(url, is_stopped) is False

    def test_an_empty_ledger(self, url: str, run: Run) -> None:
        Path(url.removeprefix("sqlite:///")).unlink()
        with_store(url, is_stopped)
        assert run("deliveries").out == "no bulletins in the ledger\n"


async def deliver(store: Store) -> None:
    """Every message is in its chat."""
    async with store.database.write() as connection:
        await connection.execute(update(deliveries).values(state="delivered", message="1", shown=1, language="en"))


async def ledger(store: Store) -> list[Any]:
    """What a comparison writes."""
    async with store.database.read() as connection:
        latest = await store.dossier_versions.latest(connection)
        return [await store.bulletins.names(connection), latest, await store.safeguards.get(connection)]


async def is_stopped(store: Store) -> bool:
    return (await store.safeguards.get()).stopped is not None


class TestCanary:
    """``--to`` sends a bulletin to one chat only."""

    @pytest.mark.slow
    def test_the_others_follow_and_it_gets_it_again(self, url: str, folder: Path, run: Run) -> None:
        """What was tried out is a message of its own. The chat need not be subscribed."""
        with_store(url, audience)
        add_bulletin(folder)
        said = run("publish", NEW, "--to", "telegram:1").out
        assert "`nota publish` sends the bulletin to its readers, also there if it is one" in said
        assert with_store(url, delivery_chats) == ["1"]
        run("publish")
        chats = with_store(url, delivery_chats)
        assert (len(chats), chats.count("1")) == (92, 2)
        assert len(set(chats)) == 91

    def test_a_published_one_is_not_tried_again(self, url: str, folder: Path, run: Run) -> None:
        add_bulletin(folder)
        run("publish")
        assert "already published" in run("publish", NEW, "--to", "telegram:1", status=1).err

    @pytest.mark.parametrize("chat", ["", "1", "telegram:x", "icq:1", "telegram:", "telegram:1/x"])
    def test_an_address_that_is_none_is_refused(self, url: str, folder: Path, chat: str, run: Run) -> None:
        add_bulletin(folder)
        assert "expected the address of a chat (telegram:-100" in run("publish", NEW, "--to", chat, status=1).err


class TestBadInput:
    """Nothing is published from content with errors."""

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ("[fare]", "[fair]", "unknown topic 'fair', did you mean 'fare'?"),
            ("id: Feri malam", "ru: Паром", "unknown language 'ru'"),
            (f"date: {TODAY}", "date: 2099-01-01", "2099-01-01 is in the future"),
            ("goes at night", "x" * 4200, "the reply in 'en'"),
        ],
    )
    def test_each_is_said_and_nothing_is_sent(
        self, url: str, folder: Path, old: str, new: str, problem: str, run: Run
    ) -> None:
        """Unknown topic, missing language, a date in the future without not_before, too long."""
        with_store(url, audience)
        file = add_bulletin(folder)
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        assert problem in run("publish", status=1).err
        assert with_store(url, delivery_chats) == []

    def test_two_files_with_one_id(self, url: str, folder: Path, run: Run) -> None:
        """A file's stem is its id, and an id in it must be the same."""
        add_bulletin(folder, id="2026-01-05-first-crossing")
        assert "in a file of another name" in run("publish", status=1).err

    def test_an_unknown_bulletin(self, url: str, run: Run) -> None:
        assert "did you mean '2026-01-05-first-crossing'?" in run("publish", "2026-01-05-first-crosing", status=1).err


class TestDeliveries:
    """``nota deliveries`` prints the ledger."""

    @pytest.fixture(autouse=True)
    def delivered(self, url: str, folder: Path, run: Run) -> None:
        with_store(url, audience)
        add_bulletin(folder)
        run("publish")
        with_store(url, deliver_some)

    @pytest.mark.slow
    def test_lists_every_bulletin_with_its_counts(self, run: Run) -> None:
        """Deliveries are counted by state; those that wait are apart from those that are due."""
        rows = {row["id"]: row for row in json.loads(run("deliveries", "--json").out)}
        row = rows[NEW]
        assert (row["n_delivered"], row["n_failed"], row["n_held"], row["n_due"]) == (40, 1, 30, 20)
        assert rows["2026-01-05-first-crossing"]["state"] == "history"
        assert NEW in run("deliveries").out

    @pytest.mark.slow
    def test_tells_of_one_the_counts_the_slowest_and_the_failures(self, url: str, run: Run) -> None:
        out = run("deliveries", NEW).out
        assert "telegram  id  delivered        40" in out
        assert "failed: bot was blocked by the user (1 ×, as in 41)" in out
        assert out.count("slow: ") == 5
        assert set(json.loads(run("deliveries", NEW, "--json").out)) == {"bulletin", "counts", "slowest", "reasons"}

        async def corrected(store: Store) -> None:
            later = update(deliveries).where(deliveries.c.sent.is_not(None)).values(due=deliveries.c.sent + 60)
            async with store.database.write() as connection:
                await connection.execute(later)

        with_store(url, corrected)
        assert "slow: " not in run("deliveries", NEW).out

    def test_writes_csv(self, tmp_path: Path, run: Run) -> None:
        """A row for each delivery, readable by its owner only."""
        file = tmp_path / "ledger.csv"
        run("deliveries", NEW, "--csv", file)
        with file.open(newline="", encoding="utf-8") as rows:
            ledger = list(csv.DictReader(rows))
        assert len(ledger) == 91
        assert {row["state"] for row in ledger} == {"due", "delivered", "failed"}
        assert file.stat().st_mode & 0o777 == 0o600

    @pytest.mark.slow
    def test_no_chats_title_is_run_as_a_formula(self, url: str, folder: Path, run: Run) -> None:

        async def rename(store: Store) -> None:
            await store.readers.meet(Address("telegram", "1"), "private", ' =HYPERLINK("http://x")')

        with_store(url, rename)
        assert "' =HYPERLINK" in run("deliveries", "--csv", "-").out

    @pytest.mark.slow
    def test_an_unknown_bulletin(self, run: Run) -> None:
        assert "no bulletin 'nothing' in the ledger" in run("deliveries", "nothing", status=1).err


async def delivery_chats(store: Store) -> list[int]:
    return [row.chat_id async for row in DeliveryLog(store.database).rows(None)]


async def claimed(store: Store, limit: int) -> list[Any]:
    seen = await store.leases.read("telegram:1")
    await store.leases.take("telegram:1", "test", seen)
    return list(await store.queue.claim("telegram", "telegram:1", "test", limit))


async def deliver_some(store: Store) -> None:
    rows = await claimed(store, 41)
    records = [Done(row.id, 7000 + row.id, row.wanted, row.reader_language) for row in rows[:40]]
    await store.queue.record("test", [*records, Failed(rows[40].id, "bot was blocked by the user")])


async def deliver_all(store: Store) -> None:
    rows = await claimed(store, 1000)
    seen = await store.leases.read("discord:1")
    await store.leases.take("discord:1", "test", seen)
    rows += await store.queue.claim("discord", "discord:1", "test", 10)
    await store.queue.record("test", [Done(row.id, 7000 + row.id, row.wanted, row.reader_language) for row in rows])


class TestUnsuspending:
    """``nota deliveries --unsuspend``: who was suspended by mistake is a reader again."""

    def test_since_a_moment(self, url: str, run: Run) -> None:
        """Who had left before stays suspended; a moment that is none is refused."""

        async def lose(store: Store) -> float:
            await subscribe_all(store, [1, 2, 3])
            await store.readers.suspend("telegram", "1", "blocked")
            await asyncio.sleep(0.005)  # SQLite's clock counts milliseconds
            since = await reading(store, store.database.moment)
            await asyncio.sleep(0.005)
            for chat in ("2", "3"):
                await store.readers.suspend("telegram", chat, "Chat not found")
            return since

        since = datetime.fromtimestamp(with_store(url, lose), UTC).isoformat()
        assert run("deliveries", "--unsuspend", since).out.startswith("2 suspended since ")
        assert run("deliveries", "--unsuspend", since).out.startswith("0 suspended since ")
        run("deliveries", "--unsuspend", "yesterday", status=2)
