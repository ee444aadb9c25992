"""Account pages: a partner, a customer or operations, with all that belongs to it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from flask import render_template
from sqlalchemy import Select, bindparam, select

from webapp import asking, clock
from webapp.asking import Question
from webapp.db import at_most, db
from webapp.domain.months import Month
from webapp.models import Account, Certificate, Feed, Server, User
from webapp.queries import access
from webapp.queries.access import Viewer
from webapp.services import accounts, calendars, homes, totals
from webapp.services.totals import CustomerCounts
from webapp.views import figures, history, listings, lists

_LATEST = 6
_LISTED = 50
_ON_PAGE = 20

#: What the page of an account shows of those that belong to it.
_CERTIFICATES = (
    select(Certificate.number, Certificate.month, Certificate.pages, Certificate.trees)
    .where(Certificate.account_id == bindparam("account"))
    .order_by(Certificate.month.desc())
    .limit(at_most(_LATEST))
)
_USERS = (
    select(
        User.id,
        User.full_name,
        User.email,
        User.disabled_at,
        User.password_hash.is_not(None).label("has_password"),
    )
    .where(User.account_id == bindparam("account"))
    .order_by(User.full_name)
)


def page(viewer: Viewer, account_id: int) -> str:
    """The page of an account. Raises NotFound."""
    account = access.account(db.session(), viewer, account_id)
    users = _users_of(viewer, account_id)
    context: dict[str, Any] = {}
    if account.kind != "operations":
        shown = (_Partner if account.kind == "partner" else _Customer)(viewer, account_id)
        asking.ask(db.session(), *shown.questions)
        context = shown.told(account)
    asking.ask(db.session(), *users)
    return render_template(
        f"accounts/{account.kind}.html",
        account=account,
        users=[user for one in users for user in one.answer],
        may_invite=viewer.may_change,
        may_edit=may_edit(viewer, account),
        country=_calendar_of(account),
        **context,
    )


def latest_certificates(customer_id: int) -> Question[Any]:
    """The latest certificates of a customer that the viewer may see."""
    return Question(_CERTIFICATES, {"account": customer_id})


@lists.kept
def _servers(viewer: Viewer) -> Select[Any]:
    """The servers of a partner, removed ones included."""
    of_partner: Any = access.servers(viewer).where(Server.account_id == bindparam("partner"))
    shown = of_partner.with_only_columns(
        Server.id, Server.name, Server.health, Server.health_checked_at, Server.removed_at
    )
    return cast(Select[Any], shown.order_by(Server.name))


class _Partner:
    """What the page of a partner shows; ``questions`` are asked first."""

    def __init__(self, viewer: Viewer, partner_id: int) -> None:
        self._servers = Question[Any](_servers(viewer), {"partner": partner_id})
        listing = listings.customers(viewer, partner_id)
        self._customers = lists.turned(listing, per_page=_ON_PAGE)
        self.questions: list[Question[Any]] = [self._servers, self._customers]

    def told(self, partner: Account) -> dict[str, Any]:
        """All of it."""
        today = figures.today_of(partner, clock.now())
        found, page = self._servers.answer, self._customers.answer
        as_seen = Viewer("partner_viewer", partner.id, None)
        of_home = homes.of(as_seen, today, *figures.last_days(today))
        counts = _of_customers(page.items, today)
        asking.ask(db.session(), of_home, *counts)
        home = of_home.answer
        return {
            "figures": figures.of_months(home.months, today),
            "bars": figures.bars(partner, home.days),
            "health": home.feeds,
            "servers": [server for server in found if server.removed_at is None],
            "customers": page,
            "page_url": lists.page_url,
            "counts": _counted(counts),
        }


@lists.kept
def _feeds(viewer: Viewer) -> Select[Any]:
    """The feeds of a customer."""
    of_customer: Any = access.feeds(viewer).where(Feed.account_id == bindparam("customer"))
    shown = of_customer.with_only_columns(
        Feed.id, Feed.customer_name, Feed.customer_id, Feed.status, Feed.health, Feed.heard_on
    )
    return cast(Select[Any], shown.order_by(Feed.customer_name, Feed.id))


class _Customer:
    """What the page of a customer shows; ``questions`` are asked first."""

    def __init__(self, viewer: Viewer, customer_id: int) -> None:
        self._viewer = viewer
        self._feeds = Question[Any](_feeds(viewer), {"customer": customer_id})
        self._certificates = latest_certificates(customer_id)
        self.questions: list[Question[Any]] = [self._feeds, self._certificates]

    def told(self, customer: Account) -> dict[str, Any]:
        """All of it."""
        viewer, feeds = self._viewer, self._feeds.answer
        feed_ids = [feed.id for feed in feeds]
        today = figures.today_of(customer, clock.now())
        of_feeds = totals.of_feeds(feed_ids, *figures.last_days(today))
        events = history.of_customer(db.session(), viewer, feed_ids)
        asking.ask(db.session(), of_feeds, events)
        pages = of_feeds.answer
        marks_held = viewer.role != "customer"
        return {
            "figures": figures.of_months(pages.months, today),
            "bars": figures.bars(customer, pages.days, marks_held=marks_held),
            "feeds": [feed for feed in feeds if feed.status != "removed"][:_LISTED],
            "today": today,
            "certificates": self._certificates.answer,
            "events": events.answer,
            "zone": customer.zone,
        }


def _users_of(viewer: Viewer, account_id: int) -> list[Question[Any]]:
    """The question for the users of an account; a customer is told of none."""
    return [] if viewer.role == "customer" else [Question(_USERS, {"account": account_id})]


def _calendar_of(account: Account) -> str | None:
    """The country, and region, whose holidays hold; None without one."""
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
    """The counts of each customer of a page, or row of one, by its id."""
    questions = _of_customers(customers, today)
    asking.ask(db.session(), *questions)
    return _counted(questions)


def _of_customers(
    customers: Sequence[Any], today: date
) -> list[Question[dict[int, CustomerCounts]]]:
    """The question for the counts of these customers; none for nobody."""
    ids = [customer.id for customer in customers]
    return [totals.by_customer(ids, Month.of(today))] if ids else []


def _counted(
    questions: Sequence[Question[dict[int, CustomerCounts]]],
) -> defaultdict[int, CustomerCounts]:
    found: defaultdict[int, CustomerCounts] = defaultdict(CustomerCounts)
    for one in questions:
        found |= one.answer
    return found
