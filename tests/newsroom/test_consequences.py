"""What an edit changes: exactly what differs when everything is rendered with both dossiers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.claims.check import Checker
from bot.dossier.entries import ABSENT, HEADER, Content, Key, content_of, entries_of, fields, with_entries
from bot.dossier.loader import Loading, checked, load
from bot.dossier.models import Dossier, Language
from bot.matching.decision import Matcher
from bot.newsroom import consequences as module
from bot.newsroom.consequences import Consequences, Known, consequences, every_question
from bot.newsroom.ledger_diff import dossier_bulletins
from bot.pictures.picture import draw
from bot.platforms import PLATFORMS
from bot.replies.answer import answer, texts_of
from bot.replies.listings import TITLES
from bot.replies.question import AboutBulletin, AboutTopic, CheckText, Command, Question, ShowPicture
from bot.replies.reply import Reply
from bot.replies.word_diff import Words
from tests.conftest import HERE, TINY, TODAY, not_none

TAMARO = HERE / "dossiers" / "tamaro-repair-act"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
RENDERERS = {platform.name: platform for platform in PLATFORMS if platform.answers}


def with_edits(loading: Loading, contents: Mapping[str, Content | None]) -> Dossier | None:
    """The dossier with other entries; None if it is not valid."""
    named = {Key(key): content for key, content in contents.items()}
    return checked(with_entries(loading.documents, named), TODAY).dossier


def edited(loading: Loading, key: str, **values: Any) -> dict[str, Content | None]:
    """An entry with other values at ``title__en`` and the like; None removes one."""
    found = fields(entries_of(loading.documents).get(Key(key)))
    for name, value in values.items():
        place = tuple(name.split("__"))
        found = {each: old for each, old in found.items() if each[: len(place)] != place}
        if value is not None:
            found[place] = value
    return {key: content_of(found)}


def compared(before: Dossier, after: Dossier) -> Consequences:
    return consequences(before, after, RENDERERS, NOW)


# ---- Brute force, which knows no subjects: it presses every button


def reachable(dossier: Dossier, language: Language) -> dict[Question, Reply]:
    """Every reply that the welcome and the lists lead to, by any number of presses."""
    found: dict[Question, Reply] = {}
    waiting: list[Question] = [Command("start"), *(AboutTopic(name) for name in TITLES)]
    while waiting:
        question = waiting.pop()
        if question in found or not isinstance(question, AboutTopic | AboutBulletin | ShowPicture | Command):
            continue
        if isinstance(question, Command) and question.name != "start":
            continue
        found[question] = answer(dossier, question, language, TODAY)
        waiting += [button.question for button in found[question].buttons if button.question is not None]
    return found


def brute_replies(before: Dossier, after: Dossier) -> set[tuple[Question, Language, str]]:
    """What differs of them on each platform."""
    found = set()
    for language in dict.fromkeys([*before.languages, *after.languages]):
        old, new = (reachable(each, language) if language in each.languages else {} for each in (before, after))
        for question in {*old, *new}:
            for platform in RENDERERS.values():
                payloads = [platform.payload(each[question]) if question in each else None for each in (old, new)]
                if payloads[0] != payloads[1]:
                    found.add((question, language, platform.name))
    return found


def found_replies(found: Consequences, before: Dossier, after: Dossier) -> set[tuple[Question, Language, str]]:
    """The same of the consequences, without claims, the menu and the page."""
    replies = set()
    for each in found.replies:
        asked = {
            subject: question
            for dossier in (before, after)
            if each.language in dossier.languages
            for subject, question in every_question(dossier, each.language).items()
        }
        question = asked.get(each.subject)
        if question is not None and not isinstance(question, CheckText):
            replies |= {(question, each.language, platform) for platform in each.platforms}
    return replies


def brute_examples(before: Dossier, after: Dossier) -> set[tuple[str, Language, tuple[str, ...], tuple[str, ...]]]:
    """The examples that decide otherwise, asked in full."""
    matchers = [Matcher(texts_of(each)) for each in (before, after)]

    def decided(matcher: Matcher, ask: str, language: Language) -> tuple[str, ...]:
        decision = matcher.decide(ask, language)
        return decision.topics if decision.kind in ("answer", "both") else ()

    asks = {
        (ask, language)
        for dossier in (before, after)
        for topic in dossier.topics.values()
        for examples in (topic.asks, topic.not_asked)
        for language in examples
        for ask in examples[language]
    }
    both = {(ask, language, *(decided(each, ask, language) for each in matchers)) for ask, language in asks}
    return {each for each in both if each[2] != each[3]}  # type: ignore[misc]


def brute_verdicts(found: Consequences, before: Dossier, after: Dossier) -> set[tuple[str, Language]]:
    """The declared sentences that checkers made anew judge otherwise."""
    checkers = [Checker(each) for each in (before, after)]
    sentences = {key for dossier in (before, after) for key in module._declared(dossier)}

    def verdict(checker: Checker, sentence: str, language: Language) -> str | None:
        check = checker.check(sentence, language)
        return check.verdict if check.is_settled else None

    return {
        (sentence, language)
        for language, sentence in sentences
        if verdict(checkers[0], sentence, language) != verdict(checkers[1], sentence, language)
    }


def assert_exact(before: Dossier, after: Dossier) -> Consequences:
    """The consequences are what brute force finds, and nothing else."""
    found = compared(before, after)
    assert found_replies(found, before, after) == brute_replies(before, after)
    assert all(each.platforms or each.subject in (module.MENU, module.PAGE) for each in found.replies)
    assert all(any(word.mark != "same" for word in each.words) for each in found.replies)
    drawn = {
        (f"{each.subject}", each.language)
        for each in found.pictures
        if each.subject.partition("/")[0] in ("topics", "programs")
    }
    topics = {**before.topics, **after.topics}
    assert drawn == {
        (module.topic_key(name), language)
        for name in topics
        for language in after.languages
        if len({getattr(draw(each, AboutTopic(name), language, TODAY), "svg", None) for each in (before, after)}) == 2
    }
    assert {(e.question, e.language, e.before, e.after) for e in found.examples} == brute_examples(before, after)
    assert {(e.sentence, e.language) for e in found.verdicts} == brute_verdicts(found, before, after)
    hashes = [{each.id: each.text_hashes for each in dossier_bulletins(dossier)} for dossier in (before, after)]
    assert {each.id for each in found.bulletins if each.edit == "corrected"} == {
        name for name in hashes[0].keys() & hashes[1].keys() if hashes[0][name] != hashes[1][name]
    }
    return found


# ---- Edits of each kind of entry

Edits = Callable[[Loading], dict[str, Content | None]]

_BULLETIN: Content = {
    "date": "2026-11-28",
    "title": {"en": "Fares fall", "id": "Tarif turun", "ru": "Тарифы снижены"},
    "body": {"en": "From Monday.", "id": "Mulai Senin.", "ru": "С понедельника."},
}
_MARK = {"date": "2026-11-28", "because": {"en": "A mistake.", "id": "Keliru.", "ru": "Ошибка."}}

EDITS: dict[str, Edits] = {
    "header: colour": lambda base: edited(base, HEADER, colour="#112233"),
    "header: title": lambda base: edited(base, HEADER, title__ru="Закон о праве чинить"),
    "header: names": lambda base: edited(base, HEADER, names__en=["the statute", "statute"]),
    "header: summary": lambda base: edited(base, HEADER, summary__en="Repairs in Tamaro."),
    "topic: title": lambda base: edited(base, "topics/fines", title__en="What it costs makers"),
    "topic: emoji": lambda base: edited(base, "topics/board", emoji="🪪"),
    "topic: order": lambda base: edited(base, "topics/board", order=0),
    "topic: examples": lambda base: edited(base, "topics/parts", asks__ru=["сколько ждать запчасть"]),
    "topic: removed": lambda base: {
        "topics/history": None,
        **{
            key: {**content, "related": [each for each in content["related"] if each != "history"]}
            for key, content in entries_of(base.documents).items()
            if "history" in content.get("related", ())  # type: ignore[operator]
        },
    },
    "programme: body": lambda base: edited(base, "programs/voucher", body__id="Setengahnya dibayar negara."),
    "fact: value": lambda base: edited(base, "facts/voucher_max", amount=999),
    "fact: note": lambda base: {
        "facts/voucher_max": {
            **entries_of(base.documents)[Key("facts/voucher_max")],
            "note": {"en": "Others say less.", "id": "Ada yang lain.", "ru": "Другие пишут меньше."},
        }
    },
    "source: address": lambda base: edited(base, "sources/gazette", url="https://gazette.example.org/2"),
    "source: publisher": lambda base: edited(base, "sources/gazette", publisher="The Gazette of Tamaro"),
    "claim: verdict": lambda base: edited(base, "claims/cars", verdict="unproven"),
    "claim: because": lambda base: edited(base, "claims/cars", because__en="Cars have a law of their own."),
    "bulletin: body": lambda base: edited(base, "bulletins/2026-10-21-first-fine", body__en="The first fine."),
    "bulletin: new": lambda base: {"bulletins/2026-11-28-fares": _BULLETIN},
    "bulletin: withdrawn": lambda base: edited(base, "bulletins/2026-10-21-first-fine", withdrawn=_MARK),
    "bulletin: topics": lambda base: edited(base, "bulletins/2026-10-21-first-fine", topics=["board"]),
}


@dataclass
class Tamaro:
    """The dossier, and what is in force."""

    loading: Loading
    dossier: Dossier


@pytest.fixture(scope="module")
def tamaro() -> Tamaro:
    loading = load(TAMARO, TODAY)
    assert loading.dossier is not None
    return Tamaro(loading, loading.dossier)


@pytest.mark.slow
class TestEachKindOfEntry:
    """The set is exactly that of brute force, whatever is edited."""

    @pytest.mark.parametrize("name", EDITS)
    def test_exactly_what_differs(self, tamaro: Tamaro, name: str) -> None:
        after = with_edits(tamaro.loading, EDITS[name](tamaro.loading))
        assert after is not None, name
        assert assert_exact(tamaro.dossier, after)
        assert assert_exact(after, tamaro.dossier)

    def test_several_at_once(self, tamaro: Tamaro) -> None:
        contents: dict[str, Content | None] = {}
        for name in ("fact: value", "topic: title", "claim: verdict", "bulletin: new", "source: publisher"):
            contents |= EDITS[name](tamaro.loading)
        found = assert_exact(tamaro.dossier, not_none(with_edits(tamaro.loading, contents)))
        assert {each.subject.partition("/")[0] for each in found.replies} >= {"topics", "programs", "lists", "claims"}

    @settings(max_examples=12, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_any_field(self, tamaro: Tamaro, data: st.DataObject) -> None:
        """A word more in any text, another number, or a field less."""
        contents = entries_of(tamaro.loading.documents)
        key = data.draw(st.sampled_from(sorted(contents)))
        values = fields(contents[key])
        place = data.draw(st.sampled_from(sorted(values)))
        value = values[place]
        new = f"{value} indeed" if isinstance(value, str) else value + 1 if type(value) is int else ABSENT
        changed = {each: old for each, old in values.items() if each != place}
        after = with_edits(tamaro.loading, {key: content_of(changed if new is ABSENT else {**changed, place: new})})
        assume(after is not None)
        assert after is not None
        assert_exact(tamaro.dossier, after)


class TestTiny:
    """The same of a dossier that takes no time."""

    @pytest.fixture
    def tiny(self) -> Tamaro:
        loading = load(TINY, TODAY)
        assert loading.dossier is not None
        return Tamaro(loading, loading.dossier)

    @pytest.mark.slow
    def test_a_fact(self, tiny: Tamaro) -> None:
        """Its topic on both platforms in both languages, with the old and the new value marked, and nothing else."""
        after = not_none(with_edits(tiny.loading, edited(tiny.loading, "facts/fare", amount=5000)))
        found = assert_exact(tiny.dossier, after)
        assert {(each.subject, each.language, each.platforms) for each in found.replies} == {
            ("topics/fare", language, tuple(RENDERERS)) for language in ("en", "id")
        }
        english = next(each for each in found.replies if each.language == "en")
        assert [each for each in english.words if each.mark != "same"] == [
            Words(" Rp4,500.", "deleted"),
            Words(" Rp5,000.", "inserted"),
        ]
        assert not found.bulletins

    @pytest.mark.slow
    def test_a_renamed_topic(self, tiny: Tamaro) -> None:
        """It is compared with itself under its former id: the figure, and the command that readers see. The same for a rollback."""
        content = dict(entries_of(tiny.loading.documents)[Key("topics/fare")])
        topic: dict[str, Content | None] = {"topics/fare": None, "topics/costs": {**content, "was": ["fare"]}}
        renamed = with_edits(tiny.loading, topic)
        figure = with_edits(tiny.loading, {**topic, **edited(tiny.loading, "facts/fare", amount=5000)})
        assert renamed is not None
        assert figure is not None
        commands = {("lists/help", "/fare", "/costs"), ("menu", "/fare", "/costs")}
        for before, after, expected in (
            (tiny.dossier, renamed, commands),
            (renamed, tiny.dossier, {(subject, new, old) for subject, old, new in commands}),
            (tiny.dossier, figure, {*commands, ("topics/costs", " Rp4,500.", " Rp5,000.")}),
        ):
            found = compared(before, after)
            told = {
                (each.subject, *(words.text for words in each.words if words.mark != "same"))
                for each in found.replies
                if each.language == "en"
            }
            assert {tuple(map(str.strip, each)) for each in told} == {tuple(map(str.strip, each)) for each in expected}
            assert {each.state for each in found.replies} == {"changed"}
            assert not found.pictures + found.examples + found.verdicts + found.bulletins  # type: ignore[operator]

    @pytest.mark.slow
    def test_an_address_alone(self, tiny: Tamaro) -> None:
        """The words are the same: the fields of the message say what differs."""
        contents = edited(tiny.loading, "sources/harbour", url="https://harbour.example/other")
        found = assert_exact(tiny.dossier, not_none(with_edits(tiny.loading, contents)))
        told = "".join(each.text for each in found.replies[0].words if each.mark == "inserted")
        assert "https://harbour.example/other" in told
        assert [(each.id, each.edit, each.languages) for each in found.bulletins] == [
            ("2026-01-05-first-crossing", "corrected", ("en", "id"))
        ]

    @pytest.mark.slow
    def test_a_moved_example(self, tiny: Tamaro) -> None:
        """An example of another topic finds that one from then on."""
        topic = {
            "title": {"en": "The quay", "id": "Dermaga"},
            "summary": {"en": "Where it leaves", "id": "Tempat berangkat"},
            "body": {"en": "It leaves from the quay.", "id": "Berangkat dari dermaga."},
            "asks": {"en": ["price of the ferry", "which quay"], "id": ["dermaga mana"]},
        }
        contents: dict[str, Content | None] = {
            "topics/quay": topic,
            **edited(tiny.loading, "topics/fare", asks__en=["how much is a ticket", "fare"]),
        }
        found = assert_exact(tiny.dossier, not_none(with_edits(tiny.loading, contents)))
        assert ("price of the ferry", ("fare",), ("quay",)) in {
            (each.question, each.before, each.after) for each in found.examples
        }
        new = [each for each in found.replies if each.subject == "topics/quay"]
        assert {each.state for each in new} == {"new"}
        assert {each.subject for each in found.replies} >= {"lists/help", "start", module.MENU}

    @pytest.mark.slow
    def test_long_texts(self, tiny: Tamaro) -> None:
        """Messages are cut, so a long text costs no more than its rendering."""
        bodies = [" ".join(f"word{number % 7}" for number in range(1_400)) for _ in range(2)]
        bodies[1] = bodies[1].replace("word3", "term", 1)
        before, after = (
            with_edits(tiny.loading, edited(tiny.loading, "topics/fare", body__en=body)) for body in bodies
        )
        assert before is not None
        assert after is not None
        found = compared(before, after)
        [reply] = [each for each in found.replies if each.subject == "topics/fare"]
        assert [each.text.strip() for each in reply.words if each.mark == "inserted"] == ["term"]

    def test_nothing(self, tiny: Tamaro) -> None:
        assert not compared(tiny.dossier, not_none(load(TINY, TODAY).dossier))

    def test_embargo(self, tiny: Tamaro) -> None:
        """A bulletin under embargo changes no reply yet; it is told among the bulletins."""
        content = {**_BULLETIN, "not_before": "2026-12-24T09:00:00+07:00"}
        after = not_none(
            with_edits(
                tiny.loading,
                {"bulletins/2026-11-28-fares": {**content, **_in_two_languages()}},
            )
        )
        found = compared(tiny.dossier, after)
        assert not found.replies
        assert [(each.id, each.edit) for each in found.bulletins] == [("2026-11-28-fares", "new")]

    def test_the_work_can_be_ended(self, tiny: Tamaro) -> None:
        after = not_none(with_edits(tiny.loading, edited(tiny.loading, "facts/fare", amount=5000)))
        shares: list[float] = []

        def report(share: float) -> None:
            shares.append(share)
            if share > 0.3:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            consequences(tiny.dossier, after, RENDERERS, NOW, report)
        assert shares == sorted(shares)


def _in_two_languages() -> dict[str, Any]:
    return {
        name: {language: text for language, text in texts.items() if language != "ru"}
        for name, texts in _BULLETIN.items()
        if isinstance(texts, dict)
    }


@pytest.mark.slow
def test_what_a_dossier_answered_is_kept() -> None:
    """A further comparison asks only the new one, and finds the same as one that knows nothing: also once that is in force."""
    loading, known = load(TINY, TODAY), Known()
    first, *drafts = (
        with_edits(loading, edited(loading, "facts/fare", amount=amount)) for amount in (4500, 5000, 6000)
    )
    assert first is not None
    for before, after in ((first, drafts[0]), (first, drafts[1]), (drafts[1], first)):
        assert after is not None
        assert before is not None
        assert consequences(before, after, RENDERERS, NOW, known=known) == compared(before, after)
        answers = known.of(first, NOW.date())
        assert min(map(len, (answers.topics, answers.replies))) > 0
        assert known.of(first, NOW.date()) is answers
