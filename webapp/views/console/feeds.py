"""Feeds: list, page, collect now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp import clock, filters
from webapp.db import db
from webapp.domain.health import (
    SILENT_BUSINESS_DAYS,
    due_on,
    silent_business_days,
    unhealthy_from,
)
from webapp.domain.months import Month
from webapp.domain.trees import trees
from webapp.errors import Conflict
from webapp.models import Feed
from webapp.queries import (
    access,
    brands,
    details,
    devices,
    feed_events,
    feed_notes,
    metrics,
)
from webapp.queries import feeds as queries
from webapp.queries.lists import COUNT_TO
from webapp.queries.metrics import DayPages
from webapp.services.accounts.calendars import public_holidays
from webapp.views.console import collection_requests, history
from webapp.views.console.customer_emails import PreparedEmail, stopped_dca
from webapp.views.shared import context, export, listing, totals
from webapp.views.shared.context import CHANGERS, roles_required
from webapp.views.shared.periods import period_chart, period_of_request

blueprint = Blueprint("feeds", __name__)

STATUSES = ("pending", "active", "inactive", "removed")
HEALTHS = ("pending", "healthy", "unhealthy")
_RECENT = 10


@dataclass(frozen=True, slots=True)
class Silence:
    """The days without new data of a feed, and when it becomes unhealthy.

    ``since``: the last day with data. ``reading_due_on``: of a feed read by hand, the day of its
    next reading.
    """

    since: date
    days: int
    left: int
    unhealthy_on: date
    reading_due_on: date | None


@blueprint.get("/feeds")
def index() -> ResponseReturnValue:
    """The feeds of the accounts a viewer may see, unhealthy ones first."""
    viewer = context.viewer()
    statuses = STATUSES if viewer.role == "customer" else (*STATUSES, "renamed")
    text = listing.search_text()
    status = listing.filter_choice("status", statuses)
    health = listing.filter_choice("health", HEALTHS)
    server_id, account_id = listing.filter_id("server"), listing.filter_id("account")
    sort = listing.sort_choice(queries.SORTS, "-health")
    today = totals.today_of(context.user().account, clock.now())
    month = Month.of(today)
    query = queries.search(
        db.session(),
        viewer,
        month,
        text=text,
        status=status,
        health=health,
        server_id=server_id,
        account_id=account_id,
        sort=sort,
    )
    if export.requested():
        return export.respond(query, sheet())
    page = listing.paginate(query, count_to=COUNT_TO if text else None)
    feed_ids = [feed.id for feed in page.items]
    return listing.render(
        "feeds",
        page,
        q=text,
        status=status,
        health=health,
        server=access.server(db.session(), viewer, server_id) if server_id else None,
        account=access.account(db.session(), viewer, account_id) if account_id else None,
        heading=partial(listing.heading, sort),
        today=today,
        pages=metrics.pages_by_feed(db.session(), feed_ids, month),
    )


@blueprint.get("/feeds/<int:feed_id>")
def show(feed_id: int) -> ResponseReturnValue:
    """A feed: health, pages per day, devices, recent collections, history."""
    feed = access.feed(db.session(), context.viewer(), feed_id)
    today = totals.today_of(feed.account, clock.now())
    days_of = partial(metrics.days_of_feeds, db.session(), [feed.id])
    if export.requested():
        period = period_of_request(today)
        return _exported_days(days_of(period.first, period.last))
    by_month = metrics.pages_by_month(db.session(), metrics.Scope.feeds([feed.id]))
    sort = listing.sort_choice(devices.COLUMNS_OF_FEED, "asset")
    events = feed_events.of_feeds(db.session(), [feed.id], _RECENT)
    is_customer = context.viewer().role == "customer"
    month = Month.of(today)
    total = sum(by_month.values())
    found = listing.paginate(devices.of_feed(feed.id, sort), count_to=None)
    chart = period_chart(feed.account, today, days_of, by_month, marks_held=not is_customer)
    health_of_feed = _health_of(feed, today)
    is_email_due = not health_of_feed["is_token_unreadable"]
    return render_template(
        "console/feeds/show.html",
        **health_of_feed,
        email=_email_about(feed, today) if is_email_due else None,
        chart=chart,
        any_recovered=any(bar.kind == "recovered" for bar in chart.bars),
        month=month,
        month_pages=by_month.get(month, 0),
        total=total,
        trees=trees(total),
        held=[] if is_customer else details.held_of_feed(db.session(), feed.id, _RECENT),
        devices=found,
        starts=details.start_meters(db.session(), [device.id for device in found.items]),
        heading=partial(listing.heading, sort),
        notes=feed_notes.of_feed(db.session(), context.viewer(), feed.id),
        outcomes=details.outcomes_of_feed(db.session(), feed.id, _RECENT),
        changes=details.changes_of_feed(db.session(), feed.id, 2 * _RECENT),
        history=history.entries(db.session(), context.viewer(), events),
        current_url=listing.current_url,
        page_url=listing.page_url,
    )


@blueprint.get("/feeds/<int:feed_id>/history")
def full_history(feed_id: int) -> str:
    """The complete history of a feed."""
    feed = access.feed(db.session(), context.viewer(), feed_id)
    page = listing.paginate(feed_events.of_feed(feed.id))
    return render_template(
        "console/feeds/history.html",
        feed=feed,
        zone=context.zone_of(feed.account),
        page=page,
        history=history.entries(db.session(), context.viewer(), page.items),
        page_url=listing.page_url,
    )


@blueprint.post("/feeds/<int:feed_id>/collect")
@roles_required(*CHANGERS)
def collect(feed_id: int) -> ResponseReturnValue:
    """Collect a feed now."""
    feed = access.feed(db.session(), context.viewer(), feed_id)
    if not feed.is_collected:
        name = feed.customer_name
        if feed.status == "inactive":
            raise Conflict(gettext("%(name)s is inactive, so it is not collected.", name=name))
        raise Conflict(gettext("%(name)s is removed, so it is not collected.", name=name))
    return collection_requests.start(feed.server, feed)


def sheet() -> export.Sheet:
    """Return the columns of the export, with servers for viewers who may see them."""
    month = Month.of(totals.today_of(context.user().account, clock.now()))
    sees_servers = context.viewer().role != "customer"

    def rows(feeds: Sequence[Any]) -> Iterable[Sequence[export.Value]]:
        ids = [feed.id for feed in feeds]
        pages = metrics.pages_by_feed(db.session(), ids, month)
        for feed in feeds:
            named = (feed.server_name, feed.partner_name) if sees_servers else ()
            counts = (feed.device_count, pages.get(feed.id, 0))
            what = (feed.customer_name, feed.customer_id, feed.account_name)
            yield (*what, *named, feed.status, feed.health, feed.last_data_on, *counts)

    titles = (gettext("Server"), gettext("Partner")) if sees_servers else ()
    return export.Sheet(
        "feeds",
        (
            gettext("Customer in Printerpoint"),
            gettext("Customer ID"),
            gettext("Account"),
            *titles,
            gettext("Status"),
            gettext("Health"),
            gettext("Last reported"),
            gettext("Devices"),
            gettext("Pages in %(month)s", month=filters.month(month)),
        ),
        rows,
    )


def _silence(feed: Feed, today: date) -> Silence | None:
    """Return the silence of a collected feed; None before its first data."""
    if feed.last_data_on is None or feed.status != "active":
        return None
    holidays = public_holidays(feed.account)
    interval = feed.read_interval_days
    due = due_on(feed.last_data_on, interval)
    overdue = silent_business_days(due, today, holidays)
    return Silence(
        feed.last_data_on,
        silent_business_days(feed.last_data_on, today, holidays),
        max(SILENT_BUSINESS_DAYS - overdue, 0),
        unhealthy_from(feed.last_data_on, holidays, interval),
        due if interval is not None else None,
    )


def _health_of(feed: Feed, today: date) -> dict[str, Any]:
    """Return the data of a feed's health."""
    return {
        "feed": feed,
        "zone": context.zone_of(feed.account),
        "today": today,
        "silence": _silence(feed, today),
        "is_token_unreadable": context.viewer().role != "customer"
        and feed.server.token_unreadable_since is not None,
    }


def _email_about(feed: Feed, today: date) -> PreparedEmail | None:
    """Return the email to the customer about its data collection agent, if that has stopped."""
    silence, is_customer = _silence(feed, today), context.viewer().role == "customer"
    stopped = feed.health == "unhealthy" and feed.read_interval_days is None
    if is_customer or silence is None or not stopped or feed.server.paused:
        return None
    brand = brands.for_account(db.session(), feed.account)
    partner = brand.name if brand else feed.server.account.name
    user = context.user()
    names = [partner] if context.viewer().is_operations else [user.full_name, partner]
    return stopped_dca(
        feed, last_data_on=silence.since, days=silence.days, signature="\n".join(names)
    )


def _exported_days(days: Sequence[DayPages]) -> ResponseReturnValue:
    """Export the days of the chart."""
    rows = (
        (day.day, day.pages, gettext("yes") if day.recovered else gettext("no")) for day in days
    )
    titles = (gettext("Day"), gettext("Pages"), gettext("Recovered"))
    return export.respond_rows("pages-a-day", titles, rows)
