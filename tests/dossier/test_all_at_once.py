"""An editor hears of everything in one reading, whatever else is wrong, and of nothing that only follows from it."""

from pathlib import Path

import pytest

from bot.app.reload import load_checked
from tests.conftest import TODAY, Edit


def said(folder: Path) -> list[str]:
    """The mistakes as an editor reads them, checked for every platform."""
    return [str(diagnostic) for diagnostic in load_checked(folder, TODAY).diagnostics]


class TestEveryKindTogether:
    """A mistake of one kind hides none of another."""

    def test_one_of_each_kind(self, folder: Path, edit: Edit) -> None:
        """Syntax, an unknown key, a day that does not exist, an unknown fact, a heading, a summary too long."""
        (folder / "topics" / "broken.yaml").write_text("title:\n\ten: x\n", encoding="utf-8")
        edit("dossier.yaml", "default_language: en", "default_language: en\nlangauges: [en]")
        edit("sources.yaml", "2026-01-05", "2026-02-30")
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics: [fare]", "topics: [fares]")
        edit("topics/fare.yaml", "What a ticket costs", "W" * 300)
        edit("topics/fare.yaml", "en: A single ticket costs **{fare}**.", "en: '# It costs **{fair}**'")
        assert [line.split(", ")[0] for line in said(folder)] == [
            "bulletins/2026-01-05-first-crossing.yaml:8: unknown topic 'fares'",
            "dossier.yaml:10: unknown key 'langauges'",
            "sources.yaml:5: harbour.published: '2026-02-30' is no day of the calendar",
            "topics/broken.yaml:2: not YAML: a tab at the start of the line",
            "topics/fare.yaml:10: a heading is not part of the small Markdown",
            "topics/fare.yaml:10: unknown fact 'fair'",
        ]

    def test_a_platform_is_asked_about_what_is_sound(self, folder: Path, edit: Edit) -> None:
        """A description too long, beside a source that does not exist in the same file."""
        edit("topics/fare.yaml", "What a ticket costs", "W" * 101)
        edit("topics/fare.yaml", "asks:", "sources: [harbor]\nasks:")
        assert [line.split(", ")[0] for line in said(folder)] == [
            "topics/fare.yaml:7: 101 characters of summary on Discord",
            "topics/fare.yaml:12: unknown source 'harbor'",
        ]


