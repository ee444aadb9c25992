"""The password is required again before changes of access."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.factories import PASSWORD
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import Server, User, UserSession

LogIn = Callable[[str], Visitor]
LATER = timedelta(minutes=15)
NOTHING_CHANGED = "Your password is confirmed. Nothing was changed yet: "


@pytest.fixture
def ids(transaction: Transaction) -> dict[str, int]:
    """A partner with an administrator, another user and a server."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind")
        factories.user(session, partner, email="ada@example.com")
        other = factories.user(session, partner, email="bob@example.com")
        gone = factories.user(session, partner, disabled_at=factories.NOW)
        server = factories.server(session, partner)
        return {"user": other.id, "gone": gone.id, "server": server.id}


@pytest.fixture
def ada(ids: dict[str, int], log_in: LogIn, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    """An administrator who logged in 15 minutes ago."""
    visitor = log_in("ada@example.com")
    later = clock.now() + LATER
    monkeypatch.setattr(clock, "now", lambda: later)
    return visitor


@pytest.mark.parametrize(
    ("path", "form", "cancel"),
    [
        ("/users/new", "/users/new", "/users"),
        ("/users/{user}/invite", "/users/{user}", "/users/{user}"),
        ("/users/{user}/disable", "/users/{user}/disable", "/users/{user}"),
        ("/users/{gone}/enable", "/users/{gone}", "/users/{gone}"),
        ("/servers/new", "/servers/new", "/servers"),
        ("/servers/{server}/token", "/servers/{server}/token", "/servers/{server}"),
        ("/servers/{server}/remove", "/servers/{server}/remove", "/servers/{server}"),
    ],
)
def test_a_change_of_access_redirects_to_the_confirmation_and_back_to_its_form(
    ada: Visitor, ids: dict[str, int], transaction: Transaction, path: str, form: str, cancel: str
) -> None:
    own_form = {"Referer": f"http://localhost{form.format(**ids)}"}
    response = ada.post(path.format(**ids), {}, own_form)
    confirmation = ada.get(response.location)
    back = ada.post(response.location, {"password": PASSWORD})

    form, cancel = form.format(**ids), cancel.format(**ids)
    returned = ada.get(back.location)

    assert response.location == f"/confirm?next={form}&back={cancel}&refused=form"
    assert "Enter your password to change users and tokens." in confirmation.text
    assert f'href="{cancel}">Cancel' in confirmation.text
    assert back.location == form
    assert returned.status_code == 200
    assert NOTHING_CHANGED in returned.text
    assert NOTHING_CHANGED not in ada.get(form).text
    with transaction() as session:
        users = session.scalars(select(User.disabled_at).order_by(User.id)).all()
        assert [moment is None for moment in users] == [True, True, False]
        assert session.scalars(select(Server.removed_at)).one() is None


def test_typed_values_are_in_the_form_after_the_confirmation(ada: Visitor) -> None:
    typed = {"full_name": "Eve “<b>” Núñez", "email": "eve@example.com", "role": "partner_viewer"}
    response = ada.post("/users/new", typed)
    back = ada.post(response.location, {"password": PASSWORD})
    page = ada.get(back.location).text
    invited = ada.post("/users/new", typed)

    assert f"{NOTHING_CHANGED}check the form, and send it again." in page
    assert 'value="Eve “&lt;b&gt;” Núñez"' in page
    assert 'value="eve@example.com"' in page
    assert re.search(
        r'checked[^>]* value="partner_viewer"|value="partner_viewer"[^>]* checked', page
    )
    assert invited.status_code == 201
    assert "eve@example.com" not in ada.get("/users/new").text


def test_a_token_is_entered_again_after_the_confirmation(ada: Visitor) -> None:
    token = "secret-token-0123456789"
    response = ada.post("/servers/new", {"name": "Second login", "token": token})
    with ada.client.session_transaction() as stored:
        in_cookie = str(dict(stored))
    back = ada.post(response.location, {"password": PASSWORD})
    page = ada.get(back.location).text

    assert response.location.endswith("&refused=token")
    assert f"{NOTHING_CHANGED}enter the token again, and send the form." in page
    assert 'value="Second login"' in page
    assert token not in in_cookie + page


@pytest.mark.parametrize(
    "fields",
    [
        {"full_name": "🌲" * 2_000},
        {"role": "operations"},
        {"email": ["a@example.com", "b@example.com"]},
        {"full_name": "\x00\r\n\u202e", "email": ""},
        {"account": "9" * 5_000},
    ],
)
@pytest.mark.parametrize("path", ["/users/new", "/servers/new"])
def test_hostile_fields_are_no_error_after_the_confirmation(
    ada: Visitor, path: str, fields: dict[str, object]
) -> None:
    response = ada.post(path, fields)
    cookies = response.headers.getlist("Set-Cookie")
    back = ada.post(response.location, {"password": PASSWORD})

    assert all(len(cookie) < 4_000 for cookie in cookies)
    assert ada.get(back.location).status_code == 200


def test_typed_values_of_one_form_are_in_no_other(ada: Visitor) -> None:
    ada.post("/servers/new", {"name": "Second login"})
    response = ada.post("/users/new", {"full_name": "Eve"})
    ada.post(response.location, {"password": PASSWORD})

    invitation, server = (ada.get(path).text for path in ("/users/new", "/servers/new"))

    assert 'value="Eve"' in invitation
    assert "Second login" not in invitation
    assert 'value="Second login"' in server
    assert 'value="Eve"' not in server


def test_typed_values_are_deleted_at_the_log_out(ada: Visitor) -> None:
    ada.post("/users/new", {"full_name": "Eve"})
    ada.post("/logout")
    ada.log_in("bob@example.com")

    assert 'value="Eve"' not in ada.get("/users/new").text


def test_a_confirmation_is_valid_for_fifteen_minutes(
    ada: Visitor, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    began = clock.now()
    ada.post("/confirm", {"password": PASSWORD})

    def opened_after(passed: timedelta) -> int:
        monkeypatch.setattr(clock, "now", lambda: began + passed)
        return ada.get("/users/new").status_code

    assert opened_after(LATER - timedelta(seconds=1)) == 200
    assert opened_after(LATER) == 302


def test_a_recent_login_needs_no_confirmation(ids: dict[str, int], visitor: Visitor) -> None:
    visitor.log_in("ada@example.com")

    assert visitor.get("/users/new").status_code == 200


def test_a_wrong_password_confirms_nothing(ada: Visitor, transaction: Transaction) -> None:
    response = ada.post("/confirm?next=/users/new", {"password": "not the password"})

    assert response.status_code == 422
    assert "This is not your current password." in response.text
    assert "not the password" not in response.text
    assert ada.get("/users/new").status_code == 302
    with transaction() as session:
        assert session.scalars(select(UserSession.confirmed_at)).all() == [None]


def test_a_confirmation_applies_to_its_session_only(ada: Visitor, visitor: Visitor) -> None:
    visitor.log_in("ada@example.com")

    assert visitor.get("/users/new").status_code == 200
    assert ada.get("/users/new").status_code == 302


def test_the_address_retains_its_query(ada: Visitor) -> None:
    response = ada.get("/users/new?account=1")

    assert response.location == "/confirm?next=/users/new?account%3D1&back=/users"
    back = ada.post(response.location, {"password": PASSWORD})
    assert back.location == "/users/new?account=1"
    assert NOTHING_CHANGED not in ada.get("/").text


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        ("http://localhost/accounts/1?q=x", "/accounts/1?q=x"),
        ("http://localhost/users/new", "/users"),
        ("http://localhost/confirm?next=/users/new", "/users"),
        ("http://localhost//evil.example", "/users"),
        ("https://evil.example/accounts", "/users"),
        ("not an address", "/users"),
        ("http://[", "/users"),
        ("", "/users"),
    ],
)
def test_canceling_returns_to_the_page_with_the_link(
    ada: Visitor, referrer: str, back: str
) -> None:
    response = ada.get("/users/new", {"Referer": referrer})

    page = ada.get(response.location)
    assert f'href="{back}">Cancel' in page.text
    refused = ada.post(response.location, {"password": "not the password"})
    assert f'href="{back}">Cancel' in refused.text


