"""A small dossier about a ferry contract, with declared sentences in English, Indonesian, Russian and, without a word list, Spanish."""

from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

from bot.claims.check import Checker, ClaimCheck
from bot.dossier.models import Claim, Dossier, Fact, FactId, Header, Language, Source, SourceId, Topic

LANGUAGES = ["en", "id", "ru", "es"]
DAY = date(2026, 11, 28)


def _same(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)


FACTS: dict[str, dict[str, Any]] = {
    "term": {
        "type": "duration", "years": 8, "sources": ["gazette"], "of": _same("term of the contract"),
        "says": {
            "en": ["{it} lasts {}", "{it} runs for {}", "{it} was signed on {signed_on} for {}"],
            "id": ["{it} berlaku {}"],
            "ru": ["{it} действует {}"],
            "es": ["{it} dura {}", "{it} tiene una duración de {}"],
        },
    },
    "signed_on": {
        "type": "date", "value": date(2026, 3, 14), "sources": ["gazette"], "of": _same("day of signing"),
        "says": {
            "en": ["{it} was signed on {}", "Norway and Iceland signed {it} on {}"],
            "id": ["{it} ditandatangani pada {}"],
            "ru": ["{it} подписали {}"],
            "es": ["{it} se firmó el {}"],
        },
    },
    "catering_on": {
        "type": "date", "value": date(2026, 9, 1), "sources": ["gazette"], "of": _same("day of signing"),
        "says": {"en": ["the catering contract was signed on {}"]},
    },
    "ends_on": {
        "type": "date", "from": "signed_on", "plus": "term", "derived": True, "value": None,
        "says": {"en": ["{it} ends on {}"]},
    },
    "port": {
        "type": "place", "value": "Old Harbour", "sources": ["gazette"], "instead": ["Oslo", "North Quay"],
        "says": {"en": ["{it} was signed at {}"]},
    },
    "fare": {
        "type": "money", "amount": 12, "currency": "EUR", "sources": ["operator"], "of": _same("price of a crossing"),
        "stated_by": _same("the operator"),
        "says": {"en": ["a crossing costs {}"], "es": ["el billete cuesta {}"]},
    },
    "subsidy": {
        "type": "money", "amount": 5_000_000_000, "currency": "USD", "sources": ["gazette"], "of": _same("subsidy"),
        "rivals": ["subsidy_in_euros"],
        "says": {"en": ["the subsidy costs {}"], "es": ["la ayuda cuesta {}"]},
    },
    "subsidy_in_euros": {
        "type": "money", "amount": 4_000_000_000, "currency": "EUR", "sources": ["operator"], "of": _same("subsidy"),
        "says": {"en": ["the operator says that the subsidy costs {}"]},
    },
    "boats": {
        "type": "number", "value": 6, "unit": _same("boats") | {"es": "barcos"}, "sources": ["gazette"], "of": _same("boats in service"),
        "says": {"en": ["{it} provides {} boats", "there are {} boats"], "es": ["hay {} barcos"]},
        "also": {"en": ["in summer"], "es": ["en época alta", "mientras esté abierto"]},
    },
    "sailings": {
        "type": "number", "value": 40, "unit": _same("sailings"), "sources": ["gazette"],
        "says": {"en": ["there are {} sailings"]},
    },
    "on_time": {
        "type": "percent", "value": 91, "sources": ["operator"], "of": _same("sailings that left on time in winter"),
        "stated_by": _same("the operator"), "rivals": ["on_time_users"],
        "says": {"en": ["{} of winter sailings left on time", "{} of sailings with fewer than 30 passengers left on time"]},
    },
    "on_time_users": {
        "type": "percent", "value": 84, "sources": ["users"], "of": _same("sailings on time"),
        "says": {"en": ["passengers count {} of winter sailings on time"]},
    },
    "reception": {
        "type": "date", "value": date(2026, 5, 2), "sources": ["gazette"],
        "says": {"en": ["the captain Olsen received the mayor Berg in {}"]},
    },
    "grants": {
        "type": "number", "value": 300, "sources": ["gazette"],
        "says": {"en": ["Norway offers {} grants to Icelandic sailors"]},
    },
}  # fmt: skip

TOPICS = {
    "contract": "{term}, {signed_on}, {ends_on}, {port}",
    "service": "{boats} {sailings} {fare} {subsidy} {subsidy_in_euros} {on_time} {on_time_users} {grants} {reception} {catering_on}",
}

CLAIMS: dict[str, dict[str, Any]] = {
    "hoax": {
        "verdict": "false",
        "says": {"en": ["{it} is a hoax", "no such {it} exists", "it is a fake"], "es": ["{it} es falso"]},
    },
    "chain_letter": {
        "verdict": "false",
        "says": {"en": ["Urgent! The ferry sinks tomorrow, tell everybody. My cousin works at the port."]},
    },
    "dogs": {"verdict": "true", "says": {"en": ["dogs travel free"]}},
    "renewal": {"verdict": "disputed", "says": {"en": ["{it} will be renewed"]}},
    "covers": {"verdict": "unproven", "says": {"en": ["{it} covers {}"]}, "one_of": {"en": ["cargo", "night boats"]}},
    "visit": {"verdict": "true", "says": {"en": ["Norway invited Iceland"]}},
}


@pytest.fixture(scope="session")
def ferry() -> Dossier:
    languages = [Language(each) for each in LANGUAGES]
    facts = {
        FactId(name): TypeAdapter(Fact).validate_python({k: v for k, v in fact.items() if v is not None})
        for name, fact in FACTS.items()
    }
    end = facts[FactId("ends_on")].model_copy(update={"value": date(2034, 3, 14)})
    names = {
        "en": ["the contract", "agreement", "ferry contract"],
        "id": ["kontrak"],
        "ru": ["договор"],
        "es": ["el contrato"],
    }
    header = Header.model_validate(
        {
            "id": "ferry",
            "title": _same("The ferry"),
            "summary": _same("All of it"),
            "names": names,
            "languages": languages,
            "default_language": "en",
        }
    )
    texts = {
        name: {"id": name, "title": _same(name), "summary": _same(name), "body": _same(body)}
        for name, body in TOPICS.items()
    }
    return Dossier(
        header,
        {
            SourceId(name): Source(publisher=name.title(), url=f"https://{name}.example")
            for name in ("gazette", "operator", "users")
        },
        facts | {FactId("ends_on"): end},
        {Topic.model_validate(each).id: Topic.model_validate(each) for each in texts.values()},
        {},
        claims={
            (
                claim := Claim.model_validate(
                    {"id": name, "because": _same("So."), "sources": ["gazette"], "date": DAY, **given}
                )
            ).id: claim
            for name, given in CLAIMS.items()
        },
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
        return self.check(text, language).judgements[0].why


@pytest.fixture(scope="session")
def checked(ferry: Dossier) -> Checked:
    return Checked(ferry)
