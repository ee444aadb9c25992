"""Several rows of a list at once: servers, customers, devices, certificates."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from tests import factories
from tests.factories import NOW
from tests.views.conftest import Transaction, Visitor
from webapp.models import Account, Certificate, Collection, Document, Feed, User


@dataclass(frozen=True, slots=True)
class Office:
    """Two of everything of a partner, by what a form calls it, and one of each of another."""

    nora: Visitor
    cara: Visitor
    own: dict[str, list[int]]
    foreign: dict[str, int]


@pytest.fixture
def office(transaction: Transaction, log_in: Callable[[User | str], Visitor]) -> Office:
    """Northwind has two servers and two customers; Westerly has one of each."""
    own: dict[str, list[int]] = {"server": [], "account": [], "device": [], "certificate": []}
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com")
        for name in ("Harbour", "Lake"):
            server = factories.server(session, partner, name=f"Login of {name}")
            customer = factories.customer(session, partner, name=name)
            feed = factories.feed(session, server, customer, customer_name=f"{name} feed")
            device = factories.device(session, feed, asset_id=f"A-{name}")
            certificate = factories.certificate(session, customer)
            for noun, row in (
                ("server", server),
                ("account", customer),
                ("device", device),
                ("certificate", certificate),
            ):
                session.flush()
                own[noun].append(row.id)
        lake = session.get_one(Account, own["account"][1])
        factories.user(session, lake, email="cara@example.com")
        other = factories.feed(session, customer_name="Westerly")
        device = factories.device(session, other)
        certificate = factories.certificate(session, other.account)
        session.flush()
        foreign = {
            "server": other.server_id,
            "account": other.account_id,
            "device": device.id,
            "certificate": certificate.id,
        }
    return Office(log_in("nora@example.com"), log_in("cara@example.com"), own, foreign)


LISTS = {
    "server": "/servers",
    "account": "/accounts",
    "device": "/devices",
    "certificate": "/certificates",
}


@pytest.mark.parametrize("noun", LISTS)
def test_only_selected_rows_are_exported(office: Office, noun: str) -> None:
    address = f"{LISTS[noun]}/selection?export=csv"

    response = office.nora.post(address, {noun: office.own[noun][:1]})

    lines = response.text.splitlines()
    assert response.mimetype == "text/csv"
    assert len(lines) == 2
    assert "Harbour" in lines[1] or noun == "certificate"


@pytest.mark.parametrize("noun", LISTS)
def test_a_selection_with_a_row_of_another_partner_is_refused(office: Office, noun: str) -> None:
    selected = [*office.own[noun], office.foreign[noun]]

    response = office.nora.post(f"{LISTS[noun]}/selection?export=csv", {noun: selected})

    assert response.status_code == 404


@pytest.mark.parametrize("noun", LISTS)
def test_without_a_selection_an_action_is_refused_and_an_export_has_all_rows(
    office: Office, noun: str
) -> None:
    path = LISTS[noun]
    back = {"back": f"{path}?q=a&page=1"}

    response = office.nora.post(f"{path}/selection?export=csv", back)
    plain = office.nora.post(f"{path}/selection?export=xlsx", {"back": "//elsewhere"})
    refused = office.nora.post(f"{path}/selection", back)

    assert response.location == f"{path}?q=a&page=1&export=csv"
    assert plain.location == f"{path}?export=xlsx"
    assert refused.location == f"{path}?q=a&page=1"
    assert "Select at least one row" in office.nora.get(path).text


@pytest.mark.parametrize("noun", LISTS)
def test_every_row_has_a_labelled_checkbox(office: Office, noun: str) -> None:
    page = office.nora.get(LISTS[noun]).text

    for each in office.own[noun]:
        assert f'name="{noun}" value="{each}" aria-labelledby="choose {noun[0]}{each}' in page
        assert f'id="{noun[0]}{each}"' in page
    assert 'id="choose"' in page
    assert f'data-selects="{noun}"' in page


def test_selected_servers_are_collected_once_each(office: Office, transaction: Transaction) -> None:
    fields = {"action": "collect", "server": office.own["server"]}

    first = office.nora.post("/servers/selection", fields)
    again = office.nora.post("/servers/selection", fields)

    assert first.location == again.location == "/collections"
    with transaction() as session:
        assert len(session.scalars(select(Collection)).all()) == 2


def test_a_server_that_cannot_be_read_is_named(office: Office, transaction: Transaction) -> None:
    with transaction() as session:
        session.get_one(Feed, 1).server.health = "unhealthy"

    office.nora.post("/servers/selection", {"action": "collect", "server": office.own["server"]})

    page = office.nora.get("/collections").text
    assert "Login of Harbour: Collection is paused" in page
    assert "1 collection requested" in page


def test_of_many_servers_that_cannot_be_read_a_few_are_named(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        partner = session.get_one(Feed, 1).server.account
        ids = [
            factories.server(session, partner, name=f"Closed {number:02}", health="unhealthy").id
            for number in range(40)
        ]

    response = office.nora.post("/servers/selection", {"action": "collect", "server": ids})

    assert len(response.headers["Set-Cookie"]) < 4_000  # what a browser stores of a cookie
    page = office.nora.get("/collections").text
    assert [f"Closed {number:02}: " in page for number in range(5)] == [True] * 3 + [False] * 2
    assert "37 other servers cannot be read now, either." in page
    assert "No new collection" in page


def test_a_queue_that_is_down_is_reported_once(office: Office) -> None:
    office.nora.post("/servers/selection", {"action": "collect", "server": office.own["server"]})

    page = office.nora.get("/collections").text
    assert page.count("The queue cannot be reached.") == 1
    assert "2 collections requested" in page


def test_feeds_of_selected_customers_are_deactivated_after_confirmation(
    office: Office, transaction: Transaction
) -> None:
    fields = {
        "action": "deactivate",
        "of": "customers",
        "account": office.own["account"],
        "back": "/accounts?page=1",
    }
    confirmation = office.nora.post("/feeds/selection", fields)
    assert "Deactivate 2 feeds?" in confirmation.text
    assert 'name="of" value="customers"' in confirmation.text
    with transaction() as session:
        ids = [
            feed.id
            for feed in session.scalars(
                select(Feed).where(Feed.account_id.in_(office.own["account"]))
            )
        ]

    confirmed = {"action": "deactivate", "of": "customers", "confirmed": "yes", "feed": ids}
    response = office.nora.post("/feeds/selection", confirmed | {"back": "/accounts?page=1"})

    assert response.location == "/accounts?page=1"
    with transaction() as session:
        assert {session.get_one(Feed, feed_id).status for feed_id in ids} == {"inactive"}


def test_the_feeds_of_another_partners_customer_are_unchanged(office: Office) -> None:
    fields = {"action": "deactivate", "of": "customers", "account": [office.foreign["account"]]}

    assert office.nora.post("/feeds/selection", fields).status_code == 404


def test_selected_certificates_are_downloaded_as_one_archive(
    office: Office, transaction: Transaction
) -> None:
    selected = office.own["certificate"]
    with transaction() as session:
        for each in selected:
            pdf = f"%PDF of {each}".encode()
            row = Document(certificate_id=each, pdf=pdf, sha256="0" * 64, rendered_at=NOW)
            session.add(row)

    response = office.nora.post(
        "/certificates/selection", {"action": "documents", "certificate": selected}
    )

    assert response.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        assert archive.testzip() is None
        assert len(set(archive.namelist())) == 2
        assert sorted(archive.read(name) for name in archive.namelist()) == sorted(
            f"%PDF of {each}".encode() for each in selected
        )


def test_an_archive_is_refused_until_all_documents_are_rendered(office: Office) -> None:
    fields = {"action": "documents", "certificate": office.own["certificate"]}

    response = office.nora.post("/certificates/selection", fields)

    assert response.location == "/certificates"
    assert "2 of these PDFs are being generated" in office.nora.get("/certificates").text


def test_the_certificates_of_a_month_are_downloaded_as_one_archive(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        for certificate in session.scalars(select(Certificate)):
            pdf = f"%PDF of {certificate.account_id}".encode()
            row = Document(certificate_id=certificate.id, pdf=pdf, sha256="0" * 64, rendered_at=NOW)
            session.add(row)
        own = session.get_one(Certificate, office.own["certificate"][1]).account_id
        month = session.get_one(Certificate, office.own["certificate"][1]).month

    archives = {}
    for name, visitor in {"partner": office.nora, "customer": office.cara}.items():
        response = visitor.get(f"/certificates/months/{month}.zip")
        with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
            archives[name] = [archive.read(entry) for entry in archive.namelist()]

    listed = office.cara.get(f"/certificates?month={month}").text
    assert f"/certificates/months/{month}.zip" in listed
    assert len(archives["partner"]) == 2
    assert archives["customer"] == [f"%PDF of {own}".encode()]


@pytest.mark.parametrize("month", ["1999-01", "2026-13", "x", "..%2F..", "2026-10%00"])
def test_there_is_no_archive_of_a_month_without_certificates(office: Office, month: str) -> None:
    assert office.nora.get(f"/certificates/months/{month}.zip").status_code == 404


def test_a_customer_selects_its_own_certificates_only(office: Office) -> None:
    own, others = office.own["certificate"][1], office.own["certificate"][0]

    mine = office.cara.post("/certificates/selection?export=csv", {"certificate": [own]})
    theirs = office.cara.post("/certificates/selection?export=csv", {"certificate": [others]})

    assert len(mine.text.splitlines()) == 2
    assert theirs.status_code == 404
