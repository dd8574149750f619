"""What the desk shows of an entry is what readers of each language get of it: of every kind, and never of former words."""

from collections.abc import Callable

import pytest

from bot.dossier.entries import Content, Key
from bot.dossier.markdown import plain
from bot.dossier.models import Language, TopicId
from bot.dossier.yaml_reader import Value
from bot.live_dossier import LiveDossier
from bot.platforms.web.desk.renderings import messages
from bot.replies.answer import answer
from bot.replies.question import AboutTopic, Command
from bot.replies.reply import Reply, lines_of
from tests.conftest import TINY, TODAY, checked

EN, ID = Language("en"), Language("id")
FARE = AboutTopic(TopicId("fare"))
ASKS: Content = {"asks": {"en": ["what does a crossing cost"]}}
CLAIM: dict[str, Value] = {
    "says": {"en": ["The ferry is free"], "id": ["Feri itu gratis"]},
    "verdict": "false",
    "because": {"en": "It costs {fare}.", "id": "Biayanya {fare}."},
    "date": "2026-02-01",
    "sources": ["harbour"],
}
NUMBER: dict[str, Value] = {
    "type": "number",
    "value": 7,
    "of": {"en": "ferries a day", "id": "feri sehari"},
    "says": {"en": ["{} ferries sail every day"], "id": ["{} feri berlayar setiap hari"]},
    "sources": ["harbour"],
}


@pytest.fixture
def live() -> LiveDossier:
    """The tiny dossier in force."""
    files = checked(TINY)
    assert files.dossier is not None
    live = LiveDossier(files.dossier)
    live.update(files)
    return live


def shown(live: LiveDossier, contents: dict[str, Content]) -> dict[str, dict[Language, Reply]]:
    keyed = {Key(key): content for key, content in contents.items()}
    return dict(messages(live, {key: live.contents.get(key) for key in keyed}, keyed, TODAY))


def words(reply: Reply) -> str:
    return "\n".join([reply.title, *map(plain, lines_of(reply.blocks))])


@pytest.mark.parametrize(
    ("key", "question"),
    [("topics/fare", FARE), ("facts/fare", FARE), ("sources/harbour", FARE), ("header", Command("start"))],
)
def test_as_it_is_in_force_it_is_the_very_reply(live: LiveDossier, key: str, question: AboutTopic | Command) -> None:
    """A fact shows in the topic that prints it, a source in the topic that prints a fact of it."""
    found = shown(live, {key: live.contents[Key(key)]})[key]
    assert found == {each: answer(live.complete, question, each, TODAY) for each in (EN, ID)}


@pytest.mark.parametrize(
    ("key", "content", "said"),
    [
        ("topics/fare", {"body": {"en": "Now **{fare}**.", "id": "Kini **{fare}**."}}, ("Now Rp4,500", "Kini Rp4.500")),
        ("facts/fare", {"amount": 5000}, ("Rp5,000", "Rp5.000")),
        ("sources/harbour", {"publisher": "Port"}, ("Rp4,500", "Rp4.500")),
        ("questions/fare", ASKS, ("The fare", "Tarif")),
        ("claims/free", CLAIM, ("It costs Rp4,500.", "Biayanya Rp4.500.")),
        ("facts/ferries", NUMBER, ("seven – ferries a day", "– feri sehari")),
    ],
)
def test_with_what_is_typed(live: LiveDossier, key: str, content: Content, said: tuple[str, str]) -> None:
    """Where no topic shows a fact, it is what somebody gets who states it. A claim gets its verdict alone, in its own dossier's words."""
    found = shown(live, {key: {**live.contents.get(Key(key), {}), **content}})[key]
    assert set(found) == {EN, ID}
    for language, part in zip((EN, ID), said, strict=True):
        assert part in words(found[language]), words(found[language])
    if key == "sources/harbour":
        assert [each.publisher for each in found[EN].sources] == ["Port"]


def test_two_entries_of_a_change_are_shown_together(live: LiveDossier) -> None:
    """A topic prints a fact that is new in the same change."""
    topic = {**live.contents[Key("topics/fare")], "body": {"en": "{ferries} ferries.", "id": "{ferries} feri."}}
    found = shown(live, {"topics/fare": topic, "facts/ferries": NUMBER})
    assert "7 ferries." in words(found["topics/fare"][EN])
    assert found["facts/ferries"] == found["topics/fare"]


@pytest.mark.parametrize(
    ("key", "change", "languages"),
    [
        ("topics/fare", lambda content: {**content, "body": {"en": "New."}}, {EN}),
        ("claims/free", lambda _: {**CLAIM, "because": {"id": "Baru."}}, {ID}),
        ("topics/fare", lambda content: {**content, "body": {"en": "{nofact}", "id": "{nofact}"}}, set()),
        ("topics/fare", lambda content: {**content, "title": {}}, set()),
        ("claims/free", lambda _: {"says": CLAIM["says"]}, set()),
        ("sources/nobody", lambda _: {"publisher": "Nobody", "url": "https://nobody.example/"}, set()),
    ],
)
def test_what_is_not_whole_yet(
    live: LiveDossier, key: str, change: Callable[[Content], Content], languages: set[Language]
) -> None:
    """A language shows once its texts are there; what has a mistake, or what nothing shows, has no message, least of all a former one."""
    found = shown(live, {key: change(live.contents.get(Key(key), {}))})[key]
    assert set(found) == languages


def test_figures_that_name_each_other_are_followed_once(live: LiveDossier) -> None:
    other = {**NUMBER, "rivals": ["ferries"]}
    found = shown(
        live,
        {
            "facts/ferries": {**NUMBER, "rivals": ["others"]},
            "facts/others": other,
            "sources/harbour": live.contents[Key("sources/harbour")],
        },
    )
    assert "There is another figure close to it" in words(found["facts/others"][EN])
