"""Documents as PDF: a template and plain values in, bytes out; no database, Flask or clock.

HTML lies in ``templates/print``, its style and paper in ``static/print``.
"""

from webapp.pdf.assets import PdfError
from webapp.pdf.certificate import CertificateRenderer, CertificateValues
from webapp.pdf.picture import HEIGHT, WIDTH, picture
from webapp.pdf.share import SHARE_HEIGHT, SHARE_WIDTH, CardRenderer, CardValues

__all__ = [
    "HEIGHT",
    "SHARE_HEIGHT",
    "SHARE_WIDTH",
    "WIDTH",
    "CardRenderer",
    "CardValues",
    "CertificateRenderer",
    "CertificateValues",
    "PdfError",
    "picture",
]
