"""The reply to a claim: the verdicts on its statements, then the answer of its topic. PURE."""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Literal

from bot.claims.check import VERDICT_OF_REVIEW, WORST_FIRST, ClaimCheck, Judgement
from bot.claims.declared import Compared, digest_of, with_other_value
from bot.claims.statements import as_read, asks_whether, without_openings
from bot.claims.tokens import as_sent, within_sentence
from bot.claims.values import day_of
from bot.claims.words import listed_languages, normal, word_lists
from bot.dossier.markdown import CITATION_GAP, Items, Paragraph, Span, plain
from bot.dossier.models import (
    Bulletin,
    Claim,
    DayFact,
    Dossier,
    Duration,
    Fact,
    FactId,
    Language,
    Number,
    SourceId,
    TopicId,
    in_language,
)
from bot.languages import record
from bot.matching.lexicon import lexicon, wish
from bot.replies.bulletins import bulletin_text, withdrawn_title
from bot.replies.citations import cited_in, superscript, with_citations
from bot.replies.dossier_texts import DossierTexts, beginning, cut, facts_in
from bot.replies.fallbacks import help_button
from bot.replies.formatting import WORDS, capitalised, day, fact_text
from bot.replies.i18n import phrases_in
from bot.replies.listings import numbered
from bot.replies.question import AboutTopic, Chosen
from bot.replies.reply import Block, Button, Reply, StatementVerdict, distinct, lines_of, text_reply
from bot.replies.topics import bulletin_reply, topic_reply

MARKS: dict[str, str] = {"agrees": "✓", "contradicts": "✗", "disputed": "◐", "unknown": "?"}
"""Verdict → the mark before it."""

COUNTED, CHECKED = "≈", "🔎"
"""The marks of a value that Nota computed, and of a message without a verdict as a whole."""

_MAX_LINES = 5
"""The most lines about statements; the worst verdicts come first."""

_MAX_WORDS = 60
"""The most characters of a statement, or of a claimed value, that are quoted."""

_MAX_TOPICS = 3


@dataclass(frozen=True, slots=True)
class ClaimTopics:
    """The topics of a claim, the likeliest first. ``is_sure``: whether the first one is shown; otherwise all are offered."""

    topics: tuple[TopicId, ...]
    is_sure: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """The line about one statement.

    Attributes:
        mark: the sign before it.
        quote: the statement as it was sent; "" if the message has no other.
        text: the verdict; if it has sources, with ``{notes}`` where their numbers stand, behind all words of others.
        sources: the sources that decide.
        more: an editor's explanation below it.
    """

    mark: str
    quote: str
    text: str
    sources: tuple[SourceId, ...]
    more: tuple[Block, ...] = ()


def claim_reply(
    dossier: Dossier,
    check: ClaimCheck,
    statements: Sequence[StatementVerdict],
    card: ClaimTopics,
    language: Language,
    today: date,
    more: AboutTopic | Chosen | None = None,
    *,
    is_chosen: bool = False,
) -> Reply:
    """The verdicts on the message, then the answer of its topic; in its short form the verdicts alone.

    ``statements``: the results of the check, for programs. ``more``: what asks for this reply again. ``is_chosen``: whether the asker chose a declared sentence, which the reply begins with.
    """
    texts = DossierTexts(dossier, language)
    shown = topic_reply(dossier, card.topics[0], 1, language, today) if card.is_sure and card.topics else None
    lines = _lines(check, texts, is_chosen=is_chosen)
    title, emoji, title_sources, blocks = _head(check, lines, card, texts)
    short = _head(check, list(map(_first_reason, lines)), card, texts)[-1] if lines else None
    findings = (finding for judgement in check.judgements for finding in judgement.findings)
    facts = [finding.fact for finding in findings if finding.fact in dossier.facts]
    cited = [source for line in lines for source in (*line.sources, *cited_in(line.more))]
    decided = texts.sources(dict.fromkeys(cited), ())
    as_of = min(filter(None, (texts.as_of(facts) if facts else None, shown.as_of if shown else None)), default=None)
    buttons = [texts.topic_button(dossier.topics[t]) for t in card.topics[:_MAX_TOPICS] if t in dossier.topics]
    if shown is not None:
        heading = Paragraph((Span(shown.heading, bold=True),))
        blocks = [*blocks, heading, *shown.blocks]
        short = short if lines else [heading, *(shown.short or ())]
        buttons = [*shown.buttons]
    reply = Reply(
        shown.topic if shown else None,
        language,
        title,
        emoji,
        tuple(blocks),
        tuple(dict.fromkeys((*decided, *(shown.sources if shown else ())))),
        as_of,
        texts.as_of_label(as_of),
        distinct(*buttons) or (help_button(dossier, language),),
        suggestions=() if shown else card.topics[:_MAX_TOPICS],
        picture=shown.picture if shown else None,
        unanswered=not check.is_settled and shown is None,
        verdict=check.verdict,
        reviewed=any(each.claim is not None and each.verdict == check.verdict for each in check.judgements),
        statements=tuple(statements),
        title_sources=title_sources,
        short=None if short is None else tuple(short),
        more=more,
    )
    return with_citations(reply)


