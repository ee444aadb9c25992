"""Home: what is going on, and what needs a person first; another page for each role."""

from dataclasses import dataclass
from typing import Any, Literal

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, contains_eager, joinedload

from webapp import clock, queue
from webapp.db import db
from webapp.models import Account, Feed, Server, User
from webapp.services import access, deposits, reconciliation, totals
from webapp.services.access import Viewer
from webapp.views import edge, figures, history, navigation
from webapp.views.accounts import latest_certificates, partner_counts

blueprint = Blueprint("home", __name__)

#: So many rows of each kind; the lists have the rest.
_FIRST = 8


@dataclass(frozen=True, slots=True)
class Beginning:
    """How far a partner has come; the checklist goes when all is done."""

    has_server: bool
    has_feed: bool
    has_reading: bool
    has_customer_user: bool
    has_certificate: bool

    @property
    def counts(self) -> bool:
        """Whether pages are being counted: the rest can wait."""
        return self.has_server and self.has_feed and self.has_reading

    @property
    def is_over(self) -> bool:
        """Whether everything is done."""
        return self.counts and self.has_customer_user and self.has_certificate


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """The first page."""
    viewer = edge.viewer()
    if viewer.is_operations:
        return _operations(viewer)
    account = edge.user().account
    return _partner(viewer, account) if viewer.is_partner else _customer(viewer, account)


def _operations(viewer: Viewer) -> str:
    query = access.accounts(viewer).where(Account.kind == "partner").order_by(Account.name)
    partners = db.session.scalars(query.limit(_FIRST)).all()
    today = clock.now().date()
    return render_template(
        "home/operations.html",
        today=today,
        partners=partners,
        accounts=_count_by(access.accounts(viewer), Account.kind),
        figures=figures.of(totals.Of.viewer(viewer), today),
        queues=_queues(),
        compared=reconciliation.latest(db.session()),
        **partner_counts(partners),
        **_needs(viewer),
    )


def _partner(viewer: Viewer, partner: Account) -> str:
    today = figures.today_of(partner, clock.now())
    days = totals.pages_by_day(db.session(), partner, *figures.last_days(today))
    return render_template(
        "home/partner.html",
        account=partner,
        today=today,
        figures=figures.spans(partner, today),
        bars=figures.bars(partner, days),
        events=_events(viewer),
        zone=partner.zone,
        beginning=_beginning(viewer),
        may_change=viewer.may_change,
        **_needs(viewer),
    )


def _customer(viewer: Viewer, customer: Account) -> str:
    feeds = access.feeds(viewer)
    feed_ids = list(db.session.scalars(feeds.with_only_columns(Feed.id)))
    today = figures.today_of(customer, clock.now())
    days = deposits.pages_by_day(db.session(), feed_ids, *figures.last_days(today))
    return render_template(
        "home/customer.html",
        account=customer,
        figures=figures.of(totals.Of.account(customer), today),
        bars=figures.bars(customer, days),
        has_feed=bool(feed_ids),
        certificates=latest_certificates(viewer, customer),
    )


def _events(viewer: Viewer) -> list[history.Line]:
    """What happened lately at the feeds a viewer may see."""
    return history.lines(
        db.session(), viewer, db.session.scalars(history.latest(viewer).limit(_FIRST)).all()
    )


def _needs(viewer: Viewer) -> dict[str, Any]:
    """What needs a person, and how servers and feeds are."""
    session = db.session()
    servers = access.servers(viewer).where(Server.removed_at.is_(None))
    bad_servers = servers.where(Server.health == "unhealthy").order_by(Server.health_changed_at)
    bad_feeds = (
        access.feeds(viewer)
        .where(Feed.status == "active", Feed.health == "unhealthy")
        .join(Feed.account)
        .order_by(Feed.heard_on, Feed.id)
        .options(contains_eager(Feed.account), joinedload(Feed.server).joinedload(Server.account))
    )
    return {
        "servers": _count_by(servers, Server.health),
        "feeds": totals.feeds_by_health(session, access.feeds(viewer)),
        "bad_servers": session.scalars(
            bad_servers.options(joinedload(Server.account)).limit(_FIRST)
        ).all(),
        "bad_feeds": session.scalars(bad_feeds.limit(_FIRST)).all(),
        "held": navigation.held_count(viewer),
    }


def _queues() -> Literal["working", "idle", "down"]:
    """Whether Redis answers, and a worker takes jobs."""
    try:
        return "working" if queue.worker_is_running(edge.settings()) else "idle"
    except queue.QueueDown:
        return "down"


def _count_by(query: Select[Any], column: InstrumentedAttribute[str]) -> dict[str, int]:
    """How many rows there are of each value of a column."""
    rows = db.session.execute(query.with_only_columns(column, func.count()).group_by(column))
    return {row[0]: row[1] for row in rows}


def _beginning(viewer: Viewer) -> Beginning:
    steps: dict[str, Select[Any]] = {
        "has_server": access.servers(viewer).where(Server.removed_at.is_(None)),
        "has_feed": access.feeds(viewer).where(Feed.status != "removed"),
        "has_reading": access.devices(viewer),
        "has_customer_user": access.users(viewer).where(User.role == "customer"),
        "has_certificate": access.certificates(viewer),
    }
    # All in one question: each would be a round trip of its own.
    found = select(*(query.exists().label(name) for name, query in steps.items()))
    return Beginning(**db.session.execute(found).one()._mapping)
