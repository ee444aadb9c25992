"""Change of a user's email address, confirmed by a signed link that is sent to the new one.

The link names the present address, so that it works once.
"""

from datetime import datetime, timedelta

from flask_babel import gettext
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from webapp.db import lock
from webapp.errors import Conflict, Invalid
from webapp.models import User
from webapp.services.accounts import users

#: How long a link works.
VALID = timedelta(days=1)


def check(user: User, email: str) -> str:
    """Return the new address in lower case. Raises Invalid.

    It may be in use: only its owner learns that, from ``confirm``.
    """
    address = users.clean_email(email)
    if address == user.email:
        raise Invalid("email", gettext("This is your current email; enter another one."))
    return address


def token(secret_key: str, user: User, email: str) -> str:
    """Return the end of the link that confirms an address."""
    return str(_signer(secret_key).dumps([user.id, user.email, email]))


def new_address(secret_key: str, user: User, token: str) -> str:
    """Return the address that a link confirms.

    Raises Conflict if it is no link of this user, was used or has expired.
    """
    try:
        user_id, former, email = _signer(secret_key).loads(token, int(VALID.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        raise Conflict(_does_not_work()) from None
    if (user_id, former) != (user.id, user.email):
        raise Conflict(_does_not_work())
    return str(email)


def confirm(session: Session, secret_key: str, user: User, token: str, now: datetime) -> str:
    """Change the address; return the former one. Ends links that were sent to that.

    Raises Conflict.
    """
    lock(session, User.id, user.id)
    session.refresh(user)
    former, email = user.email, new_address(secret_key, user, token)
    if users.is_in_use(session, user.account, email):
        raise Conflict(gettext("This email address is already in use; enter another one."))
    user.email = email
    users.end_links(session, user, now)
    session.flush()
    return former


def _does_not_work() -> str:
    return gettext("This link does not work for your login. Enter the new email again.")


def _signer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="email address")
