"""Account pages: a partner, a customer or operations."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from flask import render_template

from webapp import clock
from webapp.db import db
from webapp.domain.months import Month
from webapp.models import Account
from webapp.queries import access, certificates, dashboard, details, feed_events, metrics
from webapp.queries import accounts as accounts_list
from webapp.queries.metrics import CustomerCounts
from webapp.queries.viewer import Viewer
from webapp.services.accounts import accounts, calendars
from webapp.views.console import history
from webapp.views.shared import context, equivalents, listing, totals
from webapp.views.shared.periods import period_chart

LATEST = 6
_EVENTS = 10
_LISTED = 50
_ON_PAGE = 20


def page(viewer: Viewer, account_id: int) -> str:
    """Render the page of an account. Raises NotFound."""
    account = access.account(db.session(), viewer, account_id)
    context: dict[str, Any] = {}
    if account.kind == "partner":
        context = _partner(viewer, account)
    elif account.kind == "customer":
        context = _customer(viewer, account)
    # Customers see no users, including those of their own account.
    users = [] if viewer.role == "customer" else details.users_of(db.session(), account_id)
    return render_template(
        f"console/accounts/{account.kind}.html",
        account=account,
        users=users,
        may_edit=may_edit(viewer, account),
        country=_calendar_of(account),
        **context,
    )


def _partner(viewer: Viewer, partner: Account) -> dict[str, Any]:
    """Return the further data of a partner's page."""
    today = totals.today_of(partner, clock.now())
    as_partner = Viewer("partner_viewer", partner.id, None)
    of_partner = metrics.Scope.account(partner)
    by_month = metrics.pages_by_month(db.session(), of_partner)
    customers = listing.paginate(
        accounts_list.customers_of(viewer, partner.id), _ON_PAGE, count_to=None
    )
    return {
        "totals": totals.of_months(by_month, today),
        "chart": period_chart(
            partner,
            today,
            partial(metrics.pages_by_day, db.session(), of_partner),
            by_month,
            marks_held=True,
        ),
        "current_url": listing.current_url,
        "health": dashboard.feed_counts(db.session(), as_partner),
        "servers": details.servers_of(db.session(), viewer, partner.id),
        "customers": customers,
        "page_url": listing.page_url,
        "counts": counts_of(customers.items, today),
    }


def _customer(viewer: Viewer, customer: Account) -> dict[str, Any]:
    """Return the further data of a customer's page."""
    feeds = details.feeds_of(db.session(), viewer, customer.id)
    feed_ids = [feed.id for feed in feeds]
    today = totals.today_of(customer, clock.now())
    by_month = metrics.pages_by_month(db.session(), metrics.Scope.feeds(feed_ids))
    events = feed_events.of_feeds(db.session(), feed_ids, _EVENTS)
    return {
        "totals": totals.of_months(by_month, today),
        "equivalents": equivalents.of(sum(by_month.values())),
        "carried": sum(certificates.carried_pages(db.session(), customer.id).values()),
        "earlier": metrics.from_earlier_months(db.session(), feed_ids, Month.of(today)),
        "chart": period_chart(
            customer,
            today,
            partial(metrics.days_of_feeds, db.session(), feed_ids),
            by_month,
            marks_held=viewer.role != "customer",
        ),
        "current_url": listing.current_url,
        "feeds": [feed for feed in feeds if feed.status != "removed"][:_LISTED],
        "today": today,
        "certificates": details.certificates_of(db.session(), customer.id, LATEST),
        "events": history.entries(db.session(), viewer, events),
        "zone": context.zone_of(customer),
    }


def _calendar_of(account: Account) -> str | None:
    """Return the country and region whose holidays apply; None without one."""
    country = account.holiday_country
    if country is None:
        return None
    name = accounts.countries().get(country, country)
    region = calendars.regions(country).get(account.holiday_region or "")
    return f"{region}, {name}" if region else name


def may_edit(viewer: Viewer, account: Account) -> bool:
    """Whether the viewer may change this account."""
    if viewer.is_operations:
        return account.kind != "operations"
    return viewer.may_change and account.kind == "customer"


def counts_of(customers: Sequence[Any], today: date) -> defaultdict[int, CustomerCounts]:
    """Return the counts of each customer of a page by id."""
    found: defaultdict[int, CustomerCounts] = defaultdict(CustomerCounts)
    ids = [customer.id for customer in customers]
    if ids:
        found.update(metrics.counts_by_customer(db.session(), ids, Month.of(today)))
    return found
