"""Months: open or closed, and the month in which a deposit is counted."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo


class Month(NamedTuple):
    """A calendar month. Its text, ``2026-10``, sorts chronologically."""

    year: int
    month: int

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Self:
        """Return the month of ``2026-10``. Raises ValueError with a message for the user."""
        match = re.fullmatch(r"(\d{4})-(\d{2})", text)
        if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1:
            raise ValueError(f"{text!r} is not a month; write it like 2026-10")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the month of a day."""
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next().first - timedelta(days=1)

    def next(self) -> "Month":
        """Return the next month."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def previous(self) -> "Month":
        """Return the previous month."""
        return Month.of(self.first - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


def closes_at(month: Month, zone: ZoneInfo, on: int = 2, at: time = time(6)) -> datetime:
    """Return when a month may close, in UTC: day ``on`` of the next month at ``at`` in the zone."""
    day = month.next().first.replace(day=on)
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def counting_month(day: date, last_closed: Month | None) -> Month:
    """Return the month that counts pages of ``day``: its own, or the first open one after it."""
    own = Month.of(day)
    return own if last_closed is None or own > last_closed else last_closed.next()
