"""Events: the changes by a reading or a decision, as values for the service to store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from webapp.domain.metering.counter_sets import CounterSet
from webapp.domain.metering.state import Delta, DeltaState, DeviceState, Evidence

NoteKind = Literal[
    "listed",
    "listed_again",
    "missing",
    "awaiting_baseline",
    "baseline",
    "counts_from_zero",
    "incomplete",
    "complete_again",
    "set_switched",
    "member_joined",
    "fall_pending",
    "glitch",
    "small_fall",
    "spike",
    "reset",
    "restored",
    "transfer",
    "away",
    "serial_known",
    "does_not_continue",
    "disputed",
    "copy",
    "two_machines",
]


@dataclass(frozen=True, slots=True)
class ReadingTaken:
    """A reading as reported, stored once for the device and day."""

    day: date
    count: int
    counter_set: CounterSet
    members: Mapping[str, int]
    last_seen: datetime | None
    feed_id: int | None
    baseline: bool = False


@dataclass(frozen=True, slots=True)
class DeltaRecorded:
    """A new delta: counted, held, or resolved at once as a new baseline."""

    delta: Delta


@dataclass(frozen=True, slots=True)
class DeltaChanged:
    """A new state of an earlier delta; ``evidence``: the readings that decided it."""

    delta: Delta
    before: DeltaState
    by: Literal["readings", "user"]
    evidence: Evidence = ()


@dataclass(frozen=True, slots=True)
class Note:
    """An entry in the device's history."""

    kind: NoteKind
    day: date
    details: Mapping[str, str | int | None]


Event = ReadingTaken | DeltaRecorded | DeltaChanged | Note


@dataclass(frozen=True, slots=True)
class Result:
    """The state after an answer or a decision, and its changes.

    ``incomplete``: the answer lacked a known counter, so there is no reading. ``read``: there is a
    reading. ``spawned``: results of devices that this answer separated from this one.
    """

    state: DeviceState
    events: tuple[Event, ...] = ()
    incomplete: bool = False
    read: bool = False
    spawned: tuple["Result", ...] = ()
