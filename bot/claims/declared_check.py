"""Problems of declared sentences, for ``nota check``. PURE."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from bot.claims.check import Checker
from bot.claims.items import texts_of
from bot.claims.words import normal, word_lists
from bot.dossier.diagnostics import Diagnostic, Place, Where, did_you_mean
from bot.dossier.models import Asks, Dossier, Fact, FactId, Language, Number, file_of
from bot.dossier.models import Place as PlaceFact
from bot.dossier.validators import topic_file
from bot.replies.formatting import fact_text

_FACTS = "facts.yaml"

COMPARED = ("money", "percent", "date", "duration", "number", "place")
"""Types of facts whose values can be compared."""


def check_declared(
    dossier: Dossier, checker_for: Callable[[], Checker], facts: Collection[FactId] | None = None
) -> Iterator[Diagnostic]:
    """Errors for sentences that could give no verdict or a wrong one, and warnings.

    ``checker_for`` returns the dossier's checker; it is not called if there is an error. ``facts``: of which it is tried whether their
    sentences are recognised; None: of all.
    """
    diagnostics = [*_check_names(dossier), *_check_facts(dossier), *_check_claims(dossier)]
    yield from diagnostics
    if not any(diagnostic.severity == "error" for diagnostic in diagnostics):
        tried = (
            dossier.facts if facts is None else {name: dossier.facts[name] for name in facts if name in dossier.facts}
        )
        if any(fact.says for fact in tried.values()):
            yield from _check_recognised(dossier, tried, checker_for())


def _check_names(dossier: Dossier) -> Iterator[Diagnostic]:
    """``{it}`` stands for the dossier's name, so the dossier needs a name in that language."""
    every: list[tuple[str, Place, Asks]] = [(_FACTS, (name, "says"), fact.says) for name, fact in dossier.facts.items()]
    every += [(file_of(claim), ("says",), claim.says) for claim in dossier.claims.values()]
    for path, place, says in every:
        for language, index, text in _sentences(says):
            if "{it}" in text and not dossier.header.names.get(language):
                message, fix = (
                    f"{{it}} stands for a name, and names has none in {language!r}",
                    "expected names in dossier.yaml",
                )
                because: Where = ("dossier.yaml", ("names",))
                yield Diagnostic(path, (*place, language, index), message, fix, because=because, code="no-name")


def _check_facts(dossier: Dossier) -> Iterator[Diagnostic]:
    owners: dict[tuple[str, str], FactId] = {}
    for name, fact in dossier.facts.items():
        yield from _check_references(dossier, name, fact)
        for language, index, text in _sentences(fact.says):
            place: Place = (name, "says", language, index)
            if text.count("{}") != 1:
                message = f"{{}} stands {text.count('{}')} times in {text!r}"
                fix = "expected it once, where the value stands"
                yield Diagnostic(_FACTS, place, message, fix, code="value-once")
            if denial := _denial(text, language):
                message, fix = (
                    f"a denial, {denial!r}, in a sentence that states the fact",
                    "expected an affirmative sentence",
                )
                yield Diagnostic(_FACTS, place, message, fix, code="denial", values={"word": denial})
            owner = owners.setdefault((language, " ".join(normal(text).split())), name)
            if owner != name:
                message, fix = f"{text!r} states {owner!r} as well", "expected a sentence of one fact alone"
                values = {"text": text, "owner": owner}
                yield Diagnostic(_FACTS, place, message, fix, because=(_FACTS, (owner,)), code="twice", values=values)


def _check_references(dossier: Dossier, name: FactId, fact: Fact) -> Iterator[Diagnostic]:
    for index, rival in enumerate(fact.rivals):
        if rival not in dossier.facts or rival == name:
            fix = did_you_mean(rival, [fact_id for fact_id in dossier.facts if fact_id != name], "another fact")
            because: Where | None = (_FACTS, (rival,)) if rival != name else None
            yield Diagnostic(_FACTS, (name, "rivals", index), f"no other fact {rival!r}", fix, because=because)
    if fact.topic is not None and fact.topic not in dossier.topics:
        fix = did_you_mean(fact.topic, dossier.topics, "a topic")
        because = topic_file(fact.topic)
        yield Diagnostic(_FACTS, (name, "topic"), f"unknown topic {fact.topic!r}", fix, because=because)
    if fact.says and fact.type not in COMPARED:
        message = f"says of a fact of type {fact.type!r}, whose value is not compared"
        yield Diagnostic(
            _FACTS, (name, "says"), message, f"expected a fact of type {', '.join(COMPARED)}, or a file in claims/"
        )
    if fact.says and fact.type in ("money", "percent") and fact.of is None:
        message, fix = "says without of: a verdict could not say what the value counts", "expected of"
        yield Diagnostic(_FACTS, (name, "says"), message, fix, "warning", code="no-of")


