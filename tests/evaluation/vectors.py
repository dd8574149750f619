"""The embeddings that ``make fit`` and ``make evaluate`` need, kept in ``data/evaluation`` from one run to the next."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession

from bot.app.main import embeddings_model
from bot.dossier.models import Dossier
from bot.embeddings import BATCH, Embeddings, Model, store_vectors, stored_vectors
from bot.matching.meanings import Likeness, Vector
from bot.settings import read_settings

_KEPT = Path("data/evaluation")

_SECONDS = 60.0
"""A question waits longer than a reader does: a busy machine must not change what is counted."""


class KeptVectors:
    """A model that makes the vector of each text once."""

    def __init__(self, model: Model) -> None:
        self.name = model.name
        self._model = model
        self._vectors = stored_vectors(_KEPT, model.name)
        self._stored = len(self._vectors)

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        for start in range(0, len(new), BATCH):
            part = new[start : start + BATCH]
            self._vectors |= zip(part, await self._model.embed(part), strict=True)
        return [self._vectors[text] for text in texts]

    def store(self) -> None:
        """Keeps what was made."""
        if len(self._vectors) > self._stored:
            store_vectors(_KEPT, self.name, self._vectors)


@asynccontextmanager
async def kept_model() -> AsyncIterator[KeptVectors | None]:
    """The model that EMBEDDINGS names or that is installed; None if there is none."""
    async with ClientSession() as session:
        model = embeddings_model(read_settings(), session)
        kept = KeptVectors(model) if model else None
        try:
            yield kept
        finally:
            if kept:
                kept.store()


def likenesses_of(asked: Sequence[tuple[Dossier, Sequence[str]]]) -> list[list[Likeness | None]] | None:
    """What the bot makes of questions to dossiers by their embeddings; None if there is no model."""
    return asyncio.run(_likenesses(asked))


async def _likenesses(asked: Sequence[tuple[Dossier, Sequence[str]]]) -> list[list[Likeness | None]] | None:
    async with kept_model() as model:
        if model is None:
            return None
        found = []
        for dossier, texts in asked:
            embeddings = Embeddings(model, seconds=_SECONDS)
            await embeddings.prepare(dossier)
            found.append([await embeddings.likeness(text, dossier) for text in texts])
        return found
