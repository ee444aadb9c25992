"""Security: login, response headers, and limits for requests.

Every endpoint requires a login except those in ``OPEN``.
"""

import hashlib
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_limiter import Limiter, RouteLimit
from flask_limiter.util import get_remote_address
from flask_login import current_user

from webapp import i18n
from webapp.db import READING_METHODS
from webapp.extensions import current_settings
from webapp.settings import Settings
from webapp.views.shared import listing, locale, sessions

#: The endpoints that need no login; there is no other such list.
OPEN = frozenset(
    {
        "static",
        "auth.login",
        "auth.invitation",
        "brand_files.stylesheet",
        "public_certificates.show",
        "public_certificates.picture",
        "public_certificates.share_card",
        "badge.show",
        "guide.index",
        "guide.show",
        "language.change",
        "status.alive",
        "status.security_txt",
        "unsubscribe.show",
        "unsubscribe.change",
    }
)

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
_HSTS = "max-age=31536000"
_FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"

#: How often a client address may fail before it has to wait.
_ATTEMPTS = {
    "auth.login": "20 per 5 minutes",
    "auth.invitation": "20 per 5 minutes",
    "auth.password": "10 per 5 minutes",
    "auth.confirm": "10 per 5 minutes",
}
#: How often a client address may have public pictures rendered.
_IMAGES = {
    "public_certificates.picture": "60 per minute",
    "public_certificates.share_card": "60 per minute",
    "badge.show": "120 per minute",
}
#: How often a client address may upload pictures.
_UPLOADS = {"branding.edit": "60 per hour", "branding.preview": "120 per minute"}
#: How often logins of one user may fail, from all client addresses.
_ATTEMPTS_BY_NAME = "30 per hour"


def register(app: Flask) -> None:
    """Require a login for every view except ``OPEN``; add the security headers."""
    app.before_request(locale.choose)
    app.before_request(_require_login)
    app.before_request(sessions.touch)
    app.after_request(_set_headers)


def limit_attempts(app: Flask, settings: Settings) -> None:
    """Limit failed attempts; call after the views are registered.

    Counted in Redis for all web processes together; without Redis each process counts separately.
    """
    url = settings.redis_url
    limiter = Limiter(
        get_remote_address,
        storage_uri=url.replace("unix://", "redis+unix://", 1) if url[:4] == "unix" else url,
        in_memory_fallback_enabled=True,
        key_prefix="releaf",
    )
    # An unavailable Redis must not delay logins.
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {
        "socket_connect_timeout": 1,
        "socket_timeout": 1,
    }
    limiter.init_app(app)
    for endpoint, often in _ATTEMPTS.items():
        _limit(app, endpoint, limiter.limit(often, methods=["POST"], deduct_when=_has_failed))
    for endpoint, often in _UPLOADS.items():
        _limit(app, endpoint, limiter.limit(often, methods=["POST"]))
    for endpoint, often in _IMAGES.items():
        _limit(app, endpoint, limiter.limit(often))
    by_name = limiter.limit(
        _ATTEMPTS_BY_NAME, methods=["POST"], deduct_when=_has_failed, key_func=_typed_email
    )
    _limit(app, "auth.login", by_name)


def _limit(app: Flask, endpoint: str, limit: RouteLimit) -> None:
    app.view_functions[endpoint] = limit(cast(Any, app.view_functions[endpoint]))


def safe_target(target: str | None) -> str | None:
    """Return the target after login: a path of this service, or None; never another host."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if not target.isprintable() or "\\" in target or len(target) > 2000:
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def require_same_origin() -> None:
    """Refuse (403) requests of other sites where forms have no CSRF token."""
    own = request.host_url.rstrip("/")
    origin = request.headers.get("Origin")
    if origin is None and request.referrer:
        parts = urlsplit(request.referrer)
        origin = f"{parts.scheme}://{parts.netloc}"
    if origin != own:
        abort(403, gettext("Requests from other sites are rejected."))


def _has_failed(response: Response) -> bool:
    return response.status_code in (404, 410, 422)


def _typed_email() -> str:
    """Return a hash of the typed email address, so that Redis stores no address."""
    email = request.form.get("email", "").strip().lower()
    return hashlib.sha256(email.encode("utf-8", "replace")).hexdigest()


def _require_login() -> ResponseReturnValue | None:
    if request.endpoint is None or request.endpoint in OPEN or current_user.is_authenticated:
        return None  # an unknown address is a 404
    if listing.is_fragment():
        return make_response("", 401)
    target = None
    if request.method in READING_METHODS and request.full_path != "/?":
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
    headers.setdefault("Referrer-Policy", "same-origin")
    if response.mimetype == "text/html":
        headers["Content-Language"] = i18n.current_language()
        response.vary.update(("Accept-Language", "Cookie"))
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    if current_settings().public_url.startswith("https://"):
        headers["Strict-Transport-Security"] = _HSTS
    return response
