"""Limits of requests by client address and of attempts to enter a password.

An attempt is counted before the password is checked, in one step, so that simultaneous attempts
cannot exceed a limit; it is subtracted when the password was correct. No user is locked out: a
limit ends within minutes, and that of an account does not hold on networks from which the user has
logged in.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from typing import Any, cast

from flask import Flask, Response, g, request
from flask_limiter import Limiter, RequestLimit, RouteLimit
from flask_login import current_user
from limits import RateLimitItemPerMinute
from redis.exceptions import RedisError

from webapp import clock
from webapp.crypto import keyed_hash
from webapp.db import db
from webapp.extensions import current_settings
from webapp.models import User
from webapp.queries import users
from webapp.queries.sessions import used_network
from webapp.services.accounts import audit, sessions
from webapp.settings import Settings
from webapp.views.shared import context, errors

#: Wrong passwords and links from one client address, to whichever accounts.
_BY_ADDRESS = "20 per 5 minutes"
#: Wrong passwords for one account from one network, and from all networks that it does not know.
_BY_ACCOUNT_AND_NETWORK = "20 per 5 minutes"
_BY_ACCOUNT = "10 per minute"
#: Wrong passwords of a user who is logged in.
_BY_USER = "10 per 5 minutes"
#: Requests of a link to reset a password from one client address; for one account from one network,
#: and from all networks that it does not know.
_RESETS_BY_ADDRESS = "20 per hour"
_RESETS_BY_ACCOUNT = "5 per hour"
#: Emails to a new address that a user requests.
_EMAIL_CHANGES = "10 per hour"
#: Users that a user invites, or sends a new link.
_INVITATIONS = "60 per hour"
#: How often a client address may have public pictures rendered.
_IMAGES = {
    "public_certificates.picture": "60 per minute",
    "public_certificates.share_card": "60 per minute",
    "badge.show": "120 per minute",
    "badge.totals": "120 per minute",
}
#: How often a client address may upload pictures.
_UPLOADS = {"branding.edit": "60 per hour", "branding.preview": "120 per minute"}
#: Where a password or a link can be guessed. Correct ones are not counted.
_ATTEMPTS = frozenset({"auth.login", "auth.invitation", "auth.password", "auth.confirm"})
#: Breaches of their limits are recorded.
_RECORDED = _ATTEMPTS | {"auth.forgot"}


def register(app: Flask, settings: Settings) -> None:
    """Set the limits; call after the views are registered.

    Counted in Redis for all web processes together; without Redis each process counts separately.
    """
    url = settings.redis_url
    limiter = Limiter(
        _client,
        storage_uri=url.replace("unix://", "redis+unix://", 1) if url[:4] == "unix" else url,
        in_memory_fallback_enabled=True,
        key_prefix="releaf",
        on_breach=lambda breached: _refuse(limiter, breached),
    )
    # An unavailable Redis must not delay logins.
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {
        "socket_connect_timeout": 1,
        "socket_timeout": 1,
    }
    limiter.init_app(app)

    def limit(endpoint: str, rate: str, **options: Any) -> None:
        route_limit: RouteLimit = limiter.limit(rate, **options)
        app.view_functions[endpoint] = route_limit(cast(Any, app.view_functions[endpoint]))

    _limit_attempts(limit)
    for endpoint in ("users.new", "users.invite"):
        limit(endpoint, _INVITATIONS, methods=["POST"], key_func=_user)
    for endpoint, rate in _UPLOADS.items():
        limit(endpoint, rate, methods=["POST"])
    for endpoint, rate in _IMAGES.items():
        limit(endpoint, rate)
    app.after_request(_subtract_exempt_attempts(limiter))


def exempt_attempt() -> None:
    """Do not count the attempt of this request, although it is refused for another reason.

    Its password or link was correct, or was not compared.
    """
    g.is_exempt_attempt = True


def _limit_attempts(limit: Callable[..., None]) -> None:
    for endpoint in ("auth.login", "auth.invitation"):
        limit(endpoint, _BY_ADDRESS, methods=["POST"])
    for endpoint in ("auth.password", "auth.confirm"):
        limit(endpoint, _BY_USER, methods=["POST"], key_func=_user)
    limit("auth.forgot", _RESETS_BY_ADDRESS, methods=["POST"])
    limit("profile.email", _EMAIL_CHANGES, methods=["POST"], key_func=_user)
    for endpoint, by_account, by_network in (
        ("auth.login", _BY_ACCOUNT, _BY_ACCOUNT_AND_NETWORK),
        ("auth.forgot", _RESETS_BY_ACCOUNT, _RESETS_BY_ACCOUNT),
    ):
        options: dict[str, Any] = {"key_func": _account, "exempt_when": _is_known_network}
        limit(endpoint, by_account, methods=["POST"], **options)
        limit(endpoint, by_network, methods=["POST"], key_func=_account_and_network)


def _subtract_exempt_attempts(limiter: Limiter) -> Callable[[Response], Response]:
    def subtract(response: Response) -> Response:
        is_exempt = response.status_code < 400 or g.get("is_exempt_attempt", False)
        if request.endpoint in _ATTEMPTS and is_exempt:
            for counted in limiter.current_limits:
                with suppress(RedisError):
                    expiry = counted.limit.get_expiry()
                    limiter.limiter.storage.incr(counted.key, expiry, amount=-1)
        return response

    return subtract


def _refuse(limiter: Limiter, breached: RequestLimit) -> Response:
    once = RateLimitItemPerMinute(1, 5, namespace="AUDITED")
    if request.endpoint in _RECORDED and limiter.limiter.hit(once, breached.key):
        _record_breach()
    seconds = math.ceil(breached.reset_at - clock.now().timestamp())
    # The end of the window is rounded to seconds.
    return errors.too_many_requests(min(max(seconds, 1), breached.limit.get_expiry()))


def _record_breach() -> None:
    """Record that a limit of attempts was exceeded, once in five minutes for each limit."""
    if current_user.is_authenticated:
        user = context.user()
        context.record_action("tries limited", user.email, user.account)
    else:
        audit.record_refusal(db.session(), _typed_users(), "tries limited", clock.now())
    db.session.commit()


def _hash(purpose: str, value: str) -> str:
    """Return a keyed hash: Redis stores no address of a client and no email."""
    return keyed_hash(current_settings().secret_key, purpose, value)


def _client() -> str:
    """Return a hash of the client's address; an IPv6 client has a whole /64."""
    address = request.remote_addr or ""
    with suppress(ValueError):  # a Unix socket
        found = ip_address(address)
        if isinstance(found, IPv6Address):
            address = found.exploded[:19]
    return _hash("rate limit of a client", address)


def _typed_email() -> str:
    return request.form.get("email", "").strip().lower()


def _typed_users() -> Sequence[User]:
    return users.by_email(db.session(), _typed_email())


def _account() -> str:
    return _hash("rate limit of an account", _typed_email())


def _account_and_network() -> str:
    network = sessions.network_of(request.remote_addr)
    return _hash("rate limit of an account and a network", f"{_typed_email()}\0{network}")


def _user() -> str:
    return f"user {current_user.id}"


def _is_known_network() -> bool:
    """Whether a user whose email was typed has logged in from this network."""
    secret_key, since = current_settings().secret_key, clock.now() - sessions.STORED
    return any(
        used_network(
            db.session(),
            user,
            sessions.hash_network(secret_key, user, request.remote_addr),
            since,
        )
        for user in _typed_users()
    )
