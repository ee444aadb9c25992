"""Sessions of users: started at log-in, ended at log-out or with a new password."""

import secrets
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from webapp.crypto import hash_token, keyed_hash
from webapp.db import execute_unless_locked
from webapp.models import User, UserSession

#: How long rows, with the hashes of networks, are stored; no session lasts longer.
STORED = timedelta(days=30)
#: How often the last use of a session is written.
TOUCHED_EVERY = timedelta(minutes=5)
#: How long a password that was entered counts as confirmed.
CONFIRMED_FOR = timedelta(minutes=15)
_IPV4_PREFIX, _IPV6_PREFIX = 24, 48


def start(session: Session, user: User, network_hash: str, now: datetime) -> str:
    """Start a session; return the random id for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(
        UserSession(
            user=user,
            token_hash=hash_token(token),
            network_hash=network_hash,
            created_at=now,
            last_seen_at=now,
        )
    )
    session.flush()
    return token


def touch(found: UserSession, now: datetime) -> None:
    """Write the last use of a session if it is due, in a transaction of its own."""
    before = now - TOUCHED_EVERY
    if found.last_seen_at <= before:
        execute_unless_locked(
            update(UserSession)
            .where(UserSession.id == found.id, UserSession.last_seen_at <= before)
            .values(last_seen_at=now)
        )


def confirm(session: Session, found: UserSession, now: datetime) -> None:
    """Record that the user of a session entered the password again."""
    found.confirmed_at = now
    session.flush()


def is_confirmed(found: UserSession, now: datetime) -> bool:
    """Whether the user of a session entered the password recently, to log in or again."""
    return now - (found.confirmed_at or found.created_at) < CONFIRMED_FOR


def end(session: Session, found: UserSession, now: datetime) -> None:
    """End a session."""
    found.ended_at = now
    session.flush()


def end_all(session: Session, user: User, now: datetime) -> None:
    """End all sessions of a user."""
    session.execute(
        update(UserSession)
        .where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


def delete_old(session: Session, now: datetime) -> None:
    """Delete the sessions that started ``STORED`` ago."""
    session.execute(
        delete(UserSession)
        .where(UserSession.created_at <= now - STORED)
        .execution_options(synchronize_session=False)
    )


def hash_network(secret_key: str, user: User, address: str | None) -> str:
    """Return a keyed hash of a user and the network of an address."""
    return keyed_hash(secret_key, f"network of user {user.id}", network_of(address))


def network_of(address: str | None) -> str:
    """Return the network of an address: IPv4 /24, IPv6 /48; "" for a Unix socket."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    prefix = _IPV4_PREFIX if found.version == 4 else _IPV6_PREFIX
    return str(ip_network(f"{found}/{prefix}", strict=False))
