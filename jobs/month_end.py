"""Month end: months close, certificates are issued and rendered."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from jobs import runtime
from webapp import clock, queue
from webapp.db import db
from webapp.domain.months import Month
from webapp.domain.reasons import Reason
from webapp.extensions import current_settings, public_url_for
from webapp.models import Account, Certificate
from webapp.pdf import certificate_renderer
from webapp.queries import accounts
from webapp.queries import certificates as queries
from webapp.services.certificates import certificates, months
from webapp.settings import Settings

log = logging.getLogger("releaf.month_end")

#: Certificates rendered by one job, which takes some seconds.
BATCH = 50
#: The most certificates or accounts that an error names.
_NAMED = 3


class NotClosed(Exception):
    """Months of some accounts could not be closed; those of the others are."""


class NotRendered(Exception):
    """Some certificates of a batch could not be rendered; the others are."""


@runtime.job
def render_batch(first: int, last: int) -> str:
    """The job: render the certificates of a range of ids that have no document yet.

    Each is stored before the next one is rendered, so a repeated job renders the others only.
    Raises NotRendered.
    """
    failed = []
    with db.session() as session:
        pending = queries.pending_in(session, first, last)
        session.commit()
        for certificate in pending:
            try:
                _render(session, certificate, clock.now)
            except Exception as error:
                if runtime.ends_job(error):
                    raise
                log.exception("certificate %s cannot be rendered", certificate.number)
                session.rollback()
                failed.append(f"{certificate.number}: {error}")
    if failed:
        raise NotRendered(
            f"{len(failed)} of {len(pending)} PDFs were not generated. {'; '.join(failed[:_NAMED])}"
        )
    return f"{len(pending)} certificates"


@runtime.job
def close_due() -> str:
    """The job: close every month that may close, and enqueue the rendering of certificates.

    Raises NotClosed.
    """
    issued, failed = close_months(clock.now)
    with db.session() as session:
        waiting = queries.pending_render(session)
        session.commit()
    _enqueue_documents(current_settings(), waiting)
    check_closed(failed)
    return f"{issued} certificates issued, {len(waiting)} to render"


def check_closed(failed: Sequence[str]) -> None:
    """Raise NotClosed for the failures that ``close_months`` returned, if there are any."""
    if failed:
        raise NotClosed(
            f"Accounts whose months were not closed: {len(failed)}. {'; '.join(failed[:_NAMED])}"
        )


def close_months(now: Callable[[], datetime]) -> tuple[int, list[str]]:
    """Close every month that may close; return how many certificates were issued, and failures.

    ``now``: the clock, or that of a simulation.
    """
    issued, failed = 0, []
    with db.session() as session:
        customers = accounts.with_feeds(session)
        closed = queries.last_closed_months(session)
        session.commit()
        for account in customers:
            try:
                issued += _close_account(session, account, closed.get(account.id), now())
                session.commit()
            except Exception as error:
                if runtime.ends_job(error):
                    raise
                session.rollback()
                log.exception("months of account %s cannot be closed", account.id)
                failed.append(f"account {account.id}: {error}")
    return issued, failed


def _close_account(session: Session, account: Account, closed: Month | None, now: datetime) -> int:
    """Close an account's months that may close; return how many certificates were issued."""
    config = current_settings()
    last = Month.of(now.astimezone(account.zone).date()).previous()
    if closed is not None and closed >= last:
        return 0
    issued = 0
    for month in months.open_months(session, account, last):
        if months.reason_to_keep_open(session, account, month, now, grace(config)):
            break
        issued += months.close(session, account, month, now, config.project) is not None
        session.commit()
    return issued


def render_certificate(certificate_id: int, now: Callable[[], datetime] = clock.now) -> str:
    """Render a document synchronously, unless it has been rendered."""
    with db.session() as session:
        return _render(session, session.get_one(Certificate, certificate_id), now)


def _render(session: Session, certificate: Certificate, now: Callable[[], datetime]) -> str:
    rendered = queries.is_rendered(session, certificate)
    verify_url = public_url_for("public_certificates.show", public_id=certificate.public_id)
    values = certificates.values(session, certificate, verify_url)
    session.commit()  # no transaction is open while the document is rendered
    if rendered:
        return f"{certificate.number} is already rendered"
    pdf = certificate_renderer().render(values)
    certificates.store_document(session, certificate.id, pdf, now())
    session.commit()
    return f"{certificate.number}: {len(pdf)} bytes"


def grace(config: Settings) -> months.Grace:
    """Return the configured day and time at which months close."""
    return months.Grace(config.close_on, config.close_at)


def issue(
    account_id: int,
    month: Month,
    now: Callable[[], datetime] = clock.now,
) -> tuple[Certificate | None, Reason | None]:
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
            reason = months.reason_to_keep_open(session, account, due, moment, grace(config))
            if reason and not months.is_closed(session, account, due):
                return None, reason
            certificate = months.close(session, account, due, moment, config.project)
            session.commit()
            if certificate is not None:
                _render(session, certificate, now)
    return certificate, None


def _enqueue_documents(config: Settings, certificate_ids: Sequence[int]) -> None:
    # Fixed ranges, so that a certificate is in the same batch at every run.
    firsts = sorted({each - (each - 1) % BATCH for each in certificate_ids})
    try:
        queue.render_certificates(config, [(first, first + BATCH - 1) for first in firsts])
    except queue.QueueDown as error:
        log.warning("%s certificates wait for their documents: %s", len(certificate_ids), error)
