"""The context of a request: user, viewer, roles and audit trail."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from zoneinfo import ZoneInfo

from flask import Flask, abort
from flask_login import current_user
from werkzeug.local import LocalProxy

from webapp import clock
from webapp.db import db
from webapp.models import Account, User
from webapp.models.user import Role
from webapp.queries.viewer import Viewer
from webapp.services.accounts import audit
from webapp.services.accounts.audit import Action, Actor

#: The roles that see what a partner has, and those that may change it.
READERS: tuple[Role, ...] = ("operations", "partner_admin", "partner_viewer")
CHANGERS: tuple[Role, ...] = ("operations", "partner_admin")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def register(app: Flask) -> None:
    """Add ``may_change`` to the context of templates: whether the user may change what it sees.

    A proxy, as ``current_user`` is: an error page does not read the user from the database.
    """
    may_change = LocalProxy(lambda: viewer().may_change)
    app.context_processor(lambda: {"may_change": may_change})


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


def actor() -> Actor:
    """Return the user as the actor of an audit entry."""
    return Actor(viewer().user_id, "browser")


def record_action(
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
        account_id=audit.audit_account_id(account),
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
