"""The reply to a claim: the verdicts on its statements, then the answer of its topic. PURE."""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.claims.check import VERDICT_OF_REVIEW, WORST_FIRST, ClaimCheck, DecidingFact, Judgement
from bot.claims.items import PlaceName
from bot.claims.statements import as_read, asks_whether, without_openings
from bot.claims.values import Value, day_of
from bot.claims.words import WordLists, all_word_lists, normal, one_of
from bot.dossier.markdown import CITATION_GAP, Paragraph, Span, plain
from bot.dossier.models import (
    Bulletin,
    Claim,
    DayFact,
    Dossier,
    Duration,
    Fact,
    FactId,
    Language,
    Money,
    Number,
    Percent,
    SourceId,
    TopicId,
    in_language,
)
from bot.replies.bulletins import bulletin_text
from bot.replies.citations import cited_in, superscript, with_citations
from bot.replies.dossier_texts import DossierTexts, cut, facts_in
from bot.replies.fallbacks import help_button
from bot.replies.formatting import WORDS, capitalised, day, fact_text
from bot.replies.i18n import phrases_in
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
    near: Claim | None = None,
) -> Reply:
    """The verdicts on the message, then the answer of its topic.

    ``statements``: the results of the check, for programs. The heading has ✓ only if every statement of the message agrees. ``near``: a reviewed
    claim that says something similar, shown with its own words and verdict if nothing decides on the message.
    """
    texts = DossierTexts(dossier, language)
    shown = topic_reply(dossier, card.topics[0], 1, language, today) if card.is_sure and card.topics else None
    lines = (
        _lines(check, texts)
        if check.is_settled or near is None
        else [_of_review(near, claim_words(dossier, near, language), texts)]
    )
    title, emoji, title_sources, blocks = _head(check, lines, card, texts)
    findings = (finding for judgement in check.judgements for finding in judgement.findings)
    facts = [finding.fact for finding in findings if finding.fact in dossier.facts]
    cited = [source for line in lines for source in (*line.sources, *cited_in(line.more))]
    decided = texts.sources(dict.fromkeys(cited), ())
    as_of = min(filter(None, (texts.as_of(facts) if facts else None, shown.as_of if shown else None)), default=None)
    buttons = [
        texts.topic_button(dossier.topics[topic]) for topic in card.topics[:_MAX_TOPICS] if topic in dossier.topics
    ]
    if shown is not None:
        blocks = [*blocks, Paragraph((Span(shown.heading, bold=True),)), *shown.blocks]
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
        reviewed=any(
            judgement.claim is not None and judgement.verdict == check.verdict for judgement in check.judgements
        ),
        statements=tuple(statements),
        title_sources=title_sources,
    )
    return with_citations(reply)


def _head(
    check: ClaimCheck, lines: Sequence[_Line], card: ClaimTopics, texts: DossierTexts
) -> tuple[str, str, tuple[SourceId, ...], list[Block]]:
    """The heading, its mark and its sources, and the blocks below it."""
    say = phrases_in(texts.language).say
    if not check.is_settled:
        if lines:
            return say("Something similar has been checked:"), CHECKED, (), _paragraphs(lines, texts)
        if card.is_sure and card.topics:
            return say("Nota has this on it:"), CHECKED, (), []
        if card.topics:
            return say("Is it about one of these?"), "🤔", (), []
        return say("Nota cannot check that."), CHECKED, (), []
    first, *others = lines
    if first.mark == MARKS["agrees"] and check.verdict != "agrees":
        return say("Sentence by sentence:"), CHECKED, (), _paragraphs(lines, texts)
    before, after = _around_notes(first, texts)
    gap = CITATION_GAP if first.sources and before[-1:].isdecimal() else ""
    title = f"{before}{gap}{_notes(len(first.sources))}{after}"
    return title, first.mark, first.sources, [*first.more, *_paragraphs(others, texts)]


def _paragraphs(lines: Iterable[_Line], texts: DossierTexts) -> list[Block]:
    blocks: list[Block] = []
    for line in lines:
        before, after = _around_notes(line, texts, f"{line.mark} " if line.mark else "")
        cited = [span for source in line.sources for span in (Span(CITATION_GAP), Span("", source=source))][1:]
        blocks += [
            Paragraph(tuple(span for span in (Span(before), *cited, Span(after)) if span.text or span.source)),
            *line.more,
        ]
    return blocks


