"""Lists of partners and customers, and the names of a partner's customers."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, joinedload

from webapp.domain.months import Month
from webapp.models import Account, Feed
from webapp.queries import access, lists, metrics
from webapp.queries.viewer import Viewer

_SHOWN = (Account.id, Account.name, Account.time_zone, Account.created_at)
_ID_AND_NAME = (Account.id, Account.name)
PARTNER_COLUMNS: dict[str, Any] = {
    "name": Account.name,
    "added": Account.created_at,
    "customers": metrics.customers_of_partner(),
}
CUSTOMER_COLUMNS = ("name", "added", "pages")


def with_feeds(session: Session) -> Sequence[Account]:
    """Return the customer accounts that have or had a feed, with their partner, by name."""
    return session.scalars(
        select(Account)
        .where(Account.kind == "customer", exists().where(Feed.account_id == Account.id))
        .options(joinedload(Account.partner))
        .order_by(Account.name, Account.id)
    ).all()


def every_partner(session: Session) -> Sequence[Account]:
    """Return all partners."""
    return session.scalars(select(Account).where(Account.kind == "partner")).all()


def is_taken(session: Session, partner_id: int | None, name: str) -> bool:
    """Whether a partner has a customer with this name; None: whether it is that of a partner."""
    same = select(Account.id).where(Account.partner_id.is_not_distinct_from(partner_id))
    return session.scalar(same.where(Account.name == name)) is not None


def time_zone(partner: type[Account]) -> ColumnElement[str]:
    """Return the time zone of a joined account: its own, or that of ``partner``, a joined alias."""
    return func.coalesce(Account.time_zone, partner.time_zone, "UTC")


def partners(viewer: Viewer, *, text: str = "", sort: str = "name") -> Select[Any]:
    """Select the partners a viewer may see."""
    query = _found(access.partners(viewer), text)
    return lists.order(query, PARTNER_COLUMNS, sort, Account.name, Account.id)


def customers(viewer: Viewer, month: Month, *, text: str = "", sort: str = "name") -> Select[Any]:
    """Select the customers a viewer may see; ``month``: of the pages to sort by."""
    columns = {
        "name": Account.name,
        "added": Account.created_at,
        "pages": metrics.pages_of_customer(month),
    }
    query = _found(access.customers(viewer), text)
    return lists.order(query, columns, sort, Account.name, Account.id)


def customers_of(viewer: Viewer, partner_id: int) -> Select[Any]:
    """Select the customers of a partner."""
    query: Any = access.accounts(viewer).where(Account.partner_id == partner_id)
    ordered: Select[Any] = query.with_only_columns(*_SHOWN).order_by(Account.name, Account.id)
    return ordered


def partner_choices(session: Session, viewer: Viewer) -> Sequence[tuple[int, str]]:
    """Return the ids and names of the partners a viewer may see, by name."""
    query: Any = access.partners(viewer).order_by(Account.name)
    return [(row.id, row.name) for row in session.execute(query.with_only_columns(*_ID_AND_NAME))]


def customer_names(
    session: Session, viewer: Viewer, partner_id: int, limit: int | None = None, text: str = ""
) -> Sequence[str]:
    """Return the names of a partner's customers in order; ``limit``: at most this many.

    ``text``: only names that contain it.
    """
    query = _names_of(viewer, partner_id).order_by(Account.name)
    if text:
        query = query.where(lists.contains(text, Account.name))
    return session.scalars(query if limit is None else query.limit(limit)).all()


def existing_names(
    session: Session, viewer: Viewer, partner_id: int, names: Sequence[str]
) -> set[str]:
    """Return those of these names that customers of the partner have."""
    return set(session.scalars(_names_of(viewer, partner_id).where(Account.name.in_(names))))


def _names_of(viewer: Viewer, partner_id: int) -> Select[str]:
    query = access.accounts(viewer).where(Account.partner_id == partner_id)
    return query.with_only_columns(Account.name)


def _found(query: Any, text: str) -> Select[Any]:
    shown: Select[Any] = query.with_only_columns(*_SHOWN)
    return shown.where(lists.contains(text, Account.name)) if text else shown
