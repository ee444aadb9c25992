"""Emails about a user's login: links to choose a password or to confirm an address, and changes.

A link is created when the email is sent, and each attempt has a new one: only hashes of links are
stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from webapp.errors import Conflict
from webapp.extensions import public_url_for
from webapp.models import Mail, User
from webapp.models.notice import Purpose
from webapp.services.accounts import email_changes, users


@dataclass(frozen=True, slots=True)
class Link:
    """An address, and how long it works; None: as long as the page exists."""

    address: str
    valid: timedelta | None = None


def enqueue(
    session: Session, user: User, purpose: Purpose, now: datetime, *, recipient: str | None = None
) -> None:
    """Add an email to the outbox; ``recipient``: an address other than the user's."""
    with force_locale(users.language_of(user)):
        title = _title(user, purpose)
    session.add(
        Mail(
            user=user,
            key=f"{purpose}-{now:%Y%m%dT%H%M%S%f}",
            subject="access",
            purpose=purpose,
            recipient=recipient,
            title=title[:250],
            plain="",
            html="",
            state="queued",
            created_at=now,
            due_at=now,
            attempts=0,
        )
    )
    session.flush()


def values(session: Session, secret_key: str, mail: Mail, now: datetime) -> Mapping[str, object]:
    """Return the values of the template ``access``, with a new link.

    Raises Conflict if the user may not have one any more.
    """
    user, purpose = mail.user, mail.purpose
    link = _link(session, secret_key, mail, now)
    return {
        "title": mail.title,
        "purpose": purpose,
        "link": link.address,
        "hours": link.valid // timedelta(hours=1) if link.valid else None,
        "email": mail.recipient if purpose == "email" else user.email,
        "account": user.account.name,
        "invited": not user.has_password,
    }


def _link(session: Session, secret_key: str, mail: Mail, now: datetime) -> Link:
    user, purpose = mail.user, mail.purpose
    if purpose == "invitation":
        return _choose_password(users.invite_again(session, user, now), users.VALID)
    if purpose == "changed":
        return Link(public_url_for("profile.show"))
    if not users.may_reset_password(user):
        raise Conflict(gettext("The user cannot log in."))
    if purpose == "email":
        token = email_changes.token(secret_key, user, mail.recipient or "")
        return Link(public_url_for("profile.confirm_email", token=token), email_changes.VALID)
    return _choose_password(users.reset_link(session, user, now), users.RESET_VALID)


def _choose_password(token: str, valid: timedelta) -> Link:
    return Link(public_url_for("auth.invitation", token=token), valid)


def _title(user: User, purpose: Purpose) -> str:
    if purpose == "email":
        return gettext("Confirm your email")
    if purpose == "changed":
        return gettext("Your email was changed")
    if purpose == "reset" or user.has_password:
        return gettext("Reset your password")
    return gettext("You are invited to %(name)s", name=user.account.name)
