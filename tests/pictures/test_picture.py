"""What a picture shows, read from its SVG."""

import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dossier.models import BulletinId, DayFact, Dossier, FactId, Language, Money, Percent, TopicId
from bot.pictures.picture import Picture, draw
from bot.pictures.theme import THEMES
from bot.replies.dossier_texts import DossierTexts
from bot.replies.question import AboutBulletin, AboutTopic
from tests.conftest import TODAY
from tests.pictures.conftest import Change
from tests.pictures.reading import elements, labels, number, words

LANGUAGES = ("en", "id", "ru")
TOPICS = ("duration", "pricing", "coverage", "programs", "news")
LONG = {
    "en": "A memorandum with a title that nobody would print in full " * 4,
    "id": "Penyelenggaraantelekomunikasi" * 7,
    "ru": "Высокопроизводительное межправительственное взаимодействие в сфере связи " * 3,
}


def of(dossier: Dossier, topic: str, language: str = "en", today: date = TODAY) -> Picture:
    picture = draw(dossier, AboutTopic(TopicId(topic)), language, today)
    assert picture is not None
    return picture


class TestEveryPicture:
    """Every picture in every language and theme can be put in front of a reader."""

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("topic", TOPICS)
    def test_has_its_title_its_sources_and_its_day(self, dossier: Dossier, topic: str, language: str) -> None:
        """Whoever forwards it forwards what it is and where it is from."""
        svg = of(dossier, topic, language).svg
        assert words(svg, "headline") == dossier.topics[TopicId(topic)].title[Language(language)]
        assert words(svg, "kicker") == dossier.header.title[Language(language)]
        assert "2026" in words(svg, "credit")
        assert " — " in words(svg, "credit")

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("topic", TOPICS)
    @pytest.mark.parametrize("titles", ["own", "200 characters"])
    def test_no_label_overlaps_another_or_leaves_the_picture(
        self, dossier: Dossier, topic: str, language: str, titles: str
    ) -> None:
        """With our own titles, and with titles of 200 characters everywhere."""
        if titles != "own":
            dossier = with_long_titles(dossier)
        assert_set_well(of(dossier, topic, language).svg)

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("topic", TOPICS)
    def test_can_be_read_on_a_phone(self, dossier: Dossier, topic: str, language: str) -> None:
        """Which shows its 1200 pixels on some 330: of those every label has nine, the small print eight."""
        for label in labels(of(dossier, topic, language).svg):
            assert label.size * 330 / 1200 >= (8 if label.mark in ("kicker", "credit") else 8.8), label

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_no_card_overlaps_or_leaves_the_picture(self, dossier: Dossier, language: str) -> None:
        for each in (dossier, with_long_titles(dossier)):
            for name in each.bulletins:
                picture = draw(each, AboutBulletin(name), language, TODAY)
                assert picture is not None
                assert_set_well(picture.svg)

    def test_a_title_of_200_characters_stands_whole_on_its_card(self, dossier: Dossier) -> None:
        """It shrinks and wraps; nothing is cut."""
        long = with_long_titles(dossier)
        name = next(iter(long.bulletins))
        for language in LANGUAGES:
            picture = draw(long, AboutBulletin(name), language, TODAY)
            assert picture is not None
            shown = words(picture.svg, "headline").replace(" ", "")
            assert shown == long.bulletins[name].title[Language(language)].replace(" ", "")

    @pytest.mark.parametrize("topic", TOPICS)
    def test_themes_differ_in_colours_alone(self, dossier: Dossier, topic: str) -> None:
        drawn = {theme: draw(dossier, AboutTopic(TopicId(topic)), "ru", TODAY, theme) for theme in THEMES}
        bare = {re.sub(r"#[0-9A-F]{6}", "#", picture.svg) for picture in drawn.values() if picture}
        assert len(bare) == 1
        assert len({picture.svg for picture in drawn.values() if picture}) == 2

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_says_what_it_shows_in_words(self, dossier: Dossier, language: str) -> None:
        assert "2030" in of(dossier, "duration", language).alt
        assert "160" in of(dossier, "pricing", language).alt
        assert "92" in of(dossier, "coverage", language).alt
        for program in dossier.programs:
            assert program.title[Language(language)] in of(dossier, "programs", language).alt

    def test_can_be_inlined_under_a_strict_policy(self, dossier: Dossier) -> None:
        """No style, script or outside reference, and a title for screen readers."""
        svg = of(dossier, "duration").svg
        assert not re.search(r"style=|<style|<script|href|url\(", svg)
        assert "<title>" in svg


