"""Sessions: signed cookies and tokens against forgery, with what is always the same made once.

A session lasts for half a day after the last page. Its cookie is written again when it changes, or
has an age: not with every page.
"""

from functools import lru_cache

from flask import Flask, current_app, g, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer

from webapp import clock

#: Seconds after which the cookie of somebody logged in is signed anew.
RENEWED_AFTER = 600
_FIELD = "csrf_token"
_SALT = "wtf-csrf-token"  # Flask-WTF's: it is what looks at the tokens that come back


class Sessions(SecureCookieSessionInterface):
    """How sessions come out of cookies and into them."""

    _signing: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What signs the cookies of an application, whose key stays the same."""
        if self._signing is None:
            self._signing = super().get_signing_serializer(app)
        return self._signing


def keep(app: Flask) -> None:
    """Give the application its sessions; call when users are known and forgery is guarded."""
    app.session_interface = Sessions()
    app.before_request(_renew)
    app.jinja_env.globals[_FIELD] = forgery_token
    app.context_processor(lambda: {_FIELD: forgery_token})


def forgery_token() -> str:
    """The token that forms carry against forgery: Flask-WTF's, signed once for a session."""
    _know_token()
    token: str = generate_csrf()
    return token


def _know_token() -> None:
    """Let Flask-WTF find the token of this session, rather than sign it anew."""
    raw = session.get(_FIELD)
    if raw is not None and _FIELD not in g:
        setattr(g, _FIELD, _signed(current_app.config["SECRET_KEY"], raw))


@lru_cache(maxsize=1024)
def _signed(key: str, raw: str) -> str:
    return str(URLSafeTimedSerializer(key, salt=_SALT).dumps(raw))


def _renew() -> None:
    """Write when somebody was here last into the session, but not at every page."""
    if not current_user.is_authenticated:
        return
    _know_token()
    now = int(clock.now().timestamp())
    if now - session.get("at", 0) > RENEWED_AFTER:
        session["at"] = now
