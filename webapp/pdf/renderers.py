"""The renderers of a process, each created when it is first needed.

WeasyPrint is imported here and not with ``webapp.pdf``: that takes a second, and most processes
and commands render nothing.
"""

import atexit
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webapp.pdf.business_review import BusinessReviewRenderer
    from webapp.pdf.certificate import CertificateRenderer
    from webapp.pdf.share import CardRenderer


@cache
def business_review_renderer() -> "BusinessReviewRenderer":
    """Return the renderer of business reviews. Raises PdfError when an asset is missing."""
    from webapp.pdf.business_review import BusinessReviewRenderer

    return BusinessReviewRenderer()


@cache
def card_renderer() -> "CardRenderer":
    """Return the renderer of share cards. Raises PdfError when an asset is missing."""
    from webapp.pdf.share import CardRenderer

    return CardRenderer()


@cache
def certificate_renderer() -> "CertificateRenderer":
    """Return the renderer of certificates. Raises PdfError when an asset is missing."""
    from webapp.pdf.certificate import CertificateRenderer

    return CertificateRenderer()


@atexit.register
def close() -> None:
    """Free the renderers while WeasyPrint can still remove their temporary folders of fonts."""
    business_review_renderer.cache_clear()
    card_renderer.cache_clear()
    certificate_renderer.cache_clear()
