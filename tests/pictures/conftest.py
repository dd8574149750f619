"""The dossier that pictures are drawn from here: Nota's own, and small ones made of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bot.dossier.models import Dossier, TopicId
from tests.conftest import shipped

Change = Callable[..., Dossier]


@pytest.fixture(scope="session")
def dossier() -> Dossier:
    """Nota's own content."""
    return shipped()


@pytest.fixture
def changed(dossier: Dossier) -> Change:
    """The dossier with another value under some keys of one topic, or other facts."""

    def change(topic: str = "duration", facts: dict[str, Any] | None = None, **keys: Any) -> Dossier:
        topics = {**dossier.topics, TopicId(topic): dossier.topics[TopicId(topic)].model_copy(update=keys)}
        return replace(dossier, topics=topics, facts={**dossier.facts, **(facts or {})})

    return change
