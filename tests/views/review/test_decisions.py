"""Decisions of cases under review."""

import re
from datetime import timedelta

import pytest

from tests import factories
from tests.views.conftest import Transaction
from tests.views.review.conftest import Office, deposited, state
from webapp.models import Account, Delta, Device


def test_accepted_pages_are_deposited_once(office: Office, transaction: Transaction) -> None:
    response = office.nora.post(office.path, {"decision": "accepted"})
    page = office.nora.get(response.location).text
    again = office.nora.post(office.path, {"decision": "accepted"})

    assert "900,000 pages are counted now" in page
    assert f'action="{office.path}/reopen"' in page
    assert again.location == office.path
    assert "already decided: all pages are counted" in office.nora.get(office.path).text
    assert deposited(transaction) == 900_000


def test_rejecting_needs_a_reason_and_adds_the_pages_to_the_initial_count(
    office: Office, transaction: Transaction
) -> None:
    unsaid = office.nora.post(office.path, {"decision": "rejected", "reason": "  "})
    before = state(transaction, office)
    response = office.nora.post(
        office.path, {"decision": "rejected", "reason": "Typed <one> digit too many"}
    )

    assert unsaid.status_code == 422
    assert "Enter the reason why these pages were not printed" in unsaid.text
    assert (before, state(transaction, office)) == ("held", "rejected")
    assert response.location == "/review"
    assert deposited(transaction) == 0
    with transaction() as session:
        device = session.get_one(Device, office.device_id)
        assert (device.initial_count, device.latest_count) == (901_000, 901_000)
    page = office.nora.get(office.path).text
    assert "Typed &lt;one&gt; digit too many" in page
    assert "Nora North" in page
    figures = re.findall(r"<dd>([0-9,]+)", office.nora.get(f"/devices/{office.device_id}").text)
    assert figures[:3] == ["1,000", "901,000", "0"]
    listed = office.nora.get("/devices").text
    assert 'data-label="Start meter">1,000</td>' in listed


def test_a_decision_is_undone_until_its_month_is_certified(
    office: Office, transaction: Transaction
) -> None:
    office.nora.post(office.path, {"decision": "reset"})
    decided = office.nora.get(office.path).text
    response = office.nora.post(f"{office.path}/reopen")
    again = office.nora.post(f"{office.path}/reopen")
    office.nora.get(office.nora.post(office.path, {"decision": "accepted"}).location)
    with transaction() as session:
        factories.closed_month(session, session.get_one(Account, office.account_id), "2026-11")
        session.get_one(Delta, office.delta_id).decided_at = factories.NOW - timedelta(days=1)
    late = office.nora.get(office.path).text

    assert "Meter reset" in decided
    assert f"{office.path}/reopen" in decided
    assert response.location == again.location == office.path
    assert "November 2026 was closed with this decision" in late
    assert f"{office.path}/reopen" not in late
    refused = office.nora.post(f"{office.path}/reopen")
    assert "was closed with this decision" in office.nora.get(refused.location).text
    assert deposited(transaction) == 900_000


def test_the_number_of_pages_to_count_begins_with_the_proposal(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        session.get_one(Delta, office.delta_id).proposed = 4_210
    page = office.nora.get(office.path).text
    office.nora.post(office.path, {"decision": "adjusted", "pages": "4209"})

    assert re.search(r'<input[^>]*name="pages"[^>]*value="4210"', page)
    assert "Accept all 900,000 pages" in page
    assert deposited(transaction) == 4_209
    assert "Partly counted" in office.nora.get("/review?state=resolved").text


def test_the_effect_of_a_decision_is_shown_before_it(
    office: Office, transaction: Transaction
) -> None:
    before = office.nora.get(office.path).text
    with transaction() as session:
        session.get_one(Delta, office.delta_id).proposed = 4_210
        factories.closed_month(session, session.get_one(Account, office.account_id), "2026-11")
    proposed = office.nora.get(office.path).text

    assert "Adds 900,000 pages, about 108 trees, to November 2026." in before
    assert "Adds 900,000 pages, about 108 trees, to December 2026." in proposed
    assert "The proposed 4,210 pages: Adds 4,210 pages, about 0.51 trees, to December" in proposed


def test_the_months_that_count_the_pages_are_named_with_their_shares(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        delta = session.get_one(Delta, office.delta_id)
        delta.allocation = [["2026-10-30", 600_000], ["2026-11-02", 300_000]]
    page = office.nora.get(office.path).text

    assert "about 108 trees: 600,000 to October 2026; 300,000 to November 2026." in page


@pytest.mark.parametrize(
    ("proposed", "primary"),
    [
        (None, "Accept all 900,000 pages"),
        (4_210, "Count this number"),
        (0, "Mark as meter reset"),
    ],
)
def test_only_the_proposed_decision_has_the_primary_button_and_is_first(
    office: Office, transaction: Transaction, proposed: int | None, primary: str
) -> None:
    with transaction() as session:
        session.get_one(Delta, office.delta_id).proposed = proposed
    page = office.nora.get(office.path).text
    main = page[page.index("<main") :]
    found = re.findall(r'<button class="([^"]*)" type="submit"[^>]*>(.*?)</button>', main, re.S)
    buttons = [(re.sub(r"<[^>]+>", "", label).strip(), kind) for kind, label in found]

    assert [label for label, kind in buttons if kind == "button"] == [primary]
    assert buttons[0][0] == primary
    assert main.index(primary) < main.index("Nearby readings")


@pytest.mark.parametrize("pages", ["", "-1", "900001", "many", "1.5"])
def test_an_impossible_number_of_pages_is_refused_at_its_field(
    office: Office, transaction: Transaction, pages: str
) -> None:
    response = office.nora.post(office.path, {"decision": "adjusted", "pages": pages})

    assert response.status_code == 422
    assert "Enter a whole number from 0 to 900,000." in response.text
    assert 'id="pages-error"' in response.text
    assert f'value="{pages}"' in response.text
    assert state(transaction, office) == "held"


def test_a_reason_that_is_too_long_remains_in_the_form(
    office: Office, transaction: Transaction
) -> None:
    response = office.nora.post(office.path, {"decision": "rejected", "reason": "x" * 501})

    assert response.status_code == 422
    assert "x" * 501 in response.text
    assert state(transaction, office) == "held"


@pytest.mark.parametrize("reason", ["  ", "x" * 501])
def test_a_case_decided_meanwhile_is_not_asked_for_a_better_reason(
    office: Office, reason: str
) -> None:
    office.nora.post(office.path, {"decision": "accepted"})
    office.nora.get("/review")

    response = office.nora.post(office.path, {"decision": "rejected", "reason": reason})

    assert response.location == office.path
    assert "already decided: all pages are counted" in office.nora.get(office.path).text


def test_an_unknown_decision_is_refused(office: Office, transaction: Transaction) -> None:
    response = office.nora.post(office.path, {"decision": "perhaps"})

    assert response.status_code == 422
    assert state(transaction, office) == "held"
