"""The list of devices."""

from typing import Any

from sqlalchemy import CompoundSelect, Select, select, union_all
from sqlalchemy.orm import Session

from webapp.models import Account, Device, Feed
from webapp.queries import access, device_status, lists
from webapp.queries.viewer import Viewer

COLUMNS = {
    "customer": Feed.customer_name,
    "asset": Device.asset_id,
    "serial": Device.serial_number,
    "initial": Device.initial_count,
    "latest": Device.latest_count,
    "life": Device.life_count,
    "day": Device.latest_on,
}

#: What the devices of one feed can be sorted by.
COLUMNS_OF_FEED = {name: column for name, column in COLUMNS.items() if name != "customer"}


def every(viewer: Viewer, sort: str = "customer") -> Select[Any]:
    """Select the devices of the feeds a viewer may see, removed feeds included."""
    query: Any = (
        select(
            Device.id,
            Device.feed_id,
            Device.asset_id,
            Device.serial_number,
            Device.initial_count,
            Device.latest_count,
            Device.life_count,
            Device.first_on,
            Device.latest_on,
            Feed.customer_name,
            Account.name.label("account_name"),
        )
        .join(Device.feed)
        .join(Feed.account)
        .where(access.own_feed(viewer))
    )
    then = (Device.asset_id, Device.serial_number, Device.id)
    return lists.order(query, COLUMNS, sort, *then)


def search(
    session: Session,
    viewer: Viewer,
    *,
    text: str = "",
    feed_id: int | None = None,
    status: str = "",
    sort: str = "customer",
) -> Select[Any]:
    """Select the devices of one feed, or of all feeds that are not removed.

    ``status``: a key of ``device_status.FILTERS``, for those that need attention.
    """
    query = every(viewer, sort)
    query = query.where(access.IS_CONNECTED if feed_id is None else Feed.id == feed_id)
    if status:
        query = device_status.filtered(query, device_status.FILTERS[status])
    if not text:
        return query
    columns = (Device.asset_id, Device.serial_number, Feed.customer_name, Account.name)
    ids, otherwise = _found(viewer, text), lists.contains(text, *columns)
    return query.where(lists.found(session, Device.id, ids, otherwise))


def of_feed(feed_id: int, sort: str = "asset") -> Select[Any]:
    """Select the devices of a feed."""
    query: Any = select(Device.id, *COLUMNS_OF_FEED.values()).where(Device.feed_id == feed_id)
    return lists.order(query, COLUMNS_OF_FEED, sort, Device.serial_number, Device.id)


def _found(viewer: Viewer, text: str) -> CompoundSelect[Any]:
    """Select the ids of the devices that a search finds; each column has its own index."""
    own = select(Device.id).join(Device.feed).where(access.own_feed(viewer))
    return union_all(
        own.where(lists.contains(text, Device.asset_id)),
        own.where(lists.contains(text, Device.serial_number)),
        own.where(lists.contains(text, Feed.customer_name)),
        own.join(Feed.account).where(lists.contains(text, Account.name)),
    )
