"""A topic under a new id, whose ``was`` names the former ones: what named it goes on naming it."""

from pathlib import Path
from typing import Any

import pytest

from bot.dossier.entries import Content, Key
from bot.dossier.loader import contents_of, load, load_contents
from bot.dossier.models import BulletinId, FeedId, Language, TopicId
from bot.replies.answer import answer
from bot.replies.question import AboutTopic, Command, ShowPicture
from tests.conftest import TODAY, Edit, not_none
from tests.dossier.conftest import FEEDS, diagnostics_of
from tests.tables import cases

FIRST = BulletinId("2026-01-05-first-crossing")


@pytest.fixture
def renamed(folder: Path, edit: Edit) -> Path:
    """``fare`` is ``price`` by now. Nothing else was changed, and a bulletin, a feed and a file of questions name it."""
    (folder / "feeds.yaml").write_text(FEEDS, "utf-8")
    (folder / "questions").mkdir(exist_ok=True)
    (folder / "questions/fare.yaml").write_text("asks: {en: [what must I pay on board]}\n", "utf-8")
    (folder / "topics/fare.yaml").rename(folder / "topics/price.yaml")
    edit("topics/price.yaml", "emoji:", "was: [fare]\nemoji:")
    return folder


def test_what_names_it_by_its_former_id(renamed: Path) -> None:
    assert diagnostics_of(renamed) == []
    dossier = not_none(load(renamed, TODAY).dossier)
    assert list(dossier.topics) == ["price"]
    assert dossier.bulletins[FIRST].topics == ["price"]
    assert dossier.feeds[FeedId("harbour-news")].topics == ["price"]
    assert "what must I pay on board" in dossier.topics[TopicId("price")].asks[Language("en")]
    questions = [AboutTopic(TopicId("fare")), ShowPicture(TopicId("fare")), Command("fare"), Command("price")]
    assert {answer(dossier, each, Language("en"), TODAY).topic for each in questions} == {"price"}


def test_it_takes_no_command_of_another(renamed: Path, edit: Edit) -> None:
    """A later topic may have the word as its command."""
    text = (renamed / "topics/price.yaml").read_text("utf-8")
    boats = text.replace("was: [fare]\n", "command: fare\n").replace("[ticket, tiket]", "[boat]")
    (renamed / "topics/boats.yaml").write_text(boats[: boats.index("asks:")], "utf-8")
    assert diagnostics_of(renamed) == []
    dossier = not_none(load(renamed, TODAY).dossier)
    assert answer(dossier, Command("fare"), Language("en"), TODAY).topic == "boats"
    assert answer(dossier, AboutTopic(TopicId("fare")), Language("en"), TODAY).topic == "price"


@cases("was, said")
def test_mistakes(renamed: Path, edit: Edit, was: str, said: str) -> None:
    """
    [fare, price] | 'price' is a topic still, expected the id of one that is gone
    [fare, fare] | topic 'fare' is listed twice, expected each once
    [fare, The Fare] | topic id 'The Fare', expected a-z, 0-9, - and _ (at most 80)
    [fare, news] | 'news' is a topic still, expected the id of one that is gone
    """
    edit("topics/price.yaml", "was: [fare]", f"was: {was}")
    assert [each.partition(": ")[2].removeprefix("warning: ") for each in diagnostics_of(renamed)] == [said]


def test_two_that_were_one(renamed: Path) -> None:
    text = (renamed / "topics/price.yaml").read_text("utf-8").replace("[ticket, tiket]", "[boat]")
    (renamed / "topics/boats.yaml").write_text(text[: text.index("asks:")], "utf-8")
    assert diagnostics_of(renamed) == ["topics/price.yaml:1: 'fare' was topics/boats.yaml, expected each once"]


def test_by_a_change(folder: Path) -> None:
    """The desk adds the new entry and removes the old one, together; what changes say of bulletins names either."""
    contents: dict[Key, Content] = contents_of(load(folder, TODAY))
    contents[Key("topics/price")] = {**contents.pop(Key("topics/fare")), "was": ["fare"]}
    for number, topic in enumerate(("fare", "price")):
        words: dict[str, Any] = {"en": f"Words {number}.", "id": f"Kata {number}."}
        bulletin: Content = {"date": "2026-11-20", "title": words, "body": words, "topics": [topic]}
        contents[Key(f"bulletins/2026-11-20-b{number}")] = bulletin
    loading = load_contents(contents, TODAY)
    assert loading.dossier is not None
    assert [str(each) for each in loading.diagnostics] == []
    assert {each: bulletin.topics for each, bulletin in loading.dossier.bulletins.items()} == {
        "2026-11-20-b0": ["price"],
        "2026-11-20-b1": ["price"],
        FIRST: ["price"],
    }
    assert loading.dossier.former_topics == {}
