"""The orders that lists can be brought into, by what their headings link to."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp.models import User

#: A list, an order, and the names of its rows from the first to the last.
ORDERS = {
    "/servers?sort=name": ["East", "North", "West"],
    "/servers?sort=-name": ["West", "North", "East"],
    "/servers?sort=health": ["East", "West", "North"],
    "/servers?sort=-health": ["North", "East", "West"],
    "/servers?sort=-checked": ["West", "East", "North"],
    "/feeds?sort=-devices": ["Alder", "Birch", "Cedar"],
    "/feeds?sort=devices": ["Cedar", "Birch", "Alder"],
    "/feeds?sort=-pages": ["Cedar", "Alder", "Birch"],
    "/feeds?sort=pages": ["Birch", "Alder", "Cedar"],
    "/accounts?sort=-pages": ["Cedar", "Alder", "Birch"],
    "/accounts?sort=pages": ["Birch", "Alder", "Cedar"],
    "/certificates": ["Birch 2026-10", "Cedar 2026-10", "Alder 2026-09"],
    "/certificates?sort=month": ["Alder 2026-09", "Birch 2026-10", "Cedar 2026-10"],
    "/certificates?sort=customer": ["Alder 2026-09", "Birch 2026-10", "Cedar 2026-10"],
    "/certificates?sort=-customer": ["Cedar 2026-10", "Birch 2026-10", "Alder 2026-09"],
    "/certificates?sort=-pages": ["Alder 2026-09", "Cedar 2026-10", "Birch 2026-10"],
    "/certificates?sort=pages": ["Birch 2026-10", "Cedar 2026-10", "Alder 2026-09"],
    "/certificates?sort=number": ["Birch 2026-10", "Alder 2026-09", "Cedar 2026-10"],
    "/certificates?sort=trees": ["Birch 2026-10", "Cedar 2026-10", "Alder 2026-09"],
}


@pytest.fixture
def nora(
    fixed_clock: datetime, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> Visitor:
    """An administrator of three servers, and of three customers that differ in everything."""
    now = fixed_clock
    with transaction() as session:
        partner = factories.partner(session)
        factories.user(session, partner, email="nora@example.com")
        servers = [
            factories.server(session, partner, name=name, health=health)
            for name, health in (("West", "healthy"), ("North", "unhealthy"), ("East", "healthy"))
        ]
        for hours, server in zip((0, 2, 1), servers, strict=True):
            server.health_checked_at = now - timedelta(hours=hours)
        for name, devices, pages, certified, month, number in (
            ("Alder", 3, 200, 900, "2026-09", "R-2"),
            ("Birch", 2, 0, 100, "2026-10", "R-1"),
            ("Cedar", 1, 7_000, 500, "2026-10", "R-3"),
        ):
            account = factories.customer(session, partner, name=name)
            feed = factories.feed(session, servers[0], account, customer_name=name)
            for _ in range(devices):
                factories.device(session, feed)
            if pages:
                factories.deposit(session, feed, day=now.date().replace(day=1), pages=pages)
            factories.certificate(session, account, month=month, pages=certified, number=number)
    return log_in("nora@example.com")


@pytest.mark.slow
@pytest.mark.parametrize("path", ORDERS)
def test_a_list_has_the_requested_order(nora: Visitor, path: str) -> None:
    page = nora.get(path).text

    assert names(page) == ORDERS[path]


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/servers", "/feeds", "/accounts", "/certificates", "/devices"])
def test_every_sortable_heading_links_to_its_order_and_the_reverse(
    nora: Visitor, path: str
) -> None:
    page = nora.get(f"{path}?q=e").text
    links = re.findall(r'<th scope="col"[^>]*>\s*<a href="([^"]+)"', page)

    assert links
    for link in links:
        sorted_page = nora.get(link.replace("&amp;", "&")).text
        (sort,) = re.findall(r"sort=([^&]+)", link)
        sorts = "descending" if sort.startswith("-") else "ascending"
        heading = re.search(
            r'<th scope="col"[^>]* aria-sort="(\w+)">\s*<a href="([^"]+)"', sorted_page
        )
        assert heading is not None, link
        assert heading[1] == sorts, link
        assert "q=e" in heading[2], link
        assert (f"sort={sort}" in heading[2]) is False, link


def test_a_search_retains_the_order_of_the_list(nora: Visitor) -> None:
    page = nora.get("/certificates?sort=-pages").text
    form = page.split('class="search" role="search"')[1].split("</form>")[0]

    assert '<input type="hidden" name="sort" value="-pages">' in form
    assert 'name="sort"' not in nora.get("/certificates").text


def names(page: str) -> list[str]:
    """What stands first in each row; for certificates the customer and the month."""
    rows = re.findall(r"<tr>(.*?)</tr>", page.split("<tbody>")[1], re.DOTALL)
    found = []
    for row in rows:
        name = re.search(r'<th scope="row">\s*<a href="[^"]*"[^>]*>([^<]+)</a>', row)
        assert name is not None
        customer = re.search(r'data-label="Customer">([^<]+)<', row)
        months = {"October 2026": "2026-10", "September 2026": "2026-09"}
        found.append(f"{customer[1]} {months[name[1]]}" if customer else name[1])
    return found
