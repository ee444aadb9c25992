"""Notifications: write due emails to the outbox and send them."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage

from flask_babel import force_locale
from sqlalchemy.orm import Session

from jobs import runtime
from webapp import clock
from webapp.db import db
from webapp.domain.contrast import DEFAULT_ACCENT, on_light
from webapp.domain.reasons import reason
from webapp.errors import Conflict
from webapp.extensions import current_settings, public_url_for
from webapp.mail import (
    Attachment,
    EmailBranding,
    EmailContent,
    MailError,
    Send,
    build_message,
    open_transport,
    render,
)
from webapp.models import Mail
from webapp.models.notice import MailSubject
from webapp.queries import accounts, brands
from webapp.services.accounts.users import language_of
from webapp.services.notifications import (
    access_emails,
    approval_emails,
    certificate_emails,
    digests,
    notices,
    outbox,
    unsubscribe,
)
from webapp.services.notifications.notices import EmailDraft
from webapp.settings import Settings

log = logging.getLogger("releaf.notifications")

#: Width and height of a logo in emails, in pixels.
_LOGO_SIZE = (220, 56)
#: The most emails that an error names.
_NAMED = 3


class NotWritten(Exception):
    """Some emails could not be written; the others are."""


@runtime.job
def send_due() -> str:
    """The job: write the emails that are due and send those in the outbox. Raises NotWritten."""
    try:
        written = write(clock.now)
    except NotWritten:
        send(clock.now)  # those that are written
        raise
    sent, failed = send(clock.now)
    return f"{written} written, {sent} sent, {failed} failed"


def write(now: Callable[[], datetime]) -> int:
    """Write all due emails into the outbox; return how many. Raises NotWritten."""
    config = current_settings()
    written, failed = 0, list[str]()
    drafts: list[EmailDraft] = []
    with db.session() as session:
        moment = now()
        users = notices.recipients_due(session, moment)
        session.commit()
        for user_id in users:
            with _isolated(session, f"notices of user {user_id}", failed):
                due = notices.drafts(session, user_id, moment)
                written += _enqueue(session, config, due, moment)
        for partner in accounts.every_partner(session):
            with _isolated(session, f"digest of account {partner.id}", failed):
                drafts += digests.weekly(session, partner, moment)
        with _isolated(session, "nights", failed):
            drafts += digests.nights(session, moment)
        with _isolated(session, "approvals", failed):
            drafts += approval_emails.drafts(session)
        for draft in drafts:
            with _isolated(session, f"{draft.key} of user {draft.user.id}", failed):
                written += _enqueue(session, config, [draft], moment)
        certificates = certificate_emails.due(session)
        session.commit()
        for certificate_id in certificates:
            with _isolated(session, f"certificate {certificate_id}", failed):
                due = certificate_emails.drafts(session, certificate_id)
                written += _enqueue(session, config, due, moment)
    if failed:
        raise NotWritten(f"Emails not written: {len(failed)}. {'; '.join(failed[:_NAMED])}")
    return written


@contextmanager
def _isolated(session: Session, what: str, failed: list[str]) -> Iterator[None]:
    """Commit; an error is logged and added to ``failed``, unless it ends the job."""
    try:
        yield
        session.commit()
    except Exception as error:
        if runtime.ends_job(error):
            raise
        session.rollback()
        log.exception("emails cannot be written: %s", what)
        failed.append(f"{what}: {error}")


def send(now: Callable[[], datetime]) -> tuple[int, int]:
    """Send the emails that are due; return how many were accepted and how many were not."""
    config = current_settings()
    sent = failed = 0
    with db.session() as session:
        mail = _claim(session, now)
        if mail is None:
            return 0, 0
        try:
            with open_transport(config.mail_url, config.instance) as deliver:
                while mail is not None:
                    if _send(session, config, deliver, mail, now):
                        sent += 1
                    else:
                        failed += 1
                    mail = _claim(session, now)
        except MailError as error:
            # The transport fails as a whole: this email and the others stay in the outbox.
            log.warning("mails wait: %s", error)
            if mail is not None:
                outbox.mark_failed(session, mail, error.reason, now(), permanent=False)
                session.commit()
                failed += 1
    return sent, failed


def _claim(session: Session, now: Callable[[], datetime]) -> Mail | None:
    mail = outbox.claim(session, now())
    session.commit()
    return mail


def _send(
    session: Session,
    config: Settings,
    deliver: Send,
    mail: Mail,
    now: Callable[[], datetime],
) -> bool:
    """Send one email, with no transaction open; return whether it was accepted.

    Raises MailError when the transport as a whole fails.
    """
    try:
        message = _message(session, config, mail, now())
        session.commit()
        deliver(message)
    except MailError as error:
        if error.transport_failed:
            raise
        log.warning("mail %s: %s", mail.id, error)
        why, permanent = error.reason, error.permanent
    except Exception as error:
        if runtime.ends_job(error):
            raise
        session.rollback()
        log.exception("mail %s cannot be sent", mail.id)
        why, permanent = reason("mail_failed", error=type(error).__name__), False
    else:
        outbox.mark_sent(session, mail, now())
        session.commit()
        return True
    outbox.mark_failed(session, mail, why, now(), permanent=permanent)
    session.commit()
    return False


def _message(session: Session, config: Settings, mail: Mail, now: datetime) -> EmailMessage:
    """Return the message of an email. Raises MailError."""
    user = mail.user
    content = _content(session, config, mail, now)
    return build_message(
        sender=config.mail_from,
        to=(user.full_name, mail.recipient or user.email),
        title=mail.title,
        plain=content.plain,
        html=content.html,
        message_id=f"releaf-{mail.id}-{mail.created_at:%Y%m%d%H%M%S}",
        unsubscribe_url=_unsubscribe_url(config, user.id, mail.subject),
        made_at=mail.created_at,
        logo=_logo(session, mail),
        pdf=certificate_emails.attachment(session, mail),
    )


def _content(session: Session, config: Settings, mail: Mail, now: datetime) -> EmailContent:
    """Return what was stored, or render an email with a personal link. Raises MailError."""
    if mail.subject != "access":
        return EmailContent(mail.title, mail.plain, mail.html)
    user = mail.user
    with force_locale(language_of(user)):
        try:
            values = access_emails.values(session, config.secret_key, mail, now)
        except Conflict as error:
            raise MailError(reason("user_cannot_log_in"), permanent=True) from error
        brand = brands.for_account(session, user.account)
        mail.logo_digest = brand.logo.digest if brand and brand.logo else None
        layout = _layout_values(config, user.id, mail.subject, brand)
        return render("access", {**values, **layout})


def _enqueue(
    session: Session, config: Settings, drafts: Sequence[EmailDraft], now: datetime
) -> int:
    enqueued = 0
    for draft in drafts:
        brand = brands.for_account(session, draft.user.account)
        with force_locale(language_of(draft.user)):
            layout = _layout_values(config, draft.user.id, draft.subject, brand)
            content = render(draft.template, {**draft.values, **layout})
        digest = brand.logo.digest if brand and brand.logo else None
        enqueued += outbox.enqueue(session, draft, content, now, digest) is not None
    return enqueued


def _email_branding(brand: brands.Branding | None) -> EmailBranding:
    """Return the branding of emails to a partner's users."""
    if brand is None:
        return EmailBranding()
    shades = on_light(brand.colour or DEFAULT_ACCENT)
    if brand.logo is None:
        return EmailBranding(brand.name, str(shades.accent), str(shades.text))
    size = brand.logo.within(*_LOGO_SIZE)
    content_id = _content_id(brand.logo.digest)
    return EmailBranding(brand.name, str(shades.accent), str(shades.text), content_id, size)


def _content_id(digest: str) -> str:
    return f"{digest[:20]}@logo.releaf"


def _logo(session: Session, mail: Mail) -> Attachment | None:
    """Return the logo for an email."""
    content = brands.logo_content(session, mail.logo_digest)
    return Attachment(content, _content_id(mail.logo_digest or "")) if content else None


def _layout_values(
    config: Settings, user_id: int, subject: MailSubject, brand: brands.Branding | None
) -> dict[str, object]:
    return {
        "subject": subject,
        "branding": _email_branding(brand),
        "unsubscribe_url": _unsubscribe_url(config, user_id, subject),
    }


def _unsubscribe_url(config: Settings, user_id: int, subject: MailSubject) -> str | None:
    if subject == "access":
        return None
    token = unsubscribe.token(config.secret_key, user_id, subject)
    return public_url_for("unsubscribe.show", token=token)
