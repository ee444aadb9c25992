"""Readings: what an answer told of a feed's printers, and what was gained since.

This is the inner loop of every night: a constant number of statements for a feed, however many
printers it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from webapp.domain.allocation import allocate_over_gap
from webapp.domain.validation import Flag, needs_history, validate
from webapp.printerpoint.schema import BadRow, Printer
from webapp.services import history, moves
from webapp.services.devices import Identity, Known, Skipped, identify, known
from webapp.services.history import Event, Told
from webapp.services.moves import RowsOf
from webapp.services.readings import rows
from webapp.services.readings.steps import Metering, Step, step_of
from webapp.services.suspicion import histories, joined

__all__ = ["Metering", "Taken", "take"]


@dataclass(slots=True)
class Taken:
    """What was taken: the latest day read, the pages to deposit by day, rows not counted."""

    heard_on: date | None = None
    devices: int = 0
    shares: dict[date, int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def take(
    session: Session,
    feed_id: int,
    printers: Sequence[Printer],
    bad_rows: Sequence[BadRow],
    closing: date,
    metering: Metering,
    now: datetime,
    rows_of: RowsOf,
) -> Taken:
    """Write the readings and deltas of a feed's printers. The feed's row must be locked.

    ``closing``: the day being closed; no reading is of a later one. A last-seen after ``now``
    (a wrong clock) counts as now, or it would silence the device until that day has come.
    ``rows_of``: what the answer says of another customer, where a printer may have been before.
    """
    printers = [
        printer
        if printer.last_seen is None or printer.last_seen <= now
        else replace(printer, last_seen=now)
        for printer in printers
    ]
    devices = known(session, feed_id)
    matched, skipped = identify(printers, devices)
    taken = Taken(skipped=skipped)
    taken.skipped += [Skipped(row.reason, row.asset_id, row.serial_number) for row in bad_rows]
    elsewhere = moves.follow(session, feed_id, matched, rows_of)
    steps = []
    for identity, printer, device in matched:
        other = elsewhere.get(identity)
        step = step_of(identity, printer, device, other, closing, metering)
        if isinstance(step, Skipped):
            taken.skipped.append(step)
        elif step is not None:
            steps.append(step)
    holds = _judge(session, steps, metering.ceiling)
    ids = rows.write(session, feed_id, steps, holds)
    for step in steps:
        taken.heard_on = max(taken.heard_on or step.reading.day, step.reading.day)
        for gain in step.gains:
            if (step.identity, gain.day) in holds:
                continue
            for day, pages in allocate_over_gap(
                gain.pages, gain.since, gain.day, metering.holidays
            ):
                taken.shares[day] = taken.shares.get(day, 0) + pages
    taken.devices = len(steps)
    told = [_told(step, ids[step.identity], holds) for step in steps]
    here = {device.id for _, _, device in matched if device is not None}
    listed = {Identity(row.asset_id or "", row.serial_number or "") for row in printers}
    listed |= {Identity(row.asset_id or "", row.serial_number or "") for row in bad_rows}
    gone = [one for one in devices if one.id not in here and one.identity not in listed]
    back = [device for _, _, device in matched if device is not None]
    taken.events = history.of_night(session, devices, told, back, gone, closing)
    return taken


def _judge(
    session: Session, steps: Sequence[Step], ceiling: int
) -> dict[tuple[Identity, date], Flag]:
    """Which gains are held for a person, by device and day."""
    unclear = {
        known.id
        for step in steps
        for gain in step.gains
        for known in _meters_of(step)
        if needs_history(gain.pages, gain.counter_restored)
    }
    before = histories(session, unclear)
    holds: dict[tuple[Identity, date], Flag] = {}
    for step in steps:
        for gain in step.gains:
            past = [before[known.id] for known in _meters_of(step) if known.id in before]
            hold = validate(
                gain.pages,
                gain.days,
                ceiling,
                joined(past),
                rolled_over=gain.rolled_over,
                counter_restored=gain.counter_restored,
            )
            if hold is not None:
                holds[step.identity, gain.day] = hold
    return holds


def _meters_of(step: Step) -> list[Known]:
    """The devices whose history a printer has: its own, and the one it had elsewhere."""
    other = step.came_from.device if step.came_from else None
    return [known for known in (step.device, other) if known is not None]


def _told(step: Step, device_id: int, holds: rows.Holds) -> Told:
    gains = [(gain, holds.get((step.identity, gain.day))) for gain in step.gains]
    return Told(
        device_id,
        step.identity,
        step.device,
        step.meter,
        gains,
        step.came_from,
        anew=step.reading.baseline,
    )
