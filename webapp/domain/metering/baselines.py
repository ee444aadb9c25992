"""Baselines: the counts from which devices are counted, and where devices are listed."""

from collections.abc import Collection
from datetime import datetime

from webapp.domain.metering.counter_sets import pages_of
from webapp.domain.metering.days import reading_day
from webapp.domain.metering.falls import resume_contested
from webapp.domain.metering.identity import Row
from webapp.domain.metering.run import Context, Count, Run
from webapp.domain.metering.state import Alternate, DeviceState


def listed(row: Row, serial: str | None, asset: str | None, context: Context) -> DeviceState:
    """Return the state of a device that was not known before, without a baseline."""
    return DeviceState(
        serial=serial,
        asset=asset,
        customer=row.customer,
        feed_id=context.feed_id,
        listed_on=context.closing,
        away=context.feed_id is None,
    )


def set_baseline(run: Run, reading: Count) -> None:
    """Count from this reading; the pages before it are not counted."""
    run.note("baseline", reading.day, count=reading.count)
    resume_contested(run, reading)
    run.change(
        initial=reading.count,
        latest=reading.count,
        latest_on=reading.day,
        baseline_on=reading.day,
        fall=None,
        before_reset=None,
        marks=(),
    )
    run.remember(reading)


def baseline_of(
    first: Alternate, customer: str, asset: str | None, context: Context, next_number: int = 1
) -> DeviceState:
    """Return a device without a usable serial number, with its baseline when first seen."""
    count = pages_of(first.counter_set, first.values.values(), context.roll_width_mm)
    state = DeviceState(
        serial=None,
        asset=asset,
        customer=customer,
        feed_id=context.feed_id,
        listed_on=first.day,
        counter_set=first.counter_set,
        members=dict(first.values),
        next_number=next_number,
    )
    run = Run(state, context)
    set_baseline(run, Count(count, first.day, context.feed_id, context.feed_first))
    run.change(read_on=first.day, night=first.day)
    return run.state


def count_taken(run: Run, count: int, seen: datetime | None) -> Count:
    context = run.context
    day = reading_day(seen, context.zone, run.state.read_on, context.closing, context.feed_first)
    return Count(count, day, context.feed_id, context.feed_first)


def set_aliases(run: Run, customer: str, asset: str | None, repeated: Collection[str]) -> None:
    """Add the asset IDs of rows that repeat the device; those at another customer are dropped."""
    known = run.state.assets_at(customer)
    assets = {asset, *known, *repeated} if repeated or known[1:] else set()
    run.change(aliases=tuple(sorted(filter(None, assets))))


def set_listing(run: Run, row: Row, serial: str | None, asset: str | None) -> None:
    """Set the customer and feed at which the device is read."""
    state, context = run.state, run.context
    if serial is not None and state.serial is None:
        run.note("serial_known", context.closing)
        run.change(serial=serial)
    if context.feed_id is None:
        if not state.away:
            run.note("away", context.closing, customer=row.customer)
    elif state.feed_id != context.feed_id:
        run.note("transfer", context.closing, from_feed=state.feed_id, to_feed=context.feed_id)
    run.change(
        asset=asset if asset is not None else state.asset,
        customer=row.customer,
        feed_id=context.feed_id if context.feed_id is not None else state.feed_id,
        away=context.feed_id is None,
    )
