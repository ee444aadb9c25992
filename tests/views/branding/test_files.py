"""Logos and stylesheets as files."""

import hashlib
import re
from unittest.mock import Mock

import pytest
from sqlalchemy import func, select

from tests.images import pictures
from tests.images.test_logo import LARGE
from tests.images.test_svg import REFUSED
from tests.views.branding.conftest import Partners, chosen, post_form
from tests.views.conftest import Transaction
from webapp import images
from webapp.images import ImageFault, InvalidImage, Picture
from webapp.models import Brand, Logo, User

IMMUTABLE = "max-age=31536000, immutable"
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
#: Each logo is drawn in a process of its own.
pytestmark = pytest.mark.processes
_STYLE = re.compile(r'href="(/brand/[0-9a-f]{6}\.css\?v=\w+)"')


def test_a_logo_is_served_as_a_sanitized_png_with_a_strict_policy(
    partners: Partners, transaction: Transaction
) -> None:
    tail = b"<script>alert(1)</script>"
    post_form(partners.ada, partners.page, pictures.png() + tail)
    ((_, _, digest),) = chosen(transaction)
    path = f"/brand/logo/{digest}.png"

    for visitor in (partners.ada, partners.vera, partners.cara, partners.olga):
        response = visitor.get(path)

        assert response.status_code == 200
        assert response.mimetype == "image/png"
        assert response.data.startswith(b"\x89PNG")
        assert tail not in response.data
        assert hashlib.sha256(response.data).hexdigest() == digest
        assert response.headers["Cache-Control"] == f"private, {IMMUTABLE}"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == SANDBOX
        again = visitor.get(path, {"If-None-Match": response.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    assert partners.wes.get(path).status_code == 404
    for other in ("0" * 64, "é" * 64, "x", digest.upper(), f"{digest[:-1]}."):
        assert partners.ada.get(f"/brand/logo/{other}.png").status_code == 404


def test_a_logo_that_two_partners_have_is_stored_once(
    partners: Partners, transaction: Transaction
) -> None:
    assert post_form(partners.ada, partners.page, pictures.svg()).status_code == 302
    with transaction() as session:
        wes = select(User.account_id).where(User.email == "wes@example.com")
        other_id = session.scalars(wes).one()
    assert post_form(partners.wes, f"/accounts/{other_id}/brand", pictures.svg()).status_code == 302

    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Logo)) == 1
        assert session.scalar(select(func.count()).select_from(Brand)) == 2


@pytest.mark.parametrize(
    "upload",
    [
        pytest.param(REFUSED["script"][0], id="a script"),
        pytest.param(REFUSED["billion laughs"][0], id="entities"),
        pytest.param(pictures.bomb(30_000, 30_000), id="a bomb"),
        pytest.param(pictures.moving("GIF"), id="another kind"),
        pytest.param(b"%PDF-1.7 " + pictures.svg(), id="a picture behind a PDF"),
        pytest.param(LARGE["nested opacity layers"], id="a drawing of many layers"),
    ],
)
def test_an_invalid_logo_is_refused_at_its_field(
    partners: Partners, transaction: Transaction, upload: bytes
) -> None:
    response = post_form(partners.ada, partners.page, upload)

    assert response.status_code == 422
    assert 'id="logo-error"' in response.text
    assert "http-equiv" not in response.text
    assert chosen(transaction) == []
    shown = post_form(partners.ada, f"{partners.page}/preview", upload)
    assert shown.status_code == 200
    assert "data:image" not in shown.text


def test_a_file_that_is_too_large_is_refused(partners: Partners, transaction: Transaction) -> None:
    for size, status in ((512 * 1024 + 1, 422), (2 * 1024 * 1024, 413)):
        lines = [
            "--edge",
            'Content-Disposition: form-data; name="csrf_token"',
            "",
            partners.ada.token(),
            "--edge",
            'Content-Disposition: form-data; name="logo"; filename="logo.png"',
            "",
            "",
        ]
        body = "\r\n".join(lines).encode() + pictures.png().ljust(size, b"\0") + b"\r\n--edge--"

        response = partners.ada.client.post(
            partners.page, data=body, content_type="multipart/form-data; boundary=edge"
        )

        assert response.status_code == status
        assert ("512 KB. Save the logo smaller" in response.text) == (status == 422)
        assert ("<p>Uploads can have at most 1,024 KB." in response.text) == (status == 413)
    assert chosen(transaction) == []


def test_a_style_sheet_is_cached_under_its_digest(partners: Partners) -> None:
    post_form(partners.ada, partners.page)
    (address,) = _STYLE.findall(partners.ada.get("/").text)

    style = partners.ada.get(address)

    assert style.mimetype == "text/css"
    assert style.headers["Cache-Control"] == f"public, {IMMUTABLE}"
    assert style.text.count(":root") == 2
    assert "prefers-color-scheme: dark" in style.text
    assert partners.ada.get("/brand/1d4ed8.css?v=old").headers["Cache-Control"] == "no-cache"
    for other in ("1D4ED8", "#1d4ed8", "1d4", "red", "1d4ed8}", "1d4ed8%0a"):
        assert partners.ada.get(f"/brand/{other}.css").status_code == 404


@pytest.mark.parametrize("path", ["", "/preview"])
def test_an_upload_is_decoded_once_with_no_transaction_open(
    partners: Partners, transaction: Transaction, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def decode(_: bytes) -> Picture:
        with transaction() as session:
            session.get_one(User, 1).full_name = "Changed meanwhile"
        return Picture(pictures.png(), 400, 100)

    decoder = Mock(side_effect=decode)
    monkeypatch.setattr(images, "sanitize_logo", decoder)

    response = post_form(partners.ada, partners.page + path, pictures.png())

    assert response.status_code == (200 if path else 302)
    assert decoder.call_count == 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_each_reason_to_refuse_a_logo_has_a_message(
    partners: Partners, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    partners.ada.post("/language", {"language": language})
    sentences = set()
    for reason in ImageFault:
        monkeypatch.setattr(images, "sanitize_logo", Mock(side_effect=InvalidImage(reason)))

        page = post_form(partners.ada, partners.page, pictures.png()).text

        (found,) = re.findall(r'id="logo-error">.*?</span>([^<]+)</span>', page, re.DOTALL)
        assert found.endswith(".")
        sentences.add(found)
    assert len(sentences) == len(ImageFault)
    assert any("2 " in found and "512 MB" in found for found in sentences)
