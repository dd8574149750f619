"""``nota new``: what it writes passes ``nota check --strict`` and answers, and nothing is overwritten."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bot.app.content_check import load_checked, today
from bot.cli.new import dossier_files
from bot.dossier.models import Dossier, Language
from bot.dossier.text_validators import texts_of
from bot.live_dossier import LiveDossier
from bot.replies.answer import answer
from bot.replies.i18n import messages_of
from bot.replies.question import AboutTopic
from tests.command import Run
from tests.conftest import TODAY, not_none
from tests.platforms.web.site import chatting
from tests.tables import cases

LANGUAGES = ["en,id,ru", "ru", "id,en", "es,en", "de,pl,ja"]


def new_dossier(run: Run, folder: Path, languages: str = "en,id,ru") -> Dossier:
    """The dossier that the command writes into the folder, without a problem but the English of languages without a template."""
    run("new", "dossier", folder, "--languages", languages)
    loading = load_checked(folder, today())
    found = [(each.code, each.place[-1] in ("en", "es", "id", "ru")) for each in loading.diagnostics]
    assert set(found) <= {("script", False)}
    assert loading.dossier is not None
    return loading.dossier


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    """A new dossier, which later commands work on."""
    new_dossier(run, tmp_path / "library")
    monkeypatch.setenv("CONTENT_DIR", str(tmp_path / "library"))
    return tmp_path / "library"


class TestDossier:
    """A new dossier is small and complete."""

    @pytest.mark.slow
    @pytest.mark.parametrize("languages", LANGUAGES)
    def test_holds_something_of_everything_in_its_languages(self, tmp_path: Path, languages: str, run: Run) -> None:
        dossier = new_dossier(run, tmp_path / "library", languages)
        assert ",".join(dossier.languages) == languages
        assert dossier.language(None) == languages.split(",", maxsplit=1)[0]
        assert all((dossier.facts, dossier.sources, dossier.topics, dossier.bulletins, dossier.questions))

    @pytest.mark.slow
    @pytest.mark.parametrize("language", ["en", "es", "id", "ru"])
    def test_answers_its_own_examples(self, tmp_path: Path, language: str, run: Run) -> None:
        dossier = new_dossier(run, tmp_path / "library", "en,es" if language == "es" else "en,id,ru")
        asked = [(topic.id, ask) for topic in dossier.topics.values() for ask in topic.asks[dossier.language(language)]]
        assert len(asked) >= 15
        assert [(answer(dossier, ask, language, today()).topic, ask) for _, ask in asked] == asked

    def test_spanish_stands_where_spanish_belongs(self, tmp_path: Path, run: Run) -> None:
        """No English text in a Spanish slot."""
        dossier = new_dossier(run, tmp_path / "library", "es,en")
        for path, place, texts, _ in texts_of(dossier):
            assert not texts or texts[Language("es")] != texts[Language("en")], (path, place)

    @pytest.mark.slow
    def test_says_what_is_to_be_translated(self, tmp_path: Path, run: Run) -> None:
        said = run("new", "dossier", tmp_path / "library", "--languages", "de,es")
        assert "To be translated: the texts in de are English" in said.out

    @pytest.mark.parametrize("language", ["en", "id", "ru"])
    def test_answers_with_its_facts_and_sources(self, library: Path, language: str) -> None:
        dossier = not_none(load_checked(library, today()).dossier)
        for topic in dossier.topics:
            reply = answer(dossier, "/" + topic, language, today())
            assert "{" not in str(reply.blocks)
            assert reply.sources

    async def test_opens_in_the_preview(self, tmp_path: Path) -> None:
        for file, content in dossier_files(tmp_path / "library", ["en", "id", "ru"], TODAY).items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, "utf-8")
        async with chatting(tmp_path / "library") as preview:
            assert preview.conversation.live.dossier.header.id == "library"


class TestEntries:
    """New files of a dossier have its languages, and pass the check at once."""

    @pytest.mark.slow
    @cases("kind, file")
    def test_passes_the_check(self, library: Path, kind: str, file: str, run: Run) -> None:
        """
        topic | topics/reading-room.yaml
        programme | programs/reading-room.yaml
        bulletin | bulletins/{today}-reading-room-2.yaml
        """
        name = "reading-room-2" if kind == "bulletin" else "reading-room"
        assert run("new", kind, name).out == f"{library / file.format(today=today())}\n"
        run("check", "--strict")

    def test_nobody_gets_a_bulletin_that_is_not_written(self, library: Path, run: Run) -> None:
        """A bot that runs on this folder sees the file at once: it is under embargo until a person deletes the line."""
        run("new", "bulletin", "unwritten")
        name = f"{today()}-unwritten"
        live = not_none(LiveDossier.of(load_checked(library, today())))
        assert (name in live.complete.bulletins, name in live.dossier.bulletins) == (True, False)
        file = library / "bulletins" / f"{name}.yaml"
        file.write_text(re.sub("not_before.*\n", "", file.read_text("utf-8")), "utf-8")
        live = not_none(LiveDossier.of(load_checked(library, today())))
        assert name in live.dossier.bulletins

    def test_a_topic_is_answered_by_its_command(self, library: Path, run: Run) -> None:
        run("new", "topic", "reading-room")
        dossier = not_none(load_checked(library, today()).dossier)
        assert answer(dossier, "/reading_room", "ru", today()).title == "Reading room"
        assert answer(dossier, AboutTopic(dossier.commands["reading_room"]), "en", today()).sources

    @pytest.mark.slow
    def test_a_dossier_of_another_language(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        new_dossier(run, tmp_path / "library", "de")
        monkeypatch.setenv("CONTENT_DIR", str(tmp_path / "library"))
        run("new", "bulletin", "opening")
        assert "\n  de: Opening\n" in (tmp_path / f"library/bulletins/{today()}-opening.yaml").read_text("utf-8")


class TestCatalogue:
    """``nota new catalogue``: every phrase of the bot, to be translated; what is not translated yet falls back to English."""

    def test_has_every_phrase_and_the_plural_forms(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert run("new", "catalogue", "pl").out.startswith("pl.po\n")
        text = (tmp_path / "pl.po").read_text("utf-8")
        catalogue = read_po(BytesIO(text.encode()), locale="pl")
        assert {message.id for message in catalogue} == {message.id for message in messages_of("ru")}
        assert "nplurals=3" in text
        assert not any(message.string for message in catalogue if message.id and isinstance(message.id, str))
        run("new", "catalogue", "pl", status=1)  # never overwritten

    def test_of_no_language(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        monkeypatch.chdir(tmp_path)
        run("new", "catalogue", "qqq", status=1)


class TestRefused:
    """Nothing is written where something is in the way; exit 1, and the reason."""

    @cases("words, reason")
    def test_with_a_reason(self, library: Path, words: list[str], reason: str, run: Run) -> None:
        """
        ["dossier", "."] | exists already
        ["topic", "card"] | exists already
        ["topic", "start"] | the command /start is taken by the bot itself
        ["programme", "card"] | the command /card is taken by card
        ["topic", "Größe"] | expected a name of a-z, 0-9, - and _
        ["topic", "../card"] | expected a name of a-z, 0-9, - and _
        ["topic", "fees", "--languages", "en"] | --languages and --from are for a new dossier
        """
        before = {file: file.read_bytes() for file in library.rglob("*.yaml")}
        given = [words[0], str(library)] if words == ["dossier", "."] else words
        assert reason in run("new", *given, status=1).err
        assert {file: file.read_bytes() for file in library.rglob("*.yaml")} == before

    def test_without_a_dossier(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        monkeypatch.setenv("CONTENT_DIR", str(tmp_path / "nowhere"))
        assert "the dossier cannot be read" in run("new", "topic", "fees", status=1).err

    @pytest.mark.parametrize("languages", ["english", "en,en", ""])
    def test_languages_that_are_none(self, tmp_path: Path, languages: str, run: Run) -> None:
        run("new", "dossier", tmp_path / "library", "--languages", languages, status=2)
