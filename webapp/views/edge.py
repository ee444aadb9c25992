"""What every view needs from the outside: settings, keys, who looks, a client of Printerpoint."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import abort
from flask_login import current_user

from webapp.crypto import Keyring
from webapp.extensions import current_keyring, current_settings
from webapp.models import User
from webapp.models.user import Role
from webapp.printerpoint.client import Client, Limits
from webapp.queries.access import Viewer
from webapp.settings import Settings

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def settings() -> Settings:
    """The settings of this process."""
    return current_settings()


def keyring() -> Keyring:
    """The encryption keys."""
    return current_keyring()


def user() -> User:
    """The user who has logged in. Every view has one but those named in ``security.OPEN``."""
    return cast(User, current_user._get_current_object())  # the entity, not its proxy


def viewer() -> Viewer:
    """Who looks: what ``webapp.queries.access`` asks for."""
    return Viewer.of(user())


def printerpoint(token: str, limits: Limits | None = None) -> Client:
    """A client for a token. Commit or roll back before calling: no transaction may be open."""
    return Client(settings().printerpoint_url, token, limits=limits or Limits())


def roles_required(
    *roles: Role,
) -> Callable[[Callable[Arguments, Answer]], Callable[Arguments, Answer]]:
    """Refuse (403) users of any other role."""

    def guard(view: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
        @wraps(view)
        def guarded(*arguments: Arguments.args, **named: Arguments.kwargs) -> Answer:
            if user().role not in roles:
                abort(403)
            return view(*arguments, **named)

        return guarded

    return guard
