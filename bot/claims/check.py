"""Claims compared with what editors declared: they agree, contradict, or stay open. PURE.

A verdict rests on a declared sentence of a fact (``says`` in ``facts.yaml``) or on a claim that an editor reviewed, never on the dossier's
running text. **A wrong verdict costs more than a hundred missing ones**: a statement with a single unexplained word gets none.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bot.claims.compare import Comparison, compare, same_value
from bot.claims.declared import Declared, DeclaredClaim, DeclaredFact, Sentence
from bot.claims.items import Item, Keys, PlaceName, texts_of
from bot.claims.statements import (
    Statement,
    called_false,
    has_denying_sign,
    is_doubted,
    read_message,
    without_markup,
    without_openings,
    without_rejected,
)
from bot.claims.values import Value
from bot.claims.words import normal
from bot.dossier.models import Claim, Dossier, Fact, FactId, Language, Money, Name, Percent, Place, SourceId, TopicId
from bot.matching.analyzer import Analyzer
from bot.matching.gazetteer import is_town
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

_CLAUSES = re.compile(r"[:,;–—]\s|\s-\s")

_KINDS = {
    "money": "an amount of money",
    "percent": "a share",
    "date": "a date",
    "duration": "a length of time",
    "number": "a number",
    "place": "a place",
    "rank": "a rank",
}
"""The types of values in the reasons for a missing verdict."""

_NEAR = 0.6
"""A sentence with this share of its content words in a claim is near it. The reason for a missing verdict names what it lacks."""

_ROUND = 0.05
"""A percentage this near to the figures of rival facts may be one of them, rounded."""


@dataclass(frozen=True, slots=True)
class DecidingFact:
    """A fact that decides on a statement.

    Attributes:
        same: whether the statement has the fact's value.
        claimed: the statement's value; None if the statement denies the fact's value.
        sentence: the declared sentence that the statement repeats.
    """

    fact: FactId
    same: bool
    claimed: Item | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result for one statement.

    Attributes:
        text: the statement as it was sent.
        verdict: the verdict on it.
        findings: the facts that decide, in the order of their values; () if no fact decides.
        claim: the reviewed claim that it repeats; None if it repeats none.
        is_counted: whether Nota computed the value and no source prints it. The verdict is then unknown.
        topic: its topic; None if that is uncertain.
        why: in English, the reason for a missing verdict; "" if there is a verdict.
        near: the nearest declared sentence; "" if no sentence is near.
    """

    text: str
    verdict: Verdict = "unknown"
    findings: tuple[DecidingFact, ...] = ()
    claim: Claim | None = None
    is_counted: bool = False
    topic: TopicId | None = None
    why: str = ""
    near: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether a fact or a reviewed claim decides on it."""
        return bool(self.findings) or self.claim is not None


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """The result for a message.

    Attributes:
        judgements: one for each statement, in order.
        is_whole: whether every statement of the message was judged.
        asks: whether it asks whether something is true.
        is_question: whether it asks anything else.
        asserts: whether it states something and does not only name a subject.
        language: the language that it is written in.
    """

    judgements: tuple[Judgement, ...]
    is_whole: bool
    asks: bool
    is_question: bool
    asserts: bool
    language: Language

    @property
    def is_settled(self) -> bool:
        """Whether at least one statement is settled."""
        return any(judgement.is_settled for judgement in self.judgements)

    @property
    def is_claim(self) -> bool:
        """Whether it claims something, or asks whether something is true."""
        return self.asks or (not self.is_question and (self.asserts or self.is_settled))

    @property
    def verdict(self) -> Verdict:
        """The worst verdict on a statement. The message agrees only if all of its statements were judged and agree."""
        verdicts = [judgement.verdict for judgement in self.judgements] or ["unknown"]
        return min(verdicts if self.is_whole else [*verdicts, "unknown"], key=WORST_FIRST.index)


class Checker:
    """Checks what people claim against one dossier."""

    def __init__(self, dossier: Dossier, analyzer: Analyzer) -> None:
        self._dossier = dossier
        self._judges = {
            language: _Judge(dossier, Declared(dossier, language, analyzer)) for language in dossier.languages
        }

    def is_question(self, text: str, language: Language) -> bool:
        """Whether a message only asks a question, which is not whether something is true (``is_question`` of :meth:`check`)."""
        text = without_markup(text)
        reader = self._judges[language].declared.reader
        return read_message(text, reader.lists, reader.values).is_question

    def check(self, text: str, language: Language) -> ClaimCheck:
        """Judges a message that is written in ``language``."""
        text = without_markup(text)
        judge = self._judges[language]
        reader = judge.declared.reader
        message = read_message(text, reader.lists, reader.values)
        judged = [judge.judge(statement) for statement in message.statements]
        judged = [
            judgement
            for statement, judgement in zip(
                message.statements, _in_context(text, message.statements, judged, judge), strict=True
            )
            if judgement.is_settled or not statement.is_aside
        ]
        return ClaimCheck(
            tuple(judged), not message.is_cut, message.asks, message.is_question, message.asserts, language
        )

    def subject(self, text: str, language: Language) -> str:
        """The message without values and without the phrases that introduce a claim."""
        reader = self._judges[language].declared.reader
        plain = without_openings(normal(text), reader.lists, asks=True)
        for value in reversed(reader.values.read(plain)):
            plain = f"{plain[: value.start]} {plain[value.end :]}"
        return plain

    def value_in(self, text: str, language: Language) -> str:
        """The first value or place in a message, in normalised words; "" if there is none."""
        items = self._judges[language].declared.reader.items(normal(text))
        return next((item.text for item in items if item.kind), "")

    def countries(self, word: str, language: Language) -> list[str]:
        """The keys of the countries that a word names, or whose people it names."""
        return sorted(key for key in self._judges[language].declared.reader.keys(normal(word)) if key[0] == "@")

    def sources(self, judgement: Judgement) -> list[SourceId]:
        """The sources that decide on a statement."""
        facts = (source for finding in judgement.findings for source in self._dossier.facts[finding.fact].sources)
        of_claim = judgement.claim.sources if judgement.claim else ()
        return list(
            dict.fromkeys(SourceId(source) for source in (*facts, *of_claim) if source in self._dossier.sources)
        )


def _in_context(
    text: str, statements: Sequence[Statement], judged: Sequence[Judgement], judge: "_Judge"
) -> Iterator[Judgement]:
    """The judgements. A verdict is dropped if another part of the message may deny it, or may change its subject."""
    lists = judge.declared.reader.lists
    for at, judgement in enumerate(judged):
        open_texts = [
            s.plain for s, j in zip(statements, judged, strict=True) if j is not judgement and not j.is_settled
        ]
        behind = [
            s.plain
            for s, j in zip(statements[at + 1 :], judged[at + 1 :], strict=True)
            if s.is_aside and not j.is_settled
        ]
        follows_open = at > 0 and not judged[at - 1].is_settled and not statements[at - 1].is_aside
        if not judgement.findings and not (judgement.claim and judgement.verdict == "agrees"):
            yield judgement
        elif has_denying_sign(text):
            yield replace(judgement, verdict="unknown", findings=(), claim=None, why="a sign may call it false")
        elif any(is_doubted(open_text, lists) for open_text in open_texts) or any(map(judge.may_take_back, behind)):
            yield replace(
                judgement, verdict="unknown", findings=(), claim=None, why="another sentence denies or quotes something"
            )
        elif follows_open and judge.leaves_out_subject(statements[at], judgement):
            yield replace(
                judgement,
                verdict="unknown",
                findings=(),
                claim=None,
                why="the sentence before may speak of something else",
            )
        else:
            yield judgement


@dataclass(frozen=True, slots=True)
class _Option:
    """A fact that a value of a statement may belong to, and the declared sentence of it that the statement repeats."""

    fact: DeclaredFact
    sentence: Sentence

    @property
    def length(self) -> int:
        """The number of content words in the sentence. A longer sentence fits more exactly."""
        return len(self.sentence.telling)


_Choice = tuple[_Option, Sequence[_Option]]
"""The chosen option of a value, and all options that fit it, the best first."""


class _Judge:
    """Judges statements in one language."""

    def __init__(self, dossier: Dossier, declared: Declared) -> None:
        self._dossier, self.declared = dossier, declared
        self._reader = declared.reader
        self._names = self._names_of(dossier)

    def judge(self, statement: Statement) -> Judgement:
        """Judges one statement by itself. A verdict on what it calls false is reversed; a value that it rejects is ignored."""
        lists, text = self._reader.lists, statement.plain
        if reviewed := self._reviewed(text):
            return replace(_of_claim(reviewed), text=statement.text)
        denied = called_false(text, lists)
        if denied is not None:
            turned = _turned(self._judge(denied))
            if any(self._rivals(finding.fact) for finding in turned.findings):
                turned = replace(turned, verdict="unknown", findings=(), why="others give another value")
            return replace(turned, text=statement.text)
        kept, rejected = without_rejected(text, lists)
        if rejected and re.search(r"\w", kept) and self._is_value_alone(rejected):
            text = kept
        return replace(self._judge(text), text=statement.text)

    def leaves_out_subject(self, statement: Statement, judgement: Judgement) -> bool:
        """Whether the statement lacks the dossier's subject, which the deciding sentences name."""
        named = [sentence for fact in self.declared.facts for sentence in fact.sentences if sentence.has_subject]
        deciding = {finding.sentence for finding in judgement.findings}
        needs = any(sentence.text in deciding for sentence in named)
        return needs and not any(item.is_subject for item in self._reader.items(statement.plain))

    def may_take_back(self, aside: str) -> bool:
        """Whether a short sentence behind a statement has a content word, so that it may deny the statement."""
        return not all(item.is_function or item.is_subject or item.countries for item in self._reader.items(aside))

    def _judge(self, text: str) -> Judgement:
        claim, chosen = self._read(text)
        if not chosen:
            why, near = self._misfit(claim)
            return Judgement(text, why=why, near=near)
        best = max((option for option, _ in chosen.values()), key=lambda option: option.length)
        nothing = Judgement(text, topic=best.fact.topic, near=best.sentence.text)
        if why := self._do_not_belong(claim, chosen):
            return replace(nothing, why=why)
        parts = self._parts(text, claim, chosen)
        if parts is None:
            values = (item.text for item in claim if item.value is not None)
            return replace(nothing, why=f"two values in one clause: {', '.join(map(repr, values))}")
        for at, part in parts.items():
            part_choice = self._chosen(part, {part.index(claim[at]): self._options(part, part.index(claim[at]))})
            if not part_choice:
                return replace(nothing, why=f"no declared sentence fits the clause of {claim[at].text!r}")
            chosen[at] = next(iter(part_choice.values()))
        if why := self._do_not_belong(claim, chosen):
            return replace(nothing, why=why)
        compared = {at: self._compared(claim, at, *choice) for at, choice in chosen.items()}
        left = self._unexplained(
            claim, [option for option, _ in chosen.values()], but_only="other" in compared.values()
        )
        if left:
            return replace(nothing, why=f"nothing explains {', '.join(map(repr, left))}")
        facts = self._dossier.facts  # what Nota counts itself is not among them, and agrees with nothing
        unclear = [at for at, (option, _) in chosen.items() if compared[at] == "unclear" and option.fact.id in facts]
        if unclear:
            told = ", ".join(repr(claim[at].text) for at in unclear)
            return replace(nothing, why=f"the value {told} may be another one's, or the same in other words")
        findings = tuple(
            DecidingFact(option.fact.id, compared[at] == "same", claim[at], option.sentence.text)
            for at, (option, _) in chosen.items()
        )
        if any(option.fact.fact.derived for option, _ in chosen.values()):
            return replace(nothing, findings=findings, is_counted=True)
        wrong = [finding for finding in findings if not finding.same]
        decides = next(option for option, _ in chosen.values() if option.fact.id == (wrong or findings)[0].fact)
        return Judgement(
            text, "contradicts" if wrong else "agrees", findings, topic=decides.fact.topic, near=decides.sentence.text
        )

    def _read(self, text: str) -> tuple[Sequence[Item], dict[int, _Choice]]:
        """The items of a claim, and the choice for each of its values.

        A country acts, as a rule ("Chile ratified"). If no sentence fits then, one country may be the value of a place ("the first was Chile").
        """
        claim: Sequence[Item] = self._reader.items(text)
        chosen = self._chosen_of(claim)
        if chosen:
            return claim, chosen
        readings = [
            [*claim[:at], item.as_place(), *claim[at + 1 :]]
            for at, item in enumerate(claim)
            if item.countries and not item.is_subject
        ]
        fitting = [
            (reading, chosen)
            for reading in readings
            if (chosen := self._chosen_of(reading)) and any(_is_country(reading[at]) for at in chosen)
        ]
        return fitting[0] if len(fitting) == 1 else (claim, {})

    def _chosen_of(self, claim: Sequence[Item]) -> dict[int, _Choice]:
        return self._chosen(
            claim, {at: self._options(claim, at) for at, item in enumerate(claim) if item.value is not None}
        )

    def _chosen(self, claim: Sequence[Item], options: Mapping[int, Sequence[_Option]]) -> dict[int, _Choice]:
        """The choice for each value that a fact fits. A value that stands in another value's sentence only qualifies that value."""
        chosen = {at: (self._best(claim, at, fitting), fitting) for at, fitting in options.items() if fitting}
        for at in sorted(chosen, key=lambda at: chosen[at][0].length):
            others = [option for other, (option, _) in chosen.items() if other != at]
            if any(_is_value_of(claim[at], item) for option in others for item in option.sentence.items):
                del chosen[at]
        return chosen

    def _do_not_belong(self, claim: Sequence[Item], chosen: Mapping[int, _Choice]) -> str:
        """The reason why the values of a claim cannot be judged together; "" if they can."""
        used = [option for option, _ in chosen.values()]
        values = [(at, item) for at, item in enumerate(claim) if item.value is not None]
        odd = [item.text for at, item in values if at not in chosen and not self._qualifies(item, used)]
        if odd:
            return f"nothing explains the value {odd[0]!r}"
        if self._is_of_who_writes(claim) and any(option.sentence.has_subject for option in used):
            return "the sender speaks of something of their own"
        if len({option.fact.id for option in used}) < len(used) or not _are_of_one_thing(used):
            return "values of two things, or two values of one"
        return ""

    def _misfit(self, claim: Sequence[Item]) -> tuple[str, str]:
        """The word, value or country for which the nearest sentence does not fit, and that sentence; "" if none is near."""
        held = frozenset().union(*(item.keys for item in claim))
        kinds = {item.kind for item in claim if item.value is not None}
        near = [
            (fact.fact.type in kinds, share, len(sentence.telling), -at, fact, sentence)
            for at, fact in enumerate(self.declared.facts)
            for sentence in fact.sentences
            if sentence.telling
            and (share := sum(bool(item.keys & held) for item in sentence.telling) / len(sentence.telling)) >= _NEAR
        ]
        if not near:
            return "no declared sentence fits", ""
        *_, fact, sentence = max(near, key=lambda each: each[:4])
        return f"no declared sentence fits: {self._stumbles_over(claim, held, fact, sentence)}", sentence.text

    def _stumbles_over(self, claim: Sequence[Item], held: Keys, fact: DeclaredFact, sentence: Sentence) -> str:
        kind, values = fact.fact.type, [item for item in claim if item.value is not None]
        missing = [item.text for item in sentence.telling if not item.keys & held]
        missing += [
            item.text
            for item in sentence.items
            if item.value is not None and not any(_is_value_of(value, item) for value in values)
        ]
        own = [item for item in values if item.kind == kind]
        countries = [item.text for item in claim if item.countries and not item.countries & sentence.keys]
        if missing:
            return f"the nearest one has {', '.join(map(repr, missing))}"
        if countries:
            return f"it is not said of {', '.join(map(repr, countries))}"
        if not own and values:
            read = ", ".join(f"{item.text!r} as {_KINDS[item.kind]}" for item in values)
            return f"it is of {_KINDS[kind]}, and Nota reads {read}"
        if not own:
            return f"Nota reads nothing as {_KINDS[kind]}"
        if foreign := [item.text for item in own if not _is_of_currency(item, fact.fact)]:
            return f"{foreign[0]!r} is in another currency"
        if not self._in_order(claim, sentence) or not self._names_its_countries(claim, fact):
            return "the names stand in another order, or behind other words"
        return f"{own[0].text!r} counts something else"

    # Which facts a value may be of

    def _options(self, claim: Sequence[Item], at: int) -> list[_Option]:
        """The facts that a value may belong to, the best first."""
        item, around = claim[at], self.declared.beside(claim, at, 2)
        options = []
        for fact in self.declared.facts:
            if fact.fact.type != item.kind or not _is_of_currency(item, fact.fact):
                continue
            if item.kind == "number" and fact.counted and not around & fact.counted:
                continue  # "4,000 applications" is not said of scholarships
            fitting = [
                _Option(fact, sentence)
                for sentence in fact.sentences
                if self._fits(claim, sentence) and _stands_in_slot(claim, at, sentence)
            ]
            if fitting and self._names_its_countries(claim, fact):
                bound = item.value.bound if isinstance(item.value, Value) else ""
                options.append(
                    min(
                        fitting,
                        key=lambda o: (len(self._unexplained(claim, [o])), -o.length, o.sentence.bound != bound),
                    )
                )
        return sorted(options, key=lambda option: -option.length)

    def _fits(self, claim: Sequence[Item], sentence: Sentence) -> bool:
        """Whether a claim has every word and value of a sentence, and its names in the same order. It may omit the dossier's subject."""
        return (
            all(any(item.keys & other.keys for other in claim) for item in sentence.telling)
            and all(
                any(_is_value_of(other, item) for other in claim) for item in sentence.items if item.value is not None
            )
            and self._in_order(claim, sentence)
        )

    def _best(self, claim: Sequence[Item], at: int, options: Sequence[_Option]) -> _Option:
        """Of the options that fit: the fewest unexplained words, then the same value, then the longest sentence."""
        return min(
            options,
            key=lambda o: (
                len(self._unexplained(claim, [o])),
                self._with_fact(claim[at], o.fact, o.sentence) != "same",
                -o.length,
            ),
        )

    def _names_its_countries(self, claim: Sequence[Item], fact: DeclaredFact) -> bool:
        """Whether a sentence that fits has the claim's countries, in the same order.

        If the fact's sentences name two countries, a single sentence must explain the claim: the order says who acts on whom.
        """
        reported = self._reported(claim, fact)
        rest = [item for at, item in enumerate(claim) if at not in reported and not item.is_function]
        claimed = list(dict.fromkeys(key for item in rest for key in sorted(item.countries)))
        if not claimed:
            return True
        parties = self._reader.subject_countries
        of_two = len({key for key in fact.keys if key[0] == "@"}) > 1
        for sentence in fact.sentences:
            stated = sentence.countries
            if not self._fits(claim, sentence):
                continue
            named = claimed
            if sentence.has_subject and len(parties) > 1 and parties <= set(claimed) and parties.isdisjoint(stated):
                # "Indonesia and Russia" beside what the two agreed
                named = [key for key in claimed if key not in parties]
            if of_two:
                others = [
                    item
                    for item in rest
                    if item.value is None
                    and item.keys & fact.keys
                    and not item.keys & sentence.keys
                    and not (sentence.has_subject and item.keys & self._reader.subject)
                ]
                if others or set(named) != set(stated):
                    continue
                if any(_before(claim, key) != _before(sentence.items, key) for key in stated):
                    continue  # "scholarships in Indonesia" beside "for Indonesia"
            if set(named) <= set(stated) and named == [key for key in stated if key in named]:
                return True
        return False

    def _qualifies(self, item: Item, options: Iterable[_Option]) -> bool:
        """Whether the value stands in a declared sentence of one of the facts, or in the text that says what the fact measures."""
        stated = (
            other
            for option in options
            for other in (*(i for s in option.fact.sentences for i in s.items), *option.fact.measured)
        )
        return any(_is_value_of(item, other) for other in stated)

    # What explains the words of a claim

    def _unexplained(self, claim: Sequence[Item], options: Sequence[_Option], *, but_only: bool = False) -> list[str]:
        """The words of the claim that no option explains. ``but_only``: "only" needs no explanation, because the value is wrong anyway."""
        own = frozenset().union(*(option.fact.keys for option in options))
        turning = frozenset().union(*(option.sentence.turning for option in options))
        measured = frozenset(
            key
            for o in options
            for item in o.fact.measured
            if not item.is_turning
            for key in item.keys
            if key[0] != "@"
        )
        titles = frozenset().union(*(self.declared.titles[topic] for option in options for topic in option.fact.topics))
        about = self._reader.subject if any(option.sentence.has_subject for option in options) else frozenset()
        reported = frozenset().union(*(self._reported(claim, option.fact) for option in options))
        left = []
        for at, item in enumerate(claim):
            if item.value is not None or at in reported or item.is_function:
                continue
            if item.is_turning:
                if item.text not in turning and not (but_only and item.text in self._reader.lists.only):
                    left.append(item.text)
            elif item.is_subject:
                if not any(option.sentence.has_subject or option.fact.keys & item.keys for option in options):
                    left.append(item.text)
            elif not (item.countries or item.keys & (own | measured | titles | about | self.declared.common)):
                left.append(item.text)
        return left

    def _reported(self, claim: Sequence[Item], fact: DeclaredFact) -> frozenset[int]:
        """The positions of the words that name the source: "according to the ministry", "the ministry says"."""
        saying = [at for at, item in enumerate(claim) if item.text in self._reader.lists.saying]
        places: set[int] = set()
        for start in saying:
            for step in (1, -1):
                run, at, tells = {start}, start + step, False
                while 0 <= at < len(claim) and claim[at].value is None:
                    is_teller = bool(claim[at].keys & fact.teller)
                    if not (is_teller or claim[at].is_function):
                        break
                    tells = tells or is_teller
                    run.add(at)
                    at += step
                places |= run if tells else set()
        return frozenset(places)

    def _is_value_alone(self, text: str) -> bool:
        """Whether the text is a value with nothing but function words and units beside it."""
        items = self._reader.items(text)
        units = self._reader.lists.durations
        return bool(items) and all(item.value is not None or item.is_function or item.text in units for item in items)

    def _parts(self, text: str, claim: Sequence[Item], chosen: Iterable[int]) -> dict[int, list[Item]] | None:
        """Each value's part of the claim, with the subject; None if nothing separates two values; {} if there is only one value.

        "Six programmes and five years" makes two statements, "six programmes cover four documents" makes one. A place may stand beside any value.
        A part without a content word of its own is left out: the words of the whole claim apply to it.
        """
        plain, joints = self._reader.plain(text), self._reader.lists.joints
        values = sorted(
            (at for at in chosen if not isinstance(claim[at].value, PlaceName)), key=lambda at: claim[at].start
        )
        if len(values) <= 1:
            return {}
        cuts = [0]
        for one, other in pairwise(values):
            end = claim[one].start + len(claim[one].text)
            between = plain[end : claim[other].start]
            parted = max(
                [m.end() for m in re.finditer(r"[,;:&–—]", between)] + [m.end() for m in joints.finditer(between)],
                default=None,
            )
            if parted is None:
                return None
            cuts.append(end + parted)
        parts = {}
        for at, start, stop in zip(values, cuts, [*cuts[1:], len(plain) + 1], strict=True):
            part = [item for item in claim if start <= item.start < stop]
            if any(item.keys and not (item.is_function or item.is_subject or item.is_turning) for item in part):
                subject = [item for item in claim if item.is_subject][:1]
                parts[at] = part if any(item.is_subject for item in part) else [*subject, *part]
        return parts

    # Whether a value is the fact's

    def _compared(self, claim: Sequence[Item], at: int, option: _Option, options: Sequence[_Option]) -> Comparison:
        """How the value compares with the fact; unclear if another fact may be meant."""
        item, fact = claim[at], option.fact
        comparison = self._with_fact(item, fact, option.sentence)
        if comparison != "other":
            return comparison
        if any(self._may_be_rivals(item, rival) for rival in self._rivals(fact.id)):
            return "unclear"
        if (option.sentence.has_subject and self._is_of_many(claim)) or (
            item.kind in ("date", "place") and self._may_be_of_another(claim, item, fact)
        ):
            return "unclear"
        if item.kind == "place":
            return comparison
        near = [other.fact for other in options if other.fact.id != fact.id]
        if any(self._with_fact(item, other) != "other" for other in near):
            return "unclear"
        close = [
            other
            for other in self.declared.facts
            if other.id != fact.id
            and other.fact.type == fact.fact.type
            and _is_of_currency(item, other.fact)
            and _share_topic(other, fact)
        ]
        same = [other for other in close if self._with_fact(item, other) == "same"]
        if any(not self._tells_apart(claim, fact, other) for other in same):
            return "unclear"
        if isinstance(fact.fact, Percent) and self._is_among_rivals(item, fact):
            return "unclear"
        stated = (value for topic in fact.topics for value in self.declared.stated[topic])
        if not same and any(
            same_value(item.value, value) for value in stated if not isinstance(item.value, PlaceName | None)
        ):
            return "unclear"  # the running text has it: of something else, or of this in other words
        return "other"

    def _is_of_who_writes(self, claim: Sequence[Item]) -> bool:
        """Whether the claim calls the subject the sender's or the reader's own: "our agreement"."""
        lists = self._reader.lists
        return any(
            (other.is_subject and one.text in lists.owners) or (one.is_subject and other.text in lists.owners_behind)
            for one, other in pairwise(claim)
        )

    def _names_it_surely(self, claim: Sequence[Item]) -> bool:
        """Whether the claim uses a word that tells the subject from others of its kind: "the digital memorandum"."""
        return any(item.is_subject and item.keys & self._reader.own for item in claim)

    def _is_of_many(self, claim: Sequence[Item]) -> bool:
        """Whether the claim is about "a memorandum", or about several. It may then be true of another one."""
        lists = self._reader.lists
        counted = lists.one | frozenset(lists.numbers)
        before = [one for one, item in pairwise(claim) if item.is_subject]
        return not self._names_it_surely(claim) and any(item.text in counted or item.text.isdigit() for item in before)

    def _may_be_of_another(self, claim: Sequence[Item], item: Item, fact: DeclaredFact) -> bool:
        """Whether the day or place belongs to something else that the claim may mean: "the memorandum was signed in Moscow"."""
        is_sure = self._names_it_surely(claim)

        names_one = any(word.is_subject for word in claim)

        def is_told_apart(other: DeclaredFact) -> bool:
            own = _without_forms(fact.keys) - _without_forms(other.keys)
            telling = (word for word in claim if not (word.is_function or word.countries))
            return is_sure or (names_one and any(_without_forms(word.keys) & own for word in telling))

        others = (o for o in self.declared.facts if o.id != fact.id and o.fact.type == fact.fact.type)
        if any(self._with_fact(item, other) == "same" and not is_told_apart(other) for other in others):
            return True
        if is_sure or not isinstance(item.value, Value) or item.kind != "date":
            return False
        return any(same_value(item.value, day) for day in self.declared.days)

    def _with_fact(self, item: Item, fact: DeclaredFact, sentence: Sentence | None = None) -> Comparison:
        """How a value compares with a fact. ``sentence``: the one that the claim repeats, whose bound counts; None: any of them."""
        if isinstance(item.value, PlaceName):
            return self._with_place(item, item.value, fact)
        if item.value is None:
            return "unclear"
        bounds = {each.bound for each in ([sentence] if sentence else fact.sentences)}
        bound = item.value.bound if item.value.bound in bounds else next(iter(bounds)) if len(bounds) == 1 else ""
        return compare(item.value, fact.fact, bound)

    def _with_place(self, item: Item, place: PlaceName, fact: DeclaredFact) -> Comparison:
        own, instead = self._place_keys(fact.fact), self._keys_in(texts_of(fact.fact.instead, self._reader.language))
        if place.keys & own:
            return "same"
        return "other" if place.keys & instead or is_town(item.text, self._reader.language) else "unclear"

    def _place_keys(self, fact: object) -> Keys:
        if not isinstance(fact, Place):
            return frozenset()
        return self._keys_in(
            [
                *texts_of(fact.value, self._reader.language),
                *(t for f in fact.forms.values() for t in texts_of(f, self._reader.language)),
            ]
        )

    def _keys_in(self, names: Iterable[str]) -> Keys:
        """The keys of the places in the names."""
        read = [self._reader.items(normal(name)) for name in names]
        # "Chile" and "the Netherlands", but not "the embassy of Chile"
        alone = [
            item.as_place() for items in read if all(i.countries or i.is_function for i in items) for item in items
        ]
        places = [item.value for items in (*read, alone) for item in items]
        return frozenset().union(*(place.keys for place in places if isinstance(place, PlaceName)))

    def _tells_apart(self, claim: Sequence[Item], fact: DeclaredFact, other: DeclaredFact) -> bool:
        """Whether the claim has a word of the fact's sentences that the other fact's sentences lack."""
        own = fact.keys - other.keys
        return any(item.keys & own and not item.keys & other.keys for item in claim if not item.is_function)

    def _rivals(self, fact: FactId) -> list[Fact]:
        """The facts that are rivals of a fact, whichever of them says so. A rival needs no declared sentence, in no language."""
        facts = self._dossier.facts
        return [
            other
            for name, other in facts.items()
            if name != fact and (fact in other.rivals or (fact in facts and name in facts[fact].rivals))
        ]

    def _may_be_rivals(self, item: Item, rival: Fact) -> bool:
        """Whether a value is the rival's, or cannot be told from it. A bound is no difference: "more than 50" beside a rival's 50."""
        if isinstance(item.value, PlaceName):
            names = (
                [*texts_of(getattr(rival, "value", None), self._reader.language)]
                if isinstance(rival, Place | Name)
                else []
            )
            spoken = {
                key for name in names for word in self._reader.split(normal(name)) for key in self._reader.keys(word)
            }
            return bool(item.value.keys & (spoken | self._place_keys(rival)))
        if item.value is None or rival.type != item.kind or not _is_of_currency(item, rival):
            return False
        bare = replace(item.value, bound="")
        return any(compare(value, rival) != "other" for value in (item.value, bare))

    def _is_among_rivals(self, item: Item, fact: DeclaredFact) -> bool:
        figures = [rival.value for rival in self._rivals(fact.id) if isinstance(rival, Percent)]
        if not figures or not isinstance(fact.fact, Percent) or item.value is None or isinstance(item.value, PlaceName):
            return False
        low, high = min(*figures, fact.fact.value), max(*figures, fact.fact.value)
        return low * (1 - _ROUND) <= item.value.high and item.value.low <= high * (1 + _ROUND)

    # Reviewed claims

    def _reviewed(self, text: str) -> DeclaredClaim | None:
        """The reviewed claim that the statement repeats, as a whole or in each of its clauses."""
        whole = self._repeated(text)
        if whole:
            return whole[0]
        parts = [self._repeated(part) for part in _CLAUSES.split(text) if re.search(r"\w", part)]
        first = {reviews[0].claim.id: reviews[0] for reviews in parts if reviews}
        return next(iter(first.values())) if all(parts) and len(first) == 1 else None

    def _repeated(self, text: str) -> list[DeclaredClaim]:
        """The reviewed claims with a sentence that the text repeats, the longest sentence first; [] if their verdicts differ."""
        claim = self._reader.items(text)
        held = frozenset().union(*(item.keys for item in claim))
        turning = frozenset(item.text for item in claim if item.is_turning)
        fitting = [
            (len(sentence.items), -number, reviewed)
            for number, (reviewed, sentence) in enumerate(self.declared.claimed_with(held))
            if sentence.turning == turning and self._repeats(claim, held, sentence)
        ]
        ranked = [reviewed for _, _, reviewed in sorted(fitting, key=lambda rank: rank[:2], reverse=True)]
        return ranked if len({reviewed.claim.verdict for reviewed in ranked}) == 1 else []

    def _repeats(self, claim: Sequence[Item], held: Keys, sentence: Sentence) -> bool:
        """Whether the claim has every word of the sentence, no unexplained word, and the names in the same order."""
        if sentence.has_subject and not any(
            item.is_subject or item.text in self._reader.lists.pronouns for item in claim
        ):
            return False
        if sentence.has_subject and self._is_of_who_writes(claim):
            return False
        values = [item for item in sentence.items if item.value is not None]
        claimed = [item for item in claim if item.value is not None]
        if not all(any(_is_value_of(a, b) for a in claimed) for b in values) or not all(
            any(_is_value_of(a, b) for b in values) for a in claimed
        ):
            return False
        if not all(item.keys & held for item in sentence.telling) or not (sentence.telling or values):
            return False
        about = self._reader.subject if sentence.has_subject else frozenset()
        for item in claim:
            if item.value is None and not (
                (item.is_subject and sentence.has_subject) or item.is_function or item.keys & (sentence.keys | about)
            ):
                return False
        return self._in_order(claim, sentence)

    def _in_order(self, claim: Sequence[Item], sentence: Sentence) -> bool:
        """Whether the names stand in the sentence's order, which says who acts on whom."""

        def order(items: Iterable[Item]) -> list[str]:
            return list(dict.fromkeys(min(named) for item in items if (named := item.keys & self._names)))

        claimed, stated = order(claim), order(sentence.items)
        shared = set(claimed) & set(stated)
        return [name for name in claimed if name in shared] == [name for name in stated if name in shared]

    def _names_of(self, dossier: Dossier) -> Keys:
        """The keys of people, of countries, and of words that editors write with a capital letter."""
        language = self._reader.language
        facts = (fact for fact in dossier.facts.values() if fact.type == "name")
        words = (
            word
            for fact in facts
            for text in texts_of(fact.value, language)
            for word in self._reader.split(normal(text))
        )
        sentences = [sentence for fact in self.declared.facts for sentence in fact.sentences]
        sentences += [sentence for reviewed in self.declared.claims for sentence in reviewed.sentences]
        countries = (key for sentence in sentences for key in sentence.keys if key[0] == "@")
        return frozenset(key for word in words for key in self._reader.keys(word)).union(
            countries, *(sentence.names for sentence in sentences)
        )


