"""Overlaps: servers that read the same fleet, whose pages would be counted twice.

Two servers overlap when their fleets share enough usable serial numbers. The one that got the fleet
later is not collected until operations approve it or one of them is removed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext
from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from webapp.db import MOST_PARAMETERS, lock
from webapp.domain.metering.identity import serial_key
from webapp.domain.reasons import Reason
from webapp.errors import Conflict, Invalid
from webapp.models import FleetSerial, Server, ServerOverlap
from webapp.queries import overlaps as queries

#: Fleets that share fewer serial numbers do not overlap.
MIN_SHARED = 5
_LONGEST_SERIAL = 200

Serials = frozenset[str]


def usable_serials(serial_numbers: Iterable[str | None]) -> Serials:
    """Return the normalized serial numbers that identify machines."""
    keys = map(serial_key, serial_numbers)
    return frozenset(key[:_LONGEST_SERIAL] for key in keys if key is not None)


def check_registration(
    session: Session, server: Server, serials: Serials | None, now: datetime
) -> None:
    """Compare the fleet of a server's new token with those of the other servers.

    Raises Invalid when another server of the partner reads the same fleet; with a server of another
    partner, this one awaits approval. ``serials``: None when the fleet was too large to read within
    the request; then the first collection compares it.
    """
    if serials is None:
        server.fleet_since = now
        return
    with session.begin_nested():
        before = _replace_serials(session, server.id, serials)
        if not _is_same_fleet(before, serials):
            server.fleet_since = now
            _delete_overlaps(session, server, now)
        _update_overlaps(session, server, now)
        other = queries.own_overlapping(session, server)
        if other is not None:
            raise Invalid(
                "token",
                gettext(
                    "This token gives access to the same printers as your server “%(name)s”. "
                    "Nothing was saved. Use the token of another Printerpoint login, or open that "
                    "server.",
                    name=other,
                ),
            )


def check_fleet(
    session: Session, server: Server, serial_numbers: Iterable[str | None], now: datetime
) -> Reason | None:
    """Store the serial numbers of a fetched fleet; return why it must not be collected, or None.

    Call it before anything is deposited. Runs a constant number of statements.
    """
    session.flush()
    lock(session, Server.id, server.id)
    session.refresh(server)
    _replace_serials(session, server.id, usable_serials(serial_numbers))
    _update_overlaps(session, server, now)
    return queries.reason_to_wait(session, server)


def approve(session: Session, server: Server, now: datetime) -> None:
    """Let a server be collected although another one reads the same fleet. Raises Conflict.

    The overlaps for which it awaited approval are not reported again.
    """
    session.flush()
    lock(session, Server.id, server.id)
    session.refresh(server)
    if server.awaiting_approval_since is None:
        raise Conflict(gettext("%(name)s is not awaiting approval.", name=server.name))
    session.execute(
        update(ServerOverlap)
        .where(ServerOverlap.server_id == server.id, ServerOverlap.approved_at.is_(None))
        .values(approved_at=now)
    )
    server.awaiting_approval_since = None
    session.flush()


def delete_of_server(session: Session, server: Server, now: datetime) -> None:
    """Delete the serial numbers and overlaps of a removed server; servers that waited for it
    resume.

    A server that overlaps with a further one still waits.
    """
    session.execute(delete(FleetSerial).where(FleetSerial.server_id == server.id))
    _delete_overlaps(session, server, now)


def _replace_serials(session: Session, server_id: int, serials: Serials) -> Serials:
    """Store a fleet's serial numbers; return the previous ones. Only changes are written."""
    stored = select(FleetSerial.serial).where(FleetSerial.server_id == server_id)
    before = frozenset(session.scalars(stored))
    old = sorted(before - serials)
    for first in range(0, len(old), MOST_PARAMETERS):
        part = old[first : first + MOST_PARAMETERS]
        session.execute(
            delete(FleetSerial)
            .where(FleetSerial.server_id == server_id, FleetSerial.serial.in_(part))
            .execution_options(synchronize_session=False)
        )
    if serials - before:
        rows = [{"server_id": server_id, "serial": one} for one in sorted(serials - before)]
        session.connection().execute(insert(FleetSerial), rows)
    return before


