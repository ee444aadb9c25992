"""Security: login, and response headers.

Every endpoint requires a login except those in ``OPEN``.
"""

from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    abort,
    flash,
    g,
    make_response,
    redirect,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user, logout_user

from webapp import i18n
from webapp.db import READING_METHODS
from webapp.extensions import current_settings
from webapp.views.shared import listing, locale, sessions

#: The endpoints that need no login; there is no other such list.
OPEN = frozenset(
    {
        "static",
        "auth.login",
        "auth.invitation",
        "auth.forgot",
        "auth.forgot_sent",
        "brand_files.stylesheet",
        "public_certificates.show",
        "public_certificates.picture",
        "public_certificates.share_card",
        "badge.show",
        "badge.totals",
        "guide.index",
        "guide.show",
        "language.change",
        "status.alive",
        "status.security_txt",
        "unsubscribe.show",
        "unsubscribe.change",
    }
)

#: The endpoints whose addresses contain a one-time or personal link. It is in no log: neither as a
#: referrer nor as the page after the login.
SECRET_ADDRESSES = frozenset(
    {"auth.invitation", "profile.confirm_email", "unsubscribe.show", "unsubscribe.change"}
)

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
#: The name in the session of the address to which a login leads, if it is secret.
_TARGET_KEY = "next"
_HSTS = "max-age=31536000"
_FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def register(app: Flask) -> None:
    """Require a login for every view except ``OPEN``; add the security headers."""
    app.before_request(locale.choose)
    app.before_request(_require_login)
    app.before_request(sessions.touch)
    app.after_request(_set_headers)


def safe_target(target: str | None) -> str | None:
    """Return the target after login: a path of this service, or None; never another host."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if not target.isprintable() or "\\" in target or len(target) > 2000:
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def target_after_login() -> str:
    """Return the address of the page that was requested before the login, or of the home page."""
    target = request.values.get("next") or session.get(_TARGET_KEY)
    return safe_target(target) or url_for("home.index")


def require_same_origin() -> None:
    """Refuse (403) requests of other sites where forms have no CSRF token."""
    origin = request.headers.get("Origin")
    if origin is None:
        same = (request.referrer or "").startswith(request.host_url)
    else:
        same = origin == request.host_url.rstrip("/")
    if not same:
        abort(403, gettext("Requests from other sites are rejected."))


def _require_login() -> ResponseReturnValue | None:
    if request.endpoint is None or request.endpoint in OPEN or current_user.is_authenticated:
        return None  # an unknown address is a 404
    if listing.is_fragment():
        return make_response("", 401)
    target = None
    had_session = "user_session" in g  # the cookie names one that has ended
    if had_session:
        logout_user()
    if request.method not in READING_METHODS:
        flash(
            gettext("You are logged out, so nothing was changed. Log in, then try again."),
            "warning",
        )
    elif had_session:
        flash(gettext("Your session has ended. Log in to continue."), "warning")
    session.pop(_TARGET_KEY, None)
    if request.endpoint in SECRET_ADDRESSES:
        session[_TARGET_KEY] = safe_target(request.path)
    elif request.method in READING_METHODS and request.full_path != "/?":
        target = request.full_path.rstrip("?")
    return redirect(url_for("auth.login", next=safe_target(target)))


def _set_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers["Permissions-Policy"] = _FEATURES
    # Not "no-referrer": over https the CSRF protection needs the origin.
    is_secret = request.endpoint in SECRET_ADDRESSES
    headers["Referrer-Policy"] = "strict-origin" if is_secret else "same-origin"
    if response.mimetype == "text/html":
        headers["Content-Language"] = i18n.tag(i18n.current_language())
        response.vary.update(("Accept-Language", "Cookie"))
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    if current_settings().public_url.startswith("https://"):
        headers["Strict-Transport-Security"] = _HSTS
    return response
