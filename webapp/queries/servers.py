"""Servers: the list, and those whose health is checked."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, case, select
from sqlalchemy.orm import Session

from webapp.models import Account, Server
from webapp.queries import access, lists
from webapp.queries.viewer import Viewer

#: What the list is filtered by.
STATES = ("healthy", "unhealthy", "awaiting_approval")


def state() -> ColumnElement[str]:
    """Return the state of a server that is not removed, as ``Server.state`` does."""
    return case(
        (Server.awaiting_approval_since.is_not(None), "awaiting_approval"),
        (Server.token_unreadable_since.is_not(None), "unhealthy"),
        else_=Server.health,
    )


#: What the list is sorted by.
COLUMNS = {
    "name": Server.name,
    "partner": Account.name,
    "health": state(),
    "checked": Server.health_checked_at,
}


def names(session: Session) -> Sequence[tuple[int, str]]:
    """Return the id and name of each server that is not removed, by id."""
    query = select(Server.id, Server.name).where(Server.removed_at.is_(None))
    return session.execute(query.order_by(Server.id)).all()


def registered(session: Session) -> Sequence[int]:
    """Return the ids of all servers that are not removed."""
    query = select(Server.id).where(Server.removed_at.is_(None)).order_by(Server.id)
    return session.scalars(query).all()


def visible(session: Session, viewer: Viewer) -> Sequence[Server]:
    """Return the servers a viewer may see, removed ones included, by name."""
    return session.scalars(access.servers(viewer).order_by(Server.name, Server.id)).all()


def ids(session: Session, query: Select[Any]) -> Sequence[int]:
    """Return the ids of the servers of a list."""
    return session.scalars(query.with_only_columns(Server.id)).all()


def search(
    viewer: Viewer, *, text: str = "", health: str = "", sort: str = "partner"
) -> Select[Any]:
    """Select the servers a viewer may see, without removed ones."""
    query: Any = access.servers(viewer).where(Server.removed_at.is_(None)).join(Server.account)
    if text:
        query = query.where(lists.contains(text, Server.name, Account.name))
    if health:
        query = query.where(state() == health)
    query = query.with_only_columns(
        Server.id,
        Server.name,
        state().label("state"),
        Server.token_unreadable_since,
        Server.health_reason,
        Server.health_checked_at,
        Server.created_at,
        Server.account_id,
        Account.name.label("partner_name"),
        Account.time_zone,
    )
    return lists.order(query, COLUMNS, sort, Account.name, Server.name, Server.id)
