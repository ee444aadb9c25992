"""One renderer for all tests of documents, and values with character."""

import pytest

from tests.pdf.memory import VALUES
from webapp.pdf import CertificateValues, certificate_renderer
from webapp.pdf.certificate import CertificateRenderer


@pytest.fixture(scope="session")
def renderer() -> CertificateRenderer:
    """The renderer of the packaged template and assets."""
    return certificate_renderer()


@pytest.fixture
def values() -> CertificateValues:
    """October 2026 of an architects' office in Boston."""
    return VALUES
