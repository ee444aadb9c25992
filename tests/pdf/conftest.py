"""One printer for all tests of documents, and values with character."""

import pytest

from jobs import month_end
from tests.pdf.memory import VALUES
from webapp.pdf import CertificatePrinter, CertificateValues


@pytest.fixture(scope="session")
def printer() -> CertificatePrinter:
    """The printer of the packaged template and assets."""
    return month_end.printer()


@pytest.fixture
def values() -> CertificateValues:
    """October 2026 of an architects' office in Boston."""
    return VALUES
