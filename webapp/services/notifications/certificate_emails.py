"""Emails to the users of a customer: a certificate was issued and its PDF is rendered."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.domain.months import Month
from webapp.mail import PdfAttachment
from webapp.models import Certificate, Document, Mail
from webapp.services.notifications import digests
from webapp.services.notifications.notices import EmailDraft

#: Certificates of one run, so that other emails do not wait for those of all customers.
AT_ONCE = 500
#: A larger PDF is not attached, because mail servers may refuse it; the email has a link anyway.
LARGEST_ATTACHMENT = 2 * 1024 * 1024


def due(session: Session) -> Sequence[int]:
    """Return the first certificates whose emails are not written yet."""
    query = select(Document.certificate_id).where(Document.emails_due)
    return session.scalars(query.order_by(Document.certificate_id).limit(AT_ONCE)).all()


def drafts(session: Session, certificate_id: int) -> list[EmailDraft]:
    """Return the drafts of a certificate, one per user who wants it, and mark them as written.

    Once only: a concurrent run waits for this transaction and then finds none. Add them to the
    outbox in the same transaction.
    """
    claimed = session.scalar(
        update(Document)
        .where(Document.certificate_id == certificate_id, Document.emails_due)
        .values(emails_due=False)
        .returning(Document.certificate_id)
        .execution_options(synchronize_session=False)
    )
    if claimed is None:
        return []
    certificate = session.get_one(Certificate, certificate_id)
    values = {
        "certificate": certificate,
        "month": Month.parse(certificate.month).first,
        "is_attached": _content(session, certificate_id) is not None,
    }
    users = digests.subscribers("customer", "certificate", certificate.account_id)
    key = f"certificate-{certificate_id}"
    return [
        EmailDraft(user, "certificate", key, "certificate", values, certificate_id=certificate_id)
        for user in session.scalars(users)
    ]


def attachment(session: Session, mail: Mail) -> PdfAttachment | None:
    """Return the PDF for an email with a certificate; None if it is too large."""
    if mail.certificate_id is None:
        return None
    content = _content(session, mail.certificate_id)
    if content is None:
        return None
    certificate = session.get_one(Certificate, mail.certificate_id)
    return PdfAttachment(f"certificate-{certificate.number}.pdf", content)


def _content(session: Session, certificate_id: int) -> bytes | None:
    """Return the PDF of a certificate; None if it is too large to be attached."""
    pdf = session.scalar(select(Document.pdf).where(Document.certificate_id == certificate_id))
    return pdf if pdf is not None and len(pdf) <= LARGEST_ATTACHMENT else None
