"""The command line, as a person calls it."""

import asyncio
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bot.db.questions import QuestionKind
from bot.db.store import open_store
from tests.command import Run
from tests.conftest import Edit
from tests.databases import sqlite_url
from tests.fork_server import nota

TINY = Path(__file__).parents[1] / "dossiers" / "tiny"


class TestAsk:
    """``nota ask`` answers from whatever dossier CONTENT_DIR names."""

    @pytest.fixture(autouse=True)
    def tiny(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CONTENT_DIR", str(TINY))

    def test_answers_a_command_in_the_language_asked_for(self, run: Run) -> None:
        """The fact is formatted for the language."""
        assert "Rp4.500" in run("ask", "/fare", "--language", "id").out

    def test_what_is_offered_stands_below(self, run: Run) -> None:
        [*_, words, ways] = run("ask", "/fares").lines
        assert (words, ways[:1]) == ("Is it one of these?", "[")

    def test_prints_one_json_object_with_the_contracted_keys(self, run: Run) -> None:
        fields = json.loads(run("ask", "/fare", "--json").out)
        keys = {
            "question",
            "language",
            "topic",
            "suggestions",
            "nearest",
            "verdict",
            "statements",
            "text",
            "sources",
            "near",
            "buttons",
        }
        assert set(fields) == keys
        assert fields["topic"] == "fare"

    def test_explains_how_the_words_were_understood(self, run: Run) -> None:
        """Prints each word, the candidates with their probabilities and nearest examples, and the reply."""
        printed = run("ask", "--explain", "how much is a tiket").out
        assert "read as en: how· much· is· tiket" in printed
        assert "decided: answer fare" in printed
        assert "like “how much is a ticket”" in printed
        assert "Rp4,500" in printed

    def test_explains_what_stopped_a_verdict(self, run: Run) -> None:
        """Each statement with the declared sentence that is nearest, and what became of it."""
        printed = run("ask", "--explain", "/check the fare is Rp4,500. the fare is paid by a secret fund").out
        assert "“the fare is Rp4,500”: unknown, no declared sentence fits" in printed

    def test_what_is_no_question_stops_no_other(self) -> None:
        """A language that is a number, half a surrogate pair, bytes that are not UTF-8."""
        lines = b'{"q": "/fare", "language": 5}\n{"q": "\\ud800"}\n\xff\xfe\n/fare\n'
        command = nota("ask", "--json")
        environment = {**os.environ, "CONTENT_DIR": str(TINY)}
        asked = subprocess.run(command, input=lines, capture_output=True, env=environment, check=True)
        assert [json.loads(line)["topic"] for line in asked.stdout.splitlines()] == ["fare", None, None, "fare"]

    @pytest.mark.slow
    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
    def test_files_are_utf8_whatever_the_locale(self, encoding: str) -> None:
        """A byte order mark is allowed, also in the middle, as in two concatenated files."""
        line = '\ufeff{"q": "Сколько стоит 🎫 ticket", "language": "id"}\n'
        command = [sys.executable, "-m", "bot", "ask", "--json"]
        environment = {**os.environ, "CONTENT_DIR": str(TINY), "PYTHONIOENCODING": encoding}
        asked = subprocess.run(command, input=(line * 2).encode(), capture_output=True, env=environment, check=True)
        for answered in map(json.loads, asked.stdout.decode().splitlines()):
            assert (answered["question"], answered["language"]) == ("Сколько стоит 🎫 ticket", "id")

    def test_explains_in_json_too(self, run: Run) -> None:
        explained = json.loads(run("ask", "--explain", "--json", "how much is a ticket").out)["explain"]
        assert explained["kind"] == "answer"
        assert explained["candidates"][0]["topic"] == "fare"

    def test_a_command_needs_no_explaining(self, run: Run) -> None:
        assert "decided" not in run("ask", "--explain", "/fare").out


class TestCheck:
    """``nota check`` prints each problem on a line, and its exit status says whether one is an error."""

    def test_nothing_wrong(self, run: Run) -> None:
        assert run("check", TINY).out == "ferry: 1 topic, 1 fact, 1 source, 1 bulletin in en, id: no problems\n"

    @pytest.mark.parametrize("option", ["--readiness", "--coverage"])
    def test_readiness(self, option: str, folder: Path, edit: Edit, run: Run) -> None:
        """Prints what the dossier lacks, below what is wrong, and what each would bring; a lack is no error."""
        edit("topics/fare.yaml", "en: The fare", "en: The fare and schedule")
        printed = run("check", folder, option).out
        assert "topic fare: questions: en 3, id 3; with 10 in each language, readers who ask so are answered" in printed
        assert (
            "topic fare: words of its title in no question: schedule (en); readers see the title on a button" in printed
        )
        every = [json.loads(line) for line in run("check", folder, option, "--strict", "--json").lines]
        assert [(each["about"], each["name"], each["languages"]) for each in every] == [
            ("dossier", "ferry", []),
            ("topic", "fare", ["en", "id"]),
            ("topic", "fare", ["en"]),
            ("fact", "fare", ["en", "id"]),
        ]
        edit("topics/fare.yaml", "**{fare}**", "**{fair}**")
        assert len(run("check", folder, option, status=1).lines) == 1

    def test_readiness_with_what_readers_asked(self, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        """In the database of the settings, for the settings' folder; or in another one."""

        async def ask(url: str, words: str, kind: QuestionKind) -> None:
            async with open_store(url) as store:
                await store.unanswered.add({("id", words): 2, ("en", ""): 1}, kind)

        own, other = sqlite_url(), sqlite_url()
        asyncio.run(ask(own, "harga emas", "question"))
        asyncio.run(ask(own, "tiketnya gratis", "claim"))
        asyncio.run(ask(other, "cuaca", "question"))
        monkeypatch.setenv("CONTENT_DIR", str(TINY))
        monkeypatch.setenv("DATABASE_URL", own)
        printed = run("check", "--readiness").out
        assert (
            "question “harga emas”: 2 times in id without an answer; as a question of a topic it is answered" in printed
        )
        assert "question (words not stored; STORE_QUESTIONS=1 stores them): 1 time in en without an answer" in printed
        assert "claim “tiketnya gratis”: 2 times in id without a verdict; with a sentence of a fact" in printed
        assert "harga emas" not in run("check", TINY, "--readiness").out
        printed = run("check", TINY, "--readiness", "--against", other).out
        assert "question “cuaca”: 2 times in id" in printed
        assert "harga emas" not in printed
        monkeypatch.setenv("DATABASE_URL", f"{own}.missing")
        assert "what readers asked in vain is not shown: DATABASE_URL: " in run("check", "--readiness").err

    def test_a_mistake(self, folder: Path, edit: Edit, run: Run) -> None:
        """The path is relative to the current folder, whether the argument ends with a slash or not."""
        edit("topics/fare.yaml", "**{fare}**", "**{fair}**")
        printed = run("check", f"{folder}/", status=1).out
        assert printed == f"{folder}/topics/fare.yaml:10: unknown fact 'fair', did you mean 'fare'?\n"

    def test_a_warning(self, folder: Path, edit: Edit, run: Run) -> None:
        """A warning counts with --strict only."""
        edit("topics/fare.yaml", "en: The fare", "en: The **fare**")
        for words, status in (([], 0), (["--strict"], 1)):
            assert "warning: Markdown in a title, summary or caveat" in run("check", *words, folder, status=status).out

    @pytest.mark.slow
    def test_file_name_that_is_no_text(self, folder: Path) -> None:
        """It is printed with escapes, also if the encoding is strict."""
        Path(os.fsdecode(os.fsencode(folder / "topics") + b"/\xff.yaml")).write_bytes(b"")
        command = [sys.executable, "-m", "bot", "check", str(folder)]
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
        checked = subprocess.run(command, capture_output=True, env=environment, check=False)
        assert checked.returncode == 1
        assert checked.stderr == b""
        assert checked.stdout.decode().startswith(f"{folder}/topics/\\udcff.yaml:1: ")

    @pytest.mark.slow
    def test_no_folder(self, folder: Path, run: Run) -> None:
        """Where there is none, as after an installation into an empty folder, it says how to get one."""
        expected = "expected the folder of a dossier (CONTENT_DIR)"
        said = run("check", folder / "dossier.yaml", status=1).out
        assert said == f"{folder}/dossier.yaml:1: a file, not a folder, {expected}\n"
        said, _, command = run("check", f"{folder}/nowhere", status=1).out.partition("; ")
        assert said == f"{folder}/nowhere:1: no such folder, {expected}"
        assert command == f"`nota new dossier {folder}/nowhere` writes one to start from\n"
        run(*shlex.split(command.split("`")[1])[1:])
        run("check", f"{folder}/nowhere")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
    def test_folder_that_cannot_be_read(self, folder: Path, run: Run) -> None:
        """Files in it do not count as deleted."""
        (folder / "topics").chmod(0)
        said = run("check", folder, status=1).out
        (folder / "topics").chmod(0o700)
        assert said.startswith(f"{folder}/topics:1: cannot be read (Permission denied)")


def listing(kind: QuestionKind) -> list[str]:
    """The command that lists what is of that kind."""
    return ["questions", "--claims"] if kind == "claim" else ["questions"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "none"), [("question", "no unanswered questions"), ("claim", "no claims")], ids=["questions", "claims"]
)
class TestUnanswered:
    """``nota questions`` lists questions without an answer, with ``--claims`` the claims that nobody reviewed; neither lists the other's."""

    def test_says_so_where_there_is_nothing(
        self, kind: QuestionKind, none: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
    ) -> None:
        """A sentence; with --json nothing."""
        url = f"sqlite:///{tmp_path}/nota.sqlite3"
        monkeypatch.setenv("DATABASE_URL", url)
        asyncio.run(self._asked(url, "claim" if kind == "question" else "question"))
        assert run(*listing(kind)).out == f"{none} in the last 30 days\n"
        assert run(*listing(kind), "--json").out == ""

    async def _asked(self, url: str, kind: QuestionKind) -> None:
        async with open_store(url) as store:
            await store.unanswered.add({("id", "harga emas"): 2, ("en", ""): 1}, kind)

    def test_lists_the_commonest_first(
        self, kind: QuestionKind, none: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
    ) -> None:
        """Each with its number, language and, if stored, its words."""
        url = f"sqlite:///{tmp_path}/nota.sqlite3"
        monkeypatch.setenv("DATABASE_URL", url)
        asyncio.run(self._asked(url, kind))
        first, second = run(*listing(kind)).lines
        assert first.split() == ["2", "id", "harga", "emas"]
        assert "words not stored" in second
        said = run(*listing(kind), "--json", "--language", "id").out
        assert json.loads(said) == {"times": 2, "language": "id", kind: "harga emas"}


class TestAgainst:
    """``nota check --against`` prints what readers see otherwise, one change a line."""

    def test_folder(self, folder: Path, edit: Edit, run: Run) -> None:
        """Words are marked as git marks them; the status is that of the check."""
        edit("facts.yaml", "4500", "5000")
        edit("bulletins/2026-01-05-first-crossing.yaml", "en: First crossing", "en: The first crossing")
        lines = [line.replace("\xa0", " ") for line in run("check", folder, "--against", TINY).lines]
        assert (
            "topics/fare (en, telegram, discord): … A single ticket costs [-Rp4,500.-]{+Rp5,000.+} Harbour Office — checked …"
            in lines
        )
        assert "bulletins/2026-01-05-first-crossing: corrected, in en" in lines
        assert len([line for line in lines if line.startswith("topics/fare (")]) == 2

    @pytest.mark.slow
    def test_a_new_file_of_examples(self, folder: Path, run: Run) -> None:
        """An example that was not there before is called a new one."""
        (folder / "questions").mkdir(exist_ok=True)
        (folder / "questions/fare.yaml").write_text("asks: {en: [what must I pay on board]}\n", "utf-8")
        lines = run("check", folder, "--against", TINY).lines
        assert "new example “what must I pay on board” (en) finds no topic for sure → fare" in lines
        said = run("check", TINY, "--against", folder).lines
        assert "“what must I pay on board” (en) finds fare → no topic for sure" in said

    def test_json(self, folder: Path, edit: Edit, run: Run) -> None:
        """An object a line: the words, what kind of change, where."""
        edit("facts.yaml", "4500", "5000")
        found = [json.loads(line) for line in run("check", folder, "--against", TINY, "--json").lines]
        [reply] = [each for each in found if each["change"] == "reply" and each["language"] == "en"]
        assert {name: reply[name] for name in ("subject", "platforms", "state")} == {
            "subject": "topics/fare",
            "platforms": ["telegram", "discord"],
            "state": "changed",
        }
        assert {"text": " Rp4,500.", "mark": "deleted"} in reply["words"]

    def test_nothing_differs(self, run: Run) -> None:
        assert run("check", TINY, "--against", TINY).lines[1] == f"against {TINY}: readers see no difference"

    def test_revision(self, folder: Path, edit: Edit, run: Run) -> None:
        """Of the folder in its repository, whatever lies beside it."""
        as_editor = ["-c", "user.name=Anna", "-c", "user.email=anna@nota.example"]
        for command in (["init", "-q"], ["add", "-A"], [*as_editor, "commit", "-qm", "One"]):
            subprocess.run(["git", "-C", str(folder.parent), *command], check=True)
        edit("topics/fare.yaml", "en: The fare", "en: The price")
        assert "🎫 The [-fare-]{+price+}" in run("check", folder, "--against", "HEAD").out
        said = run("check", folder, "--against", "v9", status=1).err
        assert said.startswith(f"--against v9: neither a folder nor a revision that has {folder} (fatal: ")
        said = run("check", folder, "--against=--output=x", status=1).err
        assert said == "--against --output=x: expected a folder or a revision\n"

    def test_no_repository(self, folder: Path, run: Run) -> None:
        assert "not a git repository" in run("check", folder, "--against", "HEAD", status=1).err

    def test_no_git(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(folder))
        command = [sys.executable, "-m", "bot", "check", str(folder), "--against", "HEAD"]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (checked.returncode, "git, which knows revisions, is not installed" in checked.stderr) == (1, True)

    def test_mistakes(self, folder: Path, edit: Edit, run: Run) -> None:
        """In the content nothing is compared, in the former one neither: each says why, and the status is 1."""
        edit("topics/fare.yaml", "**{fare}**", "**{fair}**")
        said = run("check", folder, "--against", TINY, status=1).lines
        assert said[-1] == f"against {TINY}: not compared, for the content has mistakes"
        said = run("check", TINY, "--against", folder, status=1).err
        assert "this content has mistakes, so there is nothing to compare with" in said

    def test_another_dossier(self, folder: Path, edit: Edit, run: Run) -> None:
        edit("dossier.yaml", "id: ferry", "id: tram")
        said = run("check", folder, "--against", TINY, status=1).err
        assert said == f"--against {TINY}: expected the dossier 'tram', not 'ferry'\n"
