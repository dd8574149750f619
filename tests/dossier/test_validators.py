"""Rules for the dossier as a whole: references, commands, dates, units, emoji, feeds."""

from pathlib import Path

import pytest

from bot.cli import main
from bot.dossier.loader import load
from bot.dossier.models import FactId, Number
from bot.dossier.validators import categories, check_units
from bot.replies.formatting import plural
from tests.conftest import TODAY, Edit
from tests.dossier.conftest import FEEDS, diagnostics_of


class TestReferences:
    """Ids that lead nowhere."""

    def test_unknown_fact_in_a_text(self, folder: Path, edit: Edit) -> None:
        """With the nearest fact."""
        edit("topics/fare.yaml", "**{fare}**", "**{fair}**")
        assert "topics/fare.yaml:10: unknown fact 'fair', did you mean 'fare'?" in diagnostics_of(folder)

    @pytest.mark.parametrize("words", ["{ fare }", "{fare", "fare}", "{{fare}}", "{}", "{my fare}"])
    def test_braces_that_name_no_fact(self, folder: Path, edit: Edit, words: str) -> None:
        """Readers would see them."""
        edit("topics/fare.yaml", "en: A single ticket costs **{fare}**.", f"en: 'It costs {words}.'")
        assert any("names no fact" in line for line in diagnostics_of(folder))

    def test_braces_that_nearly_name_a_fact(self, folder: Path, edit: Edit) -> None:
        """With the reference as it should be."""
        edit("topics/fare.yaml", "costs **{fare}**", "costs **{ fare }**")
        assert diagnostics_of(folder)[0] == "topics/fare.yaml:10: '{ fare }' names no fact, did you mean {fare}?"

    @pytest.mark.parametrize("fact_id", ["single-fare", "Fare", "2nd_fare", "тариф"])
    def test_ids_of_facts(self, folder: Path, edit: Edit, fact_id: str) -> None:
        """Letters of any script, digits, hyphens and underscores."""
        edit("facts.yaml", "fare:", f"{fact_id}:")
        for language in ("costs", "jalan"):
            edit("topics/fare.yaml", f"{language} **{{fare}}**", f"{language} **{{{fact_id}}}**")
        assert diagnostics_of(folder) == []

    def test_unknown_source(self, folder: Path, edit: Edit) -> None:
        """With the nearest source."""
        edit("facts.yaml", "[harbour]", "[harbor]")
        assert diagnostics_of(folder) == ["facts.yaml:5: unknown source 'harbor', did you mean 'harbour'?"]

    def test_unknown_topic(self, folder: Path, edit: Edit) -> None:
        """Of a bulletin."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics: [fare]", "topics: [fares]")
        assert diagnostics_of(folder)[0].endswith("unknown topic 'fares', did you mean 'fare'?")

    def test_missing_language(self, folder: Path, edit: Edit) -> None:
        """Every text has every language."""
        edit("topics/fare.yaml", "  id: Tarif\n", "")
        assert diagnostics_of(folder) == ["topics/fare.yaml:3: title has no 'id', expected a text for id"]

    def test_language_the_dossier_does_not_have(self, folder: Path, edit: Edit) -> None:
        """A slip in the key of a language."""
        edit("topics/fare.yaml", "  id: Tarif\n", "  id: Tarif\n  ru: Тариф\n")
        assert "topics/fare.yaml:6: unknown language 'ru'" in diagnostics_of(folder)[0]

    def test_duplicate_command(self, folder: Path, edit: Edit) -> None:
        """Two topics that both want a word."""
        text = (folder / "topics" / "fare.yaml").read_text(encoding="utf-8")
        (folder / "topics" / "price.yaml").write_text(
            text.replace("tiket]", "x]").replace("ticket,", ""), encoding="utf-8"
        )
        edit("topics/price.yaml", "aliases: [", "aliases: [fare, ")
        assert any("command 'fare' is taken by topics/fare.yaml" in line for line in diagnostics_of(folder))

    def test_command_that_is_another_topics_id(self, folder: Path, edit: Edit) -> None:
        """Whoever takes it is wrong, not the topic that has always had it, whatever their order."""
        text = (folder / "topics" / "fare.yaml").read_text(encoding="utf-8")
        (folder / "topics" / "price.yaml").write_text(text.replace("[ticket, tiket]", "[fare]"), encoding="utf-8")
        edit("topics/price.yaml", "emoji:", "order: 1\nemoji:")
        edit("topics/price.yaml", "  en: [how much is a ticket, fare, price of the ferry]\n", "")
        edit("topics/price.yaml", "  id: [berapa harga tiket, tarif feri, ongkos]\n", "")
        edit("topics/price.yaml", "asks:\n", "")
        assert diagnostics_of(folder) == [
            "topics/price.yaml:3: command 'fare' is taken by topics/fare.yaml, expected another word"
        ]

    @pytest.mark.parametrize(
        ("word", "instead"),
        [
            ("Ticket-Price", "ticket_price"),
            ("/ticket", "ticket"),
            ("a ticket", "a_ticket"),
            ("cafe\u0301", "caf\u00e9"),
        ],
    )
    def test_word_that_is_no_command(self, folder: Path, edit: Edit, word: str, instead: str) -> None:
        """With one that is."""
        edit("topics/fare.yaml", "emoji:", f"command: {word}\nemoji:")
        expected = f"expected 1–32 lower-case letters, digits or _, as in {instead}"
        assert diagnostics_of(folder) == [f"topics/fare.yaml:1: {word!r} is no command, {expected}"]

    @pytest.mark.parametrize("word", ["срок", "期限", "अवधि", "ค่าใช้จ่าย", "größe", "fare_2"])
    def test_word_of_any_script(self, folder: Path, edit: Edit, word: str) -> None:
        """Vowels and tones that are signs of their own belong to it."""
        edit("topics/fare.yaml", "emoji:", f"command: {word}\nemoji:")
        assert diagnostics_of(folder) == []

    def test_file_name_that_is_no_command(self, folder: Path) -> None:
        """It may stay, with a command of its own."""
        (folder / "topics" / "fare.yaml").rename(folder / "topics" / "the-fare.yaml")
        assert diagnostics_of(folder)[-1].startswith(
            "topics/the-fare.yaml:1: 'the-fare' is no command, expected another file name, or command: the_fare"
        )

    @pytest.mark.parametrize(
        ("name", "meant"), [("Fare", "fare"), ("/fare", "fare"), ("ticket", "fare"), ("tiket", "fare")]
    )
    def test_topic_named_otherwise(self, folder: Path, edit: Edit, name: str, meant: str) -> None:
        """By its command or an alias, or in capitals."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics: [fare]", f"topics: [{name}]")
        assert diagnostics_of(folder)[0].endswith(f"unknown topic {name!r}, did you mean {meant!r}?")

    def test_ids_that_stand_twice(self, folder: Path, edit: Edit) -> None:
        """Or lead back to where they stand: warnings, since each is shown once."""
        edit("topics/fare.yaml", "asks:", "sources: [harbour, harbour]\nrelated: [fare]\nasks:")
        assert diagnostics_of(folder) == [
            "topics/fare.yaml:12: warning: source 'harbour' stands twice, expected each once",
            "topics/fare.yaml:13: warning: a button to the topic itself, expected other topics",
        ]

    def test_progress_to_an_earlier_day(self, folder: Path, edit: Edit) -> None:
        """A bar that has no length."""
        days = "a: {type: date, value: 2025-01-01}\nb: {type: date, value: 2024-01-01}\n"
        edit("facts.yaml", "fare:", days + "fare:")
        edit("topics/fare.yaml", "asks:", "progress: {from: a, to: b}\nasks:")
        assert diagnostics_of(folder) == [
            "topics/fare.yaml:12: progress from 2025-01-01 to 2024-01-01, expected a date fact to a later one"
        ]

    @pytest.mark.parametrize("fact_id", ["fare.single", "the fare", "-"])
    def test_id_that_no_text_can_name(self, folder: Path, edit: Edit, fact_id: str) -> None:
        """A full stop is what asks for a form."""
        edit("facts.yaml", "fare:", f'"{fact_id}": {{type: name, value: x}}\nfare:')
        assert diagnostics_of(folder)[0].startswith(
            f"facts.yaml:1: fact id {fact_id!r}, expected letters, digits, - and _"
        )

    def test_command_of_the_bot_itself(self, folder: Path, edit: Edit) -> None:
        """/settings stays ours."""
        edit("topics/fare.yaml", "aliases: [ticket", "aliases: [settings")
        assert diagnostics_of(folder) == [
            "topics/fare.yaml:2: command 'settings' is taken by the bot itself, expected another word"
        ]


