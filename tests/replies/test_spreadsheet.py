"""Tables for spreadsheet programs: no cell is run."""

import csv
from io import StringIO

import pytest

from bot.replies.spreadsheet import cell, table
from tests.tables import cases


@cases("text")
def test_what_would_be_run_has_an_apostrophe(text: str) -> None:
    r"""
    =1+1
    +1
    "-1"
    @SUM(A1)
    " =1+1"
    "\u00a0=1"
    "\u3000@x"
    "\t=1"
    "\r=1"
    "\n1"
    "\t1"
    "\u0000=1"
    """
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "a=b", "1-2", "’=", -1, 2.5, None, True])
def test_anything_else_stays(value: object) -> None:
    assert cell(value) == value


def test_a_table_reads_as_it_was() -> None:
    text = table(("name", "number"), [("a, “b”\nc", 1), ('"', -2)])
    assert list(csv.reader(StringIO(text))) == [["name", "number"], ["a, “b”\nc", "1"], ['"', "-2"]]