class TestNothingThatFollows:
    """What may be right as soon as another mistake is mended is not said."""

    def test_facts_that_cannot_be_read(self, folder: Path) -> None:
        """No text is told that it refers to an unknown fact."""
        (folder / "facts.yaml").write_text("fare:\n\ttype: money\n", encoding="utf-8")
        assert len(said(folder)) == 1

    def test_sources_that_are_no_map(self, folder: Path) -> None:
        """Nor of unknown sources."""
        (folder / "sources.yaml").write_text("- harbour\n", encoding="utf-8")
        assert said(folder) == ["sources.yaml:1: not a map, expected id: entry lines"]

    def test_topic_that_cannot_be_read(self, folder: Path) -> None:
        """A bulletin may name it all the same."""
        (folder / "topics" / "fare.yaml").write_bytes(b"\xff\xfe")
        assert len(said(folder)) == 1

    def test_languages_that_are_missing(self, folder: Path, edit: Edit) -> None:
        """Nobody knows which texts there should be."""
        edit("dossier.yaml", "languages: [en, id]\n", "")
        assert said(folder) == [
            "dossier.yaml:1: languages is missing, expected the list of languages, as in [en, id, ru]"
        ]

    def test_no_dossier_file(self, folder: Path) -> None:
        """What it must hold, and nothing else."""
        (folder / "dossier.yaml").unlink()
        assert [line.split(", ")[0] for line in said(folder)] == ["dossier.yaml:1: no such file"]

    def test_key_that_was_meant_for_another(self, folder: Path, edit: Edit) -> None:
        """A slip in a key that must be there is one mistake, not a missing key besides."""
        edit("sources.yaml", "publisher:", "publiser:")
        edit("bulletins/2026-01-05-first-crossing.yaml", "date:", "dat:")
        assert said(folder) == [
            "bulletins/2026-01-05-first-crossing.yaml:1: unknown key 'dat', did you mean 'date'?",
            "sources.yaml:2: unknown key 'publiser', did you mean 'publisher'?",
        ]

    def test_language_that_was_meant_for_another(self, folder: Path, edit: Edit) -> None:
        """Nor a missing text beside a slip in its language."""
        edit("topics/fare.yaml", "  id: Tarif", "  ID: Tarif")
        assert said(folder) == ["topics/fare.yaml:5: unknown language 'ID', did you mean 'id'?"]

    def test_code_of_a_language(self, folder: Path, edit: Edit) -> None:
        """Not every text is told that it has a language too many and one too few."""
        edit("dossier.yaml", "languages: [en, id]", "languages: [EN, id]")
        edit("dossier.yaml", "default_language: en", "default_language: id")
        assert said(folder) == ["dossier.yaml:8: language 'EN', expected a two-letter code, as in en"]

    def test_warnings_wait(self, folder: Path, edit: Edit) -> None:
        """A text that is missing may be the one that uses the fact."""
        edit("topics/fare.yaml", "  en: A single ticket costs **{fare}**.\n", "")
        edit("topics/fare.yaml", "**{fare}**", "sedikit")
        assert said(folder) == ["topics/fare.yaml:9: body has no 'en', expected a text for en"]

    def test_forms_of_a_fact_that_are_wrong(self, folder: Path, edit: Edit) -> None:
        """Texts that ask for one of them are not wrong."""
        edit("facts.yaml", "fare:", "dock: {type: place, value: Dock, forms: {gen: Dock}}\nfare:")
        edit("topics/fare.yaml", "A single ticket", "From {dock.gen}, a single ticket")
        assert said(folder) == ["facts.yaml:1: dock.forms.gen: 'Dock' is not a map, expected key: value lines"]

    def test_id_that_is_none(self, folder: Path, edit: Edit) -> None:
        """The texts that name it as it should be are right."""
        edit("facts.yaml", "fare:", "the fare:")
        for words in ("costs", "jalan"):
            edit("topics/fare.yaml", words + " **{fare}**", words + " **{the_fare}**")
        assert said(folder) == ["facts.yaml:1: fact id 'the fare', expected letters, digits, - and _, as in the_fare"]

    def test_topic_in_a_file_of_another_name(self, folder: Path) -> None:
        """Capitals, another ending, another folder: what names the topic is right, and so is its command."""
        for name in ("topics/Fare.yaml", "topics/fare.yml", "topic/fare.yaml", "topics/fare.YAML"):
            file = next(folder.rglob("*are.y*"))
            (folder / name).parent.mkdir(exist_ok=True)
            file.rename(folder / name)
            assert [line.split(":")[0] for line in said(folder)] == [name]

    @pytest.mark.parametrize("place", ["topics", "programs"])
    def test_programme_in_a_file_named_after_its_id(self, folder: Path, edit: Edit, place: str) -> None:
        """Where it belongs, and not that it is unknown; beside the right file it does not pass for it."""
        (folder / "programs").mkdir(exist_ok=True)
        edit("topics/fare.yaml", "asks:", "related: [program:ship]\nasks:")
        text = "title: {en: Ship, id: Kapal}\nsummary: {en: s, id: s}\nbody: {en: b, id: b}\n"
        (folder / place / "program:ship.yaml").write_text(text, encoding="utf-8")
        words = f"{place}/program:ship.yaml:1: not a file of a dossier, expected programs/ship.yaml"
        assert said(folder) == [words]
        (folder / "programs" / "ship.yaml").write_text(text, encoding="utf-8")
        assert said(folder) == [words]

    def test_bulletin_in_a_file_without_its_day(self, folder: Path) -> None:
        """That the days differ goes without saying."""
        old = folder / "bulletins" / "2026-01-05-first-crossing.yaml"
        old.rename(folder / "bulletins" / "crossing.yaml")
        assert said(folder) == [
            "bulletins/crossing.yaml:1: file name 'crossing', expected yyyy-mm-dd-slug.yaml, of a-z and 0-9"
        ]

    @pytest.mark.parametrize("places", [4, 5])
    def test_file_that_is_missing(self, folder: Path, edit: Edit, places: int) -> None:
        """Where many places name what would stand in it, it is missing; where few do, they are wrong."""
        (folder / "facts.yaml").unlink()
        edit("topics/fare.yaml", "A single ticket", "A ticket " + " ".join(f"{{fact{n}}}" for n in range(places - 2)))
        if places == 4:
            assert len(said(folder)) == 4
            assert all(line.startswith("topics/fare.yaml:") for line in said(folder))
        else:
            assert said(folder) == [
                "facts.yaml:1: no such file or folder, "
                "expected what 5 places name, the first of them in topics/fare.yaml"
            ]


class TestPlaces:
    """What lies in the folder and is no file."""

    def test_folder_in_place_of_a_file(self, folder: Path) -> None:
        """It is not passed over."""
        (folder / "topics" / "more.yaml").mkdir()
        assert said(folder) == ["topics/more.yaml:1: a folder, expected a file of this name"]

    def test_link_to_nothing(self, folder: Path) -> None:
        """Nor is a link whose file is gone, or that leads to itself."""
        (folder / "topics" / "gone.yaml").symlink_to("nothing.yaml")
        (folder / "topics" / "loop.yaml").symlink_to("loop.yaml")
        assert said(folder) == [
            "topics/gone.yaml:1: no file, or a link to none, expected a file",
            "topics/loop.yaml:1: no file, or a link to none, expected a file",
        ]

    @pytest.mark.parametrize("name", ["#fare.yaml#", "~$fare.yaml", "fare.yaml~", ".fare.yaml.swp", "fare.yaml.orig"])
    def test_what_writing_programs_leave(self, folder: Path, name: str) -> None:
        """It is no mistake that somebody is writing."""
        (folder / "topics" / name).write_text("half a wo", encoding="utf-8")
        assert said(folder) == []
