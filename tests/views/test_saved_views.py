"""Saved views: the filters of a list under a name, and nothing else."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp.models import Account, SavedView, User
from webapp.services.accounts.saved_views import MOST_VIEWS
from webapp.views.shared import listing


@dataclass(frozen=True, slots=True)
class Desk:
    """A partner with a feed, and its administrator."""

    nora: Visitor
    nora_id: int
    partner_id: int


@pytest.fixture
def desk(transaction: Transaction, log_in: Callable[[User | str], Visitor]) -> Desk:
    """Nora of Northwind."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        nora = factories.user(session, partner, email="nora@example.com")
        factories.feed(session, factories.server(session, partner), customer_name="Harbour")
        ids = (nora.id, partner.id)
    return Desk(log_in("nora@example.com"), *ids)


def stored(transaction: Transaction) -> list[tuple[str, str, dict[str, str]]]:
    """All saved views."""
    with transaction() as session:
        views = session.scalars(select(SavedView).order_by(SavedView.id))
        return [(view.list_name, view.name, view.filters) for view in views]


def test_the_filters_of_a_list_are_saved_and_shown_above_it(
    desk: Desk, transaction: Transaction
) -> None:
    filtered = desk.nora.get("/feeds?health=unhealthy&q=har&page=1").text
    found = re.search(r'href="(/views/feeds/new[^"]+)"', filtered)
    assert found
    address = found[1].replace("&amp;", "&")

    form = desk.nora.get(address)
    response = desk.nora.post(address, {"name": "  Silent   harbours "})

    assert form.status_code == 200
    assert response.location == "/feeds?health=unhealthy&q=har"
    assert stored(transaction) == [
        ("feeds", "Silent harbours", {"health": "unhealthy", "q": "har"}),
    ]
    page = desk.nora.get("/feeds").text
    assert "The view has been saved." in page
    assert re.search(r'href="/feeds\?health=unhealthy&amp;q=har">\s*Silent harbours</a>', page)
    assert page.index("Silent harbours") < page.index('id="rows"')
    assert "Silent harbours" not in desk.nora.get("/devices").text


def test_an_unfiltered_list_offers_nothing_to_save(desk: Desk, transaction: Transaction) -> None:
    assert "/views/feeds/new" not in desk.nora.get("/feeds?page=1").text

    response = desk.nora.post("/views/feeds/new", {"name": "All"})

    assert response.status_code == 422
    assert "The list has no filters to save." in response.text
    assert stored(transaction) == []


@pytest.mark.parametrize("noun", sorted({*listing.LISTS} - {"notifications"}))
def test_a_list_offers_to_save_its_filters_once_above_the_rows(desk: Desk, noun: str) -> None:
    page = desk.nora.get(f"/{noun}?q=har&state=failed").text

    assert page.count('id="save-view"') == 1
    assert page.index(f'href="/views/{noun}/new?') < page.index('id="rows"')


def test_rows_for_htmx_replace_the_link_that_saves_the_view(desk: Desk) -> None:
    filtered = desk.nora.get("/feeds?health=unhealthy", headers={"HX-Request": "true"}).text
    unfiltered = desk.nora.get("/feeds", headers={"HX-Request": "true"}).text

    link = '<span class="save-view" id="save-view" data-hx-swap-oob="true">'
    assert filtered.count(link) == unfiltered.count(link) == 1
    assert "/views/feeds/new?health=unhealthy" in filtered
    assert "/views/feeds/new" not in unfiltered


