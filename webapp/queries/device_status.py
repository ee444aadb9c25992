"""Device status: which devices are silent or missing although their feed is healthy."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from webapp.models import Device, DeviceAttention, Feed, Server
from webapp.models.device_attention import DeviceStatus
from webapp.queries import access
from webapp.queries.viewer import Viewer

#: Feeds whose devices should have new readings. While a server fails, none of its feeds is read.
_IS_READ = and_(
    Feed.status == "active",
    Feed.health == "healthy",
    Server.health == "healthy",
    Server.removed_at.is_(None),
)


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """The number of silent and of missing devices."""

    silent: int = 0
    missing: int = 0

    @property
    def total(self) -> int:
        """The number of devices that need attention."""
        return self.silent + self.missing


#: Filters of the list of devices.
FILTERS: Mapping[str, tuple[DeviceStatus, ...]] = {
    "attention": ("silent", "missing"),
    "silent": ("silent",),
    "missing": ("missing",),
}


def filtered(query: Select[Any], statuses: Collection[DeviceStatus]) -> Select[Any]:
    """Restrict a query of devices and feeds to devices of these statuses."""
    found = select(DeviceAttention.device_id).where(DeviceAttention.status.in_(statuses))
    query = query.join(Server, Server.id == Feed.server_id)
    return query.where(_IS_READ, Device.id.in_(found))


def counts(session: Session, viewer: Viewer) -> StatusCounts:
    """Return the numbers of a viewer's silent and missing devices."""
    query = (
        select(DeviceAttention.status, func.count().label("number"))
        .join(Feed, Feed.id == DeviceAttention.feed_id)
        .join(Server, Server.id == Feed.server_id)
        .where(access.own_feed(viewer), _IS_READ)
        .group_by(DeviceAttention.status)
    )
    return StatusCounts(**{row.status: row.number for row in session.execute(query)})


def of_devices(session: Session, device_ids: Collection[int]) -> dict[int, DeviceStatus]:
    """Return the status of each of these devices that has one."""
    query = (
        select(DeviceAttention.device_id, DeviceAttention.status)
        .join(Feed, Feed.id == DeviceAttention.feed_id)
        .join(Server, Server.id == Feed.server_id)
        .where(DeviceAttention.device_id.in_(device_ids), _IS_READ)
    )
    return {row.device_id: row.status for row in session.execute(query)}
