"""Logos and stylesheets as files."""

import hashlib
import re
from unittest.mock import Mock

import pytest
from sqlalchemy import func, select

from tests.images import pictures
from tests.images.test_logo import LARGE
from tests.images.test_svg import REFUSED
from tests.views.branding.conftest import Street, chosen, sends
from tests.views.conftest import Storing
from webapp import images
from webapp.images import InvalidImage, Picture, Reason
from webapp.models import Brand, Logo, User

IMMUTABLE = "max-age=31536000, immutable"
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
#: Each logo is drawn in a process of its own.
pytestmark = pytest.mark.processes
_STYLE = re.compile(r'href="(/brand/[0-9a-f]{6}\.css\?v=\w+)"')


def test_a_logo_is_served_as_a_sanitized_png_with_a_strict_policy(
    street: Street, storing: Storing
) -> None:
    tail = b"<script>alert(1)</script>"
    sends(street.ada, street.page, pictures.png() + tail)
    ((_, _, digest),) = chosen(storing)
    path = f"/brand/logo/{digest}.png"

    for visitor in (street.ada, street.vera, street.cara, street.olga):
        response = visitor.opens(path)

        assert response.status_code == 200
        assert response.mimetype == "image/png"
        assert response.data.startswith(b"\x89PNG")
        assert tail not in response.data
        assert hashlib.sha256(response.data).hexdigest() == digest
        assert response.headers["Cache-Control"] == f"private, {IMMUTABLE}"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == SANDBOX
        again = visitor.opens(path, {"If-None-Match": response.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    assert street.wes.opens(path).status_code == 404
    for other in ("0" * 64, "é" * 64, "x", digest.upper(), f"{digest[:-1]}."):
        assert street.ada.opens(f"/brand/logo/{other}.png").status_code == 404


def test_a_logo_that_two_partners_have_is_stored_once(street: Street, storing: Storing) -> None:
    assert sends(street.ada, street.page, pictures.svg()).status_code == 302
    with storing() as session:
        wes = select(User.account_id).where(User.email == "wes@example.com")
        other_id = session.scalars(wes).one()
    assert sends(street.wes, f"/accounts/{other_id}/brand", pictures.svg()).status_code == 302

    with storing() as session:
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
    street: Street, storing: Storing, upload: bytes
) -> None:
    response = sends(street.ada, street.page, upload)

    assert response.status_code == 422
    assert 'id="logo-error"' in response.text
    assert "http-equiv" not in response.text
    assert chosen(storing) == []
    shown = sends(street.ada, f"{street.page}/preview", upload)
    assert shown.status_code == 200
    assert "data:image" not in shown.text


def test_a_file_that_is_too_large_is_refused(street: Street, storing: Storing) -> None:
    for size, status in ((512 * 1024 + 1, 422), (2 * 1024 * 1024, 413)):
        lines = [
            "--edge",
            'Content-Disposition: form-data; name="csrf_token"',
            "",
            street.ada.token(),
            "--edge",
            'Content-Disposition: form-data; name="logo"; filename="logo.png"',
            "",
            "",
        ]
        body = "\r\n".join(lines).encode() + pictures.png().ljust(size, b"\0") + b"\r\n--edge--"

        response = street.ada.client.post(
            street.page, data=body, content_type="multipart/form-data; boundary=edge"
        )

        assert response.status_code == status
        assert ("512 KB. Save the logo smaller" in response.text) == (status == 422)
        assert ("<p>Uploads can have at most 1,024 KB." in response.text) == (status == 413)
    assert chosen(storing) == []


def test_a_style_sheet_is_cached_under_its_digest(street: Street) -> None:
    sends(street.ada, street.page)
    (address,) = _STYLE.findall(street.ada.opens("/").text)

    style = street.ada.opens(address)

    assert style.mimetype == "text/css"
    assert style.headers["Cache-Control"] == f"public, {IMMUTABLE}"
    assert style.text.count(":root") == 2
    assert "prefers-color-scheme: dark" in style.text
    assert street.ada.opens("/brand/1d4ed8.css?v=old").headers["Cache-Control"] == "no-cache"
    for other in ("1D4ED8", "#1d4ed8", "1d4", "red", "1d4ed8}", "1d4ed8%0a"):
        assert street.ada.opens(f"/brand/{other}.css").status_code == 404


@pytest.mark.parametrize("path", ["", "/preview"])
def test_an_upload_is_decoded_once_with_no_transaction_open(
    street: Street, storing: Storing, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def decode(_: bytes) -> Picture:
        with storing() as session:
            session.get_one(User, 1).full_name = "Changed meanwhile"
        return Picture(pictures.png(), 400, 100)

    decoder = Mock(side_effect=decode)
    monkeypatch.setattr(images, "sanitize_logo", decoder)

    response = sends(street.ada, street.page + path, pictures.png())

    assert response.status_code == (200 if path else 302)
    assert decoder.call_count == 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_each_reason_to_refuse_a_logo_has_a_message(
    street: Street, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    street.ada.sends("/language", {"language": language})
    sentences = set()
    for reason in Reason:
        monkeypatch.setattr(images, "sanitize_logo", Mock(side_effect=InvalidImage(reason)))

        page = sends(street.ada, street.page, pictures.png()).text

        (found,) = re.findall(r'id="logo-error">.*?</span>([^<]+)</span>', page, re.DOTALL)
        assert found.endswith(".")
        sentences.add(found)
    assert len(sentences) == len(Reason)
    assert any("2 " in found and "512 MB" in found for found in sentences)
