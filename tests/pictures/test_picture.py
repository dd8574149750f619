"""What a picture shows, read from its SVG."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dossier.models import BulletinId, DayFact, Dossier, FactId, Language, Money, Percent, TopicId
from bot.pictures.charts import MAX_DOTS
from bot.pictures.picture import Inline, Picture, draw
from bot.pictures.theme import THEMES
from bot.replies.dossier_texts import DossierTexts
from bot.replies.question import AboutBulletin, AboutTopic
from tests.conftest import TODAY, not_none
from tests.pictures.conftest import Change
from tests.pictures.reading import elements, labels, number, words
from tests.tables import cases, table

LANGUAGES = ("en", "id", "ru")
TOPICS = ("duration", "pricing", "coverage", "programs", "news")
LONG = {
    "en": "A memorandum with a title that nobody would print in full " * 4,
    "id": "Penyelenggaraantelekomunikasi" * 7,
    "ru": "Высокопроизводительное межправительственное взаимодействие в сфере связи " * 3,
}


def of(dossier: Dossier, topic: str, language: str = "en", today: date = TODAY) -> Picture:
    return not_none(draw(dossier, AboutTopic(TopicId(topic)), language, today))


class TestEveryPicture:
    """Every picture in every language and theme can be put in front of a reader."""

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("topic", TOPICS)
    def test_has_its_title_its_sources_and_its_day(self, dossier: Dossier, topic: str, language: str) -> None:
        """Whoever forwards it forwards what it is and where it is from."""
        svg = of(dossier, topic, language).svg
        assert words(svg, "headline") == dossier.topics[TopicId(topic)].title[Language(language)]
        assert words(svg, "kicker") == dossier.header.title[Language(language)]
        assert words(svg, "credit")
        assert "2026" in words(svg, "as-of")

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
        """Which shows its 1200 pixels on some 330: of those every label has eleven."""
        for label in labels(of(dossier, topic, language).svg):
            assert label.size >= 40, label

    def test_carries_the_name_of_who_publishes(self, dossier: Dossier) -> None:
        header = dossier.header.model_copy(update={"name": {"en": "City of Alba", "ru": "Город Альба"}})
        own = replace(dossier, header=header)
        assert words(of(own, "pricing").svg, "name") == "City of Alba"
        assert words(of(own, "pricing", "ru").svg, "name") == "Город Альба"
        card = not_none(draw(own, AboutBulletin(next(iter(own.bulletins))), "en", TODAY))
        assert words(card.svg, "name") == "City of Alba"

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_no_card_overlaps_or_leaves_the_picture(self, dossier: Dossier, language: str) -> None:
        for each in (dossier, with_long_titles(dossier)):
            for name in each.bulletins:
                assert_set_well(not_none(draw(each, AboutBulletin(name), language, TODAY)).svg)

    def test_a_title_of_200_characters_stands_whole_on_its_card(self, dossier: Dossier) -> None:
        """It shrinks and wraps; nothing is cut."""
        long = with_long_titles(dossier)
        name = next(iter(long.bulletins))
        for language in LANGUAGES:
            picture = not_none(draw(long, AboutBulletin(name), language, TODAY))
            shown = words(picture.svg, "headline").replace(" ", "")
            assert shown == long.bulletins[name].title[Language(language)].replace(" ", "")

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("topic", TOPICS)
    def test_the_chart_alone_says_the_same(self, dossier: Dossier, topic: str, language: str) -> None:
        """For a page with the title and the sources around it: without head and foot, with every figure and the caveat."""
        whole = of(dossier, topic, language)
        alone = not_none(draw(dossier, Inline(TopicId(topic)), language, TODAY))
        assert (alone.alt, alone.caption) == (whole.alt, whole.caption)
        assert alone.height < whole.height
        around = {"headline", "kicker", "credit", "as-of", "name"}
        inside = [(label.words, label.mark) for label in labels(whole.svg) if label.mark not in around]
        assert [(label.words, label.mark) for label in labels(alone.svg)] == inside
        assert_set_well(alone.svg)

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
    """The term as a line from the signing to the computed end, the renewal dashed; nothing of it is of today."""

    @table("language, start, end, length")
    def test_both_ends_and_the_length_are_labelled(
        self, dossier: Dossier, language: str, start: str, end: str, length: str
    ) -> None:
        """The end by its day, too: where nobody has published it, it is exact by our count of exact facts.

        en | 19 June 2025 | 19 June 2030 | 5 years
        id | 19 Juni 2025 | 19 Juni 2030 | 5 tahun
        ru | 19 июня 2025 года | 19 июня 2030 года | 5 лет
        """
        svg = of(dossier, "duration", language).svg
        assert (words(svg, "start"), words(svg, "end"), words(svg, "length")) == (start, end, length)

    def test_says_who_says_so_at_each(self, dossier: Dossier) -> None:
        """Whom the dossier names, else the publishers; ourselves where we count."""
        picture = of(dossier, "duration")
        assert words(picture.svg, "start-by") == "Headline.co.id, BarataNews"
        assert words(picture.svg, "end-by") == "by our count"
        assert words(picture.svg, "length-by") == "Minister Meutya Hafid"
        assert "19 June 2030 (by our count)" in picture.alt

    def test_what_we_count_is_nobody_else_s(self, dossier: Dossier, changed: Change) -> None:
        """Whatever a file says of who states it."""
        counted = dossier.facts[FactId("term_end")].model_copy(update={"stated_by": {"en": "the minister"}})
        assert words(of(changed(facts={"term_end": counted}), "duration").svg, "end-by") == "by our count"

    def test_a_published_end_is_a_day(self, changed: Change) -> None:
        end = DayFact(type="date", value=date(2030, 6, 19), sources=["inti-media"])
        svg = of(changed(facts={"term_end": end}), "duration").svg
        assert (words(svg, "end"), words(svg, "end-name"), words(svg, "end-by")) == (
            "19 June 2030",
            "End",
            "INTI Media",
        )

    @pytest.mark.parametrize("topic", TOPICS)
    def test_is_the_same_picture_next_year(self, dossier: Dossier, topic: str) -> None:
        """What is sent stays right: no picture counts days or shows today."""
        later = of(dossier, topic, today=TODAY + timedelta(400))
        assert later == of(dossier, topic)
        assert words(later.svg, "as-of") == "checked 28 November 2026"

    def test_the_renewal_goes_on_dashed(self, dossier: Dossier) -> None:
        svg = of(dossier, "duration").svg
        assert elements(svg, "continuation")[0].get("stroke-dasharray")
        assert words(svg, "then") == "Renewal: reports differ"

    def test_without_a_renewal_nothing_goes_on(self, changed: Change) -> None:
        svg = of(changed(body=dict.fromkeys(LANGUAGES, "{first_term} from {signed_on}.")), "duration").svg
        assert not elements(svg, "continuation")
        assert_set_well(svg)

    def test_the_end_stands_at_the_end(self, changed: Change) -> None:
        """Without a time after it, its label ends where the bar ends."""
        svg = of(changed(body=dict.fromkeys(LANGUAGES, "{first_term} from {signed_on}.")), "duration").svg
        [bar] = elements(svg, "term")
        right = number(bar, "x") + number(bar, "width")
        ends = [label.right for label in labels(svg) if label.mark in ("end", "end-name", "end-by")]
        assert ends == pytest.approx([right] * len(ends))

    @cases("years, ticks")
    def test_ticks_are_years_that_one_counts_in(self, changed: Change, years: int, ticks: str) -> None:
        """Each with its year below it, where that year begins; none where it would touch the line of an end.

        5 | 2026 2027 2028 2029 2030
        25 | 2030 2035 2040 2045
        99 | 2040 2050 2060 2070 2080 2090 2100 2110
        """
        end = DayFact(type="date", value=date(2025 + years, 6, 19))
        svg = of(changed(facts={"term_end": end}, body=dict.fromkeys(LANGUAGES, "{signed_on}")), "duration").svg
        assert words(svg, "tick") == ticks
        middles = [(label.left + label.right) / 2 for label in labels(svg) if label.mark == "tick"]
        assert middles == pytest.approx([number(tick, "x1") for tick in elements(svg, "boundary")])

    @pytest.mark.parametrize("days", [1, 40, 400, 700, 20000, 900_000])
    def test_any_term_can_be_drawn(self, changed: Change, days: int) -> None:
        end = DayFact(type="date", value=date(2025, 6, 19) + timedelta(days))
        assert_set_well(of(changed(facts={"term_end": end}), "duration").svg)


class TestPricing:
    """A row for each price, with what it is a price of and who says so. No axis: they are not like for like."""

    @table("language, figures")
    def test_each_price_as_its_source_has_it(self, dossier: Dossier, language: str, figures: str) -> None:
        """A sign stands for "less than", which the alternative text says in words.

        en | Rp95,000–160,000 693 roubles < $4 Rp100,000–300,000
        id | Rp95.000–160.000 693 rubel < US$4 Rp100.000–300.000
        ru | 95 000–160 000 рупий 693 рубля < 4 долларов 100 000–300 000 рупий
        """
        picture = of(dossier, "pricing", language)
        assert words(picture.svg, "figure") == figures
        assert re.search(r"(less than \$4|kurang dari US\$4|меньше 4\sдолларов): ", picture.alt)
        assert "<" not in picture.alt

    def test_each_says_what_it_counts_and_who_says_so(self, dossier: Dossier) -> None:
        """And the picture, its caption and its alternative text that they do not compare."""
        picture = of(dossier, "pricing")
        assert "Average home internet fee in Russia, reported in September 2025" in words(picture.svg, "measures")
        for who in ("Komdigi", "Nezar Patria", "Rosstat", "APJII"):
            assert who in words(picture.svg, "by")
            assert who in picture.alt
        assert (
            picture.caption == words(picture.svg, "caveat") == "Not like for like: each figure counts something else."
        )
        assert picture.caption.rstrip(".") in picture.alt

    def test_there_is_no_common_axis(self, dossier: Dossier) -> None:
        svg = of(dossier, "pricing").svg
        assert not elements(svg, "share") + elements(svg, "whole")

    @pytest.mark.parametrize("comparable", [True, False])
    def test_bars_where_amounts_compare(self, changed: Change, comparable: bool) -> None:
        """Of one currency and period, and because the editors say so: from zero, a range as an outline behind its least value."""
        facts = {
            "price_idr": Money(type="money", amount=486, currency="EUR"),
            "price_rosstat": Money(type="money", min=270, max=540, currency="EUR"),
        }
        chosen = {"figures": ["price_idr", "price_rosstat"], "comparable": comparable}
        picture = of(changed("pricing", facts=facts, **chosen), "pricing")
        assert bool(picture.caption) != comparable
        assert len(elements(picture.svg, "share")) == 2 * comparable
        if comparable:
            whole = number(elements(picture.svg, "whole")[0], "width")
            shares = [number(bar, "width") / whole for bar in elements(picture.svg, "share")]
            assert shares == pytest.approx([0.9, 0.5])
            [spread] = elements(picture.svg, "range")
            assert number(spread, "width") / whole == pytest.approx(0.5, abs=0.01)
        assert_set_well(picture.svg)

    def test_other_currencies_never_share_an_axis(self, changed: Change) -> None:
        picture = of(changed("pricing", comparable=True), "pricing")
        assert picture.caption
        assert not elements(picture.svg, "share")

    def test_the_editors_own_caveat(self, changed: Change) -> None:
        own = dict.fromkeys(LANGUAGES, "The estimates count different stations.")
        picture = of(changed("pricing", caveat=own), "pricing")
        assert words(picture.svg, "caveat") == picture.caption == own["en"]
        assert own["en"].rstrip(".") in picture.alt

    def test_figures_choose_the_facts(self, changed: Change) -> None:
        """Without ``figures``: the money of the text. One alone needs no warning."""
        one = of(changed("pricing", figures=["price_rosstat"]), "pricing")
        assert (words(one.svg, "figure"), one.caption) == ("693 roubles", "")
        every = of(changed("pricing", figures=None), "pricing")
        assert "about $6–10" in words(every.svg, "figure")

    def test_a_fact_without_of_is_explained_by_its_sentence(self, changed: Change) -> None:
        fact = Money(type="money", amount=5, currency="USD", sources=["inti-media"])
        body = dict.fromkeys(LANGUAGES, "It is far. The ferry costs {price_usd} at night; bikes are free.")
        picture = of(changed("pricing", facts={"price_usd": fact}, body=body, figures=None), "pricing")
        assert words(picture.svg, "measures") == "The ferry costs $5 at night"

    @pytest.mark.parametrize(("low", "high"), [(0, 0.5), (1, 2), (1, 1e12), (95000, 95001)])
    def test_any_price_can_be_drawn(self, changed: Change, low: float, high: float) -> None:
        price = Money(type="money", min=low, max=high, currency="IDR", period="month")
        for language in LANGUAGES:
            assert_set_well(of(changed(facts={"price_idr": price}), "pricing", language).svg)


class TestCoverage:
    """Each share as a bar, the largest first, with its year, what it counts and who says so."""

    def test_bars_are_as_long_as_their_shares(self, dossier: Dossier) -> None:
        svg = of(dossier, "coverage").svg
        whole = [number(bar, "width") for bar in elements(svg, "whole")]
        shares = [number(bar, "width") / full for bar, full in zip(elements(svg, "share"), whole, strict=True)]
        assert shares == pytest.approx([0.93, 0.92, 0.864, 0.85])

    @table("language, figures, who")
    def test_says_of_what_and_who_says_so(self, dossier: Dossier, language: str, figures: str, who: str) -> None:
        """
        en | 93% 92% 86.4% about 85% | Indonesia’s digital ministry
        id | 93% 92% 86,4% sekitar 85% | Kementerian Komunikasi
        ru | 93 % 92 % 86,4 % около 85 % | Министерство связи
        """
        picture = of(dossier, "coverage", language)
        for name in ("coverage", "russian_coverage", "households", "citizens"):
            fact = dossier.facts[FactId(name)]
            assert isinstance(fact.of, dict)
            what, _, when = fact.of[language].rpartition(", ")
            if not when.removesuffix(" года")[-4:].isdecimal():
                what, when = fact.of[language], ""
            assert what[1:] in words(picture.svg, "measures")
            assert when in words(picture.svg, "when")
            assert fact.of[language][1:] in picture.alt
        assert words(picture.svg, "figure") == figures
        assert who in words(picture.svg, "by")
        assert picture.caption

    @pytest.mark.parametrize("value", [0, 0.4, 86.4, 100])
    def test_any_share_can_be_drawn(self, changed: Change, value: float) -> None:
        """More than all makes no picture (test_checks)."""
        fact = Percent(type="percent", value=value)
        svg = of(changed("coverage", facts={"coverage": fact}, figures=["coverage"]), "coverage").svg
        full = number(elements(svg, "whole")[0], "width")
        assert number(elements(svg, "share")[0], "width") == pytest.approx(full * value / 100)


class TestPrograms:
    """What is known of the programmes, and what has not been published: in sentences if it is the same for all, else in a table."""

    @table("language, driver, missing")
    def test_what_is_the_same_for_all_is_a_sentence(
        self, dossier: Dossier, language: str, driver: str, missing: str
    ) -> None:
        """One for the driver of all six, one for their schedules and budgets; no table of boxes with the same words.

        en | Special Subcommittee (INTI Media | No schedule and no budget has been published for any of the 6.
        id | Subkomite Khusus (INTI Media | Jadwal dan anggaran 6 program ini belum dipublikasikan.
        ru | специальный подкомитет (INTI Media | Ни сроки, ни бюджет не опубликованы ни для одной программы из 6.
        """
        picture = of(dossier, "programs", language)
        said = words(picture.svg, "sentence")
        assert driver in said
        assert said.endswith(missing)
        assert missing.rstrip(".") in picture.alt
        assert not elements(picture.svg, "known") + elements(picture.svg, "head")
        assert len(elements(picture.svg, "row")) == 6

    def test_what_differs_has_cells_of_its_own(self, dossier: Dossier) -> None:
        """Each programme has its own, also where its neighbour's says the same."""
        first, second = dossier.programs[:2]
        topics = {
            **dossier.topics,
            first.id: first.model_copy(update={"known": {"driver": "subcommittee", "schedule": "signed_on"}}),
            second.id: second.model_copy(update={"known": {**second.known, "budget": "fund_eur"}}),
        }
        svg = of(replace(dossier, topics=topics), "programs").svg
        assert (
            words(svg, "sentence") == "All 6 programmes: driven by Special Subcommittee (INTI Media, Headline.co.id)."
        )
        assert words(svg, "head") == "Schedule Budget"
        first_two = "19 June 2025 — not published €2 billion"
        assert words(svg, "known") == f"{first_two} {' '.join(['not published'] * 8)}"
        assert_set_well(svg)

    def test_of_programmes_beyond_the_twelfth_nothing_is_said(self, dossier: Dossier) -> None:
        """What is the same for the twelve that are drawn need not be so for the others."""
        assert words(of(with_programs(dossier, 12), "programs").svg, "sentence")
        assert not words(of(with_programs(dossier, 30), "programs").svg, "sentence")

    def test_without_known_the_summaries_are_listed(self, dossier: Dossier) -> None:
        """Nothing is called unpublished that a dossier does not speak of."""
        topics = {key: topic.model_copy(update={"known": {}}) for key, topic in dossier.topics.items()}
        svg = of(replace(dossier, topics=topics), "programs").svg
        assert not elements(svg, "cell") + elements(svg, "head")
        assert "Digital talent — Human resource development" in words(svg, "program")

    @pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 12, 30])
    def test_another_dossier_has_another_number(self, dossier: Dossier, count: int) -> None:
        """Any number is set well; beyond twelve the rest is counted in words."""
        picture = of(with_programs(dossier, count), "programs")
        assert len(elements(picture.svg, "row")) == min(count, 12)
        assert_set_well(picture.svg)
        assert ("and 18 more" in picture.alt) == (count == 30)


class TestNews:
    """Bulletins on a line of time up to the day of the check: a lane for the subject, one for what is around it."""

    def test_each_lane_says_since_when_it_is_silent(self, dossier: Dossier) -> None:
        picture = of(dossier, "news")
        assert words(picture.svg, "lane") == "The Indonesia–Russia digital memorandum The wider ties"
        silence = "no bulletin since 23 Jun 2025 no bulletin since 14 Feb 2026"
        assert words(picture.svg, "silence") == silence
        assert len(elements(picture.svg, "gap")) == 2
        assert "The Indonesia–Russia digital memorandum: no bulletin since 23 Jun 2025" in picture.alt

    def test_without_a_subject_nothing_is_called_silent(self, dossier: Dossier) -> None:
        header = dossier.header.model_copy(update={"subject": []})
        picture = of(replace(dossier, header=header), "news")
        assert words(picture.svg, "lane") == "What was agreed The wider ties"
        assert not words(picture.svg, "silence") + picture.alt.partition("no report")[2]

    def test_the_newest_of_each_lane_are_in_words(self, dossier: Dossier) -> None:
        svg = of(dossier, "news").svg
        newest = next(iter(dossier.bulletins.values()))
        assert words(svg, "title").startswith(DossierTexts(dossier, Language("en")).line(newest.title[Language("en")]))
        assert words(svg, "day").startswith("14 Feb 2026")
        assert "Minister says special subcommittee" in words(svg, "title")

    @pytest.mark.parametrize("step", [0, 1, 11, 90])
    @pytest.mark.parametrize("count", [1, 2, 15, 60, 200])
    def test_no_bulletin_hides_another(self, dossier: Dossier, count: int, step: int) -> None:
        """However many, and all on one day: no two dots touch, and none leaves the picture. The newest 60 are drawn."""
        item = next(iter(dossier.bulletins.values()))
        days = [item.date - timedelta(index * step) for index in range(count)]
        many = {BulletinId(f"b{n}"): item.model_copy(update={"id": f"b{n}", "date": day}) for n, day in enumerate(days)}
        svg = of(replace(dossier, bulletins=many), "news").svg
        dots = [(number(dot, "cx"), number(dot, "cy"), number(dot, "r")) for dot in elements(svg, "bulletin")]
        assert len(dots) == min(count, MAX_DOTS)
        assert all(x - r >= 56 and x + r <= 1144 + r for x, _, r in dots)
        for (x, y, r), (other_x, other_y, other_r) in combinations(dots, 2):
            assert (x - other_x) ** 2 + (y - other_y) ** 2 > (r + other_r) ** 2
        assert_set_well(svg)

    def test_bulletins_without_topics_share_one_lane(self, dossier: Dossier) -> None:
        bare = {key: item.model_copy(update={"topics": []}) for key, item in dossier.bulletins.items()}
        svg = of(replace(dossier, bulletins=bare), "news").svg
        assert len(elements(svg, "bulletin")) == len(bare)
        assert words(svg, "lane") == ""


class TestNothingToDraw:
    """A missing fact makes no picture, and no exception."""

    @pytest.mark.parametrize("topic", ["pricing", "coverage"])
    def test_a_topic_that_refers_to_no_such_fact(self, changed: Change, topic: str) -> None:
        assert (
            draw(
                changed(topic, body=dict.fromkeys(LANGUAGES, "Words."), figures=None),
                AboutTopic(TopicId(topic)),
                "en",
                TODAY,
            )
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
    @settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
    height = float(ET.fromstring(svg).attrib["viewBox"].split()[3])
    for label in found:
        assert label.left >= 0
        assert label.right <= 1200, label
        assert label.top >= 0
        assert label.bottom <= height, label
    for one, two in combinations(found, 2):
        assert not one.overlaps(two), (one, two)
