"""Feeds: the list, and selected ones."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Select, case, func, select, union_all
from sqlalchemy.orm import Session, aliased, joinedload

from webapp.domain.months import Month
from webapp.models import Account, Feed, Server
from webapp.queries import access, lists, metrics
from webapp.queries.viewer import Viewer

_Partner = aliased(Account)
_COLUMNS: dict[str, Any] = {
    "customer": Feed.customer_name,
    "account": Account.name,
    "health": Feed.health,
    "reported": Feed.last_data_on,
    "devices": Feed.device_count,
}
#: What the list can be sorted by.
SORTS = (*_COLUMNS, "pages")


def every(viewer: Viewer, month: Month, sort: str = "customer") -> Select[Any]:
    """Select the feeds a viewer may see, removed ones included.

    ``month``: of the pages to sort by.
    """
    query: Any = access.feeds(viewer).join(Feed.account).join(Feed.server)
    query = query.join(_Partner, _Partner.id == Server.account_id)
    query = query.with_only_columns(
        Feed.id,
        Feed.customer_name,
        Feed.customer_id,
        Feed.status,
        Feed.health,
        Feed.last_data_on,
        Feed.device_count,
        case((access.IS_RENAMED, Feed.successor_name)).label("successor_name"),
        Feed.account_id,
        Account.name.label("account_name"),
        Server.name.label("server_name"),
        _Partner.name.label("partner_name"),
    )
    columns = {**_COLUMNS, "pages": func.coalesce(metrics.pages_of_feed(month), 0)}
    return lists.order(query, columns, sort, Feed.customer_name, Feed.id)


def selected(session: Session, viewer: Viewer, feed_ids: set[int]) -> Sequence[Feed]:
    """Return the feeds with these ids, with account, server and partner. Raises NotFound."""
    query = lists.with_ids(session, access.feeds(viewer), Feed.id, feed_ids, "feeds")
    return _with_accounts(session, query)


def of_customers(session: Session, viewer: Viewer, account_ids: set[int]) -> Sequence[Feed]:
    """Return the feeds of these customers without removed ones. Raises NotFound."""
    lists.with_ids(session, access.customers(viewer), Account.id, account_ids, "customers")
    own = access.feeds(viewer).where(Feed.account_id.in_(account_ids), access.IS_CONNECTED)
    return _with_accounts(session, own)


def _with_accounts(session: Session, query: Select[Any]) -> Sequence[Feed]:
    eager = (joinedload(Feed.account), joinedload(Feed.server).joinedload(Server.account))
    return session.scalars(query.options(*eager).order_by(Feed.customer_name, Feed.id)).all()


def search(
    session: Session,
    viewer: Viewer,
    month: Month,
    *,
    text: str = "",
    status: str = "",
    health: str = "",
    server_id: int | None = None,
    account_id: int | None = None,
    sort: str = "-health",
) -> Select[Any]:
    """Select feeds of one status or ``renamed``, or all that are not removed.

    With ``health``, only feeds that are collected.
    """
    query = every(viewer, month, sort)
    if status == "renamed":
        query = query.where(access.IS_RENAMED)
    elif status:
        query = query.where(Feed.status == status)
    else:
        query = query.where(access.IS_COLLECTED if health else access.IS_CONNECTED)
    if health:
        query = query.where(Feed.health == health)
    if server_id is not None:
        query = query.where(Feed.server_id == server_id)
    if account_id is not None:
        query = query.where(Feed.account_id == account_id)
    if not text:
        return query
    otherwise = lists.contains(text, Feed.customer_name, Feed.customer_id, Account.name)
    return query.where(lists.found(session, Feed.id, _found(viewer, text), otherwise))


def _found(viewer: Viewer, text: str) -> CompoundSelect[Any]:
    """Select the ids of the feeds that a search finds; each column has its own index."""
    own = select(Feed.id).where(access.own_feed(viewer))
    return union_all(
        own.where(lists.contains(text, Feed.customer_name)),
        own.where(lists.contains(text, Feed.customer_id)),
        own.join(Feed.account).where(lists.contains(text, Account.name)),
    )