class TestDuration:
    """The term as a line from the signing to the derived end, today on it, the renewal dashed."""

    @pytest.mark.parametrize(
        ("language", "start", "end", "length"),
        [
            ("en", "19 June 2025", "19 June 2030", "5 years"),
            ("id", "19 Juni 2025", "19 Juni 2030", "5 tahun"),
            ("ru", "19 июня 2025 года", "19 июня 2030 года", "5 лет"),
        ],
    )
    def test_both_ends_and_the_length_are_labelled(
        self, dossier: Dossier, language: str, start: str, end: str, length: str
    ) -> None:
        svg = of(dossier, "duration", language).svg
        assert (words(svg, "start"), words(svg, "end"), words(svg, "length")) == (start, end, length)

    def test_a_derived_end_says_so(self, dossier: Dossier) -> None:
        assert words(of(dossier, "duration").svg, "end-name") == "End, by calculation"

    def test_today_stands_where_its_share_of_the_term_is(self, dossier: Dossier) -> None:
        """523 of 1826 days."""
        svg = of(dossier, "duration").svg
        term, passed = (elements(svg, mark)[0] for mark in ("term", "passed"))
        now = number(elements(svg, "today")[0], "x1")
        assert now == pytest.approx(number(term, "x") + number(term, "width") * 523 / 1826, abs=1)
        assert number(passed, "width") == pytest.approx(now - number(term, "x"), abs=1)
        assert words(svg, "today-name") == "Today, 24 November 2026"
        assert words(svg, "progress") == "29% of the term has passed · 1,303 days left"

    def test_holds_for_today(self, dossier: Dossier) -> None:
        """It counts the days left from today, and says when its facts were checked."""
        later = of(dossier, "duration", today=TODAY + timedelta(7)).svg
        assert words(later, "progress").endswith("1,296 days left")
        assert words(later, "credit").endswith("checked 24 November 2026")

    def test_the_renewal_goes_on_dashed(self, dossier: Dossier) -> None:
        svg = of(dossier, "duration").svg
        assert elements(svg, "continuation")[0].get("stroke-dasharray")
        assert words(svg, "then") == "automatic renewal?"

    def test_without_a_renewal_nothing_goes_on(self, changed: Change) -> None:
        svg = of(changed(body=dict.fromkeys(LANGUAGES, "{first_term} from {signed_on}.")), "duration").svg
        assert not elements(svg, "continuation")

    @pytest.mark.parametrize(
        "today", [date(2024, 1, 1), date(2025, 6, 19), date(2030, 6, 18), date(2031, 1, 1), date(2040, 1, 1)]
    )
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_any_day_can_be_today(self, dossier: Dossier, today: date, language: str) -> None:
        """Before the term, on its edges, long after it: on the picture, and readable."""
        svg = of(dossier, "duration", language, today).svg
        assert 0 < number(elements(svg, "today")[0], "x1") < 1200
        assert_set_well(svg)

    @pytest.mark.parametrize("days", [1, 40, 400, 20000])
    def test_any_term_can_be_drawn(self, changed: Change, days: int) -> None:
        end = DayFact(type="date", value=date(2025, 6, 19) + timedelta(days))
        assert_set_well(of(changed(facts={"term_end": end}), "duration").svg)


