"""The list and the page of servers: checks, changes, collections."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select

from tests import factories
from tests.views.conftest import Transaction, Visitor
from tests.views.servers.conftest import Office
from webapp import clock
from webapp.domain.reasons import reason
from webapp.models import Collection, Feed, HealthChange, Server, User
from webapp.printerpoint.sandbox import Sandbox

HTMX = {"HX-Request": "true"}


def test_a_check_shows_its_result_in_the_page(office: Office) -> None:
    response = office.nora.post(f"/servers/{office.server_id}/check", headers=HTMX)

    assert response.status_code == 200
    assert "Printerpoint is reachable." in response.text
    assert "<html" not in response.text


def test_a_failed_check_pauses_the_server_and_a_passed_one_resumes_it(
    office: Office, transaction: Transaction, printerpoint: Sandbox
) -> None:
    path = f"/servers/{office.server_id}"
    printerpoint.refuse()

    failed = office.nora.post(f"{path}/check")
    paused = office.nora.get(path).text
    again = office.nora.post(f"{path}/check", headers=HTMX).text
    printerpoint.recover()
    passed = office.nora.post(f"{path}/check", headers=HTMX)

    assert failed.location == path
    assert "Collection is paused" in paused
    assert "Replace token" in paused
    assert "the problem persists" in again
    # A change concerns the whole page, so the browser has to load it again.
    assert passed.headers["HX-Refresh"] == "true"
    with transaction() as session:
        changes = session.execute(select(HealthChange.before, HealthChange.after)).all()
    assert [tuple(change) for change in changes] == [
        ("healthy", "unhealthy"),
        ("unhealthy", "healthy"),
    ]


def test_a_token_that_cannot_be_decrypted_does_not_change_the_health(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        session.get_one(Server, office.server_id).encrypted_token = b"encrypted with another key"

    response = office.nora.post(f"/servers/{office.server_id}/check", headers=HTMX)

    assert "Enter the token again" in response.text
    with transaction() as session:
        assert session.get_one(Server, office.server_id).health == "healthy"


def test_a_token_that_cannot_be_decrypted_is_reported_until_it_is_entered_again(
    office: Office,
    transaction: Transaction,
    log_in: Callable[[str], Visitor],
    printerpoint: Sandbox,
) -> None:
    with transaction() as session:
        server = session.get_one(Server, office.server_id)
        server.encrypted_token = b"encrypted with another key"
        feed = factories.feed(session, server, status="pending")
        factories.user(session, server.account, email="vera@example.com", role="partner_viewer")
        factories.user(session, feed.account, email="carl@example.com")
        factories.user(session, email="olga@example.com", role="operations")
        of_feed = f"/feeds/{feed.id}"
    of_server = f"/servers/{office.server_id}"
    people = [office.nora, log_in("vera@example.com"), log_in("olga@example.com")]
    office.nora.post(f"{of_server}/check")

    shown = [[who.get(path).text for path in (of_server, of_feed, "/")] for who in people]
    customer = log_in("carl@example.com").get(of_feed).text
    office.nora.post(f"{of_server}/token", {"token": printerpoint.token})
    entered = [office.nora.get(path).text for path in (of_server, of_feed, "/")]

    for pages in shown:
        assert "The token must be entered again" in pages[0]
        assert "<dt>Health</dt>" not in pages[0]
        assert "Collect now" not in pages[0]
        assert "The token of its server must be entered again" in pages[1]
        assert "Expected from the next nightly run" not in pages[1]
        assert "can no longer be decrypted. Enter the token again." in pages[2]
        assert "Nothing needs attention" not in pages[2]
    assert [f'{of_server}/token">Enter' in pages[0] for pages in shown] == [True, False, True]
    assert not any("decrypted" in page for page in (customer, *entered))


def test_a_server_whose_token_cannot_be_decrypted_is_listed_as_unhealthy(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        server = session.get_one(Server, office.server_id)
        server.token_unreadable_since = clock.now()
        why = reason("unreadable_token")
        failed = factories.collection(session, server, state="failed", reason=why)
        of_collection = f"/collections/{failed.id}"
    of_server = f"/servers/{office.server_id}"

    healthy = office.nora.get("/servers?health=healthy").text
    unhealthy = office.nora.get("/servers?health=unhealthy").text
    exported = office.nora.get("/servers?export=csv").text

    assert of_server not in healthy
    assert of_server in unhealthy
    assert "can no longer be decrypted" in exported
    assert f'{of_server}">See what to do' in office.nora.get(of_collection).text


def test_a_server_is_renamed(office: Office) -> None:
    path = f"/servers/{office.server_id}"

    empty = office.nora.post(f"{path}/name", {"name": " "})
    named = office.nora.post(f"{path}/name", {"name": "Boston"})

    assert empty.status_code == 422
    assert named.location == path
    assert "<h1>Boston</h1>" in office.nora.get(path).text


def test_removing_requires_confirmation_and_the_history_stays_visible(
    office: Office, transaction: Transaction
) -> None:
    path = f"/servers/{office.server_id}"
    with transaction() as session:
        feed_id = factories.feed(session, session.get_one(Server, office.server_id)).id

    confirmation = office.nora.get(f"{path}/remove").text
    removed = office.nora.post(f"{path}/remove")
    twice = office.nora.post(f"{path}/remove")

    assert "Its feed is removed with it" in confirmation
    assert (removed.location, twice.location) == ("/servers", "/servers")
    page = office.nora.get(path).text
    assert "This server was removed" in page
    assert "Nothing was collected before it was removed." in page
    assert "first one starts within minutes" not in page
    assert "<dt>Health</dt>" not in page
    feeds = office.nora.get(f"/feeds?server={office.server_id}").text
    assert "This server was removed together with its feeds" in feeds
    assert "status=removed" in feeds
    assert "No servers yet" in office.nora.get("/servers").text
    assert office.nora.post(f"{path}/check").status_code == 409
    with transaction() as session:
        assert session.get_one(Feed, feed_id).status == "removed"


def test_collecting_creates_one_request_however_often_it_is_clicked(
    office: Office, transaction: Transaction
) -> None:
    path = f"/servers/{office.server_id}/collect"

    first = office.nora.post(path)
    page = office.nora.get(first.location).text
    second = office.nora.post(path)

    assert first.location == second.location
    # No Redis runs in this test: the collection is stored, and the page shows a message.
    assert "queue cannot be reached" in page
    with transaction() as session:
        collection = session.scalars(select(Collection)).one()
        assert (collection.kind, collection.state) == ("manual", "queued")
        assert first.location == f"/collections/{collection.id}"


def test_a_paused_server_is_not_collected(office: Office, transaction: Transaction) -> None:
    with transaction() as session:
        session.get_one(Server, office.server_id).health = "unhealthy"

    response = office.nora.post(f"/servers/{office.server_id}/collect")

    assert response.location == f"/servers/{office.server_id}"
    assert "Check the server first" in office.nora.get(response.location).text
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Collection)) == 0


def test_the_list_is_searched_and_filtered_by_its_address(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        partner = session.get_one(Server, office.server_id).account
        factories.server(session, partner, name="100%_sure", health="unhealthy")
        factories.server(session, partner, name="Salem")

    everything = office.nora.get("/servers").text
    found = office.nora.get("/servers?q=SALEM").text
    signs = office.nora.get("/servers?q=%25_").text
    unhealthy = office.nora.get("/servers?health=unhealthy").text
    nothing = office.nora.get("/servers?q=nowhere&page=x&sort=nonsense&endpoint=1").text

    assert everything.index("100%_sure") < everything.index("Salem")
    assert ("Salem" in found, "100%_sure" in found) == (True, False)
    assert ("100%_sure" in signs, "Salem" in signs) == (True, False)
    assert ("100%_sure" in unhealthy, "Salem" in unhealthy) == (True, False)
    assert "No server matches" in nothing


def test_the_list_returns_only_its_rows_to_htmx(office: Office) -> None:
    rows = office.nora.get("/servers?q=printer", HTMX)
    restored = office.nora.get("/servers", {**HTMX, "HX-History-Restore-Request": "true"})

    assert "Printerpoint" in rows.text
    assert "<html" not in rows.text
    assert "HX-Request" in rows.vary
    assert "<html" in restored.text


def test_viewers_see_pages_and_change_nothing(
    office: Office, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        partner = session.get_one(Server, office.server_id).account
        factories.user(session, partner, role="partner_viewer", email="vic@example.com")
    vic = log_in("vic@example.com")
    path = f"/servers/{office.server_id}"

    page = vic.get(path)

    assert page.status_code == 200
    assert "Check now" not in page.text
    assert {
        vic.post(f"{path}/{verb}").status_code
        for verb in ("check", "collect", "token", "name", "remove", "feeds/new", "customers")
    } == {403}


def test_the_page_of_a_server_shows_its_history(office: Office, transaction: Transaction) -> None:
    with transaction() as session:
        server = session.get_one(Server, office.server_id)
        factories.health_change(session, server, at=clock.now() - timedelta(days=1))
        factories.collection(session, server, state="failed", reason="It did not answer")
        factories.feed(session, server, customer_name="Harbour Architects", health="unhealthy")

    page = office.nora.get(f"/servers/{office.server_id}").text

    assert "Printerpoint cannot be reached" in page
    assert "Failed" in page
    assert "1 unhealthy" in page
    assert "Harbour Architects" in page
