"""The input of a feed's collection: its rows of the fleet, and the stored devices."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from webapp.domain.metering.identity import FleetRows, Row, group_fleet, serial_key
from webapp.errors import DATA_ERRORS
from webapp.models import Device, Feed, Server
from webapp.models.feed import COLLECTED
from webapp.printerpoint.fleet import Customer, FeedRows, RowSource
from webapp.printerpoint.schema import BadRow, Printer
from webapp.services.metering.stored import (
    StoredDevice,
    StoredDevices,
    UnreadableDevice,
    stored_device,
)

log = logging.getLogger("releaf.metering")

#: A feed connected again within this time after its removal continues without a new baseline.
_RECONNECTED_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FeedContext:
    """The feed being collected. ``first_day``: of its creation, in its account's ``zone``."""

    id: int
    server_id: int
    partner_id: int
    customer_id: str | None
    customer_name: str
    is_new: bool
    first_day: date
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class FeedInput:
    """The input of a feed's collection: its rows, its devices, and ``related`` ones of other feeds.

    ``closing``: the day being closed; no reading is of a later day.
    """

    feed: FeedContext
    rows: FeedRows
    own: StoredDevices
    related: StoredDevices
    closing: date

    def other_feeds(self) -> set[int]:
        """Return the other feeds whose rows or deposits its devices may change."""
        devices = (self.own | self.related).readable.values()
        read_by = {delta.feed_id for device in devices for delta in device.state.deltas}
        return (read_by | {device.feed_id for device in devices}) - {self.feed.id}


_COLUMNS = (
    Device.id,
    Device.feed_id,
    Device.asset_id,
    Device.serial_number,
    Device.serial_key,
    Device.state,
    Device.awaits_baseline,
)


def devices_of(session: Session, feed_id: int) -> StoredDevices:
    """Return the devices of a feed."""
    query = select(*_COLUMNS).where(Device.feed_id == feed_id, Device.moved_to.is_(None))
    found = StoredDevices()
    for row in session.execute(query):
        device = _stored(row, found)
        if device is not None:
            found.readable[device.id] = device
    return found


def read_input(session: Session, feed: FeedContext, source: RowSource, closing: date) -> FeedInput:
    """Read the input of a feed's collection."""
    own = devices_of(session, feed.id)
    rows = source.rows_for(feed.customer_id, feed.customer_name, own.serials())
    related = StoredDevices()
    if rows.customer is not None:
        related = related_devices(session, feed, unknown_serials(rows, own), closing)
    return FeedInput(feed, rows, own, related, closing)


def related_devices(
    session: Session,
    feed: FeedContext,
    serials: Collection[str],
    closing: date,
) -> StoredDevices:
    """Return devices of other feeds of the partner that may be machines of a feed.

    These are devices with one of the serial numbers and, for a new feed, those of its customer's
    former feed, if that was removed shortly before. If a device's feed was not collected for
    longer, its next reading is a new baseline: pages printed in between are not counted.
    """
    conditions: list[ColumnElement[bool]] = []
    if serials:
        conditions.append(Device.serial_key.in_(sorted(serials)))
    if feed.is_new:
        conditions.append(_of_former_feed(feed))
    found = StoredDevices()
    if not conditions:
        return found
    rows = session.execute(
        select(*_COLUMNS, Feed.status, Feed.removed_at, Feed.customer_id, Feed.customer_name)
        .join(Device.feed)
        .join(Server, Server.id == Feed.server_id)
        .where(
            or_(*conditions),
            Server.account_id == feed.partner_id,
            Device.feed_id != feed.id,
            Device.moved_to.is_(None),
        )
        # Of several devices of one serial number, the last is used: of a feed that is not removed,
        # read most recently.
        .order_by(Feed.removed_at.is_(None), Device.latest_on, Device.id)
    )
    for row in rows:
        device = _stored(row, found)
        if device is not None:
            found.readable[device.id] = _related(device, row, feed, closing)
    return found


def _of_former_feed(feed: FeedContext) -> ColumnElement[bool]:
    same = (
        Feed.customer_id == feed.customer_id
        if feed.customer_id is not None
        else and_(Feed.customer_id.is_(None), Feed.customer_name == feed.customer_name)
    )
    return and_(Feed.status == "removed", same)