def _head(
    check: ClaimCheck, lines: Sequence[_Line], card: ClaimTopics, texts: DossierTexts
) -> tuple[str, str, tuple[SourceId, ...], list[Block]]:
    """The heading, its mark and its sources, and the blocks below it."""
    say = phrases_in(texts.language).say
    if not check.is_settled:
        if card.is_sure and card.topics:
            return say("Nota has this on it:"), CHECKED, (), []
        if card.topics:
            return say("Is it about one of these?"), "🤔", (), []
        return say("Nota cannot check that."), CHECKED, (), []
    first, *others = lines
    before, after = _around_notes(first, texts)
    gap = CITATION_GAP if first.sources and before[-1:].isdecimal() else ""
    notes = CITATION_GAP.join(superscript(number) for number in range(1, len(first.sources) + 1))
    title = f"{before}{gap}{notes}{after}"
    return title, first.mark, first.sources, [*first.more, *_paragraphs(others, texts)]


def _first_reason(line: _Line) -> _Line:
    """The line with the first sentence of an editor's explanation."""
    sentences = (Paragraph(beginning(block.spans)) for block in line.more if isinstance(block, Paragraph))
    return replace(line, more=tuple(islice(sentences, 1)))


def _paragraphs(lines: Iterable[_Line], texts: DossierTexts) -> list[Block]:
    blocks: list[Block] = []
    for line in lines:
        before, after = _around_notes(line, texts, f"{line.mark} " if line.mark else "")
        cited = [span for source in line.sources for span in (Span(CITATION_GAP), Span("", source=source))][1:]
        spans = tuple(span for span in (Span(before), *cited, Span(after)) if span.text or span.source)
        blocks += [Paragraph(spans), *line.more]
    return blocks


def _around_notes(line: _Line, texts: DossierTexts, begin: str = "") -> tuple[str, str]:
    """A verdict behind the quoted statement: the words before the numbers of its sources, and those behind them."""
    say, text = phrases_in(texts.language).say, line.text
    words = begin + (say("“{words}” – {verdict}", words=line.quote, verdict=text) if line.quote else text)
    before, _, after = words.rpartition("{notes}") if line.sources else (words, "", "")
    return before, after


def _lines(check: ClaimCheck, texts: DossierTexts, *, is_chosen: bool) -> list[_Line]:
    """A line for each settled statement, the worst first and equal lines once."""
    is_alone = len(check.judgements) == 1 and not is_chosen
    by_text: dict[object, _Line] = {}
    settled = [judgement for judgement in check.judgements if judgement.is_settled]
    for judgement in sorted(settled, key=lambda each: (WORST_FIRST.index(each.verdict), each.is_counted)):
        for line in _judged(judgement, check.language, texts, quote="" if is_alone else _quote(judgement)):
            by_text.setdefault((line.mark, line.text), line)
    return list(by_text.values())[:_MAX_LINES]


def with_offers(reply: Reply) -> Reply:
    """The reply with what its only reader may have heard: sentences with numbers, and a button for each."""
    asked = Paragraph((Span(phrases_in(reply.language).say("Did you hear one of these?"), bold=True),))
    heard = Items(tuple((Span(offer.label),) for offer in reply.offers), ordered=True)
    buttons = (*numbered(reply.offers, reply.language), *reply.buttons)
    return replace(reply, blocks=(*reply.blocks, asked, heard), buttons=buttons)


def _quote(judgement: Judgement) -> str:
    return cut(judgement.text, _MAX_WORDS)


