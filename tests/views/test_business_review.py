"""The business review of a partner: page, PDF and workbook from the same values."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import openpyxl
import pypdfium2
import pytest
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from tests.queries import counted
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import Account, Server, User

OCTOBER, SEPTEMBER, JUNE = date(2026, 10, 7), date(2026, 9, 9), date(2026, 6, 3)
HOSTILE = '=HYPERLINK("http://evil.example","x")'


@dataclass(frozen=True, slots=True)
class Desk:
    """Northwind with three customers, and one of another partner."""

    nora: Visitor
    partner: int
    customer: int
    other_partner: int

    def page(self, query: str = "") -> str:
        """The page of the review."""
        return self.nora.get(f"/accounts/{self.partner}/business-review{query}").text

    def workbook(self, query: str = "") -> openpyxl.Workbook:
        """The workbook."""
        response = self.nora.get(f"/accounts/{self.partner}/business-review.xlsx{query}")
        return openpyxl.load_workbook(io.BytesIO(response.data))

    def document(self, query: str = "") -> str:
        """The text of the PDF."""
        response = self.nora.get(f"/accounts/{self.partner}/business-review.pdf{query}")
        assert response.mimetype == "application/pdf"
        pages = pypdfium2.PdfDocument(response.data)
        texts = [page.get_textpage().get_text_bounded() for page in pages]
        return " ".join(" ".join(texts).split())


@pytest.fixture
def desk(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    """In November: Harbour grew, Lake fell and does not report, the third is new and hostile."""
    monkeypatch.setattr(clock, "now", lambda: NOW.replace(month=11, day=9))
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com")
        server = factories.server(session, partner)
        prints(session, server, "Harbour", {JUNE: 100, SEPTEMBER: 10_000, OCTOBER: 30_000})
        prints(session, server, "Lake", {SEPTEMBER: 20_000, OCTOBER: 5_000}, health="unhealthy")
        customer = prints(session, server, HOSTILE, {OCTOBER: 7_000})
        other_server = factories.server(session)
        prints(session, other_server, "Westerly Customer", {OCTOBER: 99_999})
        ids = (partner.id, customer.id, other_server.account_id)
    return Desk(log_in("nora@example.com"), *ids)


def prints(
    session: Session,
    server: Server,
    name: str,
    pages: dict[date, int],
    health: str | None = None,
) -> Account:
    """Add a customer with pages on these days."""
    customer = factories.customer(session, server.account, name=name)
    feed = factories.feed(session, server, customer, customer_name=name, health=health)
    for day, number in pages.items():
        factories.deposit(session, feed, day=day, pages=number)
    return customer


def test_the_review_of_last_month_has_its_figures_and_changes(desk: Desk) -> None:
    page = desk.page()

    assert "<h2>October 2026</h2>" in page
    for kind in ("pdf", "xlsx"):
        address = f"/accounts/{desk.partner}/business-review.{kind}?period=2026-10"
        assert f'href="{address}"' in page
    assert "42,000" in page
    assert '<dd class="hint">September 2026: 30,000; +12,000 (+40%)</dd>' in page
    for before in ("3.60", "2"):
        assert f'<dd class="hint">September 2026: {before}</dd>' in page
    assert "+20,000 (+200%)" in page
    assert "−15,000 (−75%)" in page
    assert "of 3 feeds, on Nov 9, 2026" in page
    assert page.index("Feeds not reporting on") < page.rindex("Lake")
    assert "Westerly" not in page


def test_a_quarter_has_its_months_and_the_quarter_before(desk: Desk) -> None:
    page = desk.page("?period=2026-Q3")

    assert "<h2>Quarter 3, 2026</h2>" in page
    assert ">September 2026</th>" in page
    assert "Quarter 2, 2026" in page
    assert "2026-Q4" not in page


@pytest.mark.parametrize("period", ["2026-11", "2031-01", "x", "2026-Q4", "2026-10'", "9999-12"])
def test_an_invalid_period_is_replaced_by_the_latest_month(desk: Desk, period: str) -> None:
    assert "<h2>October 2026</h2>" in desk.page(f"?period={period}")


def test_the_workbook_has_all_customers_and_no_formula(desk: Desk) -> None:
    book = desk.workbook("?period=2026-10")

    assert book.sheetnames == ["Summary", "Customers", "Largest changes", "Feeds not reporting"]
    rows = list(book["Customers"].iter_rows(values_only=True))
    assert rows[0] == ("Customer", "Pages", "Trees", "September 2026", "Change")
    assert rows[1:] == [
        ("Harbour", 30_000, 3.6, 10_000, 20_000),
        (HOSTILE, 7_000, 0.84, 0, 7_000),
        ("Lake", 5_000, 0.6, 20_000, -15_000),
    ]
    assert {cell.data_type for cell in book["Customers"]["A"]} == {"s"}
    assert [row[0] for row in book["Feeds not reporting"].iter_rows(values_only=True)][1:] == [
        "Lake"
    ]
    assert ("Pages", 42_000, 30_000) in book["Summary"].iter_rows(values_only=True)


@pytest.mark.slow  # renders a document
def test_the_document_has_the_same_figures_and_the_brand(
    desk: Desk, transaction: Transaction
) -> None:
    with transaction() as session:
        partner = session.get_one(Account, desk.partner)
        brand = factories.brand(session, partner, name="Northwind Green", colour="#7a1f5c")
        brand.logo = None

    text = desk.document()

    assert text.startswith("Northwind Green Business review, October 2026")
    assert "42,000" in text
    assert "Lake 5,000 0.60 20,000 −15,000 (−75%)" in text


@pytest.mark.slow  # renders a document
def test_page_document_and_workbook_are_in_the_language_of_the_user(
    desk: Desk, transaction: Transaction
) -> None:
    desk.nora.post("/language", {"language": "es"})

    assert "Informe de negocio" in desk.page()
    assert "<h2>Octubre de 2026</h2>" in desk.page()
    assert re.search(r">\s*(septiembre|octubre) ", desk.page()) is None
    assert "Informe de negocio, octubre de 2026" in desk.document()
    book = desk.workbook()
    assert book.sheetnames[0] == "Resumen"
    assert [cell.value for cell in book["Resumen"][1]][1:] == [
        "Octubre de 2026",
        "Septiembre de 2026",
    ]


def test_before_the_first_month_has_ended_there_is_no_review(
    desk: Desk, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        new_partner = factories.partner(session, name="Westerly")
        factories.user(session, new_partner, email="new@example.com")
        number = new_partner.id
    nina = log_in("new@example.com")

    assert "No business review yet" in nina.get(f"/accounts/{number}/business-review").text
    for kind in ("pdf", "xlsx"):
        response = nina.get(f"/accounts/{number}/business-review.{kind}")
        assert response.location == f"/accounts/{number}/business-review"


def test_the_review_of_another_partner_is_not_found(desk: Desk) -> None:
    for kind in ("", ".pdf", ".xlsx"):
        path = f"/accounts/{desk.other_partner}/business-review{kind}"
        assert desk.nora.get(path).status_code == 404


def test_the_menu_has_a_link_to_the_review(desk: Desk) -> None:
    assert f'href="/accounts/{desk.partner}/business-review"' in desk.nora.get("/").text


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["", ".pdf", ".xlsx"])
def test_more_customers_need_no_more_queries(
    desk: Desk, transaction: Transaction, kind: str
) -> None:
    path = f"/accounts/{desk.partner}/business-review{kind}"
    few = number_of_queries(desk, path)
    with transaction() as session:
        server = session.query(Server).filter_by(account_id=desk.partner).one()
        for number in range(30):
            prints(session, server, f"C{number}", {OCTOBER: number}, health="unhealthy")

    assert number_of_queries(desk, path) == few


def number_of_queries(desk: Desk, path: str) -> int:
    """The number of statements of a response, when it was opened before."""
    desk.nora.get(path)
    with counted() as statements:
        desk.nora.get(path)
    return len(statements)
