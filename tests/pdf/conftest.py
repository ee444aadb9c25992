"""One renderer for all tests of documents, and values with character."""

import pytest

from jobs import month_end
from tests.pdf.memory import VALUES
from webapp.pdf import CertificateRenderer, CertificateValues


@pytest.fixture(scope="session")
def renderer() -> CertificateRenderer:
    """The renderer of the packaged template and assets."""
    return month_end.renderer()


@pytest.fixture
def values() -> CertificateValues:
    """October 2026 of an architects' office in Boston."""
    return VALUES
