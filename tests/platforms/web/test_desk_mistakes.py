"""What is wrong with a change, in the words and the language of editors."""

import ast
import re
from html import unescape
from pathlib import Path

import pytest

from bot.db.changes import Person
from bot.dossier.entries import Key
from bot.dossier.models import Language
from bot.platforms.web.desk.mistakes import WORDS
from tests.platforms.web.desk_site import NEW, TEXTS, Newsdesk, Visitor

BOT = Path(__file__).parents[3] / "bot"
BUDI = Person("telegram:2", "Budi", Language("id"))
ANNA = Person("telegram:1", "Anna", Language("en"))


def under(page: str, field: str) -> list[str]:
    """What stands under a field of a page."""
    found = re.search(rf'id="wrong-{re.escape(field)}">(.*?)</ul>', page, re.DOTALL)
    return [unescape(each) for each in re.findall(r"<li>(.*?)</li>", found[1])] if found else []


class TestWords:
    """A table of what an editor can cause, by the kind of diagnostic and not by its English."""

    def test_every_kind_has_words_and_all_words_a_kind(self) -> None:
        """So that neither a diagnostic nor a phrase is forgotten."""
        code = "\n".join(file.read_text("utf-8") for file in BOT.rglob("*.py") if file.name != "mistakes.py")
        said = {each.partition(":")[0] for each in WORDS}
        written = set(re.findall(r'"([a-z-]+)"', code)) | {f"unknown-{kind}" for kind in ("source", "fact", "topic")}
        assert said <= written
        named = set(re.findall(r'\bcode="([a-z-]+)"', code))
        for call in (each for file in BOT.rglob("*.py") for each in ast.walk(ast.parse(file.read_text("utf-8")))):
            match call:
                case ast.Call(ast.Name("error" | "warning"), [_, _, _, _, ast.Constant(str(kind)), *_]):
                    named.add(kind)
        assert len(named) > 50
        assert named <= said

    def test_what_a_model_refuses_has_words(self) -> None:
        """A form can cause it."""
        refused = set(re.findall(r'\bUnfitting\(\s*"([a-z-]+)"', (BOT / "dossier" / "models.py").read_text("utf-8")))
        assert len(refused) > 5
        assert refused <= WORDS.keys()

    @pytest.mark.slow
    async def test_are_of_the_editors_language(self, newsdesk: Newsdesk, budi: Visitor) -> None:
        """With the language that lacks a text by its name there."""
        await budi.send("new")
        texts = {name: text for name, text in TEXTS.items() if not name.endswith("|title|en")}
        _, page = await budi.fill(1, texts)
        assert "Judul bahasa Inggris belum ada" in page
        _, page = await budi.fill(1, {f"{NEW}|body|en": "It costs {farre}."})
        assert under(page, f"{NEW}|body|en") == ["Tidak ada fakta “farre”. Maksudnya “fare”?"]

    async def test_what_is_only_of_files_is_said_in_english(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """A diagnostic that no form can cause keeps its words, marked as English."""
        file = newsdesk.folder / "sources.yaml"
        file.write_text(file.read_text("utf-8").replace("harbour:", "harbour:\n  kind: poster", 1), "utf-8")
        await anna.send("new")
        assert 'class="words"' in await anna.see("/1")


@pytest.mark.slow
class TestWhenTheyAreMarked:
    """Without a script, too."""

    async def test_not_before_a_letter_is_typed(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """What is missing stands beside the form, and is red once approval was asked for."""
        _, page = await anna.send("new")
        assert "The English title is missing" in page
        assert not re.search(r'has-mistake|aria-invalid|class="wrong"|class="shown"', page)
        _, page = await anna.ask(1, {f"{NEW}|body|en": "From Monday."})
        assert under(page, f"{NEW}|title|en") == ["The English title is missing"]
        assert re.search(
            rf'id="{re.escape(NEW)}\|title\|en"[^>]* aria-describedby=" wrong-[^>]*aria-invalid="true"', page
        )

    async def test_what_is_wrong_in_what_was_saved(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """At its field, with the link from the list beside it."""
        await anna.send("new")
        _, page = await anna.fill(1, TEXTS | {f"{NEW}|body|en": "# Fares"})
        [words] = under(page, f"{NEW}|body|en")
        assert words.startswith("No chat can show this")
        assert f'href="#{NEW}|body|en"' in page

    async def test_of_each_language(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Also where two texts have the same mistake, which stand in no line of a file."""
        await anna.send("new")
        _, page = await anna.fill(1, TEXTS | {f"{NEW}|body|{language}": "# Fares" for language in ("en", "id")})
        assert under(page, f"{NEW}|body|en") == under(page, f"{NEW}|body|id") != []

    async def test_a_bulletin_that_is_there_already(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Another one with its words would go out as well: that is said before anybody approves it."""
        first = newsdesk.live.contents[Key("bulletins/2026-01-05-first-crossing")]
        texts = {f"{NEW}|{name}|{code}": str(text) for name in ("title", "body") for code, text in first[name].items()}
        await anna.send("new")
        _, page = await anna.fill(1, texts)
        assert WORDS["twin"] in page
        _, page = await anna.fill(1, {f"{NEW}|title|en": "Second crossing"})
        assert WORDS["twin"] not in page
