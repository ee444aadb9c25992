"""Health items: the health of a server or a feed, as emails state it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.reasons import Reason, reason
from webapp.models import Collection, Feed, HealthChange, Server


@dataclass(frozen=True, slots=True)
class HealthItem:
    """The health of a server or a feed, since a time that is shown in a zone.

    ``reason``: of its last change. ``last_data_on``: the last day with data; None if there is none.
    ``server_name``, ``read_by_hand``: of a feed. ``changes``: how often it changed since
    ``changed_since``, 0 if that is not stated. ``outages``: why it was unhealthy, of a server that
    is healthy again.
    """

    kind: Literal["server", "feed"]
    id: int
    name: str
    healthy: bool
    reason: Reason | None
    since: datetime
    zone: tzinfo
    last_data_on: date | None
    server_name: str = ""
    read_by_hand: bool = False
    changes: int = 0
    changed_since: datetime | None = None
    outages: Sequence[Reason] = ()


def of_changes(
    session: Session, changes: Sequence[HealthChange], *, flapping: bool = False
) -> HealthItem:
    """Return the item of changes of one server or feed. ``flapping``: it changes frequently."""
    last = changes[-1]
    if last.server_id is not None:
        item = of_server(session, session.get_one(Server, last.server_id))
        outages = [change.reason for change in changes if change.after != "healthy"]
    else:
        feed = session.get_one(Feed, last.feed_id)
        item, outages = replace(of_feed(feed), last_data_on=last.last_data_on), []
    return replace(
        item,
        healthy=last.after != "unhealthy",
        reason=last.reason,
        since=last.at,
        changes=len(changes) if len(changes) > 1 or flapping else 0,
        changed_since=changes[0].at,
        outages=outages,
    )


def of_server(session: Session, server: Server) -> HealthItem:
    """Return the item of a server's present state."""
    last_night = session.scalar(
        select(func.max(Collection.day)).where(
            Collection.server_id == server.id, Collection.state == "finished"
        )
    )
    unreadable_since = server.token_unreadable_since
    return HealthItem(
        kind="server",
        id=server.id,
        name=server.name,
        healthy=server.state != "unhealthy",
        reason=reason("unreadable_token") if unreadable_since else server.health_reason,
        since=unreadable_since or server.health_changed_at,
        zone=server.account.zone,
        last_data_on=last_night,
    )


def of_feed(feed: Feed) -> HealthItem:
    """Return the item of a feed's present state, of which no reason is stored."""
    return HealthItem(
        kind="feed",
        id=feed.id,
        name=feed.customer_name,
        healthy=feed.health != "unhealthy",
        reason=None,
        since=feed.health_changed_at,
        zone=feed.account.zone,
        last_data_on=feed.last_data_on,
        server_name=feed.server.name,
        read_by_hand=feed.read_interval_days is not None,
    )
