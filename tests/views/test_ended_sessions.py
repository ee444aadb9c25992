"""What a tab shows whose session has ended elsewhere."""

from collections.abc import Callable

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import User
from webapp.services.accounts import sessions as service


def test_a_request_of_an_ended_session_is_explained_at_the_login(
    log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        user = factories.user(session, email="ada@example.com")
    ada = log_in("ada@example.com")
    with transaction() as session:
        service.end_all(session, session.get_one(User, user.id), clock.now())

    fragment = ada.get("/feeds", {"HX-Request": "true"})
    answer = ada.get("/feeds?q=x")
    page = ada.get(answer.location).text

    assert fragment.status_code == 401
    assert answer.location == "/login?next=/feeds?q%3Dx"
    assert "Your session has ended. Log in to continue." in page
    assert "Your session has ended" not in ada.get("/login").text


def test_a_form_of_an_ended_session_changes_nothing_and_is_explained_at_the_login(
    visitor: Visitor,
) -> None:
    answer = visitor.post("/profile/edit", {"full_name": "Eve"})

    assert answer.location == "/login"
    assert "so nothing was changed" in visitor.get("/login").text


def test_a_first_visit_has_no_message_about_an_ended_session(visitor: Visitor) -> None:
    answer = visitor.get("/feeds")

    assert "Set-Cookie" not in answer.headers
    assert "has ended" not in visitor.get(answer.location).text