def _judged(judgement: Judgement, written: Language, texts: DossierTexts, quote: str) -> list[_Line]:
    """The lines about a settled statement. ``written``: its language."""
    if judgement.claim is not None:
        return [_of_review(judgement.claim, quote or _quote(judgement), texts)]
    if judgement.is_counted:
        return [_counted(texts, finding, quote) for finding in judgement.findings[:1]]
    wrong = [finding for finding in judgement.findings if finding.comparison != "same"]
    return [_of_fact(texts, finding, judgement, written, quote) for finding in wrong or judgement.findings]


def _of_review(claim: Claim, quote: str, texts: DossierTexts) -> _Line:
    """The line about a statement that an editor has judged."""
    review = claim_review(texts.dossier, claim, texts.language)
    return _Line(review.emoji, quote, f"{review.title}.", (), texts.blocks(claim.because[texts.language]))


def _of_fact(texts: DossierTexts, finding: Compared, judgement: Judgement, written: Language, quote: str) -> _Line:
    """The line about a statement on which a fact decides: the value, what it measures, and who states it."""
    say, language = phrases_in(texts.language).say, texts.language
    fact = texts.dossier.facts[finding.fact]
    value, of = known_value(fact, language), _measured(texts, finding.fact)
    by = in_language(fact.stated_by, language) if fact.stated_by else ""
    sources = tuple(SourceId(source) for source in fact.sources)
    notes = "{notes}" if sources else ""
    if finding.comparison == "same":
        if by and of:
            text = say("So says {by}: {value} – {of}.{notes}", by=by, value=value, of=of, notes=notes)
        elif of:
            text = say("Yes: {value} – {of}.{notes}", value=value, of=of, notes=notes)
        else:
            text = say("Yes: {value}.{notes}", value=value, notes=notes)
        if fact.rivals:
            text = f"{text} {_of_rivals(texts, finding.fact)}"
        return _Line(MARKS["agrees"], quote, text, sources)
    claimed = _claimed(texts, finding, judgement, written)
    correct_value = f"{capitalised(of, texts.language)}: {value}" if of else value
    correct_value = say("{known}, not {claimed}", known=correct_value, claimed=claimed) if claimed else correct_value
    correct_value = say("{known} (so says {by})", known=correct_value, by=by) if by else correct_value
    text = say("No. {known}.{notes}", known=correct_value, notes=notes)
    return _Line(MARKS["contradicts"], quote, text, sources)


def _of_rivals(texts: DossierTexts, name: FactId) -> str:
    """That others have another figure for the same thing, if they measure the same; else that something near it has another one."""
    say, fact, facts = phrases_in(texts.language).say, texts.dossier.facts[name], texts.dossier.facts
    rivals = (facts[rival] for rival in fact.rivals if rival in facts)
    if any(rival.of == fact.of and rival.stated_by != fact.stated_by for rival in rivals):
        return say("Others count differently: see below.")
    if fact.type == "date":
        return say("There is another day close to it: see below.")
    return say("There is another figure close to it: see below.")


def _counted(texts: DossierTexts, finding: Compared, quote: str) -> _Line:
    """The line about a value that no source prints, and how Nota computed it."""
    say, language = phrases_in(texts.language).say, texts.language
    fact = texts.dossier.facts.get(finding.fact) or texts.dossier.counted[finding.fact]
    value, of = known_value(fact, language), _measured(texts, finding.fact)
    if isinstance(fact, DayFact) and fact.from_ and fact.plus:
        start, length = (known_value(texts.dossier.facts[FactId(name)], language) for name in (fact.from_, fact.plus))
        words = "No source prints this. By Nota’s count, {start} plus {length}: {value}."
        text = say(words, start=start, length=length, value=value)
    else:
        text = say("No source prints this. By Nota’s count: {value} – {of}.", value=value, of=of)
    return _Line(COUNTED, quote, text, ())


def _measured(texts: DossierTexts, name: FactId) -> str:
    """What a fact's value measures; "" if the fact has no ``of``."""
    if name not in texts.dossier.facts:
        return phrases_in(texts.language).say("the newest bulletin")
    of = texts.dossier.facts[name].of
    return texts.line(in_language(of, texts.language)).rstrip(".") if of else ""


def known_value(fact: Fact, language: Language) -> str:
    """A fact's value as a verdict states it."""
    return fact_text(fact, language, WORDS if isinstance(fact, (Duration, Number)) else "")


