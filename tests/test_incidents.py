"""What kept an answer back stands in the log: a database that is away in a line, whatever is our own fault with its traceback."""

import pytest
import structlog
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.incidents import incident_of

log = structlog.get_logger("bot")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (ConnectionRefusedError(111, "refused"), "ConnectionRefusedError: [Errno 111] refused"),
        (TimeoutError(), "TimeoutError: "),
        (
            OperationalError("SELECT * FROM readers WHERE chat_id = 4711", {}, ValueError("locked")),
            "ValueError: locked",
        ),
    ],
)
def test_a_database_that_is_away(fault: Exception, why: str) -> None:
    """One line, without the statement and what it was about."""
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


def test_a_fault_of_ours() -> None:
    """With what is needed to find it."""
    fault = KeyError("x")
    with capture_logs() as logged:
        incident = incident_of(log, "a question was not answered", fault)
    assert (logged[0]["exc_info"], logged[0]["incident"]) == (fault, incident)
