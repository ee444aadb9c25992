"""Warnings of the reconciliation, which are not differences."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.queries import counted
from webapp.domain.metering.state import DeltaState
from webapp.messages import sentence
from webapp.models import Feed
from webapp.queries import reconciliation_warnings
from webapp.queries.reconciliation_warnings import ReconciliationWarning

FRIDAY = date(2026, 10, 30)


def found(session: Session) -> list[ReconciliationWarning]:
    """The warnings of all feeds."""
    return reconciliation_warnings.find(session, select(Feed))


def shared_serial(session: Session, *serials: str) -> Sequence[int]:
    """The ids of devices of these serial numbers, each at a feed of its own."""
    devices = [
        factories.device(session, factories.feed(session), asset_id=f"A-{n}", serial_number=serial)
        for n, serial in enumerate(serials)
    ]
    return [device.id for device in devices]


@pytest.mark.both_databases
@pytest.mark.parametrize("other", ["CNB1234", "cnb 1234", " CNB1234\u00a0"])
def test_a_serial_number_metered_twice_is_warned_of(session: Session, other: str) -> None:
    ids = shared_serial(session, "CNB1234", other, "CNB9999")

    (warning,) = found(session)

    assert warning.kind == "serial_metered_twice"
    assert [one.device_id for one in warning.affected] == list(ids[:2])
    assert [one.device_name for one in warning.affected] == ["A-0", "A-1"]
    assert sentence(warning.reason).startswith("Serial number CNB1234 is on 2 devices.")


@pytest.mark.parametrize("serial", ["", "N/A", "XXXXXXXXXX", "0000000000"])
def test_a_placeholder_serial_number_causes_no_warning(session: Session, serial: str) -> None:
    shared_serial(session, serial, serial)

    assert found(session) == []


def test_a_device_that_moved_and_one_of_a_removed_feed_are_metered_once(session: Session) -> None:
    server = factories.server(session)
    old = factories.device(session, factories.feed(session, server), serial_number="CNB1")
    new = factories.device(session, factories.feed(session, server), serial_number="CNB1")
    old.moved_to = new.id
    removed = factories.feed(session, server, status="removed")
    factories.device(session, removed, serial_number="CNB1")
    session.flush()

    assert found(session) == []


@pytest.mark.parametrize(
    ("pages", "count", "state", "warned"),
    [
        (9_000, 9_500, "counted", True),
        (8_000, 10_000, "accepted", True),
        (7_999, 10_000, "counted", False),
        (1_000, 1_000, "counted", False),
        (1_001, 1_001, "counted", True),
        (2**62, 2**62 + 5, "counted", True),
        (9_000, 9_500, "held", False),
        (9_000, 9_500, "rejected", False),
    ],
)
def test_a_delta_near_the_lifetime_count_is_warned_of_where_it_counts(
    session: Session, pages: int, count: int, state: DeltaState, warned: bool
) -> None:
    device = factories.device(session)
    device.latest_count = count
    factories.delta(session, device, day=FRIDAY, pages=pages, state=state)

    warnings = found(session)

    assert [warning.kind for warning in warnings] == ["near_lifetime"] * warned
    if warned:
        assert warnings[0].affected[0].device_id == device.id
        words = f"{pages:,} pages were counted on Oct 30, 2026 at a meter reading of {count:,}."
        assert sentence(warnings[0].reason).startswith(words)


@pytest.mark.both_databases
def test_deposits_before_their_feed_are_warned_of_in_the_partners_zone(session: Session) -> None:
    feed = factories.feed(session)  # in New York
    feed.created_at = datetime(2026, 10, 31, 2, tzinfo=UTC)  # there it is Friday still
    factories.deposit(session, feed, day=FRIDAY)
    on_its_day = found(session)
    factories.deposit(session, feed, day=date(2026, 10, 29))

    (warning,) = found(session)

    assert on_its_day == []
    assert (warning.kind, warning.affected[0].feed_id) == ("before_feed", feed.id)
    assert sentence(warning.reason) == (
        "Pages are counted for Oct 29, 2026, but the feed was created on Oct 30, 2026."
    )


@pytest.mark.both_databases
def test_an_account_of_several_printerpoint_customers_is_warned_of(session: Session) -> None:
    server = factories.server(session)
    customer = factories.customer(session, server.account, name="Harbour")
    feeds = [
        factories.feed(session, server, customer, customer_name=name) for name in ("East", "West")
    ]
    factories.feed(session, server, customer, customer_name="Gone", status="removed")

    (warning,) = found(session)

    assert (warning.kind, warning.account_id) == ("several_customers", customer.id)
    assert [one.feed_id for one in warning.affected] == [feed.id for feed in feeds]


def test_the_number_of_statements_does_not_depend_on_the_number_of_feeds(session: Session) -> None:
    with counted() as none:
        found(session)
    shared_serial(session, "CNB1", "CNB1", "CNB2", "CNB2")

    with counted() as many:
        warnings = found(session)

    assert len(warnings) == 2
    assert len(many) == len([one for one in none if not one.startswith("BEGIN")]) == 4