class TestPricing:
    """Monthly ranges in rupiah and dollars as bars, both ends labelled, and what they are a price of."""

    @pytest.mark.parametrize(
        ("language", "ends"),
        [
            ("en", "Rp95,000 Rp160,000 $6 $10"),
            ("id", "Rp95.000 Rp160.000 US$6 US$10"),
            ("ru", "95 000 рупий 160 000 рупий 6 долларов 10 долларов"),
        ],
    )
    def test_both_ends_of_both_ranges_are_labelled(self, dossier: Dossier, language: str, ends: str) -> None:
        assert words(of(dossier, "pricing", language).svg, "end") == ends

    def test_says_what_it_is_a_price_of(self, dossier: Dossier) -> None:
        """In the topic's own words; a reader of the picture alone must not take it for an Indonesian price."""
        svg = of(dossier, "pricing").svg
        assert words(svg, "headline") == "What internet costs in Russia"
        assert "in Russia" in words(svg, "standfirst")
        assert words(svg, "period") == "a month a month, roughly"

    def test_bars_start_from_zero_on_a_true_scale(self, dossier: Dossier) -> None:
        """A bar's place is its value's share of the axis, whose end is the last tick."""
        svg = of(dossier, "pricing").svg
        ticks = [label for label in labels(svg) if label.mark == "tick"][:5]
        bar = elements(svg, "range")[0]
        length = ticks[-1].right - ticks[0].left
        assert [tick.words for tick in ticks] == ["0", "50,000", "100,000", "150,000", "200,000"]
        assert number(bar, "x") == pytest.approx(ticks[0].left + length * 95 / 200, abs=1)
        assert number(bar, "width") == pytest.approx(length * 65 / 200, abs=1)

    def test_says_who_states_them(self, dossier: Dossier) -> None:
        """Each once, under the headline and in the alternative text."""
        picture = of(dossier, "pricing")
        expected = "Figure from Indonesia’s digital ministry, Komdigi; INTI Media"
        assert expected in words(picture.svg, "standfirst")
        assert expected in picture.alt

    @pytest.mark.parametrize(("low", "high"), [(0, 0.5), (1, 2), (99, 100), (1, 1e12), (95000, 95001)])
    def test_any_range_can_be_drawn(self, changed: Change, low: float, high: float) -> None:
        price = Money(type="money", min=low, max=high, currency="IDR", period="month")
        for language in LANGUAGES:
            assert_set_well(of(changed(facts={"price_idr": price}), "pricing", language).svg)

    def test_prices_for_other_periods_are_not_put_beside(self, changed: Change) -> None:
        """A yearly price on the same picture would compare what does not compare."""
        yearly = Money(type="money", min=60, max=100, currency="USD", period="year")
        assert len(elements(of(changed(facts={"price_usd": yearly}), "pricing").svg, "range")) == 1


class TestCoverage:
    """92 of 100, and who says so."""

    def test_92_of_100_dots_are_full(self, dossier: Dossier) -> None:
        svg = of(dossier, "coverage").svg
        assert (len(elements(svg, "filled")), len(elements(svg, "empty"))) == (92, 8)

    @pytest.mark.parametrize(
        ("language", "figure", "who"),
        [
            ("en", "92%", "Indonesia’s digital ministry"),
            ("id", "92%", "Kementerian Komunikasi"),
            ("ru", "92 %", "Министерство связи"),
        ],
    )
    def test_says_of_what_and_who_says_so(self, dossier: Dossier, language: str, figure: str, who: str) -> None:
        svg = of(dossier, "coverage", language).svg
        fact = dossier.facts[FactId("coverage")]
        assert isinstance(fact, Percent)
        assert isinstance(fact.of, dict)
        assert words(svg, "figure") == figure
        assert fact.of[language] in words(svg, "of")
        assert who in words(svg, "by")

    def test_credits_those_who_give_this_figure(self, dossier: Dossier) -> None:
        """And none of those whose other figures the text sets beside it."""
        credit = words(of(dossier, "coverage").svg, "credit")
        assert credit.startswith("INTI Media")
        assert "Mir24" not in credit

    @pytest.mark.parametrize(("value", "filled"), [(0, 0), (0.4, 0), (86.4, 86), (100, 100)])
    def test_other_shares_fill_other_dots(self, changed: Change, value: float, filled: int) -> None:
        """Rounded; of more than all there is no picture (test_faults)."""
        svg = of(changed(facts={"coverage": Percent(type="percent", value=value)}), "coverage").svg
        assert len(elements(svg, "filled")) == filled


