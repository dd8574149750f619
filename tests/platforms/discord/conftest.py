"""What the tests of Discord stand on."""

import pytest

from bot.dossier.loading import load
from bot.dossier.model import Dossier
from tests.conftest import CONTENT, TODAY


@pytest.fixture(scope="session")
def dossier() -> Dossier:
    """The real one."""
    dossier = load(CONTENT, TODAY).dossier
    assert dossier is not None
    return dossier
