"""Pages that wait for a decision, or were decided: their list and their number."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, func
from sqlalchemy.orm import Session

from webapp.models import Account, Delta, Device, Feed
from webapp.queries import access, lists
from webapp.queries.access import Viewer


def count(session: Session, viewer: Viewer) -> int:
    """How many deltas wait for a decision."""
    query: Any = access.held(viewer).with_only_columns(func.count())
    return session.scalar(query) or 0


def search(viewer: Viewer, *, text: str = "", decisions: Collection[str] = ()) -> Select[Any]:
    """The deltas that wait, the oldest first; or those with these decisions, the latest first."""
    query: Any
    if decisions:
        query = access.deltas(viewer).where(Delta.state.in_(decisions))
    else:
        query = access.held(viewer)
    query = query.join(Delta.device).join(Feed, Feed.id == Delta.feed_id).join(Feed.account)
    if text:
        columns = (Feed.customer_name, Account.name, Device.asset_id, Device.serial_number)
        query = query.where(lists.contains(text, *columns))
    selected: Select[Any] = query.with_only_columns(
        Delta.id,
        Delta.feed_id,
        Delta.pages,
        Delta.since,
        Delta.day,
        Delta.kind,
        Delta.state,
        Delta.proposed,
        Delta.counted,
        Delta.for_person,
        Delta.resolved_by,
        Delta.reason,
        Delta.decided_at,
        Device.asset_id,
        Device.serial_number,
        Feed.customer_name,
        Account.name.label("account_name"),
    )
    return selected.order_by(Delta.decided_at.desc() if decisions else Delta.day, Delta.id)
