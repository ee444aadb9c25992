"""One printer for all tests of documents, and values with character."""

from datetime import date
from decimal import Decimal

import pytest

from webapp.pdf import CertificatePrinter, CertificateValues


@pytest.fixture(scope="session")
def printer() -> CertificatePrinter:
    """The printer of the packaged template and assets."""
    return CertificatePrinter()


@pytest.fixture
def values() -> CertificateValues:
    """October 2026 of an architects' office in Boston."""
    return CertificateValues(
        number="R-2026-10-000123",
        account_name="Harbour Architects, LLP",
        partner_name="Northwind Print Services",
        month=date(2026, 10, 1),
        pages=2_469_134,
        late_pages=0,
        late_months=(),
        trees=Decimal("296.31"),
        pages_per_tree=8_333,
        project="Atlantic Rainforest Corridor",
        issued_on=date(2026, 11, 2),
        verify_url="https://releaf.example/c/Zk3uJ0mTq8s2VYb1X5hPa9dLcE7fWgRi",
    )
