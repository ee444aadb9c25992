"""Accounts through the pages: partners for operations, customers for partners."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.views.accounts.conftest import feed_of_zaha
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import Account, AuditEntry, Feed


def test_operations_add_a_partner(grace: Visitor) -> None:
    fields = {"name": "Westerly", "time_zone": "America/Los_Angeles", "country": "US"}
    response = grace.post("/accounts/new", fields)

    page = grace.get(response.location)
    assert response.status_code == 302
    assert "Westerly has been added." in page.text
    assert "Pacific Time" in page.text
    assert "United States" in page.text


def test_a_partner_adds_a_customer(ada: Visitor, transaction: Transaction) -> None:
    response = ada.post("/accounts/new", {"name": "Bakery Lund", "country": ""})

    page = ada.get(response.location)
    assert "Customer of Northwind" in page.text
    assert "Germany" in page.text
    with transaction() as session:
        made = session.scalars(select(Account).where(Account.name == "Bakery Lund")).one()
        assert (made.kind, made.partner and made.partner.name) == ("customer", "Northwind")


def test_operations_add_a_customer_to_the_displayed_partner(
    grace: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        partner_id = factories.partner(session, name="Northwind").id

    page = grace.get(f"/accounts/{partner_id}")
    response = grace.post(f"/accounts/new?partner={partner_id}", {"name": "Bakery", "country": ""})

    assert f"/accounts/new?partner={partner_id}" in page.text
    assert "Customer of Northwind" in grace.get(response.location).text


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"name": ""}, "name", "Enter a name for the partner."),
        ({"name": "   "}, "name", "Enter a name for the partner."),
        ({"name": "x" * 201}, "name", "Shorten the name to 200 characters."),
        ({"name": "Northwind"}, "name", "There is already a partner “Northwind”"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "Not a valid choice"),
        ({"country": "Atlantis"}, "country", "Not a valid choice"),
        ({"region": "CA"}, "region", "is not a region of Germany"),
    ],
)
def test_errors_are_shown_at_their_fields_and_nothing_is_saved(
    grace: Visitor, transaction: Transaction, fields: dict[str, str], field: str, words: str
) -> None:
    with transaction() as session:
        factories.partner(session, name="Northwind")
    given = {"name": "Westerly", "time_zone": "Europe/Berlin", "country": "DE"} | fields

    response = grace.post("/accounts/new", given)

    assert response.status_code == 422
    assert words in response.text
    assert re.search(rf'aria-describedby="[^"]*{field}-error"', response.text)
    if given["country"] == "DE":
        assert '<option selected value="DE">' in response.text
    with transaction() as session:
        assert session.scalar(select(func.count()).where(Account.kind == "partner")) == 1


def test_a_customer_is_edited(ada: Visitor, transaction: Transaction) -> None:
    with transaction() as session:
        partner = session.scalars(select(Account).where(Account.kind == "partner")).one()
        customer_id = factories.customer(session, partner, name="Bakery", country="FR").id

    form = ada.get(f"/accounts/{customer_id}/edit")
    response = ada.post(f"/accounts/{customer_id}/edit", {"name": "Bakery Lund", "country": ""})

    assert 'value="Bakery"' in form.text
    assert '<option selected value="FR">' in form.text
    page = ada.get(response.location)
    assert "Bakery Lund" in page.text
    assert "Germany" in page.text


def test_the_trail_has_what_was_changed_in_an_account_and_nothing_if_nothing_was(
    ada: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        partner = session.scalars(select(Account).where(Account.kind == "partner")).one()
        address = f"/accounts/{factories.customer(session, partner, name='Bakery').id}/edit"

    pages = []
    for fields in (
        {"name": "Bakery", "country": "", "language": ""},
        {"name": "Bakery Lund", "country": "", "language": "es"},
    ):
        pages.append(ada.get(ada.post(address, fields).location).text)

    assert "Nothing was changed." in pages[0]
    assert "Saved." in pages[1]
    with transaction() as session:
        found = session.scalars(
            select(AuditEntry.details).where(AuditEntry.action == "account changed")
        )
        assert found.all() == [{"name": "Bakery → Bakery Lund", "language": "– → es"}]


def test_a_partner_does_not_edit_its_own_account(ada: Visitor, transaction: Transaction) -> None:
    with transaction() as session:
        partner_id = session.scalars(select(Account.id).where(Account.kind == "partner")).one()

    page = ada.get(f"/accounts/{partner_id}")
    edit = ada.get(f"/accounts/{partner_id}/edit")

    assert page.status_code == 200
    assert "/edit" not in page.text
    assert edit.status_code == 403


def test_a_list_is_searched_sorted_and_paged(ada: Visitor, transaction: Transaction) -> None:
    with transaction() as session:
        partner = session.scalars(select(Account).where(Account.kind == "partner")).one()
        for number in range(60):
            factories.customer(session, partner, name=f"Customer {number:02}")
        factories.customer(session, partner, name="100 % Wool_Ltd")

    first, second = ada.get("/accounts"), ada.get("/accounts?page=2")
    down = ada.get("/accounts?sort=-name")
    odd = ada.get("/accounts?q=%25+wool_")
    none = ada.get("/accounts?q=nothing+like+this")
    rows = ada.get("/accounts?q=wool", headers={"HX-Request": "true"})

    assert "Customer 00" in first.text
    assert "Customer 59" not in first.text
    assert "Customer 59" in second.text
    assert "Customer 59" in down.text
    assert "100 % Wool_Ltd" in odd.text
    assert "Customer 00" not in odd.text
    assert "No customer matches" in none.text
    assert "<html" not in rows.text
    assert "HX-Request" in rows.headers["Vary"]


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=999999999999", "page=x", "sort=x"])
def test_a_list_ignores_invalid_parameters(
    ada: Visitor, transaction: Transaction, query: str
) -> None:
    with transaction() as session:
        partner = session.scalars(select(Account).where(Account.kind == "partner")).one()
        factories.customer(session, partner, name="Bakery")

    response = ada.get(f"/accounts?{query}")

    assert response.status_code == 200
    assert "Bakery" in response.text


def test_a_customers_page_shows_pages_trees_chart_and_certificates(
    ada: Visitor, transaction: Transaction
) -> None:
    today = clock.now().date()
    with transaction() as session:
        partner = session.scalars(select(Account).where(Account.kind == "partner")).one()
        customer = factories.customer(session, partner, name="Harbour Architects, LLP")
        feed = factories.feed(session, factories.server(session, partner), customer)
        for days in range(2, 6):
            factories.deposit(session, feed, day=today - timedelta(days=days), pages=8_333)
        certificate = factories.certificate(session, customer, pages=2_469_134)
        number = certificate.number

    page = ada.get(f"/accounts/{customer.id}")

    assert "4.00" in page.text
    assert "33,332 pages" in page.text
    assert "Pages per day" in page.text
    assert "296.31" in page.text
    assert f"/certificates/{number}.pdf" in page.text


def test_a_partner_sees_on_a_customers_page_when_pages_are_held_and_the_customer_does_not(
    ada: Visitor, log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        feed = feed_of_zaha(session)
        yesterday = clock.now().astimezone(feed.account.zone).date() - timedelta(days=1)
        factories.deposit(session, feed, day=yesterday - timedelta(days=1), pages=500)
        factories.delta(session, factories.device(session, feed), day=yesterday, state="held")

    of_partner = ada.get(f"/accounts/{feed.account_id}").text
    of_customer = log_in("zaha@example.com").get(f"/accounts/{feed.account_id}").text

    assert of_partner.count('class="chart-held-line"') == 1
    assert "chart-held" not in of_customer


def test_late_pages_and_corrections_have_their_own_lines_on_the_page_of_a_customer(
    ada: Visitor, log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        feed = feed_of_zaha(session)
        present = f"{clock.now().astimezone(feed.account.zone):%Y-%m}"
        factories.deposit(session, feed, day=date(2020, 5, 4), pages=40, counted_in=present)
        factories.deposit(session, feed, day=date(2020, 5, 5), pages=-120, counted_in=present)
        empty = factories.feed(session, feed.server)

    zaha = log_in("zaha@example.com")
    pages = [zaha.get("/").text, ada.get(f"/accounts/{feed.account_id}").text]
    other = ada.get(f"/accounts/{empty.account_id}").text

    for page in pages:
        assert re.search(r"Reported late and counted in \w+ \d+: 40 pages", page)
        assert "Corrections from earlier months: −120 pages" in page
        assert "0.00" in page
    assert "Reported late" not in other
    assert "Corrections" not in other


@pytest.mark.slow
@pytest.mark.usefixtures("fixed_clock")
def test_trees_grow_in_the_chosen_period_on_the_pages_of_a_customer_and_its_partner(
    ada: Visitor, log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    today = clock.now().date()
    this_month = today.replace(day=1)
    with transaction() as session:
        feed = feed_of_zaha(session)
        factories.deposit(session, feed, day=this_month - timedelta(days=1), pages=8_333)
        feed_id = feed.id
    before = ada.get("/?range=months").text
    with transaction() as session:
        factories.deposit(session, session.get_one(Feed, feed_id), day=this_month, pages=16_666)

    zaha, own = log_in("zaha@example.com"), f"/accounts/{feed.account_id}"
    pages = [zaha.get("/?range=months"), ada.get("/?range=months")]
    pages.append(ada.get(f"{own}?range=months"))

    assert growth_of(before)[9:12] == ["0.00", "1.00", "1.00"]
    for page in pages:
        assert growth_of(page.text)[9:12] == ["0.00", "1.00", "3.00"]
    assert len(growth_of(ada.get(f"{own}?range=90").text)) == 90


def growth_of(page: str) -> list[str]:
    """The figures of the chart of trees."""
    chart = page.split('chart-title">Total trees<')[-1].partition("</figure>")[0]
    return re.findall(r'<td class="number">([0-9.]+)</td>', chart)


@pytest.mark.usefixtures("fixed_clock")
def test_figures_are_compared_with_last_month_and_link_to_their_lists(
    ada: Visitor, grace: Visitor, transaction: Transaction
) -> None:
    last_month = clock.now().date().replace(day=1) - timedelta(days=1)
    with transaction() as session:
        feed = feed_of_zaha(session)
        factories.deposit(session, feed, day=last_month, pages=8_333)
        customer, partner = feed.account_id, feed.server.account_id

    of_customer = ada.get(f"/accounts/{customer}").text
    of_partner = ada.get(f"/accounts/{partner}").text
    for_operations = grace.get(f"/accounts/{partner}").text

    for page in (of_customer, of_partner, for_operations):
        assert f", 8,333 in {last_month:%B %Y}" in page
    assert f'class="stat-link" href="/feeds?account={customer}&amp;sort=-pages"' in of_customer
    assert f'class="stat-link" href="/certificates?account={customer}"' in of_customer
    assert 'class="stat-link" href="/accounts?sort=-pages"' in of_partner
    assert 'class="stat-link" href="#customers"' in for_operations
    assert 'id="customers"' in for_operations


def test_the_regions_follow_the_country(grace: Visitor, transaction: Transaction) -> None:
    fragment = grace.get("/accounts/regions?country=GB").text
    none = grace.get("/accounts/regions?country=Atlantis").text
    given = {"name": "Westerly", "time_zone": "Europe/London", "country": "GB", "region": "SCT"}
    made = grace.post("/accounts/new", given)
    page = grace.get(made.location).text
    form = grace.get(f"{made.location}/edit").text

    assert "Scotland" in fragment
    assert "<html" not in fragment
    assert "Scotland" not in none
    assert "Scotland, United Kingdom" in page
    assert '<option selected value="SCT">' in form
