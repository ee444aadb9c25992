"""The nights, events and month closes of the demo, planned back from the last day that has ended.

So the data is equally recent on any day of any year. It begins with a whole month, long enough ago
for that month to be closed.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from webapp.cli.seed import seed_data
from webapp.domain.calendar import business_days_of_gap, days_of_gap
from webapp.domain.months import Month, closes_at

FEWEST_NIGHTS = 45
#: The timetable closes months every ten minutes.
_A_WHILE = timedelta(minutes=10)

Command = Literal["stop_agent", "start_agent", "replace_printer", "set_count", "return_malformed"]


@dataclass(frozen=True, slots=True)
class Event:
    """A command to the sandbox.

    It concerns ``customer`` or ``printer`` (by serial number), or all of Printerpoint.
    """

    command: Command
    customer: str | None = None
    printer: str | None = None
    new_serial: str | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Night:
    """The night in which ``day`` is collected, and its hour."""

    moment: datetime
    day: date


@dataclass(frozen=True, slots=True)
class MonthClose:
    """The morning on which a month closes."""

    moment: datetime
    month: Month


Step = Night | MonthClose


@dataclass(frozen=True, slots=True)
class Calendar:
    """The partner's zone and holidays, when nights start and when months close."""

    zone: ZoneInfo
    holidays: Container[date]
    collect_at: time
    close_on: int
    close_at: time

    def night_after(self, day: date) -> datetime:
        """Return when the night of a day is collected."""
        return self.at(day + timedelta(days=1), self.collect_at)

    def at(self, day: date, hour: time) -> datetime:
        """Return a local time of a day."""
        return datetime.combine(day, hour, tzinfo=self.zone).astimezone(UTC)

    def closes_at(self, month: Month) -> datetime:
        """Return when a month closes."""
        return closes_at(month, self.zone, self.close_on, self.close_at) + _A_WHILE


def first_day(last: date) -> date:
    """Return the day of the first readings: the last one before a whole month."""
    month = Month.of(last)
    while (last - month.first).days + 1 < FEWEST_NIGHTS:
        month = month.previous()
    return month.first - timedelta(days=1)


def events(first: date, last: date, holidays: Container[date]) -> dict[date, Event]:
    """Return the event of the morning of each day; all of them business days."""
    days = business_days_of_gap(first, last, holidays)
    return {
        days[-17]: Event("stop_agent", customer=seed_data.CLINIC.name),
        days[-11]: Event("start_agent", customer=seed_data.CLINIC.name),
        days[-9]: Event("replace_printer", printer="VNC5T3302", new_serial="VNC6A0417", count=12),
        # For an hour of that night the response is a web page; the server is paused meanwhile.
        days[-7]: Event("return_malformed"),
        days[-5]: Event("stop_agent", customer=seed_data.WORKSHOP.name),
        # A new formatter board has the count of another machine: held for a decision.
        days[-4]: Event("set_count", printer="JPB4H5504", count=338_012),
    }


def steps(
    begun: date,
    since: date,
    last: date,
    calendar: Calendar,
    now: datetime,
) -> Iterator[Step]:
    """Return the nights of the days after ``since`` up to ``last``, and the month closes.

    ``begun``: the day of the first readings. Closes are of whole months and not later than ``now``;
    the one after the night of ``since`` is included.
    """
    for day in [since, *days_of_gap(since, last)]:
        if day > since:
            yield Night(calendar.night_after(day), day)
        month = Month.of(day + timedelta(days=1)).previous()
        closing = calendar.closes_at(month)
        following = calendar.night_after(day + timedelta(days=1))
        if month.first > begun and calendar.night_after(day) < closing <= min(now, following):
            yield MonthClose(closing, month)
