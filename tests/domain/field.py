"""A service in memory around the metering engine: feeds, devices, deltas and deposits.

It stores every state as JSON and reads it back, as the database will.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from webapp.domain.metering.absence import missing
from webapp.domain.metering.codec import from_json, to_json
from webapp.domain.metering.events import DeltaChanged, DeltaRecorded, Event, Note, Result
from webapp.domain.metering.identity import FleetRows, Row, group_fleet
from webapp.domain.metering.limits import DEFAULT_LIMITS, Limits
from webapp.domain.metering.matching import match_feed
from webapp.domain.metering.process import process
from webapp.domain.metering.review import deposited
from webapp.domain.metering.run import Context
from webapp.domain.metering.state import Delta, DeviceState

FIRST_NIGHT = date(2026, 10, 19)
NEW_YORK = ZoneInfo("America/New_York")
#: Public holidays of the United States that fall into the tests' weeks.
HOLIDAYS = frozenset({date(2026, 10, 12), date(2026, 11, 11), date(2026, 11, 26)})
MONO, COLOUR = "coloredPagesByMonochrome", "coloredPagesByColor"
SIZE = "coloredPagesBySizeMonochromeTotal"


@dataclass
class Service:
    """Everything a night reads and writes, by the keys that a database would have."""

    feeds: dict[str, int] = field(default_factory=dict)
    feed_first: dict[int, date] = field(default_factory=dict)
    devices: dict[int, str] = field(default_factory=dict)
    deltas: dict[tuple[int, int], Delta] = field(default_factory=dict)
    notes: list[tuple[int, Note]] = field(default_factory=list)
    readings: set[tuple[int, date]] = field(default_factory=set)
    duplicates: list[Row] = field(default_factory=list)
    incomplete: list[tuple[date, int]] = field(default_factory=list)
    unmatched: list[tuple[Row, str]] = field(default_factory=list)
    holidays: Container[date] = HOLIDAYS
    limits: Limits = DEFAULT_LIMITS

    def connect(self, customer: str, day: date = FIRST_NIGHT) -> int:
        """Create a feed for a customer."""
        feed_id = len(self.feed_first) + 1
        self.feeds[customer], self.feed_first[feed_id] = feed_id, day
        return feed_id

    def state(self, device_id: int) -> DeviceState:
        """A device's state as stored."""
        return from_json(json.loads(self.devices[device_id]))

    def collect(self, rows: Iterable[Row], closing: date, now: datetime | None = None) -> None:
        """One collection of all feeds."""
        when = now or datetime.combine(closing + timedelta(days=1), time(5, 30), UTC)
        own = [replace(row, feed_id=self.feeds.get(row.customer)) for row in rows]
        fleet = group_fleet(own)
        for customer, feed_id in self.feeds.items():
            self._collect_feed(fleet, customer, feed_id, closing, when)

    def _collect_feed(
        self, fleet: FleetRows, customer: str, feed_id: int, closing: date, now: datetime
    ) -> None:
        context = Context(
            closing,
            now,
            NEW_YORK,
            self.holidays,
            feed_id,
            self.feed_first[feed_id],
            limits=self.limits,
        )
        states = {device_id: self.state(device_id) for device_id in self.devices}
        found = match_feed(fleet, customer, states, context)
        self.duplicates += found.duplicates
        self.unmatched += found.unmatched
        for match in found.matches:
            where = replace(context, feed_id=None, feed_first=None) if match.away else context
            result = process(match.state, match.observation, where)
            self.store(match.key, result, closing)
        for key in found.missing:
            self.store(key, missing(states[key], context), closing)

    def store(self, key: int | None, result: Result, closing: date) -> None:
        """Store a device's state and what its answer changed."""
        device_id = key or len(self.devices) + 1
        self.devices[device_id] = json.dumps(to_json(result.state))
        assert self.state(device_id) == result.state
        for event in result.events:
            self._store_event(device_id, event)
        if result.incomplete:
            self.incomplete.append((closing, device_id))
        for other in result.spawned:
            self.store(None, other, closing)

    def _store_event(self, device_id: int, event: Event) -> None:
        if isinstance(event, DeltaRecorded):
            key = (device_id, event.delta.number)
            assert key not in self.deltas
            self.deltas[key] = event.delta
        elif isinstance(event, DeltaChanged):
            key = (device_id, event.delta.number)
            assert self.deltas[key].state == event.before
            assert event.evidence or event.by == "user" or event.delta.state == "held"
            if event.delta.for_person and event.by == "readings" and event.delta.state == "held":
                assert event.evidence == event.delta.evidence
            self.deltas[key] = event.delta
        elif isinstance(event, Note):
            self.notes.append((device_id, event))
        else:
            assert (device_id, event.day) not in self.readings
            self.readings.add((device_id, event.day))

    def deposits(self) -> dict[tuple[int, date], int]:
        """Pages by feed and day."""
        pages: dict[tuple[int, date], int] = defaultdict(int)
        for delta in self.deltas.values():
            for day, part in deposited(delta):
                pages[delta.feed_id, day] += part
        return dict(pages)

    def total(self, feed_id: int | None = None) -> int:
        """All pages deposited, or those of one feed."""
        return sum(pages for (feed, _), pages in self.deposits().items() if feed_id in (None, feed))

    def held(self) -> list[Delta]:
        """Deltas under review."""
        return [delta for delta in self.deltas.values() if delta.state == "held"]

    def for_person(self) -> list[Delta]:
        """Deltas that readings cannot decide."""
        return [delta for delta in self.held() if delta.for_person]

    def check(self) -> None:
        """What holds after every night, whatever was read."""
        life: Counter[int] = Counter()
        for (device_id, _), delta in self.deltas.items():
            life[device_id] += delta.counted
            assert sum(pages for _, pages in delta.allocation) == delta.pages
            assert sum(pages for _, pages in deposited(delta)) == delta.counted
            first = self.feed_first[delta.feed_id]
            assert all(day >= first for day, _ in delta.allocation)
        for device_id in self.devices:
            state = self.state(device_id)
            assert state.life == life[device_id]
            for known in state.deltas:
                assert self.deltas[device_id, known.number].state == known.state


