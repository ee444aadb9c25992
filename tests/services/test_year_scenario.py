"""A whole year, in places where days, holidays and clocks are difficult: every page, once."""

from collections import Counter
from datetime import date, time

import pytest
from sqlalchemy import func, select

from tests.services.year_scenario import (
    DAY,
    NEW_YEAR,
    Gap,
    Location,
    YearScenario,
    changes,
    goes_by,
)
from tests.world import make_world
from webapp.domain.months import Month
from webapp.models import Certificate, ClosedMonth, Collection, Feed, HealthChange
from webapp.printerpoint.sandbox import Sandbox
from webapp.queries.reconciliation import reconcile
from webapp.settings import Settings

pytestmark = pytest.mark.slow

#: In every run: the clock changes by half an hour, and the region has holidays of its own.
LOCATION = Location("Australia/Lord_Howe", "AU", "NSW", date(2018, 6, 11), date(2018, 10, 7))
#: Run by make simulations.
MORE_LOCATIONS = (
    Location("America/Sao_Paulo", "BR", None, date(2018, 9, 7), date(2018, 11, 4)),  # at midnight
    Location("Africa/Casablanca", "MA", None, date(2018, 8, 20), date(2018, 3, 25)),  # Ramadan
    Location("Pacific/Auckland", "NZ", None, date(2018, 10, 22), date(2018, 4, 1)),
    Location("America/St_Johns", "CA", "NL", date(2018, 11, 12), date(2018, 3, 11)),
    Location("Asia/Kathmandu", "NP", None, date(2018, 10, 16), date(2018, 3, 25)),  # none changes
    Location("Pacific/Apia", "WS", None, date(2018, 6, 1), date(2018, 4, 1)),
    Location("Europe/Dublin", "IE", None, date(2018, 8, 6), date(2018, 10, 28)),
)
MONTHS = [f"2018-{month:02}" for month in range(1, 13)]


@pytest.mark.parametrize(
    "location",
    [
        pytest.param(LOCATION, id=LOCATION.zone),
        *(
            pytest.param(location, id=location.zone, marks=pytest.mark.simulation)
            for location in MORE_LOCATIONS
        ),
    ],
)
def test_a_year_certifies_every_page_once(
    location: Location, config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(time_zone=location.zone) as printerpoint:
        world = make_world(
            config, printerpoint, location.zone, location.country, location.region, NEW_YEAR - DAY
        )
        year = YearScenario(world, location, monkeypatch)
        goes_by(year)
        printed = printerpoint.pages_printed("School")

    assert location.holiday in year.off
    assert location.zone == "Asia/Kathmandu" or location.change in changes(year)
    nights_are_whole(year)
    days_are_right(year, printed)
    months_are_right(year, printed)
    health_is_right(year)
    world.close()


def nights_are_whole(year: YearScenario) -> None:
    """One night a day except those that could not run, all of them finished but one."""
    with year.world.session() as session:
        nights = session.execute(select(Collection.day, Collection.state)).all()
        differences = reconcile(session, select(Feed)).differences

    days = {NEW_YEAR + n * DAY for n in range(-1, 370)}
    missed = {date(2018, 6, day) for day in range(28, 31)} | {date(2018, 7, 1)}
    down = {date(2018, 5, day) for day in (15, 16)}
    failed = [day for day, state in nights if state != "finished"]
    assert {day for day, _ in nights} == days - missed - down
    assert len(nights) == len(days - missed - down)
    assert failed == [date(2018, 5, 14)]
    assert differences == []


def days_are_right(year: YearScenario, printed: dict[date, int]) -> None:
    """Ordinary days have what was printed on them; gaps are shared over their business days."""
    deposited = year.world.deposits(year.feed)

    assert year.pending == 0
    assert sum(deposited.values()) == sum(printed.values()) == sum(gap.pages for gap in year.gaps)
    for gap in year.gaps:
        days = [gap.since + n * DAY for n in range(1, (gap.until - gap.since).days + 1)]
        shared = {day: deposited.get(day, 0) for day in days}
        assert sum(shared.values()) == gap.pages, gap
        if len(days) > 1:
            business = [shared[day] for day in days if year.is_business_day(day)]
            assert sum(business) == gap.pages, gap
            assert max(business) - min(business) <= 1, gap
            assert min(business) > 0, gap
    threes = zip(year.gaps, year.gaps[1:], year.gaps[2:], strict=False)
    whole = [gap for before, gap, after in threes if is_whole(before, gap, after)]
    assert len(whole) > 320
    for gap in whole:
        assert deposited.get(gap.until, 0) == printed.get(gap.until, 0), gap


def is_whole(*gaps: Gap) -> bool:
    """A day, the second of three, without a fault."""
    late = date(2018, 5, 17), date(2018, 5, 18), date(2018, 7, 2), date(2018, 7, 3)
    return all(gap.until - gap.since == DAY for gap in gaps) and gaps[1].until not in late


def months_are_right(year: YearScenario, printed: dict[date, int]) -> None:
    """A certificate a month, issued when it may be; pages counted late are in the next one."""
    world = year.world
    with world.session() as session:
        certificates = {one.month: one.pages for one in session.scalars(select(Certificate))}
        closed = {one.month: one.closed_at for one in session.scalars(select(ClosedMonth))}
    by_month: Counter[str] = Counter()
    for day, pages in printed.items():
        by_month[str(Month.of(day))] += pages
    torn = {
        str(month)
        for gap in year.gaps
        for month in map(Month.parse, MONTHS)
        if gap.until - gap.since > DAY and gap.since <= month.last < gap.until
    }
    clean = [
        month
        for before, month in zip(["", *MONTHS], MONTHS, strict=False)
        if not {before, month} & torn
    ]

    assert certificates == world.counted(year.feed)
    assert list(certificates) == list(closed) == MONTHS
    assert sum(certificates.values()) == sum(printed.values())
    assert len(clean) >= 6
    assert {month: certificates[month] for month in clean} == {
        month: by_month[month] for month in clean
    }
    for month in map(Month.parse, MONTHS):
        expected = year.local(month.next().first + DAY, time(6, 15))
        if str(month) == "2018-06":  # nothing ran on the second; the night is caught up first
            expected = year.local(date(2018, 7, 4), time(5, 45))
        assert closed[str(month)] == expected


def health_is_right(year: YearScenario) -> None:
    """Unhealthy with the first night after three silent business days, healthy with new data."""
    with year.world.session() as session:
        query = select(HealthChange).where(HealthChange.feed_id == year.feed)
        turns = list(session.scalars(query.order_by(HealthChange.id)))
        count = select(func.count()).where(HealthChange.server_id.is_not(None))
        of_server = session.scalar(count)

    assert turns[0].before == "pending"
    assert [(turn.at, turn.after) for turn in turns[1:]] == year.turns
    assert [after for _, after in year.turns] == ["unhealthy", "healthy"] * 2
    reasons = [turn.reason for turn in turns[2::2]]
    assert [one["code"] for one in reasons] == ["data_recovered"] * 2
    assert of_server == 2
