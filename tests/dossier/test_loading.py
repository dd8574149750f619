"""An editor hears of every mistake, with its file, its line and the remedy."""

from datetime import date
from pathlib import Path

import pytest

from bot.dossier.loader import load
from tests.conftest import TINY, TODAY, Edit


def said(folder: Path, today: date = TODAY) -> list[str]:
    """The mistakes as an editor reads them."""
    return [str(diagnostic) for diagnostic in load(folder, today).diagnostics]


class TestWholeDossier:
    """A dossier without mistakes becomes one value."""

    def test_tiny_dossier_is_read_without_a_word(self) -> None:
        """No mistake, no warning."""
        loading = load(TINY, TODAY)
        assert loading.diagnostics == ()
        assert loading.dossier is not None
        assert set(loading.dossier.commands) == {"fare", "ticket", "tiket"}

    def test_version_changes_with_any_value(self, folder: Path, edit: Edit) -> None:
        """What was rendered from another version is out of date."""
        before = load(folder, TODAY).dossier
        edit("topics/fare.yaml", "A single ticket", "One ticket")
        after = load(folder, TODAY).dossier
        assert before is not None
        assert after is not None
        assert before.version != after.version

    def test_all_mistakes_are_said_at_once(self, folder: Path, edit: Edit) -> None:
        """Two files, two mistakes, one reading."""
        edit("topics/fare.yaml", "emoji:", "emojy:")
        edit("sources.yaml", "https://", "ftp://")
        assert len(said(folder)) == 2


class TestFiles:
    """Files that cannot be read as documents."""

    def test_yaml_that_does_not_parse_names_the_line(self, folder: Path) -> None:
        """Libyaml's own words, and what to do."""
        (folder / "facts.yaml").write_text("fare:\n  type: money\n   amount: 1\n", encoding="utf-8")
        assert said(folder)[0].startswith("facts.yaml:3: not YAML")

    def test_tab_at_the_start_of_a_line(self, folder: Path) -> None:
        """The commonest slip has its own remedy."""
        (folder / "facts.yaml").write_text("fare:\n\ttype: money\n", encoding="utf-8")
        assert "expected spaces, not tabs" in said(folder)[0]

    def test_yaml_bomb_is_refused_before_it_unfolds(self, folder: Path) -> None:
        """Nine levels of nine aliases would be 387 million strings."""
        lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
        lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
        (folder / "facts.yaml").write_text("\n".join(lines), encoding="utf-8")
        assert any("anchor" in line for line in said(folder))

    def test_deep_nesting_is_refused(self, folder: Path) -> None:
        """Neither the parser nor we go down without end."""
        (folder / "facts.yaml").write_text("[" * 900 + "]" * 900, encoding="utf-8")
        assert "nested too deeply" in said(folder)[0]

    def test_duplicate_key(self, folder: Path, edit: Edit) -> None:
        """YAML parsers keep the last one silently; we do not."""
        edit("topics/fare.yaml", 'emoji: "🎫"\n', 'emoji: "🎫"\nemoji: "🎟"\n')
        assert said(folder) == ["topics/fare.yaml:2: 'emoji' stands twice, expected each key once"]

    def test_not_utf_8(self, folder: Path) -> None:
        """The line of the first wrong byte."""
        (folder / "facts.yaml").write_bytes(b"fare:\n  type: \xff\n")
        assert said(folder)[0] == "facts.yaml:2: byte 0xff is not UTF-8, expected a file saved as UTF-8"

    def test_too_large(self, folder: Path) -> None:
        """256 KiB is the most."""
        (folder / "facts.yaml").write_text("# " + "x" * 256 * 1024, encoding="utf-8")
        assert said(folder)[0].startswith("facts.yaml:1: larger than 256 KiB")

    def test_link_out_of_the_folder(self, folder: Path, tmp_path: Path) -> None:
        """A link inside the folder is a file of it; one that leads out is not."""
        (tmp_path / "elsewhere.yaml").write_text("x: 1", encoding="utf-8")
        (folder / "topics" / "other.yaml").symlink_to(tmp_path / "elsewhere.yaml")
        assert "topics/other.yaml:1: a link out of the folder, expected a file of the folder itself" in said(folder)

    def test_file_that_is_no_part_of_a_dossier(self, folder: Path) -> None:
        """A topic saved as .yml would be missed in silence."""
        (folder / "topics" / "fare2.yml").write_text("title: x", encoding="utf-8")
        assert said(folder)[0].startswith("topics/fare2.yml:1: not a file of a dossier")

    @pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "12", "{}"])
    def test_topic_file_of_another_shape(self, folder: Path, text: str) -> None:
        """Whatever stands in a file, we answer with lines, never with a traceback."""
        (folder / "topics" / "fare.yaml").write_text(text, encoding="utf-8")
        assert all(line.startswith("topics/fare.yaml:1: ") for line in said(folder))
        assert said(folder)

    def test_no_folder(self, tmp_path: Path) -> None:
        """CONTENT_DIR that leads nowhere."""
        assert "no such folder" in said(tmp_path / "nowhere")[0]