def _of_claim(reviewed: DeclaredClaim) -> Judgement:
    claim = reviewed.claim
    return Judgement("", VERDICT_OF_REVIEW[claim.verdict], claim=claim, topic=claim.topic)


def _turned(judgement: Judgement) -> Judgement:
    """The judgement on a denial. A denial of the fact's value is wrong; a denial of another value decides nothing."""
    if judgement.verdict != "agrees" or judgement.is_counted:
        return replace(judgement, verdict="unknown", findings=(), why=judgement.why or "it calls something false")
    return replace(
        judgement,
        verdict="contradicts",
        findings=tuple(replace(finding, same=False, claimed=None) for finding in judgement.findings),
    )


def _is_country(item: Item) -> bool:
    return isinstance(item.value, PlaceName) and item.value.is_country


def _stands_in_slot(claim: Sequence[Item], at: int, sentence: Sentence) -> bool:
    """Whether a country stands among the claim's words as the value among the sentence's: "Chile met Peru" is not "Peru met {}"."""
    slot = next((at for at, item in enumerate(sentence.items) if item.is_slot), 0)
    if not _is_country(claim[at]):
        return True
    sides = ((claim[:at], sentence.items[:slot]), (claim[at + 1 :], sentence.items[slot + 1 :]))
    return all(
        any(item.keys & other.keys for other in said)
        for said, stated in sides
        for item in stated
        if item in sentence.telling
    )


