"""A server with three customers in a sandbox of Printerpoint on loopback."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select

from tests import factories
from tests.environment.redis_server import RedisServer
from tests.views.conftest import Transaction, Visitor
from webapp.crypto import Keyring
from webapp.models import Account, Feed, User
from webapp.printerpoint.fleet import Customer
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.servers import customers
from webapp.settings import Settings

HARBOUR = customers.key(Customer("Harbour Architects, LLP", "HARB01", 2))
BAKERY = customers.key(Customer("Bluebird Bakery", None, 1))
SCHOOL = customers.key(Customer("St. Mary’s School", "STM", 1))


@dataclass(frozen=True, slots=True)
class Office:
    """An administrator before a server with three customers."""

    nora: Visitor
    server_id: int

    @property
    def adding(self) -> str:
        """The address of the page that adds feeds."""
        return f"/servers/{self.server_id}/feeds/new"

    @property
    def searching(self) -> str:
        """The address of the fragment of the list."""
        return f"/servers/{self.server_id}/customers"


@pytest.fixture
def settings(settings: Settings, printerpoint: Sandbox, redis_server: RedisServer) -> Settings:
    """Settings with the sandbox and a real Redis."""
    return replace(settings, printerpoint_url=printerpoint.url, redis_url=redis_server.url)


@pytest.fixture
def office(
    transaction: Transaction,
    settings: Settings,
    printerpoint: Sandbox,
    log_in: Callable[[User | str], Visitor],
) -> Office:
    """A fleet of three customers, none of them connected."""
    for name, customer_id, serials in (
        ("Harbour Architects, LLP", "HARB01", ("H1", "H2")),
        ("Bluebird Bakery", None, ("B1",)),
        ("St. Mary’s School", "STM", ("S1",)),
    ):
        customer = printerpoint.add_customer(name, customer_id=customer_id)
        for serial in serials:
            printerpoint.add_printer(customer, serial=serial, count=100)
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com")
        keyring = Keyring(settings.encryption_keys)
        server = factories.server(session, partner, token=printerpoint.token, keyring=keyring)
        server_id = server.id
    return Office(log_in("nora@example.com"), server_id)


def boxes(page: str) -> list[str]:
    """The keys of the customers that can be selected among the findings."""
    return re.findall(r'name="customer" value="(\w+)"(?![^>]* disabled)', page)


def chosen(page: str) -> list[str]:
    """The keys of the chosen ones."""
    return re.findall(r'name="chosen" value="(\w+)" checked', page)


def connected(transaction: Transaction) -> dict[str, str]:
    """The name of the account that each customer is connected to."""
    with transaction() as session:
        rows = session.execute(select(Feed.customer_name, Account.name).join(Feed.account))
        return {row.customer_name: row.name for row in rows}
