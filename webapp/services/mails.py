"""Mails: the outbox. A sender claims one, hands it over with no transaction open, and says so."""

from datetime import datetime, timedelta
from typing import Any, cast

from flask_babel import gettext
from sqlalchemy import CursorResult, and_, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from webapp.db import lock
from webapp.errors import Conflict
from webapp.models import Mail, Notice
from webapp.services.notices import Draft

#: A sender that says nothing for so long has died; its mail is taken over.
SILENT_SENDER = timedelta(minutes=10)
#: How long to wait after each failed attempt; after the last one a person decides.
PAUSES = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1_440, 1_440, 1_440)
)


def keep(
    session: Session,
    draft: Draft,
    plain: str,
    html: str,
    now: datetime,
    logo_digest: str | None = None,
) -> Mail | None:
    """Put a mail in the outbox, with the notices it tells; None when there is such a mail.

    ``logo_digest``: the logo that the HTML shows.
    """
    if session.scalar(select(Mail.id).where(Mail.user_id == draft.user.id, Mail.key == draft.key)):
        return None
    mail = Mail(
        user_id=draft.user.id,
        key=draft.key,
        subject=draft.subject,
        title=draft.title[:250],
        plain=plain,
        html=html,
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
        told = session.execute(
            update(Notice)
            .where(Notice.id.in_(ids), Notice.mail_id.is_(None))
            .values(mail_id=mail.id)
        )
        if cast(CursorResult[Any], told).rowcount != len(ids):
            raise Conflict(f"notices of {draft.key} were told by another mail")
    return mail


def claim(session: Session, now: datetime) -> Mail | None:
    """Take the next mail that is due, so that no other sender does; None when there is none."""
    due = or_(
        and_(Mail.state == "queued", Mail.due_at <= now),
        and_(Mail.state == "sending", Mail.claimed_at < now - SILENT_SENDER),
    )
    while mail_id := session.scalar(select(Mail.id).where(due).order_by(Mail.id).limit(1)):
        claimed = session.execute(
            update(Mail)
            .where(Mail.id == mail_id, due)
            .values(state="sending", claimed_at=now)
            .execution_options(synchronize_session=False)
        )
        if cast(CursorResult[Any], claimed).rowcount == 1:
            return session.get_one(
                Mail, mail_id, populate_existing=True, options=[joinedload(Mail.user)]
            )
    return None


def sent(session: Session, mail: Mail, now: datetime) -> None:
    """The post has taken it."""
    mail.state, mail.sent_at, mail.error = "sent", now, None
    mail.attempts += 1


def not_sent(session: Session, mail: Mail, reason: str, now: datetime, *, lasting: bool) -> None:
    """The post has not taken it: it waits, or, when it never will be taken, for a person."""
    mail.attempts += 1
    mail.error = reason[:500]
    if lasting or mail.attempts > len(PAUSES):
        mail.state = "failed"
    else:
        mail.state = "queued"
        mail.due_at = now + PAUSES[mail.attempts - 1]


def send_again(session: Session, mail: Mail, now: datetime) -> None:
    """Try a failed mail again. Raises Conflict when it has not failed."""
    lock(session, Mail.id, mail.id)
    session.refresh(mail)
    if mail.state != "failed":
        raise Conflict(gettext("This mail has not failed; there is nothing to send again."))
    mail.state, mail.due_at, mail.attempts = "queued", now, 0
    session.flush()


def waiting(session: Session) -> tuple[int, int, str | None]:
    """How many mails were tried in vain and wait, how many have failed, and the latest error."""
    rows = session.execute(
        select(Mail.state, func.count().label("number"))
        .where(or_(Mail.state == "failed", and_(Mail.state == "queued", Mail.attempts > 0)))
        .group_by(Mail.state)
    )
    numbers = {row.state: int(row.number) for row in rows}
    if not numbers:
        return 0, 0, None
    error = session.scalar(
        select(Mail.error)
        .where(Mail.error.is_not(None), Mail.state.in_(("queued", "failed")))
        .order_by(Mail.id.desc())
        .limit(1)
    )
    return numbers.get("queued", 0), numbers.get("failed", 0), error
