"""The context of a request: settings, keys, user, Printerpoint client and audit trail."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from zoneinfo import ZoneInfo

from flask import abort
from flask_login import current_user

from webapp import clock
from webapp.db import db
from webapp.extensions import current_settings
from webapp.models import Account, User
from webapp.models.user import Role
from webapp.printerpoint.client import Client, RequestLimits
from webapp.queries.viewer import Viewer
from webapp.services.accounts import audit
from webapp.services.accounts.audit import Action, Actor

#: The roles that see what a partner has, and those that may change it.
READERS: tuple[Role, ...] = ("operations", "partner_admin", "partner_viewer")
CHANGERS: tuple[Role, ...] = ("operations", "partner_admin")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def user() -> User:
    """Return the logged-in user, whom every view has except those in ``security.OPEN``."""
    return cast(User, current_user._get_current_object())  # the entity, not its proxy


def viewer() -> Viewer:
    """Return the viewer, by whom ``webapp.queries.access`` filters."""
    return Viewer.of(user())


def zone_of(account: Account) -> ZoneInfo:
    """Return the zone of times about an account: the user's choice, or the account's."""
    chosen = user().time_zone
    return ZoneInfo(chosen) if chosen else account.zone


def printerpoint(token: str, limits: RequestLimits | None = None) -> Client:
    """Return a client for a token. Commit or roll back before: no transaction may be open."""
    return Client(current_settings().printerpoint_url, token, limits=limits or RequestLimits())


def actor() -> Actor:
    """Return the user as the actor of an audit entry."""
    return Actor(viewer().user_id, "browser")


def note(
    action: Action,
    subject: str,
    account: Account | None,
    *,
    by: Actor | None = None,
    **details: Any,
) -> None:
    """Add an audit entry in the transaction of the action; commit afterwards."""
    audit.record(
        db.session(),
        by or actor(),
        action,
        subject,
        account_id=audit.concerned(account),
        details=details,
        now=clock.now(),
    )


def roles_required(
    *roles: Role,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Refuse (403) users of any other role."""

    def guard(view: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(view)
        def guarded(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
            if user().role not in roles:
                abort(403)
            return view(*arguments, **named)

        return guarded

    return guard
