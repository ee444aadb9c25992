"""What documents are made of: packaged assets only, and none may be missing."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from webapp.pdf import CertificateValues, PdfError
from webapp.pdf.certificate import CertificateRenderer
from webapp.settings import ROOT

pytestmark = pytest.mark.slow


def copy_root(folder: Path) -> Path:
    """Copy templates and assets to a folder, where a test may spoil them."""
    for part in ("templates/print", "static/print", "static/vendor/fonts"):
        shutil.copytree(ROOT / part, folder / part)
    return folder


@pytest.fixture
def copied_root(tmp_path: Path) -> Path:
    """A copy of templates and assets of this test's own."""
    return copy_root(tmp_path)


FOREIGN = (
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
)
#: Markup by the number of the certificate that it is added to.
ADDED = {f"foreign {n}": markup for n, markup in enumerate(FOREIGN)} | {
    "symbolic link": '<img src="secret.svg" alt="">',
    "other kind": '<img src="notes.txt" alt="">',
    "missing": '<img src="signature.svg" alt="">',
}


@pytest.fixture(scope="module")
def broken_renderer(tmp_path_factory: pytest.TempPathFactory) -> CertificateRenderer:
    """A renderer whose template adds what ``ADDED`` has for the number of a certificate.

    One for all of it, because a renderer takes a second to read its fonts.
    """
    root = copy_root(tmp_path_factory.mktemp("spoilt"))
    (root / "static/print/notes.txt").write_text("not for documents")
    (root / "static/print/secret.svg").symlink_to("/etc/hostname")
    template = root / "templates/print/certificate.html"
    added = "".join(
        f'{{% if certificate.number == "{number}" %}}{markup}{{% endif %}}'
        for number, markup in ADDED.items()
    )
    template.write_text(template.read_text().replace("</main>", f"{added}</main>"))
    return CertificateRenderer(root)


@pytest.mark.parametrize("number", [number for number in ADDED if number.startswith("foreign")])
def test_an_external_asset_is_refused(
    broken_renderer: CertificateRenderer, values: CertificateValues, number: str
) -> None:
    with pytest.raises(PdfError, match="not one of the packaged assets"):
        broken_renderer.render(replace(values, number=number))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("symbolic link", "not one of the packaged assets"),
        ("other kind", "of no kind"),
        ("missing", r"signature\.svg cannot be read"),
    ],
)
def test_an_asset_that_documents_cannot_have_is_refused(
    broken_renderer: CertificateRenderer, values: CertificateValues, number: str, words: str
) -> None:
    with pytest.raises(PdfError, match=words):
        broken_renderer.render(replace(values, number=number))


def test_a_certificate_without_external_assets_is_rendered(
    broken_renderer: CertificateRenderer, values: CertificateValues
) -> None:
    assert broken_renderer.render(values).startswith(b"%PDF")


def loses_a_font(root: Path) -> None:
    (root / "static/vendor/fonts/eb-garamond-greek-400-normal.ttf").unlink()


def loses_the_paper(root: Path) -> None:
    (root / "static/print/paper.svg").unlink()


def loses_the_style(root: Path) -> None:
    (root / "static/print/certificate.css").unlink()


@pytest.mark.parametrize("loses", [loses_a_font, loses_the_paper, loses_the_style])
def test_a_renderer_with_a_missing_asset_raises_an_error(
    copied_root: Path, loses: Callable[[Path], None]
) -> None:
    loses(copied_root)

    with pytest.raises(PdfError, match="cannot be read"):
        CertificateRenderer(copied_root)


def test_an_error_of_the_renderer_is_an_exception() -> None:
    assert issubclass(PdfError, Exception)
