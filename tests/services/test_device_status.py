"""Devices that are silent or missing although their feed is healthy."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from tests.services.emails import rendered
from webapp.models import Account, Device, DeviceAttention, Feed, Server
from webapp.queries import device_status as queries
from webapp.queries.device_status import StatusCounts
from webapp.queries.viewer import Viewer
from webapp.services.feeds import device_status
from webapp.services.notifications import digests
from webapp.services.servers import health

pytestmark = pytest.mark.both_databases

#: A Friday before a weekend; Monday 12 October is Columbus Day in the United States.
FRIDAY = date(2026, 10, 9)
EVERYBODY = Viewer("operations", None, None)


@pytest.fixture
def server(session: Session) -> Server:
    """A server of Northwind Print, in New York."""
    partner = factories.partner(session, name="Northwind Print")
    return factories.server(session, partner)


def add(
    session: Session, server: Server, name: str, latest_on: date, country: str | None = None
) -> Feed:
    """A healthy feed read until yesterday with one printer, read last on a day."""
    account = factories.customer(session, server.account, name=name, country=country)
    feed = factories.feed(session, server, account, last_data_on=date(2027, 1, 1))
    factories.device(session, feed, asset_id=name, latest_on=latest_on)
    return feed


def stored(session: Session) -> dict[int, tuple[str, date]]:
    """What is stored, by device."""
    found = session.scalars(select(DeviceAttention).execution_options(populate_existing=True))
    return {row.device_id: (row.status, row.since) for row in found}


def first_silent_day(session: Session, server: Server) -> date:
    """The first day on which a device of the server is silent."""
    return next(
        day
        for day in (FRIDAY + timedelta(days=n) for n in range(60))
        if device_status.update(session, server.id, day)
    )


@pytest.mark.parametrize(
    ("country", "expected"), [("US", date(2026, 10, 16)), ("DE", date(2026, 10, 15))]
)
def test_a_device_is_silent_after_three_business_days_of_its_accounts_calendar(
    session: Session, server: Server, country: str, expected: date
) -> None:
    add(session, server, "Harbour", FRIDAY, country)

    assert first_silent_day(session, server) == expected


def test_a_device_of_a_feed_read_by_hand_is_silent_only_after_its_interval(
    session: Session, server: Server
) -> None:
    add(session, server, "Harbour", FRIDAY).read_interval_days = 28

    # 28 days after is Friday 6 November, and Wednesday the 11th is Veterans Day.
    assert first_silent_day(session, server) == date(2026, 11, 13)


def test_a_new_reading_a_move_and_a_return_end_the_status(session: Session, server: Server) -> None:
    today = date(2026, 10, 20)
    for name in ("silent", "read again", "moved", "missing", "listed again"):
        add(session, server, name, FRIDAY)
    silent, again, moved, missing, returned = session.scalars(
        select(Device).order_by(Device.id)
    ).all()
    for device in (missing, returned):
        device.missing_since = date(2026, 10, 19)

    number = device_status.update(session, server.id, today)
    before = stored(session)
    again.latest_on = date(2026, 10, 19)
    moved.moved_to = silent.id
    returned.missing_since, returned.latest_on = None, date(2026, 10, 19)
    device_status.update(session, server.id, today)

    assert number == 5
    assert before[silent.id] == ("silent", FRIDAY)
    assert before[missing.id] == ("missing", date(2026, 10, 19))
    assert stored(session) == {
        silent.id: ("silent", FRIDAY),
        missing.id: ("missing", date(2026, 10, 19)),
    }


@pytest.mark.parametrize(
    ("asset_id", "first_on", "is_missing", "expected"),
    [
        ("Harbour", date(2026, 10, 19), False, 0),
        ("HARBOUR-2", date(2026, 10, 19), False, 1),
        ("Harbour", date(2026, 9, 1), False, 1),
        ("Harbour", date(2026, 10, 19), True, 2),
    ],
)
def test_a_device_that_was_replaced_needs_no_attention(
    session: Session,
    server: Server,
    asset_id: str,
    first_on: date,
    is_missing: bool,
    expected: int,
) -> None:
    feed = add(session, server, "Harbour", FRIDAY)
    session.scalars(select(Device)).one().missing_since = date(2026, 10, 19)
    successor = factories.device(
        session, feed, asset_id=asset_id, first_on=first_on, latest_on=date(2026, 10, 19)
    )
    successor.missing_since = date(2026, 10, 20) if is_missing else None

    assert device_status.update(session, server.id, date(2026, 10, 20)) == expected


def test_a_device_is_not_silent_when_its_feed_has_had_no_data_since(
    session: Session, server: Server
) -> None:
    add(session, server, "Harbour", FRIDAY).last_data_on = FRIDAY

    assert device_status.update(session, server.id, date(2026, 10, 30)) == 0


def test_devices_of_feeds_that_are_not_healthy_and_read_do_not_count(
    session: Session, server: Server
) -> None:
    feed = add(session, server, "Harbour", FRIDAY)
    device_status.update(session, server.id, date(2026, 10, 20))

    counts = [queries.counts(session, EVERYBODY)]
    for field, value in (("health", "unhealthy"), ("status", "inactive"), ("status", "removed")):
        usual = getattr(feed, field)
        setattr(feed, field, value)
        counts.append(queries.counts(session, EVERYBODY))
        setattr(feed, field, usual)
    server.health = "unhealthy"
    counts.append(queries.counts(session, EVERYBODY))

    assert counts == [StatusCounts(1, 0), *[StatusCounts()] * 4]


def test_a_partner_counts_its_own_devices(session: Session, server: Server) -> None:
    other = factories.server(session)
    for each, name in ((server, "Harbour"), (server, "Bakery"), (other, "Clinic")):
        add(session, each, name, FRIDAY)
    for each in (server, other):
        device_status.update(session, each.id, date(2026, 10, 20))

    def counted(account: Account) -> int:
        return queries.counts(session, Viewer("partner_viewer", account.id, None)).silent

    assert (counted(server.account), counted(other.account)) == (2, 1)
    assert queries.counts(session, EVERYBODY) == StatusCounts(silent=3)


def test_a_collection_stores_silent_and_missing_devices_at_its_end(
    session: Session, server: Server
) -> None:
    feed = add(session, server, "Harbour", FRIDAY)
    collection = factories.collection(session, server)
    factories.outcome(session, collection, feed)

    health.update_feed_health(session, collection, date(2026, 10, 20), NOW)

    assert [status for status, _ in stored(session).values()] == ["silent"]


@pytest.mark.usefixtures("public_app")
def test_the_digest_counts_silent_and_missing_devices(session: Session, server: Server) -> None:
    factories.user(session, server.account)
    add(session, server, "Harbour", FRIDAY)
    missing = add(session, server, "Bakery", FRIDAY)
    device = session.scalars(select(Device).filter_by(feed_id=missing.id)).one()
    device.missing_since = date(2026, 10, 19)
    device_status.update(session, server.id, date(2026, 10, 20))
    session.commit()

    (draft,) = digests.weekly(session, server.account, NOW.replace(day=23, hour=14))

    email = rendered(draft)
    assert email.subject == "This week: 2 printers not reporting"
    assert (
        "\n2 printers have stopped reporting\n"
        "  Not reporting: 1 printer\n"
        "  Missing from Printerpoint: 1 printer\n"
        "  What to do: Their feeds are healthy."
    ) in email.plain
    assert "  https://releaf.example/devices?status=attention\n" in email.plain
