"""Emails to operations: a server awaits approval because another one reads the same fleet."""

from functools import partial
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from webapp import filters
from webapp.models import User
from webapp.queries import overlaps
from webapp.services.notifications import digests
from webapp.services.notifications.notices import EmailDraft
from webapp.services.notifications.notification_context import NotificationContext


def drafts(session: Session) -> list[EmailDraft]:
    """Return the drafts for servers that await approval; one per server and user."""
    due = []
    for overlap in overlaps.pending(session):
        key = f"overlap-{overlap.server_id}-{overlap.other_id}-{overlap.found_at:%Y%m%dT%H%M%S}"
        users = digests.without_mail(session, key, digests.readers("operations", "approval"))
        due += digests.in_their_languages(users, partial(_waits_for_approval, key, overlap))
    return due


def _waits_for_approval(key: str, overlap: Any, user: User) -> EmailDraft:
    title = gettext(
        "%(name)s (%(partner)s) is awaiting approval",
        name=overlap.name,
        partner=overlap.partner_name,
    )
    context = NotificationContext(
        overlap.name,
        title,
        [
            (gettext("Partner"), overlap.partner_name),
            (
                gettext("Added earlier"),
                gettext(
                    "%(name)s (%(partner)s)",
                    name=overlap.other_name,
                    partner=overlap.other_partner_name,
                ),
            ),
            (gettext("Shared serial numbers"), filters.number(overlap.shared)),
            (gettext("Since"), filters.time_in(overlap.found_at, "UTC")),
        ],
        gettext("Approve the server on its page, or remove one of the two."),
        f"/servers/{overlap.server_id}",
        True,
    )
    lead = gettext(
        "Two servers have the same printers, so every page would be counted twice. The one added "
        "later is not collected. Neither partner sees the other’s name."
    )
    return EmailDraft(user, "approval", key, title, lead, [context])
