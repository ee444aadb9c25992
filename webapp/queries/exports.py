"""The queries of ``releaf list``: one per noun, in a stable order.

For nouns with a timestamp, a query selects ``zone`` and all rows that may be on a requested day;
the caller then compares the day in that zone.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from webapp.domain.months import Month
from webapp.models import Account, Certificate, Deposit, Device, Feed, HealthChange, Server
from webapp.queries.accounts import time_zone

ExportQuery = Select[*tuple[Any, ...]]

_Partner = aliased(Account)
_ZONE = time_zone(_Partner)


@dataclass(frozen=True, slots=True)
class Filters:
    """The requested rows; None: all. ``accounts``: of a partner, with its customers."""

    accounts: tuple[int, ...] | None = None
    feed: int | None = None
    first: date | None = None
    last: date | None = None
    month: Month | None = None

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The first and the last requested day, with regard to the month."""
        first, last = self.first, self.last
        if self.month is not None:
            first = max(first or self.month.first, self.month.first)
            last = min(last or self.month.last, self.month.last)
        return first, last


def accounts(filters: Filters) -> ExportQuery:
    """Select all accounts."""
    query = (
        select(
            Account.id,
            Account.kind,
            Account.name,
            Account.partner_id.label("partner"),
            _ZONE.label("time_zone"),
            func.coalesce(Account.country, _Partner.country).label("country"),
            func.coalesce(_Partner.minimum_pages, Account.minimum_pages).label("minimum_pages"),
            Account.created_at,
            _ZONE.label("zone"),
        )
        .outerjoin(_Partner, _Partner.id == Account.partner_id)
        .order_by(Account.id)
    )
    if filters.feed is not None:
        feed = select(Feed.account_id).where(Feed.id == filters.feed)
        query = query.where(Account.id.in_(feed))
    return _of_accounts(query, filters).where(*_near(Account.created_at, filters))


def servers(filters: Filters) -> ExportQuery:
    """Select all servers, without their tokens."""
    query = (
        select(
            Server.id,
            Server.account_id.label("account"),
            Account.name.label("account_name"),
            Server.name,
            Server.health,
            Server.health_reason,
            Server.health_checked_at,
            Server.health_changed_at,
            Server.awaiting_approval_since,
            Server.created_at,
            Server.removed_at,
            _ZONE.label("zone"),
        )
        .join(Account, Account.id == Server.account_id)
        .outerjoin(_Partner, _Partner.id == Account.partner_id)
        .order_by(Server.id)
    )
    if filters.feed is not None:
        query = query.where(Server.id.in_(select(Feed.server_id).where(Feed.id == filters.feed)))
    return _of_accounts(query, filters).where(*_near(Server.created_at, filters))


def feeds(filters: Filters) -> ExportQuery:
    """Select all feeds."""
    query = (
        select(
            Feed.id,
            Feed.server_id.label("server"),
            Feed.account_id.label("account"),
            Account.name.label("account_name"),
            Feed.customer_id,
            Feed.customer_name,
            Feed.status,
            Feed.health,
            Feed.health_changed_at,
            Feed.last_data_on.label("heard_on"),
            Feed.read_interval_days.label("read_by_hand"),
            Feed.successor_id,
            Feed.successor_name,
            Feed.created_at,
            Feed.activated_at,
            Feed.removed_at,
            _ZONE.label("zone"),
        )
        .join(Account, Account.id == Feed.account_id)
        .outerjoin(_Partner, _Partner.id == Account.partner_id)
        .order_by(Feed.id)
    )
    query = _of_accounts(_of_feed(query, filters), filters)
    return query.where(*_near(Feed.created_at, filters))


def devices(filters: Filters) -> ExportQuery:
    """Select all devices with their counts; a blank asset ID or serial number is null."""
    query = (
        select(
            Device.id,
            Device.feed_id.label("feed"),
            Feed.customer_name,
            Feed.account_id.label("account"),
            func.nullif(Device.asset_id, "").label("asset_id"),
            func.nullif(Device.serial_number, "").label("serial_number"),
            Device.counter_set.label("family"),
            Device.initial_count,
            Device.latest_count,
            Device.life_count,
            Device.first_on,
            Device.latest_on,
        )
        .join(Device.feed)
        .join(Account, Account.id == Feed.account_id)
        .order_by(Device.feed_id, Device.id)
    )
    query = _of_accounts(_of_feed(query, filters), filters)
    return query.where(*_between(Device.latest_on, *filters.days))


