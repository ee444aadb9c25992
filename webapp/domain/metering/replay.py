"""Replay: meter devices again from their stored readings, in memory, by the present rules.

A stored reading is a day's lifetime count, without the counters of which it is the sum and without
the nights that had nothing new. So a replay meters each device by one counter (by two if one joined
later), and has no missing devices or incomplete answers.
"""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from webapp.domain.metering.counter_sets import CounterSet
from webapp.domain.metering.events import DeltaChanged, DeltaRecorded, Result
from webapp.domain.metering.identity import FleetRows, Row, group_fleet, serial_key
from webapp.domain.metering.limits import Limits
from webapp.domain.metering.matching import Match, match_feed
from webapp.domain.metering.process import process
from webapp.domain.metering.run import Context
from webapp.domain.metering.state import Delta, DeviceState

#: The counters that represent a counter set: its first one, and one that joined later.
_COUNTERS = {"size": ("coloredPagesBySizeMonochromeTotal", "coloredPagesBySizeColorTotal")}
_OTHER_COUNTERS = ("coloredPagesByMonochrome", "coloredPagesByColor")
_RECONNECTED_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReplayFeed:
    """A feed as known to a collection. ``customer``: the key of its customer in the fleet.

    ``stopped``: inactive or removed; ``removed_on``: the day of its removal.
    """

    id: int
    server_id: int
    customer: str
    zone: ZoneInfo
    holidays: Container[date]
    first_day: date
    stopped: bool = False
    removed_on: date | None = None


@dataclass(frozen=True, slots=True)
class StoredReading:
    """A device's lifetime count on a day. ``feed_id``: None at a customer without a feed.

    ``home``: the present feed of the device; ``joined``: pages of counters that joined later.
    """

    device: int
    home: int
    feed_id: int | None
    day: date
    count: int
    counter_set: CounterSet
    baseline: bool
    last_seen: datetime | None
    asset_id: str
    serial_number: str
    joined: int = 0

    @property
    def read_by(self) -> int:
        """The feed whose collection read it."""
        return self.home if self.feed_id is None else self.feed_id

    def row(self, feeds: Mapping[int, ReplayFeed]) -> Row:
        """Return the row of the fleet that it may have been."""
        first, second = _COUNTERS.get(self.counter_set, _OTHER_COUNTERS)
        counters: dict[str, int | None] = {first: self.count}
        if self.joined:
            apart = self.joined if self.count >= self.joined else 0
            counters = {first: self.count - apart, second: apart}
        return Row(
            customer=f"without a feed: {self.device}"
            if self.feed_id is None
            else feeds[self.feed_id].customer,
            feed_id=self.feed_id,
            asset_id=self.asset_id or None,
            serial_number=self.serial_number or None,
            last_seen=self.last_seen,
            counters=counters,
        )


