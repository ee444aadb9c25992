"""Conditions of a server that views report: removed, awaiting approval."""

from flask import flash
from flask_babel import gettext

from webapp.db import db
from webapp.errors import Conflict
from webapp.messages import sentence
from webapp.models import Server
from webapp.queries import overlaps


def warn_if_waiting(server: Server) -> bool:
    """Flash that a server awaits approval; return whether it does."""
    waits = overlaps.reason_to_wait(db.session(), server)
    if waits is not None:
        flash(sentence(waits), "warning")
    return waits is not None


def refuse_removed(server: Server) -> None:
    """Raise Conflict for a server that was removed."""
    if server.removed_at is not None:
        raise Conflict(
            gettext("%(name)s has been removed; its history is still available.", name=server.name)
        )
