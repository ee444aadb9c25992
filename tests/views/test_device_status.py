"""Devices that are silent or missing, in the console."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from tests import factories
from tests.factories import NOW, TODAY
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import Device, User
from webapp.models.device_attention import DeviceAttention
from webapp.services.feeds import device_status


@pytest.fixture
def nora(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> Visitor:
    """The administrator of a partner with a silent, a missing and a reporting printer."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print", time_zone="UTC")
        factories.user(session, partner, email="nora@example.com")
        server = factories.server(session, partner)
        feed = factories.feed(session, server, customer_name="Bluebird Bakery")
        factories.device(session, feed, asset_id="OVEN", latest_on=TODAY - timedelta(days=20))
        gone = factories.device(session, feed, asset_id="GONE")
        gone.missing_since = TODAY - timedelta(days=1)
        factories.device(session, feed, asset_id="FRONT-DESK")
        factories.user(session, feed.account, email="bakery@example.com")
        session.flush()
        device_status.update(session, server.id, TODAY)
    return log_in("nora@example.com")


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("?status=attention", ("OVEN", "GONE"), ("FRONT-DESK",)),
        ("?status=silent", ("OVEN",), ("GONE", "FRONT-DESK")),
        ("?status=missing", ("GONE",), ("OVEN", "FRONT-DESK")),
        ("?status=attention&q=oven", ("OVEN",), ("GONE", "FRONT-DESK")),
        ("?status=missing&feed=1&sort=-day", ("GONE",), ("OVEN", "FRONT-DESK")),
        ("?status=nonsense", ("OVEN", "GONE", "FRONT-DESK"), ()),
    ],
)
def test_the_list_is_filtered_by_status(
    nora: Visitor, query: str, shown: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    page = nora.get(f"/devices{query}").text
    file = nora.get(f"/devices{query}&export=csv").text

    for text in (page, file):
        assert all(asset in text for asset in shown)
        assert not any(asset in text for asset in hidden)


def test_rows_and_exports_name_the_status(nora: Visitor) -> None:
    page = nora.get("/devices").text
    rows = nora.get("/devices?export=csv").text.splitlines()

    assert page.count('class="badge wait"') == 2
    status_of = {row.split(",")[0]: row.split(",")[-1] for row in rows}
    assert status_of["OVEN"] == "Not reporting"
    assert status_of["GONE"] == "Missing"
    assert status_of["FRONT-DESK"] == ""


def test_home_counts_silent_and_missing_devices_and_links_to_the_list(nora: Visitor) -> None:
    page = nora.get("/").text

    assert "2 printers have stopped reporting" in page
    assert "1 not reporting for 3 business days or longer, 1 missing from Printerpoint." in page
    assert 'href="/devices?status=attention"' in page
    assert 'href="/devices?status=silent"' in page
    assert "Nothing needs attention" not in page


@pytest.mark.parametrize(
    ("other", "expected"),
    [("GONE", "Not reporting for 3 business days or longer,"), ("OVEN", "Missing from Printer")],
)
def test_home_names_only_statuses_with_devices(
    nora: Visitor, transaction: Transaction, other: str, expected: str
) -> None:
    with transaction() as session:
        device = session.scalars(select(Device).where(Device.asset_id == other)).one()
        session.execute(delete(DeviceAttention).where(DeviceAttention.device_id == device.id))

    page = nora.get("/").text

    assert "1 printer has stopped reporting" in page
    assert expected in page
    assert "0 not reporting" not in page
    assert "0 missing" not in page


def test_the_page_of_a_silent_device_shows_the_remedy(nora: Visitor) -> None:
    page = nora.get("/devices/1").text

    assert "although other printers of this customer have" in page


def test_an_empty_list_shows_a_message(
    nora: Visitor, log_in: Callable[[User | str], Visitor]
) -> None:
    nothing = nora.get("/devices?status=missing&q=oven").text
    with_feed = log_in("bakery@example.com").get("/devices?status=silent").text

    assert "No device matches" in nothing
    assert "OVEN" in with_feed


def test_an_unreadable_device_state_is_reported_on_its_page(
    nora: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        device = session.scalars(select(Device).where(Device.asset_id == "OVEN")).one()
        device.state = {"version": 99}
        device_id = device.id

    assert "stored data of this printer is damaged" in nora.get(f"/devices/{device_id}").text
