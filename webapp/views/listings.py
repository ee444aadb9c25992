"""Listings: what the lists of servers, feeds, their devices, and accounts ask of the database."""

from typing import Any, Literal

from sqlalchemy import BindParameter, CompoundSelect, bindparam, func, or_, select, union_all
from sqlalchemy.orm import aliased, contains_eager, joinedload

from webapp import asking
from webapp.db import at_most, constant, db, in_digits
from webapp.domain.months import Month
from webapp.models import Account, Device, Feed, Server
from webapp.queries import access, metrics
from webapp.queries.access import Viewer
from webapp.views import lists

SERVER_COLUMNS = {
    "name": Server.name,
    "partner": Account.name,
    "health": Server.health,
    "checked": Server.health_checked_at,
}
FEED_COLUMNS = {
    "customer": Feed.customer_name,
    "account": Account.name,
    "health": Feed.health,
    "heard": Feed.last_data_on,
    "devices": Feed.device_count,
}


DEVICE_COLUMNS: dict[str, Any] = {
    "asset": Device.asset_id,
    "serial": Device.serial_number,
    "initial": Device.initial_count,
    "latest": Device.latest_count,
    "life": Device.life_count,
    "day": Device.latest_on,
}
ACCOUNT_COLUMNS: dict[str, Any] = {"name": Account.name, "added": Account.created_at}

#: How a search finds: among few that are known by now, or by all of them.
Search = Literal["few", "many"] | None
_PARTNER = aliased(Account)
#: What a row of the list shows: entities would be made anew for each.
_SHOWN: tuple[Any, ...] = (
    Feed.id,
    Feed.customer_name,
    Feed.status,
    Feed.health,
    Feed.last_data_on,
    Feed.device_count,
    Feed.account_id,
    Account.name.label("account_name"),
    Server.name.label("server_name"),
    _PARTNER.name.label("partner_name"),
)


@lists.kept
def servers(viewer: Viewer, sort: str, health: str, *, searched: bool) -> lists.Listing:
    """The list of servers."""
    query = access.servers(viewer).where(Server.removed_at.is_(None)).join(Server.account)
    if searched:
        query = query.where(or_(lists.holds(Server.name), lists.holds(Account.name)))
    if health:
        query = query.where(Server.health == health)
    query = lists.in_order(query, SERVER_COLUMNS, sort, then=(Account.name, Server.name, Server.id))
    shown: Any = query.with_only_columns(
        Server.id,
        Server.name,
        Server.health,
        Server.health_checked_at,
        Server.account_id,
        Account.name.label("partner_name"),
        Account.time_zone,
    )
    return lists.Listing(shown, whole=query.options(contains_eager(Server.account)))


@lists.kept
def feeds(
    viewer: Viewer,
    month: Month,
    sort: str,
    status: str,
    health: str,
    server_id: int | None,
    account_id: int | None,
    search: Search,
) -> lists.Listing:
    """The list of feeds."""
    query = access.feeds(viewer)
    tied = access.IS_COLLECTED if health else access.IS_TIED
    query = query.where(Feed.status == constant(status) if status else tied)
    if health:
        query = query.where(Feed.health == constant(health))
    if server_id is not None:
        query = query.where(Feed.server_id == server_id)
    if account_id is not None:
        query = query.where(Feed.account_id == account_id)
    if search == "few":
        query = query.where(or_(Feed.id.in_(_FEW_FEEDS), Feed.account_id.in_(_FEW_ACCOUNTS)))
    elif search:
        query = query.where(Feed.id.in_(_found()))
    rows = counting = query
    query = query.join(Feed.account).join(Feed.server)
    of_month = metrics.pages_of_feed(month)
    columns = {**FEED_COLUMNS, "pages": func.coalesce(of_month, 0)}
    then = (Feed.customer_name, Feed.id)
    query = lists.in_order(query, columns, sort, then=then)
    narrow = None
    if sort.removeprefix("-") != "account":
        narrow = lists.in_order(rows.with_only_columns(Feed.id), columns, sort, then=then)
    shown: Any = query.join(_PARTNER, _PARTNER.id == Server.account_id)
    server = contains_eager(Feed.server).joinedload(Server.account)
    return lists.Listing(
        shown.with_only_columns(*_SHOWN, of_month.label("pages")),
        counting=counting,
        count_to=None,
        narrow=narrow,
        short=bool(search),
        whole=query.options(contains_eager(Feed.account), server),
    )


def few_feeds(text: str) -> dict[str, Any] | None:
    """The values of a search that finds few, which are looked up one by one; None: it finds many,
    of which the database has to think for itself.
    """
    rows = asking.rows(db.session(), _FEW, lists.wanted(text))
    if len(rows) > lists.FEW:
        return None
    found: dict[str, Any] = {"feeds": [], "accounts": []}
    for of, number in rows:
        found[of].append(number)
    return found


_FEW_FEEDS: BindParameter[int] = bindparam("feeds", expanding=True)
_FEW_ACCOUNTS: BindParameter[int] = bindparam("accounts", expanding=True)
_FEW = union_all(
    select(constant("feeds"), Feed.id).where(lists.holds(Feed.customer_name)),
    select(constant("feeds"), Feed.id).where(lists.holds(Feed.customer_id)),
    select(constant("accounts"), Account.id).where(lists.holds(Account.name)),
).limit(at_most(lists.FEW + 1))


def _found() -> CompoundSelect[int]:
    """The feeds that a search finds: each way to find one has an index of its own."""
    named = select(Account.id).where(lists.holds(Account.name))
    return union_all(
        select(Feed.id).where(lists.holds(Feed.customer_name)),
        select(Feed.id).where(lists.holds(Feed.customer_id)),
        select(Feed.id).where(Feed.account_id.in_(named)),
    )


@lists.kept
def devices_of_feed(sort: str) -> lists.Listing:
    """The devices of the feed that ``feed`` names."""
    query: Any = select(Device.id, *DEVICE_COLUMNS.values())
    query = query.where(Device.feed_id == bindparam("feed"))
    then = (Device.serial_number, Device.id)
    return lists.Listing(lists.in_order(query, DEVICE_COLUMNS, sort, then=then))


@lists.kept
def accounts(viewer: Viewer, month: Month, sort: str, *, searched: bool) -> lists.Listing:
    """The partners, or a partner's customers."""
    query = access.partners(viewer) if viewer.is_operations else access.customers(viewer)
    if searched:
        query = query.where(lists.holds(Account.name))
    columns = dict(ACCOUNT_COLUMNS)
    if viewer.is_operations:
        columns["customers"] = metrics.customers_of_partner()
    else:
        columns["pages"] = metrics.pages_of_customer(month)
    query = lists.in_order(query, columns, sort, then=(Account.name, Account.id))
    shown: Any = query
    return lists.Listing(
        shown.with_only_columns(Account.id, Account.name, Account.time_zone),
        counting=query,
        count_to=None,
        short=searched,
        whole=query.options(joinedload(Account.partner)),
    )


@lists.kept
def customers(viewer: Viewer, partner_id: int) -> lists.Listing:
    """The customers of a partner."""
    query: Any = access.accounts(viewer).where(Account.partner_id == in_digits(partner_id))
    return lists.Listing(
        query.with_only_columns(Account.id, Account.name).order_by(Account.name, Account.id),
        counting=query,
        count_to=None,
    )