def deposits(filters: Filters) -> ExportQuery:
    """Select all deposits and corrections; the month is the one in which they are counted."""
    query = (
        select(
            Deposit.feed_id.label("feed"),
            Feed.customer_name,
            Feed.account_id.label("account"),
            Account.name.label("account_name"),
            Deposit.day,
            Deposit.pages,
            Deposit.counted_in,
            Deposit.kind,
        )
        .join(Feed, Feed.id == Deposit.feed_id)
        .join(Account, Account.id == Feed.account_id)
        .order_by(Deposit.feed_id, Deposit.day, Deposit.counted_in, Deposit.kind.desc())
    )
    query = _of_accounts(_of_feed(query, filters), filters)
    if filters.month is not None:
        query = query.where(Deposit.counted_in == str(filters.month))
    return query.where(*_between(Deposit.day, filters.first, filters.last))


def certificates(filters: Filters) -> ExportQuery:
    """Select all certificates, with the names as issued."""
    query = (
        select(
            Certificate.number,
            Certificate.account_id.label("account"),
            Certificate.account_name,
            Certificate.partner_name,
            Certificate.month,
            Certificate.pages,
            Certificate.late_pages,
            Certificate.corrections,
            Certificate.carried_pages,
            Certificate.trees,
            Certificate.pages_per_tree,
            Certificate.project,
            Certificate.issued_on,
            Certificate.public_id,
        )
        .join(Account, Account.id == Certificate.account_id)
        .order_by(Certificate.month, Certificate.id)
    )
    if filters.feed is not None:
        feed = select(Feed.account_id).where(Feed.id == filters.feed)
        query = query.where(Certificate.account_id.in_(feed))
    if filters.month is not None:
        query = query.where(Certificate.month == str(filters.month))
    query = _of_accounts(query, filters)
    return query.where(*_between(Certificate.issued_on, filters.first, filters.last))


def health_changes(filters: Filters) -> ExportQuery:
    """Select all health changes, oldest first. Either ``server`` or ``feed`` is null."""
    query = (
        select(
            HealthChange.id,
            HealthChange.at,
            HealthChange.server_id.label("server"),
            HealthChange.feed_id.label("feed"),
            Account.id.label("account"),
            func.coalesce(Server.name, Feed.customer_name).label("name"),
            HealthChange.before,
            HealthChange.after,
            HealthChange.reason,
            HealthChange.last_data_on.label("heard_on"),
            _ZONE.label("zone"),
        )
        .outerjoin(HealthChange.server)
        .outerjoin(HealthChange.feed)
        .join(Account, Account.id == func.coalesce(Server.account_id, Feed.account_id))
        .outerjoin(_Partner, _Partner.id == Account.partner_id)
        .order_by(HealthChange.at, HealthChange.id)
    )
    query = _of_accounts(_of_feed(query, filters), filters)
    return query.where(*_near(HealthChange.at, filters))


def _of_accounts(query: ExportQuery, filters: Filters) -> ExportQuery:
    return query if filters.accounts is None else query.where(Account.id.in_(filters.accounts))


def _of_feed(query: ExportQuery, filters: Filters) -> ExportQuery:
    return query if filters.feed is None else query.where(Feed.id == filters.feed)


def _between(
    column: InstrumentedAttribute[date], first: date | None, last: date | None
) -> list[ColumnElement[bool]]:
    conditions = []
    if first is not None:
        conditions.append(column >= first)
    if last is not None:
        conditions.append(column <= last)
    return conditions


def _near(column: InstrumentedAttribute[datetime], filters: Filters) -> list[ColumnElement[bool]]:
    """Return conditions for times on a requested day in any zone; zones differ by under a day."""
    first, last = filters.days
    conditions = []
    if first is not None:
        start = datetime.combine(first - timedelta(days=1), time(), tzinfo=UTC)
        conditions.append(column >= start)
    if last is not None:
        end = datetime.combine(last + timedelta(days=2), time(), tzinfo=UTC)
        conditions.append(column < end)
    return conditions
