"""The page of a feed."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from html import unescape

from tests import factories
from tests.views.conftest import Transaction, Visitor
from tests.views.feeds.conftest import Office, yesterday
from webapp.domain.health import unhealthy_from
from webapp.filters import day
from webapp.models import Feed, User
from webapp.services.accounts.calendars import public_holidays


def addresses(page: str, query: str) -> list[str]:
    """The addresses of links whose query has a text, with their parameters in order."""
    links = [unescape(link).split("?", 1) for link in re.findall(r'href="([^"]+\?[^"]+)"', page)]
    found = [f"{path}?{'&'.join(sorted(part.split('&')))}" for path, part in links]
    return [link for link in found if query in link]


def test_a_feed_shows_when_it_becomes_unhealthy(office: Office, transaction: Transaction) -> None:
    page = office.nora.get(office.path).text

    with transaction() as session:
        holidays = public_holidays(session.get_one(Feed, office.feed_id).account)
    assert day(unhealthy_from(yesterday(), holidays)) in page
    assert "3 business days left" in page


def test_an_unhealthy_feed_shows_the_remedy(office: Office, transaction: Transaction) -> None:
    with transaction() as session:
        feed = session.get_one(Feed, office.feed_id)
        feed.health, feed.last_data_on = "unhealthy", yesterday() - timedelta(days=20)
        factories.health_change(session, feed, reason="No new data for 3 business days")

    page = office.nora.get(office.path).text

    assert "Ask the customer to start it" in page
    assert "No new data for 3 business days" in page


def test_pages_are_charted_by_day_with_recovered_ones_marked(
    office: Office, transaction: Transaction
) -> None:
    monday = yesterday() - timedelta(days=yesterday().weekday() + 7)
    with transaction() as session:
        feed = session.get_one(Feed, office.feed_id)
        factories.deposit(session, feed, day=monday, pages=1_234)
        factories.deposit(session, feed, day=monday + timedelta(days=1), pages=777)
        device = factories.device(session, feed)
        factories.reading(session, device, day=monday + timedelta(days=1))

    short = office.nora.get(office.path).text
    long = office.nora.get(f"{office.path}?range=90").text
    nonsense = office.nora.get(f"{office.path}?range=100000").text

    assert "1,234 pages, recovered" in short
    assert "777 pages</title>" in short
    assert short.count('<time datetime="20') == nonsense.count('<time datetime="20')
    assert long.count('<time datetime="20') == short.count('<time datetime="20') + 59


def test_the_period_of_the_chart_is_that_of_its_export_and_is_kept_by_sorting(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.device(session, session.get_one(Feed, office.feed_id))
    last = yesterday().isoformat()
    custom = f"from={last}&range=custom&to={last}"

    week = office.nora.get(f"{office.path}?range=7").text
    day = office.nora.get(f"{office.path}?range=custom&from={last}&to={last}").text
    exported = office.nora.get(addresses(week, "export=csv")[0]).text

    assert len(exported.splitlines()) == 1 + 7
    assert addresses(week, "sort=-life") == [f"{office.path}?range=7&sort=-life"]
    assert addresses(day, "export=csv") == [f"{office.path}?export=csv&{custom}"]


def test_devices_show_their_counts_and_sort_by_them(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        feed = session.get_one(Feed, office.feed_id)
        factories.device(
            session, feed, asset_id="A-1", serial_number="S1", initial_count=100, latest_count=5_100
        )
        factories.device(
            session, feed, asset_id="A-2", serial_number="S2", initial_count=900, latest_count=950
        )

    page = office.nora.get(office.path).text
    downwards = office.nora.get(f"{office.path}?sort=-life").text
    upwards = office.nora.get(f"{office.path}?sort=life").text
    nonsense = office.nora.get(f"{office.path}?sort=model").text

    assert all(
        figure in page for figure in ("Start meter", "Current meter", "Pages counted", "5,000")
    )
    assert downwards.index("A-1") < downwards.index("A-2")
    assert upwards.index("A-2") < upwards.index("A-1")
    assert 'aria-sort="descending"' in downwards
    assert nonsense.index("A-1") < nonsense.index("A-2")


def test_rows_that_were_not_counted_are_reported_with_their_reasons(
    office: Office, transaction: Transaction
) -> None:
    skipped: list[Mapping[str, object]] = [
        {"reason": "2 rows have this asset ID", "asset_id": "A-7", "serial_number": None},
        {"reason": "<b>odd</b>", "asset_id": None, "serial_number": "S9"},
    ]
    with transaction() as session:
        feed = session.get_one(Feed, office.feed_id)
        collection = factories.collection(session, feed.server)
        factories.outcome(session, collection, feed, skipped=skipped)

    page = office.nora.get(office.path).text

    assert "2 rows have this asset ID" in page
    assert "Asset A-7" in page
    assert "serial S9" in page
    assert "<b>odd" not in page


def test_held_pages_of_a_feed_are_shown_to_partners_only(
    office: Office, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        feed = session.get_one(Feed, office.feed_id)
        factories.delta(session, factories.device(session, feed), pages=900_000, state="held")
        factories.user(session, feed.account, email="hana@example.com")
    hana = log_in("hana@example.com")

    assert "900,000 pages under review" in office.nora.get(office.path).text
    assert "under review" not in hana.get(office.path).text


def test_a_customer_sees_its_feed_without_data_of_the_partner(
    office: Office, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        feed = session.get_one(Feed, office.feed_id)
        factories.user(session, feed.account, email="hana@example.com")
        other_feed = factories.feed(session, feed.server).id
    hana = log_in("hana@example.com")

    page = hana.get(office.path)

    assert page.status_code == 200
    assert all(word not in page.text for word in ("Collect now", "Deactivate", "/servers/"))
    assert hana.get(f"/feeds/{other_feed}").status_code == 404
    assert hana.post(f"{office.path}/remove").status_code == 403


def test_the_chart_of_a_feed_marks_days_with_held_pages(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        device = factories.device(session, session.get_one(Feed, office.feed_id))
        for back in range(15):  # more than are listed
            day = yesterday() - timedelta(days=back)
            factories.delta(session, device, day=day, state="held")
        factories.delta(session, device, day=yesterday() - timedelta(days=15), state="rejected")

    page = office.nora.get(f"/feeds/{office.feed_id}").text

    assert page.count('class="chart-held-line"') == 15