class TestKeysAndTypes:
    """The shape of entries."""

    def test_unknown_key_has_a_did_you_mean(self, folder: Path, edit: Edit) -> None:
        """The nearest key of that place."""
        edit("topics/fare.yaml", "summary:", "sumary:")
        assert "topics/fare.yaml:6: unknown key 'sumary', did you mean 'summary'?" in said(folder)

    def test_wrong_type_names_what_is_expected(self, folder: Path, edit: Edit) -> None:
        """A word where a number belongs."""
        edit("facts.yaml", "amount: 4500", "amount: cheap")
        assert said(folder) == [
            "facts.yaml:3: fare.amount: 'cheap' is not valid, expected a number, as in 95000 or 86.4"
        ]

    def test_missing_key_that_is_also_a_type(self, folder: Path, edit: Edit) -> None:
        """A bulletin's ``date`` is a key, a fact's may be a type."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "date: 2026-01-05\n", "")
        assert "bulletins/2026-01-05-first-crossing.yaml:1: date is missing" in said(folder)[0]

    def test_unknown_type_of_fact(self, folder: Path, edit: Edit) -> None:
        """Types are few and named."""
        edit("facts.yaml", "type: money", "type: mony")
        assert said(folder) == ["facts.yaml:2: fare: unknown type 'mony', did you mean 'money'?"]

    def test_range_upside_down(self, folder: Path, edit: Edit) -> None:
        """Min above max."""
        edit("facts.yaml", "amount: 4500", "min: 5\n  max: 4")
        assert "expected min not above max" in said(folder)[0]

    @pytest.mark.parametrize("value", ['"4500"', "true", ".inf", "1e400", "1e300", "4,500", "4.500,00"])
    def test_what_is_no_number(self, folder: Path, edit: Edit, value: str) -> None:
        """Digits in quotes, truth values, what has no end, and what nobody could read."""
        edit("facts.yaml", "amount: 4500", f"amount: {value}")
        assert said(folder)[0].startswith("facts.yaml:3: fare.amount: ")

    def test_quotes_around_a_number(self, folder: Path, edit: Edit) -> None:
        """The remedy names them."""
        edit("facts.yaml", "amount: 4500", 'amount: "4500"')
        assert said(folder) == ["facts.yaml:3: fare.amount: '4500' is not valid, expected a number, without quotes"]

    @pytest.mark.parametrize("value", ["yes", '"true"', "1"])
    def test_what_is_no_truth_value(self, folder: Path, edit: Edit, value: str) -> None:
        """YAML 1.2 knows true and false; an urgent bulletin is too much to guess at."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics:", f"urgent: {value}\ntopics:")
        assert "expected true or false" in said(folder)[0]

    @pytest.mark.parametrize("value", ["20260105", "1767571200", "2026-02-30", "05.01.2026", "January 2026"])
    def test_what_is_no_day(self, folder: Path, edit: Edit, value: str) -> None:
        """A number is never taken for seconds since 1970."""
        edit("sources.yaml", "2026-01-05", value)
        assert "expected a day, as in 2026-01-31" in said(folder)[0]

    def test_currency_that_nobody_pays_with(self, folder: Path, edit: Edit) -> None:
        """Three letters are not enough."""
        edit("facts.yaml", "IDR", "XQZ")
        assert said(folder) == [
            "facts.yaml:4: fare.currency: 'XQZ' is not valid, expected one of ISO 4217, as in IDR, EUR or RUB"
        ]

    @pytest.mark.parametrize(
        "url",
        ["https:///path", "http://?q=1", "https://:80/", "https://a.example:99999/", '"https://[::1/"'],
    )
    def test_address_without_a_host(self, folder: Path, edit: Edit, url: str) -> None:
        """Nobody could open it."""
        edit("sources.yaml", "https://harbour.example/timetable", url)
        assert "with a host" in said(folder)[0]

    def test_control_character_in_a_text(self, folder: Path, edit: Edit) -> None:
        """YAML's escapes let in what PostgreSQL does not take."""
        edit("topics/fare.yaml", "en: The fare", 'en: "The\\0fare"')
        assert said(folder) == ["topics/fare.yaml:4: the control character U+0000, expected text without it"]

    def test_bad_url_scheme(self, folder: Path, edit: Edit) -> None:
        """Sources are pages of the web."""
        edit("sources.yaml", "https://", "javascript:")
        assert "expected an http:// or https:// address" in said(folder)[0]

    def test_bare_words_of_yaml_1_1_stay_words(self, folder: Path, edit: Edit) -> None:
        """``no`` is Norwegian, not false."""
        edit("sources.yaml", "title: Timetable", "title: no")
        loading = load(folder, TODAY)
        assert loading.dossier is not None
        assert next(iter(loading.dossier.sources.values())).title == "no"


