"""Accounts, their brands, users, invitations and mails."""

import hashlib
from datetime import datetime
from io import BytesIO

from PIL import Image
from sqlalchemy.orm import Session

from tests.factories.base import NOW, add, numbers
from webapp import clock
from webapp.crypto import hash_token
from webapp.domain.reasons import Reason
from webapp.models import (
    Account,
    Brand,
    Invitation,
    Logo,
    Mail,
    SavedView,
    User,
    UserSession,
)
from webapp.models.user import Role
from webapp.services.accounts import passwords
from webapp.services.accounts.users import VALID

#: Every user that is made here has it, unless the test passes None.
PASSWORD = "correct horse battery staple"
_PASSWORD_HASH = passwords.hash_password(PASSWORD)


def partner(
    session: Session,
    *,
    name: str | None = None,
    time_zone: str = "America/New_York",
    country: str = "US",
) -> Account:
    """A print dealer."""
    return add(
        session,
        Account(
            kind="partner",
            name=name or f"Northwind Print {next(numbers)}",
            time_zone=time_zone,
            country=country,
            created_at=NOW,
        ),
    )


def customer(
    session: Session,
    of: Account | None = None,
    *,
    name: str | None = None,
    country: str | None = None,
) -> Account:
    """A customer of a partner."""
    return add(
        session,
        Account(
            kind="customer",
            name=name or f"Harbour Architects {next(numbers)}",
            partner=of or partner(session),
            country=country,
            created_at=NOW,
        ),
    )


def _picture(number: int) -> bytes:
    """A PNG picture of one pixel, whose colour is the number."""
    output = BytesIO()
    Image.new("RGB", (1, 1), number).save(output, "PNG")
    return output.getvalue()


def logo(session: Session, content: bytes | None = None) -> Logo:
    """A picture unlike any other."""
    content = content or _picture(next(numbers))
    return add(
        session,
        Logo(
            digest=hashlib.sha256(content).hexdigest(),
            content_type="image/png",
            width=320,
            height=80,
            created_at=NOW,
            content=content,
        ),
    )


def brand(
    session: Session,
    of: Account | None = None,
    *,
    name: str | None = None,
    colour: str | None = "#1d4ed8",
    picture: bytes | None = None,
) -> Brand:
    """A partner's name, colour and logo."""
    return add(
        session,
        Brand(
            account_id=(of or partner(session)).id,
            name=name,
            colour=colour,
            logo=logo(session, picture),
            changed_at=NOW,
        ),
    )


def operations(session: Session) -> Account:
    """The account of operations."""
    return add(
        session, Account(kind="operations", name="Operations", time_zone="UTC", created_at=NOW)
    )


def user(
    session: Session,
    account: Account | None = None,
    *,
    role: Role | None = None,
    email: str | None = None,
    full_name: str = "Ada Byron",
    password_hash: str | None = _PASSWORD_HASH,
    disabled_at: datetime | None = None,
) -> User:
    """A user who can log in with PASSWORD; of a partner, its administrator."""
    account = account or partner(session)
    usual: dict[str, Role] = {
        "operations": "operations",
        "partner": "partner_admin",
        "customer": "customer",
    }
    number = next(numbers)
    return add(
        session,
        User(
            account=account,
            full_name=full_name,
            email=email or f"ada{number}@example.com",
            role=role or usual[account.kind],
            password_hash=password_hash,
            created_at=NOW,
            disabled_at=disabled_at,
        ),
    )


def user_session(
    session: Session,
    of: User,
    *,
    now: datetime | None = None,
    network_hash: str = "n" * 64,
) -> UserSession:
    """A session that has just started; ``session_token`` of the user is what the cookie holds."""
    now = now or clock.now()
    of.session_token = f"session {next(numbers)}"
    return add(
        session,
        UserSession(
            user=of,
            token_hash=hash_token(of.session_token),
            network_hash=network_hash,
            created_at=now,
            last_seen_at=now,
        ),
    )


def invitation(
    session: Session,
    of: User | None = None,
    *,
    token: str | None = None,
    expires_at: datetime = NOW + VALID,
    used_at: datetime | None = None,
) -> Invitation:
    """An invitation whose link ends in ``token``."""
    return add(
        session,
        Invitation(
            user=of or user(session, password_hash=None),
            token_hash=hash_token(token or f"token {next(numbers)}"),
            created_at=expires_at - VALID,
            expires_at=expires_at,
            used_at=used_at,
        ),
    )


def saved_view(
    session: Session,
    of: User,
    *,
    list_name: str = "feeds",
    name: str = "Unhealthy feeds",
    filters: dict[str, str] | None = None,
) -> SavedView:
    """A saved view of a user."""
    filters = filters or {"health": "unhealthy"}
    view = SavedView(user_id=of.id, list_name=list_name, name=name, filters=filters, created_at=NOW)
    return add(session, view)


def mail(
    session: Session,
    to: User | None = None,
    *,
    key: str | None = None,
    title: str = "Printerpoint is unhealthy",
    state: str = "sent",
    created_at: datetime = NOW,
    error: Reason | None = None,
) -> Mail:
    """A mail in the outbox."""
    return add(
        session,
        Mail(
            user=to or user(session),
            key=key or f"change-{next(numbers)}",
            subject="server",
            title=title,
            plain=f"{title}\n",
            html=f"<p>{title}</p>",
            state=state,
            created_at=created_at,
            due_at=created_at,
            sent_at=created_at if state == "sent" else None,
            attempts=1 if error else 0,
            error=error,
        ),
    )
