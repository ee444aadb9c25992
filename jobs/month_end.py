"""Month end: months close, certificates are issued and rendered."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy.orm import Session

from jobs import runtime
from webapp import clock, queue
from webapp.db import db
from webapp.domain.months import Month
from webapp.extensions import current_settings
from webapp.models import Account, Certificate
from webapp.pdf import CertificateRenderer
from webapp.services.certificates import certificates, months
from webapp.settings import Settings

log = logging.getLogger("releaf.month_end")


@runtime.job
def render(certificate_id: int) -> str:
    """The job: render a certificate as PDF and store it."""
    return render_certificate(certificate_id)


@runtime.job
def close_due() -> str:
    """The job: close every month that may close, and enqueue the rendering of certificates."""
    config = current_settings()
    issued = 0
    with db.session() as session:
        accounts = months.accounts_with_months(session)
        session.commit()
        for account in accounts:
            now = clock.now()
            last = Month.of(now.astimezone(account.zone).date()).previous()
            for month in months.open_months(session, account, last):
                if months.reason_to_wait(session, account, month, now, grace(config)):
                    break
                issued += months.close(session, account, month, now, config.project) is not None
                session.commit()
            session.commit()
        waiting = certificates.pending_render(session)
        session.commit()
    _enqueue_documents(config, waiting)
    return f"{issued} certificates issued, {len(waiting)} to render"


def render_certificate(certificate_id: int, now: Callable[[], datetime] = clock.now) -> str:
    """Render a document synchronously, unless it has been rendered."""
    with db.session() as session:
        return _render(session, certificate_id, now)


def _render(session: Session, certificate_id: int, now: Callable[[], datetime]) -> str:
    certificate = session.get_one(Certificate, certificate_id)
    rendered = certificates.document(session, certificate) is not None
    values = certificates.values(session, certificate, current_settings().public_url)
    session.commit()  # no transaction is open while the document is rendered
    if rendered:
        return f"{certificate.number} is rendered already"
    pdf = renderer().render(values)
    certificates.store_document(session, certificate_id, pdf, now())
    session.commit()
    return f"{certificate.number}: {len(pdf)} bytes"


def grace(config: Settings) -> months.Grace:
    """Return the configured day and time at which months close."""
    return months.Grace(config.close_on, config.close_at)


def issue(
    account_id: int,
    month: Month,
    now: Callable[[], datetime] = clock.now,
) -> tuple[Certificate | None, str | None]:
    """Close a month of an account and the open ones before it, and render their documents.

    Returns the certificate of that month (None when it has no pages), or the reason why the month
    cannot be closed yet.
    """
    config = current_settings()
    with db.session() as session:
        account = session.get_one(Account, account_id)
        certificate = None
        for due in months.open_months(session, account, month) or [month]:
            moment = now()
            reason = months.reason_to_wait(session, account, due, moment, grace(config))
            if reason and not months.is_closed(session, account, due):
                return None, reason
            certificate = months.close(session, account, due, moment, config.project)
            session.commit()
            if certificate is not None:
                _render(session, certificate.id, now)
    return certificate, None


def _enqueue_documents(config: Settings, certificate_ids: Sequence[int]) -> None:
    for certificate_id in certificate_ids:
        try:
            queue.render_certificate(config, certificate_id)
        except queue.QueueDown as error:
            log.warning("certificate %s waits for its document: %s", certificate_id, error)
            return


@lru_cache(maxsize=1)
def renderer() -> CertificateRenderer:
    """Return the renderer of this process. The first call loads fonts and takes a second.

    Raises PdfError when an asset is missing.
    """
    return CertificateRenderer()
