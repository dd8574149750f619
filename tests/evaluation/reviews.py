"""How often a claim in other words finds a reviewed claim whose sentences are in another language alone, with the local model.

``python -m tests.evaluation.reviews`` counts ``reviews/paraphrases.jsonl``, 50 claims of the shipped dossier in three languages. One writer wrote
them from the first and last English sentence of each review. They are development data (tests/evaluation/README.md).
"""

import asyncio
import json
from dataclasses import dataclass, replace
from pathlib import Path

from bot.dossier.models import Claim, Dossier, Language
from bot.embeddings import Embeddings, LocalModel
from tests.conftest import shipped

FILE = Path(__file__).parent / "reviews" / "paraphrases.jsonl"

KEPT = {"en": "ru", "id": "en", "ru": "id"}
"""Language of a paraphrase → the only language in which the reviews have sentences then."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``found`` is None if no review was shown."""

    text: str
    wanted: str
    found: str | None


def reviewed_in(dossier: Dossier, language: Language) -> Dossier:
    """The dossier whose reviewed claims have sentences in one language alone."""

    def of(claim: Claim) -> Claim:
        says = {code: (says if code == language else []) for code, says in claim.says.items()}
        return claim.model_copy(update={"says": says})

    return replace(dossier, claims={name: of(claim) for name, claim in dossier.claims.items()})


async def count() -> list[Outcome]:
    """The outcome of each paraphrase."""
    lines = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    dossier, outcomes = shipped(), list[Outcome]()
    for kept in sorted(set(KEPT.values())):
        there, embeddings = reviewed_in(dossier, Language(kept)), Embeddings(LocalModel(), seconds=30)
        await embeddings.prepare(there)
        for line in (each for each in lines if KEPT[each["language"]] == kept):
            likeness = await embeddings.likeness(line["q"], there)
            assert likeness is not None
            outcomes.append(Outcome(line["q"], line["claim"], likeness.claim))
    return outcomes


if __name__ == "__main__":
    results = asyncio.run(count())
    right = sum(each.found == each.wanted for each in results)
    others = [each for each in results if each.found not in (None, each.wanted)]
    print(f"{len(results)} paraphrases: {right} found ({right / len(results):.0%}), {len(others)} found another review")
    for each in others:
        print(f"  {each.text}: {each.found}, not {each.wanted}")
