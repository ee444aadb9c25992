"""Process the rows of a feed: states, readings, deltas, changes of deposits, events.

This is the inner loop of every collection: the number of statements for a feed is constant,
regardless of the number of its devices.
"""

import logging
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webapp.domain.metering.absence import missing
from webapp.domain.metering.events import ReadingTaken
from webapp.domain.metering.identity import Row, choose
from webapp.domain.metering.limits import DEFAULT_LIMITS, Limits
from webapp.domain.metering.matching import Match, Matching, match_feed
from webapp.domain.metering.process import process
from webapp.domain.metering.run import Context
from webapp.domain.metering.state import DeviceState
from webapp.domain.reasons import Reason, reason
from webapp.errors import DATA_ERRORS
from webapp.printerpoint.fleet import Customer, FeedRows
from webapp.services.metering import events, match, store
from webapp.services.metering.events import Event
from webapp.services.metering.match import FeedContext, FeedInput
from webapp.services.metering.store import DepositChanges, DeviceUpdate
from webapp.services.metering.stored import Skipped, StoredDevice
from webapp.settings import Settings

log = logging.getLogger("releaf.metering")


@dataclass(frozen=True, slots=True)
class MeteringSettings:
    """Configured limits of metering, and the roll width for counters of paper length."""

    limits: Limits = DEFAULT_LIMITS
    roll_width_mm: int = 914

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the limits and the roll width of the settings."""
        limits = replace(DEFAULT_LIMITS, physical=settings.pages_per_day_ceiling)
        return cls(limits, settings.roll_width_mm)


@dataclass(frozen=True, slots=True)
class Metering:
    """The time zone, holidays and limits by which a feed's readings are processed."""

    zone: ZoneInfo
    holidays: Container[date]
    roll_width_mm: int
    limits: Limits

    def context(self, given: FeedInput, now: datetime) -> Context:
        """Return the context of a feed and night for the domain."""
        return Context(
            given.closing,
            now,
            self.zone,
            self.holidays,
            given.feed.id,
            given.feed.first_day,
            self.roll_width_mm,
            self.limits,
        )


@dataclass(slots=True)
class ReadingResult:
    """The latest day read, the changes of deposits, and what was not counted.

    ``devices``: devices with a reading; ``incomplete``: devices whose answer lacked a known
    counter; ``duplicates``: rows that repeat a device.
    """

    last_data_on: date | None = None
    devices: int = 0
    incomplete: int = 0
    duplicates: int = 0
    changes: DepositChanges = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def process_readings(
    session: Session, given: FeedInput, metering: Metering, now: datetime
) -> ReadingResult:
    """Meter the devices of a feed's customer. The feeds that they concern must be locked."""
    feed, found, own = given.feed, given.rows, given.own
    stored = own | given.related
    key = match.customer_key(feed.customer_id, feed.customer_name)
    if found.customer is not None:
        key = match.customer_key(found.customer.customer_id, found.customer.name)
    rows = match.group_rows(session, feed, found, key, stored.unreadable)
    devices = stored.readable
    context = metering.context(given, now)
    states = _states(devices, feed, key)
    matching = match_feed(rows, key, states, context)
    result = ReadingResult(duplicates=len(matching.duplicates))
    result.skipped = _skipped(matching, found)
    result.skipped += [device.skipped() for device in stored.unreadable]
    updates = _updates(matching, devices, context, result)
    updates += [
        DeviceUpdate(devices[device_id], missing(states[device_id], context))
        for device_id in matching.missing
    ]
    result.changes = store.write(session, updates, now)
    result.events = events.detect_events(updates, is_first=not (own.readable or own.unreadable))
    days = [
        event.day
        for one in updates
        for event in one.result.events
        if isinstance(event, ReadingTaken) and event.feed_id == feed.id
    ]
    result.last_data_on, result.devices = max(days, default=None), len(days)
    return result


def record_missing(
    session: Session, given: FeedInput, metering: Metering, now: datetime
) -> list[Event]:
    """Mark all devices of a feed as missing: the fleet does not list its customer."""
    context = metering.context(given, now)
    elsewhere = _elsewhere(session, given, context)
    devices = given.own.readable.values()
    updates = [
        DeviceUpdate(one, missing(one.state, context, elsewhere.get(one.id))) for one in devices
    ]
    store.write(session, updates, now)
    return events.customer_missing(updates)


