"""What ``answer(dossier, question, language, today)`` promises of every reply."""

import re
from dataclasses import replace
from datetime import date

import pytest
from telegram import BotCommandScopeDefault

from bot.dossier.loader import load
from bot.dossier.markdown import plain
from bot.dossier.models import Dossier, FactId, Language, Topic, TopicId
from bot.platforms.discord.commands import commands as discord_commands
from bot.platforms.plain_text import render
from bot.platforms.telegram.commands import commands as telegram_commands
from bot.replies.answer import answer, is_matched, matcher_for
from bot.replies.fallbacks import welcome
from bot.replies.question import AboutBulletin, AboutTopic, CheckText, Command, FreeText
from bot.replies.reply import Items, Note, Paragraph, ProgressBar, Reply, progress_cells
from tests.conftest import TINY, TODAY, loaded, not_none, shipped
from tests.tables import cases, table

LANGUAGES = ["en", "id", "ru"]
REQUIRED_TOPICS = [
    "agreement",
    "parties",
    "programs",
    "program:talent",
    "program:technology",
    "program:content",
    "program:5g-iot",
    "program:spectrum",
    "program:cybersecurity",
    "duration",
    "renewal",
    "pricing",
    "coverage",
    "3t",
    "subcommittee",
    "ceremony",
    "agreements",
    "declaration",
    "minister",
    "significance",
    "sources",
    "news",
    "help",
    "about",
]

FARE = TopicId("fare")


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return shipped()


def ask(dossier: Dossier, text: str, language: str = "en", today: date = TODAY) -> Reply:
    return answer(dossier, text, language, today)


class TestEveryTopic:
    """Promises of all topics in all languages."""

    def test_all_topics_are_there(self, dossier: Dossier) -> None:
        """The ids that the contract names."""
        assert set(REQUIRED_TOPICS) <= set(dossier.topics)

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("topic", REQUIRED_TOPICS)
    def test_reply_is_complete(self, dossier: Dossier, topic: str, language: str) -> None:
        """Title, emoji, text, buttons, and a day if there are sources; no placeholder left."""
        reply = answer(dossier, AboutTopic(TopicId(topic)), language, TODAY)
        assert reply.language == language
        assert reply.title
        assert reply.emoji
        assert reply.blocks
        assert reply.buttons
        assert bool(reply.sources) == bool(reply.as_of_label)
        assert "{" not in render(reply)

    @pytest.mark.parametrize(
        "topic", [name for name in REQUIRED_TOPICS if name not in ("help", "about", "news", "sources")]
    )
    def test_statements_have_sources(self, dossier: Dossier, topic: str) -> None:
        assert answer(dossier, AboutTopic(TopicId(topic)), "en", TODAY).sources

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_fits_one_screen(self, dossier: Dossier, language: str) -> None:
        """About 1,100 characters are a phone's screen of text."""
        for name in dossier.topics:
            text = render(answer(dossier, AboutTopic(name), language, TODAY))
            assert len(re.sub(r" \(?https?://\S+", "", text)) <= 1200, name

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_button_leads_somewhere(self, dossier: Dossier, language: str) -> None:
        for name in dossier.topics:
            for button in answer(dossier, AboutTopic(name), language, TODAY).buttons:
                assert button.url or (button.question and answer(dossier, button.question, language, TODAY).title)

    def test_every_command_and_alias_answers_its_topic(self, dossier: Dossier) -> None:
        """In Latin and in Cyrillic letters."""
        for word, topic in dossier.commands.items():
            assert ask(dossier, f"/{word}").topic == topic

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_bulletin_is_complete(self, dossier: Dossier, language: str) -> None:
        """With its sources, and a button to all news."""
        assert len(dossier.bulletins) >= 15
        for name in dossier.bulletins:
            reply = answer(dossier, AboutBulletin(name), language, TODAY)
            assert reply.sources
            assert "{" not in render(reply)
            assert reply.buttons[-1].question == AboutTopic(TopicId("news"))


