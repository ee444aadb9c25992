"""Review in the console: cases listed, explained, and decided once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.factories import TODAY, YESTERDAY
from tests.views.conftest import Storing, Visitor
from webapp.domain.metering.state import DeltaKind
from webapp.models import Account, Delta, Deposit, Device, User


@dataclass(frozen=True, slots=True)
class Office:
    """An administrator before 900,000 pages that no machine can print."""

    nora: Visitor
    delta_id: int
    device_id: int
    account_id: int

    @property
    def path(self) -> str:
        """The address of the case."""
        return f"/review/{self.delta_id}"


@pytest.fixture
def office(storing: Storing, log_in: Callable[[User | str], Visitor]) -> Office:
    """A device that read 1,000 on one day and 901,000 on the next."""
    with storing() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com", full_name="Nora North")
        account = factories.customer(session, partner, name="Bluebird Bakery")
        feed = factories.feed(session, factories.server(session, partner), account)
        device = factories.device(
            session, feed, asset_id="A-77", initial_count=1_000, latest_count=901_000
        )
        factories.reading(session, device, day=YESTERDAY, count=1_000, baseline=True)
        factories.reading(session, device, day=TODAY, count=901_000)
        delta = factories.delta(
            session, device, since=YESTERDAY, day=TODAY, pages=900_000, state="held"
        )
        delta_id, device_id, account_id = delta.id, device.id, account.id
    return Office(log_in("nora@example.com"), delta_id, device_id, account_id)


def test_the_list_shows_what_is_under_review_and_what_was_resolved(office: Office) -> None:
    before = office.nora.opens("/review").text
    resolved = office.nora.opens("/review?state=resolved").text
    office.nora.sends(office.path, {"answer": "reset"})
    after = office.nora.opens("/review").text
    listed = [office.nora.opens(f"/review?state={state}").text for state in ("resolved", "all")]

    assert all(words in before for words in ("A-77", "Bluebird Bakery", "900,000"))
    assert "Above daily limit" in before
    assert "May be resolved automatically" in before
    assert "No resolved cases yet" in resolved
    assert "Nothing to review" in after
    assert all(words in text for text in listed for words in ("A-77", "Meter reset", "Nora North"))


def test_cases_that_need_a_decision_come_first_and_are_marked(
    office: Office, storing: Storing
) -> None:
    with storing() as session:
        feed = session.get_one(Device, office.device_id).feed
        later = factories.device(session, feed, asset_id="B-88")
        factories.delta(session, later, pages=30_000, state="held", for_person=True)
    page = office.nora.opens("/review").text

    assert page.index("B-88") < page.index("A-77")
    assert page.count("Needs a decision") == page.count("May be resolved automatically") == 1
    home = office.nora.opens("/").text
    assert "1 meter reading needs review" in home
    assert "1 meter reading may be resolved automatically" in home


def test_the_list_is_filtered_searched_sorted_and_exported(
    office: Office, storing: Storing
) -> None:
    with storing() as session:
        feed = session.get_one(Device, office.device_id).feed
        other = factories.feed(session, feed.server, customer_name="Lake House")
        device = factories.device(session, other, asset_id="B-88")
        factories.delta(session, device, pages=30_000, state="held", kind="near_lifetime")
        feed_id, account_id = other.id, other.account_id
    opened = office.nora.opens

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


def test_a_former_address_redirects_to_the_case(office: Office) -> None:
    listed, case = office.nora.opens("/held"), office.nora.opens(f"/held/{office.delta_id}")

    assert (listed.status_code, listed.location) == (301, "/review")
    assert (case.status_code, case.location) == (301, office.path)


def test_the_case_shows_the_readings_and_the_reason(office: Office) -> None:
    page = office.nora.opens(office.path).text

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


def test_readings_that_decided_a_case_are_marked(office: Office, storing: Storing) -> None:
    with storing() as session:
        device = session.get_one(Device, office.device_id)
        evidence = [(TODAY + timedelta(days=1), 901_200), (TODAY + timedelta(days=2), 1_050)]
        for day, count in evidence:
            factories.reading(session, device, day=day, count=count)
        delta = session.get_one(Delta, office.delta_id)
        delta.evidence = [[day.isoformat(), count] for day, count in evidence]
        delta.state, delta.resolved_by = "dropped", "readings"
    page = office.nora.opens(office.path).text

    assert "Based on these readings:" in page
    assert "Nov 18, 2026 (901,200), Nov 19, 2026 (1,050)" in page
    assert "Nov 18, 2026: 901,200 (confirms it)" in page
    assert "Nov 19, 2026: 1,050 (contradicts it)" in page
    assert "Later readings" in page
    assert "Reopen" in page


def test_accepted_pages_are_deposited_once(office: Office, storing: Storing) -> None:
    response = office.nora.sends(office.path, {"answer": "accepted"})
    page = office.nora.opens(response.location).text
    again = office.nora.sends(office.path, {"answer": "accepted"})

    assert "900,000 pages are counted now" in page
    assert f'action="{office.path}/reopen"' in page
    assert again.location == office.path
    assert "already decided: all pages are counted" in office.nora.opens(office.path).text
    assert deposited(storing) == 900_000


def test_rejecting_needs_a_reason_and_adds_the_pages_to_the_initial_count(
    office: Office, storing: Storing
) -> None:
    unsaid = office.nora.sends(office.path, {"answer": "rejected", "reason": "  "})
    before = state(storing, office)
    response = office.nora.sends(
        office.path, {"answer": "rejected", "reason": "Typed <one> digit too many"}
    )

    assert unsaid.status_code == 422
    assert "Enter the reason why these pages were not printed" in unsaid.text
    assert (before, state(storing, office)) == ("held", "rejected")
    assert response.location == "/review"
    assert deposited(storing) == 0
    with storing() as session:
        device = session.get_one(Device, office.device_id)
        assert (device.initial_count, device.latest_count) == (901_000, 901_000)
    page = office.nora.opens(office.path).text
    assert "Typed &lt;one&gt; digit too many" in page
    assert "Nora North" in page
    figures = re.findall(r"<dd>([0-9,]+)", office.nora.opens(f"/devices/{office.device_id}").text)
    assert figures[:3] == ["1,000", "901,000", "0"]
    listed = office.nora.opens("/devices").text
    assert 'data-label="Start meter">1,000</td>' in listed


def test_pages_under_review_are_not_shown_as_counted_at_their_device(office: Office) -> None:
    page = office.nora.opens(f"/devices/{office.device_id}").text

    assert re.search(r'data-label="Pages">\s*0 of 900,000', page)
    assert "900,000 pages since the start meter are not counted" in page


def test_a_decision_is_undone_until_its_month_is_certified(
    office: Office, storing: Storing
) -> None:
    office.nora.sends(office.path, {"answer": "reset"})
    decided = office.nora.opens(office.path).text
    response = office.nora.sends(f"{office.path}/reopen")
    again = office.nora.sends(f"{office.path}/reopen")
    office.nora.opens(office.nora.sends(office.path, {"answer": "accepted"}).location)
    with storing() as session:
        factories.closed_month(session, session.get_one(Account, office.account_id), "2026-11")
        session.get_one(Delta, office.delta_id).decided_at = factories.NOW - timedelta(days=1)
    late = office.nora.opens(office.path).text

    assert "Meter reset" in decided
    assert f"{office.path}/reopen" in decided
    assert response.location == again.location == office.path
    assert "November 2026 was closed with this decision" in late
    assert f"{office.path}/reopen" not in late
    refused = office.nora.sends(f"{office.path}/reopen")
    assert "was closed with this decision" in office.nora.opens(refused.location).text
    assert deposited(storing) == 900_000


def test_the_number_of_pages_to_count_begins_with_the_proposal(
    office: Office, storing: Storing
) -> None:
    with storing() as session:
        session.get_one(Delta, office.delta_id).proposed = 4_210
    page = office.nora.opens(office.path).text
    office.nora.sends(office.path, {"answer": "adjusted", "pages": "4209"})

    assert re.search(r'<input[^>]*name="pages"[^>]*value="4210"', page)
    assert "Accept all 900,000 pages" in page
    assert deposited(storing) == 4_209
    assert "Partly counted" in office.nora.opens("/review?state=resolved").text


def test_the_effect_of_a_decision_is_shown_before_it(office: Office, storing: Storing) -> None:
    before = office.nora.opens(office.path).text
    with storing() as session:
        session.get_one(Delta, office.delta_id).proposed = 4_210
        factories.closed_month(session, session.get_one(Account, office.account_id), "2026-11")
    proposed = office.nora.opens(office.path).text

    assert "Adds 900,000 pages, about 108 trees, to November 2026." in before
    assert "Adds 900,000 pages, about 108 trees, to December 2026." in proposed
    assert "The proposed 4,210 pages: Adds 4,210 pages, about 0.51 trees, to December" in proposed


def test_the_months_that_count_the_pages_are_named_with_their_shares(
    office: Office, storing: Storing
) -> None:
    with storing() as session:
        delta = session.get_one(Delta, office.delta_id)
        delta.allocation = [["2026-10-30", 600_000], ["2026-11-02", 300_000]]
    page = office.nora.opens(office.path).text

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
    office: Office, storing: Storing, proposed: int | None, primary: str
) -> None:
    with storing() as session:
        session.get_one(Delta, office.delta_id).proposed = proposed
    page = office.nora.opens(office.path).text
    main = page[page.index("<main") :]
    found = re.findall(r'<button class="([^"]*)" type="submit"[^>]*>(.*?)</button>', main, re.S)
    buttons = [(re.sub(r"<[^>]+>", "", label).strip(), kind) for kind, label in found]

    assert [label for label, kind in buttons if kind == "button"] == [primary]
    assert buttons[0][0] == primary
    assert main.index(primary) < main.index("Nearby readings")


@pytest.mark.parametrize("pages", ["", "-1", "900001", "many", "1.5"])
def test_an_impossible_number_of_pages_is_refused_at_its_field(
    office: Office, storing: Storing, pages: str
) -> None:
    response = office.nora.sends(office.path, {"answer": "adjusted", "pages": pages})

    assert response.status_code == 422
    assert "Enter a whole number from 0 to 900,000." in response.text
    assert 'id="pages-error"' in response.text
    assert f'value="{pages}"' in response.text
    assert state(storing, office) == "held"


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
    office: Office, storing: Storing, kind: DeltaKind, words: str
) -> None:
    with storing() as session:
        session.get_one(Delta, office.delta_id).kind = kind

    page = office.nora.opens(office.path).text

    assert words in page.replace("&#39;", "’")


def test_a_reason_that_is_too_long_remains_in_the_form(office: Office, storing: Storing) -> None:
    response = office.nora.sends(office.path, {"answer": "rejected", "reason": "x" * 501})

    assert response.status_code == 422
    assert "x" * 501 in response.text
    assert state(storing, office) == "held"


def test_an_unknown_decision_is_refused(office: Office, storing: Storing) -> None:
    response = office.nora.sends(office.path, {"answer": "perhaps"})

    assert response.status_code == 422
    assert state(storing, office) == "held"


def test_a_delta_that_was_counted_at_once_is_not_found(office: Office, storing: Storing) -> None:
    with storing() as session:
        session.get_one(Delta, office.delta_id).state = "counted"

    response = office.nora.opens(office.path)

    assert response.location == f"/devices/{office.device_id}"


def test_viewers_see_cases_but_customers_and_other_partners_do_not(
    office: Office, storing: Storing, log_in: Callable[[User | str], Visitor]
) -> None:
    with storing() as session:
        account = session.get_one(Account, office.account_id)
        partner = account.partner
        factories.user(session, partner, role="partner_viewer", email="vic@example.com")
        factories.user(session, account, email="hana@example.com")
        factories.user(session, email="stranger@example.com")
    vic, hana, stranger = (log_in(f"{name}@example.com") for name in ("vic", "hana", "stranger"))

    assert "An administrator decides" in vic.opens(office.path).text
    assert ">Review</a>" not in vic.opens("/").text
    assert vic.sends(office.path, {"answer": "accepted"}).status_code == 403
    assert hana.opens(office.path).status_code == 403
    assert stranger.opens(office.path).status_code == 404
    assert stranger.sends(office.path, {"answer": "accepted"}).status_code == 404
    assert state(storing, office) == "held"


def state(storing: Storing, office: Office) -> str:
    """The state of the delta."""
    with storing() as session:
        return session.get_one(Delta, office.delta_id).state


def deposited(storing: Storing) -> int:
    """Pages deposited."""
    with storing() as session:
        return int(session.scalar(select(func.sum(Deposit.pages))) or 0)
