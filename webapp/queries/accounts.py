"""The lists of partners and of their customers."""

from typing import Any

from sqlalchemy import Select

from webapp.domain.months import Month
from webapp.models import Account
from webapp.queries import access, lists, metrics
from webapp.queries.access import Viewer

_SHOWN = (Account.id, Account.name, Account.time_zone, Account.created_at)
PARTNER_COLUMNS: dict[str, Any] = {
    "name": Account.name,
    "added": Account.created_at,
    "customers": metrics.customers_of_partner(),
}
CUSTOMER_COLUMNS = ("name", "added", "pages")


def partners(viewer: Viewer, *, text: str = "", sort: str = "name") -> Select[Any]:
    """The partners a viewer may see."""
    query = _found(access.partners(viewer), text)
    return lists.order(query, PARTNER_COLUMNS, sort, Account.name, Account.id)


def customers(viewer: Viewer, month: Month, *, text: str = "", sort: str = "name") -> Select[Any]:
    """The customers a viewer may see; ``month``: the one whose pages they are sorted by."""
    columns = {
        "name": Account.name,
        "added": Account.created_at,
        "pages": metrics.pages_of_customer(month),
    }
    query = _found(access.customers(viewer), text)
    return lists.order(query, columns, sort, Account.name, Account.id)


def customers_of(viewer: Viewer, partner_id: int) -> Select[Any]:
    """The customers of a partner."""
    query: Any = access.accounts(viewer).where(Account.partner_id == partner_id)
    ordered: Select[Any] = query.with_only_columns(*_SHOWN).order_by(Account.name, Account.id)
    return ordered


def _found(query: Any, text: str) -> Select[Any]:
    shown: Select[Any] = query.with_only_columns(*_SHOWN)
    return shown.where(lists.contains(text, Account.name)) if text else shown
