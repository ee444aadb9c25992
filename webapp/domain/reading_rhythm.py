"""Reading rhythm: whether the readings of a feed look as if somebody took them by hand."""

from collections.abc import Collection, Container
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from webapp.domain.calendar import business_days_of_gap
from webapp.domain.health import LONGEST_INTERVAL, SHORTEST_INTERVAL, SILENT_BUSINESS_DAYS

#: The days looked back on.
WINDOW_DAYS = 120
#: The rounds of readings, and turns to unhealthy, from which on there is a rhythm.
FEWEST_ROUNDS, FEWEST_TURNS = 3, 2
#: All gaps between rounds are within this factor of their median.
_FACTOR = 2


def suggest_interval(
    reading_days: Collection[date], unhealthy_turns: int, today: date, holidays: Container[date]
) -> int | None:
    """The days between the readings of a feed that seems to be read by hand; None: no rhythm.

    ``reading_days``: the days of its devices' readings; ``unhealthy_turns``: how often it turned
    unhealthy; both within the window before ``today``. Somebody who reads the meters takes a day
    or a few for it, then nothing comes until the feed is unhealthy, again and again in about the
    same interval. A feed that is read nightly and fails now and then has longer rounds.
    """
    first = today - timedelta(days=WINDOW_DAYS)
    rounds = _rounds(sorted(day for day in set(reading_days) if first <= day < today), holidays)
    if len(rounds) < FEWEST_ROUNDS or unhealthy_turns < FEWEST_TURNS:
        return None
    if any(_business_days(begin, end, holidays) > SILENT_BUSINESS_DAYS for begin, end in rounds):
        return None
    begins = [begin for begin, _ in rounds]
    gaps = [(after - before).days for before, after in pairwise(begins)]
    usual = median(gaps)
    if not all(usual <= gap * _FACTOR and gap <= usual * _FACTOR for gap in gaps):
        return None
    if (today - begins[-1]).days > usual * _FACTOR:
        return None  # the rhythm has ended
    return min(max(round(usual), SHORTEST_INTERVAL), LONGEST_INTERVAL)


def _rounds(days: list[date], holidays: Container[date]) -> list[tuple[date, date]]:
    """First and last day of each round: days between which a feed would not turn unhealthy."""
    rounds: list[tuple[date, date]] = []
    for day in days:
        if rounds and _business_days(rounds[-1][1], day, holidays) <= SILENT_BUSINESS_DAYS:
            rounds[-1] = (rounds[-1][0], day)
        else:
            rounds.append((day, day))
    return rounds


def _business_days(since: date, until: date, holidays: Container[date]) -> int:
    return len(business_days_of_gap(since, until, holidays))
