"""Pictures: how long one takes, new and kept, what memory they leave behind, and whether answers go on meanwhile."""

import asyncio
import gc
import resource
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter

import psutil

from bot.dossier.loader import load
from bot.dossier.models import Dossier
from bot.live_dossier import LiveDossier
from bot.pictures.picture import Subject
from bot.pictures.service import PictureService, PictureStore
from bot.pictures.theme import THEMES
from bot.replies.answer import answer
from bot.replies.question import AboutBulletin, AboutTopic

DAY = date(2026, 11, 28)
ROUNDS = 2
LONGEST_ALLOWED_MS = 150.0


@dataclass(frozen=True, slots=True)
class Pictures:
    """Milliseconds a picture (of a processor; by the clock: median and p95), of kept ones, of the loop's longest stop."""

    count: int
    processor_ms: float
    median_ms: float
    p95_ms: float
    kept_ms: float
    longest_stop_ms: float
    left_mb: float


def measure() -> Pictures:
    """Draws every picture in every language and theme, twice over with nothing kept."""
    dossier = load(Path(__file__).parents[1] / "content", DAY).dossier
    assert dossier is not None
    return asyncio.run(_measure(dossier))


async def _measure(dossier: Dossier) -> Pictures:
    for language in dossier.languages:
        for topic in dossier.topics:
            answer(dossier, AboutTopic(topic), language, DAY)
    subjects: list[Subject] = [AboutTopic(topic.id) for topic in dossier.topics.values() if topic.picture]
    subjects += [AboutBulletin(name) for name in list(dossier.bulletins)[:5]]
    stops: list[float] = []
    watching = asyncio.create_task(_watch(stops))
    gc.collect()
    before = psutil.Process().memory_info().rss
    times: list[float] = []
    used = _children_seconds()
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            service = PictureService(PictureStore(Path(folder)), LiveDossier(dossier), lambda: DAY)
            times += await _draw(service, dossier.languages, subjects)
            cached = await _draw(service, dossier.languages, subjects)
    gc.collect()
    left = psutil.Process().memory_info().rss - before
    watching.cancel()
    processor = (_children_seconds() - used) / len(times) * 1000
    return Pictures(len(times), processor, _at(times, 0.5), _at(times, 0.95), _at(cached, 0.5), max(stops), left / 1e6)


async def _draw(service: PictureService, languages: Sequence[str], subjects: Sequence[Subject]) -> list[float]:
    times = []
    for theme in THEMES:
        for language in languages:
            for subject in subjects:
                began = perf_counter()
                assert await service.of(subject, language, theme) is not None
                times.append((perf_counter() - began) * 1000)
    return times


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def _watch(stops: list[float]) -> None:
    """How long the loop does not turn."""
    while True:
        began = perf_counter()
        await asyncio.sleep(0.001)
        stops.append((perf_counter() - began) * 1000)


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def summary(pictures: Pictures) -> str:
    """The figures in a line."""
    return (
        f"pictures: {pictures.processor_ms:.0f} ms of a processor; by the clock median {pictures.median_ms:.0f} ms, p95 {pictures.p95_ms:.0f} ms (allowed {LONGEST_ALLOWED_MS:.0f}), "
        f"kept {pictures.kept_ms:.2f} ms; the loop stopped for {pictures.longest_stop_ms:.1f} ms at most; "
        f"{pictures.left_mb:.1f} MB left behind by {pictures.count}"
    )
