import pytest

from bot.dossier.models import Dossier
from tests.conftest import TINY, loaded


@pytest.fixture
def dossier() -> Dossier:
    return loaded(TINY)
