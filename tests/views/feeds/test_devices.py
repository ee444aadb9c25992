"""The list of devices, and the page of a device."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from tests import factories
from tests.views.conftest import Transaction
from tests.views.feeds.conftest import Office, yesterday
from webapp.domain.metering.days import allocate
from webapp.models import Feed


def test_devices_are_found_by_asset_serial_and_customer(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        feed = session.get_one(Feed, office.feed_id)
        device = factories.device(session, feed, asset_id="A-77", serial_number="CNB77")
        factories.device(session, feed, asset_id="", serial_number="CNB88")
        factories.reading(session, device, day=yesterday(), count=182_345, baseline=True)
        device_id = device.id

    by_serial = office.nora.get("/devices?q=cnb77").text
    by_customer = office.nora.get("/devices?q=harbour").text
    page = office.nora.get(f"/devices/{device_id}").text

    assert ("A-77" in by_serial, "CNB88" in by_serial) == (True, False)
    assert ("A-77" in by_customer, "CNB88" in by_customer) == (True, True)
    assert "Baseline" in page
    assert "182,345" in page


@pytest.mark.usefixtures("fixed_clock")
def test_a_device_shows_the_pages_that_it_adds_to_its_feed(
    office: Office, transaction: Transaction
) -> None:
    monday = yesterday() - timedelta(days=yesterday().weekday() + 7)
    with transaction() as session:
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
        shares = dict(allocate(301, tuesday, friday, None, holidays=()))
        device_id = device.id

    page = office.nora.get(f"/devices/{device_id}").text
    rows = re.findall(
        r'datetime="([-0-9]+)">[^<]*</time></th>\s*<td class="number">([0-9,]+)', page
    )

    assert {day: pages for day, pages in rows if pages != "0"} == {
        f"{monday}": "1,111",
        **{f"{day}": str(pages) for day, pages in shares.items()},
    }
    assert page.count("<td>Recovered</td>") == len(shares.keys() - {friday}) > 0
    assert re.search(rf"{tuesday:%b %-d, %Y}: [^;<]*; 900,000 pages under review", page)


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
def test_a_long_search_text_is_compared_completely(
    office: Office, transaction: Transaction, text: str, found: list[str]
) -> None:
    serials = ["CNB1L99_001", "VNC4R99_001", "CNB1L99X001"]
    with transaction() as session:
        feed = session.get_one(Feed, office.feed_id)
        for serial in serials:
            factories.device(session, feed, asset_id="", serial_number=serial)

    page = office.nora.get(f"/devices?q={quote(text)}").text

    assert [serial for serial in serials if f">{serial}<" in page] == found
