"""White label: what a partner chooses is borne by its pages and its customers', not by others."""

import json
import re
from io import BytesIO

import pytest
from sqlalchemy import event

from tests import factories
from tests.factories import NOW
from tests.images import pictures
from tests.views.branding.conftest import SENT, Partners, chosen, noted, post_form
from tests.views.conftest import Transaction, Visitor
from webapp.db import db
from webapp.models import User
from webapp.services.accounts import audit
from webapp.services.accounts.audit import Actor

#: Each logo is drawn in a process of its own.
pytestmark = pytest.mark.processes
_LOGO = re.compile(r"/brand/logo/([0-9a-f]{64})\.png")
_STYLE = re.compile(r'href="(/brand/[0-9a-f]{6}\.css\?v=\w+)"')


def test_the_brand_of_a_partner_is_on_its_pages_and_its_customers_pages(
    partners: Partners, transaction: Transaction
) -> None:
    response = post_form(partners.ada, partners.page, pictures.svg())

    assert (response.status_code, response.location) == (302, partners.page)
    ((name, colour, digest),) = chosen(transaction)
    assert (name, colour) == ("Northwind Green", "#1d4ed8")
    for visitor in (partners.ada, partners.vera, partners.cara):
        page = visitor.get("/")
        assert "· Northwind Green</title>" in page.text
        assert 'alt="Northwind Green"' in page.text
        assert set(_LOGO.findall(page.text)) == {digest}
        (style,) = _STYLE.findall(page.text)
        assert "#1d4ed8" in visitor.get(style).text
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
        assert " style=" not in page.text
    for visitor in (partners.wes, partners.olga):
        page = visitor.get("/")
        assert "· Releaf</title>" in page.text
        assert "/brand/" not in page.text
        assert "Northwind Green" not in page.text
    assert noted(transaction) == [
        (
            "brand changed",
            {"name": "Northwind Green", "colour": "#1d4ed8", "logo": digest[:12]},
            partners.partner_id,
        )
    ]


def test_a_reset_name_and_color_are_in_the_audit_trail_in_its_readers_language(
    partners: Partners, transaction: Transaction
) -> None:
    with transaction() as session:
        northwind = session.get_one(User, 1).account
        factories.brand(session, northwind, name="Northwind Green")
        audit.record(
            session,
            Actor(None, "command"),
            "brand changed",
            northwind.name,
            account_id=northwind.id,
            details={"name": "its account’s", "colour": "ours"},  # as text, as before codes
            now=NOW,
        )

    unset = SENT | {"name": "", "colour": "", "picked": "#1b6b45"}
    assert partners.ada.post(partners.page, unset).status_code == 302
    english = partners.olga.get("/audit").text
    partners.olga.post("/language", {"language": "es"})
    spanish = partners.olga.get("/audit").text

    assert "Name: the name of the account" in english
    assert "Color: the default color" in english
    assert "Nombre: el nombre de la cuenta" in spanish
    assert "Color: el color predeterminado" in spanish
    assert "Nombre: its account’s" in spanish


def test_operations_may_change_the_brand_of_any_partner(
    partners: Partners, transaction: Transaction
) -> None:
    assert partners.page in partners.olga.get(f"/accounts/{partners.partner_id}").text
    assert post_form(partners.olga, partners.page).status_code == 302
    assert chosen(transaction) == [("Northwind Green", "#1d4ed8", None)]


@pytest.mark.parametrize("path", ["", "/preview", "/reset/logo", "/reset/all"])
def test_other_roles_may_not_change_a_brand(
    partners: Partners, transaction: Transaction, path: str
) -> None:
    with transaction() as session:
        factories.brand(session, session.get_one(User, 1).account)
    before = chosen(transaction)

    for visitor, status in ((partners.wes, 404), (partners.vera, 403), (partners.cara, 403)):
        for account_id in (partners.partner_id, partners.customer_id):
            response = post_form(visitor, f"/accounts/{account_id}/brand{path}", pictures.svg())
            assert response.status_code == status
    assert (
        post_form(partners.olga, f"/accounts/{partners.operations_id}/brand{path}").status_code
        == 404
    )
    assert chosen(transaction) == before
    assert noted(transaction) == []


def test_the_brand_page_of_a_customer_redirects_to_its_partner(
    partners: Partners, transaction: Transaction
) -> None:
    response = post_form(partners.ada, f"/accounts/{partners.customer_id}/brand")

    assert (response.status_code, response.location) == (302, partners.page)
    assert chosen(transaction) == []


def test_a_color_with_little_contrast_is_refused_and_a_shade_offered(
    partners: Partners, transaction: Transaction
) -> None:
    refused = post_form(partners.ada, partners.page, colour="#ffee00")

    assert refused.status_code == 422
    assert "1.08 to 1" in refused.text
    assert 'form="brand" name="take" value="#797100"' in refused.text
    assert chosen(transaction) == []

    taken = post_form(partners.ada, partners.page, colour="#ffee00", take="#797100")

    assert taken.status_code == 302
    assert chosen(transaction) == [("Northwind Green", "#797100", None)]


