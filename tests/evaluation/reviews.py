"""How often a claim in other words finds a reviewed claim whose sentences are in another language alone, with the local model.

``python -m tests.evaluation.reviews`` counts each file of ``reviews/``: 50 claims of the shipped dossier in three languages, by one writer. Where
they come from, and which were never looked at, stands in tests/evaluation/README.md.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.dossier.models import Claim, Dossier, Language
from bot.embeddings import Embeddings, LocalModel
from tests.conftest import shipped

FOLDER = Path(__file__).parent / "reviews"

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


async def count(lines: Sequence[Mapping[str, str]]) -> list[Outcome]:
    """The outcome of each paraphrase: objects with ``q``, ``language`` and ``claim``, the review that it should find."""
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
    for file in sorted(FOLDER.glob("*.jsonl")):
        results = asyncio.run(count([json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]))
        right = sum(each.found == each.wanted for each in results)
        others = sum(each.found not in (None, each.wanted) for each in results)
        print(
            f"{file.stem}: {right} of {len(results)} found ({right / len(results):.0%}), {others} found another review"
        )
