"""``releaf certificates``: issue and download."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from tests.cli.conftest import Releaf
from webapp import clock
from webapp.domain.months import Month
from webapp.models import Document, Feed
from webapp.printerpoint.sandbox import Sandbox

pytestmark = pytest.mark.slow  # renders documents

#: A month that is closed for certain, whatever today is.
MONTH = Month.of(clock.now().date()).previous().previous()


@pytest.fixture
def printed(releaf: Releaf, printerpoint: Sandbox) -> Releaf:
    """Harbour Architects (account 2) printed 8,333 pages in that month; the Hotel (3) none."""
    releaf.made("account", "add", "Northwind", "--time-zone", "UTC")
    releaf.made("server", "add", "--account", "Northwind", stdin=printerpoint.token)
    printerpoint.set_time(_noon(3))
    architects = printerpoint.add_customer("Harbour Architects, LLP", "HARB01")
    printerpoint.add_printer(architects, serial="CNB1", count=182_345)
    hotel = printerpoint.add_customer("Hotel", "HOTE01")
    printerpoint.add_printer(hotel, serial="HOT1", count=5)
    releaf.made("feed", "add", "1", "--all")
    with releaf.session() as session:
        for feed_id in (1, 2):
            session.get_one(Feed, feed_id).created_at = _noon(1)
    releaf.made("collect")
    printerpoint.set_time(_noon(17))
    printerpoint.print_pages("CNB1", 8_333)
    releaf.made("collect")
    return releaf


def _noon(day: int) -> datetime:
    return datetime.combine(MONTH.first.replace(day=day), time(12), tzinfo=UTC)


def test_a_month_is_closed_once(printed: Releaf) -> None:
    first = printed.made("certificates", "issue", "--month", MONTH, "--account", "Northwind")
    again = printed.made("certificates", "issue", "--month", MONTH)

    (certificate,) = first["certificates"]
    assert certificate.pop("url").startswith("https://trees.example.com/c/")
    assert certificate == {
        "number": f"R-{MONTH}-000001",
        "account": 2,
        "account_name": "Harbour Architects, LLP",
        "month": str(MONTH),
        "pages": 8_333,
        "late_pages": 0,
        "corrections": 0,
        "carried_pages": 0,
        "trees": "1.00",
        "pages_per_tree": 8_333,
        "project": "Releaf Reforestation Portfolio",
        "issued_on": clock.now().date().isoformat(),
    }
    assert (first["waiting"], first["without_pages"]) == ([], [3])
    assert again["certificates"][0]["number"] == certificate["number"]


def test_an_account_is_issued_alone(printed: Releaf) -> None:
    document = printed.made("certificates", "issue", "--month", MONTH, "--account", "Hotel")

    assert (document["certificates"], document["without_pages"]) == ([], [3])
    assert printed.made("list", "certificates") == []


def test_the_present_month_is_not_closed(printed: Releaf) -> None:
    present = Month.of(clock.now().date())
    printed.made("certificates", "issue", "--month", present.previous().previous())

    result = printed("certificates", "issue", "--month", present, "--json")

    assert result.code == 1
    assert [row["account"] for row in result.json["waiting"]] == [2, 3]
    assert "closes on" in result.json["waiting"][0]["reason"]


def test_a_month_before_the_first_feed_is_unchanged(printed: Releaf) -> None:
    document = printed.made("certificates", "issue", "--month", "1999-12")

    assert document == {
        "month": "1999-12",
        "certificates": [],
        "carried": [],
        "waiting": [],
        "without_pages": [],
    }


@pytest.mark.parametrize("text", ["2026-13", "October", "2026-1", ""])
def test_an_invalid_month_is_refused(releaf: Releaf, text: str) -> None:
    result = releaf("certificates", "issue", "--month", text, "--json")

    assert (result.code, result.error[0]) == (2, "month")
    assert "is not a month; write it like 2026-10" in result.error[1]


def test_a_certificate_is_downloaded_whole(printed: Releaf, tmp_path: Path) -> None:
    printed.made("certificates", "issue", "--month", MONTH)
    file = tmp_path / "certificate.pdf"

    document = printed.made("certificates", "download", f"R-{MONTH}-000001", "-o", file)
    piped = printed("certificates", "download", f"R-{MONTH}-000001", "--output", "-")

    assert (document["file"], document["bytes"]) == (str(file), file.stat().st_size)
    assert file.read_bytes()[:5] == b"%PDF-"
    assert piped.raw == file.read_bytes()
    assert list(tmp_path.glob(".certificate*")) == []


def test_a_file_is_replaced_with_force_only(printed: Releaf, tmp_path: Path) -> None:
    printed.made("certificates", "issue", "--month", MONTH)
    file = tmp_path / "certificate.pdf"
    file.write_text("mine")

    refused = printed("certificates", "download", f"R-{MONTH}-000001", "-o", file, "--json")
    assert (refused.code, refused.error) == (
        2,
        ("output", f"{file} already exists; --force replaces it."),
    )
    assert file.read_text() == "mine"

    printed.made("certificates", "download", f"R-{MONTH}-000001", "-o", file, "--force")
    assert file.read_bytes()[:5] == b"%PDF-"


def test_a_missing_document_is_rendered(printed: Releaf, tmp_path: Path) -> None:
    printed.made("certificates", "issue", "--month", MONTH)
    with printed.session() as session:
        session.execute(delete(Document))

    printed.made("certificates", "download", f"R-{MONTH}-000001", "-o", tmp_path / "c.pdf")

    assert (tmp_path / "c.pdf").read_bytes()[:5] == b"%PDF-"


def test_an_unknown_certificate_is_a_usage_error(printed: Releaf, tmp_path: Path) -> None:
    printed.made("certificates", "issue", "--month", MONTH)
    number = f"R-{MONTH}-000001"
    wrong = (
        ("R-2026-10-999999", tmp_path / "c.pdf", "number"),
        (number, tmp_path, "output"),
        (number, tmp_path / "nowhere" / "c.pdf", "output"),
        (number, "/dev/null", "output"),
        (number, "-", "output"),
    )

    for name, target, field in wrong:
        result = printed("certificates", "download", name, "-o", target, "--force", "--json")

        assert (result.code, result.error[0]) == (2, field), target
        assert result.err.count("Error: ") == 1


def test_late_pages_are_reported(printed: Releaf, printerpoint: Sandbox) -> None:
    printed.made("certificates", "issue", "--month", MONTH)
    printerpoint.set_time(_noon(17) + timedelta(days=4))
    printerpoint.print_pages("CNB1", 10)

    printed.made("collect")

    deposits = printed.made("list", "deposits", "--month", MONTH.next())
    assert sum(row["pages"] for row in deposits) == 10
    assert {Month.parse(row["day"][:7]) for row in deposits} == {MONTH}
