"""Before passwords, emails, roles, tokens and keys change, the password was entered recently."""

from datetime import timedelta

import pytest
from sqlalchemy import inspect, select

from tests.views.access_table import OPERATIONS, ROLES, WHO
from tests.views.test_access_matrix import (
    REACHED,
    Tenants,
    ask,
    built_tenants,
    paths,
    tenants,
)
from webapp import clock
from webapp.db import db
from webapp.models import Invitation, Server, User

__all__ = ["built_tenants", "tenants"]

#: Routes that give or take access, of users and to Printerpoint, and what public pages state.
GUARDED = {
    "profile.email POST",
    "users.new POST",
    "users.invite POST",
    "users.disable POST",
    "users.enable POST",
    "servers.new POST",
    "server_changes.token POST",
    "server_changes.remove POST",
    "equivalents.edit POST",
}
#: Those that require the password, or the one-time link, themselves, or email it.
SELF_GUARDED = {
    "auth.forgot POST",
    "profile.confirm_email POST",
    "auth.login POST",
    "auth.confirm POST",
    "auth.password POST",
    "auth.invitation POST",
}
#: What a form of another route could try to change.
FIELDS = {
    "email": "eve@example.com",
    "full_name": "Eve",
    "role": "operations",
    "account": "1",
    "account_id": "1",
    "password": "four unrelated words",
    "password_hash": "four unrelated words",
    "old": "x",
    "new": "four unrelated words",
    "again": "four unrelated words",
    "token": "T" * 40,
    "encrypted_token": "T" * 40,
    "disabled_at": "",
    "removed_at": "2026-11-01",
    "user": "1",
    "server": "1",
    "name": "Eve’s",
    "time_zone": "Europe/Madrid",
    "country": "ES",
    "language": "es",
    "action": "remove",
}
#: What users choose for themselves, and what Printerpoint's answers change.
OWN_CHOICE = {
    "full_name",
    "language",
    "time_zone",
    "wants_server",
    "wants_feed",
    "wants_digest",
    "wants_nights",
}
OWN_CHOICE |= {"wants_approval", "wants_certificate"}
ACCESS_OF_A_SERVER = ("id", "account_id", "encrypted_token", "removed_at")


@pytest.fixture
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """All log-ins were 15 minutes ago."""
    later = clock.now() + timedelta(minutes=15)
    monkeypatch.setattr(clock, "now", lambda: later)


@pytest.mark.slow
@pytest.mark.usefixtures("_later")
def test_only_these_routes_require_the_confirmation(tenants: Tenants) -> None:
    forms = {name for name in WHO if name.endswith(" POST")}
    pages = {name.replace(" POST", " GET") for name in GUARDED} & set(WHO)

    assert {name for name in forms if _is_led(tenants, name)} == GUARDED
    assert {name for name in pages if _is_led(tenants, name)} == pages


@pytest.mark.slow
@pytest.mark.usefixtures("_later")
def test_no_other_route_changes_who_has_access(tenants: Tenants) -> None:
    others = {name for name in WHO if name.endswith(" POST")} - GUARDED - SELF_GUARDED
    before = _access(tenants)
    changed, reached = [], set()
    for name in sorted(others):
        for path in paths(tenants.app, name, tenants.northwind.arguments):
            response = ask(tenants.browser_of(_role(name)), name, path, form=FIELDS)
            reached |= {name} if response.status_code in REACHED else set()
            changed += [name] if _access(tenants) != before else []
        tenants.restore()

    assert changed == []
    assert {"accounts.new POST", "accounts.edit POST", "server_changes.rename POST"} <= reached


def _role(name: str) -> str:
    """Return the role that may do most of those that may use a route."""
    return next(role for role in reversed(ROLES) if role in (WHO[name] or OPERATIONS))


def _is_led(tenants: Tenants, name: str) -> bool:
    """Whether a request leads to the confirmation."""
    led = False
    for path in paths(tenants.app, name, tenants.northwind.arguments):
        response = ask(tenants.browser_of(_role(name)), name, path)
        led |= (response.location or "").startswith("/confirm?")
    if name.endswith(" POST"):
        tenants.restore()
    return led


def _access(tenants: Tenants) -> list[object]:
    """Return the values of users, invitations and servers that give access."""
    columns = [c for c in inspect(User).columns if c.key not in OWN_CHOICE]
    with tenants.app.app_context():
        return [
            *db.session.execute(select(*columns).order_by(User.id)),
            *db.session.execute(select(*inspect(Invitation).columns).order_by(Invitation.id)),
            *db.session.execute(
                select(*(getattr(Server, name) for name in ACCESS_OF_A_SERVER)).order_by(Server.id)
            ),
        ]