class TestDates:
    """Nothing we state lies in the future."""

    def test_checked_tomorrow(self, folder: Path, edit: Edit) -> None:
        """A slip of the year."""
        edit("facts.yaml", "2026-02-01", "2027-02-01")
        assert diagnostics_of(folder) == ["facts.yaml:6: 2027-02-01 is in the future, expected a day up to 2026-11-24"]

    def test_bulletin_of_tomorrow_needs_not_before(self, folder: Path, edit: Edit) -> None:
        """A scheduled bulletin may bear its day."""
        old = folder / "bulletins" / "2026-01-05-first-crossing.yaml"
        old.rename(folder / "bulletins" / "2026-12-01-second.yaml")
        edit("bulletins/2026-12-01-second.yaml", "2026-01-05", "2026-12-01")
        assert "is in the future" in diagnostics_of(folder)[0]
        edit("bulletins/2026-12-01-second.yaml", "topics:", "not_before: 2026-11-30T09:00:00+07:00\ntopics:")
        assert diagnostics_of(folder)[0].endswith("2026-12-01 is in the future, expected a day up to 2026-11-30")
        edit("bulletins/2026-12-01-second.yaml", "2026-11-30T", "2026-12-01T")
        assert diagnostics_of(folder) == []

    def test_file_name_and_date_disagree(self, folder: Path, edit: Edit) -> None:
        """The id says one day, the file another."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "2026-01-05", "2026-01-06")
        assert "expected the same day" in diagnostics_of(folder)[0]


class TestForms:
    """The form that goes with a number, in the order of CLDR."""

    @pytest.mark.parametrize(
        ("language", "forms", "expected"),
        [
            ("en", "boat|boats", {1: "boat", 2: "boats", 1.5: "boats"}),
            ("ru", "год|года|лет", {1: "год", 3: "года", 5: "лет", 21: "год", 1.5: "года"}),
            ("ru", "год|года|лет|лет", {1.5: "лет"}),
            ("pl", "rok|lata|lat", {1: "rok", 3: "lata", 5: "lat"}),
            ("fr", "an|ans", {1: "an", 2: "ans"}),
            ("id", "kapal", {1: "kapal", 2: "kapal"}),
            ("ru", "Мбит/с", {1: "Мбит/с", 5: "Мбит/с"}),
        ],
    )
    def test_form(self, language: str, forms: str, expected: dict[float, str]) -> None:
        """Whole numbers and fractions, and words that never change."""
        assert {n: plural(forms, n, language) for n in expected} == expected

    def test_language_that_cldr_does_not_know(self) -> None:
        """It is counted in as English is."""
        assert categories("xx") == ("one", "other")


class TestUnits:
    """Diagnostics of units."""

    def diagnostics(self, folder: Path, edit: Edit, units: str) -> list[str]:
        edit("facts.yaml", "fare:", f"boats: {{type: number, value: 6, unit: {units}}}\nfare:")
        edit("topics/fare.yaml", "**{fare}**", "**{fare}**, {boats}")
        return sorted(str(diagnostic).split(": ", 1)[1] for diagnostic in load(folder, TODAY).diagnostics)

    @pytest.mark.parametrize("units", ["{en: boat|boats, id: kapal}", "{en: Mbps, id: Mbps}", "Mbps"])
    def test_as_they_should_be(self, folder: Path, edit: Edit, units: str) -> None:
        """Each language its own number of forms, or one where a unit never changes."""
        assert self.diagnostics(folder, edit, units) == []

    def test_form_that_is_empty(self, folder: Path, edit: Edit) -> None:
        """A bar too many."""
        assert self.diagnostics(folder, edit, "{en: boat||boats, id: kapal}") == [
            "unit 'boat||boats' has an empty form, expected words between the bars"
        ]

    def test_empty_form_of_a_unit_for_all_languages(self, folder: Path, edit: Edit) -> None:
        """The same."""
        assert self.diagnostics(folder, edit, "'boat|'") == [
            "unit 'boat|' has an empty form, expected words between the bars"
        ]

    def test_another_number_of_forms(self, folder: Path, edit: Edit) -> None:
        """A warning, with the names of the forms."""
        assert self.diagnostics(folder, edit, "{en: boat|boats|boats, id: kapal|kapal}") == [
            "warning: 2 forms of a unit in 'id', expected one",
            "warning: 3 forms of a unit in 'en', expected 2, parted by | even where they are alike: one, other",
        ]

    def test_one_form_where_other_languages_have_several(self) -> None:
        """So the word changes with the number."""
        fact = Number(type="number", value=6, unit={"en": "boat|boats", "ru": "корабль"})
        assert not [
            *check_units({FactId("length"): Number(type="number", value=6, unit={"de": "Meter", "fr": "mètre|mètres"})})
        ]
        (diagnostic,) = check_units({FactId("boats"): fact})
        assert diagnostic.is_warning
        assert diagnostic.message == "one form of a unit in 'ru'"
        assert diagnostic.fix == "expected 3, parted by | even where they are alike: one, few, many"

    @pytest.mark.parametrize("unit", ["км", "Мбит/с", "ГВт·ч", "тыс. человек", "млн тонн"])
    def test_abbreviation_needs_one_form(self, unit: str) -> None:
        fact = Number(type="number", value=6, unit={"en": "boat|boats", "ru": unit})
        assert not [*check_units({FactId("boats"): fact})]


def emoji_diagnostics(folder: Path, edit: Edit, emoji: str) -> list[str]:
    """The diagnostics of a topic that has it."""
    edit("topics/fare.yaml", 'emoji: "🎫"', f'emoji: "{emoji}"')
    return [str(diagnostic) for diagnostic in load(folder, TODAY).diagnostics]


class TestEmoji:
    """Whatever a phone's keyboard writes as one sign is one, however many characters it has."""

    @pytest.mark.parametrize(
        "emoji", ["📄", "🇮🇩", "1️⃣", "✏️", "☎", "🕵🏽‍♂️", "👩‍👩‍👧‍👦", "❤️‍🔥", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "⛹🏽", "Ⓜ️", "🫩", "🪉"]
    )
    def test_an_emoji(self, folder: Path, edit: Edit, emoji: str) -> None:
        """Flags, keys, skin tones, joined people, those newer than this Python."""
        assert emoji_diagnostics(folder, edit, emoji) == []

    @pytest.mark.parametrize("sign", ["★", "→", "₽", "№", "©"])
    def test_a_plain_symbol(self, folder: Path, edit: Edit, sign: str) -> None:
        """Every platform shows it."""
        assert emoji_diagnostics(folder, edit, sign) == []


