"""The one place where the clock is read.

Edges (views, jobs, commands) ask here and pass the answer on as an argument; services and
the domain never ask. A whole process run under ``faketime`` therefore lives on that day.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)
