"""Crowds that ask at once, beside eight processes that take the machine: everybody is answered, and nobody hears of an error."""

import pytest

from benchmarks.storm import measure, summary

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("kind", ["polling", "webhook", "discord"])
def test_beside_eight_busy_processes(kind: str) -> None:
    """On both databases."""
    for name, storm in measure([kind], 8):
        assert storm.apologies == 0, summary(name, storm)
        assert len(storm.seconds) == storm.people, summary(name, storm)
