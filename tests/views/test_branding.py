"""White label: what a partner chooses is borne by its pages and its customers', not by others."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import NOW
from tests.images import pictures
from tests.images.test_svg import MALICIOUS
from tests.views.conftest import Storing, Visitor
from webapp import clock
from webapp.db import db
from webapp.models import AuditEntry, Brand, Logo, User

IMMUTABLE = "max-age=31536000, immutable"
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_SENT = {"name": "Northwind Green", "colour": "#1d4ed8", "picked": "#1b6b45", "was": ""}
_LOGO = re.compile(r"/brand/logo/([0-9a-f]{64})\.png")
_STYLE = re.compile(r'href="(/brand/[0-9a-f]{6}\.css\?v=\w+)"')


@dataclass(frozen=True, slots=True)
class Street:
    """Two partners; of the first an administrator, a viewer and a customer; and operations."""

    ada: Visitor
    vera: Visitor
    cara: Visitor
    wes: Visitor
    olga: Visitor
    partner_id: int
    customer_id: int
    operations_id: int

    @property
    def page(self) -> str:
        """Where the first partner chooses."""
        return f"/accounts/{self.partner_id}/brand"


@pytest.fixture
def street(
    storing: Storing, log_in: Callable[[User | str], Visitor], monkeypatch: pytest.MonkeyPatch
) -> Street:
    """Northwind Print and Westerly Print."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with storing() as session:
        northwind = factories.partner(session, name="Northwind Print")
        westerly = factories.partner(session, name="Westerly Print")
        customer = factories.customer(session, northwind, name="Harbour Hotel")
        operations = factories.operations(session)
        for email, account in (
            ("ada", northwind), ("vera", northwind), ("cara", customer), ("wes", westerly),
            ("olga", operations),
        ):  # fmt: skip
            factories.user(
                session,
                account,
                email=f"{email}@example.com",
                role="partner_viewer" if email == "vera" else None,
            )
        ids = northwind.id, customer.id, operations.id
    ada, vera, cara, wes, olga = (
        log_in(f"{name}@example.com") for name in ("ada", "vera", "cara", "wes", "olga")
    )
    return Street(ada, vera, cara, wes, olga, *ids)


def chosen(storing: Storing) -> list[tuple[Any, ...]]:
    """What is stored of brands."""
    with storing() as session:
        stored = session.scalars(select(Brand))
        return [(brand.name, brand.colour, brand.logo_digest) for brand in stored]


def noted(storing: Storing) -> list[tuple[str, dict[str, Any], int | None]]:
    """What the audit trail says of brands."""
    with storing() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("brand")).order_by(AuditEntry.id)
        )
        return [(entry.action, dict(entry.details), entry.account_id) for entry in entries]


def sends(visitor: Visitor, path: str, upload: bytes | None = None, **fields: str) -> TestResponse:
    """Send the form; the name of a file says nothing."""
    values: dict[str, object] = {**_SENT, **fields}
    if upload is not None:
        values["logo"] = (BytesIO(upload), "logo.png", "image/png")
    return visitor.sends(path, values)


def test_a_partner_chooses_and_its_pages_and_its_customers_bear_it(
    street: Street, storing: Storing
) -> None:
    response = sends(street.ada, street.page, pictures.svg())

    assert (response.status_code, response.location) == (302, street.page)
    ((name, colour, digest),) = chosen(storing)
    assert (name, colour) == ("Northwind Green", "#1d4ed8")
    for visitor in (street.ada, street.vera, street.cara):
        page = visitor.opens("/")
        assert "· Northwind Green</title>" in page.text
        assert 'alt="Northwind Green"' in page.text
        assert set(_LOGO.findall(page.text)) == {digest}
        (style,) = _STYLE.findall(page.text)
        assert "#1d4ed8" in visitor.opens(style).text
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
        assert " style=" not in page.text
    for visitor in (street.wes, street.olga):
        page = visitor.opens("/")
        assert "· Releaf</title>" in page.text
        assert "/brand/" not in page.text
        assert "Northwind Green" not in page.text
    assert noted(storing) == [
        (
            "brand changed",
            {"name": "Northwind Green", "colour": "#1d4ed8", "logo": digest[:12]},
            street.partner_id,
        )
    ]


