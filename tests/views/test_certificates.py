"""Certificates in the console, and the public page that anybody may be shown."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp.models import Account, Certificate, User

PDF = b"%PDF-1.7\n% the very bytes\n"
OCTOBER = "R-2026-10-000501"
SEPTEMBER = "R-2026-09-000400"
PUBLIC_ID = "4xp53UkxPvf43FVBK-kiOWCjj7K-Bymf"


@dataclass(frozen=True, slots=True)
class Office:
    """A customer with a rendered certificate for October and one that is not rendered yet."""

    hana: Visitor
    account_id: int


@pytest.fixture
def office(transaction: Transaction, log_in: Callable[[User | str], Visitor]) -> Office:
    """Harbour Architects under Northwind Print."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        account = factories.customer(session, partner, name="Harbour Architects, LLP")
        factories.user(session, account, email="hana@example.com")
        october = factories.certificate(
            session,
            account,
            number=OCTOBER,
            public_id=PUBLIC_ID,
            pages=2_469_134,
            tree_count=Decimal("296.31"),
        )
        factories.certificate(session, account, month="2026-09", number=SEPTEMBER)
        factories.document(session, october, PDF)
        account_id = account.id
    return Office(log_in("hana@example.com"), account_id)


def test_the_list_shows_certificates_the_latest_month_first(office: Office) -> None:
    page = office.hana.get("/certificates").text

    assert page.index("October 2026</a>") < page.index("September 2026</a>")
    assert all(words in page for words in ("2,469,134", "296.31", OCTOBER))
    assert f"/certificates/{OCTOBER}.pdf" in page
    assert f"/certificates/{SEPTEMBER}.pdf" not in page
    assert "Being generated" in page


def test_the_list_is_searched_and_filtered_by_its_address(office: Office) -> None:
    by_month = office.hana.get("/certificates?month=2026-09").text
    by_number = office.hana.get("/certificates?q=000501").text
    nothing = office.hana.get("/certificates?q=nowhere&month=1999-01").text

    assert rows(by_month) == [SEPTEMBER]
    assert rows(by_number) == [OCTOBER]
    assert "No certificate matches" in nothing


