"""The list of cases under review, and the page of one."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests import factories
from tests.factories import TODAY
from tests.views.conftest import Transaction, Visitor
from tests.views.review.conftest import Office, state
from webapp.domain.metering.state import DeltaKind
from webapp.models import Account, Delta, Device, User


def test_the_list_shows_what_is_under_review_and_what_was_resolved(office: Office) -> None:
    before = office.nora.get("/review").text
    resolved = office.nora.get("/review?state=resolved").text
    office.nora.post(office.path, {"decision": "reset"})
    after = office.nora.get("/review").text
    listed = [office.nora.get(f"/review?state={state}").text for state in ("resolved", "all")]

    assert all(words in before for words in ("A-77", "Bluebird Bakery", "900,000"))
    assert "Above daily limit" in before
    assert "May be resolved automatically" in before
    assert "No resolved cases yet" in resolved
    assert "Nothing to review" in after
    assert all(words in text for text in listed for words in ("A-77", "Meter reset", "Nora North"))


def test_a_search_as_you_type_is_kept_by_the_tabs(office: Office) -> None:
    page = office.nora.get("/review?q=A-77&kind=limit", headers={"HX-Request": "true"}).text

    tabs = page[page.index('<div id="tabs" data-hx-swap-oob="true">') :]
    assert '<a href="/review?q=A-77&amp;kind=limit&amp;state=resolved">Resolved</a>' in tabs
    assert 'data-hx-swap-oob="true"' not in office.nora.get("/review?q=A-77").text


def test_cases_that_need_a_decision_come_first_and_are_marked(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        feed = session.get_one(Device, office.device_id).feed
        later = factories.device(session, feed, asset_id="B-88")
        factories.delta(session, later, pages=30_000, state="held", for_person=True)
    page = office.nora.get("/review").text

    assert page.index("B-88") < page.index("A-77")
    assert page.count("Needs a decision") == page.count("May be resolved automatically") == 1
    home = office.nora.get("/").text
    assert "1 meter reading needs review" in home
    assert "1 meter reading may be resolved automatically" in home


def test_the_list_is_filtered_searched_sorted_and_exported(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        feed = session.get_one(Device, office.device_id).feed
        other = factories.feed(session, feed.server, customer_name="Lake House")
        device = factories.device(session, other, asset_id="B-88")
        factories.delta(session, device, pages=30_000, state="held", kind="near_lifetime")
        feed_id, account_id = other.id, other.account_id
    opened = office.nora.get

    for query in (f"feed={feed_id}", f"account={account_id}", "q=lake", "kind=near_lifetime"):
        page = opened(f"/review?{query}").text
        assert "B-88" in page, query
        assert "A-77" not in page, query
    up, down = (opened(f"/review?sort={sort}").text for sort in ("pages", "-pages"))
    assert up.index("B-88") < up.index("A-77")
    assert down.index("B-88") > down.index("A-77")
    assert "No case matches" in opened("/review?q=nobody").text
    sheet = opened("/review?export=csv&kind=near_lifetime").text
    assert "B-88" in sheet
    assert "The increase is nearly the printer" in sheet


def test_the_case_shows_the_readings_and_the_reason(office: Office) -> None:
    page = office.nora.get(office.path).text

    assert all(
        words in page
        for words in (
            "Meter on Nov 16, 2026",
            "Meter on Nov 17, 2026",
            "1,000",
            "901,000",
            "900,000 pages in 1 business day",
            "More pages than the daily limit for this printer allows.",
            "May be resolved automatically: ",
            "The meter went from 1,000 on Nov 16, 2026 to 901,000 on Nov 17, 2026.",
        )
    )


def test_readings_that_decided_a_case_are_marked(office: Office, transaction: Transaction) -> None:
    with transaction() as session:
        device = session.get_one(Device, office.device_id)
        evidence = [(TODAY + timedelta(days=1), 901_200), (TODAY + timedelta(days=2), 1_050)]
        for day, count in evidence:
            factories.reading(session, device, day=day, count=count)
        delta = session.get_one(Delta, office.delta_id)
        delta.evidence = [[day.isoformat(), count] for day, count in evidence]
        delta.state, delta.resolved_by = "dropped", "readings"
    page = office.nora.get(office.path).text

    assert "Based on these readings:" in page
    assert "Nov 18, 2026 (901,200), Nov 19, 2026 (1,050)" in page
    assert "Nov 18, 2026: 901,200 (confirms it)" in page
    assert "Nov 19, 2026: 1,050 (contradicts it)" in page
    assert "Later readings" in page
    assert "Reopen" in page


def test_pages_under_review_are_not_shown_as_counted_at_their_device(office: Office) -> None:
    page = office.nora.get(f"/devices/{office.device_id}").text

    assert re.search(r'data-label="Pages">\s*0 of 900,000', page)
    assert "900,000 pages since the start meter are not counted" in page


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("near_lifetime", "nearly the printer’s whole lifetime count"),
        ("physical", "No printer can print this many pages"),
        ("first_count", "The meter started at 0"),
        ("roll_over", "A meter that passes its highest value"),
        ("restored", "probably shows its previous count again"),
        ("ordinary", "A later reading contradicts"),
    ],
)
def test_a_case_shows_why_it_is_under_review(
    office: Office, transaction: Transaction, kind: DeltaKind, words: str
) -> None:
    with transaction() as session:
        session.get_one(Delta, office.delta_id).kind = kind

    page = office.nora.get(office.path).text

    assert words in page.replace("&#39;", "’")


def test_a_delta_that_was_counted_at_once_is_not_found(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        session.get_one(Delta, office.delta_id).state = "counted"

    response = office.nora.get(office.path)

    assert response.location == f"/devices/{office.device_id}"


def test_viewers_see_cases_but_customers_and_other_partners_do_not(
    office: Office, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        account = session.get_one(Account, office.account_id)
        partner = account.partner
        factories.user(session, partner, role="partner_viewer", email="vic@example.com")
        factories.user(session, account, email="hana@example.com")
        factories.user(session, email="other@example.com")
    vic, hana, other = (log_in(f"{name}@example.com") for name in ("vic", "hana", "other"))

    assert "An administrator decides" in vic.get(office.path).text
    assert ">Review</a>" not in vic.get("/").text
    assert vic.post(office.path, {"decision": "accepted"}).status_code == 403
    assert hana.get(office.path).status_code == 403
    assert other.get(office.path).status_code == 404
    assert other.post(office.path, {"decision": "accepted"}).status_code == 404
    assert state(transaction, office) == "held"