class TestPrograms:
    """Six cards with their signs."""

    def test_six_cards_with_a_sign_of_our_own_each(self, dossier: Dossier) -> None:
        svg = of(dossier, "programs").svg
        places = {(number(card, "x"), number(card, "y")) for card in elements(svg, "card")}
        assert len(places) == 6
        assert svg.count("data-icon=") == 6

    @pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 12, 30])
    def test_another_dossier_has_another_number(self, dossier: Dossier, count: int) -> None:
        """Any number is set well; beyond twelve the rest is counted in words."""
        picture = of(with_programs(dossier, count), "programs")
        assert len(elements(picture.svg, "card")) == min(count, 12)
        assert_set_well(picture.svg)
        assert ("and 18 more" in picture.alt) == (count == 30)

    def test_an_emoji_that_we_have_no_sign_for_becomes_an_initial(self, dossier: Dossier) -> None:
        first = dossier.programs[0]
        topics = {**dossier.topics, first.id: first.model_copy(update={"emoji": "🦄"})}
        assert words(of(replace(dossier, topics=topics), "programs").svg, "initial") == "D"


class TestNews:
    """Bulletins on a dated line, the newest in words."""

    def test_every_bulletin_is_a_dot_and_the_newest_are_listed(self, dossier: Dossier) -> None:
        svg = of(dossier, "news").svg
        places = [number(dot, "cx") for dot in elements(svg, "bulletin")]
        assert len(places) == len(dossier.bulletins)
        assert places == sorted(places)
        newest = next(iter(dossier.bulletins.values()))
        assert words(svg, "title").startswith(DossierTexts(dossier, Language("en")).line(newest.title[Language("en")]))
        assert words(svg, "day").startswith("14 Feb 2026")

    @pytest.mark.parametrize("count", [1, 2, 200])
    def test_any_number_of_bulletins(self, dossier: Dossier, count: int) -> None:
        """One, two, or more than a line holds; all on one day, too."""
        item = next(iter(dossier.bulletins.values()))
        for step in (0, 11):
            days = [item.date - timedelta(index * step) for index in range(count)]
            many = {
                BulletinId(f"b{n}"): item.model_copy(update={"id": f"b{n}", "date": day}) for n, day in enumerate(days)
            }
            assert_set_well(of(replace(dossier, bulletins=many), "news").svg)


class TestNothingToDraw:
    """A missing fact makes no picture, and no exception."""

    @pytest.mark.parametrize("topic", ["pricing", "coverage"])
    def test_a_topic_that_refers_to_no_such_fact(self, changed: Change, topic: str) -> None:
        assert (
            draw(changed(topic, body=dict.fromkeys(LANGUAGES, "Words.")), AboutTopic(TopicId(topic)), "en", TODAY)
            is None
        )

    def test_a_timeline_without_its_dates(self, dossier: Dossier, changed: Change) -> None:
        """No progress, a fact that is gone or no date, an end before its start."""
        subject = AboutTopic(TopicId("duration"))
        without = {key: fact for key, fact in dossier.facts.items() if key != "term_end"}
        backwards = {"term_end": DayFact(type="date", value=date(2020, 1, 1))}
        for broken in (
            changed(progress=None),
            replace(dossier, facts=without),
            changed(facts={"term_end": dossier.facts[FactId("coverage")]}),
            changed(facts=backwards),
        ):
            assert draw(broken, subject, "en", TODAY) is None

    def test_no_programmes_and_no_bulletins(self, dossier: Dossier) -> None:
        bare = replace(with_programs(dossier, 0), bulletins={})
        assert draw(bare, AboutTopic(TopicId("programs")), "en", TODAY) is None
        assert draw(bare, AboutTopic(TopicId("news")), "en", TODAY) is None

    def test_unknown_pictures_topics_and_bulletins(self, changed: Change) -> None:
        """A name we do not draw, and tokens of yesterday."""
        assert draw(changed(picture="hologram"), AboutTopic(TopicId("duration")), "en", TODAY) is None
        assert draw(changed(picture=None), AboutTopic(TopicId("duration")), "en", TODAY) is None
        assert draw(changed(), AboutTopic(TopicId("gone")), "en", TODAY) is None
        assert draw(changed(), AboutBulletin(BulletinId("gone")), "en", TODAY) is None


