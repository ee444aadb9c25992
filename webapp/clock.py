"""The only module that reads the clock.

Views, jobs and commands read it and pass the time as an argument; services and the domain do not. A
process can therefore run at another time under ``faketime``.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present time, aware, in UTC."""
    return datetime.now(UTC)