class TestReferences:
    """Ids that lead nowhere."""

    def test_unknown_fact_in_a_text(self, folder: Path, edit: Edit) -> None:
        """With the nearest fact."""
        edit("topics/fare.yaml", "**{fare}**", "**{fair}**")
        assert "topics/fare.yaml:10: unknown fact 'fair', did you mean 'fare'?" in said(folder)

    @pytest.mark.parametrize("words", ["{ fare }", "{fare", "fare}", "{{fare}}", "{}", "{my fare}"])
    def test_braces_that_name_no_fact(self, folder: Path, edit: Edit, words: str) -> None:
        """Readers would see them."""
        edit("topics/fare.yaml", "en: A single ticket costs **{fare}**.", f"en: 'It costs {words}.'")
        assert any("names no fact" in line for line in said(folder))

    def test_braces_that_nearly_name_a_fact(self, folder: Path, edit: Edit) -> None:
        """With the reference as it should be."""
        edit("topics/fare.yaml", "costs **{fare}**", "costs **{ fare }**")
        assert said(folder)[0] == "topics/fare.yaml:10: '{ fare }' names no fact, did you mean {fare}?"

    @pytest.mark.parametrize("fact_id", ["single-fare", "Fare", "2nd_fare", "тариф"])
    def test_ids_of_facts(self, folder: Path, edit: Edit, fact_id: str) -> None:
        """Letters of any script, digits, hyphens and underscores."""
        edit("facts.yaml", "fare:", f"{fact_id}:")
        for language in ("costs", "jalan"):
            edit("topics/fare.yaml", f"{language} **{{fare}}**", f"{language} **{{{fact_id}}}**")
        assert said(folder) == []

    def test_unknown_source(self, folder: Path, edit: Edit) -> None:
        """With the nearest source."""
        edit("facts.yaml", "[harbour]", "[harbor]")
        assert said(folder) == ["facts.yaml:5: unknown source 'harbor', did you mean 'harbour'?"]

    def test_unknown_topic(self, folder: Path, edit: Edit) -> None:
        """Of a bulletin."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics: [fare]", "topics: [fares]")
        assert said(folder)[0].endswith("unknown topic 'fares', did you mean 'fare'?")

    def test_missing_language(self, folder: Path, edit: Edit) -> None:
        """Every text has every language."""
        edit("topics/fare.yaml", "  id: Tarif\n", "")
        assert said(folder) == ["topics/fare.yaml:3: title has no 'id', expected a text for id"]

    def test_language_the_dossier_does_not_have(self, folder: Path, edit: Edit) -> None:
        """A slip in the key of a language."""
        edit("topics/fare.yaml", "  id: Tarif\n", "  id: Tarif\n  ru: Тариф\n")
        assert "topics/fare.yaml:6: unknown language 'ru'" in said(folder)[0]

    def test_duplicate_command(self, folder: Path, edit: Edit) -> None:
        """Two topics that both want a word."""
        text = (folder / "topics" / "fare.yaml").read_text(encoding="utf-8")
        (folder / "topics" / "price.yaml").write_text(
            text.replace("tiket]", "x]").replace("ticket,", ""), encoding="utf-8"
        )
        edit("topics/price.yaml", "aliases: [", "aliases: [fare, ")
        assert any("command 'fare' is taken by topics/fare.yaml" in line for line in said(folder))

    def test_command_that_is_another_topics_id(self, folder: Path, edit: Edit) -> None:
        """Whoever takes it is wrong, not the topic that has always had it, whatever their order."""
        text = (folder / "topics" / "fare.yaml").read_text(encoding="utf-8")
        (folder / "topics" / "price.yaml").write_text(text.replace("[ticket, tiket]", "[fare]"), encoding="utf-8")
        edit("topics/price.yaml", "emoji:", "order: 1\nemoji:")
        edit("topics/price.yaml", "  en: [how much is a ticket, fare, price of the ferry]\n", "")
        edit("topics/price.yaml", "  id: [berapa harga tiket, tarif feri, ongkos]\n", "")
        edit("topics/price.yaml", "asks:\n", "")
        assert said(folder) == [
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
        assert said(folder) == [f"topics/fare.yaml:1: {word!r} is no command, {expected}"]

    @pytest.mark.parametrize("word", ["срок", "期限", "अवधि", "ค่าใช้จ่าย", "größe", "fare_2"])
    def test_word_of_any_script(self, folder: Path, edit: Edit, word: str) -> None:
        """Vowels and tones that are signs of their own belong to it."""
        edit("topics/fare.yaml", "emoji:", f"command: {word}\nemoji:")
        assert said(folder) == []

    def test_file_name_that_is_no_command(self, folder: Path) -> None:
        """It may stay, with a command of its own."""
        (folder / "topics" / "fare.yaml").rename(folder / "topics" / "the-fare.yaml")
        assert said(folder)[-1].startswith(
            "topics/the-fare.yaml:1: 'the-fare' is no command, expected another file name, or command: the_fare"
        )

    @pytest.mark.parametrize(
        ("name", "meant"), [("Fare", "fare"), ("/fare", "fare"), ("ticket", "fare"), ("tiket", "fare")]
    )
    def test_topic_named_otherwise(self, folder: Path, edit: Edit, name: str, meant: str) -> None:
        """By its command or an alias, or in capitals."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics: [fare]", f"topics: [{name}]")
        assert said(folder)[0].endswith(f"unknown topic {name!r}, did you mean {meant!r}?")

    def test_ids_that_stand_twice(self, folder: Path, edit: Edit) -> None:
        """Or lead back to where they stand: warnings, since each is shown once."""
        edit("topics/fare.yaml", "asks:", "sources: [harbour, harbour]\nrelated: [fare]\nasks:")
        assert said(folder) == [
            "topics/fare.yaml:12: warning: source 'harbour' stands twice, expected each once",
            "topics/fare.yaml:13: warning: a button to the topic itself, expected other topics",
        ]

    def test_progress_to_an_earlier_day(self, folder: Path, edit: Edit) -> None:
        """A bar that has no length."""
        days = "a: {type: date, value: 2025-01-01}\nb: {type: date, value: 2024-01-01}\n"
        edit("facts.yaml", "fare:", days + "fare:")
        edit("topics/fare.yaml", "asks:", "progress: {from: a, to: b}\nasks:")
        assert said(folder) == [
            "topics/fare.yaml:12: progress from 2025-01-01 to 2024-01-01, expected a date fact to a later one"
        ]

    @pytest.mark.parametrize("fact_id", ["fare.single", "the fare", "-"])
    def test_id_that_no_text_can_name(self, folder: Path, edit: Edit, fact_id: str) -> None:
        """A full stop is what asks for a form."""
        edit("facts.yaml", "fare:", f'"{fact_id}": {{type: name, value: x}}\nfare:')
        assert said(folder)[0].startswith(f"facts.yaml:1: fact id {fact_id!r}, expected letters, digits, - and _")

    def test_command_of_the_bot_itself(self, folder: Path, edit: Edit) -> None:
        """/settings stays ours."""
        edit("topics/fare.yaml", "aliases: [ticket", "aliases: [settings")
        assert said(folder) == [
            "topics/fare.yaml:2: command 'settings' is taken by the bot itself, expected another word"
        ]


