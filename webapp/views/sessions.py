"""Sessions: signed cookies and tokens against forgery, with what is always the same made once.

A session lasts for half a day after the last page. Its cookie is written again when it changes, or
has an age: not with every page.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import Flask, Request, current_app, g, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from webapp import clock

#: Seconds after which the cookie of somebody logged in is signed anew.
RENEWED_AFTER = 600
#: So many cookies are remembered.
_OPENED = 1024
#: What a session has mostly: nothing that could be changed in it.
_PLAIN = (str, int, bool, type(None))
_FIELD = "csrf_token"
_SALT = "wtf-csrf-token"  # Flask-WTF's: it is what looks at the tokens that come back


class Sessions(SecureCookieSessionInterface):
    """How sessions come out of cookies and into them."""

    _signing: URLSafeTimedSerializer | None = None

    def __init__(self) -> None:
        #: When cookies were signed, and what was in them.
        self._opened: dict[str, tuple[float, dict[str, Any]]] = {}
        #: The clock by which they are signed.
        self._now = TimestampSigner("any").get_timestamp

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What signs the cookies of an application, whose key stays the same."""
        if self._signing is None:
            self._signing = super().get_signing_serializer(app)
        return self._signing

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a request. A cookie that came before needs no opening again, only to be
        of an age; most do, with every page.
        """
        signing = self.get_signing_serializer(app)
        cookie = request.cookies.get(self.get_cookie_name(app))
        if signing is None or not cookie:
            return super().open_session(app, request)
        known = self._opened.get(cookie)
        if known is None:
            session = super().open_session(app, request)
            if session and all(isinstance(value, _PLAIN) for value in session.values()):
                if len(self._opened) >= _OPENED:
                    self._opened.clear()
                signed: datetime = signing.loads(cookie, return_timestamp=True)[1]
                self._opened[cookie] = signed.timestamp(), dict(session)
            return session
        signed_at, values = known
        age = self._now() - signed_at
        if not 0 <= age <= app.permanent_session_lifetime.total_seconds():
            return self.session_class()
        return self.session_class(values)


def keep(app: Flask) -> None:
    """Give the application its sessions; call when users are known and forgery is guarded."""
    app.session_interface = Sessions()
    app.before_request(_renew)
    app.jinja_env.globals[_FIELD] = forgery_token
    app.context_processor(lambda: {_FIELD: forgery_token})


def forgery_token() -> str:
    """The token that forms carry against forgery: Flask-WTF's, signed once for a session."""
    _know_token()
    token: str = g.get(_FIELD) or generate_csrf()
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