@pytest.mark.parametrize("colour", ["green", "#12", "#1d4ed8;}", "</style>", "#１２３４５６"])
def test_a_text_that_is_not_a_color_is_refused(
    partners: Partners, transaction: Transaction, colour: str
) -> None:
    assert post_form(partners.ada, partners.page, colour=colour).status_code == 422
    assert post_form(partners.ada, partners.page, take=colour).status_code == 422
    assert chosen(transaction) == []


@pytest.mark.parametrize("name", ["x" * 61, "zero\u200bwidth", "left\u202eright"])
def test_a_name_that_cannot_be_shown_is_refused(
    partners: Partners, transaction: Transaction, name: str
) -> None:
    assert post_form(partners.ada, partners.page, name=name).status_code == 422
    assert chosen(transaction) == []


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
def test_of_two_color_fields_the_changed_one_is_used(
    partners: Partners,
    transaction: Transaction,
    stored: str | None,
    typed: str,
    picked: str,
    meant: str | None,
) -> None:
    if stored:
        post_form(partners.ada, partners.page, colour=stored)

    shown = json.dumps({"colour": stored or ""})
    for _ in range(2):  # a second click sends the same once more
        response = post_form(partners.ada, partners.page, colour=typed, picked=picked, shown=shown)

        assert response.status_code == 302
        assert [colour for _, colour, _ in chosen(transaction)] == [meant]


def test_a_preview_shows_the_brand_and_stores_nothing(
    partners: Partners, transaction: Transaction
) -> None:
    fields = {**SENT, "colour": "#ff6600", "logo": (BytesIO(pictures.svg()), "x.svg")}
    part = partners.ada.post(f"{partners.page}/preview", fields, {"HX-Request": "true"})
    fields["logo"] = (BytesIO(pictures.svg()), "x.svg")
    page = partners.ada.post(f"{partners.page}/preview", fields)

    assert part.status_code == page.status_code == 200
    assert part.text.lstrip().startswith("<div")
    assert "<html" in page.text
    for text in (part.text, page.text):
        assert "data:image/png;base64,iVBOR" in text
        assert "Northwind Green" in text
        assert 'value="#bd4c00"' in text
        assert 'fill="#bd4c00"' in text
        assert " style=" not in text
    assert chosen(transaction) == []
    assert noted(transaction) == []


def test_removing_the_logo_and_resetting_the_brand_require_confirmation(
    partners: Partners, transaction: Transaction
) -> None:
    post_form(partners.ada, partners.page, pictures.svg())
    for what, left in (("logo", [("Northwind Green", "#1d4ed8", None)]), ("all", [])):
        before = chosen(transaction)
        question = partners.ada.get(f"{partners.page}/reset/{what}")
        assert "Issued certificates are not changed." in question.text
        assert chosen(transaction) == before

        assert partners.ada.post(f"{partners.page}/reset/{what}").location == partners.page
        assert chosen(transaction) == left
        assert partners.ada.post(f"{partners.page}/reset/{what}").location == partners.page
    assert [(action, details) for action, details, _ in noted(transaction)[1:]] == [
        ("brand reset", {"of": "logo"}),
        ("brand reset", {"of": "all"}),
    ]
    assert "· Releaf</title>" in partners.cara.get("/").text


def test_an_unchanged_form_is_not_audited(partners: Partners, transaction: Transaction) -> None:
    for _ in range(2):
        assert post_form(partners.ada, partners.page, pictures.svg()).status_code == 302

    assert len(noted(transaction)) == 1


def test_without_a_name_the_brand_has_that_of_the_account(
    partners: Partners, transaction: Transaction
) -> None:
    post_form(partners.ada, partners.page, name=" ")

    assert "· Northwind Print</title>" in partners.cara.get("/").text
    assert chosen(transaction) == [(None, "#1d4ed8", None)]


def test_pages_without_a_login_have_the_default_brand(partners: Partners, visitor: Visitor) -> None:
    post_form(partners.ada, partners.page, pictures.svg())

    page = visitor.get("/login")

    assert "Log in · Releaf</title>" in page.text
    assert "/brand/" not in page.text


def test_a_page_queries_the_brand_once(
    partners: Partners, transaction: Transaction, statements: list[str]
) -> None:
    post_form(partners.ada, partners.page, pictures.svg())
    statements.clear()

    partners.ada.get("/")

    assert len([text for text in statements if "JOIN brand" in text]) == 1
    assert not [text for text in statements if "logo.content," in text]


@pytest.fixture
def statements(partners: Partners) -> list[str]:
    """The statements of the application, while the test runs."""
    statements_sent: list[str] = []
    with partners.ada.client.application.app_context():
        event.listen(
            db.engine,
            "before_cursor_execute",
            lambda _connection, _cursor, text, *_: statements_sent.append(text),
        )
    return statements_sent
