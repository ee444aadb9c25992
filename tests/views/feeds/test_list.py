"""The list of feeds."""

from tests import factories
from tests.views.conftest import Transaction
from tests.views.feeds.conftest import Office
from webapp.models import Server


def test_the_list_is_searched_filtered_and_sorted_by_its_address(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        server = session.get_one(Server, office.server_id)
        factories.feed(session, server, customer_name="Bluebird Bakery", health="unhealthy")
        factories.feed(session, server, customer_name="Old School", status="removed")
        factories.feed(session, server, customer_name="City Clinic", status="inactive")

    lists = {
        query: office.nora.get(f"/feeds?{query}").text
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


def test_a_long_list_has_pages_that_retain_the_filter(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        server = session.get_one(Server, office.server_id)
        account = factories.customer(session, server.account)
        for number in range(60):
            factories.feed(session, server, account, customer_name=f"Company {number:02}")

    first = office.nora.get("/feeds?q=company").text
    last = office.nora.get("/feeds?q=company&page=2").text
    beyond = office.nora.get("/feeds?q=company&page=999999999999999999999").text

    assert len(names(first)) == 50
    assert names(last) == names(beyond) == [f"Company {number}" for number in range(50, 60)]
    assert "/feeds?q=company&amp;page=2" in first


def test_the_feeds_of_another_partners_server_are_not_found(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        foreign = factories.server(session).id

    assert office.nora.get(f"/feeds?server={foreign}").status_code == 404
    assert office.nora.get("/feeds/99999999999999999999").status_code == 404


def names(page: str) -> list[str]:
    """The customers of a list, in its order."""
    return [
        row.split(">")[1].split("<")[0]
        for row in page.split('<th scope="row"><a href="/feeds/')[1:]
    ]
