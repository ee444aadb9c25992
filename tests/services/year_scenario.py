"""A simulated year of a partner in steps of half an hour, with all faults of a year.

The timetable's own jobs run on a clock of the test's; their results are compared
with what follows from a calendar.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import holidays
import msgspec
import pytest

from jobs import health, month_end, runtime, schedule
from jobs.collection import collect
from tests.world import World
from webapp import clock, queue
from webapp.domain.reasons import reason
from webapp.printerpoint.errors import Unreachable
from webapp.printerpoint.fleet import Fleet
from webapp.printerpoint.schema import read_row
from webapp.services.servers import clients

NEW_YEAR = date(2018, 1, 1)
DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(minutes=30)
NOON = time(12)


@dataclass(frozen=True)
class Location:
    """Where a partner is; a public holiday there, and a day on which the clocks change."""

    zone: str
    country: str
    region: str | None
    holiday: date
    change: date


@dataclass(frozen=True)
class Gap:
    """Pages that a night brought for the days after ``since`` until ``until``."""

    since: date
    until: date
    pages: int


@dataclass
class Client:
    """Printerpoint's rows without the HTTP, which has tests of its own and would cost minutes."""

    world: World
    answers: bool = True

    def fleet(self, on_page: Callable[[int], None]) -> Fleet:
        """The whole fleet."""
        self.check()
        rows, _ = self.world.printerpoint.rows_of(self.world.printerpoint.token, 0, 100)
        fleet = Fleet()
        fleet.add(read_row(msgspec.Raw(msgspec.json.encode(row))) for row in rows)
        on_page(fleet.printers)
        return fleet

    def check(self) -> None:
        """Raises Unreachable while Printerpoint is down."""
        if not self.answers:
            raise Unreachable(reason("unreachable"), url="https://printerpoint.invalid")


@dataclass
class YearScenario:
    """The state of the year: the true time, and what was printed, read and expected."""

    world: World
    location: Location
    patch: pytest.MonkeyPatch
    now: datetime = field(init=False)
    wrong_by: timedelta = timedelta()
    running: bool = True
    server_is_healthy: bool = True
    frozen: bool = False
    pending: int = 0  # printed, and not yet brought by a night
    shown: int = 0  # of these, what Printerpoint shows
    last_data_on: date = NEW_YEAR - DAY
    shown_on: date = NEW_YEAR - DAY
    night_of: date = NEW_YEAR - 2 * DAY
    gaps: list[Gap] = field(default_factory=list)
    turns: list[tuple[datetime, str]] = field(default_factory=list)
    healthy: bool = True

    def __post_init__(self) -> None:
        self.client = Client(self.world)
        self.line: list[int] = []
        self.off = holidays.country_holidays(
            self.location.country, subdiv=self.location.region, years=(2018, 2019)
        )
        self.feed = self.world.create_feed("School", "SCH", S1=100)
        self.patch.setattr(runtime, "get_app", lambda: self.world.app)
        self.patch.setattr(clients, "client_of", lambda settings, server: self.client)
        self.patch.setattr(clock, "now", lambda: self.service_time)
        self.patch.setattr(queue, "is_empty", lambda config, name: False)
        self.patch.setattr(queue, "run_collection", lambda config, wanted: self.line.append(wanted))
        self.patch.setattr(queue, "render_certificates", lambda config, batches: None)
        self.is_at(NEW_YEAR - DAY, NOON)

    @property
    def service_time(self) -> datetime:
        """The time by the service's clock."""
        return self.now + self.wrong_by

    def local(self, day: date, at: time) -> datetime:
        """A wall-clock time of the location."""
        return datetime.combine(day, at, tzinfo=self.world.zone).astimezone(UTC)

    def is_at(self, day: date, at: time) -> None:
        """It is this time at the location."""
        self.set_time(self.local(day, at))

    def set_time(self, moment: datetime) -> None:
        """Set the time, for Printerpoint too."""
        self.now = moment
        self.world.printerpoint.set_time(moment)

    def print_pages(self, pages: int) -> None:
        """Print pages."""
        self.world.printerpoint.print_pages("S1", pages)
        self.pending += pages

    def stop_agent(self) -> None:
        """The agent goes offline."""
        self.world.printerpoint.stop_agent("School")
        self.frozen, self.shown = True, self.pending
        self.shown_on = (self.now - timedelta(minutes=5)).astimezone(self.world.zone).date()

    def returns(self) -> None:
        """The agent reports again."""
        self.world.printerpoint.start_agent("School")
        self.frozen = False

    def enqueue_due(self) -> None:
        """Run the timetable, run what it enqueues, and check the result."""
        if not self.running:
            return
        due = (self.service_time - timedelta(minutes=10)).astimezone(self.world.zone).date() - DAY
        schedule.enqueue_due_collections()
        line, self.line = self.line, []
        wanted = due > self.night_of and self.server_is_healthy
        assert len(line) == wanted, f"{len(line)} nights at {self.service_time}, {due} is due"
        for collection_id in line:
            with self.world.app.app_context():
                collect(collection_id, now=lambda: self.service_time)
        if line:
            self.server_is_healthy = self.client.answers
        if line and self.client.answers:
            self.night_of = due
            self._expects(due)

    def closes_months(self) -> str:
        """The month-end job."""
        return str(month_end.close_due()) if self.running else ""

    def checks_health(self) -> None:
        """The health check's job."""
        health.check_servers()
        self.server_is_healthy = self.client.answers

    def is_business_day(self, day: date) -> bool:
        """Whether it is a business day, by the country's calendar."""
        return day.weekday() < 5 and day not in self.off

    def _expects(self, day: date) -> None:
        """What a night that closes a day must bring."""
        until, pages = (self.shown_on, self.shown) if self.frozen else (day, self.pending)
        if until > self.last_data_on:
            self.gaps.append(Gap(self.last_data_on, until, pages))
            self.pending -= pages
            self.last_data_on, self.shown = until, 0
            if not self.healthy:
                self.turns.append((self.service_time, "healthy"))
                self.healthy = True
        silent, one = 0, self.last_data_on + DAY
        while one <= day:
            silent += self.is_business_day(one)
            one += DAY
        if self.healthy and silent >= 3:
            self.turns.append((self.service_time, "unhealthy"))
            self.healthy = False