class TestDuration:
    """/duration shows how much of the five years has passed, and on which day that was so."""

    @table("language, left")
    def test_today(self, dossier: Dossier, language: str, left: str) -> None:
        """
        en | 1,299 days left · as of 28 Nov 2026
        id | tersisa 1.299 hari · per 28 Nov 2026
        ru | осталось 1299 дней · на 28 ноября 2026
        """
        reply = ask(dossier, "/duration", language)
        (bar,) = [block for block in reply.blocks if isinstance(block, ProgressBar)]
        assert left in bar.label
        assert progress_cells(bar.fraction) == "▰▰▰▱▱▱▱▱▱▱"
        assert reply.as_of == TODAY

    @cases("day, label")
    def test_russian_counts_days(self, dossier: Dossier, day: str, label: str) -> None:
        """The verb agrees with the number.

        2026-11-26 | остался 1301 день
        2026-11-22 | осталось 1305 дней
        """
        assert label in render(ask(dossier, "/duration", "ru", date.fromisoformat(day)))

    @table("day, says, fraction")
    def test_edges(self, dossier: Dossier, day: str, says: str, fraction: float) -> None:
        """
        2025-06-18 | starts in 1 day | 0.0
        2025-06-19 | 1,826 days left | 0.0
        2030-06-18 | 1 day left | 0.9994523548740416
        2030-06-19 | ends today | 1.0
        2030-06-20 | ended 1 day ago | 1.0
        """
        reply = ask(dossier, "/duration", "en", date.fromisoformat(day))
        (bar,) = [block for block in reply.blocks if isinstance(block, ProgressBar)]
        assert says in bar.label
        assert bar.fraction == pytest.approx(fraction)

    def test_derived_end_is_marked(self, dossier: Dossier) -> None:
        """No source states it, so the reply says how it was calculated."""
        assert "Nota counts from 19 June 2025" in render(ask(dossier, "/duration"))
        assert "по этому расчёту" in render(ask(dossier, "/duration", "ru"))


class TestDisagreement:
    """If sources disagree, the reply says so."""

    @table("command, words")
    def test_names_both_sides(self, dossier: Dossier, command: str, words: list[str]) -> None:
        """
        /renewal | ["will be", "can be"]
        /ceremony | ["signed", "exchanged"]
        /agreements | ["BarataNews calls", "press release the other way round"]
        /coverage | ["93%", "86.4%", "85%"]
        /pricing | ["INTI Media makes it"]
        """
        text = render(ask(dossier, command))
        assert all(word in text for word in words)

    def test_note_of_a_fact_is_shown_where_the_fact_is_used(self) -> None:
        """Unless the topic lists other notes."""
        reply = ask(_noted(), "/fare")
        assert [plain(block.spans) for block in reply.blocks if isinstance(block, Note)] == ["Some say 5000."]


def _noted() -> Dossier:
    dossier = not_none(load(TINY, TODAY).dossier)
    facts = {name: fact.model_copy(update={"note": "Some say 5000."}) for name, fact in dossier.facts.items()}
    return Dossier(dossier.header, dossier.sources, facts, dossier.topics, dossier.bulletins)


class TestProgrammes:
    """/programs lists six, each a button that opens it, with a way back."""

    def test_six_in_the_articles_order(self, dossier: Dossier) -> None:
        assert ask(dossier, "/program") == ask(dossier, "/programs")
        reply = ask(dossier, "/programs")
        slugs = [
            button.question.topic
            for button in reply.buttons
            if button.choice and isinstance(button.question, AboutTopic)
        ]
        assert slugs == [
            "program:talent", "program:technology", "program:content",
            "program:5g-iot", "program:spectrum", "program:cybersecurity",
        ]  # fmt: skip
        (items,) = [block for block in reply.blocks if isinstance(block, Items)]
        assert len(items.items) == 6

    def test_each_has_a_button_back(self, dossier: Dossier) -> None:
        for topic in dossier.programs:
            back = answer(dossier, AboutTopic(topic.id), "en", TODAY).buttons[-1]
            assert back.question == AboutTopic(TopicId("programs"))


