"""What documents are made of: packaged assets only, and none may be missing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from webapp.pdf import CertificatePrinter, CertificateValues, PdfError
from webapp.settings import ROOT


@pytest.fixture
def copied_root(tmp_path: Path) -> Path:
    """A copy of templates and assets that a test may spoil."""
    for folder in ("templates/print", "static/print", "static/vendor/fonts"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def adds(root: Path, markup: str) -> None:
    """Somebody adds markup to the template."""
    template = root / "templates/print/certificate.html"
    template.write_text(template.read_text().replace("</main>", f"{markup}</main>"))


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="https://example.com/logo.png" alt="">',
        '<img src="http://127.0.0.1:1/logo.png" alt="">',
        '<img src="//example.com/logo.svg" alt="">',
        '<img src="file:///etc/passwd" alt="">',
        '<img src="file://example.com/logo.svg" alt="">',
        '<img src="../../templates/print/certificate.html" alt="">',
        '<img src="../vendor/fonts/../../../templates/print/certificate.html" alt="">',
        '<img src="%2e%2e/%2e%2e/templates/print/certificate.html" alt="">',
        '<img src="data:image/svg+xml,%3Csvg/%3E" alt="">',
        '<link rel="stylesheet" href="https://example.com/certificate.css">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<style>@import url("https://example.com/certificate.css");</style>',
        '<p style="background: url(https://example.com/paper.svg)">x</p>',
    ],
)
def test_a_foreign_asset_is_refused(
    copied_root: Path, values: CertificateValues, markup: str
) -> None:
    adds(copied_root, markup)
    printer = CertificatePrinter(copied_root)

    with pytest.raises(PdfError, match="not one of the packaged assets"):
        printer.draw(values)


def test_an_asset_of_another_kind_is_refused(copied_root: Path, values: CertificateValues) -> None:
    (copied_root / "static/print/notes.txt").write_text("not for documents")
    adds(copied_root, '<img src="notes.txt" alt="">')
    printer = CertificatePrinter(copied_root)

    with pytest.raises(PdfError, match="of no kind"):
        printer.draw(values)


def test_a_missing_picture_is_refused(copied_root: Path, values: CertificateValues) -> None:
    adds(copied_root, '<img src="signature.svg" alt="">')
    printer = CertificatePrinter(copied_root)

    with pytest.raises(PdfError, match=r"signature\.svg cannot be read"):
        printer.draw(values)


def loses_a_font(root: Path) -> None:
    (root / "static/vendor/fonts/eb-garamond-greek-400-normal.woff2").unlink()


def loses_the_paper(root: Path) -> None:
    (root / "static/print/paper.svg").unlink()


def loses_the_style(root: Path) -> None:
    (root / "static/print/certificate.css").unlink()


@pytest.mark.parametrize("loses", [loses_a_font, loses_the_paper, loses_the_style])
def test_a_printer_that_lacks_something_does_not_start(
    copied_root: Path, loses: Callable[[Path], None]
) -> None:
    loses(copied_root)

    with pytest.raises(PdfError, match="cannot be read"):
        CertificatePrinter(copied_root)


def test_a_link_out_of_the_assets_is_not_followed(
    copied_root: Path, values: CertificateValues
) -> None:
    (copied_root / "static/print/secret.svg").symlink_to("/etc/hostname")
    adds(copied_root, '<img src="secret.svg" alt="">')
    printer = CertificatePrinter(copied_root)

    with pytest.raises(PdfError, match="not one of the packaged assets"):
        printer.draw(values)


def test_what_the_jobs_see_is_an_ordinary_exception() -> None:
    assert issubclass(PdfError, Exception)
