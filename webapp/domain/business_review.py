"""The business review of a partner: a month or quarter, compared with the one before."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from heapq import nlargest, nsmallest
from typing import NamedTuple, Self

from webapp.domain.months import Month
from webapp.domain.trees import trees

#: The rows of each ranking: most pages, largest increase, largest decrease.
RANKED = 10
_MONTHS_OF_QUARTER = 3


class BusinessPeriod(NamedTuple):
    """A month or a calendar quarter. Its text is ``2026-10`` or ``2026-Q3``.

    ``length``: 1 or 3 months.
    """

    first: Month
    length: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the period of a text. Raises ValueError."""
        quarter = re.fullmatch(r"(\d{4})-Q([1-4])", text, re.ASCII)
        if quarter:
            first = Month(int(quarter[1]), int(quarter[2]) * _MONTHS_OF_QUARTER - 2)
            return cls(first, _MONTHS_OF_QUARTER)
        return cls(Month.parse(text))

    @classmethod
    def quarter_of(cls, month: Month) -> Self:
        """Return the quarter of a month."""
        return cls(Month(month.year, month.month - (month.month - 1) % 3), _MONTHS_OF_QUARTER)

    @property
    def quarter(self) -> int | None:
        """The number of the quarter; None for a month."""
        return None if self.length == 1 else (self.first.month + 2) // 3

    @property
    def months(self) -> tuple[Month, ...]:
        """Its months, in order."""
        found = [self.first]
        while len(found) < self.length:
            found.append(found[-1].next())
        return tuple(found)

    @property
    def before(self) -> "BusinessPeriod":
        """The period of the same length before it."""
        first = self.first
        for _ in range(self.length):
            first = first.previous()
        return BusinessPeriod(first, self.length)

    def __str__(self) -> str:
        return f"{self.first.year:04}-Q{self.quarter}" if self.quarter else str(self.first)


def ended_periods(first: Month, today: date) -> tuple[list[BusinessPeriod], list[BusinessPeriod]]:
    """Return the months and the quarters that ended before ``today``, the latest first.

    ``first``: the first month with pages; a quarter that began before it is included.
    """
    months = []
    month = Month.of(today).previous()
    while month >= first:
        months.append(BusinessPeriod(month))
        month = month.previous()
    ended = {each.first for each in months}
    quarters = dict.fromkeys(BusinessPeriod.quarter_of(each.first) for each in months)
    return months, [each for each in quarters if each.months[-1] in ended]


class CustomerPages(NamedTuple):
    """The pages of a customer in a period, and in the one before it."""

    account_id: int
    name: str
    pages: int
    before: int

    @property
    def change(self) -> int:
        """The pages more than before; negative: fewer."""
        return self.pages - self.before

    @property
    def trees(self) -> Decimal:
        """The trees for the pages."""
        return trees(self.pages)


class SilentFeed(NamedTuple):
    """A feed that is not reporting, with the last day of its data."""

    id: int
    customer_name: str
    account_name: str
    last_data_on: date | None


@dataclass(frozen=True, slots=True)
class BusinessReview:
    """The values of a business review.

    ``by_month``: pages of each month of the period. ``customers``: all, most pages first.
    ``feeds``: the number that is collected; ``silent``: those not reporting ``today``, the longest
    first.
    """

    period: BusinessPeriod
    today: date
    by_month: Sequence[tuple[Month, int]]
    pages_before: int
    customers: Sequence[CustomerPages]
    feeds: int
    silent: Sequence[SilentFeed]

    @property
    def pages(self) -> int:
        """All pages of the period."""
        return sum(pages for _, pages in self.by_month)

    @property
    def trees(self) -> Decimal:
        """The trees for all pages."""
        return trees(self.pages)

    @property
    def trees_before(self) -> Decimal:
        """The trees for all pages of the period before."""
        return trees(self.pages_before)

    @property
    def printing(self) -> int:
        """The number of customers with pages."""
        return sum(customer.pages > 0 for customer in self.customers)

    @property
    def printing_before(self) -> int:
        """The number of customers with pages in the period before."""
        return sum(customer.before > 0 for customer in self.customers)

    @property
    def largest(self) -> list[CustomerPages]:
        """The customers with most pages."""
        return [customer for customer in self.customers[:RANKED] if customer.pages > 0]

    @property
    def increases(self) -> list[CustomerPages]:
        """The customers with the largest increase; none without pages before to compare with."""
        ranked = nlargest(RANKED, self.customers, key=lambda customer: customer.change)
        return [each for each in ranked if each.change > 0] if self.pages_before > 0 else []

    @property
    def decreases(self) -> list[CustomerPages]:
        """The customers with the largest decrease."""
        ranked = nsmallest(RANKED, self.customers, key=lambda customer: customer.change)
        return [each for each in ranked if each.change < 0] if self.pages_before > 0 else []
