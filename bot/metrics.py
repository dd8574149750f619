"""The metrics for Prometheus, in a registry of our own. No label names a reader."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import accumulate
from time import perf_counter
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from bot import __version__
from bot.delivery.outcomes import Outcome
from bot.release import commit
from bot.replies.reply import Reply

NAMESPACE = "nota"

ANSWER_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1.0, 5.0)
"""Bounds of the buckets: from a cached answer to a change that waits for a slow database."""

LAG_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0)
LAG_EVERY_SECONDS = 0.5

NO_TOPIC = "none"
"""The label of replies without a topic: panels, small talk, questions without an answer."""


class AnswerTimes(Collector):
    """A histogram of answers by topic, platform and language. It runs for each answer, so it is faster than prometheus_client's."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str | None, str, str], list[float]] = {}

    def add(self, platform: str, reply: Reply, seconds: float) -> None:
        """Counts an answer."""
        key = reply.topic, platform, reply.language
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = [0.0] * (len(ANSWER_SECONDS) + 2)
        counts[bisect_left(ANSWER_SECONDS, seconds)] += 1
        counts[-1] += seconds

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """The histogram with cumulative buckets, the last without a bound."""
        labels = ["topic", "platform", "language"]
        family = HistogramMetricFamily(f"{NAMESPACE}_answer_seconds", "Answers by duration", labels=labels)
        bounds = [*map(floatToGoString, ANSWER_SECONDS), "+Inf"]
        for (topic, platform, language), (*counts, seconds) in list(self._counts.items()):
            buckets = list(zip(bounds, accumulate(counts), strict=True))
            family.add_metric([topic or NO_TOPIC, platform, language], buckets, seconds)
        yield family


class Metrics:
    """The counters of one process. Each is written from the event loop only."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._answers = AnswerTimes()
        self.registry.register(self._answers)
        self.answered = self._answers.add
        ours: Any = {"namespace": NAMESPACE, "registry": self.registry}
        counter: Callable[..., Counter] = partial(Counter, **ours)
        gauge: Callable[..., Gauge] = partial(Gauge, **ours)
        self._attempts = counter("delivery_attempts", "Sent and edited messages of bulletins", ["platform", "outcome"])
        self._limited = counter("too_many_requests", "Responses with status 429", ["platform"])
        self._waiting = gauge("queue_due", "Deliveries that are due, at most 100,000 of a state", ["platform"])
        self._oldest = gauge("queue_oldest_seconds", "Seconds since the oldest of them was due", ["platform"])
        self._up = gauge("platform_up", "1: the platform works; 0: it does not", ["platform"])
        self._stopped = gauge("sending_stopped_seconds", "Seconds since sending was stopped", ["what"])
        self._feeds = gauge("feed_failures", "Failures of a feed in a row; +Inf: it is gone for good", ["feed"])
        lag = "How late the event loop comes to a timer"
        self._lag = Histogram("loop_lag_seconds", lag, buckets=LAG_SECONDS, **ours)
        gauge("build", "Which release runs", ["version", "commit"]).labels(__version__, commit()).set(1)

    def attempted(self, platform: str, outcome: Outcome) -> None:
        """Counts the outcome of a send or an edit of a bulletin."""
        name = type(outcome).__name__
        self._attempts.labels(platform, "Gone" if name == "ChatGone" else name).inc()  # dashboards know it as Gone

    def limited(self, platform: str) -> None:
        """Counts a 429, whatever the request was: an answer, a bulletin, a menu."""
        self._limited.labels(platform).inc()

    def queued(self, platform: str, due: int, oldest_seconds: float) -> None:
        """Sets the number of due deliveries, and how long the oldest has been due."""
        self._waiting.labels(platform).set(due)
        self._oldest.labels(platform).set(oldest_seconds)

    def works(self, platform: str, is_up: bool) -> None:
        """Sets whether a platform works."""
        self._up.labels(platform).set(is_up)

    def observed(self, stopped_seconds: Mapping[str, float], feed_failures: Mapping[str, float]) -> None:
        """Sets for how long what is stopped has been stopped, and the failures in a row of each feed."""
        for gauge, values in ((self._stopped, stopped_seconds), (self._feeds, feed_failures)):
            gauge.clear()
            for name, value in values.items():
                gauge.labels(name).set(value)

    def forget_ledger(self) -> None:
        """Removes the gauges of the database while it is away, so that no old value is reported."""
        for gauge in (self._waiting, self._oldest, self._stopped, self._feeds):
            gauge.clear()

    async def watch_the_loop(self, now: Callable[[], float] = perf_counter) -> None:
        """Measures how late the event loop is, until cancelled."""
        while True:
            before = now()
            await asyncio.sleep(LAG_EVERY_SECONDS)
            self._lag.observe(max(0.0, now() - before - LAG_EVERY_SECONDS))

    def text(self) -> bytes:
        """All metrics in Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats)."""
        return generate_latest(self.registry)