def test_the_list_of_one_customer_has_its_certificates_only(
    office: Office, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        account = session.get_one(Account, office.account_id)
        factories.user(session, account.partner, email="nora@example.com")
        other = factories.customer(session, account.partner, name="Lake House")
        other_id = factories.certificate(session, other, number="RLF-2026-000999").account_id
    nora = log_in("nora@example.com")

    page = nora.get(f"/certificates?account={office.account_id}").text

    assert rows(page) == [OCTOBER, SEPTEMBER]
    assert "Certificates of Harbour Architects, LLP" in page
    customer = nora.get(f"/accounts/{office.account_id}").text
    assert f'href="/certificates?account={office.account_id}"' in customer
    assert office.hana.get(f"/certificates?account={other_id}").status_code == 404


def test_the_page_shows_the_certified_data_and_the_public_address(office: Office) -> None:
    page = office.hana.get(f"/certificates/{OCTOBER}").text

    assert all(
        words in page
        for words in ("Harbour Architects, LLP", "296.31", "2,469,134", "8,333", "Nov 2, 2026")
    )
    assert f"http://127.0.0.1:8000/c/{PUBLIC_ID}" in page
    assert "every 2s" not in page


def test_another_partner_is_not_told_that_a_document_is_being_generated(
    office: Office, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        factories.user(session, factories.partner(session, name="Elsewhere"), email="e@example.com")
    elsewhere = log_in("e@example.com")

    response = elsewhere.get(f"/certificates/{SEPTEMBER}.pdf")

    assert response.status_code == 404
    assert "is being generated" not in response.text
    assert "The address may be mistyped" in response.text


def test_the_page_polls_until_the_document_is_rendered(
    office: Office, transaction: Transaction
) -> None:
    path = f"/certificates/{SEPTEMBER}"
    before = office.hana.get(path).text
    missing = office.hana.get(f"{path}.pdf")

    with transaction() as session:
        found = session.query(Certificate).filter_by(number=SEPTEMBER).one()
        factories.document(session, found, PDF)
    after = office.hana.get(f"{path}/document").text

    assert "is being generated" in before
    assert 'data-hx-trigger="every 2s"' in before
    assert missing.status_code == 404
    assert "The PDF of this certificate is being generated" in missing.text
    assert "Download the PDF" in after
    assert "data-hx-trigger" not in after


def test_the_download_is_the_stored_document(office: Office) -> None:
    response = office.hana.get(f"/certificates/{OCTOBER}.pdf")

    assert response.status_code == 200
    assert response.data == PDF
    assert response.mimetype == "application/pdf"
    assert response.headers["Content-Disposition"] == (
        f"attachment; filename=certificate-{OCTOBER}.pdf"
    )


def test_pages_reported_late_are_shown(office: Office, transaction: Transaction) -> None:
    with transaction() as session:
        account = session.get_one(Account, office.account_id)
        late = factories.certificate(session, account, month="2026-08", late_pages=300)
        late.late_months = "2026-06 2026-07"
        number = late.number

    page = office.hana.get(f"/certificates/{number}").text

    assert "300 pages, printed in June 2026, July 2026 and reported late" in page


def test_corrections_have_their_own_line_on_pages_and_in_files(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        account = session.get_one(Account, office.account_id)
        corrected = factories.certificate(session, account, month="2026-08", corrections=-1_120)
        number, public_id = corrected.number, corrected.public_id

    page = office.hana.get(f"/certificates/{number}").text
    public = office.hana.get(f"/c/{public_id}").text
    file = office.hana.get("/certificates?export=csv&month=2026-08").text

    for text in (page, public):
        assert "Corrections from earlier months" in text
        assert "−1,120 pages" in text
    assert "Corrections from earlier months" in file.splitlines()[0]
    assert "-1120" in file.splitlines()[1]
    assert "Corrections" not in office.hana.get(f"/certificates/{OCTOBER}").text


def test_certificates_of_another_customer_are_not_found(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        number = factories.certificate(session).number

    responses = [
        office.hana.get(f"/certificates/{number}{suffix}") for suffix in ("", ".pdf", "/document")
    ]

    assert [response.status_code for response in responses] == [404, 404, 404]
    assert number not in office.hana.get("/certificates").text


def test_a_partner_sees_those_of_its_customers(
    office: Office, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        partner = session.get_one(Account, office.account_id).partner
        factories.user(session, partner, email="nora@example.com")
    nora = log_in("nora@example.com")

    page = nora.get("/certificates?q=harbour").text

    assert rows(page) == [OCTOBER, SEPTEMBER]


def test_without_certificates_the_list_links_to_the_feeds(
    transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        factories.user(session, email="nora@example.com")

    page = log_in("nora@example.com").get("/certificates").text

    assert "No certificates yet" in page
    assert 'href="/feeds"' in page


def test_the_public_page_shows_the_certified_data_without_a_login(
    office: Office, visitor: Visitor
) -> None:
    response = visitor.get(f"/c/{PUBLIC_ID}")

    assert response.status_code == 200
    assert all(
        words in response.text
        for words in (
            "Harbour Architects, LLP",
            "October 2026",
            "2,469,134",
            "296.31",
            OCTOBER,
            "Releaf Reforestation Portfolio",
        )
    )


def test_the_public_page_discloses_nothing_else(office: Office, visitor: Visitor) -> None:
    response = visitor.get(f"/c/{PUBLIC_ID}")

    assert "Northwind Print" not in response.text
    assert SEPTEMBER not in response.text
    assert "csrf" not in response.text
    assert "Set-Cookie" not in response.headers
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex' in response.text


@pytest.mark.parametrize(
    "public_id", ["nobody", "R-2026-10-000501", "x" * 500, "%00", "caf%C3%A9", "1"]
)
def test_an_unknown_public_page_is_not_found(
    office: Office, visitor: Visitor, public_id: str
) -> None:
    assert visitor.get(f"/c/{public_id}").status_code == 404


def rows(page: str) -> list[str]:
    """The numbers of a list, in its order."""
    return re.findall(r'<th scope="row">\s*<a href="/certificates/([^"]+)"', page)


def test_a_certificate_is_shared_by_link_email_and_picture(office: Office) -> None:
    page = office.hana.get(f"/certificates/{OCTOBER}").text

    quoted = f"http%3A//127.0.0.1%3A8000/c/{PUBLIC_ID}"
    assert f"https://www.linkedin.com/sharing/share-offsite/?url={quoted}" in page
    assert f"body={quoted}" in page
    assert f'href="/c/{PUBLIC_ID}/share.png" download' in page


def test_the_latest_certificate_is_one_click_from_home(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.feed(session, account=session.get_one(Account, office.account_id))

    assert f'href="/certificates/{OCTOBER}.pdf"' in office.hana.get("/").text
