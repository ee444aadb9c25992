"""A partner with one feed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import User


@dataclass(frozen=True, slots=True)
class Office:
    """An administrator of a partner with one feed."""

    nora: Visitor
    server_id: int
    feed_id: int

    @property
    def path(self) -> str:
        """The address of the feed."""
        return f"/feeds/{self.feed_id}"


@pytest.fixture
def office(transaction: Transaction, log_in: Callable[[User | str], Visitor]) -> Office:
    """Harbour Architects, read yesterday."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print", time_zone="UTC")
        factories.user(session, partner, email="nora@example.com")
        server = factories.server(session, partner)
        account = factories.customer(session, partner, name="Harbour Architects, LLP")
        feed = factories.feed(
            session, server, account, customer_id="HARB01", last_data_on=yesterday()
        )
        server_id, feed_id = server.id, feed.id
    return Office(log_in("nora@example.com"), server_id, feed_id)


def yesterday() -> date:
    """The day before the present one, in UTC."""
    return clock.now().date() - timedelta(days=1)
