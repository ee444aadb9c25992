"""Certificates of Reforestation: one page, PDF/A-3u with tags.

Equal values give equal bytes with the same versions and fonts: every date on the page and in the
file is one of the values.
"""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from importlib.resources import files
from io import BytesIO
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import segno
from flask_babel import force_locale, gettext
from weasyprint import CSS, HTML
from weasyprint.css import ColorProfile
from weasyprint.pdf import pydyf
from weasyprint.text.fonts import FontConfiguration

from webapp import filters
from webapp.pdf.assets import FOLDERS, LOGO, PackagedAssets, as_pdf_error, template
from webapp.pdf.text_fitting import FittedText, Size, fit_text, printable, text_width
from webapp.pdf.values import CertificateValues, PdfError
from webapp.settings import ROOT

#: The customer's name: the width of the page between its margins, in points.
NAME_WIDTH = 620
NAME_SIZES = tuple(Size(*size) for size in ((38, 1), (34, 1), (30, 2), (25, 3), (20, 4), (16, 5)))
#: The same above two lines on pages of earlier months, and above three.
NAME_SIZES_ABOVE_TWO = tuple(
    Size(*size) for size in ((38, 1), (34, 1), (28, 2), (22, 3), (17, 4), (14, 5))
)
NAME_SIZES_ABOVE_THREE = tuple(
    Size(*size) for size in ((36, 1), (30, 1), (25, 2), (19, 3), (15, 4), (12, 5))
)
_NAME_SIZES = (NAME_SIZES, NAME_SIZES, NAME_SIZES_ABOVE_TWO, NAME_SIZES_ABOVE_THREE)
#: The project and the partner: a column of the footer.
DETAIL_WIDTH = 240
DETAIL_SIZES = tuple(Size(*size) for size in ((12, 2), (10.5, 2), (9, 3), (7.5, 4), (6, 5)))
#: The same where a logo stands there, too.
BESIDE_LOGO_SIZES = tuple(Size(*size) for size in ((10.5, 1), (9, 1), (7.5, 2), (6, 5)))
#: Points of the column for project, partner and logo, and the most that a logo takes of them.
DETAIL_HEIGHT = 62
LOGO_HEIGHT = 31
_LINE_HEIGHT = 1.15

_COLOURS = "--srgb"


class CertificateRenderer:
    """Renders certificates. Use one per process: it reads fonts, stylesheet and paper once."""

    def __init__(self, root: Path = ROOT) -> None:
        """Read template and assets under ``root``. Raises PdfError."""
        self._template = template(root, "certificate.html")
        self._assets = PackagedAssets([root / folder for folder in FOLDERS])
        self._folder = root / FOLDERS[0]
        # Shared by all documents; otherwise each leaves a copy of the fonts in memory.
        self._fonts = FontConfiguration()
        self._colours = _colour_profile()
        with as_pdf_error():
            self._style = CSS(
                url=(self._folder / "certificate.css").as_uri(),
                url_fetcher=self._assets,
                font_config=self._fonts,
            )
        self._paper = self._operators('<img class="paper" src="paper.svg" alt="">')

    def html(self, values: CertificateValues) -> str:
        """Return the document as HTML, without its background."""
        with force_locale(values.language):
            return self._html(values)

    def _html(self, values: CertificateValues) -> str:
        values = replace(
            values,
            account_name=printable(values.account_name),
            partner_name=printable(values.partner_name),
            project=printable(values.project),
        )
        sizes = DETAIL_SIZES if values.logo is None else BESIDE_LOGO_SIZES
        project = fit_text(values.project, sizes, DETAIL_WIDTH)
        partner = fit_text(values.partner_name, sizes, DETAIL_WIDTH)
        return self._template.render(
            certificate=values,
            name=fit_text(values.account_name, _NAME_SIZES[values.earlier_lines], NAME_WIDTH),
            project=project,
            partner=partner,
            logo=LOGO if values.logo else None,
            logo_height=_height_left(project, partner),
            late_months=_in_months(values.late_months),
            code=_qr_code(values.verify_url),
        )

    def render(self, values: CertificateValues) -> bytes:
        """Return the document as PDF, one page. Raises PdfError."""

        def finish(document: Any, pdf: Any) -> None:
            _refuse_missing_glyphs(document)
            paper = pydyf.Stream([self._paper], {"Filter": "/FlateDecode"})
            pdf.add_object(paper)
            page = _page(pdf)
            page["Contents"] = pydyf.Array([paper.reference, page["Contents"]])

        with as_pdf_error():
            document = self._lay_out(self.html(values), values.logo)
            if len(document.pages) != 1:
                raise PdfError(
                    f"certificate {values.number} does not fit on one page; "
                    "shorten the names or the project"
                )
            pdf: bytes = document.write_pdf(
                finisher=finish, pdf_variant="pdf/a-3u", pdf_tags=True, output_intent=_COLOURS
            )
        return pdf

    def _lay_out(self, html: str, logo: bytes | None = None) -> Any:
        base = (self._folder / "certificate.html").as_uri()
        assets = self._assets if logo is None else self._assets.with_logo(logo)
        page = HTML(string=html, base_url=base, url_fetcher=assets)
        return page.render(
            stylesheets=[self._style],
            font_config=self._fonts,
            color_profiles={_COLOURS: self._colours},
            output_intent=_COLOURS,
        )

    def _operators(self, html: str) -> bytes:
        """Return the PDF operators of the background, deflated.

        The background is equal for all documents and has thousands of curves: parsing its SVG for
        each document would take longer than everything else.
        """
        operators: list[bytes] = []

        def collect(document: Any, pdf: Any) -> None:
            content = pdf.objects[int(_page(pdf)["Contents"].split()[0])]
            # Opacity ("gs") is looked up in a document's own resources; the paper is opaque.
            operators.extend(line for line in content.stream if not line.endswith(b" gs"))

        with as_pdf_error():
            self._lay_out(html).write_pdf(finisher=collect, uncompressed_pdf=True)
        return zlib.compress(b"\n".join([b"/Artifact BMC q", *operators, b"Q EMC"]), 9)


