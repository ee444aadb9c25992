"""Access: what each viewer sees of two partners and their customers."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy.orm import Session

from tests import factories
from tests.views.tenants import Tenant, customer_tenant, partner_tenant
from webapp.errors import NotFound
from webapp.models import Server
from webapp.queries import access
from webapp.queries.viewer import Viewer

OPERATOR = Viewer("operations", None, None)
LISTS: dict[str, Callable[[Viewer], Select[Any]]] = {
    "account_id": access.accounts,
    "user_id": access.users,
    "server_id": access.servers,
    "feed_id": access.feeds,
    "device_id": access.devices,
    "delta_id": access.held,
    "collection_id": access.collections,
    "number": access.certificates,
}
GETTERS: dict[str, Callable[..., Any]] = {
    "account_id": access.account,
    "user_id": access.user,
    "server_id": access.server,
    "feed_id": access.feed,
    "device_id": access.device,
    "delta_id": access.delta,
    "collection_id": access.collection,
    "number": access.certificate,
}
#: What a customer never sees, not even of itself.
NOT_FOR_CUSTOMERS = {"server_id", "delta_id", "collection_id"}


class Tenants:
    """Two partners; the first has two customers."""

    def __init__(self, session: Session) -> None:
        self.northwind = partner_tenant(session, "Northwind")
        server = session.get_one(Server, self.northwind.arguments["server_id"])
        self.clinic = customer_tenant(session, "Clinic", server.account, server)
        self.westerly = partner_tenant(session, "Westerly")
        self.viewers = {role: Viewer.of(user) for role, user in self.northwind.users.items()}


@pytest.fixture
def tenants(session: Session) -> Tenants:
    """Two partners on each kind of database."""
    return Tenants(session)


def test_operations_see_everything(session: Session, tenants: Tenants) -> None:
    for noun in LISTS:
        for tenant in (tenants.northwind, tenants.clinic, tenants.westerly):
            assert sees(session, OPERATOR, noun, tenant)


@pytest.mark.parametrize("role", ["partner_admin", "partner_viewer"])
def test_a_partner_sees_its_own_rows_and_its_customers_only(
    session: Session, tenants: Tenants, role: str
) -> None:
    viewer = tenants.viewers[role]

    for noun in LISTS:
        assert sees(session, viewer, noun, tenants.northwind), noun
        assert sees(session, viewer, noun, tenants.clinic), noun
        assert not sees(session, viewer, noun, tenants.westerly), noun


def test_a_customer_sees_its_own_rows_and_none_of_other_accounts(
    session: Session, tenants: Tenants
) -> None:
    viewer = tenants.viewers["customer"]

    for noun in LISTS:
        assert sees(session, viewer, noun, tenants.northwind) == (noun not in NOT_FOR_CUSTOMERS), (
            noun
        )
        assert not sees(session, viewer, noun, tenants.clinic), noun
        assert not sees(session, viewer, noun, tenants.westerly), noun


def test_health_changes_follow_their_feed_or_server(session: Session, tenants: Tenants) -> None:
    server = session.get_one(Server, tenants.northwind.arguments["server_id"])
    factories.health_change(session, server, reason="Northwind’s login was refused")

    seen = {
        role: {change.reason["code"] for change in session.scalars(access.health_changes(viewer))}
        for role, viewer in tenants.viewers.items()
    }

    everything = {"Northwind was silent", "Clinic was silent", "Northwind’s login was refused"}
    assert seen["partner_admin"] == seen["partner_viewer"] == everything
    assert seen["customer"] == {"Northwind was silent"}


def test_removed_servers_and_feeds_stay_reachable(session: Session) -> None:
    partner = factories.partner(session)
    server = factories.server(session, partner, removed_at=factories.NOW)
    feed = factories.feed(session, server, status="removed")
    viewer = Viewer.of(factories.user(session, partner))

    assert access.server(session, viewer, server.id) is server
    assert access.feed(session, viewer, feed.id) is feed


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63, 10**40])
def test_an_id_out_of_range_is_not_found(session: Session, number: int) -> None:
    for noun, getter in GETTERS.items():
        if noun != "number":
            with pytest.raises(NotFound):
                getter(session, OPERATOR, number)


@pytest.mark.parametrize("number", ["", "R-2026-10-000001", "\0", "é", "x" * 1000])
def test_an_unknown_certificate_number_is_not_found(session: Session, number: str) -> None:
    with pytest.raises(NotFound):
        access.certificate(session, OPERATOR, number)


def test_only_administrators_and_operations_may_change(tenants: Tenants) -> None:
    may = {role for role, viewer in tenants.viewers.items() if viewer.may_change}

    assert may == {"partner_admin"}
    assert OPERATOR.may_change


def sees(session: Session, viewer: Viewer, noun: str, tenant: Tenant) -> bool:
    """Whether a list and a getter show a tenant's thing; they must agree."""
    wanted = tenant.arguments[noun]
    name = "number" if noun == "number" else "id"
    listed = wanted in {getattr(row, name) for row in session.scalars(LISTS[noun](viewer))}
    try:
        got = GETTERS[noun](session, viewer, wanted) is not None
    except NotFound:
        got = False
    assert listed == got
    return listed
