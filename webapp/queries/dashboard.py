"""The home page: counts of servers, feeds and accounts, and what needs attention."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased

from webapp.domain.months import Month
from webapp.models import (
    Account,
    Certificate,
    Device,
    Feed,
    PartnerMonth,
    Reconciliation,
    Server,
    ServerDay,
    User,
)
from webapp.queries import access, feed_notes, servers
from webapp.queries.viewer import Viewer

Rows = Sequence[Any]
_HEALTHS = ("healthy", "unhealthy", "pending", "inactive")


@dataclass(frozen=True, slots=True)
class OnboardingChecklist:
    """A partner's completed steps; the checklist is hidden when all are completed."""

    has_server: bool
    has_feed: bool
    has_reading: bool
    has_customer_user: bool
    has_certificate: bool

    @property
    def counts(self) -> bool:
        """Whether pages are being counted; the other steps are less urgent."""
        return self.has_server and self.has_feed and self.has_reading

    @property
    def is_over(self) -> bool:
        """Whether all steps are completed."""
        return self.counts and self.has_customer_user and self.has_certificate


@dataclass(frozen=True, slots=True)
class PartnerCounts:
    """Counts by partner id, without zeros. ``servers``: all, and the unhealthy ones.

    ``unhealthy_feeds``: collected feeds without new data, whose servers may be healthy.
    """

    customers: Mapping[int, int]
    servers: Mapping[int, tuple[int, int]]
    unhealthy_feeds: Mapping[int, int]
    pages: Mapping[int, int]


def server_counts(session: Session, viewer: Viewer) -> dict[str, int]:
    """Return the number of servers of a viewer by state, without removed ones."""
    query: Any = access.servers(viewer).where(Server.removed_at.is_(None))
    state = servers.state()
    query = query.with_only_columns(state.label("state"), func.count().label("number"))
    return {row.state: row.number for row in session.execute(query.group_by(state))}


def feed_counts(session: Session, viewer: Viewer) -> dict[str, int]:
    """Return the number of a viewer's feeds by state, without removed ones.

    The states: ``all``, ``inactive``, and the health of the others.
    """
    state = _feed_state()
    query: Any = access.feeds(viewer).where(access.IS_CONNECTED)
    query = query.with_only_columns(state, func.count()).group_by(state)
    found = dict.fromkeys(_HEALTHS, 0)
    for name, number in session.execute(query):
        found[name] = number
    return {**found, "all": sum(found.values())}


def feed_counts_by_server(
    session: Session, server_ids: Collection[int]
) -> dict[int, dict[str, int]]:
    """Return the number of feeds of each server by health, inactive ones apart, without removed
    ones.
    """
    state = _feed_state()
    rows = session.execute(
        select(Feed.server_id, state, func.count())
        .where(Feed.server_id.in_(server_ids), access.IS_CONNECTED)
        .group_by(Feed.server_id, state)
    )
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for server_id, name, number in rows:
        found[server_id][name] += number
    return {server_id: {**counts} for server_id, counts in found.items()}


def _feed_state() -> ColumnElement[str]:
    """Return the health of a feed, or that it is inactive."""
    return case((Feed.status == "inactive", Feed.status), else_=Feed.health)


def account_counts(session: Session) -> dict[str, int]:
    """Return the number of accounts by kind."""
    query = select(Account.kind, func.count().label("number")).group_by(Account.kind)
    return {row.kind: row.number for row in session.execute(query)}


def latest_reconciliation(session: Session) -> tuple[int, bool]:
    """Return the number of differences of the latest one, and if the audit trail was complete."""
    found = session.execute(
        select(func.json_array_length(Reconciliation.differences), Reconciliation.audit_complete)
        .order_by(Reconciliation.at.desc(), Reconciliation.id.desc())
        .limit(1)
    ).first()
    return (found[0], found[1]) if found else (0, True)


def certified_pages(session: Session, partner_id: int) -> int:
    """Return the certified pages of a partner's customers."""
    query = select(func.sum(PartnerMonth.pages)).where(PartnerMonth.partner_id == partner_id)
    return int(session.scalar(query) or 0)


def onboarding(session: Session, partner_id: int) -> OnboardingChecklist:
    """Return a partner's checklist."""
    own = select(Server.id).where(Server.account_id == partner_id)
    customers = select(Account.id).where(Account.partner_id == partner_id)
    steps = (
        own.where(Server.removed_at.is_(None)),
        select(Feed.id).where(Feed.server_id.in_(own), access.IS_CONNECTED),
        select(Device.id).join(Device.feed).where(Feed.server_id.in_(own)),
        select(User.id).where(User.role == "customer", User.account_id.in_(customers)),
        select(Certificate.id).where(Certificate.account_id.in_(customers)),
    )
    found = session.execute(select(*(step.exists() for step in steps))).one()
    return OnboardingChecklist(*map(bool, found))