def _check_claims(dossier: Dossier) -> Iterator[Diagnostic]:
    for claim in dossier.claims.values():
        path = file_of(claim)
        if claim.topic is not None and claim.topic not in dossier.topics:
            fix = did_you_mean(claim.topic, dossier.topics, "a topic")
            because = topic_file(claim.topic)
            yield Diagnostic(path, ("topic",), f"unknown topic {claim.topic!r}", fix, because=because)
        for language, index, text in _sentences(claim.says):
            if "{}" in text and not claim.one_of.get(language):
                message, fix = (
                    f"{{}} in {text!r}, and one_of has nothing in {language!r}",
                    "expected a closed list in one_of",
                )
                yield Diagnostic(path, ("says", language, index), message, fix, code="no-list")


def _check_recognised(dossier: Dossier, facts: Mapping[FactId, Fact], checker: Checker) -> Iterator[Diagnostic]:
    """A sentence with its own value must be recognised, and must not be recognised with its two countries exchanged."""
    for name, fact in facts.items():
        for language, index, text in _sentences(fact.says):
            place, stated = (name, "says", language, index), with_value(dossier, text, fact, language)
            if not stated:
                continue
            [judgement] = checker.check(stated, language).judgements[:1] or [None]
            if judgement is None or not judgement.findings or not all(finding.same for finding in judgement.findings):
                why = judgement.why if judgement and judgement.why else "another declared sentence decides"
                message = f"{stated!r} is not recognised: {why}"
                yield Diagnostic(
                    _FACTS,
                    place,
                    message,
                    "expected a sentence that its own words and value explain",
                    "warning",
                    code="not-recognised",
                )
            swapped = _swapped(checker, stated, language)
            if swapped and any(f.fact == name for j in checker.check(swapped, language).judgements for f in j.findings):
                message, fix = f"{swapped!r} gets the same verdict", "expected words that say who does what to whom"
                yield Diagnostic(_FACTS, place, message, fix, "warning")


def with_value(dossier: Dossier, text: str, fact: Fact, language: Language) -> str:
    """A declared sentence with its fact's value and the subject's first name filled in; "" for a date without a value."""
    if isinstance(fact, PlaceFact):
        forms = [form[language] for form in fact.forms.values() if language in form]
        value = next(iter([*forms, *texts_of(fact.value, language)]), "")
    elif isinstance(fact, Number) and _counts(text, fact, language):
        value = f"{fact.value:.15g}"
    else:
        value = fact_text(_without_about(fact), language)
    name = next(iter(dossier.header.names.get(language, ())), "")
    return text.replace("{it}", name).replace("{}", value) if value else ""


def _counts(text: str, fact: Number, language: Language) -> bool:
    """Whether the sentence names what it counts: the fact has no unit, or the unit stands behind the slot."""
    units = {word for form in texts_of(fact.unit, language) for word in normal(form.replace("|", " ")).split()}
    behind = normal(text.partition("{}")[2]).split()[:3]
    is_scale = any(unit.isdigit() for unit in units)  # "85 out of 100"
    return not units or is_scale or any(word[:4] == unit[:4] for word in behind for unit in units)


def _without_about(fact: Fact) -> Fact:
    """The fact without "about", since a declared sentence states the bare value."""
    return fact.model_copy(update={"approximate": False}) if getattr(fact, "approximate", False) else fact


def _swapped(checker: Checker, text: str, language: Language) -> str:
    """The sentence with its two countries exchanged; "" if it does not name two, or names them together ("A and B")."""
    countries = [m for m in re.finditer(r"[^\W\d_]+", text) if checker.countries(m[0], language)]
    if len(countries) != 2 or len(text[countries[0].end() : countries[1].start()].split()) <= 1:
        return ""
    one, other = countries
    return f"{text[: one.start()]}{other[0]}{text[one.end() : other.start()]}{one[0]}{text[other.end() :]}"


def _denial(text: str, language: Language) -> str:
    """The sentence's word of negation; "" if it has none."""
    spoken = re.findall(r"[\w']+", normal(text))
    return next((word for word in spoken if word in word_lists(language).negation), "")


def _sentences(says: Asks) -> Iterator[tuple[Language, int, str]]:
    for language, texts in says.items():
        yield from ((language, index, text) for index, text in enumerate(texts))
