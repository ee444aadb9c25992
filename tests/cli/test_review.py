"""``releaf review`` and ``releaf device history``: cases listed and decided by scripts."""

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.cli.conftest import Releaf
from tests.factories import TODAY, YESTERDAY
from webapp.domain.metering.state import DeltaKind
from webapp.models import Deposit, FeedEvent

KEYS = (
    "id", "feed", "customer_name", "account", "device", "asset_id", "serial_number", "since", "day",
    "pages", "reason", "proposed", "state", "resolved_by", "resolved_by_name",
)  # fmt: skip


CASES: tuple[tuple[str, int, DeltaKind, bool], ...] = (
    ("Clinic", 30_000, "limit", True),
    ("Bakery", 9_000, "near_lifetime", False),
)


@pytest.fixture
def clinic(releaf: Releaf) -> Releaf:
    """Northwind (1) with Clinic (2, feed 1) and Bakery (3, feed 2), a case of each (1 and 2)."""
    with releaf.session() as session:
        partner = factories.partner(session, name="Northwind")
        server = factories.server(session, partner)
        for name, pages, kind, for_person in CASES:
            account = factories.customer(session, partner, name=name)
            feed = factories.feed(session, server, account, customer_name=name)
            device = factories.device(
                session, feed, asset_id="", serial_number=f"S-{name}", latest_count=250_000
            )
            factories.reading(session, device, day=YESTERDAY, count=250_000 - pages)
            factories.reading(session, device, day=TODAY, count=250_000)
            factories.delta(
                session,
                device,
                since=YESTERDAY,
                day=TODAY,
                pages=pages,
                state="held",
                kind=kind,
                for_person=for_person,
            )
            session.add(
                FeedEvent(
                    feed_id=feed.id,
                    device_id=device.id,
                    at=factories.NOW,
                    day=TODAY,
                    kind="held",
                    details={
                        "name": f"S-{name}", "pages": pages, "since": str(YESTERDAY), "for": kind,
                    },
                )
            )  # fmt: skip
    return releaf


def deposited(releaf: Releaf) -> int:
    """Pages deposited."""
    with releaf.session() as session:
        return int(session.scalar(select(func.sum(Deposit.pages))) or 0)


def test_cases_have_the_keys_that_scripts_rely_on(clinic: Releaf) -> None:
    rows = clinic.made("review", "list")

    assert [set(KEYS) <= set(row) for row in rows] == [True, True]
    first = {key: rows[0][key] for key in KEYS}
    assert first == {
        "id": 1,
        "feed": 1,
        "customer_name": "Clinic",
        "account": 2,
        "device": 1,
        "asset_id": None,
        "serial_number": "S-Clinic",
        "since": YESTERDAY.isoformat(),
        "day": TODAY.isoformat(),
        "pages": 30_000,
        "reason": "More pages than the daily limit for this printer allows.",
        "proposed": 30_000,
        "state": "held",
        "resolved_by": None,
        "resolved_by_name": None,
    }
    assert (rows[1]["customer_name"], rows[1]["proposed"]) == ("Bakery", 0)


def test_cases_are_listed_by_state_account_and_feed(clinic: Releaf) -> None:
    clinic.made("review", "accept", 1)

    def listed(*options: object) -> list[int]:
        return [row["id"] for row in clinic.made("review", "list", *options)]

    assert listed() == [2]
    assert listed("--state", "resolved") == [1]
    assert listed("--state", "all") == [2, 1]
    assert listed("--state", "all", "--account", "Northwind") == [2, 1]
    assert listed("--state", "all", "--account", "Clinic") == [1]
    assert listed("--feed", "Clinic") == []
    assert clinic("review", "list", "--feed", "1").out == "No cases.\n"
    assert clinic("review", "list", "--state", "odd").code == 2


def test_a_case_is_accepted_once(clinic: Releaf) -> None:
    row = clinic.made("review", "accept", 1)
    again = clinic("review", "accept", 1, "--json")

    assert (row["state"], row["resolved_by"], row["deposited"]) == ("accepted", "cli", 30_000)
    assert again.code == 1
    assert again.error == (None, "This case was already decided: all pages are counted.")
    assert deposited(clinic) == 30_000


def test_some_pages_are_accepted(clinic: Releaf) -> None:
    refused = clinic("review", "accept", 1, "--pages", "30001", "--json")
    row = clinic.made("review", "accept", 1, "--pages", 4_210)

    assert refused.code == 2
    assert refused.error == ("pages", "Enter a whole number from 0 to 30,000.")
    assert (row["state"], row["counted"]) == ("adjusted", 4_210)
    assert deposited(clinic) == 4_210


def test_a_case_is_rejected_for_a_reason_or_marked_as_a_reset(clinic: Releaf) -> None:
    missing = clinic("review", "reject", 1)
    blank = clinic("review", "reject", 1, "--reason", " ", "--json")
    rejected = clinic.made("review", "reject", 1, "--reason", "One digit too many")
    reset = clinic.made("review", "reset", 2)

    assert (missing.code, blank.code) == (2, 2)
    assert blank.error[0] == "reason"
    assert (rejected["state"], rejected["decision_reason"]) == ("rejected", "One digit too many")
    assert reset["state"] == "reset"
    assert deposited(clinic) == 0


def test_a_decision_is_reopened(clinic: Releaf) -> None:
    clinic.made("review", "accept", 1)
    row = clinic.made("review", "reopen", 1)
    again = clinic("review", "reopen", 1)

    assert (row["state"], row["resolved_by"], row["deposited"]) == ("held", None, -30_000)
    assert again.code == 1
    assert "no decision to undo" in again.err
    assert deposited(clinic) == 0


def test_an_unknown_case_is_a_usage_error(clinic: Releaf) -> None:
    for command in (("accept", 99), ("reset", 99), ("reopen", 99), ("accept", "many")):
        assert clinic("review", *command).code == 2


def test_the_history_of_a_device_has_its_events_readings_and_deltas(clinic: Releaf) -> None:
    clinic.made("review", "accept", 1)

    history = clinic.made("device", "history", "S-Clinic")

    assert (history["id"], history["feed"], history["customer_name"]) == (1, 1, "Clinic")
    assert [event["kind"] for event in history["events"]] == ["decided", "held"]
    assert "More pages than the daily limit" in history["events"][1]["text"]
    assert [(reading["day"], reading["count"]) for reading in history["readings"]] == [
        (TODAY.isoformat(), 250_000),
        (YESTERDAY.isoformat(), 220_000),
    ]
    assert [(delta["pages"], delta["state"]) for delta in history["deltas"]] == [
        (30_000, "accepted")
    ]
    plain = clinic("device", "history", 1).out
    assert "Pages of S-Clinic were reviewed" in plain
    assert "250000" in plain.replace(",", "")


def test_an_unknown_device_is_a_usage_error(clinic: Releaf) -> None:
    result = clinic("device", "history", "S-Nowhere", "--json")

    assert result.code == 2
    assert result.error[0] == "device"
