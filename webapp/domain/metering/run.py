"""A run: the context of one device's row, and its state and events while it is processed."""

from collections.abc import Container
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from webapp.domain.calendar import business_days_of_gap
from webapp.domain.metering.days import allocate
from webapp.domain.metering.events import (
    DeltaChanged,
    DeltaRecorded,
    Event,
    Note,
    NoteKind,
    Result,
)
from webapp.domain.metering.limits import DEFAULT_LIMITS, Limits
from webapp.domain.metering.state import (
    COUNTING,
    Delta,
    DeltaKind,
    DeltaState,
    DeviceState,
    Evidence,
    Mark,
)

#: Dropped or withdrawn by readings, or refused by a user.
_FINAL: frozenset[DeltaState] = frozenset({"dropped", "withdrawn", "rejected", "reset"})


@dataclass(frozen=True, slots=True)
class Context:
    """The facts of a night and a feed.

    ``closing``: the day being closed. ``now`` bounds last-seens: a later one is not possible.
    ``feed_id`` is None at a customer without a feed; ``feed_first`` is the feed's first day.
    """

    closing: date
    now: datetime
    zone: ZoneInfo
    holidays: Container[date]
    feed_id: int | None
    feed_first: date | None
    roll_width_mm: int = 914
    limits: Limits = DEFAULT_LIMITS

    def business_days(self, since: date, until: date) -> int:
        """Return the business days after ``since`` up to and including ``until``."""
        return len(business_days_of_gap(since, until, self.holidays))

    def past(self, last_seen: datetime | None) -> datetime | None:
        """Return a last-seen that is possible; None otherwise."""
        return last_seen if last_seen is not None and last_seen <= self.now else None


@dataclass(frozen=True, slots=True)
class Count:
    """One reading's count, its day, and the feed that read it (None: no feed)."""

    count: int
    day: date
    feed_id: int | None
    feed_first: date | None


@dataclass(slots=True)
class StateChange:
    """One device's state and events, changed step by step."""

    state: DeviceState
    events: list[Event] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.state = replace(self.state)

    def change(self, **values: Any) -> None:
        """Set fields of the state, which is a copy of the given one."""
        for name, value in values.items():
            setattr(self.state, name, value)

    def note(self, kind: NoteKind, day: date, **details: str | int | None) -> None:
        """Add an entry to the device's history."""
        self.events.append(Note(kind, day, details))

    def result(self, *, incomplete: bool = False, read: bool = False) -> Result:
        """Return the state and the events so far."""
        return Result(self.state, tuple(self.events), incomplete=incomplete, read=read)

    def credit(self, number: int, pages: int) -> None:
        """Add deposited pages of a delta (negative: withdrawn) to the life count."""
        before_reset = self.state.before_reset
        if before_reset is not None and number > before_reset.number:
            before_reset = replace(before_reset, deposited=before_reset.deposited + pages)
        self.change(life=self.state.life + pages, before_reset=before_reset)

    def decide(
        self,
        delta: Delta,
        state: DeltaState,
        *,
        counted: int | None = None,
        by: Literal["readings", "user"] = "readings",
        evidence: Evidence = (),
        **values: Any,
    ) -> None:
        """Set the state of a delta; ``counted`` defaults to all its pages or none."""
        if counted is None:
            counted = delta.pages if state in COUNTING else 0
        after = replace(delta, state=state, counted=counted, **values)
        self.change(
            deltas=tuple(
                after if known.number == delta.number else known for known in self.state.deltas
            )
        )
        self.credit(delta.number, counted - delta.counted)
        self.events.append(DeltaChanged(after, delta.state, by, evidence))


@dataclass(slots=True)
class Run(StateChange):
    """The processing of one reading of a device: a change of its state in a context."""

    context: Context

    def record(
        self,
        reading: Count,
        kind: DeltaKind,
        state: DeltaState,
        pages: int,
        *,
        before: int,
        since: date,
        for_person: bool = False,
    ) -> None:
        """Add a delta that ends at ``reading``; only a counted one is deposited."""
        if reading.feed_id is None or pages <= 0:
            return
        context = self.context
        delta = Delta(
            number=self.state.next_number,
            feed_id=reading.feed_id,
            since=since,
            day=reading.day,
            before=before,
            top=reading.count,
            pages=pages,
            days=max(context.business_days(since, reading.day), 1),
            kind=kind,
            state=state,
            counted=pages if state in COUNTING else 0,
            allocation=allocate(pages, since, reading.day, reading.feed_first, context.holidays),
            era=self.state.era,
            for_person=for_person,
        )
        self.change(next_number=delta.number + 1, deltas=(*self.state.deltas, delta))
        self.credit(delta.number, delta.counted)
        self.events.append(DeltaRecorded(delta))

    def leave_to_user(self, delta: Delta) -> None:
        """Record that later readings cannot decide a held delta."""
        self.decide(delta, "held", for_person=True, evidence=delta.evidence)

    def withdraw_after(self, after: int, reading: Count, up_to: int | None = None) -> None:
        """Drop or withdraw the deltas after number ``after``, which ``reading`` contradicts."""
        for delta in self.state.deltas:
            if delta.number <= after or (up_to is not None and delta.number > up_to):
                continue
            if delta.state in _FINAL:
                continue
            if delta.state == "baseline":
                self.change(initial=max(self.state.initial - delta.pages, 0))
            was_counted = delta.counted > 0 or delta.resumes is not None
            self.decide(
                delta,
                "withdrawn" if was_counted else "dropped",
                resumes=None,
                evidence=(*delta.evidence, (reading.day, reading.count))[-5:],
            )

    def remember(self, reading: Count) -> None:
        """Add a count to those a fall can return to; an equal count gets the later day."""
        state = self.state
        mark = Mark(reading.day, reading.count, state.next_number - 1, state.history)
        marks = state.marks
        if marks and marks[-1].count == mark.count and marks[-1].number == mark.number:
            marks = marks[:-1]
        marks = (*marks, mark)[-self.context.limits.remembered :]
        oldest = marks[0].number
        if state.before_reset is not None and state.before_reset.marks:
            oldest = min(oldest, state.before_reset.marks[0].number)
        self.change(
            marks=marks,
            deltas=tuple(
                delta for delta in state.deltas if delta.number > oldest or delta.state == "held"
            ),
        )