def _around_notes(line: _Line, texts: DossierTexts, begin: str = "") -> tuple[str, str]:
    """A verdict behind the quoted statement: the words before the numbers of its sources, and those behind them."""
    say, text = phrases_in(texts.language).say, line.text
    words = begin + (say("“{words}” – {verdict}", words=line.quote, verdict=text) if line.quote else text)
    before, _, after = words.rpartition("{notes}") if line.sources else (words, "", "")
    return before, after


def _notes(count: int) -> str:
    """The numbers of the first ``count`` sources: ``¹ ²``."""
    return CITATION_GAP.join(map(superscript, range(1, count + 1)))


def _lines(check: ClaimCheck, texts: DossierTexts) -> list[_Line]:
    """A line for each settled statement, the worst first and equal lines once; a line for the other statements."""
    say = phrases_in(texts.language).say
    is_alone = len(check.judgements) == 1 and check.is_whole
    settled = sorted((judgement for judgement in check.judgements if judgement.is_settled), key=_rank)
    by_text: dict[object, _Line] = {}
    for judgement in settled:
        for line in _judged(judgement, check.language, texts, quote="" if is_alone else _quote(judgement)):
            by_text.setdefault((line.mark, line.text), line)
    lines, rest = (
        list(by_text.values())[:_MAX_LINES],
        [judgement for judgement in check.judgements if not judgement.is_settled],
    )
    if settled and rest:
        text = say("could not be checked.")
        quote = _quote(rest[0]) if len(rest) == 1 else ""
        lines.append(_Line("", quote, text if quote else say("The rest: {told}", told=text), ()))
    return lines


def _rank(judgement: Judgement) -> tuple[int, bool]:
    return WORST_FIRST.index(judgement.verdict), judgement.is_counted


def _quote(judgement: Judgement) -> str:
    return cut(judgement.text, _MAX_WORDS)


def _judged(judgement: Judgement, written: Language, texts: DossierTexts, quote: str) -> list[_Line]:
    """The lines about a settled statement. ``written``: its language."""
    if judgement.claim is not None:
        return [_of_review(judgement.claim, quote or _quote(judgement), texts)]
    if judgement.is_counted:
        return [_counted(texts, finding, quote) for finding in judgement.findings[:1]]
    wrong = [finding for finding in judgement.findings if not finding.same]
    return [_of_fact(texts, finding, judgement, written, quote) for finding in wrong or judgement.findings]


def _of_review(claim: Claim, quote: str, texts: DossierTexts) -> _Line:
    """The line about a statement that an editor has judged."""
    review = claim_review(texts.dossier, claim, texts.language)
    return _Line(review.emoji, quote, f"{review.title}.", (), texts.blocks(claim.because[texts.language]))


def _of_fact(texts: DossierTexts, finding: DecidingFact, judgement: Judgement, written: Language, quote: str) -> _Line:
    """The line about a statement on which a fact decides: the value, what it measures, and who states it."""
    say, language = phrases_in(texts.language).say, texts.language
    fact = texts.dossier.facts[finding.fact]
    value, of = known_value(fact, language), _measured(texts, finding.fact)
    by = in_language(fact.stated_by, language) if fact.stated_by else ""
    sources = tuple(SourceId(source) for source in fact.sources)
    notes = "{notes}" if sources else ""
    if finding.same:
        if by and of:
            text = say("So says {by}: {value} – {of}.{notes}", by=by, value=value, of=of, notes=notes)
        else:
            text = (
                say("Yes: {value} – {of}.{notes}", value=value, of=of, notes=notes)
                if of
                else say("Yes: {value}.{notes}", value=value, notes=notes)
            )
        if fact.rivals:
            text = f"{text} {say('Others count differently: see below.')}"
        return _Line(MARKS["agrees"], quote, text, sources)
    claimed = _claimed(texts, finding, judgement, written)
    correct_value = f"{capitalised(of)}: {value}" if of else value
    correct_value = say("{known}, not {claimed}", known=correct_value, claimed=claimed) if claimed else correct_value
    correct_value = say("{known} (so says {by})", known=correct_value, by=by) if by else correct_value
    text = say("No. {known}.{notes}", known=correct_value, notes=notes)
    return _Line(MARKS["contradicts"], quote, text, sources)


def _counted(texts: DossierTexts, finding: DecidingFact, quote: str) -> _Line:
    """The line about a value that no source prints, and how Nota computed it."""
    say, language = phrases_in(texts.language).say, texts.language
    fact = texts.dossier.facts.get(finding.fact) or texts.dossier.counted[finding.fact]
    value, of = known_value(fact, language), _measured(texts, finding.fact)
    if isinstance(fact, DayFact) and fact.from_ and fact.plus:
        start, length = (known_value(texts.dossier.facts[FactId(name)], language) for name in (fact.from_, fact.plus))
        text = say(
            "No source prints this. By Nota’s count, {start} plus {length}: {value}.",
            start=start,
            length=length,
            value=value,
        )
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


