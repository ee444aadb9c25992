"""Pages under review, or resolved: list, counts, and the readings around a delta."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from webapp.models import Account, Delta, Device, Feed, Reading, User
from webapp.queries import access, lists
from webapp.queries.viewer import Viewer

#: Under review, resolved (by readings or a user), or both.
STATES = ("held", "resolved", "all")

#: A pending fall holds a delta that was decided, and leaves who decided it.
_IS_RESOLVED = and_(Delta.resolved_by.is_not(None), Delta.state != "held")
_IN_STATE: dict[str, ColumnElement[bool]] = {
    "held": access.IS_HELD,
    "resolved": _IS_RESOLVED,
    "all": or_(access.IS_HELD, _IS_RESOLVED),
    "any": true(),
}
_FOR_PERSON = and_(access.IS_HELD, Delta.for_person)
#: The proposed pages: all of them, unless another number is stored.
_PROPOSED = func.coalesce(Delta.proposed, Delta.pages)
#: Cases that need a decision first, then those that later readings may resolve.
_URGENCY = case((_FOR_PERSON, 0), (access.IS_HELD, 1), else_=2)
#: What the list can be sorted by.
COLUMNS = {
    "urgency": _URGENCY,
    "device": Device.asset_id,
    "customer": Feed.customer_name,
    "pages": Delta.pages,
    "proposed": _PROPOSED,
    "day": Delta.day,
    "decided": Delta.decided_at,
}
_SEARCHED = (Feed.customer_name, Account.name, Device.asset_id, Device.serial_number)
_UserAccount = aliased(Account)


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of deltas under review.

    ``for_person``: readings cannot decide them; ``waiting``: later readings may.
    """

    for_person: int
    waiting: int

    @property
    def total(self) -> int:
        """All deltas under review."""
        return self.for_person + self.waiting


@dataclass(frozen=True, slots=True)
class Filters:
    """The requested deltas. ``state``: one of ``STATES``, or ``any`` delta at all.

    ``account_id``: of a partner, with those of its customers.
    """

    state: str = "held"
    text: str = ""
    kind: str = ""
    account_id: int | None = None
    feed_id: int | None = None
    delta_ids: Collection[int] | None = None


def counts(session: Session, viewer: Viewer) -> Counts:
    """Return the number of deltas under review, and of those that need a decision."""
    query: Any = access.held(viewer).with_only_columns(
        func.count(), func.count(case((Delta.for_person, 1)))
    )
    total, for_person = session.execute(query).one()
    return Counts(for_person, total - for_person)


def search(viewer: Viewer, filters: Filters, sort: str = "urgency") -> Select[Any]:
    """Select the deltas a viewer may see, with device, customer and the user who resolved them.

    ``named``: whether the viewer may see that user; partners do not see users of operations.
    """
    query: Any = access.deltas(viewer).where(*_wanted(filters))
    query = query.join(Delta.device).join(Feed, Feed.id == Delta.feed_id).join(Feed.account)
    query = query.outerjoin(User, and_(User.id == Delta.decided_by, _IS_RESOLVED))
    query = query.outerjoin(_UserAccount, _UserAccount.id == User.account_id)
    if filters.text:
        query = query.where(lists.contains(filters.text, *_SEARCHED))
    selected: Select[Any] = query.with_only_columns(
        Delta.id,
        Delta.feed_id,
        Delta.device_id,
        Delta.since,
        Delta.day,
        Delta.pages,
        _PROPOSED.label("proposed"),
        Delta.counted,
        Delta.kind,
        Delta.state,
        Delta.for_person,
        *(
            case((_IS_RESOLVED, column)).label(column.key)
            for column in (Delta.resolved_by, Delta.reason, Delta.decided_at)
        ),
        Device.asset_id,
        Device.serial_number,
        Feed.customer_name,
        Feed.account_id,
        Account.name.label("account_name"),
        User.full_name,
        access.owns(viewer, _UserAccount).label("named"),
    )
    return lists.order(selected, COLUMNS, sort, *_then(filters, sort))


def deltas(session: Session, viewer: Viewer, filters: Filters) -> Sequence[Any]:
    """Return the deltas of these filters, with the columns of ``search``."""
    return session.execute(search(viewer, filters)).all()


def decided_together(session: Session, viewer: Viewer, at: datetime) -> Sequence[int]:
    """Return the ids of the deltas that the viewer decided at this time and that are unchanged."""
    query: Any = access.deltas(viewer).where(
        Delta.decided_by == viewer.user_id, Delta.decided_at == at, _IS_RESOLVED
    )
    ids: Sequence[int] = session.scalars(query.with_only_columns(Delta.id)).all()
    return ids


def kinds(session: Session, viewer: Viewer, filters: Filters) -> dict[str, int]:
    """Return the number of deltas under review of these filters, by kind."""
    query: Any = access.held(viewer).where(*_wanted(replace(filters, state="held", kind="")))
    if filters.text:
        query = query.join(Delta.device).join(Feed, Feed.id == Delta.feed_id).join(Feed.account)
        query = query.where(lists.contains(filters.text, *_SEARCHED))
    query = query.with_only_columns(Delta.kind, func.count()).group_by(Delta.kind)
    return {row[0]: row[1] for row in session.execute(query)}


def readings_around(
    session: Session, viewer: Viewer, delta: Delta, before: int, after: int
) -> Sequence[Any]:
    """Return the readings around a delta that the viewer may see, the oldest first.

    ``before``: how many up to the day on which the delta starts; ``after``: how many after its last
    day.
    """
    own = (Reading.device_id == delta.device_id, access.of_own_feeds(viewer, Reading.feed_id))
    earlier = (
        select(Reading.day)
        .where(*own, Reading.day <= delta.since)
        .order_by(Reading.day.desc())
        .limit(before)
    )
    later = (
        select(Reading.day).where(*own, Reading.day > delta.day).order_by(Reading.day).limit(after)
    )
    within = and_(Reading.day > delta.since, Reading.day <= delta.day)
    return session.execute(
        select(Reading.day, Reading.count.label("pages"))
        .where(*own, or_(Reading.day.in_(earlier), within, Reading.day.in_(later)))
        .order_by(Reading.day)
    ).all()


def _wanted(filters: Filters) -> list[ColumnElement[bool]]:
    conditions = [_IN_STATE[filters.state]]
    if filters.kind:
        conditions.append(Delta.kind == filters.kind)
    if filters.account_id is not None:
        own = or_(Account.id == filters.account_id, Account.partner_id == filters.account_id)
        feeds = select(Feed.id).join(Feed.account).where(own)
        conditions.append(Delta.feed_id.in_(feeds))
    if filters.feed_id is not None:
        conditions.append(Delta.feed_id == filters.feed_id)
    if filters.delta_ids is not None:
        conditions.append(Delta.id.in_(filters.delta_ids))
    return conditions


def _then(filters: Filters, sort: str) -> tuple[Any, ...]:
    """Return the order of equal rows: under review the oldest first, else the latest first."""
    if filters.state == "held":
        return (Delta.day, Delta.id)
    if sort.removeprefix("-") == "urgency":
        return (Delta.decided_at.desc(), Delta.day.desc(), Delta.id.desc())
    return (Delta.day.desc(), Delta.id.desc())
