"""A partner with a server in a sandbox of Printerpoint on loopback."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp.crypto import Keyring
from webapp.models import Server, User
from webapp.printerpoint.sandbox import Sandbox
from webapp.settings import Settings


@dataclass(frozen=True, slots=True)
class Office:
    """A partner whose administrator sits at the console."""

    nora: Visitor
    partner_id: int
    server_id: int


@pytest.fixture
def settings(settings: Settings, printerpoint: Sandbox) -> Settings:
    """Settings with the sandbox."""
    return replace(settings, printerpoint_url=printerpoint.url)


@pytest.fixture
def office(
    transaction: Transaction,
    settings: Settings,
    printerpoint: Sandbox,
    log_in: Callable[[User | str], Visitor],
) -> Office:
    """Northwind Print with a registered server and its administrator."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com")
        server = factories.server(
            session,
            partner,
            token=printerpoint.token,
            keyring=Keyring(settings.encryption_keys),
        )
        partner_id, server_id = partner.id, server.id
    return Office(log_in("nora@example.com"), partner_id, server_id)


def servers(transaction: Transaction) -> int:
    """How many servers there are."""
    with transaction() as session:
        return int(session.scalar(select(func.count()).select_from(Server)) or 0)
