"""Saved views of lists."""

from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.db import lock, upsert
from webapp.errors import Invalid
from webapp.models import SavedView, User
from webapp.models.saved_view import LONGEST_NAME
from webapp.services.names import clean_name

#: The most saved views of a list that a user has.
MOST_VIEWS = 20


def save(
    session: Session,
    user_id: int,
    list_name: str,
    name: str,
    filters: Mapping[str, str],
    now: datetime,
) -> None:
    """Save the filters of a list under a name; they replace those of a view with this name.

    ``filters``: known parameters of the list. Raises Invalid (``name``).
    """
    name = clean_name(name, LONGEST_NAME)
    if not name:
        raise Invalid("name", gettext("Enter a name."))
    if not filters:
        raise Invalid("", gettext("The list has no filters to save. Search or filter it first."))
    lock(session, User.id, user_id)
    others = select(func.count()).where(
        SavedView.user_id == user_id, SavedView.list_name == list_name, SavedView.name != name
    )
    if (session.scalar(others) or 0) >= MOST_VIEWS:
        message = gettext(
            "A list can have at most %(number)s saved views. Delete one first.", number=MOST_VIEWS
        )
        raise Invalid("", message)
    row = {
        "user_id": user_id,
        "list_name": list_name,
        "name": name,
        "filters": dict(filters),
        "created_at": now,
    }
    key = ("user_id", "list_name", "name")
    upsert(session, SavedView, [row], key=key, update=("filters",))


def delete(session: Session, view: SavedView) -> None:
    """Delete a saved view."""
    session.delete(view)
    session.flush()
