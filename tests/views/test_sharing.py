"""What a customer shows: its year, a badge, certificates that name it or not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from xml.etree import ElementTree

import pytest
from flask import Flask
from sqlalchemy import select

from tests import factories
from tests.factories import NOW
from tests.pdf.memory import VALUES
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import Account, AuditEntry, Certificate, Document, User
from webapp.pdf import CardValues, certificate_renderer
from webapp.pdf.share import CardRenderer
from webapp.views.public import certificates as public_certificates
from webapp.views.shared.security import OPEN

TITLE = "{http://www.w3.org/2000/svg}title"
NAME = "Harbour Architects, LLP"


@dataclass(frozen=True, slots=True)
class Shop:
    """A customer with pages in two years and a certificate with its document."""

    cara: Visitor
    nora: Visitor
    account_id: int
    other_id: int
    number: str
    public_id: str

    @property
    def sharing(self) -> str:
        """The form with what to show."""
        return f"/accounts/{self.account_id}/sharing"


@pytest.fixture(scope="module")
def pdf() -> bytes:
    """A real certificate."""
    return certificate_renderer().render(replace(VALUES, account_name=NAME))


@pytest.fixture
def shop(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
    pdf: bytes,
) -> Shop:
    """Harbour Architects, and a visitor."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com")
        customer = factories.customer(session, partner, name=NAME)
        factories.user(session, customer, email="cara@example.com")
        feed = factories.feed(session, factories.server(session, partner), customer)
        factories.deposit(session, feed, day=date(2025, 12, 3), pages=16_666)
        factories.deposit(session, feed, day=date(2026, 10, 5), pages=8_333)
        factories.deposit(session, feed, day=date(2026, 11, 5), pages=8_333)
        certificate = factories.certificate(session, customer, month="2026-10", pages=8_333)
        session.add(
            Document(certificate_id=certificate.id, pdf=pdf, sha256="ab" * 32, rendered_at=NOW)
        )
        other_customer = factories.customer(session, factories.partner(session, name="Westerly"))
        ids = (customer.id, other_customer.id, certificate.number, certificate.public_id)
    return Shop(log_in("cara@example.com"), log_in("nora@example.com"), *ids)


def badge(transaction: Transaction, shop: Shop) -> str:
    """The badge's address."""
    with transaction() as session:
        return f"/badge/{session.get_one(Account, shop.account_id).badge_id}.svg"


def test_a_year_adds_up_by_months(shop: Shop) -> None:
    page = shop.cara.get(f"/accounts/{shop.account_id}/years/2026").text

    assert "16,666" in page
    assert "2.00" in page
    assert "October 2026" in page
    assert shop.number in page
    assert f"/accounts/{shop.account_id}/years/2025" in page
    assert "Pages per month" in page
    assert "Certificates are rounded individually" in page
    earlier = shop.nora.get(f"/accounts/{shop.account_id}/years/2025").text
    assert "December 2025" in earlier
    assert shop.cara.get(f"/accounts/{shop.account_id}/years/1999").status_code == 404