def _related(device: StoredDevice, row: Any, feed: FeedContext, closing: date) -> StoredDevice:
    if row.status not in ("inactive", "removed"):
        return device
    is_same_customer = (row.customer_id or row.customer_name) == (
        feed.customer_id or feed.customer_name
    )
    stopped_on = device.state.night
    if row.removed_at:
        stopped_on = row.removed_at.astimezone(feed.zone).date()
    resumed_on = min(closing, feed.first_day) if is_same_customer else closing
    state = device.state
    if stopped_on is None or resumed_on - stopped_on > _RECONNECTED_WITHIN:
        state = replace(state, begin_anew=state.counter_set is not None)
    if is_same_customer:
        state = replace(state, customer=customer_key(feed.customer_id, feed.customer_name))
    return replace(device, state=state)


def _stored(row: Any, found: StoredDevices) -> StoredDevice | None:
    """Return the device of a row; None if its state cannot be read, which is recorded."""
    try:
        return stored_device(row)
    except DATA_ERRORS as error:
        log.exception("the state of device %s cannot be read", row.id)
        found.unreadable.append(
            UnreadableDevice(row.asset_id, row.serial_number, row.serial_key, type(error).__name__)
        )
        return None


def customer_key(customer_id: str | None, name: str) -> str:
    """Return the domain's key of a customer of the fleet."""
    return customer_id if customer_id is not None else f"name:{name}"


def group_rows(
    session: Session,
    feed: FeedContext,
    found: FeedRows,
    key: str,
    unreadable: Sequence[UnreadableDevice],
) -> FleetRows:
    """Return the grouped rows of the fleet; ``key`` is that of the feed's customer.

    A bad row of a known machine is an answer without values, so that its machine is not missing.
    Rows of an unreadable device are omitted.
    """
    feeds = _feeds_of(session, feed, [customer for customer, _ in found.elsewhere])
    rows = [_row(printer, key, feed.id) for printer in found.printers]
    rows += [_row(bad_row, key, feed.id) for bad_row in found.bad_rows if _is_named(bad_row)]
    for customer, printer in found.elsewhere:
        other = customer_key(customer.customer_id, customer.name)
        rows.append(_row(printer, other, feeds.get(other)))
    return group_fleet(row for row in rows if not any(one.is_row(row, key) for one in unreadable))


def unknown_serials(found: FeedRows, devices: StoredDevices) -> set[str]:
    """Return the serial numbers of a customer's rows that none of the devices has."""
    listed = {key for row in found.printers if (key := serial_key(row.serial_number))}
    return listed - devices.serials()


def _is_named(row: BadRow) -> bool:
    return bool(row.asset_id or row.serial_number)


def _row(row: Printer | BadRow, customer: str, feed_id: int | None) -> Row:
    names = (customer, feed_id, row.asset_id, row.serial_number)
    if isinstance(row, BadRow):
        return Row(*names, last_seen=None, counters={})
    return Row(*names, row.last_seen, row.counters)


def _feeds_of(session: Session, feed: FeedContext, customers: Sequence[Customer]) -> dict[str, int]:
    """Return the collected feeds of customers, by the customers' keys."""
    if not customers:
        return {}
    ids = {customer.customer_id for customer in customers if customer.customer_id is not None}
    names = {customer.name for customer in customers}
    rows = session.execute(
        select(Feed.id, Feed.customer_id, Feed.customer_name).where(
            Feed.server_id == feed.server_id,
            Feed.id != feed.id,
            Feed.status.in_(COLLECTED),
            or_(Feed.customer_id.in_(ids), Feed.customer_name.in_(names)),
        )
    ).all()
    by_key = {customer_key(row.customer_id, row.customer_name): row.id for row in rows}
    by_name = {row.customer_name: row.id for row in rows if row.customer_id is None}
    found = {}
    for customer in customers:
        key = customer_key(customer.customer_id, customer.name)
        feed_id = by_key.get(key, by_name.get(customer.name))
        if feed_id is not None:
            found[key] = feed_id
    return found
