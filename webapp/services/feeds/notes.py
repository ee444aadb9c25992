"""Notes on feeds: written and deleted by a partner's users, and by operations."""

from datetime import date, datetime, timedelta

from flask_babel import gettext
from sqlalchemy.orm import Session

from webapp.errors import Invalid
from webapp.models import Feed, FeedNote
from webapp.models.feed_note import LONGEST_NOTE

#: The most days that a note snoozes a feed.
LONGEST_SNOOZE = 365


def add(
    session: Session,
    feed: Feed,
    *,
    user_id: int,
    text: str,
    snoozed_until: date | None,
    today: date,
    now: datetime,
) -> FeedNote:
    """Add a note. Raises Invalid (``text``, ``snoozed_until``)."""
    if snoozed_until is not None and not (
        today <= snoozed_until <= today + timedelta(days=LONGEST_SNOOZE)
    ):
        raise Invalid(
            "snoozed_until", gettext("Choose a day from today on, within the next 365 days.")
        )
    note = FeedNote(
        feed_id=feed.id,
        user_id=user_id,
        text=_clean(text),
        snoozed_until=snoozed_until,
        created_at=now,
    )
    session.add(note)
    session.flush()
    return note


def delete(session: Session, note: FeedNote) -> None:
    """Delete a note, which ends its snooze."""
    session.delete(note)
    session.flush()


def _clean(text: str) -> str:
    note = " ".join(text.split())
    if not note:
        raise Invalid("text", gettext("Enter a note."))
    if len(note) > LONGEST_NOTE:
        raise Invalid(
            "text", gettext("Shorten the note to %(longest)s characters.", longest=LONGEST_NOTE)
        )
    if not note.isprintable():
        raise Invalid(
            "text", gettext("The note contains characters that cannot be displayed; type it again.")
        )
    return note
