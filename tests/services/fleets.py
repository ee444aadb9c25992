"""Fleets of servers by their serial numbers."""

from collections.abc import Iterable
from datetime import timedelta

from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from webapp.crypto import Keyring
from webapp.models import Account, Server
from webapp.services.servers import overlaps, servers

KEYS = Keyring([Fernet.generate_key().decode()])
LATER = NOW + timedelta(days=1)
AWAITS = {"code": "awaiting_approval", "params": {}}


def serials(*numbers: int, prefix: str = "CNB1L") -> list[str]:
    """Serial numbers of a fleet."""
    return [f"{prefix}{number:04}" for number in numbers]


FIVE = serials(*range(5))


def registered(
    session: Session,
    partner: Account | None = None,
    fleet: Iterable[str | None] | None = FIVE,
    name: str | None = None,
) -> Server:
    """A server that was registered with a fleet."""
    number = session.scalar(select(func.count()).select_from(Server))
    return servers.register(
        session,
        KEYS,
        partner or factories.partner(session),
        name=name,
        token=f"token-{number}",
        now=NOW + timedelta(minutes=number or 0),
        serials=None if fleet is None else overlaps.usable_serials(fleet),
    )


def replaced(session: Session, server: Server, fleet: list[str]) -> None:
    """Replace the token of a server by that of a fleet."""
    keys = overlaps.usable_serials(fleet)
    servers.replace_token(session, KEYS, server, f"new-token-{server.id}", LATER, keys)


def count(session: Session, model: type) -> int:
    """How many rows there are."""
    return int(session.scalar(select(func.count()).select_from(model)) or 0)