class TestNoEmoji:
    """Words are errors, with the line of the key."""

    @pytest.mark.parametrize("words", ["A", "ticket", ":ticket:", "1", "#", "—", "🎫a", "🇮", "<b>", r"\u200d"])
    def test_letters_and_signs_of_writing(self, folder: Path, edit: Edit, words: str) -> None:
        """Half a flag and a bare joiner are none, either."""
        [line] = emoji_diagnostics(folder, edit, words)
        assert line.startswith("topics/fare.yaml:1: ")
        assert line.endswith(" is no emoji, expected one, as in 📄")

    def test_it_costs_no_answer(self, folder: Path, edit: Edit) -> None:
        """``nota check`` fails for it, and the dossier is used."""
        emoji_diagnostics(folder, edit, "ticket")
        assert load(folder, TODAY).dossier is not None
        assert main(["check", str(folder)]) == 1

    def test_beside_another_error(self, folder: Path, edit: Edit) -> None:
        """It is reported with others, while warnings wait."""
        edit("topics/fare.yaml", "asks:", "sources: [harbor]\nasks:")
        assert len(emoji_diagnostics(folder, edit, "ticket")) == 2

    def test_a_long_text(self, folder: Path, edit: Edit) -> None:
        """Is shown in part, and found out at once."""
        assert emoji_diagnostics(folder, edit, "🎫" * 50_000 + "x") == [
            f"topics/fare.yaml:1: '{'🎫' * 19}…' is no emoji, expected one, as in 📄"
        ]

    @pytest.mark.parametrize("several", ["🎫🎫", "🇮🇩🤝🇷🇺", "🎫 🚢"])
    def test_several(self, folder: Path, edit: Edit, several: str) -> None:
        """A warning: it is more than wanted, and still shown."""
        assert emoji_diagnostics(folder, edit, several) == [
            f"topics/fare.yaml:1: warning: several emoji, {several!r}, expected one"
        ]