class TestDates:
    """Nothing we state lies in the future."""

    def test_checked_tomorrow(self, folder: Path, edit: Edit) -> None:
        """A slip of the year."""
        edit("facts.yaml", "2026-02-01", "2027-02-01")
        assert said(folder) == ["facts.yaml:6: 2027-02-01 is in the future, expected a day up to 2026-11-24"]

    def test_bulletin_of_tomorrow_needs_not_before(self, folder: Path, edit: Edit) -> None:
        """A scheduled bulletin may bear its day."""
        old = folder / "bulletins" / "2026-01-05-first-crossing.yaml"
        old.rename(folder / "bulletins" / "2026-12-01-second.yaml")
        edit("bulletins/2026-12-01-second.yaml", "2026-01-05", "2026-12-01")
        assert "is in the future" in said(folder)[0]
        edit("bulletins/2026-12-01-second.yaml", "topics:", "not_before: 2026-11-30T09:00:00+07:00\ntopics:")
        assert said(folder)[0].endswith("2026-12-01 is in the future, expected a day up to 2026-11-30")
        edit("bulletins/2026-12-01-second.yaml", "2026-11-30T", "2026-12-01T")
        assert said(folder) == []

    def test_file_name_and_date_disagree(self, folder: Path, edit: Edit) -> None:
        """The id says one day, the file another."""
        edit("bulletins/2026-01-05-first-crossing.yaml", "2026-01-05", "2026-01-06")
        assert "expected the same day" in said(folder)[0]


