"""Recount, store: replace the deltas of open months, and update what depends on them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from webapp.domain.metering.events import DeltaRecorded, Result
from webapp.domain.metering.state import DeviceState
from webapp.models import Delta as DeltaRow
from webapp.models import Device
from webapp.services.metering import deposits, store
from webapp.services.metering.recount_plan import Plan, RecountedDevice
from webapp.services.metering.store import DepositChanges, DeviceUpdate
from webapp.services.metering.stored import StoredDevice, stored_device

_AT_ONCE = 1_000


def replace_deltas(
    session: Session,
    plan: Plan,
    changed: Sequence[RecountedDevice],
    changes: DepositChanges,
    now: datetime,
) -> None:
    """Store the replayed deltas of devices in place of those of open months.

    Updates states, life counts and deposits (by ``changes``). A stored device that is the same
    machine as another one is no longer metered. The feeds must be locked.
    """
    for ids in _batches([row.id for device in changed for row in device.stored]):
        session.execute(
            delete(DeltaRow)
            .where(DeltaRow.id.in_(ids))
            .execution_options(synchronize_session=False)
        )
    left = _counted(session, changed)
    targets = _stored_devices(session, [device.target for device in changed])
    updates = [_update(plan, device, targets[device.target], left) for device in changed]
    store.write(session, updates, now)
    _absorb(session, changed, left)
    deposits.apply_to_feeds(session, changes)
    session.expire_all()


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(ids), _AT_ONCE):
        yield ids[first : first + _AT_ONCE]


def _counted(session: Session, changed: Sequence[RecountedDevice]) -> dict[int, int]:
    """Return the pages counted by the deltas that are not replaced, by device."""
    found: dict[int, int] = {}
    for ids in _batches([row.id for device in changed for row in device.identities]):
        rows = session.execute(
            select(DeltaRow.device_id, func.sum(DeltaRow.counted))
            .where(DeltaRow.device_id.in_(ids))
            .group_by(DeltaRow.device_id)
        )
        found |= {device_id: int(pages) for device_id, pages in rows}
    return found


def _stored_devices(session: Session, ids: Sequence[int]) -> dict[int, StoredDevice]:
    found = {}
    for some in _batches(ids):
        for device in session.scalars(select(Device).where(Device.id.in_(some))):
            found[device.id] = stored_device(device)
    return found


def _update(
    plan: Plan, device: RecountedDevice, stored: StoredDevice, left: Mapping[int, int]
) -> DeviceUpdate:
    life = left.get(device.target, 0) + sum(delta.counted for delta in device.replayed)
    state = replace(_state(plan, device, stored.state), life=life)
    return DeviceUpdate(stored, Result(state, tuple(map(DeltaRecorded, device.replayed))))


def _state(plan: Plan, device: RecountedDevice, stored: DeviceState) -> DeviceState:
    """Return the replayed state, completed with what readings do not contain."""
    replayed = plan.replay.states[device.key]
    of_replay = {delta.number: delta for delta in device.replayed}
    certified = tuple(d for d in stored.deltas if not plan.is_open(d.feed_id, d.day))
    remembered = tuple(of_replay[d.number] for d in replayed.deltas if d.number in of_replay)
    is_same_place = stored.feed_id == replayed.feed_id
    last = plan.replay.last[device.key]
    counter_set = last.counter_set if replayed.counter_set is not None else None
    known = (stored.counter_set, stored.latest, stored.fall)
    is_same_count = known == (counter_set, replayed.latest, replayed.fall)
    return replace(
        replayed,
        counter_set=counter_set,
        # Unknown members are taken from the next answer.
        members=stored.members if is_same_count else {},
        deltas=(*certified, *remembered),
        customer=stored.customer if is_same_place else replayed.customer,
        away=stored.away if is_same_place else replayed.away,
        listed_on=min(stored.listed_on, replayed.listed_on),
        night=max(filter(None, (stored.night, replayed.night)), default=None),
        begin_anew=stored.begin_anew,
        missing_since=stored.missing_since,
        incomplete_since=stored.incomplete_since or replayed.incomplete_since,
        alternate=stored.alternate,
        other_machine=stored.other_machine,
        copies=stored.copies or tuple(copy for copy in replayed.copies if copy.verdict),
    )


def _absorb(session: Session, changed: Sequence[RecountedDevice], left: Mapping[int, int]) -> None:
    """Join stored devices that are the same machine into the target."""
    gone: Counter[int] = Counter()
    for device in changed:
        gone.update(row.feed_id for row in device.absorbed)
        for row in device.identities:
            if row.id != device.target:
                session.execute(
                    update(Device)
                    .where(Device.id == row.id)
                    .values(
                        life_count=left.get(row.id, 0),
                        moved_to=row.moved_to or device.target,
                        serial_key=None,
                    )
                    .execution_options(synchronize_session=False)
                )
    store.change_device_counts(session, {feed_id: -number for feed_id, number in gone.items()})
