"""The list of collections."""

from typing import Any

from sqlalchemy import Select

from webapp.models import Account, Collection, Server
from webapp.queries import access
from webapp.queries.access import Viewer


def search(viewer: Viewer, *, state: str = "", server_id: int | None = None) -> Select[Any]:
    """The collections a viewer may see, the latest first."""
    query: Any = access.collections(viewer).join(Collection.server).join(Server.account)
    if state:
        query = query.where(Collection.state == state)
    if server_id is not None:
        query = query.where(Collection.server_id == server_id)
    selected: Select[Any] = query.with_only_columns(
        Collection.id,
        Collection.queued_at,
        Collection.finished_at,
        Collection.server_id,
        Collection.day,
        Collection.kind,
        Collection.feed_id,
        Collection.state,
        Collection.feeds,
        Collection.printers,
        Collection.reason,
        Server.name.label("server_name"),
        Account.name.label("partner_name"),
        Account.time_zone,
    )
    return selected.order_by(Collection.queued_at.desc(), Collection.id.desc())
