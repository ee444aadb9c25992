"""Documents as PDF: from a template and plain values to bytes; no database, Flask or clock.

HTML is in ``templates/print``, stylesheets and paper are in ``static/print``.
"""

from webapp.pdf.assets import PdfError
from webapp.pdf.business_review import BusinessReviewRenderer, BusinessReviewValues
from webapp.pdf.certificate import CertificateRenderer, CertificateValues
from webapp.pdf.picture import HEIGHT, WIDTH, picture
from webapp.pdf.share import SHARE_HEIGHT, SHARE_WIDTH, CardRenderer, CardValues

__all__ = [
    "HEIGHT",
    "SHARE_HEIGHT",
    "SHARE_WIDTH",
    "WIDTH",
    "BusinessReviewRenderer",
    "BusinessReviewValues",
    "CardRenderer",
    "CardValues",
    "CertificateRenderer",
    "CertificateValues",
    "PdfError",
    "picture",
]
