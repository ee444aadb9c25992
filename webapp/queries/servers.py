"""The list of servers."""

from typing import Any

from sqlalchemy import Select

from webapp.models import Account, Server
from webapp.queries import access, lists
from webapp.queries.access import Viewer

COLUMNS = {
    "name": Server.name,
    "partner": Account.name,
    "health": Server.health,
    "checked": Server.health_checked_at,
}


def search(
    viewer: Viewer, *, text: str = "", health: str = "", sort: str = "partner"
) -> Select[Any]:
    """The servers a viewer may see, without removed ones."""
    query: Any = access.servers(viewer).where(Server.removed_at.is_(None)).join(Server.account)
    if text:
        query = query.where(lists.contains(text, Server.name, Account.name))
    if health:
        query = query.where(Server.health == health)
    query = query.with_only_columns(
        Server.id,
        Server.name,
        Server.health,
        Server.health_reason,
        Server.health_checked_at,
        Server.created_at,
        Server.account_id,
        Account.name.label("partner_name"),
        Account.time_zone,
    )
    return lists.order(query, COLUMNS, sort, Account.name, Server.name, Server.id)
