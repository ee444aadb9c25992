"""Servers that read one fleet, in the console: refused, waiting, approved, without names."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.crypto import Keyring
from webapp.models import AuditEntry, FleetSerial, Server, User
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.servers import overlaps
from webapp.settings import Settings

NEUTRAL = "This server is awaiting approval by Releaf."


@dataclass(frozen=True, slots=True)
class Office:
    """Nora of Northwind has a server; Otto of Westerly has none; operations see both."""

    nora: Visitor
    otto: Visitor
    ops: Visitor
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
    """A fleet of six printers, that Northwind's server Boston reads."""
    customer = printerpoint.add_customer("Harbour Architects, LLP", "HARB01")
    serials = [f"CNB{number}" for number in range(6)]
    for serial in serials:
        printerpoint.add_printer(customer, serial=serial, count=100)
    with transaction() as session:
        northwind = factories.partner(session, name="Northwind Print")
        westerly = factories.partner(session, name="Westerly")
        factories.user(session, northwind, email="nora@example.com")
        factories.user(session, westerly, email="otto@example.com")
        factories.user(session, factories.operations(session), email="ops@example.com")
        keyring = Keyring(settings.encryption_keys)
        server = factories.server(
            session, northwind, name="Boston", token=printerpoint.token, keyring=keyring
        )
        overlaps.check_fleet(session, server, serials, clock.now())
        server_id = server.id
    nora, otto, ops = (log_in(f"{name}@example.com") for name in ("nora", "otto", "ops"))
    return Office(nora, otto, ops, server_id)


def second_token(printerpoint: Sandbox) -> str:
    """Another token of the same dealer: a dealer with the same printers."""
    token = printerpoint.add_dealer("second-token")
    customer = printerpoint.add_customer("Harbour Architects, LLP", "HARB01", token)
    for number in range(6):
        printerpoint.add_printer(customer, serial=f"cnb {number}", count=100)
    return token


def test_a_second_token_of_the_same_fleet_is_refused(
    office: Office, transaction: Transaction, printerpoint: Sandbox
) -> None:
    response = office.nora.post("/servers/new", {"token": second_token(printerpoint)})

    assert response.status_code == 422
    assert "the same printers as your server “Boston”" in response.text
    with transaction() as session:
        assert session.scalars(select(Server.name)).all() == ["Boston"]
        assert set(session.scalars(select(FleetSerial.server_id))) == {office.server_id}


def test_the_same_token_at_another_partner_awaits_approval_without_its_name(
    office: Office, printerpoint: Sandbox
) -> None:
    made = office.otto.post("/servers/new", {"token": printerpoint.token, "name": "Mine"})

    pages = [
        office.otto.get(path).text
        for path in (made.location, "/", "/servers", "/servers?health=awaiting_approval", "/audit")
    ]

    assert made.status_code == 302
    assert NEUTRAL in pages[0]
    assert "Awaiting approval" in pages[2]
    assert "Mine" in pages[3]
    assert not any(word in page for page in pages for word in ("Northwind", "Boston", "/approve"))
    assert "Mine" not in office.otto.get("/servers?health=healthy").text
    assert "Awaiting approval" not in office.nora.get(f"/servers/{office.server_id}").text


def test_operations_see_both_servers_and_approve_after_confirmation(
    office: Office, transaction: Transaction, printerpoint: Sandbox
) -> None:
    made = office.otto.post("/servers/new", {"token": printerpoint.token, "name": "Mine"})
    path = f"{made.location}/approve"

    status, page, confirmation = (
        office.ops.get(each).text for each in ("/operations", made.location, path)
    )
    home = office.ops.get("/").text
    forged = office.ops.client.post(path)
    approved = office.ops.post(path)
    twice = office.ops.post(path)

    for text in (status, page, confirmation):
        assert "Boston" in text
        assert "Northwind Print" in text
    assert "Mine (Westerly) is awaiting approval" in home
    assert path in page
    assert forged.status_code == 400
    assert (approved.location, twice.location) == (made.location, made.location)
    office.otto.get("/")  # shows what was flashed at registration
    assert NEUTRAL not in office.otto.get(made.location).text
    assert "Servers awaiting approval" not in office.ops.get("/operations").text
    assert office.ops.get(path).status_code == 409
    with transaction() as session:
        acts = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert acts.count("server approved") == 1


def test_partners_do_not_approve(office: Office, printerpoint: Sandbox) -> None:
    made = office.otto.post("/servers/new", {"token": printerpoint.token})

    responses = [
        office.otto.get(f"{made.location}/approve"),
        office.otto.post(f"{made.location}/approve"),
    ]

    assert [response.status_code for response in responses] == [403, 403]


def test_a_server_awaiting_approval_cannot_be_collected_manually(
    office: Office, printerpoint: Sandbox
) -> None:
    made = office.otto.post("/servers/new", {"token": printerpoint.token})

    response = office.otto.post(f"{made.location}/collect")

    assert response.location == made.location
    assert NEUTRAL in office.otto.get(made.location).text


def test_a_token_is_not_replaced_by_one_of_another_own_fleet(
    office: Office, transaction: Transaction, settings: Settings, printerpoint: Sandbox
) -> None:
    with transaction() as session:
        partner = session.get_one(Server, office.server_id).account
        keyring = Keyring(settings.encryption_keys)
        salem = factories.server(session, partner, name="Salem", token="old", keyring=keyring)
        salem_id = salem.id

    response = office.nora.post(f"/servers/{salem_id}/token", {"token": second_token(printerpoint)})

    assert response.status_code == 422
    assert "the same printers as your server “Boston”" in response.text
    with transaction() as session:
        server = session.get_one(Server, salem_id)
        assert server.decrypt_token(Keyring(settings.encryption_keys)) == "old"


def test_a_fleet_too_slow_to_read_is_registered_and_compared_later(
    office: Office, transaction: Transaction, printerpoint: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "webapp.services.servers.servers.read_serials", lambda client: client.check() or None
    )

    made = office.otto.post("/servers/new", {"token": printerpoint.token})

    assert made.status_code == 302
    with transaction() as session:
        server = session.scalars(select(Server).order_by(Server.id.desc())).first()
        assert server is not None
        assert server.awaiting_approval_since is None
        assert overlaps.check_fleet(session, server, [f"CNB{n}" for n in range(6)], clock.now())


def test_the_wait_for_approval_is_shown_in_spanish(office: Office, printerpoint: Sandbox) -> None:
    made = office.otto.post("/servers/new", {"token": printerpoint.token})

    page = office.otto.get(made.location, {"Accept-Language": "es"}).text

    assert "Este servidor espera la aprobación de Releaf." in page
