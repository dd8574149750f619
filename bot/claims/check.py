"""Claims compared with what editors declared: they agree, contradict, or stay open. PURE.

A verdict rests on a declared sentence of a fact (``says`` in ``facts.yaml``) or on a claim that an editor reviewed, which the statement must repeat
(:mod:`bot.claims.declared`), never on the dossier's running text. **A wrong verdict costs more than a hundred missing ones.**
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.claims.declared import MOST_NEAR, SLOT, Compared, Declared, Repeat, digest_of
from bot.claims.statements import (
    ParsedMessage,
    has_denying_sign,
    is_struck_out,
    read_message,
    without_markup,
    without_openings,
)
from bot.claims.tokens import IT, as_sent, within_sentence
from bot.claims.words import normal
from bot.dossier.models import Claim, Dossier, Language, SourceId, TopicId
from bot.replies.reply import Verdict

WORST_FIRST: tuple[Verdict, ...] = ("contradicts", "disputed", "unknown", "agrees")
"""The verdicts, the worst first. The worst verdict on a statement is the verdict on the message."""

VERDICT_OF_REVIEW: Mapping[str, Verdict] = {
    "true": "agrees",
    "false": "contradicts",
    "misleading": "contradicts",
    "unproven": "unknown",
    "disputed": "disputed",
}
"""An editor's verdict on a claim → Nota's."""

_MOST_STATEMENTS = 8
"""Nearest sentences are sought for the first statements of a message."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result for one statement.

    Attributes:
        text: the statement as it was sent.
        verdict: the verdict on it.
        findings: the values of facts that decide; () if no fact decides.
        claim: the reviewed claim that it repeats; None if it repeats none.
        is_counted: whether Nota computed the value and no source prints it. The verdict is then unknown.
        topic: its topic; None if that is uncertain.
        why: in English, the reason for a missing verdict; "" if there is a verdict, or if it repeats no declared sentence (:meth:`Checker.explained`).
        near: the declared sentence that it repeats; "" if it repeats none.
        lacks_name: whether it does not name the subject, which the declared sentence does ("it lasts ten years").
    """

    text: str
    verdict: Verdict = "unknown"
    findings: tuple[Compared, ...] = ()
    claim: Claim | None = None
    is_counted: bool = False
    topic: TopicId | None = None
    why: str = ""
    near: str = ""
    lacks_name: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether a fact or a reviewed claim decides on it."""
        return bool(self.findings) or self.claim is not None


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """The result for a message.

    Attributes:
        judgements: one for each statement, in order; all of them open if one is.
        asks: whether it asks whether something is true.
        asks_within: whether one of the statements asks something itself ("Is it true that …").
        is_question: whether it asks anything else.
        asserts: whether it states something and does not only name a subject.
        language: the language that it is written in.
    """

    judgements: tuple[Judgement, ...]
    asks: bool
    asks_within: bool
    is_question: bool
    asserts: bool
    language: Language

    @property
    def is_settled(self) -> bool:
        """Whether its statements are settled."""
        return any(judgement.is_settled for judgement in self.judgements)

    @property
    def is_claim(self) -> bool:
        """Whether it claims something, or asks whether something is true."""
        return self.asks or (not self.is_question and (self.asserts or self.is_settled))

    @property
    def is_false_unasked(self) -> bool:
        """Whether it may be called false where nobody asked: it states it, and names the subject, as talk about anything else does not.

        It may ask whether it is true in a sentence of its own ("… Is this true?").
        """
        asks = self.asks_within or self.is_question
        return self.verdict == "contradicts" and not asks and not any(each.lacks_name for each in self.judgements)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict on a statement."""
        return min((judgement.verdict for judgement in self.judgements), key=WORST_FIRST.index, default="unknown")


@dataclass(frozen=True, slots=True)
class Offer:
    """A declared sentence that a reader is offered instead of a verdict, with the reader's own value in it.

    ``name`` and ``values`` are what :meth:`Checker.offered` makes the sentence of again.
    """

    text: str
    name: str
    values: tuple[str, ...]


class _OfLanguages(dict[Language, Declared]):
    """Language of the dossier → its declared sentences, read when they are first needed."""

    def __init__(self, dossier: Dossier) -> None:
        super().__init__()
        self._dossier = dossier

    def __missing__(self, language: Language) -> Declared:
        return self.setdefault(language, Declared(self._dossier, language))


class Checker:
    """Checks what people claim against one dossier."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        self.declared = _OfLanguages(dossier)

    def read_every_language(self) -> None:
        """Reads the declared sentences that nobody has needed yet, which takes a fifth of a second a language."""
        for language in self._dossier.languages:
            self.declared[language]

    def is_question(self, text: str, language: Language) -> bool:
        """Whether a message only asks a question, which is not whether something is true (``is_question`` of :meth:`check`)."""
        return self._read(text, language).is_question

    def _read(self, text: str, language: Language) -> ParsedMessage:
        reader = self.declared[language].reader
        return read_message(without_markup(text), reader.lists, reader.values)

    def check(self, text: str, language: Language) -> ClaimCheck:
        """Judges a message that is written in ``language``. One open statement leaves the whole message open."""
        declared, message, plain = self.declared[language], self._read(text, language), without_markup(text)
        statements = message.statements
        if (copied := declared.message(plain)) and not is_struck_out(text):
            judged = [self._judged(plain, Repeat(copied), declared)]
        elif has_denying_sign(text) or has_denying_sign(plain):
            judged = [Judgement(each.text, why="a sign may call it false") for each in statements]
        elif message.is_cut:
            judged = [Judgement(each.text, why="it has more than is read") for each in statements]
        else:
            repeats = [(each.text, declared.repeated(each.text)) for each in statements]
            of_another = len(repeats) > 1 and any(repeat and repeat.said.lacks_name for _, repeat in repeats)
            settled = [(text, repeat) for text, repeat in repeats if repeat and not repeat.unclear]
            is_settled = not of_another and len(settled) == len(repeats)
            judged = [self._judged(*each, declared) for each in settled] if is_settled else []
            judged = judged or [self._open(*each, declared) for each in repeats]
        asks_within = any(statement.asks for statement in statements)
        return ClaimCheck(tuple(judged), message.asks, asks_within, message.is_question, message.asserts, language)

    def explained(self, judgement: Judgement, language: Language) -> Judgement:
        """The judgement; an open one with the nearest declared sentence and where it differs, unless something else stopped a verdict."""
        if judgement.is_settled or judgement.why:
            return judgement
        declared, text = self.declared[language], judgement.text
        for _, said in declared.near(text)[:1]:
            return replace(judgement, why=declared.difference(text, said), near=said.text)
        return replace(judgement, why="no declared sentence fits")

    def near(self, text: str, language: Language) -> list[Offer]:
        """The declared sentences nearest to a message, with its own values; each gets a verdict. [] where the message is settled.

        They are offered to the reader, who may have heard one of them. None is a verdict on the message.
        """
        declared = self.declared[language]
        statements = self._read(text, language).statements[:_MOST_STATEMENTS]
        near = [(*each, statement) for statement in statements for each in declared.near(statement.plain)]
        denials = [declared.called_false(statement.plain) for statement in statements]
        offers, opposed = dict[Offer, Hashable](), set[Hashable]()
        for _, said, statement in sorted(near, key=lambda each: -each[0]):
            if said.subject in (*offers.values(), *opposed) or len(offers) >= MOST_NEAR:
                continue
            if by := declared.opposition(said, f"{statement.plain}, {' '.join(denials)}"):
                # its other sentences say the same in words whose opposite is not listed
                opposed.update({said.subject} if by == "word" and said.is_settled else ())
                continue
            for words in declared.fillings(said, statement.plain):
                values = tuple(within_sentence(statement.text, as_sent(statement.text, each)) for each in words)
                offer = Offer(declared.sentence(said, values), digest_of(said.text), values)
                if self.check(offer.text, language).is_settled:
                    offers[offer] = said.subject
        return [*offers][:MOST_NEAR]

    def name_of(self, claim: Claim, text: str, language: Language) -> str:
        """The name of a sentence of a reviewed claim, in the language or else in the first one that has it; "" if it has none without a slot, or if it may say the opposite of a message."""
        spoken = next((each for each in (language, *self._dossier.languages) if claim.says.get(each)), language)
        declared, plain = self.declared[spoken], ", ".join(each.plain for each in self._read(text, language).statements)
        said = next(declared.of_claim(claim), None)
        return digest_of(said.text) if said is not None and not declared.opposition(said, plain) else ""

    def offered(self, name: str, values: Sequence[str]) -> tuple[str, Language] | None:
        """The sentence of an offer and its language; None if no sentence is declared any more that has the name and so many slots."""
        for language in self._dossier.languages:
            said = self.declared[language].named(name)
            if said is not None and len(values) - len(SLOT.findall(said.text)) in (0, said.text.count(IT)):
                return self.declared[language].sentence(said, values), language
        return None

    def subject(self, text: str, language: Language) -> str:
        """The message without values and without the phrases that introduce a claim."""
        reader = self.declared[language].reader
        plain = without_openings(normal(text), reader.lists, asks=True)
        for value in reversed(reader.values.read(plain)):
            plain = f"{plain[: value.start]} {plain[value.end :]}"
        return plain

    def value_in(self, text: str, language: Language, kind: str = "") -> str:
        """The first value in a message, in normalised words; "" if there is none. ``kind``: the only value of that kind instead."""
        texts = self.declared[language].reader.value_texts(text)
        of_kind = [words for value, words in texts.items() if kind in ("", value.kind)]
        return of_kind[0] if of_kind and (not kind or len(of_kind) == 1) else ""

    def sources(self, judgement: Judgement) -> list[SourceId]:
        """The sources that decide on a statement."""
        facts = (source for finding in judgement.findings for source in self._dossier.facts[finding.fact].sources)
        of_claim = judgement.claim.sources if judgement.claim else ()
        return [SourceId(source) for source in dict.fromkeys((*facts, *of_claim)) if source in self._dossier.sources]

    def _judged(self, text: str, repeat: Repeat, declared: Declared) -> Judgement:
        said, values = repeat.said, repeat.values
        if said.claim is not None:
            verdict = VERDICT_OF_REVIEW[said.claim.verdict]
            return Judgement(text, verdict, (), said.claim, topic=said.claim.topic, near=said.text)
        is_counted = any(declared.facts[value.fact].derived for value in values)
        wrong = [value for value in values if value.comparison == "other"]
        verdict = "unknown" if is_counted else "contradicts" if wrong else "agrees"
        topic, lacks_name = declared.topic_of((wrong or values)[0].fact), said.lacks_name
        return Judgement(text, verdict, values, None, is_counted, topic, near=said.text, lacks_name=lacks_name)

    def _open(self, text: str, repeat: Repeat | None, declared: Declared) -> Judgement:
        if repeat is None:
            return Judgement(text)
        why = f"the value {repeat.unclear!r} may be another one's" if repeat.unclear else "another sentence is open"
        topic = declared.topic_of(repeat.values[0].fact) if repeat.values else None
        return Judgement(text, why=why, near=repeat.said.text, topic=topic)
