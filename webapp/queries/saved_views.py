"""Saved views of lists; each user sees only theirs."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import LARGEST_ID
from webapp.models import SavedView
from webapp.queries.viewer import Viewer


def of_list(session: Session, viewer: Viewer, list_name: str) -> Sequence[SavedView]:
    """Return the viewer's saved views of a list, by name."""
    return session.scalars(
        select(SavedView)
        .where(SavedView.user_id == viewer.user_id, SavedView.list_name == list_name)
        .order_by(SavedView.name)
    ).all()


def find(session: Session, viewer: Viewer, view_id: int) -> SavedView | None:
    """Return a saved view of the viewer, if it exists."""
    view = session.get(SavedView, view_id) if 0 < view_id <= LARGEST_ID else None
    return view if view is not None and view.user_id == viewer.user_id else None
