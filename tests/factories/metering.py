"""Devices, readings, deltas and deposits."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from tests.factories.base import NOW, TODAY, YESTERDAY, add, numbers
from tests.factories.feeds import feed
from webapp.domain.calendar import days_of_gap
from webapp.domain.metering.codec import from_json, to_json
from webapp.domain.metering.counter_sets import CounterSet
from webapp.domain.metering.days import spread
from webapp.domain.metering.identity import normalize, serial_key
from webapp.domain.metering.state import COUNTING, DeltaKind, DeltaState, DeviceState
from webapp.domain.metering.state import Delta as EngineDelta
from webapp.models import (
    Delta,
    Deposit,
    Device,
    Feed,
    Reading,
)
from webapp.services import summaries
from webapp.services.metering import deltas


def device(
    session: Session,
    of: Feed | None = None,
    *,
    asset_id: str | None = None,
    serial_number: str | None = None,
    counter_set: CounterSet = "colour",
    initial_count: int = 182_345,
    latest_count: int | None = None,
    first_on: date = TODAY - timedelta(days=31),
    latest_on: date = YESTERDAY,
) -> Device:
    """A printer under a feed."""
    of = of or feed(session)
    of.device_count += 1
    number = next(numbers)
    latest = initial_count if latest_count is None else latest_count
    asset = f"A-{number:04}" if asset_id is None else asset_id
    serial = f"CNB1L{number:05}" if serial_number is None else serial_number
    state = DeviceState(
        serial=serial_key(serial),
        asset=normalize(asset),
        customer=of.customer_id or f"name:{of.customer_name}",
        feed_id=of.id,
        listed_on=first_on,
        counter_set=counter_set,
        initial=initial_count,
        latest=latest,
        latest_on=latest_on,
        life=latest - initial_count,
        baseline_on=first_on,
        read_on=latest_on,
        night=latest_on,
        last_seen=NOW,
    )
    return add(
        session,
        Device(
            feed=of,
            asset_id=asset,
            serial_number=serial,
            serial_key=state.serial,
            counter_set=counter_set,
            initial_count=initial_count,
            latest_count=latest,
            life_count=state.life,
            first_on=first_on,
            latest_on=latest_on,
            last_seen_at=NOW,
            state=to_json(state),
        ),
    )


def reading(
    session: Session,
    of: Device | None = None,
    *,
    day: date = YESTERDAY,
    count: int = 182_345,
    baseline: bool = False,
) -> Reading:
    """A device's lifetime count on a day."""
    of = of or device(session)
    return add(
        session,
        Reading(
            device_id=of.id,
            day=day,
            feed_id=of.feed_id,
            count=count,
            counter_set=of.counter_set or "colour",
            baseline=baseline,
            last_seen_at=NOW,
        ),
    )


def delta(
    session: Session,
    of: Device | None = None,
    *,
    since: date | None = None,
    day: date = YESTERDAY,
    pages: int = 1_234,
    state: DeltaState = "counted",
    kind: DeltaKind | None = None,
    counted: int | None = None,
    proposed: int | None = None,
    reason: str | None = None,
    resolved_by: str | None = None,
    evidence: Sequence[tuple[date, int]] = (),
    for_person: bool = False,
) -> Delta:
    """What a device gained; ``state="held"`` is under review. The device's state has it, too."""
    of = of or device(session)
    known = from_json(of.state)
    since = since or day - timedelta(days=1)
    made = EngineDelta(
        number=known.next_number,
        feed_id=of.feed.id,
        since=since,
        day=day,
        before=max(of.latest_count - pages, 0),
        top=of.latest_count,
        pages=pages,
        days=max((day - since).days, 1),
        kind=kind or ("ordinary" if state == "counted" else "limit"),
        state=state,
        counted=counted if counted is not None else pages if state in COUNTING else 0,
        allocation=spread(pages, days_of_gap(since, day)),
        era=known.era,
        for_person=for_person,
        evidence=tuple(evidence),
    )
    if state not in COUNTING:
        known.life = of.life_count = max(known.life - pages, 0)
    known.deltas, known.next_number = (*known.deltas, made), made.number + 1
    of.state = to_json(known)
    is_resolved = state not in ("counted", "held")
    values = deltas.values_of(made) | ({} if proposed is None else {"proposed": proposed})
    return add(
        session,
        Delta(
            device=of,
            number=made.number,
            **values,
            reason=reason,
            resolved_by=resolved_by or ("user" if is_resolved else None),
            decided_at=NOW if is_resolved else None,
        ),
    )


def deposit(
    session: Session,
    of: Feed | None = None,
    *,
    day: date = YESTERDAY,
    pages: int = 1_234,
    counted_in: str | None = None,
) -> Deposit:
    """Pages credited to a feed for a day; negative ones are a correction."""
    of = of or feed(session)
    month = counted_in or f"{day:%Y-%m}"
    kind = "pages" if pages >= 0 else "correction"
    made = add(session, Deposit(feed_id=of.id, day=day, counted_in=month, kind=kind, pages=pages))
    summaries.add_deposits(session, of.server_id, {(day, month): pages})
    return made
