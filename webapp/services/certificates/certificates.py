"""Certificates: issued once, frozen, rendered later as a document that is stored."""

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.db import upsert
from webapp.domain.months import Month
from webapp.domain.trees import PAGES_PER_TREE, trees
from webapp.models import Account, Certificate, Deposit, Document, Feed
from webapp.pdf import CertificateValues
from webapp.queries import brands
from webapp.services import summaries


def issue(
    session: Session,
    account: Account,
    month: Month,
    now: datetime,
    project: str,
    carried: Mapping[Month, int],
) -> Certificate | None:
    """Issue the certificate of a closed month, with the pages of months ``carried`` to it.

    Returns None for 0 pages. Call within the transaction that closes the month.
    """
    counted = _counted_pages(session, account, month)
    pages = sum(carried.values()) + sum(int(row.pages) for row in counted)
    if not pages:
        return None
    late = _late_pages(counted, month)
    brand = brands.for_account(session, account)
    certificate = Certificate(
        number=f"draft-{secrets.token_hex(8)}",
        public_id=secrets.token_urlsafe(24),
        account_id=account.id,
        month=str(month),
        account_name=account.name,
        partner_name=brand.name if brand else (account.partner or account).name,
        pages=pages,
        late_pages=sum(late.values()),
        late_months=" ".join(map(str, late))[:200],
        corrections=sum(int(row.pages) for row in counted if row.kind == "correction"),
        carried_pages=sum(carried.values()),
        carried_since=str(min(carried)) if any(carried.values()) else None,
        trees=trees(pages),
        pages_per_tree=PAGES_PER_TREE,
        project=project,
        issued_on=now.astimezone(account.zone).date(),
        language=account.document_language,
        logo_digest=brand.logo.digest if brand and brand.logo else None,
    )
    _add(session, certificate, account.partner_id)
    return certificate


def _add(session: Session, certificate: Certificate, partner_id: int | None) -> None:
    """Insert a certificate, which gets its number by its id, and add it to the summary."""
    session.add(certificate)
    session.flush()
    certificate.number = f"R-{certificate.month}-{certificate.id:06}"
    session.flush()
    if partner_id is not None:
        summaries.add_certificate(session, partner_id, certificate.month, certificate.pages)


def _counted_pages(session: Session, account: Account, month: Month) -> Sequence[Any]:
    """Return the pages counted in a month, by day and kind."""
    return session.execute(
        select(Deposit.day, Deposit.kind, func.sum(Deposit.pages).label("pages"))
        .join(Feed, Feed.id == Deposit.feed_id)
        .where(Feed.account_id == account.id, Deposit.counted_in == str(month))
        .group_by(Deposit.day, Deposit.kind)
    ).all()


def _late_pages(counted: Sequence[Any], month: Month) -> dict[Month, int]:
    """Return the pages printed in earlier months, by month in order."""
    late: dict[Month, int] = defaultdict(int)
    for row in sorted(counted, key=lambda row: row.day):
        if row.kind == "pages" and row.pages and Month.of(row.day) < month:
            late[Month.of(row.day)] += int(row.pages)
    return late


def values(session: Session, certificate: Certificate, verify_url: str) -> CertificateValues:
    """Return the values for the document: columns of the certificate, and its public address."""
    return CertificateValues(
        number=certificate.number,
        account_name=certificate.account_name,
        partner_name=certificate.partner_name,
        month=Month.parse(certificate.month).first,
        pages=certificate.pages,
        late_pages=certificate.late_pages,
        late_months=tuple(Month.parse(text).first for text in certificate.late_months.split()),
        corrections=certificate.corrections,
        carried_pages=certificate.carried_pages,
        carried_months=carried_months(certificate),
        trees=certificate.trees,
        pages_per_tree=certificate.pages_per_tree,
        project=certificate.project,
        language=certificate.language,
        issued_on=certificate.issued_on,
        verify_url=verify_url,
        logo=brands.logo_content(session, certificate.logo_digest),
    )


def carried_months(certificate: Certificate) -> tuple[date, date] | None:
    """Return the first days of the first and the last month with carried pages, None without."""
    if certificate.carried_since is None:
        return None
    return (
        Month.parse(certificate.carried_since).first,
        Month.parse(certificate.month).previous().first,
    )


def store_document(session: Session, certificate_id: int, pdf: bytes, now: datetime) -> None:
    """Store the PDF of a certificate, unless one is stored already."""
    upsert(
        session,
        Document,
        [
            {
                "certificate_id": certificate_id,
                "pdf": pdf,
                "sha256": hashlib.sha256(pdf).hexdigest(),
                "rendered_at": now,
                "emails_due": True,
            }
        ],
        key=("certificate_id",),
    )
