"""Every day of sixteen years in twenty countries, every month of 26 years in every zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import holidays
import pytest

from webapp.domain.health import feed_health, unhealthy_from
from webapp.domain.months import Month, closes_at
from webapp.services.accounts.calendars import holidays_of

COUNTRIES = (
    "US", "CA", "MX", "BR", "AR", "GB", "IE", "FR", "DE", "ES",
    "IT", "PT", "NL", "PL", "SE", "ZA", "IN", "JP", "AU", "NZ",
)  # fmt: skip
FIRST, LAST = date(2020, 1, 1), date(2035, 12, 31)

pytestmark = pytest.mark.slow


# India's calendar ends with 2035; a gap that begins on its last days looks into 2036.
@pytest.mark.filterwarnings("ignore:Requested Holidays are available only:UserWarning")
@pytest.mark.parametrize("country", COUNTRIES)
def test_the_health_on_every_day_agrees_with_an_oracle_that_counts_days(
    country: str,
) -> None:
    # The oracle numbers the business days once; the rule walks a gap. Both use one calendar.
    calendar = holidays.country_holidays(country, years=range(2019, 2038))
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 40)]
    ended = 0
    ended_through: dict[date, int] = {}
    for day in days:
        ended += day.isoweekday() <= 5 and day not in calendar
        ended_through[day] = ended

    wrong = []
    for last_data_on in days[: (LAST - FIRST).days + 1]:
        turns = unhealthy_from(last_data_on, holidays_of(country))
        for today in (turns - timedelta(days=1), turns, last_data_on + timedelta(days=4)):
            silent = ended_through[max(today - timedelta(days=1), last_data_on)]
            expected = "unhealthy" if silent - ended_through[last_data_on] >= 3 else "healthy"
            if feed_health(last_data_on, today, holidays_of(country)) != expected:
                wrong.append((last_data_on, today))

    assert wrong == []


def test_every_month_of_every_zone_closes_at_six_on_the_second_by_its_own_clock() -> None:
    wrong = []
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        month = Month(2015, 1)
        while month <= Month(2040, 12):
            moment = closes_at(month, zone)
            local = moment.astimezone(zone)
            after = month.next()
            wall = datetime(after.year, after.month, 2, 6, tzinfo=zone)
            if local.date() != wall.date() or (local.hour != 6 and _exists(wall)):
                wrong.append((name, str(month), moment))
            month = after

    assert wrong == []


def _exists(wall: datetime) -> bool:
    """Whether a wall-clock time is not one of those that a change of the clock leaves out."""
    there = wall.astimezone(UTC).astimezone(wall.tzinfo)
    return there.replace(tzinfo=None) == wall.replace(tzinfo=None)
