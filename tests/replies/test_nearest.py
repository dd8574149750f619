"""Where no answer is certain and one topic is likely, its first sentence is shown, which is no answer."""

from functools import cache

import pytest

from bot.dossier.loader import load
from bot.dossier.markdown import Paragraph, Span, plain
from bot.dossier.models import Dossier, Language, TopicId
from bot.matching.tokenizer import words_of
from bot.platforms import PLATFORMS
from bot.platforms.json_form import answering_topic, as_json
from bot.platforms.plain_text import render
from bot.replies.answer import answer, matcher_for
from bot.replies.dossier_texts import beginning
from bot.replies.question import LIST_IDS, AboutTopic, FreeText
from bot.replies.reply import Reply, lines_of
from bot.replies.topics import nearest_reply
from tests.conftest import TINY, TODAY, not_none
from tests.evaluation.questions import question_set

EN = Language("en")


@cache
def loaded(name: str) -> Dossier:
    return not_none(load(TINY.parent / name, TODAY).dossier)


def shown(name: str, text: str, language: str = "en") -> Reply:
    return answer(loaded(name), FreeText(text), language, TODAY)


@cache
def cards(name: str, asked: str) -> tuple[tuple[str, Reply], ...]:
    """The questions of a set to which the nearest topic is shown."""
    asks = [(each.text, shown(name, each.text, each.language)) for each in question_set(asked).questions()]
    return tuple((text, reply) for text, reply in asks if reply.nearest)


WIFI = "do you have wifi at the raised beds"


class TestCard:
    """It says that it is the nearest, what it does not mention, and begins the topic's text with its sources."""

    def test_words(self) -> None:
        text = render(shown("lindhaven-allotments", WIFI))
        assert text.replace("\xa0", " ").splitlines()[:5] == [
            "🤔 This is the nearest I have",
            "",
            "It does not mention “wifi”.",
            "♿ Gardening with a disability",
            "There are 64 raised beds at five sites, at wheelchair height.",
        ]
        assert "Lindhaven Allotment Office" in text

    def test_is_no_answer(self) -> None:
        reply = shown("lindhaven-allotments", WIFI)
        form = as_json("", reply)
        assert (form["topic"], form["nearest"], form["verdict"]) == (None, "accessible", None)
        assert form["suggestions"][0] == "accessible"
        assert answering_topic(reply) is None
        assert reply.unanswered

    def test_buttons_lead_to_all_that_are_likely(self) -> None:
        reply = shown("lindhaven-allotments", WIFI)
        assert [button.question for button in reply.buttons[:-1]] == [AboutTopic(each) for each in reply.suggestions]

    @pytest.mark.parametrize("platform", [each.name for each in PLATFORMS if each.payload])
    def test_each_platform_shows_it(self, platform: str) -> None:
        payload = not_none(next(each.payload for each in PLATFORMS if each.name == platform))
        drawn = str(payload(shown("lindhaven-allotments", WIFI)))
        assert "This is the nearest I have" in drawn
        assert "at wheelchair height" in drawn

    def test_a_doubt_about_its_figure_is_told(self) -> None:
        """As behind the whole text."""
        reply = nearest_reply(loaded("lindhaven-allotments"), (TopicId("rent"),), (), EN, TODAY)
        assert "still prints those of 2026" in render(reply)


SETS = [("lindhaven-allotments", "lindhaven"), ("tamaro-repair-act", "tamaro"), ("sotoluna-residuos", "sotoluna")]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "asked"), SETS)
class TestAlways:
    """Whatever is asked."""

    def test_what_is_named_is_nowhere_in_the_topic(self, name: str, asked: str) -> None:
        assert cards(name, asked)
        for text, reply in cards(name, asked):
            assert reply.nearest
            whole = answer(loaded(name), AboutTopic(reply.nearest), reply.language, TODAY)
            letters = "".join(words_of("\n".join([whole.title, *map(plain, lines_of(whole.blocks))])))
            decision = matcher_for(loaded(name)).decide(text, reply.language)
            said = plain(next(lines_of(reply.blocks)))
            assert not [word for word in decision.unknown if word in said and "".join(words_of(word)) in letters]

    def test_never_a_list_never_an_answer_never_without_a_source(self, name: str, asked: str) -> None:
        for _, reply in cards(name, asked):
            assert reply.topic is None
            assert reply.nearest not in LIST_IDS
            assert reply.sources
            assert reply.suggestions[0] == reply.nearest

    def test_its_sentence_begins_the_text(self, name: str, asked: str) -> None:
        for _, reply in cards(name, asked):
            assert reply.nearest
            whole = answer(loaded(name), AboutTopic(reply.nearest), reply.language, TODAY)
            lines = [plain(spans) for spans in lines_of(reply.blocks)]
            sentence = lines[lines.index(whole.heading) + 1].rstrip("¹²³⁴⁵⁶⁷⁸⁹⁰\u202f")
            assert plain(next(lines_of(whole.blocks))).startswith(sentence)


class TestSentence:
    """The first sentence of a paragraph, with the citations behind it."""

    @pytest.mark.parametrize(
        ("paragraph", "sentence"),
        [
            ([Span("It is free. "), Span("", source="a"), Span(" For residents.")], "It is free."),
            ([Span("It is free."), Span("", source="a"), Span(" For residents.")], "It is free."),
            ([Span("It is free."), Span("", source="a"), Span("\u202f"), Span("", source="a"), Span(" More.")], None),
            ([Span("It costs 3.5 euros", bold=True), Span("."), Span(" More.")], "It costs 3.5 euros."),
            ([Span("这是免费的。只限居民。")], "这是免费的。"),
            ([Span("No end"), Span("", source="a")], "No end"),
        ],
    )
    def test_ends(self, paragraph: list[Span], sentence: str | None) -> None:
        kept = beginning(Paragraph(tuple(paragraph)).spans)
        cited = [span for span in paragraph if span.source]
        assert [span for span in kept if span.source] == cited
        assert plain(kept).strip() == (sentence or "It is free.")
