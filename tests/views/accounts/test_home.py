"""The home pages of customers, partners and operations."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import Account


def test_home_of_a_customer_shows_the_figures_of_its_account(
    log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    today = clock.now().date()
    with transaction() as session:
        feed = factories.feed(session, customer_name="Harbour Architects, LLP")
        factories.user(session, feed.account, email="zaha@example.com")
        factories.deposit(session, feed, day=today - timedelta(days=3), pages=12_345)
        factories.deposit(session, factories.feed(session, feed.server), pages=777_777)

    home = log_in("zaha@example.com").get("/")

    assert "1.48" in home.text
    assert "12,345 pages" in home.text
    assert "777,777" not in home.text
    assert "790,122" not in home.text


def test_home_of_a_new_partner_shows_the_first_steps(
    ada: Visitor, transaction: Transaction
) -> None:
    empty = ada.get("/")
    with transaction() as session:
        partner = session.scalars(select(Account).where(Account.kind == "partner")).one()
        server = factories.server(session, partner)
        after_server_id = server.id
    registered = ada.get("/")
    with transaction() as session:
        server = session.get_one(type(server), after_server_id)
        feed = factories.feed(session, server, status="pending")
        feed_id = feed.id
    connected = ada.get("/")
    with transaction() as session:
        factories.device(session, session.get_one(type(feed), feed_id))
    counting = ada.get("/")
    with transaction() as session:
        account = session.get_one(type(feed), feed_id).account
        factories.user(session, account)
        factories.certificate(session, account)
    done = ada.get("/")

    pages = (empty, registered, connected, counting)
    assert [page.text.count('class="done"') for page in pages] == [0, 1, 2, 3]
    assert "Add a server" in empty.text
    assert "Get started" not in done.text


def test_home_of_a_partner_shows_totals_of_month_quarter_year_and_all_time(
    ada: Visitor, transaction: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: factories.NOW)  # Nov 17, 2026
    with transaction() as session:
        partner = session.scalars(select(Account).where(Account.kind == "partner")).one()
        feed = factories.feed(session, factories.server(session, partner))
        for day, pages in (
            (date(2026, 11, 3), 8_333),
            (date(2026, 10, 5), 16_666),
            (date(2026, 2, 3), 24_999),
            (date(2025, 12, 1), 33_332),
        ):
            factories.deposit(session, feed, day=day, pages=pages)
        factories.certificate(session, feed.account, month="2026-10", pages=16_666)

    home = " ".join(ada.get("/").text.split())

    for name, month_pages, tree_count in (
        ("This month", "8,333", "1.00"),
        ("Quarter 4", "24,999", "3.00"),
        ("2026", "49,998", "6.00"),
        ("All time", "83,330", "10.00"),
    ):
        at = home.index(f"{name}</a></dt>")
        assert f"{tree_count} " in home[at : at + 200]
        assert f"{month_pages} pages" in home[at : at + 200]
    assert "16,666 pages certified, 66,664 pages not yet certified" in home
    assert "Pages per month" not in home
    assert "Pages per month" in ada.get("/?range=months").text


def test_home_of_a_partner_names_what_needs_attention(
    ada: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        partner = session.scalars(select(Account).where(Account.kind == "partner")).one()
        reason = "Printerpoint refused the token"
        server = factories.server(
            session, partner, name="West", health="unhealthy", health_reason=reason
        )
        silent = factories.feed(session, server, customer_name="Bakery Lund", health="unhealthy")
        device = factories.device(session, silent)
        factories.delta(session, device, pages=900_000, state="held", for_person=True)

    home = ada.get("/")

    assert "West is not collected" in home.text
    assert reason in home.text
    assert "Bakery Lund" in home.text
    assert "1 meter reading needs review" in home.text
    waiting = r'<span class="count">1<span class="visually-hidden">\s+waiting</span></span>'
    assert re.search(waiting, home.text)


def test_home_of_operations_names_unhealthy_servers_of_every_partner(
    grace: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        partner = factories.partner(session, name="Northwind")
        factories.server(session, partner, name="West", health="unhealthy")

    home = grace.get("/")

    assert "West of Northwind is not collected" in home.text
    assert "/operations/queues/" in home.text


def test_a_partner_with_unhealthy_feeds_is_not_shown_as_healthy(
    grace: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        partner = factories.partner(session, name="Northwind")
        server = factories.server(session, partner, health="healthy")
        factories.feed(session, server, status="active", health="unhealthy")
        factories.feed(session, server, status="inactive", health="unhealthy")
        sound = factories.server(session, factories.partner(session, name="Acme"), health="healthy")
        factories.feed(session, sound, status="active", health="healthy")

    for path in ("/", "/accounts"):
        page = grace.get(path).text
        rows = {row.split("</a>")[0].split(">")[-1]: row for row in page.split("<tr>")}
        assert "1 unhealthy feed<" in rows["Northwind"], path
        assert "Healthy" not in rows["Northwind"], path
        assert "Healthy" in rows["Acme"], path


def test_home_of_a_partner_links_to_healthy_servers_and_feeds(
    ada: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        partner = session.scalars(select(Account).where(Account.kind == "partner")).one()
        server = factories.server(session, partner)
        factories.server(session, partner, name="West", health="unhealthy")
        factories.feed(session, server, status="active", health="healthy")
        factories.feed(session, server, status="active", health="healthy")
        factories.feed(session, server, status="active", health="unhealthy")
        factories.feed(session, server, status="pending", health="pending")
        factories.feed(session, server, status="inactive", health="healthy")
        factories.feed(session, server, status="removed", health="unhealthy")

    home = ada.get("/").text

    count = r'class="status-count" href="([^"]+)">.*?</span>\s*(\d+)</a>'
    counts = re.findall(count, home, re.DOTALL)
    assert counts == [
        ("/servers?health=unhealthy", "1"),
        ("/servers?health=healthy", "1"),
        ("/feeds?health=unhealthy", "1"),
        ("/feeds?health=pending", "1"),
        ("/feeds?health=healthy", "2"),
        ("/feeds?status=inactive", "1"),
    ]
    for address, number in counts:
        assert ada.get(address).text.count('<th scope="row">') == int(number), address
