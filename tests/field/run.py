"""A run: a fleet of a seed, night after night, through a subject."""

from collections.abc import Callable
from datetime import timedelta

from tests.field.fleet import FIRST_DAY, Fleet, Night, Size
from tests.field.oracle import Oracle
from tests.field.report import Report, report
from tests.field.subject import Subject
from tests.field.waiting import Watch


def run(
    seed: int, size: Size, subject: Subject, watch_night: Callable[[Night], None] | None = None
) -> Report:
    """Drive a subject through all nights of a seed and compare it with the oracle."""
    fleet = Fleet(seed, size)
    oracle = Oracle(fleet)
    watch = Watch(oracle)
    subject.connect(fleet.companies, FIRST_DAY)
    for night in fleet.nights():
        _live(fleet, night, subject)
        oracle.observe(night)
        watch.observe(night.day, subject.held(), was_read=night.fetched)
        if watch_night is not None:
            watch_night(night)
    last = FIRST_DAY + timedelta(days=size.nights - 1)
    return report(fleet, oracle, subject, watch, last)


def _live(fleet: Fleet, night: Night, subject: Subject) -> None:
    for customer, name in night.relinked.items():
        subject.relink(customer, name)
    rows = fleet.rows(night)
    if not night.fetched:
        subject.night(night.day, [], fetched=False)
        return
    for number in range(night.collections):
        subject.night(night.day, rows if number == 0 else list(reversed(rows)))
