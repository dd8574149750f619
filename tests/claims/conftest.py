"""A small dossier about a ferry contract, with declared sentences in English, Indonesian, Russian and, without a word list, Spanish."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from bot.claims.check import Checker, ClaimCheck
from bot.dossier.models import Claim, Dossier, Fact, FactId, Header, Language, Source, SourceId, Topic

LANGUAGES = ["en", "id", "ru", "es"]
DAY = date(2026, 11, 28)


def _same(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)


FERRY = yaml.safe_load((Path(__file__).parent / "ferry.yaml").read_text("utf-8"))


def _in_all(fact: dict[str, Any]) -> dict[str, Any]:
    """The fact, whose texts are the same in all languages where ``ferry.yaml`` has only one."""
    texts = {name: _same(fact[name]) for name in ("of", "stated_by", "unit") if isinstance(fact.get(name), str)}
    return fact | texts


@pytest.fixture(scope="session")
def ferry() -> Dossier:
    facts = {FactId(name): TypeAdapter(Fact).validate_python(_in_all(fact)) for name, fact in FERRY["facts"].items()}
    end = facts[FactId("ends_on")].model_copy(update={"value": date(2034, 3, 14)})
    english = ["the contract", "agreement", "ferry contract"]
    names = {"en": english, "id": ["kontrak"], "ru": ["договор"], "es": ["el contrato"]}
    texts = {"id": "ferry", "title": _same("The ferry"), "summary": _same("All of it"), "names": names}
    header = Header.model_validate(texts | {"languages": LANGUAGES, "default_language": "en"})
    topics = [
        Topic.model_validate({"id": name, "title": _same(name), "summary": _same(name), "body": _same(body)})
        for name, body in FERRY["topics"].items()
    ]
    more = {"because": _same("So."), "sources": ["gazette"], "date": DAY}
    claims = [Claim.model_validate({"id": name, **more, **given}) for name, given in FERRY["claims"].items()]
    sources = {
        SourceId(name): Source(publisher=name.title(), url=f"https://{name}.example")
        for name in ("gazette", "operator", "users")
    }
    facts |= {FactId("ends_on"): end}
    return Dossier(
        header, sources, facts, {each.id: each for each in topics}, {}, claims={each.id: each for each in claims}
    )


class Checked:
    """Checks claims about the ferry."""

    def __init__(self, dossier: Dossier) -> None:
        self.checker = Checker(dossier)

    def __call__(self, text: str, language: str = "en") -> str:
        """The verdict."""
        return self.check(text, language).verdict

    def check(self, text: str, language: str = "en") -> ClaimCheck:
        return self.checker.check(text, Language(language))

    def why(self, text: str, language: str = "en") -> str:
        """What stopped a verdict on the first statement."""
        return self.checker.explained(self.check(text, language).judgements[0], Language(language)).why


@pytest.fixture(scope="session")
def checked(ferry: Dossier) -> Checked:
    return Checked(ferry)
