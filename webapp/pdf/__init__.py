"""Documents as PDF: a template and plain values in, bytes out; no database, Flask or clock.

HTML lies in ``templates/print``, its style and paper in ``static/print``.
"""

from webapp.pdf.assets import PdfError
from webapp.pdf.certificate import CertificatePrinter, CertificateValues
from webapp.pdf.picture import HEIGHT, WIDTH, picture

__all__ = ["HEIGHT", "WIDTH", "CertificatePrinter", "CertificateValues", "PdfError", "picture"]
