"""The minimum of a partner's certificates, and the pages that are carried because of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import select

from tests import factories
from tests.factories import NOW
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import Account, AuditEntry, ClosedMonth, User


@dataclass(frozen=True, slots=True)
class Shop:
    """A customer with 40 pages in October, which closed, and 60 in November."""

    cara: Visitor
    nora: Visitor
    partner_id: int
    account_id: int

    @property
    def form(self) -> str:
        """The form with the minimum."""
        return f"/accounts/{self.partner_id}/certificate-minimum"


@pytest.fixture
def shop(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> Shop:
    """October is carried."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        partner.minimum_pages = 1_000
        factories.user(session, partner, email="nora@example.com")
        customer = factories.customer(session, partner)
        factories.user(session, customer, email="cara@example.com")
        feed = factories.feed(session, factories.server(session, partner), customer)
        factories.deposit(session, feed, day=date(2026, 10, 5), pages=40)
        factories.deposit(session, feed, day=date(2026, 11, 5), pages=60)
        factories.closed_month(session, customer).certified_in = None
        ids = (partner.id, customer.id)
    return Shop(log_in("cara@example.com"), log_in("nora@example.com"), *ids)


def minimum(transaction: Transaction, shop: Shop) -> int | None:
    """The stored minimum."""
    with transaction() as session:
        return session.get_one(Account, shop.partner_id).minimum_pages


def test_a_minimum_is_set_and_removed_by_the_partner_and_audited(
    shop: Shop, transaction: Transaction
) -> None:
    saved = shop.nora.post(shop.form, {"minimum_pages": "2500"})
    page = shop.nora.get(saved.location).text
    shop.nora.post(shop.form, {"minimum_pages": "2500"})
    stored = minimum(transaction, shop)
    shop.nora.post(shop.form, {"minimum_pages": ""})

    assert "2,500 pages" in page
    assert (stored, minimum(transaction, shop)) == (2_500, None)
    with transaction() as session:
        entries = session.scalars(
            select(AuditEntry.details).where(AuditEntry.action == "certificate minimum changed")
        ).all()
    assert entries == [{"before": 1_000, "after": 2_500}, {"before": 2_500, "after": 0}]
    assert "Minimum for a certificate changed" in shop.nora.get("/audit").text


def test_the_minimum_0_is_none_which_its_form_states(shop: Shop, transaction: Transaction) -> None:
    form = shop.nora.get(shop.form).text
    refused = shop.nora.post(shop.form, {"minimum_pages": "-1"})
    saved = shop.nora.post(shop.form, {"minimum_pages": "0"})

    assert 'min="0"' in form
    assert "Enter 0 or leave this empty to certify every month with pages." in form
    assert "from 1 to 1,000,000. 0 or an empty field means no minimum." in refused.text
    assert saved.status_code == 302
    assert minimum(transaction, shop) is None


@pytest.mark.parametrize("value", ["many", "1.5", "-1", "1000001", "9" * 30])
def test_an_invalid_number_of_pages_is_refused(
    shop: Shop, transaction: Transaction, value: str
) -> None:
    response = shop.nora.post(shop.form, {"minimum_pages": value})

    assert response.status_code == 422
    assert minimum(transaction, shop) == 1_000


def test_carried_pages_are_shown_to_the_customer_and_its_partner(shop: Shop) -> None:
    for page in (
        shop.cara.get("/").text,
        shop.nora.get(f"/accounts/{shop.account_id}").text,
    ):
        assert "Carried to the next certificate: 40 pages" in page
        assert "(a certificate has at least 1,000 pages)" in page


def test_a_year_lists_a_carried_month_with_the_certificate_that_states_it(
    shop: Shop, transaction: Transaction
) -> None:
    address = f"/accounts/{shop.account_id}/years/2026"
    before = shop.cara.get(address).text
    with transaction() as session:
        customer = session.get_one(Account, shop.account_id)
        session.get_one(ClosedMonth, (customer.id, "2026-10")).certified_in = "2026-11"
        factories.closed_month(session, customer, "2026-11")
        number = factories.certificate(session, customer, month="2026-11", pages=100).number
    after = shop.cara.get(address).text

    assert before.count("carried to the next one") == 1
    assert "carried to the next one" not in after
    assert after.count(f'/certificates/{number}"') == 2
    assert "Carried to the next certificate" not in shop.cara.get("/").text


def test_carried_pages_have_their_own_line_on_pages_and_in_files(
    shop: Shop, transaction: Transaction
) -> None:
    with transaction() as session:
        customer = session.get_one(Account, shop.account_id)
        one = factories.certificate(session, customer, month="2026-11", pages=100)
        one.carried_pages, one.carried_since = 40, "2026-09"
        number, public_id = one.number, one.public_id
        plain = factories.certificate(session, customer, month="2026-08").number

    text = "40 pages, from September – October 2026, which had too few for a certificate"
    assert text in shop.cara.get(f"/certificates/{number}").text
    assert text in shop.cara.get(f"/c/{public_id}").text
    assert "Carried pages" not in shop.cara.get(f"/certificates/{plain}").text
    head, row = shop.cara.get("/certificates?export=csv&month=2026-11").text.splitlines()
    assert row.split(",")[head.split(",").index("Carried pages")] == "40"


def test_a_reconciliation_has_the_carried_pages(shop: Shop) -> None:
    head, row = shop.nora.get("/reconciliation?export=csv").text.splitlines()

    assert row.split(",")[head.split(",").index("Carried pages")] == "40"
    assert 'data-label="Carried">40<' in shop.nora.get("/reconciliation").text