def _claimed(texts: DossierTexts, finding: DecidingFact, judgement: Judgement, written: Language) -> str:
    """The claimed value as the sender wrote it. In another language it is formatted again, and in Russian, because of the cases.

    "" for a month or a year alone, and for values that cannot be formatted.
    """
    item, language = finding.claimed, texts.language
    if item is None or item.value is None:
        return ""
    fact = texts.dossier.facts[finding.fact]
    if isinstance(item.value, Value) and item.value.kind == "date":
        of_day = day_of(item.value)
        return day(of_day, language) if of_day else ""
    if written == language and language != "ru":
        words = as_sent(judgement.text, item.text)[:_MAX_WORDS].strip(" ,.")
        begins = not isinstance(item.value, PlaceName) and judgement.text.lstrip(" “”\"«‘’'¿¡(").startswith(words)
        return _within_a_sentence(words) if begins else words
    return "" if isinstance(item.value, PlaceName) else _written_anew(item.value, fact, language)


def _within_a_sentence(words: str) -> str:
    """A value with which a sentence began, for the middle of one: without the capital of its first word, unless that is a sign (Rp)."""
    first = re.match(r"[^\W\d_]+(?=\s)", words)
    if first is None or first[0] in _SIGNS or first[0][1:] != first[0][1:].lower():
        return words
    return words[0].lower() + words[1:]


_SIGNS = frozenset(("Rp", "Rs"))
"""Signs of currencies that are written as words. Others are no word, or are all capitals."""


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


def as_sent(text: str, words: str) -> str:
    """The part of a message whose normalised form is ``words``; ``words`` if no part has it."""
    places = [m.start() for m in re.finditer(r"\b|(?<=\s)|(?<=\d)|(?=[^\w\s])", text)] + [len(text)]
    wanted = words.strip()
    for start in places:
        for end in (place for place in places if place > start):
            if normal(text[start:end]).strip() == wanted:
                return text[start:end].strip()
    return wanted


