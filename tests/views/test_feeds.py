"""Feeds and their devices in the console."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import select

from tests import factories
from tests.views.conftest import Storing, Visitor
from webapp import clock
from webapp.domain.health import unhealthy_from
from webapp.domain.metering.days import allocate
from webapp.filters import day
from webapp.models import AuditEntry, Collection, Device, Feed, HealthChange, Server, User
from webapp.services.accounts.calendars import public_holidays


@dataclass(frozen=True, slots=True)
class Office:
    """An administrator of a partner with one feed."""

    nora: Visitor
    server_id: int
    feed_id: int

    @property
    def path(self) -> str:
        """The address of the feed."""
        return f"/feeds/{self.feed_id}"


@pytest.fixture
def office(storing: Storing, log_in: Callable[[User | str], Visitor]) -> Office:
    """Harbour Architects, heard of yesterday."""
    with storing() as session:
        partner = factories.partner(session, name="Northwind Print", time_zone="UTC")
        factories.user(session, partner, email="nora@example.com")
        server = factories.server(session, partner)
        account = factories.customer(session, partner, name="Harbour Architects, LLP")
        feed = factories.feed(
            session, server, account, customer_id="HARB01", last_data_on=yesterday()
        )
        server_id, feed_id = server.id, feed.id
    return Office(log_in("nora@example.com"), server_id, feed_id)


def test_a_feed_says_when_silence_makes_it_unhealthy(office: Office, storing: Storing) -> None:
    page = office.nora.opens(office.path).text

    with storing() as session:
        holidays = public_holidays(session.get_one(Feed, office.feed_id).account)
    assert day(unhealthy_from(yesterday(), holidays)) in page
    assert "3 business days left" in page


def test_an_unhealthy_feed_says_what_to_do(office: Office, storing: Storing) -> None:
    with storing() as session:
        feed = session.get_one(Feed, office.feed_id)
        feed.health, feed.last_data_on = "unhealthy", yesterday() - timedelta(days=20)
        factories.health_change(session, feed, reason="No new data for 3 business days")

    page = office.nora.opens(office.path).text
    fragment = office.nora.opens(f"{office.path}/health").text

    assert "Ask the customer to start it" in page
    assert "No new data for 3 business days" in page
    assert "Ask the customer to start it" in fragment
    assert "<html" not in fragment


def test_pages_are_charted_by_day_with_recovered_ones_marked(
    office: Office, storing: Storing
) -> None:
    monday = yesterday() - timedelta(days=yesterday().weekday() + 7)
    with storing() as session:
        feed = session.get_one(Feed, office.feed_id)
        factories.deposit(session, feed, day=monday, pages=1_234)
        factories.deposit(session, feed, day=monday + timedelta(days=1), pages=777)
        device = factories.device(session, feed)
        factories.reading(session, device, day=monday + timedelta(days=1))

    short = office.nora.opens(office.path).text
    long = office.nora.opens(f"{office.path}?days=92").text
    nonsense = office.nora.opens(f"{office.path}?days=100000").text

    assert "1,234 pages, recovered" in short
    assert "777 pages</title>" in short
    assert short.count('<time datetime="20') == nonsense.count('<time datetime="20')
    assert long.count('<time datetime="20') == short.count('<time datetime="20') + 61


def test_devices_show_their_counts_and_sort_by_them(office: Office, storing: Storing) -> None:
    with storing() as session:
        feed = session.get_one(Feed, office.feed_id)
        factories.device(
            session, feed, asset_id="A-1", serial_number="S1", initial_count=100, latest_count=5_100
        )
        factories.device(
            session, feed, asset_id="A-2", serial_number="S2", initial_count=900, latest_count=950
        )

    page = office.nora.opens(office.path).text
    downwards = office.nora.opens(f"{office.path}?sort=-life").text
    upwards = office.nora.opens(f"{office.path}?sort=life").text
    nonsense = office.nora.opens(f"{office.path}?sort=model").text

    assert all(
        figure in page for figure in ("Start meter", "Current meter", "Pages counted", "5,000")
    )
    assert downwards.index("A-1") < downwards.index("A-2")
    assert upwards.index("A-2") < upwards.index("A-1")
    assert 'aria-sort="descending"' in downwards
    assert nonsense.index("A-1") < nonsense.index("A-2")


def test_rows_that_were_not_counted_are_told_with_their_reasons(
    office: Office, storing: Storing
) -> None:
    skipped: list[Mapping[str, object]] = [
        {"reason": "2 rows have this asset ID", "asset_id": "A-7", "serial_number": None},
        {"reason": "<b>odd</b>", "asset_id": None, "serial_number": "S9"},
    ]
    with storing() as session:
        feed = session.get_one(Feed, office.feed_id)
        collection = factories.collection(session, feed.server)
        factories.outcome(session, collection, feed, skipped=skipped)

    page = office.nora.opens(office.path).text

    assert "2 rows have this asset ID" in page
    assert "Asset A-7" in page
    assert "serial S9" in page
    assert "<b>odd" not in page


def test_held_pages_of_a_feed_are_put_before_partners_only(
    office: Office, storing: Storing, log_in: Callable[[User | str], Visitor]
) -> None:
    with storing() as session:
        feed = session.get_one(Feed, office.feed_id)
        factories.delta(session, factories.device(session, feed), pages=900_000, state="held")
        factories.user(session, feed.account, email="hana@example.com")
    hana = log_in("hana@example.com")

    assert "900,000 pages under review" in office.nora.opens(office.path).text
    assert "under review" not in hana.opens(office.path).text


def test_a_customer_sees_its_feed_without_what_is_its_dealers(
    office: Office, storing: Storing, log_in: Callable[[User | str], Visitor]
) -> None:
    with storing() as session:
        feed = session.get_one(Feed, office.feed_id)
        factories.user(session, feed.account, email="hana@example.com")
        stranger = factories.feed(session, feed.server).id
    hana = log_in("hana@example.com")

    page = hana.opens(office.path)

    assert page.status_code == 200
    assert all(word not in page.text for word in ("Collect now", "Deactivate", "/servers/"))
    assert hana.opens(f"/feeds/{stranger}").status_code == 404
    assert hana.sends(f"{office.path}/remove").status_code == 403


def test_deactivating_asks_first_and_says_what_becomes_of_pages_meanwhile(
    office: Office, storing: Storing
) -> None:
    asked = office.nora.opens(f"{office.path}/deactivate").text
    before = status(storing, office)
    response = office.nora.sends(f"{office.path}/deactivate")
    again = office.nora.sends(f"{office.path}/deactivate")

    assert "you choose whether to count the pages printed while it was inactive" in asked
    assert (before, status(storing, office)) == ("active", "inactive")
    assert (response.location, again.location) == (office.path, office.path)
    assert "Reactivate" in office.nora.opens(office.path).text


@pytest.mark.parametrize(
    ("hours", "fields", "checked", "counted"),
    [
        (2, {"pause": "count"}, "count", True),
        (2, {"pause": "skip"}, "count", False),
        (48, {"pause": "skip"}, "skip", False),
        (48, {"pause": "count"}, "skip", True),
        (48, {}, "skip", False),
        (2, {"pause": "nonsense"}, "count", True),
        (None, {}, "skip", False),
    ],
)
def test_reactivating_asks_whether_pages_printed_meanwhile_count(
    office: Office,
    storing: Storing,
    hours: int | None,
    fields: dict[str, str],
    checked: str,
    counted: bool,
) -> None:
    with storing() as session:
        feed = session.get_one(Feed, office.feed_id)
        feed.status = "inactive"
        feed.deactivated_at = None if hours is None else clock.now() - timedelta(hours=hours)
        feed.last_data_on = clock.now().date() - timedelta(days=2)
        device_id = factories.device(session, feed).id

    asked = office.nora.opens(f"{office.path}/reactivate").text
    office.nora.sends(f"{office.path}/reactivate", fields)
    page = office.nora.opens(office.path).text

    assert re.findall(r'value="(\w+)" checked', asked) == [checked]
    assert ("Inactive since" in asked) is (hours is not None)
    assert status(storing, office) == "pending"
    verdict = "Pages printed while inactive are counted." if counted else "inactive are not counted"
    assert verdict in page
    assert "Awaiting its next reading" in page
    assert "It is the baseline" not in page
    with storing() as session:
        assert session.get_one(Device, device_id).awaits_baseline is not counted
        assert session.scalars(select(HealthChange.after)).all() == ["pending"]
        entry = session.scalars(select(AuditEntry)).one()
        code = "pause_counted" if counted else "pause_not_counted"
        assert entry.details["pause"]["code"] == code
    assert "Pages printed while inactive: " in office.nora.opens("/audit").text


def test_reactivating_twice_changes_and_notes_it_once(office: Office, storing: Storing) -> None:
    with storing() as session:
        session.get_one(Feed, office.feed_id).status = "inactive"

    office.nora.sends(f"{office.path}/reactivate")
    office.nora.sends(f"{office.path}/reactivate", {"pause": "count"})

    assert "is already active" in office.nora.opens(office.path).text
    with storing() as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["feed reactivated"]


def test_a_removed_feed_keeps_its_page_and_takes_no_more_orders(
    office: Office, storing: Storing
) -> None:
    asked = office.nora.opens(f"{office.path}/remove").text
    office.nora.sends(f"{office.path}/remove")
    twice = office.nora.sends(f"{office.path}/remove")

    assert "This cannot be undone" in asked
    assert "certificates and the history are kept" in asked
    assert status(storing, office) == "removed"
    assert twice.status_code == 302
    page = office.nora.opens(office.path)
    assert "Counted pages are kept" in page.text
    assert "Collect now" not in page.text
    assert office.nora.sends(f"{office.path}/reactivate").status_code == 409
    assert office.nora.sends(f"{office.path}/collect").status_code == 409


def test_collecting_a_feed_waits_for_a_running_collection_of_its_server(
    office: Office, storing: Storing
) -> None:
    first = office.nora.sends(f"{office.path}/collect")
    second = office.nora.sends(f"{office.path}/collect")
    with storing() as session:
        made = session.scalars(select(Collection)).one()
        assert made.feed_id == office.feed_id
        made.state = "finished"
        whole = factories.collection(
            session, session.get_one(Server, office.server_id), kind="manual", state="running"
        )
        whole.queued_at = clock.now()
        whole_id = whole.id
    third = office.nora.sends(f"{office.path}/collect")

    assert first.location == second.location
    assert third.location == f"/collections/{whole_id}"


def test_the_list_is_searched_filtered_and_sorted_by_its_address(
    office: Office, storing: Storing
) -> None:
    with storing() as session:
        server = session.get_one(Server, office.server_id)
        factories.feed(session, server, customer_name="Bluebird Bakery", health="unhealthy")
        factories.feed(session, server, customer_name="Old School", status="removed")
        factories.feed(session, server, customer_name="City Clinic", status="inactive")

    lists = {
        query: office.nora.opens(f"/feeds?{query}").text
        for query in ("", "q=harb01", "health=unhealthy", "status=removed", "sort=-customer", "q=x")
    }

    assert lists[""].index("Bluebird Bakery") < lists[""].index("Harbour Architects")
    assert "Old School" not in lists[""]
    assert names(lists["q=harb01"]) == ["Harbour Architects, LLP"]
    assert names(lists["health=unhealthy"]) == ["Bluebird Bakery"]
    assert names(lists["status=removed"]) == ["Old School"]
    assert names(lists["sort=-customer"]) == [
        "Harbour Architects, LLP",
        "City Clinic",
        "Bluebird Bakery",
    ]
    assert "No feed matches" in lists["q=x"]


def test_a_long_list_has_pages_that_keep_the_filter(office: Office, storing: Storing) -> None:
    with storing() as session:
        server = session.get_one(Server, office.server_id)
        account = factories.customer(session, server.account)
        for number in range(60):
            factories.feed(session, server, account, customer_name=f"Company {number:02}")

    first = office.nora.opens("/feeds?q=company").text
    last = office.nora.opens("/feeds?q=company&page=2").text
    beyond = office.nora.opens("/feeds?q=company&page=999999999999999999999").text

    assert len(names(first)) == 50
    assert names(last) == names(beyond) == [f"Company {number}" for number in range(50, 60)]
    assert "/feeds?q=company&amp;page=2" in first


def test_the_feeds_of_a_foreign_server_are_not_there(office: Office, storing: Storing) -> None:
    with storing() as session:
        foreign = factories.server(session).id

    assert office.nora.opens(f"/feeds?server={foreign}").status_code == 404
    assert office.nora.opens("/feeds/99999999999999999999").status_code == 404


def test_devices_are_found_by_asset_serial_and_customer(office: Office, storing: Storing) -> None:
    with storing() as session:
        feed = session.get_one(Feed, office.feed_id)
        device = factories.device(session, feed, asset_id="A-77", serial_number="CNB77")
        factories.device(session, feed, asset_id="", serial_number="CNB88")
        factories.reading(session, device, day=yesterday(), count=182_345, baseline=True)
        device_id = device.id

    by_serial = office.nora.opens("/devices?q=cnb77").text
    by_customer = office.nora.opens("/devices?q=harbour").text
    page = office.nora.opens(f"/devices/{device_id}").text

    assert ("A-77" in by_serial, "CNB88" in by_serial) == (True, False)
    assert ("A-77" in by_customer, "CNB88" in by_customer) == (True, True)
    assert "Baseline" in page
    assert "182,345" in page


def test_a_device_shows_the_pages_that_it_adds_to_its_feed(
    office: Office, storing: Storing
) -> None:
    monday = yesterday() - timedelta(days=yesterday().weekday() + 7)
    with storing() as session:
        feed = session.get_one(Feed, office.feed_id)
        device = factories.device(session, feed, asset_id="A-77", serial_number="CNB77")
        first = factories.reading(session, device, day=monday, count=182_345)
        factories.delta(session, device, day=first.day, pages=1_111)
        held = factories.reading(session, device, day=monday + timedelta(days=1), count=182_345)
        factories.delta(session, device, day=held.day, pages=900_000, state="held")
        # Read again on Friday: what was printed since Tuesday is dated back.
        tuesday, friday = monday + timedelta(days=1), monday + timedelta(days=4)
        factories.reading(session, device, day=friday, count=182_345)
        factories.delta(session, device, since=tuesday, day=friday, pages=301)
        shares = dict(allocate(301, tuesday, friday, None, public_holidays(feed.account)))
        device_id = device.id

    page = office.nora.opens(f"/devices/{device_id}").text
    rows = re.findall(r'datetime="([-0-9]+)">[^<]*</time></th><td class="number">([0-9,]+)', page)

    assert {day: pages for day, pages in rows if pages != "0"} == {
        f"{monday}": "1,111",
        **{f"{day}": str(pages) for day, pages in shares.items()},
    }
    assert page.count("<td>Recovered</td>") == len(shares.keys() - {friday}) > 0
    assert page.count("<td>Under review</td>") == 1


def test_a_feed_marks_every_day_on_which_something_is_held(
    office: Office, storing: Storing
) -> None:
    with storing() as session:
        device = factories.device(session, session.get_one(Feed, office.feed_id))
        for back in range(15):  # more than are listed
            day = yesterday() - timedelta(days=back)
            factories.delta(session, device, day=day, state="held")
        factories.delta(session, device, day=yesterday() - timedelta(days=15), state="rejected")

    page = office.nora.opens(f"/feeds/{office.feed_id}").text

    assert page.count("<td>Under review</td>") == 15
    assert page.count('class="chart-bar held" x=') == 1 + 15  # the legend's, and the days'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CNB1L99_001", ["CNB1L99_001"]),  # "_" is no sign for any character
        ("cnb1l99_001", ["CNB1L99_001"]),
        ("99_001", ["CNB1L99_001", "VNC4R99_001"]),
        ("1L99_00", ["CNB1L99_001"]),
        ("L99%001", []),
        ("1L99 001", []),
    ],
)
def test_a_long_search_finds_the_whole_of_it(
    office: Office, storing: Storing, text: str, found: list[str]
) -> None:
    serials = ["CNB1L99_001", "VNC4R99_001", "CNB1L99X001"]
    with storing() as session:
        feed = session.get_one(Feed, office.feed_id)
        for serial in serials:
            factories.device(session, feed, asset_id="", serial_number=serial)

    page = office.nora.opens(f"/devices?q={quote(text)}").text

    assert [serial for serial in serials if f">{serial}<" in page] == found


def yesterday() -> date:
    """The day before the present one, in UTC."""
    return clock.now().date() - timedelta(days=1)


def status(storing: Storing, office: Office) -> str:
    """The status of the office's feed."""
    with storing() as session:
        return session.get_one(Feed, office.feed_id).status


def names(page: str) -> list[str]:
    """The customers of a list, in its order."""
    return [
        row.split(">")[1].split("<")[0]
        for row in page.split('<th scope="row"><a href="/feeds/')[1:]
    ]