def _claimed(texts: DossierTexts, finding: Compared, judgement: Judgement, written: Language) -> str:
    """The claimed value as the sender wrote it. In another language it is formatted again, and where words have cases.

    "" for a month or a year alone, and for values that cannot be formatted.
    """
    language, value = texts.language, finding.value
    fact = texts.dossier.facts[finding.fact]
    if value is not None and value.kind == "date":
        of_day = day_of(value)
        return day(of_day, language) if of_day else ""
    if written == language and not record(language).declines:
        words = as_sent(judgement.text, finding.claimed)[:_MAX_WORDS].strip(" ,.")
        return within_sentence(judgement.text, words) if value is not None else words
    changed = with_other_value(fact, value) if value is not None else None
    return known_value(changed, language) if changed else ""


def as_declared(dossier: Dossier, text: str, value: str, language: Language) -> str:
    """A claim as an editor would declare its sentence: ``{}`` for its value, in normalised words, and ``{it}`` for the subject."""
    text = text.strip(" .!?…")
    if value and (part := as_sent(text, value)) in text:
        text = text.replace(part, "{}", 1)
    for name in sorted(dossier.header.names.get(language, ()), key=len, reverse=True):
        named = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "{it}", text, count=1, flags=re.IGNORECASE)
        if named != text:
            return named
    return text


def claim_review(dossier: Dossier, claim: Claim, language: Language) -> Reply:
    """An editor's verdict on a claim, with the reasons and the sources."""
    texts = DossierTexts(dossier, language)
    mark, blocks = MARKS[VERDICT_OF_REVIEW[claim.verdict]], texts.blocks(claim.because[language])
    sources = texts.sources(claim.sources, facts_in(dossier, claim.because[language]))
    as_of = claim.date, texts.as_of_label(claim.date)
    return with_citations(Reply(None, language, verdict_text(claim, language), mark, blocks, sources, *as_of))


EDITORS_VERDICTS = {
    "true": "True",
    "false": "False",
    "misleading": "Misleading",
    "unproven": "Not borne out so far",
    "disputed": "Reports differ",
}
"""An editor's verdict → its phrase, in English."""


def verdict_text(claim: Claim, language: Language) -> str:
    """The editor's verdict in a few words."""
    return phrases_in(language).say(EDITORS_VERDICTS[claim.verdict])


def claim_words(dossier: Dossier, claim: Claim, language: Language) -> str:
    """A sentence of a reviewed claim, in this language or else in the first one that has it, with a name and a choice filled in."""
    spoken = (language, *dossier.languages, *claim.says)  # a language in preparation last
    of_language = next(each for each in spoken if claim.says.get(each))
    says = zip(claim.says[of_language], sentences_of(dossier, claim, of_language), strict=True)
    return min(says, key=lambda each: "{" in each[0])[1]


def rumour_button(dossier: Dossier, language: Language) -> tuple[Button, ...]:
    """The button for the shortest sentence that the editors have found false; () if there is none in the language."""
    false = (claim.says.get(language, ()) for claim in dossier.claims.values() if claim.verdict == "false")
    said = min((text for texts in false for text in texts if "{" not in text), key=len, default="")
    quote = phrases_in(language).say("“{word}”", word=said)
    return (Button(f"{MARKS['contradicts']} {quote}", Chosen(digest_of(said))),) if said else ()


def sentences_of(dossier: Dossier, claim: Claim, language: Language) -> list[str]:
    """The sentences of a reviewed claim in a language, with a name and a choice filled in."""
    name = next(iter(dossier.header.names.get(language, ())), dossier.header.title.get(language, ""))
    choice = next(iter(claim.one_of.get(language, ())), "")
    return [text.replace("{it}", name).replace("{}", choice) for text in claim.says.get(language, ())]


def own_bulletin_reply(dossier: Dossier, text: str, language: Language) -> Reply | None:
    """The reply to one of Nota's own bulletins: its present text, or that it was withdrawn; None for other messages.

    A message is a bulletin if it contains at least half of the bulletin's sentences, and two sentences or one with the title.
    """
    sent = normal_words(text)
    for bulletin, title, sentences in _own_bulletins(dossier):
        there = sum(sentence in sent for sentence in sentences)
        if there and 2 * there >= len(sentences) and (there > 1 or title in sent):
            return _as_it_stands(dossier, bulletin, language)
    return None


