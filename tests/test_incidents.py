"""What kept an answer back stands in the log: a database that is away in a line, whatever is our own fault with its traceback."""

import pytest
import structlog
from structlog.testing import capture_logs

from bot.db.engine import DatabaseUnavailable
from bot.logs import incident_of

log = structlog.get_logger("bot")


@pytest.mark.parametrize(
    ("fault", "why"),
    [(DatabaseUnavailable("database is locked"), "database is locked"), (TimeoutError(), "TimeoutError")],
)
def test_a_database_that_is_away(fault: Exception, why: str) -> None:
    """One line, in the database's own words."""
    with capture_logs() as logged:
        incident = incident_of(log, "a question was not answered", fault, message=5)
    (entry,) = logged
    assert entry == {
        "event": "a question was not answered: the database does not answer",
        "why": why,
        "incident": incident,
        "message": 5,
        "log_level": "error",
    }


@pytest.mark.parametrize("fault", [KeyError("x"), FileNotFoundError(2, "no such file")])
def test_a_fault_of_ours(fault: Exception) -> None:
    """With what is needed to find it; a file that is not there is no database that is away."""
    with capture_logs() as logged:
        incident = incident_of(log, "a question was not answered", fault)
    assert (logged[0]["exc_info"], logged[0]["incident"]) == (fault, incident)
