"""Notes on feeds; customers see none."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from webapp.db import LARGEST_ID
from webapp.errors import NotFound
from webapp.models import Feed, FeedNote
from webapp.queries.viewer import Viewer


def of_feed(session: Session, viewer: Viewer, feed_id: int) -> Sequence[FeedNote]:
    """Return the notes on a feed that the viewer may see, the latest first."""
    if viewer.role == "customer":
        return ()
    return session.scalars(
        select(FeedNote)
        .where(FeedNote.feed_id == feed_id)
        .options(joinedload(FeedNote.user))
        .order_by(FeedNote.id.desc())
    ).all()


def get(session: Session, feed_id: int, note_id: int) -> FeedNote:
    """Return a note on a feed that the viewer may see. Raises NotFound."""
    note = session.get(FeedNote, note_id) if 0 < note_id <= LARGEST_ID else None
    if note is None or note.feed_id != feed_id:
        raise NotFound(f"there is no note {note_id}")
    return note


def is_snoozed(today: date) -> ColumnElement[bool]:
    """Whether a feed is snoozed on a day."""
    return Feed.id.in_(select(FeedNote.feed_id).where(FeedNote.snoozed_until >= today))