_OwnBulletins = Sequence[tuple[Bulletin, str, Sequence[str]]]
"""Bulletins in each language, with the normal words of the title and of the sentences of some length."""

_recent: deque[tuple[Dossier, _OwnBulletins]] = deque(maxlen=2)
"""The bulletins of the dossiers that were asked last: the one in force, and one before or beside it."""


def _own_bulletins(dossier: Dossier) -> _OwnBulletins:
    """The bulletins, also those that were withdrawn. Kept, because each claim is compared with them."""
    kept = next((kept for known, kept in tuple(_recent) if known is dossier), None)
    if kept is None:
        every = (*dossier.bulletins.values(), *dossier.withdrawn.values())
        spoken = ((each, name) for each in every for name in dossier.languages if name in each.body)
        written = [(each, name, bulletin_text(dossier, each, name)) for each, name in spoken]
        kept = [(bulletin, normal_words(text.title), _telling(text.blocks)) for bulletin, _, text in written]
        gone = ((each, withdrawn_title(text.title, name)) for each, name, text in written if each.withdrawn is not None)
        kept += [(bulletin, "", [normal_words(title)]) for bulletin, title in gone]  # all that its message still says
        _recent.append((dossier, kept))
    return kept


def _telling(blocks: Sequence[Block]) -> list[str]:
    sentences = (normal_words(sentence) for line in lines_of(blocks) for sentence in _SENTENCE.split(plain(line)))
    return [sentence for sentence in sentences if len(sentence.split()) >= _LEAST_WORDS]


def normal_words(text: str) -> str:
    """The normalised words of a text of any length, separated by single spaces."""
    return " ".join(re.findall(r"\w+", " ".join(normal(line) for line in text.splitlines())))


_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_LEAST_WORDS = 4


def _as_it_stands(dossier: Dossier, bulletin: Bulletin, language: Language) -> Reply:
    reply, phrases = bulletin_reply(dossier, bulletin, language), phrases_in(language)
    if bulletin.withdrawn is not None:
        return reply
    opening = phrases.say("This is a bulletin of Nota’s of {day}. As it stands now:", day=phrases.day(bulletin.date))
    head = Paragraph((Span(opening),))
    # without the day, which stands in the opening
    blocks, short = ((head, *each[1:]) for each in (reply.blocks, reply.short or ()))
    return with_citations(replace(reply, blocks=blocks, short=short))


def asks_alone(text: str) -> bool:
    """Whether a message asks whether something is true without saying what: "is this true?", "hoax?", "¿es verdad?"."""
    plain_text = as_read(text)
    asking = (each for each in listed_languages() if asks_whether(plain_text, word_lists(each)))
    return any(_says_nothing(plain_text, each) for each in asking)


def doubt_in(text: str) -> Literal["doubt", "wrong", ""]:
    """What a reply to a message of ours says of it: it asks whether that holds, who says it or since when; or that it is wrong; ""; neither."""
    words = " ".join(re.findall(r"\w+", re.sub("['’]", "", text.lower())))
    if wish("wrong").fullmatch(words):
        return "doubt" if "?" in text else "wrong"
    return "doubt" if asks_alone(text) or wish("doubt").fullmatch(words) else ""


def asks_of_another(text: str) -> bool:
    """Whether a message says nothing without the message that it replies to: it asks whether that is true, or has no content word."""
    return asks_alone(text) or any(_says_nothing(as_read(text), each) for each in listed_languages())


def _says_nothing(text: str, language: Language) -> bool:
    """Whether a normalised text has no word that carries a subject, beside those that ask whether something is true."""
    lists, words = word_lists(language), lexicon(language)
    rest = without_openings(text if text.endswith("?") else f"{text}?", lists, asks=True)
    left = set(re.findall(r"\w+", rest))
    asks = not left.isdisjoint(lists.question | lists.opens_question)
    return not asks and left <= words.light | words.fillers | lists.auxiliary


def ask_what_to_check(language: Language, buttons: tuple[Button, ...]) -> Reply:
    """The reply to ``/check`` without a claim, and to "is this true?" without a message that it could refer to."""
    phrases = phrases_in(language)
    text = phrases.say("Write what you heard, or forward it to me.")
    return text_reply(language, "🔎", phrases.say("What is it that you heard?"), text, *buttons)
