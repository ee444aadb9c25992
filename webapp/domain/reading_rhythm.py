"""Reading rhythm: whether the readings of a feed seem to be taken by hand."""

from collections.abc import Collection, Container
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from webapp.domain.calendar import business_days_of_gap
from webapp.domain.health import LONGEST_INTERVAL, SHORTEST_INTERVAL, SILENT_BUSINESS_DAYS

#: The days before ``today`` that are considered.
WINDOW_DAYS = 120
#: The fewest rounds of readings, and turns to unhealthy, of a rhythm.
FEWEST_ROUNDS, FEWEST_TURNS = 3, 2
#: All gaps between rounds are within this factor of their median.
_FACTOR = 2


def suggest_interval(
    reading_days: Collection[date], unhealthy_turns: int, today: date, holidays: Container[date]
) -> int | None:
    """Return the days between the readings of a feed that seems to be read by hand, or None.

    ``reading_days``: the days of its devices' readings; ``unhealthy_turns``: how often it became
    unhealthy; both within the window before ``today``. Reading meters by hand takes a day or a few;
    then nothing arrives until the feed is unhealthy, repeatedly at about the same interval. A feed
    that is read nightly and fails at times has longer rounds.
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
    """Return first and last day of each round: days between which a feed stays healthy."""
    rounds: list[tuple[date, date]] = []
    for day in days:
        if rounds and _business_days(rounds[-1][1], day, holidays) <= SILENT_BUSINESS_DAYS:
            rounds[-1] = (rounds[-1][0], day)
        else:
            rounds.append((day, day))
    return rounds


def _business_days(since: date, until: date, holidays: Container[date]) -> int:
    return len(business_days_of_gap(since, until, holidays))