def test_a_badge_is_off_until_it_is_switched_on_and_retains_its_address(
    shop: Shop, transaction: Transaction, visitor: Visitor
) -> None:
    assert "Off" in shop.cara.get(shop.sharing).text
    shop.cara.post(shop.sharing, {"action": "badge-on"})
    address = badge(transaction, shop)

    shown = visitor.get(address)

    assert shown.status_code == 200
    assert shown.mimetype == "image/svg+xml"
    assert shown.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert shown.headers["Cache-Control"] == "public, max-age=3600"
    title = ElementTree.fromstring(shown.text).find(TITLE)  # noqa: S314 (our own)
    assert title is not None
    assert title.text == "4.00 trees, counted by Releaf"
    assert NAME not in shown.text
    again = visitor.get(address, {"If-None-Match": shown.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert address in shop.cara.get(shop.sharing).text

    shop.nora.post(shop.sharing, {"action": "badge-off"})
    assert visitor.get(address).status_code == 404
    shop.cara.post(shop.sharing, {"action": "badge-on"})
    assert badge(transaction, shop) == address
    with transaction() as session:
        actions = session.scalars(select(AuditEntry.action)).all()
    assert actions.count("badge changed") == 3


def test_the_trees_are_shared_as_json_while_the_badge_is_on(
    shop: Shop, transaction: Transaction, visitor: Visitor
) -> None:
    shop.cara.post(shop.sharing, {"action": "badge-on"})
    address = badge(transaction, shop).replace(".svg", ".json")
    shown = visitor.get(address)
    shop.cara.post(shop.sharing, {"action": "badge-off"})

    assert shown.get_json() == {"trees": "4.00"}
    assert shown.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in shown.headers
    assert visitor.get(address).status_code == 404


def test_a_renewed_badge_has_another_address(
    shop: Shop, transaction: Transaction, visitor: Visitor
) -> None:
    renew = f"/accounts/{shop.account_id}/badge/renew"
    assert shop.cara.get(renew).location == shop.sharing  # there is none yet
    shop.cara.post(shop.sharing, {"action": "badge-on"})
    old = badge(transaction, shop)

    assert "disappears" in shop.cara.get(renew).text
    shop.cara.post(renew)

    assert visitor.get(old).status_code == 404
    assert visitor.get(badge(transaction, shop)).status_code == 200


@pytest.mark.parametrize("name", ["", "x" * 44, "ä", "%00", "no-such-badge"])
def test_an_unknown_badge_is_not_found(shop: Shop, visitor: Visitor, name: str) -> None:
    assert visitor.get(f"/badge/{name}.svg").status_code == 404


def test_a_public_page_shows_the_certificate_and_has_link_previews(
    shop: Shop, visitor: Visitor
) -> None:
    page = visitor.get(f"/c/{shop.public_id}").text
    picture = visitor.get(f"/c/{shop.public_id}.png")

    assert NAME in page
    assert f'<img class="document" src="/c/{shop.public_id}.png"' in page
    assert f'/c/{shop.public_id}/share.png">' in page  # og:image
    assert 'property="og:image:width" content="1200"' in page
    assert 'property="og:image:height" content="630"' in page
    assert 'name="twitter:card" content="summary_large_image"' in page
    assert picture.mimetype == "image/png"
    assert picture.data[:8] == b"\x89PNG\r\n\x1a\n"
    size = [int.from_bytes(picture.data[start : start + 4]) for start in (16, 20)]
    assert size == [1200, 928]
    assert len(picture.data) < 400_000
    again = visitor.get(f"/c/{shop.public_id}.png", {"If-None-Match": picture.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_an_unnamed_customer_is_named_on_no_public_page(
    shop: Shop, visitor: Visitor, transaction: Transaction
) -> None:
    shop.cara.post(shop.sharing, {"action": "unnamed"})

    page = visitor.get(f"/c/{shop.public_id}")
    picture = visitor.get(f"/c/{shop.public_id}.png")

    assert page.status_code == 200
    assert "Harbour" not in page.text
    assert shop.number in page.text
    assert "chose not to be named" in page.text
    assert f"/c/{shop.public_id}.png" not in page.text
    assert picture.status_code == 404
    # Its own users see it as before.
    assert NAME in shop.cara.get(f"/certificates/{shop.number}").text
    assert shop.cara.get(f"/certificates/{shop.number}.png").status_code == 200
    shop.cara.post(shop.sharing, {"action": "named"})
    assert NAME in visitor.get(f"/c/{shop.public_id}").text
    with transaction() as session:
        actions = session.scalars(select(AuditEntry.action)).all()
    assert actions.count("name sharing changed") == 2


def test_a_certificate_without_its_document_has_no_picture(
    shop: Shop, visitor: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        [certificate] = session.scalars(select(Certificate))
        session.delete(session.get_one(Document, certificate.id))

    assert f"/c/{shop.public_id}.png" not in visitor.get(f"/c/{shop.public_id}").text
    assert visitor.get(f"/c/{shop.public_id}.png").status_code == 404
    # What it states is known without the document.
    assert visitor.get(f"/c/{shop.public_id}/share.png").status_code == 200


def test_a_share_card_has_the_size_networks_show(shop: Shop, visitor: Visitor) -> None:
    card = visitor.get(f"/c/{shop.public_id}/share.png")

    assert (card.status_code, card.mimetype) == (200, "image/png")
    size = [int.from_bytes(card.data[start : start + 4]) for start in (16, 20)]
    assert (card.data[:8], size) == (b"\x89PNG\r\n\x1a\n", [1200, 630])
    assert card.headers["Cache-Control"] == "public, max-age=300"
    assert card.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    again = visitor.get(f"/c/{shop.public_id}/share.png", {"If-None-Match": card.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_share_card_of_an_unnamed_customer_is_another_one(
    shop: Shop, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[CardValues] = []
    original = CardRenderer.render

    def render(renderer: CardRenderer, values: CardValues) -> bytes:
        rendered.append(values)
        return original(renderer, values)

    monkeypatch.setattr(CardRenderer, "render", render)
    public_certificates._card.cache_clear()
    address = f"/c/{shop.public_id}/share.png"

    named = visitor.get(address)
    shop.cara.post(shop.sharing, {"action": "unnamed"})
    unnamed = visitor.get(address, {"If-None-Match": named.headers["ETag"]})

    # The old picture must not be used any more.
    assert unnamed.status_code == 200
    assert unnamed.data != named.data
    assert [values.holder for values in rendered] == [NAME, None]


def test_no_public_response_has_the_name_of_an_unnamed_customer(
    shop: Shop, transaction: Transaction, visitor: Visitor, app: Flask
) -> None:
    shop.cara.post(shop.sharing, {"action": "badge-on"})
    shop.cara.post(shop.sharing, {"action": "unnamed"})
    with transaction() as session:
        badge_id = session.get_one(Account, shop.account_id).badge_id
    known = {"public_id": shop.public_id, "badge_id": badge_id}
    rules = [rule for rule in app.url_map.iter_rules() if rule.arguments & set(known)]

    assert {rule.endpoint for rule in rules} <= OPEN
    assert len(rules) == 5
    for rule in rules:
        built = rule.build({name: known[name] for name in rule.arguments})
        assert built is not None
        response = visitor.get(built[1])
        assert response.status_code == (404 if built[1].endswith(f"{shop.public_id}.png") else 200)
        everything = str(response.headers).encode() + response.data
        assert b"harbour" not in everything.lower(), built


@pytest.mark.parametrize("public_id", ["x" * 44, "ä", "no-such-certificate"])
def test_an_unknown_share_card_is_not_found(shop: Shop, visitor: Visitor, public_id: str) -> None:
    assert visitor.get(f"/c/{public_id}/share.png").status_code == 404


@pytest.mark.parametrize("path", ["sharing", "years/2026", "badge/renew"])
def test_the_customer_of_another_partner_is_not_found(shop: Shop, path: str) -> None:
    for visitor in (shop.cara, shop.nora):
        assert visitor.get(f"/accounts/{shop.other_id}/{path}").status_code == 404
    assert shop.nora.post(f"/accounts/{shop.other_id}/sharing").status_code == 404


def test_values_that_are_not_offered_change_nothing(shop: Shop, transaction: Transaction) -> None:
    assert shop.cara.post(shop.sharing, {"action": "burn"}).status_code == 422
    with transaction() as session:
        account = session.get_one(Account, shop.account_id)
        assert (account.badge_on, account.is_named) == (False, True)
