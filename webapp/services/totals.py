"""Totals: pages deposited for many feeds at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Date,
    ScalarSelect,
    bindparam,
    cast,
    func,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from webapp.asking import Question
from webapp.domain.months import Month
from webapp.models import Account, Deposit, Feed, Server, ServerDay
from webapp.queries import access
from webapp.services.metering import deposits
from webapp.services.metering.deposits import DayPages


@dataclass(frozen=True, slots=True)
class Of:
    """Whose pages: those of an account (a partner: of all its customers), of feeds, or all."""

    account_id: int | None = None
    is_partner: bool = False
    feed_ids: tuple[int, ...] | None = None

    @classmethod
    def feeds(cls, feed_ids: Iterable[int]) -> "Of":
        """Those of these feeds."""
        return cls(feed_ids=tuple(feed_ids))

    @classmethod
    def account(cls, account: Account) -> "Of":
        """Those of a partner's customers, or of one customer."""
        return cls(account.id, account.kind == "partner")


def pages(session: Session, of: Of, month: Month | None = None) -> int:
    """Pages deposited; with ``month``, those counted in it."""
    kept = _kept(of)
    query = _within(select(func.sum(kept.pages)), kept, of)
    if month is not None:
        query = query.where(kept.counted_in == str(month))
    return int(session.scalar(query) or 0)


_FEEDS: BindParameter[int] = bindparam("feeds", expanding=True)
#: In one question. What has no day is a month.
_OF_FEEDS = union_all(
    *deposits.DAYS,
    select(Deposit.counted_in, cast(null(), Date), cast(func.sum(Deposit.pages), BigInteger))
    .where(Deposit.feed_id.in_(_FEEDS))
    .group_by(Deposit.counted_in),
)


@dataclass(frozen=True, slots=True)
class FeedPages:
    """Pages of some feeds: of the days of a stretch, and by the month they are counted in."""

    days: Sequence[DayPages]
    months: Mapping[Month, int]


def of_feeds(feed_ids: Iterable[int], first: date, last: date) -> Question[FeedPages]:
    """Pages of each day from ``first`` to ``last``, and of every month that has any."""

    def told(rows: Sequence[Any]) -> FeedPages:
        return FeedPages(
            deposits.days_told([row for row in rows if row[1] is not None], first, last),
            _by_month((month, pages) for month, day, pages in rows if day is None),
        )

    return Question(_OF_FEEDS, {"feeds": list(feed_ids), "first": first, "last": last}, told)


def pages_by_month(of: Of) -> Question[dict[Month, int]]:
    """Pages by the month they are counted in; months with none are left out."""
    return Question(_months_of(of), None, _by_month)


@lru_cache(maxsize=256)
def _months_of(of: Of) -> Any:
    kept = _kept(of)
    query = select(kept.counted_in, func.sum(kept.pages)).group_by(kept.counted_in)
    return _within(query, kept, of)


def _by_month(rows: Iterable[Any]) -> dict[Month, int]:
    found = {Month.parse(month): int(total) for month, total in rows if total}
    return dict(sorted(found.items()))


def all_days(pages: Mapping[date, int], first: date, last: date) -> list[DayPages]:
    """The days from ``first`` to ``last``, those without pages included."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [DayPages(day, pages.get(day, 0)) for day in days]


@dataclass(frozen=True, slots=True)
class CustomerCounts:
    """A customer's feeds (but removed ones), the unhealthy of them, and its pages."""

    feeds: int = 0
    unhealthy: int = 0
    month_pages: int = 0
    pages: int = 0


_IN_ALL = select(func.sum(Deposit.pages)).where(Deposit.feed_id == Feed.id)
_OF_CUSTOMERS: Any = (
    select(
        Feed.account_id,
        func.count().filter(access.IS_TIED),
        func.count().filter(Feed.health == "unhealthy", Feed.status == "active"),
        func.sum(_IN_ALL.where(Deposit.counted_in == bindparam("month")).scalar_subquery()),
        func.sum(_IN_ALL.scalar_subquery()),
    )
    .where(Feed.account_id.in_(bindparam("customers", expanding=True)))
    .group_by(Feed.account_id)
)


def by_customer(customer_ids: Collection[int], month: Month) -> Question[dict[int, CustomerCounts]]:
    """The counts of each of these customers, with the pages counted in a month and in all."""
    values = {"customers": list(customer_ids), "month": str(month)}
    return Question(_OF_CUSTOMERS, values, _counts_told)


def _counts_told(rows: Sequence[Any]) -> dict[int, CustomerCounts]:
    return {
        account_id: CustomerCounts(feeds, bad, int(month_pages or 0), int(pages or 0))
        for account_id, feeds, bad, month_pages, pages in rows
    }


def pages_by_feed(
    session: Session, feed_ids: Collection[int], month: Month | None = None
) -> dict[int, int]:
    """Pages of each feed; those with none are left out."""
    query = (
        select(Deposit.feed_id, func.sum(Deposit.pages))
        .where(Deposit.feed_id.in_(feed_ids))
        .group_by(Deposit.feed_id)
    )
    if month is not None:
        query = query.where(Deposit.counted_in == str(month))
    return {feed_id: int(total) for feed_id, total in session.execute(query)}


def pages_of_feed(month: Month) -> ScalarSelect[int]:
    """For a query of feeds: the pages of each that are counted in a month; null without any."""
    return (
        select(cast(func.sum(Deposit.pages), BigInteger))
        .where(Deposit.feed_id == Feed.id, Deposit.counted_in == str(month))
        .scalar_subquery()
    )


def pages_of_customer(month: Month) -> ScalarSelect[int]:
    """For a query of accounts: the pages of each customer that are counted in a month."""
    return (
        select(func.coalesce(func.sum(Deposit.pages), 0))
        .join(Feed, Feed.id == Deposit.feed_id)
        .where(Feed.account_id == Account.id, Deposit.counted_in == str(month))
        .scalar_subquery()
    )


def customers_of_partner() -> ScalarSelect[int]:
    """For a query of accounts: how many customers each partner has."""
    customer = aliased(Account)
    return (
        select(func.count())
        .select_from(customer)
        .where(customer.partner_id == Account.id)
        .scalar_subquery()
    )


def _kept(of: Of) -> Any:
    """The table with fewer rows to add up: deposits for one customer, else those by server."""
    if of.feed_ids is not None or (of.account_id is not None and not of.is_partner):
        return Deposit
    return ServerDay


def _within(query: Any, kept: Any, of: Of) -> Any:
    if of.feed_ids is not None:
        return query.where(Deposit.feed_id.in_(of.feed_ids))
    if of.account_id is None:
        return query
    if kept is ServerDay:
        servers = select(Server.id).where(Server.account_id == of.account_id)
        return query.where(ServerDay.server_id.in_(servers))
    feeds = select(Feed.id).where(Feed.account_id == of.account_id)
    return query.where(Deposit.feed_id.in_(feeds))
