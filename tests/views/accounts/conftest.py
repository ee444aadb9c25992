"""A user of operations, and the administrator of a partner."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp.models import Account, Feed


@pytest.fixture
def grace(log_in: Callable[[str], Visitor], transaction: Transaction) -> Visitor:
    """A user of operations."""
    with transaction() as session:
        factories.user(session, factories.operations(session), email="grace@example.com")
    return log_in("grace@example.com")


@pytest.fixture
def ada(log_in: Callable[[str], Visitor], transaction: Transaction) -> Visitor:
    """The administrator of the partner Northwind."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind", country="DE")
        factories.user(session, partner, email="ada@example.com")
    return log_in("ada@example.com")


def feed_of_zaha(session: Session) -> Feed:
    """A feed of a customer of Ada's, for whom Zaha logs in."""
    partner = session.scalars(select(Account).where(Account.kind == "partner")).one()
    customer = factories.customer(session, partner, name="Harbour Architects, LLP")
    factories.user(session, customer, email="zaha@example.com")
    return factories.feed(session, factories.server(session, partner), customer)
