"""Several cases of one kind decided together."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import AuditEntry, ClosedMonth, Delta, Deposit, User


@dataclass(frozen=True, slots=True)
class Desk:
    """Three cases above the limit at two customers, one of another kind, one of another partner."""

    nora: Visitor
    limit: list[int]
    lifetime: int
    of_other_partner: int


@pytest.fixture
def desk(transaction: Transaction, log_in: Callable[[User | str], Visitor]) -> Desk:
    """10,000, 20,000 and 30,000 pages at Harbour and Lake, 7,000 near a lifetime count."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com", full_name="Nora North")
        server = factories.server(session, partner)
        feeds = [
            factories.feed(session, server, customer_name=name) for name in ("Harbour", "Lake")
        ]
        limit = []
        for feed, pages in ((feeds[0], 10_000), (feeds[0], 20_000), (feeds[1], 30_000)):
            device = factories.device(session, feed, latest_count=250_000)
            limit.append(factories.delta(session, device, pages=pages, state="held").id)
        device = factories.device(session, feeds[0], latest_count=250_000)
        lifetime = factories.delta(
            session, device, pages=7_000, state="held", kind="near_lifetime"
        ).id
        of_other_partner = factories.delta(session, pages=9_000, state="held").id
    return Desk(log_in("nora@example.com"), limit, lifetime, of_other_partner)


def states(transaction: Transaction, ids: list[int]) -> list[str]:
    """The states of cases."""
    with transaction() as session:
        return [session.get_one(Delta, each).state for each in ids]


def confirmed(page: str) -> list[str]:
    """The cases that a question names."""
    return re.findall(r'name="delta" value="(\d+)"', page)


def test_selected_cases_are_accepted_after_confirmation_of_the_sums(
    desk: Desk, transaction: Transaction
) -> None:
    selected = {"action": "accepted", "delta": desk.limit, "back": "/review?q=a"}

    confirmation = desk.nora.post("/review/selection", selected)
    before = states(transaction, desk.limit)
    response = desk.nora.post(
        "/review/selection", {**selected, "delta": confirmed(confirmation.text), "confirmed": "yes"}
    )

    assert "Accept all pages of 3 cases?" in confirmation.text
    assert re.search(r"Customers</dt><dd>2<", confirmation.text)
    assert re.search(r"Pages counted</dt><dd>60,000, about 7.20 trees<", confirmation.text)
    assert before == ["held"] * 3
    assert response.location == "/review?q=a"
    page = desk.nora.get("/review").text
    assert "3 cases decided. 60,000 pages are counted now." in page
    assert states(transaction, desk.limit) == ["accepted"] * 3
    with transaction() as session:
        assert session.scalar(select(func.sum(Deposit.pages))) == 60_000
        actions = session.scalars(select(AuditEntry.action)).all()
    assert actions == ["deltas reviewed"] * 3


def test_all_cases_of_a_kind_are_decided_without_selecting_them(
    desk: Desk, transaction: Transaction
) -> None:
    page = desk.nora.get("/review?kind=limit").text
    confirmation = desk.nora.post("/review/selection", {"all": "proposed", "kind": "limit"})
    fields = {"action": "proposed", "delta": confirmed(confirmation.text), "confirmed": "yes"}
    desk.nora.post("/review/selection", fields)

    assert "All 3 “Above daily limit”:" in page
    assert "Accept 3 cases as proposed?" in confirmation.text
    assert states(transaction, desk.limit) == ["accepted"] * 3
    assert states(transaction, [desk.lifetime, desk.of_other_partner]) == ["held", "held"]


def test_all_cases_of_a_kind_without_any_left_is_reported(desk: Desk) -> None:
    everything = {"all": "accepted", "kind": "limit"}
    fields = {"action": "accepted", "delta": desk.limit, "confirmed": "yes"}
    desk.nora.post("/review/selection", fields)
    desk.nora.get("/review")

    second_tab = desk.nora.post("/review/selection", everything)

    assert "No case of this kind is under review now." in desk.nora.get(second_tab.location).text


def test_rejecting_several_requires_one_reason(desk: Desk, transaction: Transaction) -> None:
    fields = {"action": "rejected", "delta": desk.limit, "confirmed": "yes", "reason": " "}

    unsaid = desk.nora.post("/review/selection", fields)
    before = states(transaction, desk.limit)
    desk.nora.post("/review/selection", fields | {"reason": "Donor boards"})

    assert unsaid.status_code == 422
    assert "Enter the reason why these pages were not printed" in unsaid.text
    assert before == ["held"] * 3
    assert states(transaction, desk.limit) == ["rejected"] * 3
    with transaction() as session:
        assert set(session.scalars(select(Delta.reason).where(Delta.state == "rejected"))) == {
            "Donor boards"
        }


def test_cases_decided_meanwhile_are_unchanged_and_reported(
    desk: Desk, transaction: Transaction
) -> None:
    desk.nora.post(f"/review/{desk.limit[0]}", {"decision": "reset"})
    fields = {"action": "accepted", "delta": desk.limit, "confirmed": "yes"}

    confirmation = desk.nora.post("/review/selection", {"action": "accepted", "delta": desk.limit})
    desk.nora.post("/review/selection", fields)

    assert "1 selected case is already resolved and is not changed." in confirmation.text
    page = desk.nora.get("/review").text
    assert "2 cases decided. 50,000 pages are counted now." in page
    assert "1 case was already resolved and was not changed." in page
    assert states(transaction, desk.limit) == ["reset", "accepted", "accepted"]


