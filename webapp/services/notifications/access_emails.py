"""Emails with a personal link: an invitation, or a link to reset the password.

The link is created when the email is sent, and each attempt has a new one: only hashes of links are
stored.
"""

from datetime import datetime, timedelta
from typing import Literal

from flask_babel import force_locale, gettext
from sqlalchemy.orm import Session

from webapp.errors import Conflict
from webapp.models import Mail, User
from webapp.services.accounts import users

Purpose = Literal["invitation", "reset"]


def enqueue(session: Session, user: User, purpose: Purpose, now: datetime) -> None:
    """Add an email to the outbox."""
    with force_locale(users.language_of(user)):
        title = _title(user, purpose)
    session.add(
        Mail(
            user=user,
            key=f"{purpose}-{now:%Y%m%dT%H%M%S%f}",
            subject="access",
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


def link(session: Session, mail: Mail, now: datetime) -> tuple[str, timedelta]:
    """Create the link of an email; return its token, and how long it is valid.

    Raises Conflict if the user may not have one any more.
    """
    if mail.key.startswith("invitation-"):
        return users.invite_again(session, mail.user, now), users.VALID
    if not users.may_reset_password(mail.user):
        raise Conflict(gettext("The user cannot log in."))
    return users.reset_link(session, mail.user, now), users.RESET_VALID


def _title(user: User, purpose: Purpose) -> str:
    if purpose == "reset" or user.has_password:
        return gettext("Reset your password")
    return gettext("You are invited to %(name)s", name=user.account.name)
