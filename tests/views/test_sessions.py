"""Sessions through the pages: log-out, the profile, and sessions that have expired."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import reconciliation, runtime
from tests import factories
from tests.database import open_session
from tests.factories import PASSWORD
from tests.queries import counted
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import UserSession
from webapp.settings import Settings

LogIn = Callable[[str], Visitor]
HOUR = timedelta(hours=1)


@pytest.fixture
def ada(transaction: Transaction) -> str:
    """The email of an administrator."""
    with transaction() as session:
        factories.user(session, email="ada@example.com", full_name="Ada Byron")
    return "ada@example.com"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


def copy_of(app: Flask, visitor: Visitor) -> Visitor:
    """Another browser with the cookies of a visitor."""
    copied = app.test_client()
    cookie = visitor.client.get_cookie("releaf")
    assert cookie is not None
    copied.set_cookie("releaf", cookie.value)
    return Visitor(copied)


def test_a_copied_cookie_is_invalid_after_the_log_out(
    app: Flask, visitor: Visitor, ada: str
) -> None:
    visitor.log_in(ada)
    copied = copy_of(app, visitor)

    before = copied.get("/").status_code
    visitor.post("/logout")

    assert before == 200
    assert copied.get("/").location == "/login"
    assert copied.post("/accounts/new", {"name": "Bakery"}).location == "/login"


def test_each_log_in_starts_a_separate_session(app: Flask, ada: str) -> None:
    here, there = Visitor(app.test_client()), Visitor(app.test_client())
    here.log_in(ada)
    there.log_in(ada)

    here.post("/logout")

    assert there.get("/").status_code == 200


def test_a_session_that_is_used_ends_after_seven_days(
    app: Flask, ada: str, at: Callable[[datetime], None], visitor: Visitor
) -> None:
    visitor.log_in(ada)
    began = clock.now()
    opened = []
    for hours in range(11, 7 * 24 + 12, 11):
        at(began + hours * HOUR)
        opened.append(visitor.get("/password").status_code)

    assert opened == [200] * 15 + [302]
    assert copy_of(app, visitor).get("/").location == "/login"


def test_a_session_that_is_not_used_ends_after_twelve_hours(
    ada: str, at: Callable[[datetime], None], visitor: Visitor
) -> None:
    visitor.log_in(ada)
    began = clock.now()

    at(began + 12 * HOUR - timedelta(minutes=1))
    before = visitor.get("/password").status_code
    at(began + 25 * HOUR)

    assert before == 200
    assert visitor.get("/password").location == "/login?next=/password"


def test_requests_within_minutes_write_nothing(
    ada: str, log_in: LogIn, at: Callable[[datetime], None]
) -> None:
    visitor = log_in(ada)
    began = clock.now()

    def writes_after(minutes: int) -> int:
        at(began + timedelta(minutes=minutes))
        with counted() as statements:
            visitor.get("/profile")
        return sum("UPDATE" in statement for statement in statements)

    assert [writes_after(minutes) for minutes in (1, 4, 6, 7, 12)] == [0, 0, 1, 0, 1]


def test_a_page_that_updates_itself_does_not_extend_a_session(
    transaction: Transaction, log_in: LogIn, at: Callable[[datetime], None]
) -> None:
    with transaction() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
    visitor = log_in("ops@example.com")
    began = clock.now()

    def polled(hours: int) -> int:
        at(began + timedelta(hours=hours))
        return visitor.get("/operations", headers={"HX-Request": "true"}).status_code

    assert [polled(hours) for hours in (6, 11, 13)] == [200, 200, 401]


def test_the_last_use_is_not_written_while_the_database_is_locked(
    settings: Settings,
    ada: str,
    log_in: LogIn,
    at: Callable[[datetime], None],
    transaction: Transaction,
) -> None:
    began = clock.now()
    at(began)
    visitor = log_in(ada)
    at(began + HOUR)

    with open_session(settings.database_url) as writer:
        factories.user(writer)
        meanwhile = visitor.get("/profile").status_code
    with transaction() as session:
        last_seen_at = session.scalars(select(UserSession.last_seen_at)).one()
    visitor.get("/profile")

    assert (meanwhile, last_seen_at) == (200, began)
    with transaction() as session:
        assert session.scalars(select(UserSession.last_seen_at)).one() == began + HOUR


def test_the_profile_lists_the_sessions_and_ends_all_of_them(app: Flask, ada: str) -> None:
    visitors = [Visitor(app.test_client()) for _ in range(3)]
    for address, visitor in zip(("10.0.0.1", "10.0.0.2", "10.9.9.9"), visitors, strict=True):
        visitor.client.environ_base["REMOTE_ADDR"] = address
        visitor.log_in(ada)
    logged_out = Visitor(app.test_client())

    page = visitors[0].get("/profile").text
    response = visitors[0].post("/profile/log-out-everywhere")

    assert "Ada Byron" in page
    assert page.count("This session") == 1
    assert len(re.findall(r">\s*Same network as this session", page)) == 2
    assert page.count("Another network") == 1
    assert "10.0." not in page
    assert response.location == "/login"
    assert [each.get("/").location for each in (*visitors, logged_out)] == ["/login"] * 4


def test_the_profile_lists_sessions_of_its_user_only(
    transaction: Transaction, log_in: LogIn, ada: str
) -> None:
    with transaction() as session:
        factories.user(session, email="eve@example.com")
    log_in(ada), log_in(ada)
    eve, other = log_in("eve@example.com"), log_in(ada)

    page = eve.get("/profile").text
    eve.post("/profile/log-out-everywhere")

    assert page.count('<th scope="row"><time') == 1
    assert other.get("/").status_code == 200


def test_a_single_session_is_ended_and_the_others_are_not(app: Flask, ada: str) -> None:
    here, there, third = (Visitor(app.test_client()) for _ in range(3))
    for each in (here, there, third):
        each.log_in(ada)
    ended = _button(here, 1)

    response = here.post(ended)
    page = here.get("/profile").text
    again = here.post(ended)
    message = here.get("/profile").text

    assert (response.location, again.location) == ("/profile", "/profile")
    assert "The session has been logged out." in page
    assert "This session has already ended." in message
    assert page.count('<th scope="row"><time') == 2
    assert [each.get("/").status_code for each in (here, there, third)].count(302) == 1


def test_ending_this_session_logs_out(log_in: LogIn, ada: str) -> None:
    visitor = log_in(ada)

    response = visitor.post(_button(visitor, 0))

    assert response.location == "/login"
    assert "You have been logged out." in visitor.get("/login").text


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "9" * 5_000, "x"])
def test_a_session_that_does_not_exist_is_not_ended(log_in: LogIn, ada: str, number: str) -> None:
    visitor = log_in(ada)

    response = visitor.post(f"/profile/sessions/{number}/end")

    assert response.status_code in (302, 404)
    assert visitor.get("/").status_code == 200


def test_sessions_of_other_users_cannot_be_ended(
    log_in: LogIn, transaction: Transaction, ada: str
) -> None:
    with transaction() as session:
        factories.user(session, factories.operations(session), email="eve@example.com")
    visitor, eve = log_in(ada), log_in("eve@example.com")

    response = eve.post(_button(visitor, 0))

    assert response.location == "/profile"
    assert "This session has already ended." in eve.get("/profile").text
    assert visitor.get("/").status_code == 200


def _button(visitor: Visitor, number: int) -> str:
    """Return the address of a button that ends a session; 0 is the last used one."""
    found = re.findall(r'action="(/profile/sessions/\d+/end)"', visitor.get("/profile").text)
    return str(found[number])


def test_a_log_in_with_an_invitation_ends_the_session_of_this_browser(
    app: Flask, visitor: Visitor, ada: str, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.invitation(session, token="first", expires_at=clock.now() + HOUR)
    visitor.log_in(ada)
    copied = copy_of(app, visitor)

    fields = {"password": "a quite different phrase", "again": "a quite different phrase"}
    response = visitor.post("/invitations/first", fields)

    assert response.location == "/"
    assert ada not in visitor.get("/profile").text
    assert copied.get("/").location == "/login"


def test_the_cookie_has_no_data_of_the_user(visitor: Visitor, ada: str) -> None:
    visitor.log_in(ada)

    with visitor.client.session_transaction() as stored:
        assert set(stored) <= {"_user_id", "_fresh", "_permanent", "_id", "csrf_token"}
        assert len(str(stored["_user_id"])) == 43
        assert stored["_permanent"] is True


def test_the_daily_job_deletes_old_sessions(
    app: Flask, transaction: Transaction, ada: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "get_app", lambda: app)
    with transaction() as session:
        user = factories.user(session)
        factories.user_session(session, user, now=clock.now() - timedelta(days=31))
        factories.user_session(session, user)

    reconciliation.reconcile_due()

    with transaction() as session:
        assert len(session.scalars(select(UserSession)).all()) == 1


def test_a_password_that_was_changed_ends_copies_of_this_session_too(
    app: Flask, visitor: Visitor, ada: str
) -> None:
    visitor.log_in(ada)
    copied = copy_of(app, visitor)
    new = "a quite different phrase"

    visitor.post("/password", {"old": PASSWORD, "new": new, "again": new})

    assert visitor.get("/").status_code == 200
    assert copied.get("/").location == "/login"