@dataclass(frozen=True)
class Event:
    """An event at a time."""

    at: datetime
    does: Callable[[], object]


def printing(year: YearScenario) -> list[Event]:
    """Twice a day, little at weekends; and ten minutes before each month ends."""
    events = []
    for n in range(365):
        day = NEW_YEAR + n * DAY
        much = 20 if year.is_business_day(day) else 0
        for hour in (10, 15):
            pages = much + zlib.crc32(f"{day} {hour}".encode()) % 9
            events.append(Event(year.local(day, time(hour)), partial(year.print_pages, pages)))
        if (day + DAY).day == 1:
            events.append(Event(year.local(day, time(23, 50)), partial(year.print_pages, 7)))
    return events


def silence(year: YearScenario, before: date, business_days: int, after: timedelta) -> list[Event]:
    """The agent is offline from noon of the last business day before a day.

    It comes back at noon, so long after so many business days have ended.
    """
    start = before - DAY
    while not year.is_business_day(start):
        start -= DAY
    end, left = start, business_days
    while left:
        end += DAY
        left -= year.is_business_day(end)
    return [
        Event(year.local(start, NOON), year.stop_agent),
        Event(year.local(end + DAY + after, NOON), year.returns),
    ]


def setting(year: YearScenario, day: date, at: time, name: str, value: object) -> Event:
    """Something of the year is set."""
    return Event(year.local(day, at), lambda: setattr(year, name, value))


def faults(year: YearScenario) -> list[Event]:
    """The faults of the year."""

    def printerpoint(day: date, answers: bool) -> Event:
        return Event(year.local(day, NOON), lambda: setattr(year.client, "answers", answers))

    return [
        *silence(year, date(2018, 1, 20), 2, timedelta()),
        setting(year, date(2018, 2, 7), time(0, 46), "wrong_by", -HOUR),
        setting(year, date(2018, 2, 9), NOON, "wrong_by", timedelta()),
        printerpoint(date(2018, 5, 14), answers=False),
        printerpoint(date(2018, 5, 18), answers=True),
        setting(year, date(2018, 6, 28), NOON, "running", value=False),
        setting(year, date(2018, 7, 3), NOON, "running", value=True),
        *silence(year, year.location.holiday, 3, 2 * DAY),
        *silence(year, year.location.change, 3, 2 * DAY),
        setting(year, date(2018, 12, 4), NOON, "wrong_by", HOUR),
        setting(year, date(2018, 12, 6), NOON, "wrong_by", timedelta()),
    ]


def office_hours(year: YearScenario) -> list[Event]:
    """When the month-end job and the health check are looked at."""
    events = []
    for n in range(370):
        day = NEW_YEAR + n * DAY
        if day.day <= 5:
            for at in (time(5, 45), time(6, 15)):
                events.append(Event(year.local(day, at), year.closes_months))
    for in_may in (16, 18):
        events.append(Event(year.local(date(2018, 5, in_may), time(12, 20)), year.checks_health))
    return events


def changes(year: YearScenario) -> set[date]:
    """The days on which the location's clocks change."""
    days = [NEW_YEAR + n * DAY for n in range(366)]
    offsets = [datetime.combine(day, NOON, tzinfo=year.world.zone).utcoffset() for day in days]
    return {day for day, one, two in zip(days, [offsets[0], *offsets], offsets, strict=False)
            if one != two}  # fmt: skip


def is_simulated_at(year: YearScenario, moment: datetime, close_looks: Sequence[datetime]) -> bool:
    """Whether this run is simulated: the first after a day has ended, and all around events."""
    local = (moment + year.wrong_by).astimezone(year.world.zone)
    if local.hour == 0 and 10 <= local.minute < 40:
        return True
    return any(abs(moment - look) <= HOUR for look in close_looks)


def goes_by(year: YearScenario) -> None:
    """The whole year, and the first days of the next."""
    events = sorted([*printing(year), *faults(year), *office_hours(year)], key=lambda e: e.at)
    looks = [year.local(day, time(hour)) for day in changes(year) for hour in (0, 2)]
    looks += [event.at for event in faults(year)]
    moment = year.local(NEW_YEAR, time()).replace(minute=0)
    end = year.local(date(2019, 1, 6), NOON)
    while moment < end:
        while events and events[0].at < moment:
            event = events.pop(0)
            year.set_time(event.at)
            event.does()
        if is_simulated_at(year, moment, looks):
            year.set_time(moment)
            year.enqueue_due()
        moment += TICK
