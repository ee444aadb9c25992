"""The session of a request: found by the random id in Flask's cookie, started by a log-in."""

from typing import cast

from flask import g, request, session
from flask_login import current_user, login_user, logout_user
from htmx_flask import request as htmx_request

from webapp import clock
from webapp.db import READING_METHODS, db
from webapp.extensions import current_settings, login_manager
from webapp.models import User, UserSession
from webapp.queries import sessions as queries
from webapp.services.accounts import sessions

#: Endpoints of fragments that update themselves, without a user who does anything.
_POLLED = ("status.index", "collections.progress", "certificates.document")


@login_manager.user_loader
def load_user(token: str) -> User | None:
    """Return the user of an active session."""
    found = queries.find(db.session(), current_settings(), token, clock.now())
    g.user_session = found
    return found.user if found else None


def current() -> UserSession:
    """Return the session of the logged-in user."""
    return cast(UserSession, g.user_session)


def touch() -> None:
    """Write that the session is in use, unless that was written some minutes ago.

    Only when a page is read: a request that changes something is followed by one.
    """
    if request.endpoint == "static" or request.method not in READING_METHODS:
        return
    if htmx_request.htmx and request.endpoint in _POLLED:
        return
    if current_user.is_authenticated:
        sessions.touch(current(), clock.now())


def log_in(user: User) -> None:
    """Start a session, without data of the previous one in this browser; commit afterwards."""
    now = clock.now()
    if current_user.is_authenticated:
        sessions.end(db.session(), current(), now)
    user.session_token = sessions.start(db.session(), user, network_hash(user), now)
    session.clear()
    login_user(user)
    session.permanent = True


def log_out() -> None:
    """End the session; commit afterwards."""
    sessions.end(db.session(), current(), clock.now())
    clear()


def clear() -> None:
    """Remove the session, which was ended, from the cookie."""
    logout_user()
    session.clear()


def network_hash(user: User) -> str:
    """Return the keyed hash of the client's network for a user."""
    return sessions.hash_network(current_settings().secret_key, user, request.remote_addr)
