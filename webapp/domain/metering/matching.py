"""Matching: which device each row of a feed's customer is. A machine is read once per night."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from webapp.domain.metering.baselines import baseline_of
from webapp.domain.metering.counter_sets import usable_values, values_of_set
from webapp.domain.metering.identity import (
    FleetRows,
    Row,
    agree,
    choose,
    count_of,
    normalize,
    rows_of,
    serial_key,
)
from webapp.domain.metering.process import Observation
from webapp.domain.metering.run import Context
from webapp.domain.metering.state import Alternate, Copy, DeviceState

Unmatched = Literal["no_identity", "same_identity"]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Match(Generic[Key]):
    """A row and its device: ``key`` is None for a device that is not stored yet.

    ``state`` can be set for such a device if it was separated from another one. ``away``: the row
    is at a customer without a feed; process it with a context without a feed.
    """

    key: Key | None
    state: DeviceState | None
    observation: Observation
    away: bool = False


@dataclass(slots=True)
class Matching(Generic[Key]):
    """The matches of a feed's collection, and the rows that it only reports."""

    matches: list[Match[Key]] = field(default_factory=list)
    duplicates: list[Row] = field(default_factory=list)
    unmatched: list[tuple[Row, Unmatched]] = field(default_factory=list)
    missing: list[Key] = field(default_factory=list)


def match_feed(
    fleet: FleetRows,
    customer: str,
    devices: Mapping[Key, DeviceState],
    context: Context,
) -> Matching[Key]:
    """Match the rows of a feed's customer, and of its devices that are listed elsewhere.

    ``devices``: those of the feed (``context.feed_id``) and of a former feed of its customer, and
    all that have a serial number of the customer's rows. Rows of another feed's customer are
    matched by that feed.
    """
    work = _Work(fleet, customer, devices, context)
    by_serial, blank = work.split()
    for serial in sorted(by_serial):
        work.match_serial(serial, by_serial[serial])
    work.match_absent(by_serial)
    for asset in sorted(blank, key=lambda asset: asset or ""):
        work.match_blank(asset, blank[asset])
    done = {match.key for match in work.found.matches}
    work.found.missing = [
        key
        for key, state in devices.items()
        if state.feed_id == context.feed_id and key not in done and not work.is_listed(state)
    ]
    return work.found


