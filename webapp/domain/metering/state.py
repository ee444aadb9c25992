"""The state of a device between two nights; ``codec`` converts it to JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from webapp.domain.metering.counter_sets import CounterSet
from webapp.domain.metering.days import Allocation

#: Why a delta is not an ordinary one.
DeltaKind = Literal[
    "ordinary",
    "limit",  # above what the device can have printed
    "near_lifetime",  # nearly the whole lifetime count
    "physical",  # above what any machine prints
    "first_count",  # the first count of a machine or counter that was at 0
    "joined",  # the lifetime count of a new counter
    "roll_over",  # the counter passed the end of its range
    "restored",  # a reset counter has its old count again
]
DeltaState = Literal[
    "counted",
    "held",
    "accepted",
    "adjusted",
    "rejected",
    "reset",
    "dropped",  # held, then contradicted by readings
    "withdrawn",  # counted, then contradicted by readings
    "baseline",  # became a new baseline: its pages were not printed here
]
#: States in which pages of a delta are deposited.
COUNTING: frozenset[DeltaState] = frozenset({"counted", "accepted", "adjusted"})

Evidence = tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class History:
    """The ordinary deltas of a device: their number, the busiest business day, and their sums."""

    deltas: int = 0
    busiest: int = 0
    pages: int = 0
    days: int = 0

    @property
    def mean(self) -> int:
        """Pages per business day on average, rounded up."""
        return -(-self.pages // self.days) if self.days else 0


@dataclass(frozen=True, slots=True)
class Delta:
    """The pages between two counts of a device, and their state.

    ``number`` counts the device's deltas from 1. It is from the count ``before``, of the day
    ``since``, to the count ``top`` of ``day``, ``days`` business days later (at least 1). Counts
    are lifetime counts in whole pages. ``pages`` are as read, ``counted`` are deposited, to
    ``feed_id`` on the days of ``allocation`` (of all ``pages``). ``era``: how many resets and
    changes of its counter set the device had before; counts of different eras cannot be compared.
    ``for_person``: later readings cannot decide it. ``resumes`` and ``resumes_counted``: the state
    before a pending fall put it under review. ``confirmations``: the business days up to readings
    at or above ``top`` while it was held; ``confirmed_pages``: the pages of those days.
    ``evidence``: the last such readings, or those that decided it.
    """

    number: int
    feed_id: int
    since: date
    day: date
    before: int
    top: int
    pages: int
    days: int
    kind: DeltaKind
    state: DeltaState
    counted: int
    allocation: Allocation
    era: int
    for_person: bool = False
    resumes: DeltaState | None = None
    resumes_counted: int = 0
    confirmations: int = 0
    confirmed_pages: int = 0
    evidence: Evidence = ()

    @property
    def is_waiting(self) -> bool:
        """Whether later readings may decide it."""
        return self.state == "held" and self.resumes is None


@dataclass(frozen=True, slots=True)
class Mark:
    """A remembered reading, with the number of the last delta and the history at that time."""

    day: date
    count: int
    number: int
    history: History


@dataclass(frozen=True, slots=True)
class PendingFall:
    """A count below the previous one, not confirmed by a next reading yet."""

    day: date
    count: int
    feed_id: int | None
    feed_first: date | None


@dataclass(frozen=True, slots=True)
class BeforeReset:
    """The count and the remembered readings before a reset, while it can be restored.

    ``number``: the last delta before it; ``deposited``: pages of the deltas since.
    """

    count: int
    day: date
    readings_left: int
    number: int
    marks: tuple[Mark, ...] = ()
    deposited: int = 0

    def mark(self, count: int) -> Mark | None:
        """Return the latest remembered reading at or below a count; None from the old count on."""
        if count >= self.count:
            return None
        return next((mark for mark in reversed(self.marks) if 0 < mark.count <= count), None)


@dataclass(frozen=True, slots=True)
class Alternate:
    """The first values of what is sent instead, until it is the device's baseline."""

    counter_set: CounterSet
    values: Mapping[str, int]
    day: date


@dataclass(frozen=True, slots=True)
class Copy:
    """Another updated row of the same serial number with a disagreeing count.

    ``count`` and ``main_count``: both counts when last compared; ``first_*``: when first seen.
    ``alone``: nights on which only this row moved since then; ``alone_count``: its last count then.
    """

    customer: str
    asset: str | None
    counter_set: CounterSet
    first_values: Mapping[str, int]
    first_day: date
    count: int
    main_count: int
    night: date
    equal: int = 0
    different: int = 0
    alone: int = 0
    alone_count: int | None = None
    verdict: Literal["copy", "separate"] | None = None

    def is_separate(self, closing: date) -> bool:
        """Whether it is read as a machine of its own: from the night after the verdict on."""
        return self.verdict == "separate" and closing > self.night


@dataclass(frozen=True, slots=True)
class UnconnectedRow:
    """The latest row at a customer without a feed, while the device's own customer is not found.

    The company has another name, and the pages are its own once its feed is connected again; or the
    device is on loan, and they are not counted when it returns.
    """

    customer: str
    asset: str | None
    day: date
    last_seen: datetime | None = None
    values: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class DeviceState:
    """The state of one machine. A value: the rules change copies only.

    ``customer``: the opaque key of the customer at which it was read; ``feed_id``: the feed that
    read it last (also while it is ``away`` at a customer without a feed). ``night``: the day closed
    by the last reading; a night takes one reading. ``life``: deposited pages only.
    ``aliases``: the asset IDs of a device that its customer has listed several times in a night.
    ``other_machine``: the first row without a serial number that does not continue the count.
    """

    serial: str | None
    asset: str | None
    customer: str
    feed_id: int | None
    listed_on: date
    away: bool = False
    counter_set: CounterSet | None = None
    members: Mapping[str, int] = field(default_factory=dict)
    initial: int = 0
    latest: int = 0
    latest_on: date | None = None
    life: int = 0
    baseline_on: date | None = None
    zero_on: date | None = None
    read_on: date | None = None
    night: date | None = None
    last_seen: datetime | None = None
    incomplete_since: date | None = None
    missing_since: date | None = None
    alternate: Alternate | None = None
    other_machine: Alternate | None = None
    fall: PendingFall | None = None
    before_reset: BeforeReset | None = None
    marks: tuple[Mark, ...] = ()
    history: History = History()
    deltas: tuple[Delta, ...] = ()
    next_number: int = 1
    era: int = 0
    copies: tuple[Copy, ...] = ()
    begin_anew: bool = False
    elsewhere: UnconnectedRow | None = None
    aliases: tuple[str, ...] = ()

    @property
    def reported(self) -> int:
        """The count of the last reading, whether or not it is a pending fall."""
        return self.fall.count if self.fall else self.latest

    def is_newer(self, seen: datetime | None) -> bool:
        """Whether the printer was seen since the last reading; False without a last-seen."""
        return seen is not None and (self.last_seen is None or seen > self.last_seen)

    def assets_at(self, customer: str) -> tuple[str | None, ...]:
        """Return the asset IDs under which a customer has listed the device."""
        return (self.asset, *self.aliases) if self.customer == customer else ()

    def delta(self, number: int) -> Delta | None:
        """Return a delta by its number, if the state still has it."""
        return next((delta for delta in self.deltas if delta.number == number), None)
