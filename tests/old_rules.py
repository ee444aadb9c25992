"""What a version before device states would have stored, made from the readings that are there.

Every device of an asset ID and serial number was metered on its own, and every rise was deposited.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.domain.calendar import days_of_gap
from webapp.domain.metering.codec import from_json, to_json
from webapp.domain.metering.days import spread
from webapp.domain.metering.state import Delta as EngineDelta
from webapp.domain.metering.state import DeviceState, History, Mark
from webapp.models import Delta, Device, Feed, Reading
from webapp.services.metering import deltas, deposits


def meter_by_old_rules(session: Session, feed_ids: Iterable[int]) -> None:
    """Replace deltas, deposits and states of all devices of these feeds."""
    changes: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for feed in session.scalars(select(Feed).where(Feed.id.in_(feed_ids))):
        for device in session.scalars(select(Device).where(Device.feed_id == feed.id)):
            _take_out(session, device, changes)
            made = _deltas(session, device)
            for one in made:
                session.add(Delta(device_id=device.id, number=one.number, **deltas.values_of(one)))
                for day, pages in one.allocation:
                    changes[one.feed_id][day] += pages
            _set_state(device, feed, made)
    session.flush()
    deposits.apply_to_feeds(session, changes)
    session.commit()


def _take_out(session: Session, device: Device, changes: dict[int, dict[date, int]]) -> None:
    for row in session.scalars(select(Delta).where(Delta.device_id == device.id)):
        for day, pages in deltas.deposit_changes(None, deltas.of_row(row)).items():
            changes[row.feed_id][day] -= pages
    session.execute(delete(Delta).where(Delta.device_id == device.id))


def _deltas(session: Session, device: Device) -> list[EngineDelta]:
    found: list[EngineDelta] = []
    before: Reading | None = None
    query = select(Reading).where(Reading.device_id == device.id).order_by(Reading.day)
    for reading in session.scalars(query):
        if before is not None and not reading.baseline and reading.count > before.count:
            pages = reading.count - before.count
            days = days_of_gap(before.day, reading.day)
            found.append(
                EngineDelta(
                    number=len(found) + 1,
                    feed_id=reading.feed_id or device.feed_id,
                    since=before.day,
                    day=reading.day,
                    before=0,
                    top=pages,
                    pages=pages,
                    days=len(days),
                    kind="ordinary",
                    state="counted",
                    counted=pages,
                    allocation=spread(pages, days),
                    era=0,
                )
            )
        before = reading
        device.latest_count, device.latest_on = reading.count, reading.day
    return found


def _set_state(device: Device, feed: Feed, made: list[EngineDelta]) -> None:
    """As the migration to device states makes them."""
    known = from_json(device.state)
    pages = [delta.pages // delta.days for delta in made]
    history = History(
        len(made), max(pages, default=0), sum(d.pages for d in made), sum(d.days for d in made)
    )
    mark = Mark(device.latest_on, device.latest_count, len(made), history)
    device.life_count = sum(delta.pages for delta in made)
    device.counter_set = known.counter_set or "colour"
    device.state = to_json(
        DeviceState(
            serial=known.serial,
            asset=known.asset,
            customer=feed.customer_id or f"name:{feed.customer_name}",
            feed_id=feed.id,
            listed_on=device.first_on,
            counter_set=known.counter_set or "colour",
            initial=device.initial_count,
            latest=device.latest_count,
            latest_on=device.latest_on,
            life=device.life_count,
            baseline_on=device.first_on,
            read_on=device.latest_on,
            night=device.latest_on,
            last_seen=known.last_seen,
            history=history,
            marks=(mark,),
            next_number=len(made) + 1,
        )
    )