class TestComputedDates:
    """``from`` a date ``plus`` a duration."""

    FACTS = (
        "start: {type: date, value: 2024-02-29}\nlength: {type: duration, years: 1}\n"
        "end: {type: date, from: start, plus: length, derived: true}\n"
    )

    def test_end_of_february(self, folder: Path) -> None:
        """A day that the year lacks becomes the month's last."""
        (folder / "facts.yaml").write_text(self.FACTS + "fare: {type: text, value: x}\n", encoding="utf-8")
        loading = load(folder, TODAY)
        assert loading.dossier is not None
        assert getattr(loading.dossier.facts["end"], "value", None) == date(2025, 2, 28)  # type: ignore[index]

    def test_computed_from_itself(self, folder: Path) -> None:
        """A circle has no first day."""
        text = self.FACTS.replace("from: start", "from: end") + "fare: {type: text, value: x}\n"
        (folder / "facts.yaml").write_text(text, encoding="utf-8")
        assert any("computed from itself" in line for line in said(folder))

    def test_after_the_end_of_the_calendar(self, folder: Path) -> None:
        """A slip of a few zeros."""
        text = self.FACTS.replace("years: 1", "years: 10000") + "fare: {type: text, value: x}\n"
        (folder / "facts.yaml").write_text(text, encoding="utf-8")
        assert "facts.yaml:3: a day after the year 9999, expected a day before" in said(folder)


