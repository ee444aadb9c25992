"""500 certificates in one process against bare WeasyPrint on the same HTML.

``python -m tests.bench.certificates 500`` prints JSON. Both sides share fonts and style, and take
turns, so that a busy machine slows both alike.
"""

import json
import sys
import time
from datetime import date
from pathlib import Path

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from webapp.domain.trees import PAGES_PER_TREE, trees
from webapp.pdf import CertificateValues
from webapp.pdf.certificate import CertificateRenderer
from webapp.settings import ROOT

FOLDER = ROOT / "static" / "print"
TURN = 10


def values(number: int) -> CertificateValues:
    """A certificate like any other."""
    pages = 12_345 + number * 977
    return CertificateValues(
        number=f"R-2026-10-{number:06}",
        account_name=f"Harbour Architects {number}, LLP",
        partner_name="Northwind Print Partners",
        month=date(2026, 10, 1),
        pages=pages,
        late_pages=0,
        late_months=(),
        trees=trees(pages),
        pages_per_tree=PAGES_PER_TREE,
        project="Releaf Reforestation Portfolio",
        issued_on=date(2026, 11, 2),
        verify_url=f"https://releaf.example/c/{number:032}",
    )


def resident_mb() -> float:
    """The memory of this process now."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError("VmRSS")


def main() -> None:
    """Draw the certificates on both sides."""
    count = int(sys.argv[1])
    renderer = CertificateRenderer()
    fonts = FontConfiguration()
    style = CSS(filename=FOLDER / "certificate.css", font_config=fonts)
    base = (FOLDER / "certificate.html").as_uri()
    ours = bare = 0.0
    early = 0.0
    for first in range(0, count, TURN):
        turn = [values(number) for number in range(first, min(first + TURN, count))]
        began = time.perf_counter()
        for certificate in turn:
            renderer.render(certificate)
        middle = time.perf_counter()
        for certificate in turn:
            page = HTML(string=renderer.html(certificate), base_url=base)
            page.write_pdf(
                stylesheets=[style], font_config=fonts, pdf_variant="pdf/a-3u", pdf_tags=True
            )
        if first:  # the first turn warms both sides up
            ours += middle - began
            bare += time.perf_counter() - middle
        if first == TURN:
            early = resident_mb()
    drawn = count - TURN
    print(
        json.dumps(
            {
                "ours_ms": ours / drawn * 1_000,
                "bare_ms": bare / drawn * 1_000,
                "early_mb": early,
                "late_mb": resident_mb(),
            }
        )
    )


if __name__ == "__main__":
    main()