def test_operations_may_choose_for_any_partner(street: Street, storing: Storing) -> None:
    assert street.page in street.olga.opens(f"/accounts/{street.partner_id}").text
    assert sends(street.olga, street.page).status_code == 302
    assert chosen(storing) == [("Northwind Green", "#1d4ed8", None)]


@pytest.mark.parametrize("path", ["", "/preview", "/reset/logo", "/reset/all"])
def test_others_may_not(street: Street, storing: Storing, path: str) -> None:
    with storing() as session:
        factories.brand(session, session.get_one(User, 1).account)
    before = chosen(storing)

    for visitor, status in ((street.wes, 404), (street.vera, 403), (street.cara, 403)):
        for account_id in (street.partner_id, street.customer_id):
            response = sends(visitor, f"/accounts/{account_id}/brand{path}", pictures.svg())
            assert response.status_code == status
    assert sends(street.olga, f"/accounts/{street.operations_id}/brand{path}").status_code == 404
    assert chosen(storing) == before
    assert noted(storing) == []


def test_of_a_customer_one_is_led_to_its_partner(street: Street, storing: Storing) -> None:
    response = sends(street.ada, f"/accounts/{street.customer_id}/brand")

    assert (response.status_code, response.location) == (302, street.page)
    assert chosen(storing) == []


def test_a_logo_is_a_picture_of_ours_and_can_do_nothing(street: Street, storing: Storing) -> None:
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


