"""Helpers of the tests of the content."""

from datetime import date
from pathlib import Path

from bot.app.content_check import load_checked
from bot.dossier.loader import load
from tests.conftest import TODAY

FEEDS = """\
harbour-news:
  url: https://harbour.example/rss.xml
  publisher: Harbour Office
  language: en
  topics: [fare]
  match:
    all: [ferry, [fare, ticket price]]
    any: [island]
    none: [football]
"""


def diagnostics_of(folder: Path, today: date = TODAY) -> list[str]:
    """The diagnostics of the dossier's own rules, as ``nota check`` prints them."""
    return [str(diagnostic) for diagnostic in load(folder, today).diagnostics]


def all_diagnostics_of(folder: Path) -> list[str]:
    """The same with those of every platform."""
    return [str(diagnostic) for diagnostic in load_checked(folder, TODAY).diagnostics]
