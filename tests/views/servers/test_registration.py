"""Registering servers, and replacing their tokens."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from tests import factories
from tests.views.conftest import Transaction, Visitor
from tests.views.servers.conftest import Office, servers
from webapp.crypto import Keyring
from webapp.models import FleetSerial, Server, User
from webapp.printerpoint.sandbox import Sandbox
from webapp.settings import Settings

CANARY = "canary-4f1c9e77"


def test_a_verified_token_is_saved_encrypted_and_the_server_shown(
    office: Office, transaction: Transaction, settings: Settings, printerpoint: Sandbox
) -> None:
    printerpoint.add_dealer(CANARY)

    response = office.nora.post("/servers/new", {"token": f" {CANARY} ", "name": ""})

    with transaction() as session:
        server = session.scalars(select(Server).order_by(Server.id.desc())).first()
        assert server is not None
        assert response.location == f"/servers/{server.id}"
        assert (server.name, server.health) == ("Printerpoint 2", "healthy")
        assert server.decrypt_token(Keyring(settings.encryption_keys)) == CANARY
    assert "Printerpoint 2 has been added" in office.nora.get(response.location).text


def test_a_refused_token_is_not_saved_and_the_form_retains_the_other_fields(
    office: Office, transaction: Transaction
) -> None:
    response = office.nora.post("/servers/new", {"token": CANARY, "name": "Boston"})

    assert response.status_code == 422
    assert "rejected this token" in response.text
    assert "API Access" in response.text
    assert 'value="Boston"' in response.text
    assert CANARY not in response.text
    assert servers(transaction) == 1


@pytest.mark.slow
def test_each_kind_of_failure_shows_its_own_remedy(
    office: Office, transaction: Transaction, printerpoint: Sandbox
) -> None:
    printerpoint.add_dealer(CANARY)
    words = []
    for trouble in (printerpoint.return_500, printerpoint.return_html):
        trouble()
        words.append(office.nora.post("/servers/new", {"token": CANARY}).text)
        printerpoint.recover()
    printerpoint.return_429(retry_after=600)
    words.append(office.nora.post("/servers/new", {"token": CANARY}).text)
    printerpoint.recover()

    assert "cannot be reached" in words[0]
    assert "not a list of printers" in words[1]
    assert "received too many requests" in words[2]
    assert all("nothing was saved" in text.lower() for text in words)
    assert servers(transaction) == 1


@pytest.mark.parametrize("token", ["", "   ", "two words", "x" * 501])
def test_an_invalid_token_is_refused_without_a_request_to_printerpoint(
    office: Office, printerpoint: Sandbox, token: str
) -> None:
    printerpoint.go_offline()

    response = office.nora.post("/servers/new", {"token": token, "name": "Boston"})

    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert 'value="Boston"' in response.text


def test_a_form_sent_twice_registers_once_and_redirects_to_the_same_page(
    office: Office, transaction: Transaction, printerpoint: Sandbox
) -> None:
    printerpoint.add_dealer(CANARY)

    first = office.nora.post("/servers/new", {"token": CANARY})
    second = office.nora.post("/servers/new", {"token": CANARY})

    assert (first.status_code, second.status_code) == (302, 302)
    assert first.location == second.location
    assert servers(transaction) == 2


def test_a_token_registered_earlier_is_refused_with_the_servers_name(
    office: Office, transaction: Transaction, printerpoint: Sandbox
) -> None:
    response = office.nora.post("/servers/new", {"token": printerpoint.token})

    assert response.status_code == 422
    assert "already used by the server “Printerpoint”" in response.text
    assert servers(transaction) == 1


def test_the_token_is_stored_encrypted_only(
    office: Office,
    settings: Settings,
    printerpoint: Sandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    printerpoint.add_dealer(CANARY)
    printerpoint.return_500()
    pages = [office.nora.post("/servers/new", {"token": CANARY}).text]
    printerpoint.recover()

    made = office.nora.post("/servers/new", {"token": CANARY, "name": "Canary"})
    for path in (made.location, "/servers", f"{made.location}/token", f"{made.location}/name"):
        pages.append(office.nora.get(path).text)
    office.nora.post(f"{made.location}/check")

    assert not any(CANARY in page for page in pages)
    assert CANARY not in caplog.text
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    for file in database.parent.glob("releaf.db*"):
        assert CANARY.encode() not in file.read_bytes()


def test_operations_choose_the_partner_of_a_server(
    office: Office,
    transaction: Transaction,
    printerpoint: Sandbox,
    log_in: Callable[[User | str], Visitor],
) -> None:
    printerpoint.add_dealer(CANARY)
    with transaction() as session:
        other = factories.partner(session, name="Southwind Print")
        factories.user(session, factories.operations(session), email="olga@example.com")
        other_id = other.id
    olga = log_in("olga@example.com")

    unsaid = olga.post("/servers/new", {"token": CANARY, "account": 0})
    response = olga.post("/servers/new", {"token": CANARY, "account": other_id})

    assert unsaid.status_code == 422
    assert "Choose the partner that owns this login" in unsaid.text
    assert response.status_code == 302
    with transaction() as session:
        assert session.scalars(select(Server.account_id).order_by(Server.id)).all()[-1] == other_id


def test_without_a_partner_operations_get_a_link_to_add_one(
    transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        factories.user(session, factories.operations(session), email="olga@example.com")

    page = log_in("olga@example.com").get("/servers/new").text

    assert "No partners yet" in page
    assert 'href="/accounts/new"' in page


def test_a_replacement_token_is_verified_first(
    office: Office, transaction: Transaction, settings: Settings, printerpoint: Sandbox
) -> None:
    path = f"/servers/{office.server_id}/token"

    refused = office.nora.post(path, {"token": CANARY})
    with transaction() as session:
        stored = session.get_one(Server, office.server_id).decrypt_token(
            Keyring(settings.encryption_keys)
        )
    printerpoint.add_dealer(CANARY)
    taken = office.nora.post(path, {"token": CANARY})

    assert refused.status_code == 422
    assert "Nothing was saved" in refused.text
    assert stored == printerpoint.token
    assert taken.location == f"/servers/{office.server_id}"
    assert "None of this server" not in office.nora.get(taken.location).text
    with transaction() as session:
        server = session.get_one(Server, office.server_id)
        assert server.decrypt_token(Keyring(settings.encryption_keys)) == CANARY


@pytest.mark.parametrize(("stored", "warned"), [("OTHER1", True), ("VNB3K01", False)])
def test_a_replacement_token_of_another_fleet_causes_a_warning(
    office: Office, transaction: Transaction, printerpoint: Sandbox, stored: str, warned: bool
) -> None:
    printerpoint.add_dealer(CANARY)
    printerpoint.add_customer("School", "SCH", CANARY)
    printerpoint.add_printer("School", "VNB3K01")
    with transaction() as session:
        session.add(FleetSerial(server_id=office.server_id, serial=stored))

    taken = office.nora.post(f"/servers/{office.server_id}/token", {"token": CANARY})

    page = office.nora.get(taken.location).text
    assert ("None of this server’s printers are in the fleet of the new token" in page) == warned
