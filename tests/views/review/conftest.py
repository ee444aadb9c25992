"""A case under review."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.factories import TODAY, YESTERDAY
from tests.views.conftest import Transaction, Visitor
from webapp.models import Delta, Deposit, User


@dataclass(frozen=True, slots=True)
class Office:
    """An administrator before 900,000 pages that no machine can print."""

    nora: Visitor
    delta_id: int
    device_id: int
    account_id: int

    @property
    def path(self) -> str:
        """The address of the case."""
        return f"/review/{self.delta_id}"


@pytest.fixture
def office(transaction: Transaction, log_in: Callable[[User | str], Visitor]) -> Office:
    """A device that read 1,000 on one day and 901,000 on the next."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com", full_name="Nora North")
        account = factories.customer(session, partner, name="Bluebird Bakery")
        feed = factories.feed(session, factories.server(session, partner), account)
        device = factories.device(
            session, feed, asset_id="A-77", initial_count=1_000, latest_count=901_000
        )
        factories.reading(session, device, day=YESTERDAY, count=1_000, baseline=True)
        factories.reading(session, device, day=TODAY, count=901_000)
        delta = factories.delta(
            session, device, since=YESTERDAY, day=TODAY, pages=900_000, state="held"
        )
        delta_id, device_id, account_id = delta.id, device.id, account.id
    return Office(log_in("nora@example.com"), delta_id, device_id, account_id)


def state(transaction: Transaction, office: Office) -> str:
    """The state of the delta."""
    with transaction() as session:
        return session.get_one(Delta, office.delta_id).state


def deposited(transaction: Transaction) -> int:
    """Pages deposited."""
    with transaction() as session:
        return int(session.scalar(select(func.sum(Deposit.pages))) or 0)
