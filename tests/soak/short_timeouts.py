"""``python -m tests.soak.short_timeouts worker``: a worker or scheduler with short timeouts.

A day of a run has a second: pauses and time-outs of minutes would outlast weeks. So the scheduler
looks more often, and time-outs, pauses between attempts and SQLite's busy timeout are shorter.
Nothing else differs from ``python -m jobs.worker`` and ``python -m jobs.schedule``.
"""

import importlib
import logging
import select
import sys
import time
from dataclasses import dataclass
from datetime import date
from unittest.mock import patch


def _sleep(seconds: float) -> None:
    select.select([], [], [], max(0.0, seconds))


# libfaketime breaks CPython's own, which sleeps until a moment of the monotonic clock.
time.sleep = _sleep  # type: ignore[assignment]

db = importlib.import_module("webapp.db")
client = importlib.import_module("webapp.printerpoint.client")

log = logging.getLogger("releaf.soak")


@dataclass(frozen=True, slots=True)
class RequestLimits(client.RequestLimits):  # type: ignore[misc, name-defined]
    """Printerpoint's time is short."""

    connect_seconds: float = 0.4
    read_seconds: float = 0.4
    total_seconds: float = 0.6
    fleet_seconds: float = 6.0
    backoff_seconds: float = 0.03
    max_retry_after_seconds: float = 1.0


def _knows_its_holidays() -> None:
    """Calendars are read before the first child, which would read them anew every time."""
    calendars = importlib.import_module("webapp.services.accounts.calendars")
    for country in ("US", "DE", "NZ"):
        log.debug("%s %s", country, date(2026, 12, 25) in calendars.holidays_of(country))


def main() -> None:
    """Run the program that the first argument names, with the other arguments."""
    what = sys.argv.pop(1)
    if what == "worker":
        _knows_its_holidays()
    module = importlib.import_module({"worker": "jobs.worker", "scheduler": "jobs.schedule"}[what])
    with (
        patch.object(client, "RequestLimits", RequestLimits),
        patch.object(db, "BUSY_TIMEOUT_MS", 1_000),
        patch.object(importlib.import_module("jobs.schedule"), "POLL_SECONDS", 0.15),
    ):
        module.main()


if __name__ == "__main__":
    main()
