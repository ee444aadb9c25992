"""Several rows of a list at once: servers, customers, devices, certificates."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from tests import factories
from tests.factories import NOW
from tests.views.conftest import Storing, Visitor
from webapp.models import Account, Certificate, Collection, Document, Feed, User


@dataclass(frozen=True, slots=True)
class Street:
    """Two of everything of a partner, by what a form calls it, and one of each of another."""

    nora: Visitor
    cara: Visitor
    own: dict[str, list[int]]
    foreign: dict[str, int]


@pytest.fixture
def street(storing: Storing, log_in: Callable[[User | str], Visitor]) -> Street:
    """Northwind has two servers and two customers; Westerly has one of each."""
    own: dict[str, list[int]] = {"server": [], "account": [], "device": [], "certificate": []}
    with storing() as session:
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
        strange = factories.feed(session, customer_name="Westerly")
        device = factories.device(session, strange)
        certificate = factories.certificate(session, strange.account)
        session.flush()
        foreign = {
            "server": strange.server_id,
            "account": strange.account_id,
            "device": device.id,
            "certificate": certificate.id,
        }
    return Street(log_in("nora@example.com"), log_in("cara@example.com"), own, foreign)


LISTS = {
    "server": "/servers",
    "account": "/accounts",
    "device": "/devices",
    "certificate": "/certificates",
}


@pytest.mark.parametrize("noun", LISTS)
def test_only_selected_rows_are_exported(street: Street, noun: str) -> None:
    address = f"{LISTS[noun]}/selection?export=csv"

    response = street.nora.sends(address, {noun: street.own[noun][:1]})

    lines = response.text.splitlines()
    assert response.mimetype == "text/csv"
    assert len(lines) == 2
    assert "Harbour" in lines[1] or noun == "certificate"


@pytest.mark.parametrize("noun", LISTS)
def test_a_selection_with_a_row_of_another_partner_is_refused(street: Street, noun: str) -> None:
    ticked = [*street.own[noun], street.foreign[noun]]

    response = street.nora.sends(f"{LISTS[noun]}/selection?export=csv", {noun: ticked})

    assert response.status_code == 404


@pytest.mark.parametrize("noun", LISTS)
def test_without_a_selection_an_action_is_refused_and_an_export_has_all_rows(
    street: Street, noun: str
) -> None:
    path = LISTS[noun]
    back = {"back": f"{path}?q=a&page=1"}

    response = street.nora.sends(f"{path}/selection?export=csv", back)
    plain = street.nora.sends(f"{path}/selection?export=xlsx", {"back": "//elsewhere"})
    refused = street.nora.sends(f"{path}/selection", back)

    assert response.location == f"{path}?q=a&page=1&export=csv"
    assert plain.location == f"{path}?export=xlsx"
    assert refused.location == f"{path}?q=a&page=1"
    assert "Select at least one row" in street.nora.opens(path).text


@pytest.mark.parametrize("noun", LISTS)
def test_every_row_has_a_labelled_checkbox(street: Street, noun: str) -> None:
    page = street.nora.opens(LISTS[noun]).text

    for each in street.own[noun]:
        assert f'name="{noun}" value="{each}" aria-labelledby="choose {noun[0]}{each}' in page
        assert f'id="{noun[0]}{each}"' in page
    assert 'id="choose"' in page
    assert f'data-ticks="{noun}"' in page


def test_selected_servers_are_collected_once_each(street: Street, storing: Storing) -> None:
    fields = {"action": "collect", "server": street.own["server"]}

    first = street.nora.sends("/servers/selection", fields)
    again = street.nora.sends("/servers/selection", fields)

    assert first.location == again.location == "/collections"
    with storing() as session:
        assert len(session.scalars(select(Collection)).all()) == 2


def test_a_server_that_cannot_be_read_is_named(street: Street, storing: Storing) -> None:
    with storing() as session:
        session.get_one(Feed, 1).server.health = "unhealthy"

    street.nora.sends("/servers/selection", {"action": "collect", "server": street.own["server"]})

    page = street.nora.opens("/collections").text
    assert "Login of Harbour: Collection is paused" in page
    assert "1 collection requested" in page


def test_of_many_servers_that_cannot_be_read_a_few_are_named(
    street: Street, storing: Storing
) -> None:
    with storing() as session:
        partner = session.get_one(Feed, 1).server.account
        ids = [
            factories.server(session, partner, name=f"Closed {number:02}", health="unhealthy").id
            for number in range(40)
        ]

    response = street.nora.sends("/servers/selection", {"action": "collect", "server": ids})

    assert len(response.headers["Set-Cookie"]) < 4_000  # what a browser stores of a cookie
    page = street.nora.opens("/collections").text
    assert [f"Closed {number:02}: " in page for number in range(5)] == [True] * 3 + [False] * 2
    assert "37 other servers cannot be read now, either." in page
    assert "No new collection" in page


def test_a_queue_that_is_down_is_reported_once(street: Street) -> None:
    street.nora.sends("/servers/selection", {"action": "collect", "server": street.own["server"]})

    page = street.nora.opens("/collections").text
    assert page.count("The queue cannot be reached.") == 1
    assert "2 collections requested" in page


def test_feeds_of_selected_customers_are_deactivated_after_confirmation(
    street: Street, storing: Storing
) -> None:
    fields = {
        "action": "deactivate",
        "of": "customers",
        "account": street.own["account"],
        "back": "/accounts?page=1",
    }
    confirmation = street.nora.sends("/feeds/selection", fields)
    assert "Deactivate 2 feeds?" in confirmation.text
    assert 'name="of" value="customers"' in confirmation.text
    with storing() as session:
        ids = [
            feed.id
            for feed in session.scalars(
                select(Feed).where(Feed.account_id.in_(street.own["account"]))
            )
        ]

    confirmed = {"action": "deactivate", "of": "customers", "confirmed": "yes", "feed": ids}
    response = street.nora.sends("/feeds/selection", confirmed | {"back": "/accounts?page=1"})

    assert response.location == "/accounts?page=1"
    with storing() as session:
        assert {session.get_one(Feed, feed_id).status for feed_id in ids} == {"inactive"}


def test_the_feeds_of_another_partners_customer_are_unchanged(street: Street) -> None:
    fields = {"action": "deactivate", "of": "customers", "account": [street.foreign["account"]]}

    assert street.nora.sends("/feeds/selection", fields).status_code == 404


def test_selected_certificates_are_downloaded_as_one_archive(
    street: Street, storing: Storing
) -> None:
    ticked = street.own["certificate"]
    with storing() as session:
        for each in ticked:
            pdf = f"%PDF of {each}".encode()
            row = Document(certificate_id=each, pdf=pdf, sha256="0" * 64, rendered_at=NOW)
            session.add(row)

    response = street.nora.sends(
        "/certificates/selection", {"action": "documents", "certificate": ticked}
    )

    assert response.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        assert archive.testzip() is None
        assert len(set(archive.namelist())) == 2
        assert sorted(archive.read(name) for name in archive.namelist()) == sorted(
            f"%PDF of {each}".encode() for each in ticked
        )


def test_an_archive_is_refused_until_all_documents_are_rendered(street: Street) -> None:
    fields = {"action": "documents", "certificate": street.own["certificate"]}

    response = street.nora.sends("/certificates/selection", fields)

    assert response.location == "/certificates"
    assert "2 of these PDFs are being generated" in street.nora.opens("/certificates").text


def test_the_certificates_of_a_month_are_downloaded_as_one_archive(
    street: Street, storing: Storing
) -> None:
    with storing() as session:
        for certificate in session.scalars(select(Certificate)):
            pdf = f"%PDF of {certificate.account_id}".encode()
            row = Document(certificate_id=certificate.id, pdf=pdf, sha256="0" * 64, rendered_at=NOW)
            session.add(row)
        own = session.get_one(Certificate, street.own["certificate"][1]).account_id
        month = session.get_one(Certificate, street.own["certificate"][1]).month

    archives = {}
    for name, visitor in {"partner": street.nora, "customer": street.cara}.items():
        response = visitor.opens(f"/certificates/months/{month}.zip")
        with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
            archives[name] = [archive.read(entry) for entry in archive.namelist()]

    listed = street.cara.opens(f"/certificates?month={month}").text
    assert f"/certificates/months/{month}.zip" in listed
    assert len(archives["partner"]) == 2
    assert archives["customer"] == [f"%PDF of {own}".encode()]


@pytest.mark.parametrize("month", ["1999-01", "2026-13", "x", "..%2F..", "2026-10%00"])
def test_there_is_no_archive_of_a_month_without_certificates(street: Street, month: str) -> None:
    assert street.nora.opens(f"/certificates/months/{month}.zip").status_code == 404


def test_a_customer_selects_its_own_certificates_only(street: Street) -> None:
    own, others = street.own["certificate"][1], street.own["certificate"][0]

    mine = street.cara.sends("/certificates/selection?export=csv", {"certificate": [own]})
    theirs = street.cara.sends("/certificates/selection?export=csv", {"certificate": [others]})

    assert len(mine.text.splitlines()) == 2
    assert theirs.status_code == 404
