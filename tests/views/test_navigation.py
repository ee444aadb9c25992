"""The menu: groups by role, and which of its pages is the current one."""

import re
from collections.abc import Callable

import pytest

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp.models import User
from webapp.views.shared.navigation import MENUS

_MOST_FIRST_LEVEL = 7


def menu(page: str) -> list[tuple[str, list[str]]]:
    """The groups of a page's menu: label and links."""
    nav = page[page.index('<nav class="nav"') : page.index("</nav>", page.index("<nav"))]
    groups = []
    for part in re.findall(r"(?:<p[^>]*>([^<]*)</p>\s*)?<ul(.*?)</ul>", nav, re.S):
        groups.append((part[0], re.findall(r"</span><span>([^<]+)</span>", part[1])))
    return groups


def current(page: str) -> list[str]:
    """The links of the menu that are marked as the current page."""
    nav = page[page.index('<nav class="nav"') : page.index("</nav>", page.index("<nav"))]
    return re.findall(r'aria-current="page">.*?</span><span>([^<]+)</span>', nav, re.S)


@pytest.fixture
def ada(log_in: Callable[[User | str], Visitor], transaction: Transaction) -> Visitor:
    """The administrator of a partner with one customer."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind")
        factories.user(session, partner, email="ada@example.com")
        factories.customer(session, partner, name="Bluebird Bakery")
    return log_in("ada@example.com")


def test_no_role_has_more_than_seven_items_on_the_first_level() -> None:
    for role, groups in MENUS.items():
        first_level = sum(1 if group.label else len(group.items) for group in groups)
        assert first_level <= _MOST_FIRST_LEVEL, role


def test_the_menu_of_an_administrator_is_in_groups(ada: Visitor) -> None:
    assert menu(ada.get("/").text) == [
        ("", ["Home"]),
        ("Fleet", ["Servers", "Feeds", "Devices"]),
        ("Results", ["Customers", "Certificates", "Business review"]),
        ("Quality", ["Review", "Collections", "Reconciliation"]),
        (
            "Settings",
            ["Company", "Brand", "Users", "Email notifications", "Audit trail", "Setup guide"],
        ),
    ]


def test_the_account_of_the_user_is_not_marked_as_a_customer(ada: Visitor) -> None:
    home = ada.get("/").text
    company, brand = re.findall(r'href="(/accounts/\d+(?:/brand)?)"', home)
    customers = ada.get("/accounts").text
    customer = re.findall(r'href="(/accounts/\d+)" id="a', customers)

    assert current(ada.get(company).text) == ["Company"]
    assert current(ada.get(brand).text) == ["Brand"]
    assert current(customers) == ["Customers"]
    assert customer
    assert current(ada.get(customer[0]).text) == ["Customers"]
    assert current(ada.get("/notices").text) == ["Email notifications"]


@pytest.mark.slow
def test_every_page_of_the_menu_opens(
    ada: Visitor, log_in: Callable[[User | str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, factories.operations(session), email="grace@example.com")
    for visitor in (ada, log_in("grace@example.com")):
        page = visitor.get("/").text
        nav = page[page.index('<nav class="nav"') : page.index("</nav>", page.index("<nav"))]
        for path in re.findall(r'href="([^"]+)"', nav):
            if path.startswith("/operations/queues"):  # needs Redis
                continue
            assert visitor.get(path).status_code == 200, path
