"""What waits for a translator, and which sentences were translated before."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.db.changes import ChangedEntry
from bot.dossier.entries import Key, value_digest
from bot.dossier.models import Language
from bot.newsroom.translation import made_key, memory, offers, sentences, translation, untranslated
from tests.tables import cases

EN, RU = Language("en"), Language("ru")
BODY = ("body", "ru")


def entry(base: dict[str, str] | None, now: dict[str, str], **made: str) -> ChangedEntry:
    before = None if base is None else {"body": dict(base)}
    return ChangedEntry(Key("topics/fare"), before, {"body": dict(now)}, made)  # type: ignore[dict-item]


class TestWaiting:
    @cases("base, now, missing, before")
    def test_against_what_is_in_force(
        self, base: dict[str, str] | None, now: dict[str, str], missing: bool, before: str | None
    ) -> None:
        """
        null | {"en": "A"} | true | null
        {"en": "A", "ru": "А"} | {"en": "A", "ru": "А"} | false | null
        {"en": "A", "ru": "А"} | {"en": "B", "ru": "А"} | false | A
        {"en": "A", "ru": "А"} | {"en": "B", "ru": "Б"} | false | null
        {"en": "A", "ru": "А"} | {"en": "B"} | true | null
        null | {"ru": "А"} | false | null
        """
        found = translation(entry(base, now), BODY, EN)
        assert (found.is_missing, found.is_outdated, found.before) == (missing, before is not None, before or "")

    def test_against_the_text_from_which_it_was_made(self) -> None:
        """Known from a version that was kept; if there is none, it is only said that it was changed."""
        made = replace(entry(None, {"en": "C", "ru": "А"}), made_from={made_key(BODY): value_digest("B")})
        assert translation(made, BODY, EN).before == ""
        assert translation(made, BODY, EN).is_outdated
        assert translation(made, BODY, EN, [{"body": {"en": "A"}}, {"body": {"en": "B"}}]).before == "B"


class TestLeftOut:
    @pytest.mark.parametrize(
        ("base", "now", "missing"),
        [
            (None, {}, []),
            (None, {"en": "A"}, [RU]),
            (None, {"en": "A", "ru": "А"}, []),
            (None, {"ru": "А"}, [EN]),
            ({"en": "A"}, {"en": "B"}, []),
            ({"en": "A", "ru": "А"}, {"en": "B"}, [RU]),
        ],
    )
    def test_languages_that_a_bulletin_lacks(
        self, base: dict[str, str] | None, now: dict[str, str], missing: list[Language]
    ) -> None:
        """One that it lacks in force is no news; one that has no text at all is a mistake of another kind."""
        contents = [None if each is None else {"title": dict(each), "body": dict(each)} for each in (base, now)]
        of_bulletin = ChangedEntry(Key("bulletins/a"), contents[0], contents[1], {})  # type: ignore[arg-type]
        assert untranslated(of_bulletin, [EN, RU]) == missing


class TestSentences:
    def test_end_behind_their_citations(self) -> None:
        assert sentences("One.[@a] Two [@b]. Three? “Four!” 5 ends. e.g. this is one.") == [
            "One.[@a]",
            "Two [@b].",
            "Three?",
            "“Four!”",
            "5 ends. e.g. this is one.",
        ]

    @given(st.text(alphabet="ab A.\n-[@]1", max_size=40))
    def test_nothing_is_lost(self, text: str) -> None:
        assert "".join(sentences(text)).split() == text.split() or "".join("".join(sentences(text)).split()) == "".join(
            text.split()
        )


KNOWN = memory(
    {
        Key("bulletins/a"): {
            "title": {"en": "A second round", "ru": "Второй раунд"},
            "body": {
                "en": "It starts in May.[@a] Nobody knows {fact} yet.",
                "ru": "Он начнётся в мае [@a]. Пока никто не знает {fact}.",
            },
        },
        Key("topics/b"): {"body": {"en": "One sentence here.", "ru": "Здесь два. Предложения."}},
        Key("topics/c"): {"body": {"en": "It names {one} fact.", "ru": "Здесь названо {two}."}},
        Key("bulletins/d"): {"body": {"en": "It was withdrawn.", "ru": "Отозвано."}, "withdrawn": {}},
        Key("sources/e"): {"title": {"en": "A headline here", "ru": "Заголовок"}},
    },
    EN,
    RU,
)


class TestMemory:
    def test_holds_what_surely_corresponds(self) -> None:
        """As many paragraphs and sentences, the same facts; of nothing that was withdrawn."""
        assert sorted(KNOWN) == ["A second round", "It starts in May.", "Nobody knows {fact} yet."]

    def test_offers_the_same_and_nearly_the_same(self) -> None:
        """With this text's citations, and without what its translation has already."""
        found = offers("It starts in May.[@b; @c] Nobody knew {fact} yet. Something else.", "", KNOWN)
        assert [(each.known, each.target, each.likeness == 100) for each in found] == [
            ("It starts in May.", "Он начнётся в мае [@b; @c].", True),
            ("Nobody knows {fact} yet.", "Пока никто не знает {fact}.", False),
        ]
        assert offers("It starts in May.", "Он начнётся в мае.", KNOWN) == []
        assert offers("It starts in May.", "", KNOWN)[0].target == "Он начнётся в мае."
