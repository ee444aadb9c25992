"""What every view needs from the outside: settings, keys, who looks, a client of Printerpoint."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import abort, current_app, g
from flask_login import current_user

from webapp.crypto import Keyring
from webapp.db import only_reading
from webapp.models import User
from webapp.models.user import Role
from webapp.printerpoint.client import Client, Limits
from webapp.queries.access import Viewer
from webapp.services.visits import Asker, Visit
from webapp.settings import Settings

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Edge:
    """What ``create_app`` hands to the views, as ``app.extensions["releaf"]``."""

    settings: Settings
    keyring: Keyring


def settings() -> Settings:
    """The settings of this process."""
    return _edge().settings


def keyring() -> Keyring:
    """The encryption keys."""
    return _edge().keyring


def user() -> User | Asker:
    """The user who has logged in. Every view has one but those named in ``security.OPEN``.

    Where a request only reads it is no entity: a view that changes users loads them.
    """
    return cast(User, current_user)


def viewer() -> Viewer:
    """Who looks: what ``webapp.queries.access`` asks for."""
    visit = visited()
    return visit.viewer if visit else Viewer.of(cast(User, user()))


def remember(visit: Visit) -> Asker:
    """Keep a visit while its request is answered; its user."""
    g.visit = visit
    return visit.user


def visited() -> Visit | None:
    """What was read when this request came in; None after a change, which may have changed it."""
    visit: Visit | None = g.get("visit") if only_reading.get() else None
    return visit


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


def _edge() -> Edge:
    return cast(Edge, current_app.extensions["releaf"])