class TestWarnings:
    """What does not stop the dossier, but should be looked at."""

    def test_fact_used_nowhere(self, folder: Path, edit: Edit) -> None:
        """It may be a leftover."""
        edit("topics/fare.yaml", "**{fare}**", "little")
        edit("topics/fare.yaml", "**{fare}**", "sedikit")
        loading = load(folder, TODAY)
        assert loading.dossier is not None
        assert [str(diagnostic) for diagnostic in loading.diagnostics] == [
            "facts.yaml:1: warning: fact 'fare' is used nowhere, expected {fare} in some text"
        ]

    def test_words_that_became_a_comment(self, folder: Path, edit: Edit) -> None:
        """What follows " #" is dropped by YAML; after a number, or with a space, it was meant so."""
        edit("topics/fare.yaml", "en: The fare", "en: Deal #1 on the ferry")
        edit("topics/fare.yaml", "emoji:", "order: 6 #first\nemoji:")
        edit("topics/fare.yaml", "  id: Tarif\n", "  id: Tarif  # to be read again\n")
        edit("topics/fare.yaml", "**{fare}**.\n", '**{fare}**. It is "#1".\n')
        assert said(folder) == [
            "topics/fare.yaml:5: warning: '#1 on the ferry' is read as a comment, "
            'expected a text that holds " #" to stand in quotes'
        ]

    @pytest.mark.parametrize("typed", ["Rp4,500", "Rp4.500", "4500", "4 500"])
    def test_number_that_a_fact_holds(self, folder: Path, edit: Edit, typed: str) -> None:
        """It would be forgotten when the fact changes."""
        edit("topics/fare.yaml", "**{fare}**", typed + " or {fare}")
        assert any("is held by a fact, expected {fare}" in line for line in said(folder))

    @pytest.mark.parametrize(
        ("fact", "language", "typed"),
        [
            ("{type: date, value: 2025-06-09}", "en", "9 June 2025"),
            ("{type: date, value: 2025-06-09}", "en", "June 9, 2025"),
            ("{type: date, value: 2025-06-09}", "en", "2025-06-09"),
            ("{type: date, value: 2025-06-09}", "id", "9 Juni 2025"),
            ("{type: duration, years: 5}", "en", "5 years"),
            ("{type: duration, years: 5}", "id", "5 tahun"),
            ("{type: number, value: 4, unit: {en: boat|boats, id: kapal}}", "en", "4 boats"),
            ("{type: number, value: 4, unit: {en: boat|boats, id: kapal}}", "id", "4 kapal"),
            ("{type: number, value: 250}", "en", "250"),
            ("{type: percent, value: 12.5}", "en", "12.5%"),
            ("{type: percent, value: 12.5}", "id", "12,5 %"),
            ("{type: money, min: 6, max: 10, currency: USD}", "en", "$6"),
            ("{type: money, min: 6, max: 10, currency: USD}", "id", "US$10"),
            ("{type: money, amount: 4.5, currency: EUR}", "en", "€4.50"),
        ],
    )
    def test_day_or_small_number_that_a_fact_holds(
        self, folder: Path, edit: Edit, fact: str, language: str, typed: str
    ) -> None:
        """A day however it is written, and a small number beside what it counts, at its line."""
        edit("facts.yaml", "fare:", f"held: {fact}\nfare:")
        written = {"en": "A single ticket costs **{fare}**.", "id": "Tiket sekali jalan **{fare}**."}[language]
        edit("topics/fare.yaml", written, f"|\n    {written}\n\n    {{held}}, or {typed}.")
        line = 13 if language == "en" else 14
        assert said(folder) == [f"topics/fare.yaml:{line}: warning: {typed} is held by a fact, expected {{held}}"]

    def test_value_typed_over_two_lines(self, folder: Path, edit: Edit) -> None:
        """Said in one, where it begins; each time that it stands there."""
        edit("facts.yaml", "fare:", "opening: {type: date, value: 2025-06-09}\nfare:")
        edit(
            "topics/fare.yaml",
            "A single ticket costs **{fare}**.",
            "|\n    {opening}: 9\n    June 2025, {fare}, 9 June 2025.",
        )
        words = "warning: 9 June 2025 is held by a fact, expected {opening}"
        assert said(folder) == [f"topics/fare.yaml:{line}: {words}" for line in (11, 12)]

    @pytest.mark.parametrize(
        "typed", ["4 cats", "14 boats", "3–4 boats", "4 boatswains", "page 4", "2025-06-091", "$6.50"]
    )
    def test_number_that_counts_something_else(self, folder: Path, edit: Edit, typed: str) -> None:
        """Small numbers are too common to warn of each."""
        facts = "boats: {type: number, value: 4, unit: {en: boat|boats, id: kapal}}\n"
        facts += "opening: {type: date, value: 2025-06-09}\nmeal: {type: money, amount: 6, currency: USD}\n"
        edit("facts.yaml", "fare:", f"{facts}fare:")
        edit("topics/fare.yaml", "costs **{fare}**", f"{{boats}} {{opening}} {{meal}} {{fare}}, {typed}")
        assert said(folder) == []


