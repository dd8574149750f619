"""A language that is being added: editors see what it lacks, readers are not offered it until it is moved to ``languages``."""

from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.app.content_check import load_checked
from bot.dossier.loader import load
from bot.dossier.models import Dossier
from bot.replies.answer import answer
from bot.replies.language_panel import language_panel
from tests.conftest import TODAY, Edit, not_none
from tests.platforms.web.site import serving
from tests.tables import cases

HEADER, FARE = "dossier.yaml", "topics/fare.yaml"


@pytest.fixture
def prepared(folder: Path) -> Path:
    """The tiny dossier in English and Indonesian, with Spanish in preparation."""
    file = folder / HEADER
    file.write_text(file.read_text("utf-8") + "languages_in_preparation: [es]\n", "utf-8")
    return folder


def dossier_of(folder: Path) -> Dossier:
    return not_none(load_checked(folder, TODAY).dossier)


class TestWhileItIsPrepared:
    """Its missing texts are warnings."""

    def test_each_missing_text_is_a_warning(self, prepared: Path) -> None:
        diagnostics = load(prepared, TODAY).diagnostics
        missing = [each for each in diagnostics if each.code == "no-text"]
        assert len(missing) > 5
        assert all(each.is_warning for each in diagnostics)
        assert {each.values["language"] for each in missing} == {"es"}
        assert all("the language is in preparation" in each.fix for each in missing)

    def test_a_text_that_is_there_is_not_missing(self, prepared: Path, edit: Edit) -> None:
        before = len(load(prepared, TODAY).diagnostics)
        edit(FARE, "  en: The fare\n", "  en: The fare\n  es: El precio del billete\n")
        assert len(load(prepared, TODAY).diagnostics) == before - 1

    def test_without_preparation_it_is_an_unknown_language(self, folder: Path, edit: Edit) -> None:
        edit(FARE, "  en: The fare\n", "  en: The fare\n  es: El precio del billete\n")
        assert [each.message for each in load(folder, TODAY).diagnostics if each.blocks] == ["unknown language 'es'"]

    def test_readers_are_not_offered_it(self, prepared: Path, edit: Edit) -> None:
        """Neither in the panel, nor as the language of an answer."""
        edit(FARE, "  en: The fare\n", "  en: The fare\n  es: El precio del billete\n")
        dossier = dossier_of(prepared)
        buttons = language_panel(dossier, dossier.language("en"), None).buttons
        assert not [button for button in buttons if "spañol" in button.label]
        assert dossier.language("es") == "en"
        assert answer(dossier, "/fare", dossier.language("es-ES"), TODAY).title == "The fare"

    async def test_nor_on_the_page(self, prepared: Path) -> None:
        """Its address is none, and no page leads to it."""
        async with serving(prepared) as site, ClientSession(site.address) as client:
            async with client.get("/es") as page:
                assert page.status == 404
            async with client.get("/en") as english:
                assert english.status == 200
                assert "/es" not in await english.text()
            async with client.get("/sitemap.xml") as sitemap:
                assert sitemap.status == 200
                assert "/es/" not in await sitemap.text()

    @cases("languages, message")
    def test_what_is_no_language_to_prepare(self, folder: Path, languages: str, message: str) -> None:
        """
        [en] | language 'en' is listed twice
        [Spanish] | language 'Spanish'
        """
        file = folder / HEADER
        file.write_text(f"{file.read_text('utf-8')}languages_in_preparation: {languages}\n", "utf-8")
        (found,) = (each for each in load(folder, TODAY).diagnostics if each.place[:1] == ("languages_in_preparation",))
        assert found.message == message
        assert found.blocks


class TestWhenItIsAdded:
    """Moved to ``languages``, what is missing is an error again."""

    def test_missing_texts_are_errors(self, folder: Path, edit: Edit) -> None:
        edit(HEADER, "languages: [en, id]", "languages: [en, id, es]")
        missing = [each for each in load(folder, TODAY).diagnostics if each.code == "no-text"]
        assert missing
        assert all(each.blocks for each in missing)