class TestNews:
    """/news lists the latest bulletins, paged."""

    def test_newest_first_and_all_on_some_page(self, dossier: Dossier) -> None:
        seen: list[str] = []
        page = 1
        while True:
            reply = answer(dossier, AboutTopic(TopicId("news"), page), "en", TODAY)
            seen += [b.question.bulletin for b in reply.buttons if isinstance(b.question, AboutBulletin)]
            if AboutTopic(TopicId("news"), page + 1) not in [button.question for button in reply.buttons]:
                break
            page += 1
        assert seen == sorted(dossier.bulletins, reverse=True)

    def test_each_has_its_day_and_the_emoji_of_its_first_topic(self, dossier: Dossier) -> None:
        """So that news of the memorandum differs from what is merely related."""
        assert "14 Feb 2026 🌏 Russia gets about 4,000" in render(ask(dossier, "/news"))
        assert "14 февраля 2026 🌏 На 300" in render(ask(dossier, "/news", "ru"))
        last = answer(dossier, AboutTopic(TopicId("news"), 3), "en", TODAY)
        assert "19 Jun 2025 📜 Indonesia and Russia sign" in render(last)

    def test_sources_of_a_dossier_without_any(self, dossier: Dossier) -> None:
        reply = answer(replace(dossier, sources={}, topics={}), AboutTopic(TopicId("sources")), "en", TODAY)
        assert "No sources yet." in render(reply)

    def test_a_page_after_the_last(self, dossier: Dossier) -> None:
        """A button sent before bulletins were deleted shows the last page."""
        assert answer(dossier, AboutTopic(TopicId("news"), 99), "en", TODAY).blocks


class TestNotKnown:
    """Nothing is ever made up."""

    def test_unknown_command_suggests_the_nearest(self, dossier: Dossier) -> None:
        reply = ask(dossier, "/pricng")
        assert reply.topic is None
        assert reply.suggestions[0] == "pricing"

    def test_command_like_nothing(self, dossier: Dossier) -> None:
        """The first topics, as on /start, and all commands."""
        reply = ask(dossier, "/qqqqqqqqqqq")
        assert reply.suggestions == ()
        assert reply.buttons == welcome(dossier, Language("en")).buttons[: len(reply.buttons)]
        assert len(reply.buttons) > 3

    def test_a_command_without_a_name(self, dossier: Dossier) -> None:
        """As "/@nota": there is no name to repeat."""
        reply = ask(dossier, "/@nota")
        assert (reply.title, reply.unanswered) == ("I have no answer to that", True)

    @pytest.mark.parametrize(("language", "words"), [("en", "needs a chat"), ("id", "obrolan"), ("ru", "чате")])
    def test_command_that_needs_a_chat(self, dossier: Dossier, language: str, words: str) -> None:
        """Without a chat, as on the command line, the reply says so."""
        for name in ("subscribe", "privacy"):
            reply = ask(dossier, f"/{name.title()}", language)
            assert reply.title.startswith(f"/{name} ")
            assert words in reply.title
            assert reply.topic is None

    def test_user_text_is_not_a_format(self, dossier: Dossier) -> None:
        assert "{x}" in ask(dossier, "/{x}").title

    @pytest.mark.parametrize("language", ["fr", "", "EN-us", "in", "id_ID", "ru-RU"])
    def test_language_tags(self, dossier: Dossier, language: str) -> None:
        """Tags of any kind; Telegram's old ``in`` is Indonesian."""
        expected = {"in": "id", "id_ID": "id", "ru-RU": "ru"}.get(language, "en")
        assert ask(dossier, "/pricing", language).language == expected


