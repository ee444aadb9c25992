"""Pages of lists: none lacks a row or has it twice, with few or many found."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from tests import factories
from webapp.domain.months import Month
from webapp.models import Account, Device
from webapp.queries import devices, feeds, lists
from webapp.queries.viewer import Viewer

MONTH = Month(2026, 11)


@pytest.fixture
def viewer(session: Session) -> Viewer:
    """A partner with two feeds of four devices each; another partner has one device."""
    other = factories.partner(session, name="Other")
    foreign = factories.feed(
        session, factories.server(session, other), factories.customer(session, other)
    )
    factories.device(session, foreign, asset_id="Laser 9")
    partner = factories.partner(session, name="Own")
    server = factories.server(session, partner)
    for customer in ("Alder", "Birch"):
        account = factories.customer(session, partner, name=customer)
        feed = factories.feed(session, server, account, customer_name=customer)
        for number in range(4):
            factories.device(
                session, feed, asset_id=f"Laser {number}", latest_count=182_345 + number // 2
            )
    session.flush()
    return Viewer("partner_admin", partner.id, None)


def names(rows: Sequence[Any]) -> list[tuple[str, str]]:
    """The customers and assets of rows."""
    return [(row.customer_name, row.asset_id) for row in rows]


@pytest.mark.parametrize("sort", ["customer", "-customer", "life", "-life", "serial"])
def test_the_pages_of_a_list_are_the_whole_list(
    session: Session, viewer: Viewer, sort: str
) -> None:
    query = devices.search(session, viewer, sort=sort)

    pages = [lists.paginate(session, query, number, 3) for number in (1, 2, 3)]

    assert [len(page.items) for page in pages] == [3, 3, 2]
    assert [(page.page, page.pages, page.total) for page in pages] == [
        (1, 3, 8), (2, 3, 8), (3, 3, 8),
    ]  # fmt: skip
    assert names([row for page in pages for row in page.items]) == names(
        session.execute(query).all()
    )


def test_a_device_that_was_joined_with_another_is_listed_and_counted(
    session: Session, viewer: Viewer
) -> None:
    first, second = session.scalars(select(Device).order_by(Device.id.desc()).limit(2))
    first.moved_to = second.id
    first.feed.device_count -= 1
    query = devices.search(session, viewer)

    pages = [lists.paginate(session, query, number, 3) for number in (1, 2, 3)]

    assert len({row.id for page in pages for row in page.items}) == 8


def test_a_page_number_beyond_the_last_shows_the_last_page(
    session: Session, viewer: Viewer
) -> None:
    query = devices.search(session, viewer)

    beyond = lists.paginate(session, query, 99, 3)
    empty = lists.paginate(session, query.where(Account.id == 0), 99, 3)

    assert beyond.page == 3
    assert names(beyond.items) == [("Birch", "Laser 2"), ("Birch", "Laser 3")]
    assert (empty.items, empty.page, empty.pages, empty.total) == ([], 1, 0, 0)


@pytest.mark.parametrize("text", ["laser", "birch", "LASER 3", "own", "laser 9", "%"])
def test_a_search_has_the_same_result_among_few_and_many_rows(
    session: Session, viewer: Viewer, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    def found() -> list[list[Any]]:
        queries: list[Select[Any]] = [
            devices.search(session, viewer, text=text),
            feeds.search(session, viewer, MONTH, text=text),
        ]
        return [[tuple(row) for row in session.execute(query)] for query in queries]

    few = found()
    monkeypatch.setattr(lists, "COUNT_TO", 0)

    assert found() == few
