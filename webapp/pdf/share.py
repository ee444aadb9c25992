"""Share cards: pictures of certificates for link previews.

A card is not a document: it is rendered on request, and has a name only if one is given.
"""

import hashlib
from dataclasses import replace
from decimal import Decimal
from threading import Lock

from flask_babel import force_locale, gettext
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from webapp import filters
from webapp.pdf.assets import FOLDERS, PackagedAssets, as_pdf_error, template
from webapp.pdf.picture import picture
from webapp.pdf.text_fitting import Size, fit_text, printable
from webapp.pdf.values import CardValues, PdfError
from webapp.settings import ROOT

#: Between the margins, in points.
_WIDTH = 780
_TREES_SIZES = tuple(Size(points, 1) for points in (96, 80, 64, 52, 40, 32))
_NAME_SIZES = tuple(Size(*size) for size in ((38, 1), (32, 2), (26, 3), (20, 4)))
_PROJECT_SIZES = tuple(Size(*size) for size in ((18, 1), (15, 2), (12, 3)))


class CardRenderer:
    """Renders cards. Use one per process: it reads stylesheet and fonts once."""

    def __init__(self) -> None:
        """Read template and style. Raises PdfError."""
        self._template = template(ROOT, "share.html")
        self._assets = PackagedAssets([ROOT / folder for folder in FOLDERS])
        self._base = ROOT / FOLDERS[0] / "share.html"
        self._fonts = FontConfiguration()
        # WeasyPrint's fonts are not thread-safe.
        self._lock = Lock()
        style = ROOT / FOLDERS[0] / "share.css"
        with as_pdf_error():
            self._style = CSS(url=style.as_uri(), url_fetcher=self._assets, font_config=self._fonts)
        self._edition = style.read_bytes()

    def html(self, values: CardValues) -> str:
        """Return the card as HTML."""
        with force_locale(values.language):
            return self._html(values)

    def _html(self, values: CardValues) -> str:
        values = replace(
            values, holder=printable(values.holder or ""), project=printable(values.project)
        )
        return self._template.render(
            card=values,
            trees=fit_text(_trees(values.trees), _TREES_SIZES, _WIDTH),
            name=fit_text(values.holder, _NAME_SIZES, _WIDTH) if values.holder else None,
            project=fit_text(values.project, _PROJECT_SIZES, _WIDTH),
        )

    def version(self, values: CardValues) -> str:
        """Return a hash that differs if the card would look different."""
        return hashlib.sha256(self._edition + self.html(values).encode()).hexdigest()

    def render(self, values: CardValues) -> bytes:
        """Return the card as PNG of 1200 x 630 pixels. Raises PdfError."""
        page = HTML(
            string=self.html(values), base_url=self._base.as_uri(), url_fetcher=self._assets
        )
        with self._lock, as_pdf_error():
            document = page.render(stylesheets=[self._style], font_config=self._fonts)
            if len(document.pages) != 1:
                raise PdfError(f"the card of certificate {values.number} has more than one page")
            pdf: bytes = document.write_pdf()
        return picture(pdf)


def _trees(number: Decimal) -> str:
    if number == 1:
        return gettext("%(trees)s tree", trees=filters.trees(number))
    return gettext("%(trees)s trees", trees=filters.trees(number))