def servers_not_collected(session: Session, viewer: Viewer, limit: int) -> Rows:
    """Return the unhealthy servers, the longest first, then those with an unreadable token."""
    query: Any = (
        access.servers(viewer)
        .join(Server.account)
        .where(Server.removed_at.is_(None), servers.state() == "unhealthy")
    )
    query = query.with_only_columns(
        Server.id,
        Server.name,
        Server.token_unreadable_since,
        Server.health_reason,
        Server.health_changed_at,
        Account.name.label("partner_name"),
        Account.time_zone,
    )
    order = (Server.token_unreadable_since.is_not(None), Server.health_changed_at)
    rows: Rows = session.execute(query.order_by(*order).limit(limit)).all()
    return rows


def waiting_servers(session: Session, viewer: Viewer, limit: int) -> Rows:
    """Return the servers that have awaited approval longest."""
    query: Any = (
        access.servers(viewer)
        .join(Server.account)
        .where(Server.removed_at.is_(None), Server.awaiting_approval_since.is_not(None))
    )
    query = query.with_only_columns(
        Server.id,
        Server.name,
        Server.awaiting_approval_since,
        Account.name.label("partner_name"),
        Account.time_zone,
    )
    rows: Rows = session.execute(query.order_by(Server.awaiting_approval_since).limit(limit)).all()
    return rows


def unhealthy_feeds(session: Session, viewer: Viewer, limit: int, today: date) -> Rows:
    """Return the feeds without data for longest, without those that are snoozed ``today``."""
    partner = aliased(Account)
    first: Any = access.feeds(viewer).where(Feed.status == "active", Feed.health == "unhealthy")
    # The names are joined only for the rows shown.
    first = first.where(~feed_notes.is_snoozed(today))
    first = first.with_only_columns(Feed.id).order_by(Feed.last_data_on, Feed.id).limit(limit)
    return session.execute(
        select(
            Feed.id,
            Feed.customer_name,
            Feed.last_data_on,
            Account.name.label("account_name"),
            Server.name.label("server_name"),
            partner.name.label("partner_name"),
        )
        .join(Feed.account)
        .join(Feed.server)
        .join(partner, partner.id == Server.account_id)
        .where(Feed.id.in_(first.correlate(None)))
        .order_by(Feed.last_data_on, Feed.id)
    ).all()


def suggested_intervals(session: Session, viewer: Viewer, limit: int) -> Rows:
    """Return feeds that seem to be read by hand, by name, with the suggested interval."""
    query: Any = access.feeds(viewer).where(
        Feed.suggested_interval_days.is_not(None), Feed.status == "active"
    )
    query = query.with_only_columns(Feed.id, Feed.customer_name, Feed.suggested_interval_days)
    rows: Rows = session.execute(query.order_by(Feed.customer_name, Feed.id).limit(limit)).all()
    return rows


def renamed_feeds(session: Session, viewer: Viewer, limit: int) -> Rows:
    """Return the feeds whose customer seems to have another name in Printerpoint, by name."""
    query: Any = access.feeds(viewer).where(access.IS_RENAMED).join(Feed.account)
    query = query.with_only_columns(
        Feed.id,
        Feed.customer_name,
        Feed.successor_name,
        Feed.successor_devices,
        Feed.successor_of,
        Account.name.label("account_name"),
    )
    rows: Rows = session.execute(query.order_by(Feed.customer_name, Feed.id).limit(limit)).all()
    return rows


def first_partners(session: Session, viewer: Viewer, limit: int) -> Rows:
    """Return the first partners by name."""
    query: Any = access.partners(viewer)
    query = query.with_only_columns(Account.id, Account.name, Account.time_zone)
    rows: Rows = session.execute(query.order_by(Account.name).limit(limit)).all()
    return rows


def partner_counts(session: Session, partner_ids: Collection[int], month: Month) -> PartnerCounts:
    """Return customers, servers and pages counted in a month, of each of these partners."""
    customers = session.execute(
        select(Account.partner_id, func.count())
        .where(Account.partner_id.in_(partner_ids))
        .group_by(Account.partner_id)
    )
    of_servers = session.execute(
        select(Server.account_id, func.count(), func.count().filter(servers.state() == "unhealthy"))
        .where(Server.account_id.in_(partner_ids), Server.removed_at.is_(None))
        .group_by(Server.account_id)
    )
    feeds = session.execute(
        select(Server.account_id, func.count())
        .join(Feed, Feed.server_id == Server.id)
        .where(
            Server.account_id.in_(partner_ids), Feed.health == "unhealthy", Feed.status == "active"
        )
        .group_by(Server.account_id)
    )
    pages = session.execute(
        select(Server.account_id, func.sum(ServerDay.pages))
        .join(Server, Server.id == ServerDay.server_id)
        .where(Server.account_id.in_(partner_ids), ServerDay.counted_in == str(month))
        .group_by(Server.account_id)
    )
    return PartnerCounts(
        {partner_id: number for partner_id, number in customers if partner_id is not None},
        {partner_id: (number, unhealthy) for partner_id, number, unhealthy in of_servers},
        {partner_id: int(number) for partner_id, number in feeds},
        {partner_id: int(number) for partner_id, number in pages},
    )
