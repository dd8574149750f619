"""The reply to what somebody claims, or asks whether it is so: a line with its verdict for each statement. PURE."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.claims.check import REVIEWED, Check, Judgement
from bot.claims.compare import Outcome
from bot.claims.values import day_of
from bot.claims.words import all_words, normal
from bot.dossier.markdown import Paragraph, Span, Spans
from bot.dossier.models import Claim, Dossier, Duration, FactId, Language, Number, SourceId
from bot.matching.decision import Verdict
from bot.replies.citations import with_citations
from bot.replies.dossier_texts import DossierTexts, facts_in
from bot.replies.formatting import WORDS, day, fact_text
from bot.replies.i18n import phrases_in
from bot.replies.reply import Block, Button, Reply, distinct

MARKS: dict[Outcome, str] = {"agrees": "✓", "contradicts": "✗", "unknown": "?"}
DISPUTED = "◐"

_MAX_SHOWN = 60
"""Characters of a claimed value that are repeated."""


@dataclass(frozen=True, slots=True)
class _Line:
    mark: str
    spans: Spans


def claim_reply(dossier: Dossier, check: Check, verdict: Verdict, language: Language) -> Reply:
    """What the dossier says of each statement.

    ``check`` is what became of them; ``verdict`` is what the words alone would be answered with.
    """
    if check.reviewed is not None:
        return _reviewed_reply(dossier, check, check.reviewed, verdict, language)
    texts, phrases = DossierTexts(dossier, language), phrases_in(language)
    lines = [_line(each, texts) for each in check.judgements] or [_Line(MARKS["unknown"], (Span(_nothing(language)),))]
    near = verdict.topics
    topics = [each.topic for each in check.judgements if each.topic and each.outcome != "unknown"]
    topics = topics or [each.topic for each in check.judgements if each.is_disputed and each.topic] or list(near[:1])
    first, *others = lines
    blocks: list[Block] = [Paragraph((Span(f"{line.mark} "), *line.spans)) for line in others]
    first_topic = near[:1] if verdict.kind in ("answer", "both") else ()
    told = [topic for topic in dict.fromkeys((*first_topic, *topics, *near)) if topic in dossier.topics]
    shown: tuple[SourceId, ...] = ()
    if check.outcome == "unknown" and told and not any(each.is_disputed for each in check.judgements):
        lead = texts.blocks(dossier.topics[told[0]].body[language])[:1]
        shown = tuple(dossier.topics[told[0]].sources)
        blocks += [Paragraph((Span(phrases.say("What is known:"), italic=True),)), *lead]
    facts = [fact for each in check.judgements for fact in each.facts]
    named = [topic for topic in topics if topic in dossier.topics]
    sources = texts.sources(shown, facts)
    if named and not sources:
        sources = texts.sources(dossier.topics[named[0]].sources, ())
    as_of = texts.as_of(facts) if sources or facts else None
    answered = first_topic or (named[:1] if check.outcome != "unknown" else ())
    reply = Reply(
        answered[0] if answered else None,
        language,
        "".join(span.text for span in first.spans),
        first.mark,
        tuple(blocks),
        sources,
        as_of,
        texts.as_of_label(as_of),
        distinct(*(texts.topic_button(dossier.topics[topic]) for topic in told[:_MAX_TOPICS])),
        suggestions=near[1:2] if verdict.kind == "both" else () if answered else tuple(told[:_MAX_TOPICS]),
        verdict=check.outcome,
    )
    return with_citations(reply)


_MAX_TOPICS = 3


def _reviewed_reply(dossier: Dossier, check: Check, claim: Claim, verdict: Verdict, language: Language) -> Reply:
    """What an editor found."""
    texts = DossierTexts(dossier, language)
    told = [topic for topic in verdict.topics if topic in dossier.topics]
    answered = told[:1] if verdict.kind in ("answer", "both") else []
    return replace(
        claim_review(dossier, claim, language),
        topic=answered[0] if answered else None,
        buttons=distinct(*(texts.topic_button(dossier.topics[topic]) for topic in told[:_MAX_TOPICS])),
        suggestions=() if answered else tuple(told[:_MAX_TOPICS]),
        verdict=check.outcome,
        reviewed=True,
    )


def claim_review(dossier: Dossier, claim: Claim, language: Language) -> Reply:
    """An editor's verdict, why, and the sources."""
    texts = DossierTexts(dossier, language)
    reply = Reply(
        None,
        language,
        verdict_text(claim, language),
        MARKS[REVIEWED[claim.verdict]],
        texts.blocks(claim.because[language]),
        texts.sources(claim.sources, facts_in(dossier, claim.because[language])),
        claim.date,
        texts.as_of_label(claim.date),
    )
    return with_citations(reply)


