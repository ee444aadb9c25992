"""Closed months, certificates and their documents."""

from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO

import pypdfium2
from sqlalchemy.orm import Session

from tests.factories.accounts import customer
from tests.factories.base import NOW, add, numbers
from webapp.domain.trees import PAGES_PER_TREE, trees
from webapp.models import (
    Account,
    Certificate,
    ClosedMonth,
    Document,
)
from webapp.services import summaries


def closed_month(session: Session, account: Account, month: str = "2026-10") -> ClosedMonth:
    """A month that takes no further deposits."""
    return add(
        session,
        ClosedMonth(account_id=account.id, month=month, closed_at=NOW, certified_in=month),
    )


def certificate(
    session: Session,
    account: Account | None = None,
    *,
    month: str = "2026-10",
    pages: int = 2_469_134,
    late_pages: int = 0,
    corrections: int = 0,
    number: str | None = None,
    public_id: str | None = None,
    tree_count: Decimal | None = None,
) -> Certificate:
    """The frozen statement of a customer's month."""
    account = account or customer(session)
    of = account.partner
    serial = next(numbers)
    made = add(
        session,
        Certificate(
            number=number or f"R-{month}-{serial:06}",
            public_id=public_id or f"public-{serial:025}",
            account=account,
            month=month,
            account_name=account.name,
            partner_name=of.name if of else account.name,
            pages=pages,
            late_pages=late_pages,
            late_months="",
            corrections=corrections,
            trees=trees(pages) if tree_count is None else tree_count,
            pages_per_tree=PAGES_PER_TREE,
            project="Releaf Reforestation Portfolio",
            issued_on=date(2026, 11, 2),
        ),
    )
    if of is not None:
        summaries.add_certificate(session, of.id, month, pages)
    return made


@cache
def _blank_pdf() -> bytes:
    """One blank page, because rendering a certificate takes seconds."""
    stored = BytesIO()
    with pypdfium2.PdfDocument.new() as blank:
        blank.new_page(595, 842)
        blank.save(stored)
    return stored.getvalue()


def document(session: Session, of: Certificate, pdf: bytes | None = None) -> Document:
    """The bytes of a certificate's PDF; a test that looks at it gives one."""
    pdf = pdf or _blank_pdf()
    return add(
        session,
        Document(certificate_id=of.id, pdf=pdf, sha256=f"{len(pdf):064}", rendered_at=NOW),
    )
