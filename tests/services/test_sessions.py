"""Sessions of users: which are active, what is stored of them, and for how long."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.database import open_session
from tests.factories import NOW, PASSWORD
from webapp.models import User, UserSession
from webapp.queries import sessions as queries
from webapp.services.accounts import passwords, sessions, users
from webapp.settings import Settings

SECRET_KEY = "k3Zq9vXw2LmT7bRyP5sHdN8cJf4gUaE6"


def find(session: Session, settings: Settings, token: str, after: timedelta) -> bool:
    """Whether the session of a token is active some time after ``NOW``."""
    return queries.find(session, settings, token, NOW + after) is not None


def test_a_session_ends_without_use_and_after_an_absolute_time(
    session: Session, common_settings: Settings
) -> None:
    settings = replace(common_settings, session_idle_hours=12, session_days=7)
    token = sessions.start(session, factories.user(session), "", NOW)
    row = session.scalars(select(UserSession)).one()
    second = timedelta(seconds=1)

    unused = [
        find(session, settings, token, timedelta(hours=12) - each) for each in (second, 0 * second)
    ]
    row.last_seen_at = NOW + timedelta(days=7)
    session.flush()
    used = [
        find(session, settings, token, timedelta(days=7) - each) for each in (second, 0 * second)
    ]

    assert (unused, used) == ([True, False], [True, False])


def test_the_settings_decide_how_long_a_session_lasts(
    session: Session, common_settings: Settings
) -> None:
    settings = replace(common_settings, session_idle_hours=1, session_days=1)
    token = sessions.start(session, factories.user(session), "", NOW)

    assert find(session, settings, token, timedelta(minutes=59))
    assert not find(session, settings, token, timedelta(minutes=61))


def test_neither_the_session_id_nor_a_client_address_is_stored(session: Session) -> None:
    user = factories.user(session)
    network = sessions.hash_network(SECRET_KEY, user, "203.0.113.9")
    token = sessions.start(session, user, network, NOW)

    stored = str(session.execute(select(UserSession.__table__)).one())

    assert len(token) >= 43
    assert token not in stored
    assert "203.0.113" not in stored


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.200", True),
        ("203.0.113.9", "203.0.114.9", False),
        ("203.0.113.9", "::ffff:203.0.113.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:ffff::2", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("", "no address", True),
    ],
)
def test_addresses_of_one_network_have_one_hash(
    session: Session, one: str, other: str, same: bool
) -> None:
    user, another_user = factories.user(session), factories.user(session)

    hashes = [sessions.hash_network(SECRET_KEY, user, address) for address in (one, other)]

    assert (hashes[0] == hashes[1]) is same
    assert sessions.hash_network(SECRET_KEY, another_user, one) != hashes[0]
    assert sessions.hash_network("another key", user, one) != hashes[0]


def test_ending_all_sessions_ends_those_of_one_user(session: Session) -> None:
    user, other = factories.user(session), factories.user(session)
    rows = [factories.user_session(session, of, now=NOW) for of in (user, user, other)]
    sessions.end(session, rows[1], NOW)

    sessions.end_all(session, user, NOW + timedelta(hours=1))

    for row in rows:
        session.refresh(row)
    assert [row.ended_at for row in rows] == [NOW + timedelta(hours=1), NOW, None]


def test_rows_are_deleted_after_thirty_days(session: Session) -> None:
    user = factories.user(session)
    for days in (31, 30, 29):
        factories.user_session(session, user, now=NOW - timedelta(days=days))

    sessions.delete_old(session, NOW)

    assert session.scalars(select(UserSession.created_at)).all() == [NOW - timedelta(days=29)]


@pytest.mark.both_databases
def test_a_password_that_is_changed_during_a_log_in_no_longer_logs_in(
    database_url: str, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id = factories.user(session, email="ada@example.com").id
    session.commit()
    verify = passwords.verify

    def verify_then_change(*given: Any) -> bool:
        session.rollback()  # on SQLite no other connection could write before
        with open_session(database_url) as other:
            changed = other.get_one(User, user_id)
            changed.password_hash = passwords.hash_password("a quite different phrase")
            other.commit()
        return verify(*given)

    monkeypatch.setattr(passwords, "verify", verify_then_change)

    assert users.authenticate(session, "ada@example.com", PASSWORD) == []
