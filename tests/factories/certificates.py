"""Closed months, certificates and their documents."""

from datetime import date
from decimal import Decimal
from functools import cache

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
from webapp.pdf import CertificateValues, certificate_renderer
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
def _a_pdf() -> bytes:
    """A certificate that was really drawn; of whom does not matter."""
    values = CertificateValues(
        number="R-2026-10-000001",
        account_name="Harbour Architects, LLP",
        partner_name="Northwind Print",
        month=date(2026, 10, 1),
        pages=8_333,
        late_pages=0,
        late_months=(),
        trees=Decimal(1),
        pages_per_tree=8_333,
        project="Highland Pines, Oregon",
        issued_on=date(2026, 11, 2),
        verify_url="https://releaf.example/c/x",
    )
    return certificate_renderer().render(values)


def document(session: Session, of: Certificate, pdf: bytes | None = None) -> Document:
    """The bytes of a certificate's PDF."""
    pdf = pdf or _a_pdf()
    return add(
        session,
        Document(certificate_id=of.id, pdf=pdf, sha256=f"{len(pdf):064}", rendered_at=NOW),
    )
