"""Lists as files: CSV and Excel, all rows of the list and no others."""

import csv
import io
import re
import tracemalloc
from collections.abc import Callable
from datetime import datetime

import openpyxl
import pytest

from tests import factories
from tests.factories import NOW, TODAY
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import Device, Feed, User
from webapp.services.accounts import audit
from webapp.views.shared import export

LISTS = (
    "accounts",
    "users",
    "servers",
    "feeds",
    "devices",
    "collections",
    "review",
    "certificates",
    "reconciliation",
    "audit",
    "operations/mails",
)


@pytest.fixture
def everything(transaction: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two partners with a row in every list."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction() as session:
        operations = factories.operations(session)
        factories.user(session, operations, email="ops@example.com")
        for name in ("Northwind", "Westerly"):
            partner = factories.partner(session, name=f"{name} Print")
            user = factories.user(session, partner, email=f"{name.lower()}@example.com")
            server = factories.server(session, partner, name=f"{name} Login")
            customer = factories.customer(session, partner, name=f"=2+3 {name}")
            feed = factories.feed(session, server, customer, customer_name=f"=2+3 {name}")
            device = factories.device(session, feed, asset_id=f"@{name}")
            factories.delta(session, device, state="held", pages=987_654)
            factories.collection(session, server)
            factories.certificate(session, customer)
            factories.mail(session, user)
            audit.record(
                session,
                audit.Actor(user.id, "browser"),
                "user logged in",
                user.full_name,
                account_id=partner.id,
                details={},
                now=NOW,
            )


def sheet(visitor: Visitor, path: str) -> list[list[str]]:
    """The lines of a CSV export."""
    response = visitor.get(path)
    assert response.status_code == 200, response.text
    assert response.mimetype == "text/csv"
    text = response.data.decode("utf-8-sig")
    assert text.endswith("\r\n")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_exported_in_both_formats_with_the_same_content(
    log_in: Callable[[User | str], Visitor], name: str
) -> None:
    ops = log_in("ops@example.com")

    lines = sheet(ops, f"/{name}?export=csv")
    response = ops.get(f"/{name}?export=xlsx")

    assert len(lines) > 1
    assert f"{TODAY}.xlsx" in response.headers["Content-Disposition"]
    assert response.headers["Cache-Control"] == "private, no-store"
    page = openpyxl.load_workbook(io.BytesIO(response.data)).active
    assert page is not None
    rows = [list(row) for row in page.iter_rows(values_only=True)]
    assert rows[0] == lines[0]
    assert len(rows) == len(lines)
    assert len(set(map(len, lines))) == 1


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("language", ["en", "es"])
def test_no_two_columns_of_an_export_have_the_same_name(
    log_in: Callable[[User | str], Visitor], language: str
) -> None:
    ops = log_in("ops@example.com")
    ops.post("/language", {"language": language})

    heads = {name: sheet(ops, f"/{name}?export=csv")[0] for name in LISTS}

    assert {name: head for name, head in heads.items() if len(set(head)) < len(head)} == {}
    assert heads["operations/mails"][0] == {"en": "Subject", "es": "Asunto"}[language]


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("name", LISTS[:-1])
def test_nothing_of_another_partner_is_exported(
    log_in: Callable[[User | str], Visitor], name: str
) -> None:
    nora = log_in("northwind@example.com")

    text = nora.get(f"/{name}?export=csv").text

    assert "Northwind" in text or "northwind" in text
    assert "Westerly" not in text
    assert "westerly" not in text


@pytest.mark.usefixtures("everything")
def test_no_exported_text_starts_a_formula(log_in: Callable[[User | str], Visitor]) -> None:
    nora = log_in("northwind@example.com")

    [_, row] = sheet(nora, "/devices?export=csv")
    page = openpyxl.load_workbook(io.BytesIO(nora.get("/devices?export=xlsx").data)).active

    assert row[0] == "'@Northwind"
    assert row[2] == "'=2+3 Northwind"
    assert page is not None
    assert page["C2"].value == "=2+3 Northwind"
    assert page["C2"].data_type == "s"
    assert page["E2"].data_type == "n"
    assert isinstance(page["I2"].value, datetime)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "＝", "＋", "－", "＠", "﹦"])