def test_cases_that_were_all_decided_meanwhile_are_reported(desk: Desk) -> None:
    fields = {"action": "accepted", "delta": desk.limit[:1], "confirmed": "yes"}
    desk.nora.post("/review/selection", fields)
    desk.nora.get("/review")

    second_tab = {"action": "rejected", "delta": desk.limit[:1]}
    response = desk.nora.post("/review/selection", second_tab)
    page = desk.nora.get(response.location).text

    assert "1 case was already resolved and was not changed." in page
    assert "Select at least one row" not in page


def test_cases_of_several_kinds_are_not_decided_together(
    desk: Desk, transaction: Transaction
) -> None:
    selected = {"action": "accepted", "delta": [desk.limit[0], desk.lifetime]}

    response = desk.nora.post("/review/selection", selected)

    assert response.location == "/review"
    assert "for the same reason" in desk.nora.get("/review").text
    assert states(transaction, [desk.limit[0], desk.lifetime]) == ["held", "held"]


def test_without_a_selection_or_with_an_unknown_action_nothing_changes(desk: Desk) -> None:
    for fields in ({"action": "accepted"}, {"action": "perhaps", "delta": desk.limit}):
        desk.nora.post("/review/selection", fields)

        assert "Select at least one row" in desk.nora.get("/review").text


def test_cases_of_other_partners_are_refused(desk: Desk, transaction: Transaction) -> None:
    fields = {"action": "accepted", "delta": [desk.of_other_partner], "confirmed": "yes"}

    assert desk.nora.post("/review/selection", fields).status_code == 404
    assert states(transaction, [desk.of_other_partner]) == ["held"]


def test_selected_cases_are_exported(desk: Desk) -> None:
    response = desk.nora.post("/review/selection?export=csv", {"delta": desk.limit[:2]})

    assert response.mimetype == "text/csv"
    assert len(response.text.strip().splitlines()) == 3


def test_cases_counted_by_readings_meanwhile_are_reported_too(
    desk: Desk, transaction: Transaction
) -> None:
    with transaction() as session:
        delta = session.get_one(Delta, desk.limit[0])
        delta.state, delta.counted = "counted", delta.pages
    fields = {"action": "accepted", "delta": desk.limit, "confirmed": "yes"}

    desk.nora.post("/review/selection", fields)

    page = desk.nora.get("/review").text
    assert "2 cases decided. 50,000 pages are counted now." in page
    assert "1 case was already resolved and was not changed." in page


def accepts(desk: Desk) -> str:
    """Accept all cases above the limit; return the address that undoes it."""
    fields = {"action": "accepted", "delta": desk.limit, "confirmed": "yes"}
    desk.nora.post("/review/selection", fields)
    found = re.search(r'action="(/review/undo[^"]+)"', desk.nora.get("/review").text)
    assert found
    return html.unescape(found[1])


def test_the_message_after_a_bulk_decision_undoes_all_of_it(
    desk: Desk, transaction: Transaction
) -> None:
    response = desk.nora.post(accepts(desk))

    assert response.location == "/review"
    page = desk.nora.get("/review").text
    assert "3 decisions undone. The cases are under review again. 60,000 pages are no" in page
    assert states(transaction, desk.limit) == ["held"] * 3
    with transaction() as session:
        assert session.scalar(select(func.sum(Deposit.pages))) in (None, 0)
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["deltas reviewed"] * 3 + ["review reopened"] * 3


def test_a_decision_whose_month_is_certified_is_not_undone_and_named(
    desk: Desk, transaction: Transaction
) -> None:
    address = accepts(desk)
    with transaction() as session:
        lake = session.get_one(Delta, desk.limit[2])
        lake.device.asset_id = "Lobby"
        month, closed_at = f"{lake.day:%Y-%m}", clock.now() + timedelta(seconds=1)
        closed = ClosedMonth(account_id=lake.feed.account_id, month=month, closed_at=closed_at)
        session.add(closed)

    desk.nora.post(address)

    page = desk.nora.get("/review").text
    assert "2 decisions undone." in page
    assert "1 decision was not undone: Lobby at Lake." in page
    assert "was closed with this decision" in page
    assert states(transaction, desk.limit) == ["held", "held", "accepted"]


def test_undoing_again_changes_nothing_and_is_reported(
    desk: Desk, transaction: Transaction
) -> None:
    address = accepts(desk)
    desk.nora.post(address)
    desk.nora.get("/review")
    desk.nora.post(f"/review/{desk.limit[0]}", {"decision": "reset"})

    desk.nora.post(address)

    page = desk.nora.get("/review").text
    assert "3 cases were changed after this decision and were not undone." in page
    assert states(transaction, desk.limit) == ["reset", "held", "held"]


def test_only_decisions_of_the_user_are_undone(
    desk: Desk, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    address = accepts(desk)
    with transaction() as session:
        northwind = session.get_one(Delta, desk.limit[0]).feed.server.account
        factories.user(session, northwind, email="omar@example.com")

    log_in("omar@example.com").post(address)

    assert states(transaction, desk.limit) == ["accepted"] * 3


@pytest.mark.parametrize(
    "query", ["", "?at=", "?at=yesterday", "?at=0001-01-01T00:00:00%2B14:00", "?at=2026-13-01"]
)
def test_an_undo_of_no_action_changes_nothing(
    desk: Desk, transaction: Transaction, query: str
) -> None:
    accepts(desk)

    response = desk.nora.post(f"/review/undo{query}")

    assert response.location == "/review"
    assert "There is no decision to undo." in desk.nora.get("/review").text
    assert states(transaction, desk.limit) == ["accepted"] * 3


def test_without_a_decision_no_undo_is_offered(desk: Desk) -> None:
    desk.nora.post(f"/review/{desk.limit[0]}", {"decision": "reset"})
    desk.nora.get("/review")
    fields = {"action": "accepted", "delta": desk.limit[:1], "confirmed": "yes"}

    desk.nora.post("/review/selection", fields)

    assert "/review/undo" not in desk.nora.get("/review").text
