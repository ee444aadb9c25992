"""Business reviews: a few pages for a partner, with its brand.

A review is not a document that is stored: it is rendered on request, and its length does not
depend on the number of customers.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any

from flask_babel import force_locale
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from webapp.domain.business_review import RANKED
from webapp.domain.trees import PAGES_PER_TREE, trees
from webapp.pdf.assets import FOLDERS, LOGO, PackagedAssets, as_pdf_error, template
from webapp.pdf.text_fitting import printable
from webapp.pdf.values import BusinessReviewValues
from webapp.settings import ROOT

#: The color of headings without a brand.
_COLOUR = "#24503a"


class BusinessReviewRenderer:
    """Renders business reviews. Use one per process: it reads stylesheet and fonts once."""

    def __init__(self) -> None:
        """Read template and style. Raises PdfError."""
        self._template = template(ROOT, "business_review.html")
        self._assets = PackagedAssets([ROOT / folder for folder in FOLDERS])
        self._base = ROOT / FOLDERS[0] / "business_review.html"
        self._fonts = FontConfiguration()
        # WeasyPrint's fonts are not thread-safe.
        self._lock = Lock()
        style = ROOT / FOLDERS[0] / "business_review.css"
        with as_pdf_error():
            self._style = CSS(url=style.as_uri(), url_fetcher=self._assets, font_config=self._fonts)

    def html(self, values: BusinessReviewValues) -> str:
        """Return the document as HTML."""
        with force_locale(values.language):
            return self._template.render(
                values=values,
                review=values.review,
                partner_name=printable(values.partner_name),
                printable=printable,
                colour=values.colour or _COLOUR,
                logo=LOGO if values.logo else None,
                ranked=RANKED,
                pages_per_tree=PAGES_PER_TREE,
                trees_of=trees,
            )

    def render(self, values: BusinessReviewValues) -> bytes:
        """Return the document as PDF. Raises PdfError."""
        assets: Callable[[str], Any] = self._assets
        if values.logo is not None:
            assets = self._assets.with_logo(values.logo)
        page = HTML(string=self.html(values), base_url=self._base.as_uri(), url_fetcher=assets)
        with self._lock, as_pdf_error():
            pdf: bytes = page.write_pdf(
                stylesheets=[self._style], font_config=self._fonts, pdf_tags=True
            )
        return pdf
