"""Servers, feeds, their health changes and collections."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.factories.accounts import customer, partner
from tests.factories.base import NOW, YESTERDAY, add, as_reason, numbers
from webapp.crypto import Keyring
from webapp.domain.reasons import Reason
from webapp.models import (
    Account,
    Collection,
    Feed,
    FeedNote,
    HealthChange,
    Outcome,
    Server,
    User,
)
from webapp.models.collection import CollectionKind, CollectionState, OutcomeKind
from webapp.models.feed import FeedStatus


def server(
    session: Session,
    account: Account | None = None,
    *,
    name: str = "Printerpoint",
    token: str | None = None,
    keyring: Keyring | None = None,
    health: str = "healthy",
    health_reason: str | Reason | None = None,
    health_changed_at: datetime = NOW,
    removed_at: datetime | None = None,
) -> Server:
    """A server of a partner; its token can be opened when a keyring is given."""
    made = add(
        session,
        Server(
            account=account or partner(session),
            name=name,
            encrypted_token=b"",
            health=health,
            health_reason=as_reason(health_reason),
            health_checked_at=NOW,
            health_changed_at=health_changed_at,
            created_at=NOW,
            removed_at=removed_at,
        ),
    )
    if keyring is not None:
        made.encrypt_token(keyring, token or f"token-{next(numbers)}")
        session.flush()
    return made


def feed_note(
    session: Session,
    of: Feed,
    user: User,
    *,
    text: str = "Called them",
    snoozed_until: date | None = None,
) -> FeedNote:
    """A note on a feed."""
    note = FeedNote(
        feed_id=of.id, user_id=user.id, text=text, snoozed_until=snoozed_until, created_at=NOW
    )
    return add(session, note)


def feed(
    session: Session,
    of: Server | None = None,
    account: Account | None = None,
    *,
    customer_id: str | None = None,
    customer_name: str | None = None,
    status: FeedStatus = "active",
    health: str | None = None,
    last_data_on: date | None = YESTERDAY,
    removed_at: datetime | None = None,
) -> Feed:
    """A feed of a server for a customer account of the server's partner."""
    of = of or server(session)
    account = account or customer(session, of.account, name=customer_name)
    usual = "pending" if status == "pending" else "healthy"
    return add(
        session,
        Feed(
            server=of,
            account=account,
            customer_id=customer_id or f"CUST{next(numbers):04}",
            customer_name=customer_name or account.name,
            status=status,
            health=health or usual,
            health_changed_at=NOW,
            last_data_on=None if status == "pending" else last_data_on,
            created_at=NOW,
            activated_at=None if status == "pending" else NOW,
            removed_at=removed_at or (NOW if status == "removed" else None),
        ),
    )


def collection(
    session: Session,
    of: Server | None = None,
    *,
    day: date = YESTERDAY,
    kind: CollectionKind = "scheduled",
    state: CollectionState = "finished",
    feed_id: int | None = None,
    feeds: int | None = 1,
    printers: int = 12,
    reason: str | Reason | None = None,
    requested_by: int | None = None,
    queued_at: datetime = NOW,
    seconds: int = 0,
) -> Collection:
    """A run over a server's feeds; one that has ended took some seconds."""
    ended = state in ("finished", "failed", "cancelled")
    return add(
        session,
        Collection(
            server=of or server(session),
            day=day,
            kind=kind,
            feed_id=feed_id,
            state=state,
            reason=as_reason(reason),
            requested_by=requested_by,
            queued_at=queued_at,
            alive_at=queued_at,
            finished_at=queued_at + timedelta(seconds=seconds) if ended else None,
            printers=printers,
            feeds=feeds,
        ),
    )


def outcome(
    session: Session,
    of: Collection,
    to: Feed,
    *,
    kind: OutcomeKind = "collected",
    pages: int = 1_234,
    devices: int = 1,
    skipped: Sequence[Mapping[str, Any]] | None = None,
    reason: str | Reason | None = None,
) -> Outcome:
    """The outcome of a collection for one feed."""
    return add(
        session,
        Outcome(
            collection_id=of.id,
            feed_id=to.id,
            outcome=kind,
            pages=pages,
            devices=devices,
            skipped=[{**row, "reason": as_reason(row["reason"])} for row in skipped or []],
            reason=as_reason(reason),
            at=NOW,
        ),
    )


def health_change(
    session: Session,
    of: Server | Feed,
    *,
    before: str = "healthy",
    after: str = "unhealthy",
    at: datetime = NOW,
    reason: str | Reason = "unreachable",
) -> HealthChange:
    """A change of a server's or a feed's health."""
    return add(
        session,
        HealthChange(
            server_id=of.id if isinstance(of, Server) else None,
            feed_id=of.id if isinstance(of, Feed) else None,
            before=before,
            after=after,
            at=at,
            reason=as_reason(reason),
            last_data_on=of.last_data_on if isinstance(of, Feed) else None,
        ),
    )
