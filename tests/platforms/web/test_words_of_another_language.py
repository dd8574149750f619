"""A bulletin that is not translated: its readers get another language's words, and in them the figures of that language, at every edge."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.dossier.entries import Key
from bot.dossier.loader import Loading, contents_of, load, load_contents
from bot.dossier.models import BulletinId, Dossier, Language
from bot.newsroom.ledger_diff import dossier_bulletins
from bot.replies.answer import answer
from bot.replies.bulletins import withdrawal_reasons
from bot.replies.dossier_texts import DossierTexts
from bot.replies.question import NEWS, AboutBulletin, AboutTopic, CheckText, Question
from tests.conftest import TINY, TODAY, not_none
from tests.platforms.web.site import Site, serving
from tests.tables import cases

NAME = BulletinId("2026-11-20-fare")
SENTENCE = "The fare of today is {fare}"
SAID = re.compile(r"The fare of today is Rp4(.)500")
INDONESIAN = Language("id")


def of_change(folder: Path, **also: Any) -> Loading:
    """The tiny dossier with an English bulletin."""
    content = {"date": "2026-11-20", "sources": ["harbour"], "title": {"en": SENTENCE}, "body": {"en": SENTENCE}}
    return load_contents({**contents_of(load(folder, TODAY)), Key(f"bulletins/{NAME}"): {**content, **also}}, TODAY)


def dossier_with(**also: Any) -> Dossier:
    return not_none(of_change(TINY, **also).dossier)


@pytest.mark.parametrize(
    "question",
    [AboutBulletin(NAME), AboutTopic(NEWS), CheckText(f"{SENTENCE} – {SENTENCE}".replace("{fare}", "Rp4,500"))],
)
def test_replies(question: Question) -> None:
    """Also where only the title is translated: nobody reads half a translation."""
    for also in ({}, {"title": {"en": SENTENCE, "id": "Tarif {fare}"}}):
        reply = str(answer(dossier_with(**also), question, INDONESIAN, TODAY))
        assert set(SAID.findall(reply)) == {","}
        assert "Tarif Rp" not in reply


def test_what_is_sent() -> None:
    sent = next(each for each in dossier_bulletins(dossier_with()) if each.id == NAME)
    assert (sent.language, list(sent.articles), set(SAID.findall(str(sent.articles)))) == ("en", ["en"], {","})


def test_a_short_title_that_is_not_translated_is_the_title() -> None:
    texts = {"en": "Words", "id": "Kata"}
    dossier = dossier_with(title=texts, body=texts, short={"en": SENTENCE})
    assert DossierTexts(dossier, INDONESIAN).title(dossier.bulletins[NAME], short=True) == "Kata"


def test_why_it_was_withdrawn() -> None:
    dossier = dossier_with(withdrawn={"date": "2026-11-21", "because": {"en": SENTENCE}})
    reasons = withdrawal_reasons(dossier, dossier.withdrawn[NAME])
    assert set(SAID.findall(str(reasons["id"]))) == {","}
    reply = answer(dossier, CheckText(f"{SENTENCE} – {SENTENCE}".replace("{fare}", "Rp4,500")), INDONESIAN, TODAY)
    assert set(SAID.findall(str(reply))) == {","}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    folder = Path(shutil.copytree(TINY, tmp_path / "content"))
    async with serving(folder) as served:
        served.live.update(of_change(folder))
        yield served


@cases("path")
async def test_on_the_page(site: Site, path: str) -> None:
    """
    /id
    /id/bulletins/2026-11-20-fare
    /id/ask?q=/news
    /id/bulletins.atom
    /api/bulletins?language=id
    /api/ask?q=/news&language=id
    """
    async with aiohttp.ClientSession(site.address) as session, session.get(path) as response:
        assert response.status == 200
        assert set(SAID.findall(await response.text())) == {","}
