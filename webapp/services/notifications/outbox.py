"""The outbox: a sender claims an email, sends it with no transaction open, records the result."""

from datetime import datetime, timedelta

from flask_babel import gettext
from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session, joinedload

from webapp.db import lock
from webapp.domain.reasons import Reason
from webapp.errors import Conflict
from webapp.mail import EmailContent
from webapp.models import Mail, Notice
from webapp.services.notifications.notices import EmailDraft

#: An email claimed for longer than this can be claimed again.
CLAIM_EXPIRES_AFTER = timedelta(minutes=10)
#: The delay after each failed attempt; after the last one a user has to retry.
PAUSES = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1_440, 1_440, 1_440)
)


def enqueue(
    session: Session,
    draft: EmailDraft,
    content: EmailContent,
    now: datetime,
    logo_digest: str | None = None,
) -> Mail | None:
    """Add an email, with its notices, to the outbox; return None if there is one with this key.

    ``logo_digest``: the logo in the HTML.
    """
    if session.scalar(select(Mail.id).where(Mail.user_id == draft.user.id, Mail.key == draft.key)):
        return None
    mail = Mail(
        user_id=draft.user.id,
        key=draft.key,
        subject=draft.subject,
        certificate_id=draft.certificate_id,
        title=content.subject[:250],
        plain=content.plain,
        html=content.html,
        logo_digest=logo_digest,
        state="queued",
        created_at=now,
        due_at=now,
        attempts=0,
    )
    session.add(mail)
    session.flush()
    if draft.notices:
        ids = [notice.id for notice in draft.notices]
        claimed = session.scalars(
            update(Notice)
            .where(Notice.id.in_(ids), Notice.mail_id.is_(None))
            .values(mail_id=mail.id)
            .returning(Notice.id)
        ).all()
        if len(claimed) != len(ids):
            raise Conflict(f"notices of {draft.key} are in another mail")
    return mail


def claim(session: Session, now: datetime) -> Mail | None:
    """Claim the next due email, so that no other sender does; None if there is none."""
    due = or_(
        and_(Mail.state == "queued", Mail.due_at <= now),
        and_(Mail.state == "sending", Mail.claimed_at < now - CLAIM_EXPIRES_AFTER),
    )
    while mail_id := session.scalar(select(Mail.id).where(due).order_by(Mail.id).limit(1)):
        claimed = session.scalar(
            update(Mail)
            .where(Mail.id == mail_id, due)
            .values(state="sending", claimed_at=now)
            .returning(Mail.id)
            .execution_options(synchronize_session=False)
        )
        if claimed is not None:
            return session.get_one(
                Mail, mail_id, populate_existing=True, options=[joinedload(Mail.user)]
            )
    return None


def mark_sent(session: Session, mail: Mail, now: datetime) -> None:
    """Record that the transport accepted an email."""
    mail.state, mail.sent_at, mail.error = "sent", now, None
    mail.attempts += 1


def mark_failed(
    session: Session, mail: Mail, reason: Reason, now: datetime, *, permanent: bool
) -> None:
    """Schedule another attempt; after the last one, or if ``permanent``, the email has failed."""
    mail.attempts += 1
    mail.error = reason
    if permanent or mail.attempts > len(PAUSES):
        mail.state = "failed"
    else:
        mail.state = "queued"
        mail.due_at = now + PAUSES[mail.attempts - 1]


def retry(session: Session, mail: Mail, now: datetime) -> None:
    """Queue a failed email again. Raises Conflict when it has not failed."""
    lock(session, Mail.id, mail.id)
    session.refresh(mail)
    if mail.state != "failed":
        raise Conflict(gettext("This email has not failed and cannot be sent again."))
    mail.state, mail.due_at, mail.attempts = "queued", now, 0
    session.flush()