class TestOtherDossier:
    """Another dossier works with no change of the code."""

    def test_lists_work_without_topics_for_them(self) -> None:
        """Help, news and sources are always there."""
        dossier = not_none(load(TINY, TODAY).dossier)
        for command in ("/help", "/news", "/sources", "/start"):
            assert ask(dossier, command, "id").blocks

    def test_programs_without_programmes(self) -> None:
        """Says that there are none; /help does not name the command."""
        dossier = not_none(load(TINY, TODAY).dossier)
        assert "No programmes here." in str(ask(dossier, "/programs").blocks)
        assert "/programs" not in str(ask(dossier, "/help").blocks)

    @pytest.mark.parametrize("language", ["en", "id"])
    def test_help_names_the_lists(self, language: str) -> None:
        dossier = not_none(load(TINY, TODAY).dossier)
        assert all(command in str(ask(dossier, "/help", language).blocks) for command in ("/news", "/sources"))

    @pytest.mark.parametrize(("words", "written"), [("About {fare}.", "About Rp4,500."), ("{fare}.", "About Rp4,500.")])
    def test_an_approximate_value_is_called_so_once(self, words: str, written: str) -> None:
        dossier = not_none(load(TINY, TODAY).dossier)
        fare = dossier.facts[FactId("fare")].model_copy(update={"approximate": True})
        topic = dossier.topics[TopicId("fare")].model_copy(update={"body": {"en": words, "id": words}})
        changed = replace(dossier, facts={FactId("fare"): fare}, topics={topic.id: topic})
        (paragraph,) = ask(changed, "/fare").blocks
        assert isinstance(paragraph, Paragraph)
        assert plain(paragraph.spans) == written


class TestMatchers:
    """A matcher takes up to a second to build, so those that are used are kept."""

    @pytest.mark.slow
    def test_what_readers_ask_outlives_what_editors_try(self) -> None:
        """Three changes of the words are checked one after the other, while readers ask what is in force."""
        tiny = not_none(load(TINY, TODAY).dossier)

        def called(title: str) -> Dossier:
            return replace(tiny, header=tiny.header.model_copy(update={"title": {"en": title, "id": title}}))

        in_force = matcher_for(called("In force"))
        for title in ("One", "Two", "Three"):
            matcher_for(called(title))
            assert matcher_for(called("In force")) is in_force
        assert [is_matched(called(title)) for title in ("One", "Two", "Three")] == [False, True, True]

    def test_equal_dossiers_are_compared_once(self) -> None:
        """A bulletin of the desk loads every topic anew; each question would compare all of them."""

        class Topics(dict[TopicId, Topic]):  # noqa: PLW1641  nobody hashes it
            compared = 0

            def __eq__(self, other: object) -> bool:
                Topics.compared += 1
                return super().__eq__(other)

        tiny = loaded(TINY)
        matcher = matcher_for(tiny)
        anew = replace(tiny, topics=Topics(tiny.topics))
        for _ in range(3):
            assert matcher_for(anew) is matcher
        assert Topics.compared == 1


class TestStart:
    """/start welcomes, or opens what a deep link names."""

    def test_welcome(self, dossier: Dossier) -> None:
        reply = ask(dossier, "/start")
        assert reply.topic is None
        assert len(reply.buttons) >= 4

    @pytest.mark.parametrize(("payload", "topic"), [("pricing", "pricing"), ("talent", "program:talent"), ("3t", "3t")])
    def test_deep_link(self, dossier: Dossier, payload: str, topic: str) -> None:
        """``?start=pricing``."""
        assert answer(dossier, Command("start", payload), "en", TODAY).topic == topic

    def test_ask_without_a_question(self, dossier: Dossier) -> None:
        """Says how."""
        assert answer(dossier, Command("ask"), "en", TODAY).blocks
        assert isinstance(answer(dossier, FreeText(""), "en", TODAY).blocks[0], Paragraph)


class TestTopicsGoFirst:
    """A topic that has a command which Nota offers too answers in its place."""

    @pytest.mark.parametrize("word", ["check", "cek", "проверить"])
    @pytest.mark.parametrize("place", ["command", "aliases"])
    def test_on_every_platform(self, word: str, place: str) -> None:
        tiny = not_none(load(TINY, TODAY).dossier)
        topic = tiny.topics[FARE].model_copy(update={place: word if place == "command" else [word]})
        taken = replace(tiny, topics={**tiny.topics, FARE: topic})
        assert answer(taken, f"/{word} the ferry is free", "en", TODAY).topic == FARE
        assert answer(taken, CheckText("it is said that the ferry is free"), "en", TODAY).verdict == "unknown"
        on_discord = [each["name"] for each in discord_commands(taken)]
        on_telegram = [
            each.command for each in telegram_commands(taken, Language("en"), BotCommandScopeDefault(), managing=True)
        ]
        for names in (on_discord, on_telegram):
            assert len(names) == len(set(names))
            assert ("check" in names) == (word != "check" or place == "command")
