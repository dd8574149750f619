"""The mends that ``python -m tests.model --without`` takes back are in the code as it is."""

import pytest

from tests.model.__main__ import MENDS, NAMED, ROOT, without


@pytest.mark.parametrize("name", [*MENDS, *NAMED])
def test_a_mend_can_be_taken_back(name: str) -> None:
    assert without(name)


@pytest.mark.parametrize("name", NAMED)
def test_the_test_of_a_mend_exists(name: str) -> None:
    path, *_, test = NAMED[name].split("::")
    assert f"def {test}(" in (ROOT / path).read_text("utf-8")
