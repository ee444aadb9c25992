"""Servers that read the same fleet: why one of them waits and, for operations, the other one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from webapp.domain.reasons import Reason, reason
from webapp.models import Account, FleetSerial, Server, ServerOverlap

#: All that a partner is informed of about a server of another partner.
AWAITING_APPROVAL = reason("awaiting_approval")

_Other = aliased(Server)
_OtherPartner = aliased(Account)


def own_overlapping(session: Session, server: Server) -> str | None:
    """Return the name of the partner's own server that a server waits for."""
    return session.scalar(
        select(Server.name)
        .join(ServerOverlap, ServerOverlap.other_id == Server.id)
        .where(
            ServerOverlap.server_id == server.id,
            ServerOverlap.approved_at.is_(None),
            Server.account_id == server.account_id,
        )
        .order_by(Server.id)
        .limit(1)
    )


def reason_to_wait(session: Session, server: Server) -> Reason | None:
    """Return the reason, for its partner, why a server is not collected; None if it is."""
    if server.awaiting_approval_since is None:
        return None
    name = own_overlapping(session, server)
    return AWAITING_APPROVAL if name is None else reason("same_fleet", name=name)


def pending(session: Session) -> Sequence[Any]:
    """Return the overlaps that await approval, the oldest first; for operations."""
    return session.execute(
        _overlaps()
        .where(ServerOverlap.approved_at.is_(None))
        .order_by(ServerOverlap.found_at, ServerOverlap.server_id, ServerOverlap.other_id)
    ).all()


def of_server(session: Session, server_id: int) -> Sequence[Any]:
    """Return the overlaps of a server, as the later one or the earlier one; for operations."""
    either = or_(ServerOverlap.server_id == server_id, ServerOverlap.other_id == server_id)
    return session.execute(
        _overlaps()
        .where(either)
        .order_by(ServerOverlap.found_at, ServerOverlap.server_id, ServerOverlap.other_id)
    ).all()


def is_other_fleet(session: Session, server: Server, serials: frozenset[str] | None) -> bool:
    """Whether a fleet has none of the printers that were last read of a server."""
    stored = select(FleetSerial.serial).where(FleetSerial.server_id == server.id)
    before = frozenset(session.scalars(stored))
    return bool(before and serials is not None and not before & serials)


def _overlaps() -> Select[*tuple[Any, ...]]:
    return (
        select(
            ServerOverlap.server_id,
            Server.name,
            Account.name.label("partner_name"),
            ServerOverlap.other_id,
            _Other.name.label("other_name"),
            _OtherPartner.name.label("other_partner_name"),
            ServerOverlap.shared,
            ServerOverlap.found_at,
            ServerOverlap.approved_at,
        )
        .join(Server, Server.id == ServerOverlap.server_id)
        .join(Account, Account.id == Server.account_id)
        .join(_Other, _Other.id == ServerOverlap.other_id)
        .join(_OtherPartner, _OtherPartner.id == _Other.account_id)
    )