class _Work(Generic[Key]):
    """One feed's matching, step by step."""

    def __init__(
        self,
        fleet: FleetRows,
        customer: str,
        devices: Mapping[Key, DeviceState],
        context: Context,
    ) -> None:
        self.fleet, self.customer, self.context = fleet, customer, context
        self.devices = devices
        # Devices of the same customer's former feed, too: the feed was connected again.
        self.own = {
            key: state
            for key, state in devices.items()
            if state.feed_id == context.feed_id or state.customer == customer
        }
        self.by_serial = {state.serial: key for key, state in devices.items() if state.serial}
        self.found: Matching[Key] = Matching()
        self.taken: set[Key] = set()
        self.separated: dict[str | None, Copy] = {}

    def split(self) -> tuple[dict[str, list[Row]], dict[str | None, list[Row]]]:
        """Split the customer's rows by usable serial number, and the others by asset ID."""
        by_serial: dict[str, list[Row]] = defaultdict(list)
        blank: dict[str | None, list[Row]] = defaultdict(list)
        for row in self.fleet.by_customer.get(self.customer, ()):
            serial, asset = serial_key(row.serial_number), normalize(row.asset_id)
            key = self.by_serial.get(serial) if serial else None
            copy = self._separated(key, asset)
            if serial is None or copy is not None:
                blank[asset].append(row)
                if copy is not None:
                    self.separated[asset] = copy
            else:
                by_serial[serial].append(row)
        return by_serial, blank

    def is_listed(self, state: DeviceState) -> bool:
        """Whether the fleet has a row of this serial number and machine, of any feed."""
        rows = self.fleet.by_serial.get(state.serial, ()) if state.serial else ()
        return bool(rows_of(state, rows, self.context))

    def match_serial(self, serial: str, rows: Sequence[Row]) -> None:
        """Match the chosen row of a serial number, if it is one of this customer's."""
        key = self.by_serial.get(serial)
        state = self.devices[key] if key is not None else None
        choice = choose(self.fleet.by_serial[serial], state, self.context)
        chosen = choice.row if choice is not None else None
        copies = list(rows)
        if choice is not None and chosen in copies:
            copies.remove(choice.row)
            repeated = [row for row in copies if agree(choice.row, row, self.context)]
            if key is None:
                key, state = self._device_of_asset([choice.row, *repeated])
            aliases = frozenset(filter(None, (normalize(row.asset_id) for row in repeated)))
            self._add(key, state, choice.row, serial, choice.disputed, aliases=aliases)
        elif choice is not None and key in self.own and choice.row.feed_id is None:
            self._add(key, state, choice.row, serial, choice.disputed, away=True)
        self.found.duplicates += copies

    def match_absent(self, by_serial: Mapping[str, Sequence[Row]]) -> None:
        """Match the feed's devices that are listed at a customer without a feed."""
        for key, state in self.own.items():
            if state.serial is None or state.serial in by_serial:
                continue
            rows = self.fleet.by_serial.get(state.serial, ())
            choice = choose(rows, state, self.context)
            if choice is not None and choice.row.feed_id is None:
                self._add(key, state, choice.row, state.serial, choice.disputed, away=True)

    def match_blank(self, asset: str | None, rows: Sequence[Row]) -> None:
        """Match the rows of an asset ID that have no usable serial number."""
        distinct = self._distinct(rows)
        if asset is None and len(distinct) > 1:
            self.found.unmatched += [(row, "no_identity") for row in distinct]
            return
        candidates = {
            key: state
            for key, state in self.own.items()
            if key not in self.taken
            and state.asset == asset
            and (state.serial is None or (asset is not None and not self.is_listed(state)))
        }
        left = self._continuing(distinct, candidates)
        for row in left:
            self._match_rest(row, asset, candidates)

    def _separated(self, key: Key | None, asset: str | None) -> Copy | None:
        copies = self.devices[key].copies if key is not None else ()
        return next(
            (
                copy
                for copy in copies
                if copy.is_separate(self.context.closing)
                and (copy.customer, copy.asset) == (self.customer, asset)
            ),
            None,
        )

    def _distinct(self, rows: Sequence[Row]) -> list[Row]:
        """Return rows without exact copies and copies of rows matched by serial number."""
        matches = self.found.matches
        distinct: list[Row] = []
        for row in sorted(rows, key=lambda row: _blank_order(row, self.context)):
            if row in distinct or any(_is_copy(row, known, self.context) for known in matches):
                self.found.duplicates.append(row)
            else:
                distinct.append(row)
        return distinct

    def _continuing(self, rows: list[Row], candidates: dict[Key, DeviceState]) -> list[Row]:
        """Match rows to the devices whose counts they continue; return the rest.

        The nearest count is first, and a device that has no count yet is last.
        """
        pairs = [
            (state.counter_set is None, delta, state.serial is None, number, key)
            for number, row in enumerate(rows)
            for key, state in candidates.items()
            if (delta := delta_if_continuing(state, row, self.context)) is not None
        ]
        done: set[int] = set()
        for *_, number, key in sorted(pairs, key=lambda pair: pair[:4]):
            if number not in done and key in candidates:
                done.add(number)
                self._add(key, candidates.pop(key), rows[number], None)
        return [row for number, row in enumerate(rows) if number not in done]

    def _match_rest(self, row: Row, asset: str | None, candidates: dict[Key, DeviceState]) -> None:
        """Match a row that continues no device of its asset ID."""
        nameless = next((key for key, state in candidates.items() if state.serial is None), None)
        if nameless is not None:
            self._add(nameless, candidates.pop(nameless), row, None)
            return
        known = next(iter(candidates), None)
        if known is not None:
            self._add(known, candidates.pop(known), row, None, does_not_continue=True)
            return
        read_here = [
            match
            for match in self.found.matches
            if match.observation.asset == asset and match.observation.serial is None
        ]
        if read_here:
            self.found.unmatched.append((row, "same_identity"))
            return
        copy = self.separated.get(asset)
        state = None
        if copy is not None:
            first = Alternate(copy.counter_set, copy.first_values, copy.first_day)
            state = baseline_of(first, self.customer, asset, self.context)
        self._add(None, state, row, None)

    def _device_of_asset(self, rows: Sequence[Row]) -> tuple[Key | None, DeviceState | None]:
        """Return the feed's device of a row's asset ID without a known serial number."""
        for row in rows:
            asset = normalize(row.asset_id)
            for key, state in self.own.items():
                is_nameless = state.serial is None and key not in self.taken
                if not is_nameless or asset is None or state.asset != asset:
                    continue
                if delta_if_continuing(state, row, self.context) is not None:
                    return key, state
        return None, None

    def _add(
        self,
        key: Key | None,
        state: DeviceState | None,
        row: Row,
        serial: str | None,
        disputed: tuple[Row, ...] = (),
        *,
        away: bool = False,
        does_not_continue: bool = False,
        aliases: frozenset[str] = frozenset(),
    ) -> None:
        if key is not None:
            self.taken.add(key)
        asset = normalize(row.asset_id)
        observation = Observation(row, serial, asset, disputed, does_not_continue, aliases)
        self.found.matches.append(Match(key, state, observation, away))


def delta_if_continuing(state: DeviceState, row: Row, context: Context) -> int | None:
    """Return the pages that a row adds to a device if its count continues; None if not."""
    if state.counter_set is None:
        return 0
    own = values_of_set(usable_values(row.counters), state.counter_set)
    if any(value and name not in own for name, value in state.members.items()):
        return None
    count = count_of(row, state.counter_set, context)
    since = state.latest_on or state.listed_on
    days = max(context.business_days(since, context.closing), 1)
    delta = (count or 0) - state.latest
    return delta if 0 <= delta <= context.limits.of_gap(state.history, days) else None


def _is_copy(row: Row, match: Match[Key], context: Context) -> bool:
    """Whether a row without a serial number repeats a matched one, also by another asset ID."""
    known, asset = match.observation.row, normalize(row.asset_id)
    if asset is None:
        same = (row.last_seen, usable_values(row.counters))
        return same == (known.last_seen, usable_values(known.counters))
    earlier = match.state.assets_at(row.customer) if match.state is not None else ()
    assets = {match.observation.asset, *match.observation.aliases, *earlier}
    return asset in assets and agree(row, known, context)


def _blank_order(row: Row, context: Context) -> tuple[object, ...]:
    seen = context.past(row.last_seen)
    return (
        -seen.timestamp() if seen else 0.0,
        -(count_of(row, None, context) or 0),
        sorted(usable_values(row.counters).items()),
        row.asset_id or "",
        row.serial_number or "",
    )