def test_filters_that_are_saved_are_not_offered_to_be_saved_again(
    desk: Desk, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        partner = session.get_one(Account, desk.partner_id)
        factories.user(session, partner, email="omar@example.com")
    desk.nora.post("/views/feeds/new?health=unhealthy&q=har", {"name": "Mine"})
    link = 'href="/views/feeds/new?'

    saved = desk.nora.get("/feeds?q=+har&health=unhealthy&page=1")
    fragment = desk.nora.get("/feeds?health=unhealthy&q=har", headers={"HX-Request": "true"})

    assert link not in saved.text
    assert link not in fragment.text
    assert link in desk.nora.get("/feeds?health=unhealthy&q=har&sort=name").text
    assert link in log_in("omar@example.com").get("/feeds?health=unhealthy&q=har").text


def test_only_known_parameters_are_stored(desk: Desk, transaction: Transaction) -> None:
    query = (
        "q=%22%3E%3Cscript%3E%00&next=//evil.example&_external=1&_scheme=javascript&_anchor=x"
        f"&page=7&export=csv&sort={'x' * 300}&name=other"
    )

    response = desk.nora.post(f"/views/feeds/new?{query}", {"name": "<b>Mine</b>"})

    ((_, name, filters),) = stored(transaction)
    assert name == "<b>Mine</b>"
    assert filters == {"q": '"><script>', "sort": "x" * 200}
    assert response.location.startswith("/feeds?q=")
    page = desk.nora.get("/feeds").text
    assert "<script>" not in page.partition("</head>")[2].replace("<script src", "")
    assert "&lt;b&gt;Mine&lt;/b&gt;" in page
    assert "evil.example" not in page


@pytest.mark.parametrize("name", ["home", "auth", "feeds.show", "..", "//evil.example"])
def test_only_lists_have_views(desk: Desk, transaction: Transaction, name: str) -> None:
    response = desk.nora.post(f"/views/{name}/new?q=x", {"name": "Mine"})

    assert response.status_code in (404, 308)
    assert stored(transaction) == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\u202eb"])
def test_a_name_is_required_and_limited(desk: Desk, transaction: Transaction, name: str) -> None:
    response = desk.nora.post("/views/feeds/new?q=x", {"name": name})

    assert response.status_code == 422
    assert stored(transaction) == []


@pytest.mark.both_databases
def test_a_view_of_the_same_name_is_replaced(desk: Desk, transaction: Transaction) -> None:
    for text in ("one", "two"):
        desk.nora.post(f"/views/feeds/new?q={text}", {"name": "Mine"})

    assert stored(transaction) == [("feeds", "Mine", {"q": "two"})]


def test_the_number_of_views_of_a_list_is_limited(desk: Desk, transaction: Transaction) -> None:
    with transaction() as session:
        nora = session.get_one(User, desk.nora_id)
        for number in range(MOST_VIEWS):
            factories.saved_view(session, nora, name=f"View {number}")

    response = desk.nora.post("/views/feeds/new?q=x", {"name": "One more"})
    desk.nora.post("/views/feeds/new?q=x", {"name": "View 3"})
    desk.nora.post("/views/devices/new?q=x", {"name": "Elsewhere"})

    assert response.status_code == 422
    assert "at most 20 saved views" in response.text
    assert len(stored(transaction)) == MOST_VIEWS + 1


def test_a_view_is_deleted_after_confirmation(desk: Desk, transaction: Transaction) -> None:
    with transaction() as session:
        number = factories.saved_view(session, session.get_one(User, desk.nora_id)).id

    confirmation = desk.nora.get(f"/views/{number}/delete")
    before = stored(transaction)
    response = desk.nora.post(f"/views/{number}/delete")
    again = desk.nora.post(f"/views/{number}/delete")

    assert "Delete this view?" in confirmation.text
    assert len(before) == 1
    assert (response.location, again.location) == ("/feeds", "/")
    assert stored(transaction) == []


def test_views_of_others_are_neither_seen_nor_deleted(
    desk: Desk, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        number = factories.saved_view(session, session.get_one(User, desk.nora_id)).id
        partner = session.get_one(Account, desk.partner_id)
        factories.user(session, partner, email="omar@example.com")
    omar = log_in("omar@example.com")

    omar.post(f"/views/{number}/delete")

    assert "Unhealthy feeds" not in omar.get("/feeds").text
    assert "Unhealthy feeds" not in omar.get(f"/views/{number}/delete").text
    assert len(stored(transaction)) == 1


@pytest.mark.parametrize("name", sorted(set(listing.LISTS) - {"notifications"}))
def test_every_list_has_views(desk: Desk, transaction: Transaction, name: str) -> None:
    response = desk.nora.post(f"/views/{name}/new?q=x&sort=name", {"name": "Mine"})

    page = desk.nora.get(response.location).text
    assert f'href="/views/{name}/new?' not in page
    assert re.search(r">\s*Mine</a>", page)