@dataclass(slots=True)
class Replay:
    """The replay of a partner's feeds, which are given in the order of their collection.

    The key of a device is the id of the stored device with its first reading, or a negative number
    if no stored device remains for it. ``next_number``: of the first delta of every device. After
    the last night: ``states`` and ``deltas`` (by number); ``last``: the last reading of each;
    ``read_by``: the device for each stored one's readings; ``switched``: stored devices and days on
    which they answered with another counter set.
    """

    feeds: Mapping[int, ReplayFeed]
    limits: Limits
    next_number: int
    states: dict[int, DeviceState] = field(default_factory=dict)
    deltas: dict[int, dict[int, Delta]] = field(default_factory=lambda: defaultdict(dict))
    last: dict[int, StoredReading] = field(default_factory=dict)
    read_by: dict[int, int] = field(default_factory=dict)
    switched: set[tuple[int, date]] = field(default_factory=set)
    _sets: dict[int, CounterSet] = field(default_factory=dict)
    _by_feed: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    _by_serial: dict[str, int] = field(default_factory=dict)
    _new: int = 0

    def device_of(self, device: int, serial: str | None) -> int | None:
        """Return the device that a stored one is part of; None if its readings identify none."""
        if device in self.states:
            return device
        known = self._by_serial.get(serial) if serial is not None else None
        return self.read_by.get(device, known)

    def night(self, closing: date, readings: Iterable[StoredReading]) -> None:
        """Meter the readings of a day, server by server, feed by feed."""
        by_server: dict[int, list[StoredReading]] = defaultdict(list)
        for reading in readings:
            by_server[self.feeds[reading.read_by].server_id].append(reading)
        for server_id in sorted(by_server):
            self._collect(closing, by_server[server_id])

    def _collect(self, closing: date, readings: Sequence[StoredReading]) -> None:
        rows = [(reading.row(self.feeds), reading) for reading in readings]
        # By the row itself: two readings may have equal ones.
        answers = {id(row): reading for row, reading in rows}
        fleet = group_fleet(row for row, _ in rows)
        read = {reading.read_by for reading in readings}
        anew = {reading.device for reading in readings if self._begins_anew(reading)}
        self._sets.update({reading.device: reading.counter_set for reading in readings})
        for feed in self.feeds.values():
            if feed.id in read:
                self._collect_feed(feed, fleet, answers, anew, closing)

    def _begins_anew(self, reading: StoredReading) -> bool:
        """Whether the reading is a new baseline of a device that was read before.

        Of two counter sets that are replayed by one counter, the second one is.
        """
        before = self._sets.get(reading.device)
        if before is None:
            return False
        if before == reading.counter_set:
            return reading.baseline
        self.switched.add((reading.device, reading.day))
        return reading.baseline or "size" not in (before, reading.counter_set)

    def _collect_feed(
        self,
        feed: ReplayFeed,
        fleet: FleetRows,
        answers: Mapping[int, StoredReading],
        anew: Collection[int],
        closing: date,
    ) -> None:
        context = self._context(feed, closing)
        keys = self._related(feed, fleet)
        states = {key: self._state(key, feed, closing) for key in keys}
        for found in match_feed(fleet, feed.customer, states, context).matches:
            reading = answers[id(found.observation.row)]
            self._process(found, reading, context, anew=reading.device in anew)

    def _context(self, feed: ReplayFeed, closing: date) -> Context:
        # A collection runs on the day after, at any hour.
        end = datetime.combine(closing + timedelta(days=2), time(), tzinfo=feed.zone)
        return Context(
            closing, end, feed.zone, feed.holidays, feed.id, feed.first_day, limits=self.limits
        )

    def _related(self, feed: ReplayFeed, fleet: FleetRows) -> list[int]:
        """Return the feed's devices, and those that may be its machines, as a collection does."""
        keys = set(self._by_feed[feed.id])
        if not keys:
            for other in self.feeds.values():
                if other.removed_on is not None and other.customer == feed.customer:
                    keys |= self._by_feed[other.id]
        for row in fleet.by_customer.get(feed.customer, ()):
            serial = serial_key(row.serial_number)
            if serial is not None and serial in self._by_serial:
                keys.add(self._by_serial[serial])
        return sorted(keys)

    def _state(self, key: int, feed: ReplayFeed, closing: date) -> DeviceState:
        """Return a state, with a new baseline due if its feed was not collected for longer."""
        state = self.states[key]
        if state.feed_id is None or state.feed_id == feed.id:
            return state
        other = self.feeds[state.feed_id]
        if not other.stopped or (other.removed_on is not None and other.removed_on > closing):
            return state
        is_same_customer = other.customer == feed.customer
        stopped_on = other.removed_on or state.night
        resumed_on = min(closing, feed.first_day) if is_same_customer else closing
        if stopped_on is None or resumed_on - stopped_on > _RECONNECTED_WITHIN:
            state = replace(state, begin_anew=state.counter_set is not None)
        return replace(state, customer=feed.customer) if is_same_customer else state

    def _process(
        self, found: Match[int], reading: StoredReading, context: Context, *, anew: bool
    ) -> None:
        key, state = found.key, found.state
        if key is None:
            key = self._new_key(reading.device)
            if state is not None:
                state = replace(state, next_number=self.next_number)
        if state is not None and anew and state.counter_set is not None:
            is_other_set = self.last[key].counter_set != reading.counter_set
            state = replace(state, begin_anew=True, era=state.era + is_other_set)
        where = replace(context, feed_id=None, feed_first=None) if found.away else context
        result = process(state, found.observation, where)
        self._store(key, result, reading)
        for other in result.spawned:
            self._store(self._new_key(reading.device), other, reading)

    def _new_key(self, device: int) -> int:
        if device not in self.states:
            return device
        self._new -= 1
        return self._new

    def _store(self, key: int, result: Result, reading: StoredReading) -> None:
        before, state = self.states.get(key), result.state
        if before is None and state.next_number < self.next_number:
            state = replace(state, next_number=self.next_number)
        self.states[key] = state
        self.read_by[reading.device] = key
        if result.read or key not in self.last:
            self.last[key] = reading
        deltas = self.deltas[key]
        for event in result.events:
            if isinstance(event, DeltaRecorded | DeltaChanged):
                deltas[event.delta.number] = event.delta
        deltas.update({delta.number: delta for delta in state.deltas})
        if before is not None and before.feed_id is not None:
            self._by_feed[before.feed_id].discard(key)
        if state.feed_id is not None:
            self._by_feed[state.feed_id].add(key)
        if state.serial is not None:
            self._by_serial.setdefault(state.serial, key)


def nights_of(
    readings: Iterable[StoredReading], feeds: Mapping[int, ReplayFeed]
) -> dict[date, list[StoredReading]]:
    """Return readings by the day closed by their night, in order; a device has one per night.

    A day before the feed's first is not possible: its night was the first of the feed.
    """
    nights: dict[date, dict[int, StoredReading]] = defaultdict(dict)
    for reading in readings:
        night = max(reading.day, feeds[reading.read_by].first_day)
        known = nights[night].get(reading.device)
        if known is None or known.day < reading.day:
            nights[night][reading.device] = reading
    return {night: list(nights[night].values()) for night in sorted(nights)}
