"""Emails to operations: a server awaits approval because another one reads the same fleet."""

from sqlalchemy.orm import Session

from webapp.queries import overlaps
from webapp.services.notifications import digests
from webapp.services.notifications.notices import EmailDraft


def drafts(session: Session) -> list[EmailDraft]:
    """Return the drafts for servers that await approval; one per server and user."""
    due = []
    for overlap in overlaps.pending(session):
        key = f"overlap-{overlap.server_id}-{overlap.other_id}-{overlap.found_at:%Y%m%dT%H%M%S}"
        users = digests.without_mail(session, key, digests.subscribers("operations", "approval"))
        values = {"overlap": overlap}
        due += [EmailDraft(user, "approval", key, "approval", values) for user in users]
    return due
