"""Servers in the console, with a real Printerpoint on loopback."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.views.conftest import Storing, Visitor
from webapp import clock
from webapp.crypto import Keyring
from webapp.models import Collection, Feed, FleetSerial, HealthChange, Server, User
from webapp.printerpoint.sandbox import Sandbox
from webapp.settings import Settings

CANARY = "canary-4f1c9e77"
HTMX = {"HX-Request": "true"}


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
    storing: Storing,
    settings: Settings,
    printerpoint: Sandbox,
    log_in: Callable[[User | str], Visitor],
) -> Office:
    """Northwind Print with a registered server and its administrator."""
    with storing() as session:
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


def test_a_verified_token_is_saved_encrypted_and_the_server_shown(
    office: Office, storing: Storing, settings: Settings, printerpoint: Sandbox
) -> None:
    printerpoint.add_dealer(CANARY)

    response = office.nora.sends("/servers/new", {"token": f" {CANARY} ", "name": ""})

    with storing() as session:
        server = session.scalars(select(Server).order_by(Server.id.desc())).first()
        assert server is not None
        assert response.location == f"/servers/{server.id}"
        assert (server.name, server.health) == ("Printerpoint 2", "healthy")
        assert server.decrypt_token(Keyring(settings.encryption_keys)) == CANARY
    assert "Printerpoint 2 has been added" in office.nora.opens(response.location).text


def test_a_refused_token_is_not_saved_and_the_form_retains_the_other_fields(
    office: Office, storing: Storing
) -> None:
    response = office.nora.sends("/servers/new", {"token": CANARY, "name": "Boston"})

    assert response.status_code == 422
    assert "rejected this token" in response.text
    assert "API Access" in response.text
    assert 'value="Boston"' in response.text
    assert CANARY not in response.text
    assert servers(storing) == 1


def test_each_kind_of_failure_shows_its_own_remedy(
    office: Office, storing: Storing, printerpoint: Sandbox
) -> None:
    printerpoint.add_dealer(CANARY)
    words = []
    for trouble in (printerpoint.return_500, printerpoint.return_html):
        trouble()
        words.append(office.nora.sends("/servers/new", {"token": CANARY}).text)
        printerpoint.recover()
    printerpoint.return_429(retry_after=600)
    words.append(office.nora.sends("/servers/new", {"token": CANARY}).text)
    printerpoint.recover()

    assert "cannot be reached" in words[0]
    assert "not a list of printers" in words[1]
    assert "received too many requests" in words[2]
    assert all("nothing was saved" in text.lower() for text in words)
    assert servers(storing) == 1


@pytest.mark.parametrize("token", ["", "   ", "two words", "x" * 501])
def test_an_invalid_token_is_refused_without_a_request_to_printerpoint(
    office: Office, printerpoint: Sandbox, token: str
) -> None:
    printerpoint.go_offline()

    response = office.nora.sends("/servers/new", {"token": token, "name": "Boston"})

    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert 'value="Boston"' in response.text


def test_a_form_sent_twice_registers_once_and_redirects_to_the_same_page(
    office: Office, storing: Storing, printerpoint: Sandbox
) -> None:
    printerpoint.add_dealer(CANARY)

    first = office.nora.sends("/servers/new", {"token": CANARY})
    second = office.nora.sends("/servers/new", {"token": CANARY})

    assert (first.status_code, second.status_code) == (302, 302)
    assert first.location == second.location
    assert servers(storing) == 2


def test_a_token_registered_earlier_is_refused_with_the_servers_name(
    office: Office, storing: Storing, printerpoint: Sandbox
) -> None:
    response = office.nora.sends("/servers/new", {"token": printerpoint.token})

    assert response.status_code == 422
    assert "already used by the server “Printerpoint”" in response.text
    assert servers(storing) == 1


def test_the_token_is_stored_encrypted_only(
    office: Office,
    settings: Settings,
    printerpoint: Sandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    printerpoint.add_dealer(CANARY)
    printerpoint.return_500()
    pages = [office.nora.sends("/servers/new", {"token": CANARY}).text]
    printerpoint.recover()

    made = office.nora.sends("/servers/new", {"token": CANARY, "name": "Canary"})
    for path in (made.location, "/servers", f"{made.location}/token", f"{made.location}/name"):
        pages.append(office.nora.opens(path).text)
    office.nora.sends(f"{made.location}/check")

    assert not any(CANARY in page for page in pages)
    assert CANARY not in caplog.text
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    for file in database.parent.glob("releaf.db*"):
        assert CANARY.encode() not in file.read_bytes()


def test_operations_choose_the_partner_of_a_server(
    office: Office,
    storing: Storing,
    printerpoint: Sandbox,
    log_in: Callable[[User | str], Visitor],
) -> None:
    printerpoint.add_dealer(CANARY)
    with storing() as session:
        other = factories.partner(session, name="Southwind Print")
        factories.user(session, factories.operations(session), email="olga@example.com")
        other_id = other.id
    olga = log_in("olga@example.com")

    unsaid = olga.sends("/servers/new", {"token": CANARY, "account": 0})
    response = olga.sends("/servers/new", {"token": CANARY, "account": other_id})

    assert unsaid.status_code == 422
    assert "Choose the partner that owns this login" in unsaid.text
    assert response.status_code == 302
    with storing() as session:
        assert session.scalars(select(Server.account_id).order_by(Server.id)).all()[-1] == other_id


def test_without_a_partner_operations_get_a_link_to_add_one(
    storing: Storing, log_in: Callable[[User | str], Visitor]
) -> None:
    with storing() as session:
        factories.user(session, factories.operations(session), email="olga@example.com")

    page = log_in("olga@example.com").opens("/servers/new").text

    assert "No partners yet" in page
    assert 'href="/accounts/new"' in page


def test_a_check_shows_its_result_in_the_page(office: Office) -> None:
    response = office.nora.sends(f"/servers/{office.server_id}/check", headers=HTMX)

    assert response.status_code == 200
    assert "Printerpoint is reachable." in response.text
    assert "<html" not in response.text


def test_a_failed_check_pauses_the_server_and_a_passed_one_resumes_it(
    office: Office, storing: Storing, printerpoint: Sandbox
) -> None:
    path = f"/servers/{office.server_id}"
    printerpoint.refuse()

    failed = office.nora.sends(f"{path}/check")
    paused = office.nora.opens(path).text
    again = office.nora.sends(f"{path}/check", headers=HTMX).text
    printerpoint.recover()
    passed = office.nora.sends(f"{path}/check", headers=HTMX)

    assert failed.location == path
    assert "Collection is paused" in paused
    assert "Replace token" in paused
    assert "the problem persists" in again
    # A change concerns the whole page, so the browser has to load it again.
    assert passed.headers["HX-Refresh"] == "true"
    with storing() as session:
        changes = session.execute(select(HealthChange.before, HealthChange.after)).all()
    assert [tuple(change) for change in changes] == [
        ("healthy", "unhealthy"),
        ("unhealthy", "healthy"),
    ]


def test_a_token_that_cannot_be_decrypted_does_not_change_the_health(
    office: Office, storing: Storing
) -> None:
    with storing() as session:
        session.get_one(Server, office.server_id).sealed_token = b"sealed with another key"

    response = office.nora.sends(f"/servers/{office.server_id}/check", headers=HTMX)

    assert "Enter the token again" in response.text
    with storing() as session:
        assert session.get_one(Server, office.server_id).health == "healthy"


def test_a_replacement_token_is_verified_first(
    office: Office, storing: Storing, settings: Settings, printerpoint: Sandbox
) -> None:
    path = f"/servers/{office.server_id}/token"

    refused = office.nora.sends(path, {"token": CANARY})
    with storing() as session:
        stored = session.get_one(Server, office.server_id).decrypt_token(
            Keyring(settings.encryption_keys)
        )
    printerpoint.add_dealer(CANARY)
    taken = office.nora.sends(path, {"token": CANARY})

    assert refused.status_code == 422
    assert "Nothing was saved" in refused.text
    assert stored == printerpoint.token
    assert taken.location == f"/servers/{office.server_id}"
    assert "None of this server" not in office.nora.opens(taken.location).text
    with storing() as session:
        server = session.get_one(Server, office.server_id)
        assert server.decrypt_token(Keyring(settings.encryption_keys)) == CANARY


@pytest.mark.parametrize(("stored", "warned"), [("OTHER1", True), ("VNB3K01", False)])
def test_a_replacement_token_of_another_fleet_causes_a_warning(
    office: Office, storing: Storing, printerpoint: Sandbox, stored: str, warned: bool
) -> None:
    printerpoint.add_dealer(CANARY)
    printerpoint.add_customer("School", "SCH", CANARY)
    printerpoint.add_printer("School", "VNB3K01")
    with storing() as session:
        session.add(FleetSerial(server_id=office.server_id, serial=stored))

    taken = office.nora.sends(f"/servers/{office.server_id}/token", {"token": CANARY})

    page = office.nora.opens(taken.location).text
    assert ("None of this server’s printers are in the fleet of the new token" in page) == warned


def test_a_server_is_renamed(office: Office) -> None:
    path = f"/servers/{office.server_id}"

    empty = office.nora.sends(f"{path}/name", {"name": " "})
    named = office.nora.sends(f"{path}/name", {"name": "Boston"})

    assert empty.status_code == 422
    assert named.location == path
    assert "<h1>Boston</h1>" in office.nora.opens(path).text


def test_removing_requires_confirmation_and_the_history_stays_visible(
    office: Office, storing: Storing
) -> None:
    path = f"/servers/{office.server_id}"
    with storing() as session:
        feed_id = factories.feed(session, session.get_one(Server, office.server_id)).id

    confirmation = office.nora.opens(f"{path}/remove").text
    removed = office.nora.sends(f"{path}/remove")
    twice = office.nora.sends(f"{path}/remove")

    assert "Its 1 feed is removed with it" in confirmation
    assert (removed.location, twice.location) == ("/servers", "/servers")
    page = office.nora.opens(path).text
    assert "This server was removed" in page
    assert "Nothing was collected before it was removed." in page
    assert "first one starts within minutes" not in page
    assert "No servers yet" in office.nora.opens("/servers").text
    assert office.nora.sends(f"{path}/check").status_code == 409
    with storing() as session:
        assert session.get_one(Feed, feed_id).status == "removed"


def test_collecting_creates_one_request_however_often_it_is_clicked(
    office: Office, storing: Storing
) -> None:
    path = f"/servers/{office.server_id}/collect"

    first = office.nora.sends(path)
    page = office.nora.opens(first.location).text
    second = office.nora.sends(path)

    assert first.location == second.location
    # No Redis runs in this test: the collection is stored, and the page shows a message.
    assert "queue cannot be reached" in page
    with storing() as session:
        collection = session.scalars(select(Collection)).one()
        assert (collection.kind, collection.state) == ("manual", "queued")
        assert first.location == f"/collections/{collection.id}"


def test_a_paused_server_is_not_collected(office: Office, storing: Storing) -> None:
    with storing() as session:
        session.get_one(Server, office.server_id).health = "unhealthy"

    response = office.nora.sends(f"/servers/{office.server_id}/collect")

    assert response.location == f"/servers/{office.server_id}"
    assert "Check the server first" in office.nora.opens(response.location).text
    with storing() as session:
        assert session.scalar(select(func.count()).select_from(Collection)) == 0


def test_the_list_is_searched_and_filtered_by_its_address(office: Office, storing: Storing) -> None:
    with storing() as session:
        partner = session.get_one(Server, office.server_id).account
        factories.server(session, partner, name="100%_sure", health="unhealthy")
        factories.server(session, partner, name="Salem")

    everything = office.nora.opens("/servers").text
    found = office.nora.opens("/servers?q=SALEM").text
    signs = office.nora.opens("/servers?q=%25_").text
    unhealthy = office.nora.opens("/servers?health=unhealthy").text
    nothing = office.nora.opens("/servers?q=nowhere&page=x&sort=nonsense&endpoint=1").text

    assert everything.index("100%_sure") < everything.index("Salem")
    assert ("Salem" in found, "100%_sure" in found) == (True, False)
    assert ("100%_sure" in signs, "Salem" in signs) == (True, False)
    assert ("100%_sure" in unhealthy, "Salem" in unhealthy) == (True, False)
    assert "No server matches" in nothing


def test_the_list_returns_only_its_rows_to_htmx(office: Office) -> None:
    rows = office.nora.opens("/servers?q=printer", HTMX)
    restored = office.nora.opens("/servers", {**HTMX, "HX-History-Restore-Request": "true"})

    assert "Printerpoint" in rows.text
    assert "<html" not in rows.text
    assert "HX-Request" in rows.vary
    assert "<html" in restored.text


def test_viewers_see_pages_and_change_nothing(
    office: Office, storing: Storing, log_in: Callable[[User | str], Visitor]
) -> None:
    with storing() as session:
        partner = session.get_one(Server, office.server_id).account
        factories.user(session, partner, role="partner_viewer", email="vic@example.com")
    vic = log_in("vic@example.com")
    path = f"/servers/{office.server_id}"

    page = vic.opens(path)

    assert page.status_code == 200
    assert "Check now" not in page.text
    assert {
        vic.sends(f"{path}/{verb}").status_code
        for verb in ("check", "collect", "token", "name", "remove", "feeds/new", "customers")
    } == {403}


def test_the_page_of_a_server_shows_its_history(office: Office, storing: Storing) -> None:
    with storing() as session:
        server = session.get_one(Server, office.server_id)
        factories.health_change(session, server, at=clock.now() - timedelta(days=1))
        factories.collection(session, server, state="failed", reason="It did not answer")
        factories.feed(session, server, customer_name="Harbour Architects", health="unhealthy")

    page = office.nora.opens(f"/servers/{office.server_id}").text

    assert "Printerpoint cannot be reached" in page
    assert "Failed" in page
    assert "1 unhealthy" in page
    assert "Harbour Architects" in page


def servers(storing: Storing) -> int:
    """How many servers there are."""
    with storing() as session:
        return int(session.scalar(select(func.count()).select_from(Server)) or 0)