def test_a_logo_that_two_partners_have_is_kept_once(street: Street, storing: Storing) -> None:
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
        pytest.param(MALICIOUS["script"], id="a script"),
        pytest.param(MALICIOUS["billion laughs"], id="entities"),
        pytest.param(pictures.bomb(30_000, 30_000), id="a bomb"),
        pytest.param(pictures.moving("GIF"), id="another kind"),
        pytest.param(b"%PDF-1.7 " + pictures.svg(), id="a picture behind a PDF"),
    ],
)
def test_a_logo_that_is_not_taken_is_refused_at_its_field(
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
    assert chosen(storing) == []


def test_a_colour_that_cannot_be_read_is_refused_and_a_shade_offered(
    street: Street, storing: Storing
) -> None:
    refused = sends(street.ada, street.page, colour="#ffee00")

    assert refused.status_code == 422
    assert "1.08 to 1" in refused.text
    assert 'form="brand" name="take" value="#797100"' in refused.text
    assert chosen(storing) == []

    taken = sends(street.ada, street.page, colour="#ffee00", take="#797100")

    assert taken.status_code == 302
    assert chosen(storing) == [("Northwind Green", "#797100", None)]


@pytest.mark.parametrize("colour", ["green", "#12", "#1d4ed8;}", "</style>", "#１２３４５６"])
def test_what_is_no_colour_is_refused(street: Street, storing: Storing, colour: str) -> None:
    assert sends(street.ada, street.page, colour=colour).status_code == 422
    assert sends(street.ada, street.page, take=colour).status_code == 422
    assert chosen(storing) == []


@pytest.mark.parametrize("name", ["x" * 61, "zero\u200bwidth", "left\u202eright"])
def test_a_name_that_cannot_be_shown_is_refused(
    street: Street, storing: Storing, name: str
) -> None:
    assert sends(street.ada, street.page, name=name).status_code == 422
    assert chosen(storing) == []


@pytest.mark.parametrize(
    ("stored", "typed", "picked", "meant"),
    [
        (None, "", "#1b6b45", None),
        (None, "", "#1d4ed8", "#1d4ed8"),
        (None, "#a21caf", "#1b6b45", "#a21caf"),
        (None, "#a21caf", "#1d4ed8", "#a21caf"),
        ("#1d4ed8", "#1d4ed8", "#1d4ed8", "#1d4ed8"),
        ("#1d4ed8", "#1d4ed8", "#a21caf", "#a21caf"),
        ("#1d4ed8", "#a21caf", "#1d4ed8", "#a21caf"),
        ("#1d4ed8", "", "#1d4ed8", None),
        (None, "A21CAF", "#1b6b45", "#a21caf"),
    ],
)
def test_of_two_fields_the_one_that_was_changed_counts(
    street: Street,
    storing: Storing,
    stored: str | None,
    typed: str,
    picked: str,
    meant: str | None,
) -> None:
    if stored:
        sends(street.ada, street.page, colour=stored)

    for _ in range(2):  # a second click sends the same once more
        response = sends(street.ada, street.page, colour=typed, picked=picked, was=stored or "")

        assert response.status_code == 302
        assert [colour for _, colour, _ in chosen(storing)] == [meant]


def test_a_preview_shows_all_of_it_and_keeps_nothing(street: Street, storing: Storing) -> None:
    fields = {**_SENT, "colour": "#ff6600", "logo": (BytesIO(pictures.svg()), "x.svg")}
    part = street.ada.sends(f"{street.page}/preview", fields, {"HX-Request": "true"})
    fields["logo"] = (BytesIO(pictures.svg()), "x.svg")
    page = street.ada.sends(f"{street.page}/preview", fields)

    assert part.status_code == page.status_code == 200
    assert part.text.lstrip().startswith("<div")
    assert "<html" in page.text
    for text in (part.text, page.text):
        assert "data:image/png;base64,iVBOR" in text
        assert "Northwind Green" in text
        assert 'value="#bd4c00"' in text
        assert 'fill="#bd4c00"' in text
        assert " style=" not in text
    assert chosen(storing) == []
    assert noted(storing) == []


def test_the_logo_is_removed_and_all_is_reset_after_a_question(
    street: Street, storing: Storing
) -> None:
    sends(street.ada, street.page, pictures.svg())
    for what, left in (("logo", [("Northwind Green", "#1d4ed8", None)]), ("all", [])):
        before = chosen(storing)
        question = street.ada.opens(f"{street.page}/reset/{what}")
        assert "Issued certificates are not changed." in question.text
        assert chosen(storing) == before

        assert street.ada.sends(f"{street.page}/reset/{what}").location == street.page
        assert chosen(storing) == left
        assert street.ada.sends(f"{street.page}/reset/{what}").location == street.page
    assert [(action, details) for action, details, _ in noted(storing)[1:]] == [
        ("brand reset", {"of": "logo"}),
        ("brand reset", {"of": "all"}),
    ]
    assert "· Releaf</title>" in street.cara.opens("/").text


def test_what_is_sent_again_unchanged_leaves_no_trace(street: Street, storing: Storing) -> None:
    for _ in range(2):
        assert sends(street.ada, street.page, pictures.svg()).status_code == 302

    assert len(noted(storing)) == 1


def test_without_a_name_it_is_the_accounts(street: Street, storing: Storing) -> None:
    sends(street.ada, street.page, name=" ")

    assert "· Northwind Print</title>" in street.cara.opens("/").text
    assert chosen(storing) == [(None, "#1d4ed8", None)]


def test_a_style_sheet_is_kept_for_ever_under_what_it_says(street: Street) -> None:
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


def test_pages_for_strangers_are_ours(street: Street, visitor: Visitor) -> None:
    sends(street.ada, street.page, pictures.svg())

    page = visitor.opens("/login")

    assert "Log in · Releaf</title>" in page.text
    assert "/brand/" not in page.text


def test_with_a_brand_a_page_asks_the_database_for_it_once(
    street: Street, storing: Storing, statements: list[str]
) -> None:
    sends(street.ada, street.page, pictures.svg())
    statements.clear()

    street.ada.opens("/")

    assert len([text for text in statements if "JOIN brand" in text]) == 1
    assert not [text for text in statements if "logo.content," in text]


@pytest.fixture
def statements(street: Street) -> list[str]:
    """What the application asks the database, while the test runs."""
    asked: list[str] = []
    with street.ada.client.application.app_context():
        event.listen(
            db.engine,
            "before_cursor_execute",
            lambda _connection, _cursor, text, *_: asked.append(text),
        )
    return asked
