"""Reconciliation: every page that a delta counts is certified, carried or open, and no other is.

Counters, deposits and certificates are summed separately and compared, and so are the summary
tables, and the number of devices of a feed, with their rows. A defect, a manual change of the
database or an incomplete restore is shown as a difference, with the rows that cause it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, Subquery, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from webapp.models import (
    Certificate,
    ClosedMonth,
    Delta,
    Deposit,
    Device,
    Feed,
    Reconciliation,
)
from webapp.queries import summary_differences
from webapp.queries.summary_differences import Difference


@dataclass(frozen=True, slots=True)
class Balance:
    """A feed's pages: ``life`` by its devices' deltas, and where they are counted.

    ``carried``: of closed months, to the next certificate. ``held``: under review, not counted.
    """

    feed_id: int
    server_id: int
    customer_name: str
    life: int
    certified: int
    carried: int
    open: int
    held: int

    @property
    def difference(self) -> int:
        """Counted pages of deltas without a deposit; negative: too many deposited."""
        return self.life - self.certified - self.carried - self.open


@dataclass(frozen=True, slots=True)
class Result:
    """The balance of every feed, and all differences."""

    balances: Sequence[Balance]
    differences: Sequence[Difference]


def reconcile(session: Session, feeds: Select[Feed] | None = None) -> Result:
    """Compare these feeds, or all; the number of statements is constant."""
    ids = (select(Feed) if feeds is None else feeds).with_only_columns(Feed.id).order_by(None)
    balances = _balances(session, ids)
    differences = [
        Difference("Feed", one.feed_id, one.customer_name, one.life, one.life - one.difference)
        for one in balances
        if one.difference
    ]
    differences += summary_differences.device_counts(session, ids)
    differences += _devices(session, ids)
    differences += _certificates(session, ids)
    differences += summary_differences.server_days(session, ids)
    differences += summary_differences.partner_months(session, ids)
    return Result(balances, differences)


def _balances(session: Session, ids: Select[int]) -> list[Balance]:
    # By the feed that read them: a device's life count goes with it when it moves.
    life = (
        select(Delta.feed_id, func.sum(Delta.counted).label("pages"))
        .group_by(Delta.feed_id)
        .subquery()
    )
    held = (
        select(Delta.feed_id, func.sum(Delta.pages).label("pages"))
        .where(Delta.state == "held")
        .group_by(Delta.feed_id)
        .subquery()
    )
    credited = _credited_pages()
    rows = session.execute(
        select(
            Feed.id,
            Feed.server_id,
            Feed.customer_name,
            func.coalesce(life.c.pages, 0),
            func.coalesce(credited.c.certified, 0),
            func.coalesce(credited.c.carried, 0),
            func.coalesce(credited.c.open, 0),
            func.coalesce(held.c.pages, 0),
        )
        .outerjoin(life, life.c.feed_id == Feed.id)
        .outerjoin(credited, credited.c.feed_id == Feed.id)
        .outerjoin(held, held.c.feed_id == Feed.id)
        .where(Feed.id.in_(ids))
        .order_by(Feed.server_id, Feed.customer_name, Feed.id)
    )
    return [
        Balance(feed_id, server_id, customer_name, *map(int, pages))
        for feed_id, server_id, customer_name, *pages in rows
    ]


def _credited_pages() -> Subquery:
    """Select each feed's deposited pages: certified, carried, and of open months."""
    closed, certified = ClosedMonth.month.is_not(None), ClosedMonth.certified_in.is_not(None)
    return (
        select(
            Deposit.feed_id,
            func.sum(case((certified, Deposit.pages), else_=0)).label("certified"),
            func.sum(case((certified, 0), (closed, Deposit.pages), else_=0)).label("carried"),
            func.sum(case((closed, 0), else_=Deposit.pages)).label("open"),
        )
        .join(Feed, Feed.id == Deposit.feed_id)
        .outerjoin(
            ClosedMonth,
            and_(
                ClosedMonth.account_id == Feed.account_id,
                ClosedMonth.month == Deposit.counted_in,
            ),
        )
        .group_by(Deposit.feed_id)
        .subquery()
    )


def _devices(session: Session, ids: Select[int]) -> list[Difference]:
    """Return devices whose life count is not the sum of their deltas' counted pages."""
    counted = func.coalesce(func.sum(Delta.counted), 0)
    rows = session.execute(
        select(
            Device.id,
            Device.asset_id,
            Device.serial_number,
            Device.life_count,
            counted.label("counted"),
        )
        .outerjoin(Delta, Delta.device_id == Device.id)
        .where(Device.feed_id.in_(ids))
        .group_by(Device.id, Device.asset_id, Device.serial_number, Device.life_count)
        .having(Device.life_count != counted)
        .order_by(Device.id)
    )
    return [
        Difference(
            "Device", row.id, row.serial_number or row.asset_id, row.life_count, int(row.counted)
        )
        for row in rows
    ]


def _certificates(session: Session, ids: Select[int]) -> list[Difference]:
    """Return closed months whose certificate does not state the pages that they counted.

    With the months that were carried to it. A month that is still carried has no certificate after
    it, which would state its pages.
    """
    accounts = select(Feed.account_id).where(Feed.id.in_(ids))
    counted = func.coalesce(func.sum(Deposit.pages), 0)
    stated = func.coalesce(func.max(Certificate.pages), 0)
    month = func.coalesce(ClosedMonth.certified_in, ClosedMonth.month)
    later = aliased(Certificate)
    omitted = exists().where(
        later.account_id == ClosedMonth.account_id, later.month >= ClosedMonth.month
    )
    is_counted = (Deposit.feed_id == Feed.id) & (Deposit.counted_in == ClosedMonth.month)
    is_stated = (Certificate.account_id == ClosedMonth.account_id) & (
        Certificate.month == ClosedMonth.certified_in
    )
    rows = session.execute(
        select(ClosedMonth.account_id, month, counted, stated)
        .outerjoin(Feed, Feed.account_id == ClosedMonth.account_id)
        .outerjoin(Deposit, is_counted)
        .outerjoin(Certificate, is_stated)
        .where(
            ClosedMonth.account_id.in_(accounts),
            or_(ClosedMonth.certified_in.is_not(None), omitted),
        )
        .group_by(ClosedMonth.account_id, month)
        .having(counted != stated)
        .order_by(ClosedMonth.account_id, month)
    )
    return [
        Difference("Month", account_id, name, int(pages), int(certified))
        for account_id, name, pages, certified in rows
    ]


def latest(session: Session) -> Reconciliation | None:
    """Return the latest nightly result."""
    return session.scalars(
        select(Reconciliation).order_by(Reconciliation.at.desc(), Reconciliation.id.desc()).limit(1)
    ).first()
