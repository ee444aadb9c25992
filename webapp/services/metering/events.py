"""Events: the history of a feed's devices. A collection without anything unusual adds none."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from webapp.domain.metering.events import DeltaChanged, DeltaRecorded, Note, NoteKind
from webapp.domain.metering.state import COUNTING, Delta
from webapp.models import FeedEvent
from webapp.models.feed_event import FeedEventKind
from webapp.services.metering import deltas
from webapp.services.metering.store import DeviceUpdate

#: More events of a folded kind in one collection become a single event.
_LISTED_INDIVIDUALLY = 3
_FOLDED: tuple[FeedEventKind, ...] = (
    "device_added",
    "awaiting_baseline",
    "baseline",
    "incomplete",
    "complete_again",
    "serial_known",
    "away",
    "gone",
    "returned",
    "read_again",
)
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


def detect_events(updates: Sequence[DeviceUpdate], *, is_first: bool) -> list[Event]:
    """Return the unusual events of the updates of a feed's collection.

    ``is_first``: the feed had no device before; its devices are then one event.
    """
    events = _of_new([one for one in updates if one.before is None], is_first=is_first)
    for one in updates:
        events += _of_update(one)
    return _fold_return(events, [one for one in updates if one.before is not None])


def customer_missing(updates: Sequence[DeviceUpdate]) -> list[Event]:
    """Return the event of a customer whose devices are all missing for the first time."""
    gone = [one for one in updates if one.result.events]
    return [Event("customer_gone", {"devices": len(gone)})] if gone else []


def record_events(
    session: Session, feed_id: int, events: Sequence[Event], day: date, now: datetime
) -> None:
    """Write events; more than a few of one kind become a single event with their number."""
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
    session.connection().execute(insert(FeedEvent), rows)


def _of_new(new: Sequence[DeviceUpdate], *, is_first: bool) -> list[Event]:
    counted = [one for one in new if one.state.counter_set is not None]
    if is_first:
        return [Event("devices_found", {"count": len(new)})] if new else []
    return [
        Event("device_added", {"initial": one.state.initial}, one.device_id, one.name)
        for one in counted
    ]


def _of_update(one: DeviceUpdate) -> list[Event]:
    events: list[Event] = []
    for event in one.result.events:
        if isinstance(event, Note):
            events += _of_note(one, event)
        elif isinstance(event, DeltaRecorded):
            events += _of_new_delta(one, event.delta)
        elif (
            isinstance(event, DeltaChanged)
            and event.by == "readings"
            and (event.delta.state != event.before or event.delta.for_person)
        ):
            events.append(_event(one, "resolved", **_resolved(event)))
    before = one.before
    if before is not None and one.row is not None:
        asset_id, _ = one.reported()
        if asset_id != before.asset_id:
            edited = {"before": before.asset_id, "after": asset_id}
            events.append(_event(one, "asset_edited", **edited))
    return events


def _event(one: DeviceUpdate, kind: FeedEventKind, **details: Any) -> Event:
    return Event(kind, details, one.device_id, one.name)


def _of_new_delta(one: DeviceUpdate, delta: Delta) -> list[Event]:
    since = {"pages": delta.pages, "since": delta.since.isoformat()}
    if delta.state == "held":
        proposed = deltas.initial_proposal(delta.kind, delta.pages)
        return [_event(one, "held", **since, **{"for": delta.kind, "proposed": proposed})]
    if delta.state in COUNTING and (delta.day - delta.since).days > LONG_UNREAD:
        return [_event(one, "read_again", **since)]
    return []


def _resolved(event: DeltaChanged) -> dict[str, Any]:
    delta = event.delta
    return {
        "pages": delta.pages,
        "since": delta.since.isoformat(),
        "day": delta.day.isoformat(),
        "state": delta.state,
        "before": event.before,
        "counted": delta.counted,
        "for_person": delta.for_person,
        "evidence": [[day.isoformat(), count] for day, count in event.evidence],
    }


def _of_note(one: DeviceUpdate, note: Note) -> list[Event]:
    kind = _KINDS.get(note.kind)
    if note.kind == "transfer":
        return _transfer(one, note)
    if kind is None or (one.before is None and note.kind in ("baseline", "awaiting_baseline")):
        return []
    details = _DETAILS.get(note.kind, _as_noted)(one, note.details)
    return [_event(one, kind, **details)]


def _transfer(one: DeviceUpdate, note: Note) -> list[Event]:
    previous = note.details.get("from_feed")
    pages = sum(
        event.delta.counted for event in one.result.events if isinstance(event, DeltaRecorded)
    )
    left = Event("moved_away", {"device": one.device_id}, one.device_id, one.name)
    left = Event(left.kind, left.details, left.device_id, left.name, int(previous or 0) or None)
    return [_event(one, "moved_in", feed=previous, pages=pages), left]


def _as_noted(_one: DeviceUpdate, details: Mapping[str, Any]) -> dict[str, Any]:
    return dict(details)


def _fall(_one: DeviceUpdate, details: Mapping[str, Any]) -> dict[str, Any]:
    return {"before": details["before"], "after": details["count"]}


def _glitch(one: DeviceUpdate, details: Mapping[str, Any]) -> dict[str, Any]:
    before = one.before.state.latest if one.before is not None else details["count"]
    return {"before": before, "after": details["fallen"]}


def _missing(one: DeviceUpdate, _details: Mapping[str, Any]) -> dict[str, Any]:
    return {"latest_on": (one.state.latest_on or one.state.listed_on).isoformat()}


def _switched(one: DeviceUpdate, details: Mapping[str, Any]) -> dict[str, Any]:
    before = one.before.state.counter_set if one.before is not None else None
    return {"before": before, "after": details["counter_set"]}


_KINDS: Mapping[NoteKind, FeedEventKind] = {
    "listed_again": "returned",
    "missing": "gone",
    "awaiting_baseline": "awaiting_baseline",
    "baseline": "baseline",
    "counts_from_zero": "counts_from_zero",
    "incomplete": "incomplete",
    "complete_again": "complete_again",
    "set_switched": "set_switched",
    "member_joined": "member_joined",
    "fall_pending": "fell",
    "glitch": "glitch",
    "small_fall": "small_fall",
    "spike": "spike",
    "reset": "reset",
    "restored": "restored",
    "away": "away",
    "serial_known": "serial_known",
    "does_not_continue": "does_not_continue",
    "disputed": "disputed",
    "copy": "copy",
    "two_machines": "two_machines",
}
_DETAILS: Mapping[NoteKind, Callable[[DeviceUpdate, Mapping[str, Any]], dict[str, Any]]] = {
    "fall_pending": _fall,
    "glitch": _glitch,
    "small_fall": _fall,
    "spike": _fall,
    "reset": _fall,
    "missing": _missing,
    "set_switched": _switched,
}


def _fold_return(events: list[Event], known: Sequence[DeviceUpdate]) -> list[Event]:
    """Make a single event of devices that are listed again when all were missing."""
    back = [event for event in events if event.kind == "returned"]
    was_missing = [one for one in known if one.before and one.before.state.missing_since]
    if len(known) < 2 or len(back) < len(known) or len(was_missing) < len(known):
        return events
    since = min(str(event.details["since"]) for event in back)
    others = [event for event in events if event.kind != "returned"]
    return [Event("customer_returned", {"since": since}), *others]
