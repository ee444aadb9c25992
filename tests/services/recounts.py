"""Recounts of a World that was collected by earlier rules."""

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import select

from tests.old_rules import meter_by_old_rules
from tests.world import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from webapp.domain.metering.codec import from_json
from webapp.domain.metering.limits import DEFAULT_LIMITS
from webapp.domain.metering.state import DeviceState
from webapp.models import (
    Account,
    Device,
    Feed,
)
from webapp.queries import reconciliation
from webapp.services.accounts.audit import Actor
from webapp.services.metering import recount as service

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
COMMAND = Actor(None, "command")

Rows = list[tuple[int, str, int, int, list[tuple[str, date, int, int, str]]]]


def recount(world: World, *, applies: bool = False, feed_ids: set[int] | None = None) -> Rows:
    """Feed, month, pages before and after, and the devices that differ."""
    with world.session() as session:
        partner = session.get_one(Account, world.partner_id)
        found = service.recount(
            session,
            partner,
            DEFAULT_LIMITS,
            NOW,
            feed_ids=feed_ids,
            actor=COMMAND if applies else None,
        )
        rows = [
            (
                one.feed.id,
                str(one.month),
                one.before,
                one.after,
                [
                    (d.asset_id, d.day, d.before, d.after, d.why["code"].removeprefix("recount_"))
                    for d in one.devices
                ],
            )
            for one in found
        ]
        session.commit()
        return rows


def by_old_rules(world: World, *feeds: int) -> None:
    """Have the deposits of an earlier version."""
    with world.session() as session:
        meter_by_old_rules(session, feeds)


def states(world: World) -> dict[int, DeviceState]:
    """What is remembered of each device, without the numbers of its deltas."""
    with world.session() as session:
        rows = session.execute(select(Device.id, Device.state).order_by(Device.id))
        known = {row.id: from_json(row.state) for row in rows}
    return {
        device_id: replace(
            state,
            members={},
            next_number=0,
            deltas=tuple(replace(delta, number=0) for delta in state.deltas),
            marks=tuple(replace(mark, number=0) for mark in state.marks),
        )
        for device_id, state in known.items()
    }


def differences(world: World) -> list[str]:
    """What the reconciliation finds."""
    with world.session() as session:
        result = reconciliation.reconcile(session, select(Feed))
        return [str(one) for one in result.differences]


def spiked(world: World) -> int:
    """A feed with a reading that was too high for one night, as an earlier version had it."""
    feed = world.create_feed("Clinic", "CLI", S1=1_000, S2=100)
    for day, count in ((MONDAY, 1_000), (TUESDAY, 1_100), (WEDNESDAY, 5_100), (THURSDAY, 1_200)):
        world.printerpoint.set_count("S1", count)
        world.night(day)
    world.printerpoint.set_count("S1", 1_300)
    world.night(FRIDAY)
    return feed
