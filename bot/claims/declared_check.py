"""Problems of declared sentences, for ``nota check``. PURE."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from bot.claims.check import VERDICT_OF_REVIEW, Checker
from bot.claims.declared import SLOT, filled, printed
from bot.claims.words import normal, word_lists
from bot.dossier.diagnostics import Diagnostic, Place, Where, did_you_mean
from bot.dossier.models import Asks, Claim, Dossier, Fact, FactId, Language, TopicId, file_of
from bot.dossier.validators import topic_file

_FACTS = "facts.yaml"

COMPARED = ("money", "percent", "date", "duration", "number", "place")
"""Types of facts whose values can be compared."""


_FIGURES = ("money", "percent", "number")
"""Types of facts that somebody counts: of a day, the rival is mostly another event, which ``of`` tells apart."""


def check_declared(
    dossier: Dossier, checker_for: Callable[[], Checker], tried: Collection[str] | None = None
) -> Iterator[Diagnostic]:
    """Errors for sentences that could give no verdict or a wrong one, and warnings.

    ``checker_for`` returns the dossier's checker; it is not called if there is an error. ``tried``: the facts and claims of which it is tried
    whether their sentences are recognised; None: all.
    """
    diagnostics = [*_check_facts(dossier), *_check_claims(dossier)]
    yield from diagnostics
    if not any(diagnostic.severity == "error" for diagnostic in diagnostics):
        said = [*dossier.facts.items(), *dossier.claims.items()]
        if chosen := [(name, each) for name, each in said if each.says and (tried is None or name in tried)]:
            yield from _check_recognised(dossier, chosen, checker_for())


def _check_name(dossier: Dossier, path: str, place: Place, language: Language, text: str) -> Iterator[Diagnostic]:
    """``{it}`` stands for the dossier's name, so the dossier needs a name in that language."""
    if "{it}" in text and not dossier.header.names.get(language):
        message, fix = f"{{it}} stands for a name, and names has none in {language!r}", "expected names in dossier.yaml"
        yield Diagnostic(path, place, message, fix, because=("dossier.yaml", ("names",)), code="no-name")


def _check_facts(dossier: Dossier) -> Iterator[Diagnostic]:
    for name, fact in dossier.facts.items():
        yield from _check_references(dossier, name, fact)
        for language, index, text in _sentences(fact.says):
            place: Place = (name, "says", language, index)
            yield from _check_name(dossier, _FACTS, place, language, text)
            unknown = [m[1] for m in SLOT.finditer(text) if m[1] and m[1] not in dossier.facts]
            for other in unknown:
                fix = did_you_mean(other, dossier.facts, "a fact")
                yield Diagnostic(_FACTS, place, f"unknown fact {other!r} in {text!r}", fix)
            if text.count("{}") != 1:
                message = f"{{}} stands {text.count('{}')} times in {text!r}"
                fix = "expected it once, where the value stands"
                yield Diagnostic(_FACTS, place, message, fix, code="value-once")
            if denial := _denial(text, language):
                message = f"a denial, {denial!r}, in a sentence that states the fact"
                fix = "expected an affirmative sentence"
                yield Diagnostic(_FACTS, place, message, fix, code="denial", values={"word": denial})


def _check_references(dossier: Dossier, name: FactId, fact: Fact) -> Iterator[Diagnostic]:
    for index, rival in enumerate(fact.rivals):
        if rival not in dossier.facts or rival == name:
            fix = did_you_mean(rival, [fact_id for fact_id in dossier.facts if fact_id != name], "another fact")
            because: Where | None = (_FACTS, (rival,)) if rival != name else None
            yield Diagnostic(_FACTS, (name, "rivals", index), f"no other fact {rival!r}", fix, because=because)
    yield from _check_topic(dossier, _FACTS, (name, "topic"), fact.topic)
    if fact.says and fact.type not in COMPARED:
        message = f"says of a fact of type {fact.type!r}, whose value is not compared"
        yield Diagnostic(
            _FACTS, (name, "says"), message, f"expected a fact of type {', '.join(COMPARED)}, or a file in claims/"
        )
    if fact.says and fact.rivals and fact.stated_by is None and fact.type in _FIGURES:
        message = "says with rivals and without stated_by: a verdict could not say whose value it is"
        fix = "expected stated_by"
        yield Diagnostic(_FACTS, (name, "says"), message, fix, "warning", code="no-teller")
    if fact.says and fact.type in _FIGURES[:2] and fact.of is None:
        message, fix = "says without of: a verdict could not say what the value counts", "expected of"
        yield Diagnostic(_FACTS, (name, "says"), message, fix, "warning", code="no-of")


