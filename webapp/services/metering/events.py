"""Events: the history of a feed's printers. A collection without anything unusual adds none."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, insert, update
from sqlalchemy.orm import Session

from webapp.domain.meter import Meter, PageDelta
from webapp.domain.validation import Flag
from webapp.models import Device, FeedEvent
from webapp.models.feed_event import FeedEventKind
from webapp.services.metering.match import DeviceState, Identity
from webapp.services.metering.transfer import PreviousAssignment

_EVENT: Table = FeedEvent.metadata.tables["feed_event"]
_DEVICE: Table = Device.metadata.tables["device"]

#: More events of a folded kind in one collection become a single event.
_LISTED_INDIVIDUALLY = 3
_FOLDED: tuple[FeedEventKind, ...] = ("device_added", "gone", "returned", "read_again")
_NAMES_LISTED = 5
#: Days without a reading after which the next one is an event.
LONG_UNREAD = 7


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a device, by its id and name, or of the feed.

    ``feed_id``: None for the feed that is collected.
    """

    kind: FeedEventKind
    details: dict[str, Any] = field(default_factory=dict)
    device_id: int | None = None
    name: str | None = None
    feed_id: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """The change of a device in a collection: its state before, and its meter after.

    ``before``: None for a new one. ``came_from``: the same printer at another feed, until now.
    ``anew``: metering began anew, whatever the counter said.
    """

    device_id: int
    identity: Identity
    before: DeviceState | None
    meter: Meter
    deltas: Sequence[tuple[PageDelta, Flag | None]]
    came_from: PreviousAssignment | None
    anew: bool

    @property
    def name(self) -> str:
        """What a dealer knows it by."""
        return self.identity.asset_id or self.identity.serial_number


def detect_events(
    session: Session,
    devices: Sequence[DeviceState],
    changes: Sequence[DeviceChange],
    listed: Sequence[DeviceState],
    unlisted: Sequence[DeviceState],
    day: date,
) -> list[Event]:
    """Return the unusual events of a feed's collection.

    ``devices``: all devices of the feed; ``listed`` and ``unlisted``: those the response
    has, and lacks.
    """
    events = _of_new(changes, is_first=not devices)
    for one in changes:
        events += _of_device(one)
    events += _of_return(
        session, [device for device in listed if device.missing_since is not None], devices
    )
    events += _mark_gone(
        session, [d for d in unlisted if d.missing_since is None and d.moved_to is None], day
    )
    return events


def _of_new(changes: Sequence[DeviceChange], *, is_first: bool) -> list[Event]:
    new = [one for one in changes if one.before is None and one.came_from is None]
    if is_first:
        return [Event("devices_found", {"count": len(new)})] if new else []
    return [
        Event("device_added", {"initial": one.meter.initial}, one.device_id, one.name)
        for one in new
    ]


def _of_device(one: DeviceChange) -> list[Event]:
    events = []
    if one.came_from is not None:
        other = one.came_from
        pages = sum(delta.pages for delta, _ in one.deltas)
        arrived = {"feed": other.feed_id, "pages": pages}
        events.append(Event("moved_in", arrived, one.device_id, one.name))
        left = {"device": one.device_id}
        events.append(Event("moved_away", left, other.device.id, other.device.name, other.feed_id))
    elif one.before is not None and not one.anew:
        events += _of_meter(one, one.before.meter)
    if one.before is not None and one.before.identity != one.identity:
        edited = {"before": one.before.identity.asset_id, "after": one.identity.asset_id}
        events.append(Event("asset_edited", edited, one.device_id, one.name))
    for delta, flag in one.deltas:
        since = {"pages": delta.pages, "since": str(delta.since)}
        if flag is not None:
            held = {**since, "for": flag.reason, "proposed": flag.proposed}
            events.append(Event("held", held, one.device_id, one.name))
        elif delta.days > LONG_UNREAD:
            events.append(Event("read_again", since, one.device_id, one.name))
    return events


def record_events(
    session: Session, feed_id: int, events: Sequence[Event], day: date, now: datetime
) -> None:
    """Write events; many of one kind become one line that counts them."""
    if not events:
        return
    by_kind: dict[FeedEventKind, list[Event]] = defaultdict(list)
    for event in events:
        by_kind[event.kind].append(event)
    rows = []
    for kind, same in by_kind.items():
        if kind in _FOLDED and len(same) > _LISTED_INDIVIDUALLY:
            names = [event.name for event in same[:_NAMES_LISTED]]
            same = [Event(kind, {"count": len(same), "names": names})]
        rows += [
            {
                "feed_id": event.feed_id or feed_id,
                "device_id": event.device_id,
                "at": now,
                "day": day,
                "kind": kind,
                "details": {"name": event.name, **event.details} if event.name else event.details,
            }
            for event in same
        ]
    session.execute(insert(_EVENT), rows)


def _of_meter(one: DeviceChange, before: Meter) -> list[Event]:
    """What became of a meter: another family, a fall, a dip that was none, a reset."""
    after = one.meter
    if after.counter_set != before.counter_set:
        details: dict[str, Any] = {"before": before.counter_set, "after": after.counter_set}
        return [Event("family_changed", details, one.device_id, one.name)]
    events = []
    if before.pending_drop is not None:
        kind: FeedEventKind = "reset" if after.latest < before.latest else "misread"
        details = {"before": before.latest, "after": before.pending_drop.count}
        events.append(Event(kind, details, one.device_id, one.name))
    if after.pending_drop is not None and after.pending_drop != before.pending_drop:
        details = {"before": after.latest, "after": after.pending_drop.count}
        events.append(Event("fell", details, one.device_id, one.name))
    return events


def _mark_gone(session: Session, gone: Sequence[DeviceState], day: date) -> list[Event]:
    """Devices the answer lacks for the first time."""
    if gone:
        ids = [device.id for device in gone]
        session.execute(update(_DEVICE).where(_DEVICE.c.id.in_(ids)).values(missing_since=day))
    return [
        Event("gone", {"latest_on": str(device.last_reading_on)}, device.id, device.name)
        for device in gone
    ]


def _of_return(
    session: Session, back: Sequence[DeviceState], all_known: Sequence[DeviceState]
) -> list[Event]:
    """Devices the answer has again; a single event when all were missing."""
    if back:
        ids = [device.id for device in back]
        session.execute(update(_DEVICE).where(_DEVICE.c.id.in_(ids)).values(missing_since=None))
    # One that comes back from another customer has an event of its own.
    back = [device for device in back if device.moved_to is None]
    here = [device for device in all_known if device.moved_to is None]
    if back and all(device.missing_since is not None for device in here) and len(here) > 1:
        since = min(device.missing_since for device in here if device.missing_since is not None)
        return [Event("customer_returned", {"since": str(since)})]
    return [
        Event("returned", {"since": str(device.missing_since)}, device.id, device.name)
        for device in back
    ]


def record_customer_missing(session: Session, feed_id: int, day: date, now: datetime) -> None:
    """Record once that a whole customer is missing from the response."""
    gone = session.execute(
        update(_DEVICE)
        .where(
            _DEVICE.c.feed_id == feed_id,
            _DEVICE.c.missing_since.is_(None),
            _DEVICE.c.moved_to.is_(None),
        )
        .values(missing_since=day)
        .returning(_DEVICE.c.id)
    ).all()
    if gone:
        record_events(session, feed_id, [Event("customer_gone", {"devices": len(gone)})], day, now)
