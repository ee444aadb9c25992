"""Home: what is going on, and what needs a person first; another page for each role."""

from functools import lru_cache
from typing import Any, Literal

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from webapp import asking, clock, queue
from webapp.asking import Question
from webapp.db import at_most, constant, db
from webapp.domain.months import Month
from webapp.models import Account, Feed, Server
from webapp.queries import access, details, feed_events
from webapp.queries.access import Viewer
from webapp.services import homes, totals
from webapp.services.homes import Home
from webapp.views import edge, figures, history, navigation
from webapp.views.account_pages import LATEST

blueprint = Blueprint("home", __name__)

_PARTNER = aliased(Account)
#: So many rows of each kind; the lists have the rest.
_FIRST = 8


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """The first page."""
    viewer = edge.viewer()
    if viewer.is_operations:
        return _operations(viewer)
    account = edge.user().account
    return _partner(viewer, account) if viewer.is_partner else _customer(viewer, account)


def _operations(viewer: Viewer) -> str:
    today = clock.now().date()
    first = Question[Any](_first_partners(viewer))
    counts = homes.counts_of_partners(_ids_of_first(viewer), Month.of(today))
    of_home, needs = homes.of(viewer, today, *figures.last_days(today)), _Needs(viewer)
    asking.ask(db.session(), first, counts, of_home, needs.servers, needs.feeds)
    home = of_home.answer
    return render_template(
        "home/operations.html",
        today=today,
        partners=first.answer,
        customers_of=counts.answer.customers,
        servers_of=counts.answer.servers,
        pages_of=counts.answer.pages,
        accounts=home.accounts,
        figures=figures.of_months(home.months, today),
        queues=_queues(),
        differences=home.differences,
        **needs.told(home),
    )


def _partner(viewer: Viewer, partner: Account) -> str:
    today = figures.today_of(partner, clock.now())
    of_home, needs = homes.of(viewer, today, *figures.last_days(today)), _Needs(viewer)
    events = feed_events.latest(db.session(), viewer, _FIRST)
    asking.ask(db.session(), of_home, needs.servers, needs.feeds)
    home = of_home.answer
    return render_template(
        "home/partner.html",
        account=partner,
        today=today,
        figures=figures.spans(home.months, home.certified, today),
        bars=figures.bars(partner, home.days),
        events=history.lines(db.session(), viewer, events),
        zone=partner.zone,
        beginning=home.beginning,
        may_change=viewer.may_change,
        **needs.told(home),
    )


def _customer(viewer: Viewer, customer: Account) -> str:
    feed_ids = [feed.id for feed in details.feeds_of(db.session(), viewer, customer.id)]
    today = figures.today_of(customer, clock.now())
    pages = asking.answer(db.session(), totals.of_feeds(feed_ids, *figures.last_days(today)))
    return render_template(
        "home/customer.html",
        account=customer,
        figures=figures.of_months(pages.months, today),
        bars=figures.bars(customer, pages.days),
        has_feed=bool(feed_ids),
        certificates=details.certificates_of(db.session(), customer.id, LATEST),
    )


class _Needs:
    """What needs a person, and how servers and feeds are: questions for the worst of both."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self.servers = Question[Any](_bad_servers(viewer))
        self.feeds = Question[Any](_bad_feeds(viewer))

    def told(self, home: Home) -> dict[str, Any]:
        """What the page shows of it, when they were asked."""
        return {
            "servers": home.servers,
            "feeds": home.feeds,
            "bad_servers": self.servers.answer,
            "bad_feeds": self.feeds.answer,
            "held": navigation.held_count(self._viewer),
        }


# Statements are made once for a viewer: at every visit that would take as long as to ask them.
@lru_cache(maxsize=256)
def _bad_servers(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    shown = (
        Server.id,
        Server.name,
        Server.health_reason,
        Server.health_changed_at,
        Account.name.label("partner_name"),
        Account.time_zone,
    )
    return (
        access.servers(viewer)
        .join(Server.account)
        .with_only_columns(*shown)
        .where(Server.removed_at.is_(None), Server.health == "unhealthy")
        .order_by(Server.health_changed_at)
        .limit(at_most(_FIRST))
    )


@lru_cache(maxsize=256)
def _bad_feeds(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    first = (
        access.feeds(viewer)
        .with_only_columns(Feed.id)
        .where(Feed.status == constant("active"), Feed.health == constant("unhealthy"))
        .order_by(Feed.heard_on, Feed.id)
        .limit(at_most(_FIRST))
    )
    # Names are looked up for those alone that are shown.
    return (
        select(
            Feed.id,
            Feed.customer_name,
            Feed.heard_on,
            Account.name.label("account_name"),
            Server.name.label("server_name"),
            _PARTNER.name.label("partner_name"),
        )
        .join(Feed.account)
        .join(Feed.server)
        .join(_PARTNER, _PARTNER.id == Server.account_id)
        .where(Feed.id.in_(first.correlate(None)))
        .order_by(Feed.heard_on, Feed.id)
    )


@lru_cache(maxsize=1)
def _first_partners(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    shown = (Account.id, Account.name, Account.time_zone)
    return (
        access.partners(viewer)
        .with_only_columns(*shown)
        .order_by(Account.name)
        .limit(at_most(_FIRST))
    )


@lru_cache(maxsize=1)
def _ids_of_first(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return _first_partners(viewer).with_only_columns(Account.id)


def _queues() -> Literal["working", "idle", "down"]:
    """Whether Redis answers, and a worker takes jobs."""
    try:
        return "working" if queue.worker_is_running(edge.settings()) else "idle"
    except queue.QueueDown:
        return "down"