VERDICTS = {
    "true": "True",
    "false": "False",
    "misleading": "Misleading",
    "unproven": "Unproven",
    "disputed": "Disputed",
}
"""Verdict of an editor → how readers see it, in English."""


def verdict_text(claim: Claim, language: Language) -> str:
    """The editor's verdict in a word."""
    return phrases_in(language).say(VERDICTS[claim.verdict])


def asks_of_another(text: str) -> bool:
    """Whether a message only asks whether something is so, and does not say what: "is this true?", or nothing at all."""
    plain = normal(text)
    for given in all_words():
        rest = given.opening.sub(" ", given.asking.sub(" ", plain))
        if all(word in given.grammar for word in re.findall(r"\w+", rest)):
            return True
    return False


def ask_what_to_check(language: Language, buttons: tuple[Button, ...]) -> Reply:
    """``/check`` with nothing behind it."""
    phrases = phrases_in(language)
    words = phrases.say("Write what you heard after the command, as in: /check it lasts ten years")
    return Reply(
        None, language, phrases.say("What is it that you heard?"), "🔎", (Paragraph((Span(words),)),), buttons=buttons
    )


def _nothing(language: Language) -> str:
    return phrases_in(language).say("The sources do not settle that.")


def _line(judgement: Judgement, texts: DossierTexts) -> _Line:
    phrases = phrases_in(texts.language)
    told = texts.line(judgement.told).rstrip(".")
    is_sentence = judgement.claimed.is_unclear or any(texts.dossier.facts[name].derived for name in judgement.facts)
    known = ("" if is_sentence else _known(judgement.facts, texts)) or told
    if judgement.is_disputed:
        notes = texts.notes(judgement.facts)
        told = "".join(span.text for span in notes[0].spans) if notes else texts.line(judgement.told)
        return _Line(DISPUTED, (Span(phrases.say("Reports differ: {told}", told=told)),))
    match judgement.outcome:
        case "agrees":
            return _Line(MARKS["agrees"], (Span(phrases.say("Yes: {known}.", known=known)),))
        case "contradicts" if (
            known != told and not judgement.claimed.denied and (claimed := _claimed(judgement, texts))
        ):
            line = phrases.say("No: {known}, not {claimed}.", known=known, claimed=claimed[:_MAX_SHOWN])
            return _Line(MARKS["contradicts"], (Span(line),))
        case "contradicts":
            return _Line(MARKS["contradicts"], (Span(phrases.say("No: {known}.", known=known)),))
        case _:
            return _Line(MARKS["unknown"], (Span(_nothing(texts.language)),))


def _claimed(judgement: Judgement, texts: DossierTexts) -> str:
    """The claimed value that contradicts: a day as the language writes it, others as the claim does; "" for a month or year."""
    value = judgement.value
    if value is None or value.kind == "date":
        of_day = day_of(value) if value else None
        return day(of_day, texts.language) if of_day else ""
    return judgement.claimed.text[value.start : value.end].strip(" ,.")


def _known(facts: Sequence[FactId], texts: DossierTexts) -> str:
    shown = []
    for name in facts:
        fact = texts.dossier.facts[name]
        shown.append(fact_text(fact, texts.language, WORDS if isinstance(fact, (Duration, Number)) else ""))
    return ", ".join(filter(None, shown))
