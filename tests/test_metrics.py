"""Metrics for Prometheus, and the dashboard that shows them."""

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from bot.delivery.outcomes import ChatGone, Delivered, RetryAfter
from bot.dossier.models import Language, TopicId
from bot.metrics import Metrics
from bot.replies.reply import Reply

DASHBOARD = Path(__file__).parents[1] / "docs" / "grafana.json"


def values(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Sample name with its labels' values → value."""
    families = text_string_to_metric_families(metrics.text().decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def reply(topic: str | None) -> Reply:
    return Reply(TopicId(topic) if topic else None, Language("id"), "Tarif", "⛴", ())


class TestAnswers:
    """Answers are counted by topic, platform, language and duration."""

    def test_are_counted_where_they_fall(self) -> None:
        """Two within a quarter of a millisecond, one within a second."""
        metrics = Metrics()
        for seconds in (0.0002, 0.0002, 0.3):
            metrics.answered("telegram", reply("fare"), seconds)
        found = values(metrics)
        labels = {
            (name, *rest): value for (name, *rest), value in found.items() if name.startswith("nota_answer_seconds")
        }
        assert labels["nota_answer_seconds_count", "id", "telegram", "fare"] == 3
        assert labels["nota_answer_seconds_bucket", "id", "0.00025", "telegram", "fare"] == 2
        assert labels["nota_answer_seconds_bucket", "id", "1.0", "telegram", "fare"] == 3

    def test_what_nobody_wrote_down_makes_no_label(self) -> None:
        """Words of a reader never become a label."""
        metrics = Metrics()
        metrics.answered("discord", reply(None), 0.001)
        assert ("nota_answer_seconds_count", "id", "discord", "none") in values(metrics)


class TestDashboard:
    """docs/grafana.json queries only existing metrics."""

    def test_every_series_is_there(self) -> None:
        """Each name in its queries is one of ours, or the process's own."""
        counted = {each.name for each in Metrics().registry.collect()}
        for suffix in ("_bucket", "_count", "_total"):
            counted |= {name + suffix for name in counted}
        asked = re.findall(r"\b(?:nota|process)_[a-z_]+", DASHBOARD.read_text(encoding="utf-8"))
        assert set(asked) <= counted
        assert len(set(asked)) >= 8


class TestDeliveries:
    """Attempts are counted by outcome; a 429 is counted where it arrives."""

    def test_are_counted(self) -> None:
        metrics = Metrics()
        metrics.attempted("telegram", Delivered("7"))
        metrics.attempted("telegram", RetryAfter(3))
        metrics.attempted("telegram", ChatGone("blocked"))
        metrics.queued("telegram", 12, 4.5)
        found = values(metrics)
        assert found["nota_delivery_attempts_total", "Delivered", "telegram"] == 1
        assert found["nota_delivery_attempts_total", "RetryAfter", "telegram"] == 1
        assert found["nota_delivery_attempts_total", "Gone", "telegram"] == 1
        assert ("nota_too_many_requests_total", "telegram") not in found
        assert found["nota_queue_due", "telegram"] == 12
        assert found["nota_queue_oldest_seconds", "telegram"] == 4.5
