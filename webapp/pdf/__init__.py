"""Documents as PDF: from a template and plain values to bytes; no database, Flask or clock.

HTML is in ``templates/print``, stylesheets and paper are in ``static/print``.
"""

from webapp.pdf.picture import HEIGHT, WIDTH, picture
from webapp.pdf.renderers import business_review_renderer, card_renderer, certificate_renderer
from webapp.pdf.values import (
    SHARE_HEIGHT,
    SHARE_WIDTH,
    BusinessReviewValues,
    CardValues,
    CertificateValues,
    PdfError,
)

__all__ = [
    "HEIGHT",
    "SHARE_HEIGHT",
    "SHARE_WIDTH",
    "WIDTH",
    "BusinessReviewValues",
    "CardValues",
    "CertificateValues",
    "PdfError",
    "business_review_renderer",
    "card_renderer",
    "certificate_renderer",
    "picture",
]