class TestLettersThatTheTypefacesLack:
    """A language that cannot be set falls back to the dossier's own; signs without which words can be read are left out."""

    def test_a_language_without_glyphs_falls_back(self, changed: Change) -> None:
        """Tamil titles: the picture is in English, and says so."""
        titles = {"en": "How long", "id": "எவ்வளவு காலம்", "ru": "Сколько"}
        assert of(changed(title=titles), "duration", "id").language == "en"
        assert of(changed(title=titles), "duration", "ru").language == "ru"

    def test_no_picture_where_the_default_language_cannot_be_set_either(self, changed: Change) -> None:
        titles = dict.fromkeys(LANGUAGES, "எவ்வளவு காலம்")
        assert draw(changed(title=titles), AboutTopic(TopicId("duration")), "id", TODAY) is None

    def test_emoji_in_a_title_are_left_out(self, changed: Change) -> None:
        """Also joined ones and those with a variant selector."""
        titles = dict.fromkeys(LANGUAGES, "Fast 🚀 and ❤️ far 👩‍🚀")
        assert words(of(changed(title=titles), "duration").svg, "headline").split() == ["Fast", "and", "far"]

    @given(text=st.text(min_size=1, max_size=200))
    @settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_whatever_an_editor_writes_is_set_or_is_not(self, changed: Change, text: str) -> None:
        """Never an exception, never anything but well-formed SVG, never outside the picture."""
        for topic in ("duration", "programs"):
            texts = dict.fromkeys(LANGUAGES, text)
            picture = draw(changed(topic, title=texts, summary=texts), AboutTopic(TopicId(topic)), "ru", TODAY)
            if picture is not None:
                assert_set_well(picture.svg)

    def test_markup_in_a_title_is_text(self, changed: Change) -> None:
        titles = dict.fromkeys(LANGUAGES, "<script>\"a\" & 'b'</script>")
        assert words(of(changed(title=titles), "duration").svg, "headline") == titles["en"]


def with_long_titles(dossier: Dossier) -> Dossier:
    titles = {language: text[:200].strip() for language, text in LONG.items()}
    return replace(
        dossier,
        topics={key: topic.model_copy(update={"title": titles}) for key, topic in dossier.topics.items()},
        bulletins={key: item.model_copy(update={"title": titles}) for key, item in dossier.bulletins.items()},
    )


def with_programs(dossier: Dossier, count: int) -> Dossier:
    topics = {key: topic for key, topic in dossier.topics.items() if not topic.is_program}
    for index in range(count):
        program = dossier.programs[index % 6].model_copy(update={"id": f"program:p{index}"})
        topics[program.id] = program
    return replace(dossier, topics=topics)


def assert_set_well(svg: str) -> None:
    """Every line of text is inside the picture, and no two overlap."""
    found = labels(svg)
    for label in found:
        assert label.left >= 0
        assert label.right <= 1200, label
        assert label.top >= 0
        assert label.bottom <= 675, label
    for one, two in combinations(found, 2):
        assert not one.overlaps(two), (one, two)