def _written_anew(value: Value, fact: Fact, language: Language) -> str:
    """A claimed value, formatted like a fact; "" for a range, a bound and an approximate value."""
    if value.low != value.high or value.bound or value.approximate:
        return ""
    match fact:
        case Number() | Percent():
            changed: Fact = fact.model_copy(update={"value": value.low, "approximate": False})
        case Money() if value.currency in ("", fact.currency):
            amount = {"amount": value.low, "min": None, "max": None, "approximate": False, "below": False}
            changed = fact.model_copy(update=amount | ({} if value.period else {"period": None}))
        case Duration() if value.low % 365.25 == 0:
            changed = fact.model_copy(update={"years": int(value.low // 365.25), "months": 0, "days": 0})
        case Duration() if value.unit == 1:
            changed = fact.model_copy(update={"years": 0, "months": 0, "days": int(value.low)})
        case _:
            return ""
    return known_value(changed, language)


def claim_review(dossier: Dossier, claim: Claim, language: Language) -> Reply:
    """An editor's verdict on a claim, with the reasons and the sources."""
    texts = DossierTexts(dossier, language)
    reply = Reply(
        None,
        language,
        verdict_text(claim, language),
        MARKS[VERDICT_OF_REVIEW[claim.verdict]],
        texts.blocks(claim.because[language]),
        texts.sources(claim.sources, facts_in(dossier, claim.because[language])),
        claim.date,
        texts.as_of_label(claim.date),
    )
    return with_citations(reply)


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
    says = claim.says[of_language]
    whole = next((place for place, text in enumerate(says) if "{" not in text), 0)
    return sentences_of(dossier, claim, of_language)[whole]


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
    own = next((each.bulletin for each in _own_bulletins(dossier) if each.is_in(sent)), None)
    return _as_it_stands(dossier, own, language) if own else None


@dataclass(frozen=True, slots=True)
class _OwnBulletin:
    """The normal words of a bulletin in one language: its title, and its sentences of some length."""

    bulletin: Bulletin
    title: str
    sentences: tuple[str, ...]

    def is_in(self, sent: str) -> bool:
        there = sum(sentence in sent for sentence in self.sentences)
        return bool(there) and 2 * there >= len(self.sentences) and (there > 1 or self.title in sent)


_recent: deque[tuple[Dossier, tuple[_OwnBulletin, ...]]] = deque(maxlen=2)
"""The bulletins of the dossiers that were asked last: the one in force, and one before or beside it."""


def _own_bulletins(dossier: Dossier) -> tuple[_OwnBulletin, ...]:
    """The bulletins, also those that were withdrawn. Kept, because each claim is compared with them."""
    kept = next((kept for known, kept in tuple(_recent) if known is dossier), None)
    if kept is None:
        every = (*dossier.bulletins.values(), *dossier.withdrawn.values())
        kept = tuple(
            _own_bulletin(dossier, bulletin, language)
            for bulletin in every
            for language in dossier.languages
            if language in bulletin.body
        )
        _recent.append((dossier, kept))
    return kept


def _own_bulletin(dossier: Dossier, bulletin: Bulletin, language: Language) -> _OwnBulletin:
    text = bulletin_text(dossier, bulletin, language)
    sentences = (normal_words(sentence) for line in lines_of(text.blocks) for sentence in _SENTENCE.split(plain(line)))
    telling = tuple(sentence for sentence in sentences if len(sentence.split()) >= _LEAST_WORDS)
    return _OwnBulletin(bulletin, normal_words(text.title), telling)


def normal_words(text: str) -> str:
    """The normalised words of a text of any length, separated by single spaces."""
    return " ".join(re.findall(r"\w+", " ".join(normal(line) for line in text.splitlines())))


_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_LEAST_WORDS = 4


def _as_it_stands(dossier: Dossier, bulletin: Bulletin, language: Language) -> Reply:
    reply, say = bulletin_reply(dossier, bulletin, language), phrases_in(language).say
    if bulletin.withdrawn is not None:
        return reply
    opening = say("This is a bulletin of Nota’s of {day}. As it stands now:", day=day(bulletin.date, language))
    return with_citations(replace(reply, blocks=(Paragraph((Span(opening),)), *reply.blocks)))


_ASKED_ALONE = one_of(
    (
        *(
            "es verdad",
            "es cierto",
            "sera verdad",
            "es verdad o no",
            "es verdad esto",
            "es verdad eso",
            "esto es verdad",
        ),
        *(
            "verdad",
            "verdad o mentira",
            "cierto o falso",
            "es mentira",
            "es falso",
            "falso",
            "bulo",
            "es un bulo",
            "mentira",
        ),
        *(
            "c'est vrai",
            "c'est vrai ça",
            "c'est vrai ou pas",
            "est-ce vrai",
            "est-ce que c'est vrai",
            "vrai",
            "vrai ou faux",
        ),
        *("info ou intox", "intox", "c'est faux", "c'est une intox", "c'est un fake", "faux", "vraiment"),
        *(
            "stimmt das",
            "ist das wahr",
            "stimmt's",
            "echt oder fake",
            "fake oder echt",
            "wahr oder falsch",
            "ist das fake",
        ),
        *(
            "é verdade",
            "é verdade isso",
            "isso é verdade",
            "verdade ou mentira",
            "fato ou fake",
            "é mentira",
            "é falso",
            "è vero",
        ),
        *("è vero o falso", "vero o falso", "è una bufala", "bufala", "vero", "è falso"),
    )
)
"""Questions that only ask whether something is true, in Spanish, French, German, Portuguese and Italian, which have no word lists."""


def asks_alone(text: str) -> bool:
    """Whether a message asks whether something is true without saying what: "is this true?", "hoax?", "¿es verdad?"."""
    plain_text = as_read(text)
    if _ASKED_ALONE.fullmatch(re.sub(r"^\W+|\W+$", "", plain_text)):
        return "?" in plain_text
    return any(asks_whether(plain_text, lists) and _says_nothing(plain_text, lists) for lists in all_word_lists())


def asks_of_another(text: str) -> bool:
    """Whether a message says nothing without the message that it replies to: it asks whether that is true, or has no content word."""
    return asks_alone(text) or any(_says_nothing(as_read(text), lists) for lists in all_word_lists())


def _says_nothing(text: str, lists: WordLists) -> bool:
    rest = without_openings(text, lists, asks=True)
    return lists.wrong.fullmatch(rest) is not None or all(
        word in lists.function | lists.hearsay | lists.auxiliary for word in re.findall(r"\w+", rest)
    )


def ask_what_to_check(language: Language, buttons: tuple[Button, ...]) -> Reply:
    """The reply to ``/check`` without a claim, and to "is this true?" without a message that it could refer to."""
    phrases = phrases_in(language)
    text = phrases.say("Write what you heard, or forward it to me.")
    return text_reply(language, "🔎", phrases.say("What is it that you heard?"), text, *buttons)