class TestMarkdown:
    """Outside the small subset."""

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("# Big", "a heading"),
            ("`code`", "code"),
            ("> quoted", "a quotation block"),
            ("<b>bold</b>", "HTML"),
            ("![x](https://x.example/i.png)", "an image"),
            ("- a\\n  - b", "a list inside a list"),
            ("[x](javascript:alert)", "link to"),
            ("[x](/here)", "link to"),
            ("a\\n\\n---\\n", "a rule"),
            ("| a | b |\\n|---|---|\\n| 1 | 2 |\\n\\n", "a table"),
            ("~~no~~", "struck-out text"),
            ("[x](https:///here)", "link to"),
            ("[x](https://me:secret@a.example/)", "without a user name"),
            ("[x](https://a.example/{fare})", "a fact in the address of a link"),
            ("[](https://a.example/)", "a link without words"),
        ],
    )
    def test_is_refused(self, folder: Path, edit: Edit, text: str, what: str) -> None:
        """With the line and what is allowed."""
        edit("topics/fare.yaml", "A single ticket costs **{fare}**.", f'"{text} {{fare}}"')
        assert any(what in line for line in said(folder)), said(folder)

    def test_stars_that_mark_nothing(self, folder: Path, edit: Edit) -> None:
        """A warning: they are shown as they stand."""
        edit("topics/fare.yaml", "**{fare}**.", "**{fare}.")
        assert said(folder) == [
            "topics/fare.yaml:10: warning: ** that marks nothing, expected **bold**, without spaces inside"
        ]

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("*It costs {fare}", "* that marks nothing, expected *italic*"),
            ("[x](https://a.example/a b) {fare}", "brackets that make no link"),
            ("[x][1] {fare}", "brackets that make no link"),
            ("- [ ] {fare}", "brackets that make no link"),
            ("• {fare}", "• that makes no list, expected - item lines"),
            ("It is\\n\\n19. {fare}", "a line that begins with 19. is shown as 1. of a list, expected 19\\. for words"),
            ("It is\\n1. {fare}", "a line that begins with 1. is shown as 1. of a list"),
        ],
    )
    def test_what_was_hardly_meant_so(self, folder: Path, edit: Edit, text: str, what: str) -> None:
        """A warning, as long as it can be shown at all."""
        edit("topics/fare.yaml", "A single ticket costs **{fare}**.", f'"{text}"')
        assert any(f"warning: {what}" in line for line in said(folder)), said(folder)

    def test_lists_as_they_should_be(self, folder: Path, edit: Edit) -> None:
        """And stars that are only stars."""
        edit(
            "topics/fare.yaml",
            "A single ticket costs **{fare}**.",
            '"*One*, 2 * 3, a* {fare}\\n\\n1. a\\n2. b\\n\\n* c"',
        )
        assert said(folder) == []

    def test_stars_in_a_title(self, folder: Path, edit: Edit) -> None:
        """Titles are plain."""
        edit("topics/fare.yaml", "en: The fare", "en: The **fare**")
        assert said(folder) == ["topics/fare.yaml:4: warning: Markdown in a title or summary, expected plain words"]

    def test_line_inside_a_block_text(self, folder: Path, edit: Edit) -> None:
        """The line of the file, not of the text."""
        edit("topics/fare.yaml", "  en: A single ticket costs **{fare}**.", "  en: |\n    One {fare}.\n\n    ## Two\n")
        assert said(folder)[0].startswith("topics/fare.yaml:13: a heading")