def _is_value_of(item: Item, stated: Item) -> bool:
    """Whether an item has the value of a declared sentence's item."""
    if isinstance(item.value, PlaceName) and isinstance(stated.value, PlaceName):
        return bool(item.value.keys & stated.value.keys)
    if (
        item.value is None
        or stated.value is None
        or isinstance(item.value, PlaceName)
        or isinstance(stated.value, PlaceName)
    ):
        return False
    return same_value(item.value, stated.value)


def _are_of_one_thing(options: Sequence[_Option]) -> bool:
    """Whether facts may stand in one statement: all are about the dossier's subject, or none is and they share a topic."""
    topics = set[TopicId].intersection(*(set(option.fact.topics) for option in options))
    of_subject = {option.sentence.has_subject for option in options}
    return len(options) == 1 or of_subject == {True} or (of_subject == {False} and bool(topics))


def _before(items: Sequence[Item], country: str) -> str:
    """The word before a country's first mention; "" at the beginning of the sentence and behind a value."""
    at = next((at for at, item in enumerate(items) if country in item.keys), 0)
    before = items[at - 1] if at else None
    return before.text if before and before.value is None and not before.is_slot else ""


def _is_of_currency(item: Item, fact: Fact) -> bool:
    """Whether the currencies are compatible: a price must have the fact's currency or none. Other values have no currency."""
    if not isinstance(fact, Money) or item.value is None or isinstance(item.value, PlaceName):
        return True
    return item.value.currency in ("", fact.currency)


def _without_forms(keys: Keys) -> Keys:
    """The keys without the marks of tense and voice."""
    return frozenset(key.partition("~")[0] for key in keys)


def _share_topic(one: DeclaredFact, other: DeclaredFact) -> bool:
    return not set(one.topics).isdisjoint(other.topics)
