"""CSRF tokens of forms."""

from collections.abc import Callable

from tests import factories
from tests.views.conftest import Transaction, Visitor


def test_a_form_without_a_csrf_token_is_refused(
    log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")
    visitor = log_in("ada@example.com")

    responses = [
        visitor.client.post("/logout"),
        visitor.client.post("/logout", data={"csrf_token": "made up"}),
        visitor.client.post("/accounts/new", data={"name": "Bakery"}),
    ]

    assert [response.status_code for response in responses] == [400, 400, 400]
    assert "reload the page" in responses[0].text
    assert visitor.get("/").status_code == 200


def test_a_csrf_token_in_the_header_is_accepted(
    log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")
    visitor = log_in("ada@example.com")

    response = visitor.client.post("/logout", headers={"X-CSRFToken": visitor.token()})

    assert response.status_code == 302


def test_a_csrf_token_of_another_session_is_refused(
    log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")
    ada, again = log_in("ada@example.com"), log_in("ada@example.com")

    assert ada.token() != again.token()
    refused = again.client.post("/logout", data={"csrf_token": ada.token()})
    assert refused.status_code == 400
    assert "you logged in again in another tab" in refused.text
    assert again.post("/logout").status_code == 302