@pytest.fixture
def feeds(folder: Path) -> Path:
    """The copy of the tiny dossier, watching one feed."""
    (folder / "feeds.yaml").write_text(FEEDS, encoding="utf-8")
    return folder


class TestFeeds:
    """A feed is one entry: where, whose, in which language, about what, and which items."""

    def test_is_read_into_the_dossier(self, feeds: Path) -> None:
        """Reviewed by an editor unless it says otherwise."""
        dossier = load(feeds, TODAY).dossier
        assert dossier is not None
        (feed,) = dossier.feeds.values()
        assert feed.mode == "review"
        assert [phrase for _, phrase in feed.match.phrases()] == ["ferry", "fare", "ticket price", "island", "football"]

    def test_dossier_without_the_file_has_none(self, folder: Path) -> None:
        """Other dossiers stay whole."""
        dossier = load(folder, TODAY).dossier
        assert dossier is not None
        assert dossier.feeds == {}

    def test_feed_without_match_takes_everything(self, feeds: Path, edit: Edit) -> None:
        """For a feed that is about nothing else."""
        edit("feeds.yaml", FEEDS[FEEDS.index("  match") :], "")
        dossier = load(feeds, TODAY).dossier
        assert dossier is not None
        assert not list(next(iter(dossier.feeds.values())).match.phrases())

    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            ("url: https", "url: ftp", "feeds.yaml:2: harbour-news.url: 'ftp://harbour.example/rss.xml' is not valid"),
            ("publisher:", "publsher:", "feeds.yaml:3: unknown key 'publsher', did you mean 'publisher'?"),
            ("language: en", "language: fr", "feeds.yaml:4: unknown language 'fr'"),
            ("[fare]", "[fares]", "feeds.yaml:5: unknown topic 'fares', did you mean 'fare'?"),
            ("ticket price", "---", "feeds.yaml:7: '---' holds no word, expected letters or digits"),
            ("[island]", "island", "feeds.yaml:8: harbour-news.match.any: 'island' is not a list"),
            (
                "[ferry, [fare, ticket price]]",
                "[[]]",
                "harbour-news.match.all.0: [] is not valid, expected at least one",
            ),
            ("none:", "nome:", "feeds.yaml:9: unknown key 'nome', did you mean 'none'?"),
            (
                "  match:",
                "  mode: fast\n  match:",
                "harbour-news.mode: 'fast' is not valid, expected 'review' or 'auto'",
            ),
            ("harbour-news:", "Harbour News:", "feeds.yaml:1: id 'Harbour News', expected a-z, 0-9"),
        ],
    )
    def test_diagnostics_have_line_and_fix(self, feeds: Path, edit: Edit, old: str, new: str, line: str) -> None:
        """Like those of any other file."""
        edit("feeds.yaml", old, new)
        assert any(line in diagnostic for diagnostic in diagnostics_of(feeds)), diagnostics_of(feeds)

    def test_one_address_under_two_ids(self, feeds: Path) -> None:
        """It would be asked for twice as often."""
        (feeds / "feeds.yaml").write_text(FEEDS + FEEDS.replace("harbour-news", "again"), encoding="utf-8")
        assert diagnostics_of(feeds) == ["feeds.yaml:11: the url of 'harbour-news' as well, expected each feed once"]
