"""Questions in people's own words: milliseconds for each, here and among 2,000 topics; the index's build and memory."""

import gc
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import mean, quantiles
from time import perf_counter

import psutil

from benchmarks.processes import ROOT
from bot.dossier.loader import load
from bot.dossier.models import Dossier, Topic, TopicId
from bot.replies.question import AboutTopic, FreeText

_TODAY = date(2026, 11, 28)
_TOPICS = 2000
_ASKS = 10
"""How many examples a language each further topic has; a name of its own stands in every one."""

_SYLLABLES = ("ba", "do", "fi", "gu", "ke", "lo", "mi", "na", "po", "ra", "se", "tu", "va", "zo", "be", "di")


@dataclass(frozen=True, slots=True)
class Matching:
    """Milliseconds for each question (mean, and the slowest of a hundred); seconds and megabytes for the index."""

    topics: int
    mean_ms: float
    p99_ms: float
    build_seconds: float
    megabytes: float


def crowded(dossier: Dossier, count: int) -> Dossier:
    """The dossier with so many further topics, each like one of its own but about something with another name."""
    real = list(dossier.topics.values())
    more = [_renamed(real[number % len(real)], number) for number in range(count)]
    return replace(dossier, topics=dossier.topics | {topic.id: topic for topic in more})


def _renamed(topic: Topic, number: int) -> Topic:
    name = "".join(_SYLLABLES[number >> shift & 15] for shift in (0, 4, 8, 0))
    asks = {language: [f"{ask} {name}" for ask in said[:_ASKS]] for language, said in topic.asks.items()}
    title = {language: f"{said} {name}" for language, said in topic.title.items()}
    return topic.model_copy(
        update={"id": TopicId(f"more{number}"), "command": f"more{number}", "aliases": [], "asks": asks, "title": title}
    )


def questions() -> list[tuple[str, str]]:
    """The development half's, each with its language."""
    lines = (ROOT / "tests/evaluation/develop.jsonl").read_text(encoding="utf-8").splitlines()
    return [(given["q"], given["language"]) for given in map(json.loads, lines)]


def measure_here(further: int) -> Matching:
    """In this process. What commands need as well, imported or loaded, counts for nothing."""
    from bot.replies.answer import answer, matcher_for

    dossier = load(Path(ROOT / "content"), _TODAY).dossier
    assert dossier is not None
    dossier = crowded(dossier, further) if further else dossier
    for topic in list(dossier.topics)[:24]:
        for language in dossier.languages:
            answer(dossier, AboutTopic(topic), language, _TODAY)
    asked = questions()
    gc.collect()
    before = psutil.Process().memory_info().rss
    began = perf_counter()
    matcher_for(dossier)
    build_seconds = perf_counter() - began
    gc.collect()
    for text, language in asked[::10]:
        answer(dossier, FreeText(text), language, _TODAY)
    megabytes = (psutil.Process().memory_info().rss - before) / 1e6
    taken = []
    for text, language in asked:
        began = perf_counter()
        answer(dossier, FreeText(text), language, _TODAY)
        taken.append((perf_counter() - began) * 1e3)
    return Matching(len(dossier.topics), mean(taken), quantiles(taken, n=100)[98], build_seconds, megabytes)


def measure() -> list[Matching]:
    """Each in a process of its own."""
    found = []
    for further in (0, _TOPICS):
        command = [sys.executable, "-m", "benchmarks.matching", str(further)]
        run = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
        found.append(Matching(*json.loads(run.stdout)))
    return found


def summary(found: list[Matching]) -> str:
    """A line for each size."""
    return "\n".join(
        f"questions in words, {each.topics} topics: {each.mean_ms:.2f} ms (p99 {each.p99_ms:.2f} ms), "
        f"index in {each.build_seconds:.2f} s and {each.megabytes:.1f} MB"
        for each in found
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one = measure_here(int(sys.argv[1]))
        print(json.dumps([one.topics, one.mean_ms, one.p99_ms, one.build_seconds, one.megabytes]))
    else:
        print(summary(measure()))