def _is_same_fleet(before: Serials, after: Serials) -> bool:
    smaller = min(len(before), len(after))
    return smaller > 0 and 2 * len(before & after) >= smaller


def _update_overlaps(session: Session, server: Server, now: datetime) -> None:
    """Update the overlaps of a server from the stored serial numbers."""
    found = _find_overlapping(session, server)
    of_server = or_(ServerOverlap.server_id == server.id, ServerOverlap.other_id == server.id)
    known = {
        row.other_id if row.server_id == server.id else row.server_id: row
        for row in session.scalars(select(ServerOverlap).where(of_server))
    }
    for other_id, row in known.items():
        if other_id not in found and row.approved_at is None:
            session.delete(row)
        elif other_id in found:
            row.shared = found[other_id]
    others = _servers(session, found.keys() - known.keys())
    for other in others:
        earlier, later = sorted((server, other), key=_fleet_order)
        session.add(
            ServerOverlap(
                server_id=later.id, other_id=earlier.id, shared=found[other.id], found_at=now
            )
        )
    session.flush()
    if known or others:
        _update_waiting(session, now)
        session.refresh(server)


def _find_overlapping(session: Session, server: Server) -> dict[int, int]:
    """Return the servers whose fleets overlap with a server's, and how much they share."""
    mine, other = aliased(FleetSerial), aliased(FleetSerial)
    rows = session.execute(
        select(other.server_id, func.count().label("shared"))
        .join(mine, mine.serial == other.serial)
        .where(mine.server_id == server.id, other.server_id != server.id)
        .group_by(other.server_id)
        .having(func.count() >= MIN_SHARED)
    ).all()
    if not rows:
        return {}
    shared: dict[int, int] = {row.server_id: row.shared for row in rows}
    sizes = _fleet_sizes(session, [server.id, *shared])
    return {
        other_id: number
        for other_id, number in shared.items()
        if 2 * number >= min(sizes[server.id], sizes[other_id])
    }


def _fleet_sizes(session: Session, server_ids: Sequence[int]) -> dict[int, int]:
    rows: Iterable[Any] = session.execute(
        select(FleetSerial.server_id, func.count().label("size"))
        .where(FleetSerial.server_id.in_(server_ids))
        .group_by(FleetSerial.server_id)
    )
    return {row.server_id: row.size for row in rows}


def _servers(session: Session, ids: Iterable[int]) -> Sequence[Server]:
    query = select(Server).where(Server.id.in_(list(ids)), Server.removed_at.is_(None))
    return session.scalars(query.order_by(Server.id)).all()


def _fleet_order(server: Server) -> tuple[datetime, int]:
    """Return the sort key: when a server got its fleet, by registration or a token of another."""
    return server.fleet_since or server.created_at, server.id


def _delete_overlaps(session: Session, server: Server, now: datetime) -> None:
    either = or_(ServerOverlap.server_id == server.id, ServerOverlap.other_id == server.id)
    session.execute(delete(ServerOverlap).where(either))
    _update_waiting(session, now)


def _update_waiting(session: Session, now: datetime) -> None:
    """Set the servers that await approval: those with an overlap that is not approved."""
    session.flush()
    pending = select(ServerOverlap.server_id).where(ServerOverlap.approved_at.is_(None))
    waits, since = Server.id.in_(pending), Server.awaiting_approval_since
    for changed, value in ((waits & since.is_(None), now), (~waits & since.is_not(None), None)):
        session.execute(
            update(Server)
            .where(changed)
            .values(awaiting_approval_since=value)
            .execution_options(synchronize_session="fetch")
        )