def _check_topic(dossier: Dossier, path: str, place: Place, topic: TopicId | None) -> Iterator[Diagnostic]:
    if topic is not None and topic not in dossier.topics:
        fix = did_you_mean(topic, dossier.topics, "a topic")
        yield Diagnostic(path, place, f"unknown topic {topic!r}", fix, because=topic_file(topic))


def _check_claims(dossier: Dossier) -> Iterator[Diagnostic]:
    for claim in dossier.claims.values():
        path = file_of(claim)
        yield from _check_topic(dossier, path, ("topic",), claim.topic)
        for language, index, text in _sentences(claim.says):
            yield from _check_name(dossier, path, ("says", language, index), language, text)
            if "{}" in text and not claim.one_of.get(language):
                message = f"{{}} in {text!r}, and one_of has nothing in {language!r}"
                fix = "expected a closed list in one_of"
                yield Diagnostic(path, ("says", language, index), message, fix, code="no-list")


def _check_recognised(
    dossier: Dossier, tried: Iterable[tuple[str, Fact | Claim]], checker: Checker
) -> Iterator[Diagnostic]:
    """A sentence with its own values is read as itself, and no other sentence, of a fact or of a review, is read the same."""
    for name, entry in tried:
        path, place = (file_of(entry), ("says",)) if isinstance(entry, Claim) else (_FACTS, (name, "says"))
        for language, index, text in _sentences(entry.says):
            if language not in dossier.languages:
                continue
            at: Place = (*place, language, index)
            declared = checker.declared[language]
            own, is_twice = with_value(dossier, text, entry, language), text in declared.twice
            if is_twice or (own and not reads_itself(checker, own, language, entry)):
                alike = [declared.twice[text]] if is_twice else [each.said for each in declared.repeats(own)]
                here = _owner(entry, FactId(name))
                others = {_owner(said.claim, *(slot.fact for slot in said.slots)) for said in alike} - {here}
                if is_twice or others:
                    other = " and ".join(sorted(others)) or here
                    message = f"{text!r} of {here} is read like a sentence of {other} that decides otherwise"
                    code, fix = "read-twice", "expected it in one of them"
                else:
                    message = f"{text!r} with its own value is not read as itself"
                    code, fix = "not-recognised", "expected one sentence in which Nota reads the value that it prints"
                yield Diagnostic(path, at, message, fix, harmless=not is_twice, code=code)
            for claim in declared.claims_within(text) if not isinstance(entry, Claim) else ():
                if claim.verdict != "true":
                    message = f"{text!r} states what {file_of(claim)} reviews as {claim.verdict}"
                    because: Where = (file_of(claim), ("says", language))
                    fix = "expected a sentence that does not state it"
                    yield Diagnostic(path, at, message, fix, because=because, code="states-review")


def _owner(entry: Fact | Claim | None, *facts: FactId) -> str:
    """The file of a declared sentence, and the facts."""
    return file_of(entry) if isinstance(entry, Claim) else f"{_FACTS} ({', '.join(facts)})"


def reads_itself(checker: Checker, own: str, language: Language, entry: Fact | Claim) -> bool:
    """Whether a declared sentence with its own values gets the verdict that it declares."""
    check, is_claim = checker.check(own, language), isinstance(entry, Claim)
    is_so = all(judgement.claim is not None if is_claim else judgement.is_settled for judgement in check.judgements)
    expected = VERDICT_OF_REVIEW[entry.verdict] if isinstance(entry, Claim) else "agrees"
    return is_so and (check.verdict == expected or any(judgement.is_counted for judgement in check.judgements))


def with_value(dossier: Dossier, text: str, entry: Fact | Claim, language: Language) -> str:
    """A declared sentence with its own values and the subject's first name filled in; "" if a fact has no value."""
    parts = SLOT.split(text)
    if isinstance(entry, Claim):
        values = [next(iter(entry.one_of.get(language, ())), "") for _ in parts[1::2]]
    else:
        facts = [dossier.facts.get(FactId(name)) if name else entry for name in parts[1::2]]
        values = [
            printed(fact, behind, language) if fact else "" for fact, behind in zip(facts, parts[2::2], strict=True)
        ]
    name = next(iter(dossier.header.names.get(language, ())), "")
    return filled(text, values).replace("{it}", name) if all(values) else ""


def _denial(text: str, language: Language) -> str:
    """The sentence's word of negation; "" if it has none."""
    spoken = re.findall(r"[\w']+", normal(text))
    return next((word for word in spoken if word in word_lists(language).negation), "")


def _sentences(says: Asks) -> Iterator[tuple[Language, int, str]]:
    for language, texts in says.items():
        yield from ((language, index, text) for index, text in enumerate(texts))