def test_full_width_formula_signs_are_exported_as_text(sign: str) -> None:
    assert export._plain(f"{sign}1+1") == f"'{sign}1+1"
    assert export._plain(f"1{sign}1") == f"1{sign}1"


@pytest.mark.usefixtures("everything")
def test_an_export_has_all_pages_of_the_filtered_list(
    transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        [first] = session.query(Feed).filter(Feed.customer_name.contains("Northwind"))
        for number in range(120):
            name = f"Branch {number:03}"
            factories.feed(session, first.server, first.account, customer_name=name)
    nora = log_in("northwind@example.com")

    assert len(sheet(nora, "/feeds?export=csv")) == 1 + 121
    assert re.fullmatch(r"Pages in [A-Z][a-z]+ \d{4}", sheet(nora, "/feeds?export=csv")[0][-1])
    assert len(sheet(nora, "/feeds?export=csv&q=branch&page=2")) == 1 + 120
    assert [row[0] for row in sheet(nora, "/feeds?export=csv&q=branch 01&sort=-customer")][1:3] == [
        "Branch 019",
        "Branch 018",
    ]
    assert sheet(nora, "/feeds?export=csv&q=nobody")[1:] == []
    assert "export=csv" in nora.get("/feeds?q=branch").text
    assert nora.get("/feeds?export=pdf").mimetype == "text/html"


@pytest.mark.usefixtures("everything")
def test_the_days_of_a_feed_are_exported(
    transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        [feed] = session.query(Feed).filter(Feed.customer_name.contains("Northwind"))
        factories.deposit(session, feed, pages=42)
        feed_id = feed.id

    lines = sheet(log_in("northwind@example.com"), f"/feeds/{feed_id}?range=90&export=csv")

    assert len(lines) == 1 + 90
    assert lines[-1][1] == "42"


@pytest.mark.usefixtures("everything")
@pytest.mark.slow
def test_the_memory_of_an_export_does_not_grow_with_the_list(
    transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        [feed] = session.query(Feed).filter(Feed.customer_name.contains("Northwind"))
        feed.device_count += 20_000
        for number in range(20_000):
            session.add(
                Device(
                    feed_id=feed.id,
                    asset_id=f"P-{number:05}",
                    serial_number=f"CNB1L{number:05}",
                    counter_set="size",
                    state={},
                    initial_count=1_000,
                    latest_count=2_000,
                    life_count=1_000,
                    first_on=TODAY,
                    latest_on=TODAY,
                )
            )
    nora = log_in("northwind@example.com")
    nora.get("/devices")

    tracemalloc.start()
    response = nora.client.get("/devices?export=csv", buffered=False)
    size = sum(len(part) for part in response.iter_encoded())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    response.close()

    assert size > 1_500_000
    # A chunk of rows and their objects, whatever their number.
    assert peak < 12_000_000


@pytest.mark.usefixtures("everything")
def test_results_of_a_collection_are_exported_as_its_page_shows_them(
    transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        [first] = session.query(Feed).filter(Feed.customer_name.contains("Northwind"))
        collection = factories.collection(session, first.server, kind="manual")
        late = factories.feed(session, first.server, first.account, customer_name="@Zoo")
        factories.outcome(session, collection, late, kind="failed", reason="Read too slowly")
        for number in range(60):
            name = f"Branch {number:02}"
            feed = factories.feed(session, first.server, first.account, customer_name=name)
            skipped = [{"reason": "two rows are one printer", "asset_id": "A-1"}] * 2
            factories.outcome(session, collection, feed, pages=number, skipped=skipped)
        path = f"/collections/{collection.id}"
    nora = log_in("northwind@example.com")

    everything = sheet(nora, f"{path}?export=csv")
    failed = sheet(nora, f"{path}?outcome=failed&export=csv")

    assert len(everything) == 1 + 61
    assert [everything[9][at] for at in (0, 1, 2, 4, 5)] == [
        "Branch 07",
        "collected",
        "7",
        "2",
        "two rows are one printer",
    ]
    assert everything[1] == ["'@Zoo", "failed", "1234", "1", "0", "Read too slowly"]
    assert failed == everything[:2]
    assert f"{path}?outcome=failed&amp;export=csv" in nora.get(f"{path}?outcome=failed").text
    assert log_in("westerly@example.com").get(f"{path}?export=csv").status_code == 404