def test_a_dialog_redirects_to_the_confirmation(ada: Visitor, ids: dict[str, int]) -> None:
    path = f"/users/{ids['user']}/disable"

    response = ada.get(path, {"HX-Request": "true"})

    assert (response.status_code, response.text) == (200, "")
    back = f"/users/{ids['user']}"
    assert response.headers["HX-Redirect"] == f"/confirm?next={path}&back={back}"


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_no_confirmation_redirects_to_another_site(ada: Visitor, target: str) -> None:
    response = ada.post("/confirm", {"password": PASSWORD, "next": target})

    assert response.location == "/"
    assert 'href="/">Cancel' in ada.get(f"/confirm?back={target}").text


def test_pages_without_changes_need_no_confirmation(ada: Visitor, ids: dict[str, int]) -> None:
    paths = ("/users", f"/users/{ids['user']}", f"/servers/{ids['server']}", "/password")

    assert [ada.get(path).status_code for path in paths] == [200] * 4


def test_the_confirmation_is_in_spanish(ada: Visitor) -> None:
    ada.post("/language", {"language": "es"})
    response = ada.post("/users/new")
    confirmation = ada.get(response.location)
    back = ada.post(response.location, {"password": PASSWORD})

    assert "Introduzca su contraseña para cambiar usuarios y tokens." in confirmation.text
    assert "Todavía no se cambió nada" in ada.get(back.location).text
