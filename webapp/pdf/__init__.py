"""Documents as PDF: a template and plain values in, bytes out; no database, Flask or clock.

HTML lies in ``templates/print``, its style and paper in ``static/print``.
"""

from webapp.pdf.assets import PdfError
from webapp.pdf.certificate import CertificatePrinter, CertificateValues
from webapp.pdf.picture import HEIGHT, WIDTH, picture
from webapp.pdf.share import SHARE_HEIGHT, SHARE_WIDTH, CardPrinter, CardValues

__all__ = [
    "HEIGHT",
    "SHARE_HEIGHT",
    "SHARE_WIDTH",
    "WIDTH",
    "CardPrinter",
    "CardValues",
    "CertificatePrinter",
    "CertificateValues",
    "PdfError",
    "picture",
]
