"""``nota check`` finds texts that stand in another language's slot, and says nothing where it is not sure."""

import shutil
from pathlib import Path

import pytest

from bot.app.content_check import load_checked
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.loader import load
from bot.dossier.text_validators import prose
from bot.replies.language_check import language_of
from tests.conftest import TODAY, not_none
from tests.tables import cases

ROOT = Path(__file__).parents[2]
DOSSIERS = [ROOT / "content", *sorted(each for each in (ROOT / "tests" / "dossiers").iterdir() if each.is_dir())]

ENGLISH = "The ferry leaves every hour, and whoever has a card of the town pays only half of what it costs."
SPANISH = (
    "El transbordador sale cada hora, y quien tiene una tarjeta del municipio paga solo la mitad de lo que cuesta."
)
INDONESIAN = (
    "Feri berangkat setiap jam, dan siapa yang punya kartu kota hanya membayar setengah dari harga yang tertera."
)


class TestLanguages:
    """A text is known by its words without a subject."""

    @cases("text, slot, found")
    def test_found_if_sure(self, text: str, slot: str, found: str) -> None:
        """
        The ferry leaves every hour, and whoever has a card of the town pays only half of what it costs. | es | en
        The ferry leaves every hour, and whoever has a card of the town pays only half of what it costs. | de | en
        The ferry leaves every hour, and whoever has a card of the town pays only half of what it costs. | en | ""
        El transbordador sale cada hora, y quien tiene una tarjeta del municipio paga solo la mitad de lo que cuesta. | en | es
        El transbordador sale cada hora, y quien tiene una tarjeta del municipio paga solo la mitad de lo que cuesta. | es | ""
        El transbordador sale cada hora, y quien tiene una tarjeta del municipio paga solo la mitad de lo que cuesta. | pt | es
        O barco sai de hora em hora, e quem tem cartão do concelho paga só metade do que custa a travessia. | es | pt
        O barco sai de hora em hora, e quem tem cartão do concelho paga só metade do que custa a travessia. | pt | ""
        O transbordador sae cada hora, e quen ten unha tarxeta do concello paga só a metade do que custa a viaxe. | gl | ""  # too near to be told apart
        Le bac part toutes les heures, et qui a une carte de la commune ne paie que la moitié de ce que coûte la traversée. | en | fr
        Le bac part toutes les heures, et qui a une carte de la commune ne paie que la moitié de ce que coûte la traversée. | pt | fr
        Le bac part toutes les heures, et qui a une carte de la commune ne paie que la moitié de ce que coûte la traversée. | fr | ""
        Lo batèu part cada ora, e lo que a una carta de la comuna paga pas que la mitat de çò que còsta lo bilhet. | oc | ""
        Feri berangkat setiap jam, dan siapa yang punya kartu kota hanya membayar setengah dari harga yang tertera. | en | id
        Feri berangkat setiap jam, dan siapa yang punya kartu kota hanya membayar setengah dari harga yang tertera. | es | id
        The Ferry of the Town | es | ""  # short, and a name
        Según el aviso, «The ferry leaves every hour, and whoever has a card of the town pays only half of what it costs.», que todavía no se ha traducido en el ayuntamiento. | es | ""
        Publicado en The New York Times y en The Guardian por la redacción de los dos diarios. | es | ""
        {fare}[@rules] The {boats} go at {start}. | es | ""
        """
        assert language_of(text, slot) == found

    @pytest.mark.slow
    @pytest.mark.parametrize("folder", DOSSIERS, ids=lambda folder: folder.name)
    def test_no_false_alarm(self, folder: Path) -> None:
        """On any text of the shipped and the test dossiers."""
        dossier = not_none(load(folder, TODAY).valid_part)
        texts = [(path, place, text) for path, place, text, _ in prose(dossier)]
        assert texts
        assert not [each for each in texts if language_of(each[2], str(each[1][-1]))]

    @pytest.mark.slow
    def test_most_texts_are_found_in_another_slot(self) -> None:
        """Of at least ten words."""
        dossier = not_none(load(ROOT / "content", TODAY).valid_part)
        english = [text for _, place, text, _ in prose(dossier) if place[-1] == "en" and len(text.split()) >= 10]
        found = [text for text in english if language_of(text, "es") == "en"]
        assert len(found) >= 0.95 * len(english)


class TestCheck:
    """What ``nota check`` says."""

    @pytest.fixture
    def ferry(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(ROOT / "tests" / "dossiers" / "tiny", tmp_path / "ferry"))

    def test_a_text_in_the_wrong_slot(self, ferry: Path) -> None:
        """Two languages in one slot are not sure; one is."""
        first = "Feri berlayar untuk pertama kalinya."
        assert codes(ferry, first, f"{INDONESIAN} {ENGLISH}") == []
        (found,) = (each for each in in_bulletin(ferry, INDONESIAN + " " + ENGLISH, ENGLISH) if each.code == "script")
        assert found.message == "a text for id in another language, en"
        assert found.is_warning

    def test_a_story_that_nobody_translated(self, ferry: Path) -> None:
        """As the newsroom makes it of a feed in another language than the dossier's."""
        story = "|\n    Le bac circule de nouveau.\n\n    *Language of the publication: French*"
        assert codes(ferry, "The ferry crossed for the first time.", story) == ["untranslated"]

    @cases("text, found")
    def test_a_quotation_mark_alone(self, ferry: Path, text: str, found: list[str]) -> None:
        r"""
        The ferry, “the fastest, crossed. | ["lone-quote"]
        The ferry, the fastest”, crossed. | ["lone-quote"]
        The ferry «Lady crossed. | ["lone-quote"]
        The ferry “Lady” and „Dame“ and «Señora» crossed 5" above its line; the crew’s ’26 was ‘fine’. | []
        "|\n    “The ferry crossed.\n\n    “It was the first time.”" | []
        """
        assert codes(ferry, "The ferry crossed for the first time.", text) == found


def in_bulletin(folder: Path, old: str, new: str) -> tuple[Diagnostic, ...]:
    """The diagnostics after one text of the bulletin was replaced."""
    file = next((folder / "bulletins").glob("*.yaml"))
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    return load_checked(folder, TODAY).diagnostics


def codes(folder: Path, old: str, new: str) -> list[str]:
    return [each.code for each in in_bulletin(folder, old, new)]
