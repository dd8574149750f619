"""What kept an answer back, in the log, under an id that whoever asked is told as well."""

from secrets import token_hex

from structlog.typing import FilteringBoundLogger

from bot.store.database import LOST


def incident_of(log: FilteringBoundLogger, event: str, fault: Exception, **about: object) -> str:
    """Logs the fault and returns its id: a database that is away in a line, anything else with its traceback.

    ``about``: what else the line says.
    """
    incident = token_hex(4)
    if isinstance(fault, LOST):
        log.error(
            f"{event}: the database does not answer",
            why=str(fault)[:200] or type(fault).__name__,
            incident=incident,
            **about,
        )
    else:
        log.error(event, incident=incident, exc_info=fault, **about)
    return incident
