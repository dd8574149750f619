"""The reasons for an answer, for editors who are new to Nota. PURE."""

from dataclasses import dataclass
from typing import assert_never

from bot.dossier.models import Dossier, Language, TopicId
from bot.matching.analyzer import Token
from bot.matching.decision import Decision
from bot.replies.answer import matcher_for
from bot.replies.dossier_texts import DossierTexts
from bot.replies.fallbacks import quoted_words
from bot.replies.formatting import percent
from bot.replies.i18n import phrases_in
from bot.replies.listings import TITLES

_LIKELIEST = 5


@dataclass(frozen=True, slots=True)
class Likely:
    """A topic that a message may be about, or "none of the topics".

    Attributes:
        title: its title for readers.
        probability: its probability, as a percentage.
        example: the topic's example that is most like the message; "" if there is none.
    """

    title: str
    probability: str
    example: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The reasons for an answer, in one language.

    Attributes:
        decision: sentences about the decision and its reason.
        words: pairs of a heading, which says how the words are known, and those words of the message.
        likely: the likeliest topics, the likeliest first, and at the end "none of the topics".
    """

    decision: tuple[str, ...]
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()
    likely: tuple[Likely, ...] = ()


def explain(dossier: Dossier, decision: Decision | None, language: Language, *, is_claim: bool) -> Explanation:
    """Explains a decision in ``language``.

    ``decision``: None if the question was not in free text. ``is_claim``: whether the message was treated as a claim.
    """
    say = phrases_in(language).say
    if decision is None:
        return Explanation((say("A command or a button asked for this, so no words had to be understood."),))
    sentences = [_decision(dossier, decision, language)]
    if is_claim:
        sentences.append(say("It states something, so it was compared with the facts, too."))
    by_knowledge: dict[str, list[str]] = {}
    for token in decision.reading.tokens:
        word = token.word if token.word == token.typed else f"{token.typed} → {token.word}"
        by_knowledge.setdefault(_known(dossier, token, language), []).append(word)
    index = matcher_for(dossier).index
    likely = []
    for candidate in decision.candidates[:_LIKELIEST]:
        title = title_of(dossier, index.topics[candidate.topic], language)
        likely.append(Likely(title, _percent(candidate.probability, language), candidate.example))
    none = 1 - sum(candidate.probability for candidate in decision.candidates)
    likely.append(Likely(say("None of the topics"), _percent(none, language), ""))
    words = tuple((heading, tuple(dict.fromkeys(same))) for heading, same in by_knowledge.items())
    return Explanation(tuple(sentences), words, tuple(likely))


def _decision(dossier: Dossier, decision: Decision, language: Language) -> str:
    say, sure = phrases_in(language).say, _percent(decision.sure, language)
    titles = [title_of(dossier, topic, language) for topic in decision.topics]
    match decision.kind:
        case "answer" if matcher_for(dossier).index.topic_of(decision.reading.tokens) is not None:
            return say("It is an example of “{topic}”.", topic=titles[0])
        case "answer":
            likely = _percent(decision.candidates[0].probability, language)
            return say(
                "With {likely} it asks for “{topic}”. From {sure} Nota answers.",
                likely=likely,
                topic=titles[0],
                sure=sure,
            )
        case "both":
            return say("It asks two things: “{first}” and “{second}”.", first=titles[0], second=titles[1])
        case "unsure" if decision.left_open:
            return say(
                "“{topic}” does not explain {words}, so Nota does not answer.",
                topic=title_of(dossier, matcher_for(dossier).index.topics[decision.candidates[0].topic], language),
                words=quoted_words(decision.left_open, language),
            )
        case "unsure":
            return say("No topic reaches {sure}, so Nota offers the likeliest.", sure=sure)
        case "decline":
            return say("It is most likely about none of the topics, so Nota does not answer.")
        case "talk":
            return say("It is small talk and asks nothing.")
        case _:
            assert_never(decision.kind)


def _known(dossier: Dossier, token: Token, language: Language) -> str:
    """The heading that says how a word is known."""
    say = phrases_in(language).say
    if token.kind == "light":
        return say("Words without a subject")
    if matcher_for(dossier).index.is_known(token):
        return say("Words of the dossier")
    return say("Words of other subjects") if token.kind == "other" else say("Unknown words")


def _percent(probability: float, language: Language) -> str:
    return percent(round(100 * probability), language)


def title_of(dossier: Dossier, topic: TopicId, language: Language) -> str:
    """The title of a topic or of a built-in list."""
    if topic in dossier.topics:
        return DossierTexts(dossier, language).line(dossier.topics[topic].title[language])
    return phrases_in(language).say(TITLES[topic][1])
