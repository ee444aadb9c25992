"""The values of a partner's business review, in a constant number of statements."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, select
from sqlalchemy.orm import Session

from webapp.domain.business_review import (
    BusinessPeriod,
    BusinessReview,
    CustomerPages,
    SilentFeed,
)
from webapp.domain.months import Month
from webapp.models import Account, Deposit, Feed, Server
from webapp.queries import access


def load(
    session: Session,
    partner_id: int,
    period: BusinessPeriod,
    by_month: Mapping[Month, int],
    today: date,
) -> BusinessReview:
    """Return a partner's business review. ``by_month``: all its pages, by counting month."""
    return BusinessReview(
        period=period,
        today=today,
        by_month=[(month, by_month.get(month, 0)) for month in period.months],
        pages_before=sum(by_month.get(month, 0) for month in period.before.months),
        customers=_customers(session, partner_id, period),
        feeds=_collected_feeds(session, partner_id),
        silent=_silent_feeds(session, partner_id),
    )


def _customers(
    session: Session, partner_id: int, period: BusinessPeriod
) -> Sequence[CustomerPages]:
    """Return all customers, those with most pages first."""
    sums = (
        select(
            Feed.account_id,
            _pages_of(period).label("pages"),
            _pages_of(period.before).label("before"),
        )
        .join(Account, Account.id == Feed.account_id)
        .join(Deposit, Deposit.feed_id == Feed.id)
        .where(
            Account.partner_id == partner_id,
            Deposit.counted_in.in_(_texts(period) + _texts(period.before)),
        )
        .group_by(Feed.account_id)
        .subquery()
    )
    pages = func.coalesce(sums.c.pages, 0)
    rows = session.execute(
        select(Account.id, Account.name, pages, func.coalesce(sums.c.before, 0))
        .outerjoin(sums, sums.c.account_id == Account.id)
        .where(Account.partner_id == partner_id)
        .order_by(pages.desc(), Account.name, Account.id)
    )
    return [CustomerPages(*row) for row in rows]


def _pages_of(period: BusinessPeriod) -> ColumnElement[int]:
    in_period = case((Deposit.counted_in.in_(_texts(period)), Deposit.pages), else_=0)
    return cast(func.sum(in_period), BigInteger)


def _texts(period: BusinessPeriod) -> list[str]:
    return [str(month) for month in period.months]


def _collected_feeds(session: Session, partner_id: int) -> int:
    query: Any = select(func.count()).select_from(Feed).join(Server, Server.id == Feed.server_id)
    query = query.where(Server.account_id == partner_id, access.IS_COLLECTED)
    return int(session.scalar(query) or 0)


def _silent_feeds(session: Session, partner_id: int) -> Sequence[SilentFeed]:
    rows = session.execute(
        select(Feed.id, Feed.customer_name, Account.name, Feed.last_data_on)
        .join(Account, Account.id == Feed.account_id)
        .join(Server, Server.id == Feed.server_id)
        .where(
            Server.account_id == partner_id,
            Feed.status == "active",
            Feed.health == "unhealthy",
        )
        .order_by(Feed.last_data_on, Feed.customer_name, Feed.id)
    )
    return [SilentFeed(*row) for row in rows]
