"""Months: open or closed, and the month in which a deposit is counted."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo


class Month(NamedTuple):
    """A calendar month. Its text is ``2026-10``, which sorts as the months do."""

    year: int
    month: int

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Self:
        """From ``2026-10``. Raises ValueError with a sentence for the user."""
        match = re.fullmatch(r"(\d{4})-(\d{2})", text)
        if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1:
            raise ValueError(f"{text!r} is not a month; write it like 2026-10")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Self:
        """The month a day lies in."""
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
        """The month after."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def previous(self) -> "Month":
        """The month before."""
        return Month.of(self.first - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


def closes_at(month: Month, zone: ZoneInfo, on: int = 2, at: time = time(6)) -> datetime:
    """When a month may close: day ``on`` of the next month at ``at`` in the account's zone; UTC."""
    day = month.next().first.replace(day=on)
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def counting_month(day: date, last_closed: Month | None) -> Month:
    """The month in which pages of ``day`` are counted: their own, or the first open one after."""
    own = Month.of(day)
    return own if last_closed is None or own > last_closed else last_closed.next()
