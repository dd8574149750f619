"""On a page in a language without a catalogue the bot's own words are English, and marked so: a screen reader changes its voice."""

import re
from pathlib import Path

import pytest
from aiohttp import ClientSession
from jinja2 import DictLoader

from bot.cli.new import dossier_files
from bot.dossier.models import Language, TopicId
from bot.platforms.email.render import Frame, render
from bot.platforms.web.app_markup import _environment
from bot.replies.i18n import has_phrases, phrases_in
from bot.replies.reply import Reply
from tests.conftest import TINY, TODAY
from tests.platforms.web.site import serving

DOSSIERS = Path(__file__).parents[2] / "dossiers"


def unmarked(html: str) -> str:
    """The words of a page that are in its own language."""
    html = re.sub(r"<(script|style|title|option|svg)\b.*?</\1>", "", html, flags=re.DOTALL)
    html = re.sub(r'<span lang="en">(?:[^<]|<span lang="\w+">[^<]*</span>)*</span>', "", html)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


class TestPages:
    """German has no catalogue, Spanish has one."""

    @pytest.mark.parametrize("path", ["/de", "/de/ask", "/de/subscribe", "/de/privacy", "/de/corrections"])
    async def test_english_is_marked(self, path: str) -> None:
        async with (
            serving(DOSSIERS / "moorbach-lido") as site,
            ClientSession(site.address) as client,
            client.get(path) as response,
        ):
            html = await response.text()
        assert '<html lang="de"' in html
        assert '<span lang="en">About this page</span>' in html
        assert not re.findall(r"\b(?:the|your|which|bulletins|Skip|Sources|Ask|checked)\b", unmarked(html))

    @pytest.mark.slow
    @pytest.mark.parametrize("folder", ["moorbach-lido", "sotoluna-residuos"])
    async def test_nothing_is_marked_where_nothing_is_foreign(self, folder: str) -> None:
        language = "en" if folder == "moorbach-lido" else "es"
        async with (
            serving(DOSSIERS / folder) as site,
            ClientSession(site.address) as client,
            client.get(f"/{language}") as response,
        ):
            html = await response.text()
        assert '<span lang="en">' not in html
        assert f'<html lang="{language}"' in html
        assert ("Preguntas y respuestas" in html) == (language == "es")


PLACES = (
    "/ar",
    "/ar/claims",
    "/ar/ask?q=x",
    "/ar/topics/card",
    "/ar/privacy",
    "/ar/missing",
    "/embed/card",
    "/preview",
)


class TestDirection:
    """Of a language, on each page; a browser that guesses takes the first of the bot's English words."""

    async def test_right_to_left(self, tmp_path: Path) -> None:
        """The day within an English sentence is English, too: its parts would change places."""
        for file, text in dossier_files(tmp_path / "ar", ["ar"], TODAY).items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        async with serving(tmp_path / "ar") as site, ClientSession(site.address) as client:
            for place in PLACES:
                async with client.get(place) as response:
                    html = await response.text()
                    assert ' dir="rtl"' in html, place
                    assert not re.search(r"checked [^<]*[\u0600-\u06ff]", html)
        mail = render(Reply(TopicId("card"), Language("ar"), "T"), Frame())
        assert '<html lang="ar" dir="rtl"' in mail.html

    async def test_left_to_right(self) -> None:
        async with serving(TINY) as site, ClientSession(site.address) as client, client.get("/en") as response:
            assert '<html lang="en" dir="ltr"' in await response.text()


class TestWords:
    """One phrase with words of the dossier in it."""

    @pytest.mark.parametrize(("language", "is_known"), [("en", True), ("es", True), ("de", False), ("../ru", False)])
    def test_which_languages_have_phrases(self, language: str, is_known: bool) -> None:
        assert has_phrases(language) is is_known

    def test_the_dossiers_words_keep_their_language(self) -> None:
        """Escaped, inside the English sentence; as plain text in an attribute."""
        template = _environment(
            DictLoader({"page": '<p title="{{ say("Source") }}">{{ say("Withdrawn: {title}", title=title) }}</p>'}), {}
        ).get_template("page")
        german = template.render(say=phrases_in("de").say, language="de", title="Freibad <neu>")
        assert german == (
            '<p title="Source"><span lang="en">Withdrawn: <span lang="de">Freibad &lt;neu&gt;</span></span></p>'
        )
        spanish = template.render(say=phrases_in("es").say, language="es", title="Piscina <nueva>")
        assert spanish == '<p title="Fuente">Retirado: Piscina &lt;nueva&gt;</p>'