def _colour_profile() -> Any:
    """Return WeasyPrint's sRGB profile, which it would otherwise read for each document."""
    profile = files("weasyprint.pdf").joinpath("sRGB2014.icc").read_bytes()
    return ColorProfile(
        BytesIO(profile), "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"])
    )


def _page(pdf: Any) -> Any:
    """Return the dictionary of the first page."""
    return pdf.objects[int(pdf.page_references[0].split()[0])]


def _refuse_missing_glyphs(document: Any) -> None:
    """Raise PdfError for characters without a glyph: a certificate is permanent."""
    missing = sorted({letter for font in document.fonts.values() for letter in font.missing})
    if missing:
        letters = ", ".join(f"{chr(letter)} (U+{letter:04X})" for letter in missing[:5])
        raise PdfError(
            f"no font on this machine has {letters}; install one that does (Debian has "
            "fonts-droid-fallback, fonts-noto-core, fonts-symbola) and render the document again"
        )


def _height_left(*details: FittedText) -> float:
    """Return the height in points that remains for a logo."""
    taken = sum(
        detail.points
        * _LINE_HEIGHT
        * max(
            len(detail.lines),
            ceil(text_width(" ".join(detail.lines)) * detail.points / DETAIL_WIDTH),
        )
        for detail in details
    )
    return round(min(LOGO_HEIGHT, DETAIL_HEIGHT - taken), 1)


def _in_months(months: Sequence[date]) -> str:
    """Return "in July, August and September 2026" or "between November 2025 and March 2026"."""
    if not months:
        return gettext("in earlier months")
    *earlier, last = months
    names = [
        filters.month_name(month) if month.year == last.year else filters.month(month)
        for month in earlier
    ]
    if len(earlier) > 2:
        return gettext("between %(first)s and %(last)s", first=names[0], last=filters.month(last))
    if not names:
        return gettext("in %(month)s", month=filters.month(last))
    return gettext("in %(months)s and %(last)s", months=", ".join(names), last=filters.month(last))


class _Code(NamedTuple):
    """A QR code: its modules per side, and a path of strokes one module wide."""

    side: int
    path: str


def _qr_code(text: str) -> _Code:
    # A fixed mask: comparing all eight takes longer than the rest, and each is readable.
    rows = segno.make(text, micro=False, error="m", mask=4).matrix
    strokes = []
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                strokes.append(f"M{x} {y}.5h{length}")
            x += length
    return _Code(len(rows), "".join(strokes))
