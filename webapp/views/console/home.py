"""Home: totals and what needs attention; a different page for each role."""

from functools import partial
from typing import Any, Literal

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from webapp import clock, queue
from webapp.db import db
from webapp.domain.months import Month
from webapp.extensions import current_settings
from webapp.models import Account
from webapp.queries import certificates, dashboard, details, device_status, feed_events, metrics
from webapp.queries.viewer import Viewer
from webapp.views.console import history
from webapp.views.console.account_detail import LATEST
from webapp.views.shared import context, equivalents, listing, navigation, totals
from webapp.views.shared.periods import period_chart

blueprint = Blueprint("home", __name__)

#: The most rows of each kind; the lists have the rest.
_FIRST = 8


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """The home page."""
    viewer = context.viewer()
    if viewer.is_operations:
        return _operations(viewer)
    account = context.user().account
    return _partner(viewer, account) if viewer.is_partner else _customer(viewer, account)


def _operations(viewer: Viewer) -> str:
    today = clock.now().date()
    month = Month.of(today)
    partners = dashboard.first_partners(db.session(), viewer, _FIRST)
    counts = dashboard.partner_counts(db.session(), [each.id for each in partners], month)
    pages = metrics.pages(db.session(), metrics.Scope(), month)
    differences, audit_complete = dashboard.latest_reconciliation(db.session())
    return render_template(
        "console/home/operations.html",
        today=today,
        partners=partners,
        customers_of=counts.customers,
        servers_of=counts.servers,
        unhealthy_feeds_of=counts.unhealthy_feeds,
        pages_of=counts.pages,
        accounts=dashboard.account_counts(db.session()),
        totals=totals.of_months({month: pages}, today),
        queues=_queues(),
        differences=differences,
        audit_complete=audit_complete,
        **_attention(viewer),
    )


def _partner(viewer: Viewer, partner: Account) -> str:
    today = totals.today_of(partner, clock.now())
    scope = metrics.Scope.account(partner)
    months = metrics.pages_by_month(db.session(), scope)
    certified = dashboard.certified_pages(db.session(), partner.id)
    events = feed_events.latest(db.session(), viewer, _FIRST)
    return render_template(
        "console/home/partner.html",
        account=partner,
        today=today,
        totals=totals.partner_totals(months, certified, today),
        chart=period_chart(
            partner,
            today,
            partial(metrics.pages_by_day, db.session(), scope),
            months,
            marks_held=True,
        ),
        current_url=listing.current_url,
        events=history.entries(db.session(), viewer, events),
        zone=context.zone_of(partner),
        onboarding=dashboard.onboarding(db.session(), partner.id),
        **_attention(viewer),
    )


def _customer(viewer: Viewer, customer: Account) -> str:
    feed_ids = [feed.id for feed in details.feeds_of(db.session(), viewer, customer.id)]
    today = totals.today_of(customer, clock.now())
    months = metrics.pages_by_month(db.session(), metrics.Scope.feeds(feed_ids))
    return render_template(
        "console/home/customer.html",
        account=customer,
        totals=totals.of_months(months, today),
        equivalents=equivalents.of(sum(months.values())),
        carried=sum(certificates.carried_pages(db.session(), customer.id).values()),
        earlier=metrics.from_earlier_months(db.session(), feed_ids, Month.of(today)),
        chart=period_chart(
            customer, today, partial(metrics.days_of_feeds, db.session(), feed_ids), months
        ),
        current_url=listing.current_url,
        has_feed=bool(feed_ids),
        certificates=details.certificates_of(db.session(), customer.id, LATEST),
    )


def _attention(viewer: Viewer) -> dict[str, Any]:
    """Return the health of servers and feeds, and what needs attention."""
    return {
        "servers": dashboard.server_counts(db.session(), viewer),
        "feeds": dashboard.feed_counts(db.session(), viewer),
        "bad_servers": dashboard.servers_not_collected(db.session(), viewer, _FIRST),
        "renamed_feeds": dashboard.renamed_feeds(db.session(), viewer, _FIRST),
        "waiting_servers": dashboard.waiting_servers(db.session(), viewer, _FIRST),
        "bad_feeds": dashboard.unhealthy_feeds(
            db.session(), viewer, _FIRST, totals.today_of(context.user().account, clock.now())
        ),
        "suggestions": dashboard.suggested_intervals(db.session(), viewer, _FIRST),
        "devices": device_status.counts(db.session(), viewer),
        "review": navigation.review_counts(viewer),
    }


def _queues() -> Literal["working", "idle", "down"]:
    """Return whether Redis is available, and whether a worker is running."""
    try:
        return "working" if queue.worker_is_running(current_settings()) else "idle"
    except queue.QueueDown:
        return "down"