def _elsewhere(session: Session, given: FeedInput, context: Context) -> dict[int, Row]:
    """Return, by device, its row at a customer without a feed that is another company."""
    feed, own = given.feed, given.own.readable
    key = match.customer_key(feed.customer_id, feed.customer_name)
    others = {
        match.customer_key(customer.customer_id, customer.name)
        for customer, _ in given.rows.elsewhere
        if _is_other_company(customer, given)
    }
    if not others:
        return {}
    rows = match.group_rows(session, feed, given.rows, key, given.own.unreadable)
    listed = {}
    for device in own.values():
        of_serial = rows.by_serial.get(device.state.serial, ()) if device.state.serial else ()
        choice = choose(of_serial, device.state, context)
        if choice is not None and choice.row.feed_id is None and choice.row.customer in others:
            listed[device.id] = choice.row
    return listed


def _is_other_company(customer: Customer, given: FeedInput) -> bool:
    """Whether a customer is not the feed's own, which is not found, with another name or ID.

    One without an ID, or of the same name, may be; it has no more printers than the feed. If it has
    its old name again, no page of the time between is lost.
    """
    has_own_id = customer.customer_id is not None and customer.name != given.feed.customer_name
    return has_own_id or customer.printers > len(given.own.readable)


def _states(
    devices: Mapping[int, StoredDevice], feed: FeedContext, key: str
) -> dict[int, DeviceState]:
    """Return the states of devices, those at the feed's customer under its present key."""
    aliases = {feed.customer_id, match.customer_key(None, feed.customer_name)}
    return {
        one.id: replace(one.state, customer=key)
        if one.feed_id == feed.id and one.state.customer in aliases
        else one.state
        for one in devices.values()
    }


def _updates(
    matching: Matching[int],
    devices: Mapping[int, StoredDevice],
    context: Context,
    result: ReadingResult,
) -> list[DeviceUpdate]:
    """Process every match separately: an error is reported and does not affect the others."""
    updates: list[DeviceUpdate] = []
    for found in matching.matches:
        if found.key is None and not found.observation.row.counters:
            continue  # an answer without values of an unknown machine
        try:
            updates += _updates_of(found, devices, context, result)
        except DATA_ERRORS as error:
            row = found.observation.row
            log.exception("a device of feed %s failed", context.feed_id)
            why = reason("device_error", name=type(error).__name__)
            result.skipped.append(Skipped(why, row.asset_id, row.serial_number))
    return updates


def _updates_of(
    found: Match[int],
    devices: Mapping[int, StoredDevice],
    context: Context,
    result: ReadingResult,
) -> list[DeviceUpdate]:
    where = replace(context, feed_id=None, feed_first=None) if found.away else context
    outcome = process(found.state, found.observation, where)
    row = found.observation.row
    if outcome.incomplete:
        result.incomplete += 1
        if row.counters:
            result.skipped.append(Skipped(_incomplete(found), row.asset_id, row.serial_number))
    before = devices[found.key] if found.key is not None else None
    new = [DeviceUpdate(None, other, row) for other in outcome.spawned]
    return [DeviceUpdate(before, outcome, row), *new]


def _incomplete(found: Match[int]) -> Reason:
    if found.observation.does_not_continue:
        return reason("does_not_continue")
    return reason("incomplete")


def _skipped(matching: Matching[int], found: FeedRows) -> list[Skipped]:
    """Return rows that are not counted: bad ones, and those that identify no device."""
    skipped = [Skipped(row.reason, row.asset_id, row.serial_number) for row in found.bad_rows]
    counts = Counter((row.asset_id, row.serial_number) for row, _ in matching.unmatched)
    for row, why in matching.unmatched:
        times = counts[row.asset_id, row.serial_number]
        code = (
            reason("no_identity")
            if why == "no_identity"
            else reason("listed_several_times", times=times + 1)
        )
        skipped.append(Skipped(code, row.asset_id, row.serial_number))
    return skipped
