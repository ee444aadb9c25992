"""Renames: a customer that a fleet no longer lists, and the one that lists its devices now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from webapp.domain.metering.counter_sets import CounterSet, pages_of, usable_values, values_of_set
from webapp.domain.metering.identity import normalize, serial_key

#: ID and name of a customer in a fleet.
CustomerKey = tuple[str | None, str]
#: A single asset ID does not identify a customer.
_FEWEST_ASSETS = 2


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device of a customer that is not found: its serial number or asset ID, and latest count."""

    asset_id: str
    serial_number: str
    counter_set: CounterSet
    count: int


@dataclass(slots=True)
class Listing:
    """The rows of a customer without a feed: serial numbers, and counters by asset ID."""

    serials: set[str] = field(default_factory=set)
    assets: dict[str, list[Mapping[str, int | None]]] = field(default_factory=dict)

    def add(
        self, asset_id: str | None, serial_number: str | None, counters: Mapping[str, int | None]
    ) -> None:
        """Add a row of the customer."""
        serial, asset = serial_key(serial_number), normalize(asset_id)
        if serial is not None:
            self.serials.add(serial)
        if asset is not None:
            self.assets.setdefault(asset, []).append(counters)


@dataclass(frozen=True, slots=True)
class Successor:
    """The customer that lists ``devices`` of the ``of`` devices by which a feed is known."""

    customer: CustomerKey
    devices: int
    of: int


def find_successors(
    lost: Mapping[int, Sequence[KnownDevice]],
    listings: Mapping[CustomerKey, Listing],
    roll_width_mm: int,
) -> dict[int, Successor]:
    """Return, by feed, which customer lists at least half of a lost customer's devices.

    It is the one that lists most; if two list equally many, none is. A customer succeeds one feed:
    the one of which it lists most, and if there are two such feeds, neither.
    """
    best: dict[int, Successor] = {}
    for feed_id, devices in lost.items():
        found = _most(
            successor
            for key, listing in listings.items()
            if (successor := _successor(key, devices, listing, roll_width_mm)) is not None
        )
        if found is not None:
            best[feed_id] = found
    claims: dict[CustomerKey, list[int]] = defaultdict(list)
    for feed_id, successor in best.items():
        claims[successor.customer].append(feed_id)
    return {
        feed_id: best[feed_id]
        for feed_ids in claims.values()
        if (found := _most(best[feed_id] for feed_id in feed_ids)) is not None
        for feed_id in feed_ids
        if best[feed_id] is found
    }


def _successor(
    key: CustomerKey, devices: Sequence[KnownDevice], listing: Listing, roll_width_mm: int
) -> Successor | None:
    serials = {serial_key(device.serial_number) for device in devices} - {None}
    if serials:
        matched, of, fewest = len(serials & listing.serials), len(serials), 1
    else:
        known = {asset: one for one in devices if (asset := normalize(one.asset_id)) is not None}
        of, fewest = len(known), _FEWEST_ASSETS
        matched = sum(
            any(_continues(device, row, roll_width_mm) for row in listing.assets.get(asset, ()))
            for asset, device in known.items()
        )
    if matched < fewest or 2 * matched < of:
        return None
    return Successor(key, matched, of)


def _continues(device: KnownDevice, counters: Mapping[str, int | None], roll_width_mm: int) -> bool:
    """Whether a row's count is not below the device's latest."""
    values = values_of_set(usable_values(counters), device.counter_set)
    return bool(values) and (
        pages_of(device.counter_set, values.values(), roll_width_mm) >= device.count
    )


def _most(found: Iterable[Successor]) -> Successor | None:
    """Return the one with most devices; None without any, or with several."""
    ordered = sorted(found, key=lambda successor: successor.devices, reverse=True)
    if len(ordered) > 1 and ordered[0].devices == ordered[1].devices:
        return None
    return ordered[0] if ordered else None
