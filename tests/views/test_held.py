"""Held pages in the console: put before a person, accepted or rejected once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.factories import TODAY, YESTERDAY
from tests.views.conftest import Storing, Visitor
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
        return f"/held/{self.delta_id}"


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


def test_the_list_shows_what_waits(office: Office) -> None:
    waiting = office.nora.opens("/held").text
    decided = office.nora.opens("/held?state=decided").text

    assert all(words in waiting for words in ("A-77", "Bluebird Bakery", "900,000"))
    assert "None yet" in decided


def test_the_case_shows_the_counts_before_and_after_and_the_ceiling(office: Office) -> None:
    page = office.nora.opens(office.path).text

    assert all(
        words in page
        for words in (
            "Count on 16 November 2026",
            "Count on 17 November 2026",
            "1,000",
            "901,000",
            "900,000 pages in 1 day",
        )
    )


def test_accepted_pages_are_deposited_once(office: Office, storing: Storing) -> None:
    answer = office.nora.sends(office.path, {"answer": "accepted"})
    said = office.nora.opens(answer.location).text
    again = office.nora.sends(office.path, {"answer": "accepted"})

    assert "900,000 pages are counted" in said
    assert again.location == office.path
    assert "decided already: accepted" in office.nora.opens(office.path).text
    assert deposited(storing) == 900_000


def test_rejected_pages_need_a_reason_and_leave_the_life_count(
    office: Office, storing: Storing
) -> None:
    unsaid = office.nora.sends(office.path, {"answer": "rejected", "reason": "  "})
    before = state(storing, office)
    answer = office.nora.sends(
        office.path, {"answer": "rejected", "reason": "Typed <one> digit too many"}
    )

    assert unsaid.status_code == 422
    assert "Say why these pages were not printed" in unsaid.text
    assert (before, state(storing, office)) == ("held", "rejected")
    assert answer.location == "/held"
    assert deposited(storing) == 0
    with storing() as session:
        device = session.get_one(Device, office.device_id)
        assert (device.initial_count, device.latest_count, device.life_count) == (
            901_000,
            901_000,
            0,
        )
    page = office.nora.opens(office.path).text
    assert "Typed &lt;one&gt; digit too many" in page
    assert "Nora North" in page


def test_a_decision_is_taken_back_until_its_month_is_certified(
    office: Office, storing: Storing
) -> None:
    office.nora.sends(office.path, {"answer": "reset"})
    decided = office.nora.opens(office.path).text
    answer = office.nora.sends(f"{office.path}/reopen")
    again = office.nora.sends(f"{office.path}/reopen")
    office.nora.sends(office.path, {"answer": "accepted"})
    with storing() as session:
        factories.closed_month(session, session.get_one(Account, office.account_id), "2026-11")
        session.get_one(Delta, office.delta_id).decided_at = factories.NOW - timedelta(days=1)
    late = office.nora.opens(office.path).text

    assert "A reset" in decided
    assert "Take the decision back" in decided
    assert answer.location == again.location == office.path
    assert "November 2026 was certified with this decision" in late
    assert "Take the decision back" not in late
    refused = office.nora.sends(f"{office.path}/reopen")
    assert "was certified with this decision" in office.nora.opens(refused.location).text
    assert deposited(storing) == 900_000


def test_a_proposal_is_counted_with_one_click(office: Office, storing: Storing) -> None:
    with storing() as session:
        session.get_one(Delta, office.delta_id).proposed = 4_210
    page = office.nora.opens(office.path).text
    office.nora.sends(office.path, {"answer": "adjusted"})

    assert "Count 4,210 pages" in page
    assert "895,790 pages are not" in page
    assert "Accept all 900,000 pages" in page
    assert deposited(storing) == 4_210


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("limit", "far more than this device printed before"),
        ("near_lifetime", "nearly its whole lifetime count"),
        ("roll_over", "run through its last digit"),
        ("first_count", "its counter stood at 0 before"),
    ],
)
def test_a_case_says_why_it_is_held(
    office: Office, storing: Storing, kind: str, words: str
) -> None:
    with storing() as session:
        session.get_one(Delta, office.delta_id).kind = kind

    assert words in office.nora.opens(office.path).text


def test_a_reason_that_is_too_long_is_kept_to_be_shortened(
    office: Office, storing: Storing
) -> None:
    answer = office.nora.sends(office.path, {"answer": "rejected", "reason": "x" * 501})

    assert answer.status_code == 422
    assert "x" * 501 in answer.text
    assert state(storing, office) == "held"


def test_an_answer_that_is_neither_is_refused(office: Office, storing: Storing) -> None:
    answer = office.nora.sends(office.path, {"answer": "perhaps"})

    assert answer.status_code == 422
    assert state(storing, office) == "held"


def test_a_gain_that_was_counted_at_once_is_no_case(office: Office, storing: Storing) -> None:
    with storing() as session:
        session.get_one(Delta, office.delta_id).state = "counted"

    answer = office.nora.opens(office.path)

    assert answer.location == f"/devices/{office.device_id}"


def test_viewers_look_customers_and_strangers_do_not(
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
    assert vic.sends(office.path, {"answer": "accepted"}).status_code == 403
    assert hana.opens(office.path).status_code == 403
    assert stranger.opens(office.path).status_code == 404
    assert stranger.sends(office.path, {"answer": "accepted"}).status_code == 404
    assert state(storing, office) == "held"


def state(storing: Storing, office: Office) -> str:
    """The state of the gain."""
    with storing() as session:
        return session.get_one(Delta, office.delta_id).state


def deposited(storing: Storing) -> int:
    """Pages deposited."""
    with storing() as session:
        return int(session.scalar(select(func.sum(Deposit.pages))) or 0)