def row_of(cell: dict[str, Any], day: date) -> Row:
    """A row of a field case: see the folder's format."""
    seen = cell.get("seen", f"{day.isoformat()}T23:11:00Z")
    counters = cell.get("counters") or {MONO: cell.get("n"), COLOUR: 0}
    units = ("InClicks", "InHundredthsOfASquareMillimeter", "InMicrometers")
    named = {}
    for name, value in counters.items():
        for unit in units:
            name = name.removesuffix(unit)
        named[name] = value
    return Row(
        customer=cell.get("id", "ID-" + cell["c"]),
        feed_id=None,
        asset_id=cell.get("a") or None,
        serial_number=cell.get("s") or None,
        last_seen=datetime.fromisoformat(seen) if seen else None,
        counters=named,
    )


def nights(first: date, cells: Sequence[Sequence[dict[str, Any]]]) -> list[tuple[date, list[Row]]]:
    """The rows of consecutive nights."""
    days = [first + timedelta(days=number) for number in range(len(cells))]
    return [
        (day, [row_of(cell, day) for cell in night]) for day, night in zip(days, cells, strict=True)
    ]


def run(
    cells: Sequence[Sequence[dict[str, Any]]],
    *,
    first: date = FIRST_NIGHT,
    without_feed: Container[str] = (),
    twice: bool = False,
    reverse: bool = False,
) -> Service:
    """Run the nights of a field case; ``without_feed``: customers (IDs) that are not connected."""
    service = Service()
    played = nights(first, cells)
    customers = sorted({row.customer for _, rows in played for row in rows})
    for customer in customers[::-1] if reverse else customers:
        if customer not in without_feed:
            service.connect(customer, first)
    for day, rows in played:
        ordered = rows[::-1] if reverse else rows
        service.collect(ordered, day)
        if twice:
            before = (dict(service.deltas), dict(service.devices), len(service.notes))
            service.collect(rows, day)
            assert before == (service.deltas, service.devices, len(service.notes))
        service.check()
    return service


def cell(count: int, **values: Any) -> dict[str, Any]:
    """A row of one counter."""
    return {"c": "C", "s": "S-1", "a": "A-1", "counters": {MONO: count, COLOUR: 0}} | values


def totals(service: Service) -> list[int]:
    """Deposited pages of each device."""
    return [service.state(device_id).life for device_id in service.devices]


def notes(service: Service, *kinds: str) -> list[tuple[str, date]]:
    """Kind and day of the notes of these kinds."""
    return [(note.kind, note.day) for _, note in service.notes if note.kind in kinds]


def history(service: Service, *kinds: str) -> list[tuple[str, date, dict[str, Any]]]:
    """Kind, day and details of the notes of these kinds."""
    return [
        (note.kind, note.day, dict(note.details)) for _, note in service.notes if note.kind in kinds
    ]
