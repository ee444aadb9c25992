"""Attempts to enter a password are limited by address and by account; no account is locked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from flask import Flask

from tests import factories
from tests.environment.redis_server import RedisServer
from tests.factories import PASSWORD
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.app import create_app
from webapp.db import db
from webapp.services.accounts import sessions
from webapp.settings import Settings

pytestmark = pytest.mark.slow  # most send dozens of requests

EMAIL = "ada@example.com"
WRONG = "not the password"


@pytest.fixture
def ada(transaction: Transaction, settings: Settings) -> None:
    """A user who logged in from 10.0.0.0/24 a month ago, and from 10.0.9.0/24 before."""
    with transaction() as session:
        user = factories.user(session, email=EMAIL)
        for address, days in (("10.0.0.1", 29), ("10.0.9.1", 30)):
            then = clock.now() - timedelta(days=days)
            network = sessions.hash_network(settings.secret_key, user, address)
            factories.user_session(session, user, now=then, network_hash=network)


@pytest.fixture
def app_with_redis(settings: Settings, redis_server: RedisServer) -> Iterator[Flask]:
    """An application that counts in Redis; its forms need no token."""
    made = create_app(replace(settings, redis_url=redis_server.url))
    made.config["WTF_CSRF_ENABLED"] = False
    yield made
    with made.app_context():
        db.engine.dispose()


def browser(app: Flask, address: str) -> Visitor:
    """A browser at an address."""
    visitor = Visitor(app.test_client())
    visitor.client.environ_base["REMOTE_ADDR"] = address
    return visitor


def enter(app: Flask, address: str, password: str = WRONG, email: str = EMAIL) -> int:
    """Return the status of an attempt to log in, without a token."""
    client = browser(app, address).client
    return client.post("/login", data={"email": email, "password": password}).status_code


@pytest.mark.usefixtures("ada")
def test_thirty_wrong_passwords_from_three_addresses_do_not_lock_the_account(
    own_app: Flask,
) -> None:
    attackers = [browser(own_app, f"203.0.{number}.9") for number in range(3)]
    attempts = [each.log_in(EMAIL, WRONG) for _ in range(10) for each in attackers]

    known = browser(own_app, "10.0.0.99").log_in(EMAIL)
    mistaken = browser(own_app, "10.0.0.98").log_in(EMAIL, WRONG)
    elsewhere = browser(own_app, "10.0.5.1").log_in(EMAIL)
    too_long_ago = browser(own_app, "10.0.9.1").log_in(EMAIL)

    assert [each.status_code for each in attempts] == [422] * 10 + [429] * 20
    assert (known.status_code, known.location, mistaken.status_code) == (302, "/", 422)
    assert (elsewhere.status_code, too_long_ago.status_code) == (429, 429)
    assert "Try again in 1 minute" in elsewhere.text
    assert 1 <= int(elsewhere.headers["Retry-After"]) <= 60


@pytest.mark.usefixtures("ada")
def test_a_known_network_is_limited_too(own_app: Flask) -> None:
    statuses = [browser(own_app, f"10.0.0.{n}").log_in(EMAIL, WRONG).status_code for n in range(21)]

    assert statuses == [422] * 20 + [429]


@pytest.mark.usefixtures("ada")
def test_a_client_address_is_limited_over_all_accounts(own_app: Flask) -> None:
    attacker = browser(own_app, "203.0.113.9")
    attempts = [attacker.log_in(f"user{number}@example.com", WRONG) for number in range(21)]

    refused = attacker.log_in(EMAIL)

    assert [each.status_code for each in attempts] == [422] * 20 + [429]
    assert refused.status_code == 429
    assert 240 <= int(refused.headers["Retry-After"]) <= 300
    assert browser(own_app, "203.0.113.10").log_in(EMAIL).status_code == 302


def test_an_ipv6_client_has_one_limit_for_its_whole_network(own_app: Flask) -> None:
    attempts = [
        browser(own_app, f"2001:db8::{number:x}").log_in(f"user{number}@example.com", WRONG)
        for number in range(21)
    ]

    assert [each.status_code for each in attempts] == [422] * 20 + [429]
    assert browser(own_app, "2001:db8:0:1::1").log_in(EMAIL, WRONG).status_code == 422


def test_an_unknown_email_is_limited_like_a_known_one(own_app: Flask) -> None:
    attempts = [
        browser(own_app, f"203.0.{number}.9").log_in("nobody@example.com", WRONG)
        for number in range(11)
    ]

    assert [each.status_code for each in attempts] == [422] * 10 + [429]


@pytest.mark.usefixtures("ada")
def test_sixty_simultaneous_attempts_do_not_exceed_a_limit(app_with_redis: Flask) -> None:
    def at_account(number: int) -> int:
        return enter(app_with_redis, f"203.0.{number}.9")

    def at_address(number: int) -> int:
        return enter(app_with_redis, "198.51.100.7", email=f"user{number}@example.com")

    with ThreadPoolExecutor(60) as pool:
        by_account = list(pool.map(at_account, range(60)))
        by_address = list(pool.map(at_address, range(60)))

    assert sorted(by_account) == [422] * 10 + [429] * 50
    assert sorted(by_address) == [422] * 20 + [429] * 40


@pytest.mark.usefixtures("ada")
def test_simultaneous_correct_passwords_are_not_counted(app_with_redis: Flask) -> None:
    for _ in range(3):
        with ThreadPoolExecutor(8) as pool:
            entered = list(
                pool.map(lambda _: enter(app_with_redis, "10.0.7.1", PASSWORD), range(8))
            )
        assert entered == [302] * 8


@pytest.mark.usefixtures("ada")
def test_a_correct_password_is_not_counted_while_the_account_is_chosen(
    own_app: Flask, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, factories.partner(session, name="Westerly"), email=EMAIL)
    visitor = browser(own_app, "203.0.113.9")

    choices = [visitor.log_in(EMAIL) for _ in range(25)]
    wrong = [visitor.log_in(EMAIL, WRONG).status_code for _ in range(11)]

    assert [each.status_code for each in choices] == [422] * 25
    assert all("Choose an account" in each.text for each in choices)
    assert wrong == [422] * 10 + [429]


@pytest.mark.usefixtures("ada")
def test_redis_stores_neither_addresses_nor_emails(
    app_with_redis: Flask, redis_server: RedisServer
) -> None:
    enter(app_with_redis, "203.0.113.9")

    with redis.Redis.from_url(redis_server.url) as connection:
        keys = b" ".join(connection.keys("*"))

    assert b"auth.login" in keys
    assert b"203.0.113" not in keys
    assert b"ada@" not in keys


@pytest.mark.parametrize("path", ["/confirm", "/password"])
def test_a_user_who_has_a_session_cannot_guess_its_password(
    own_app: Flask, transaction: Transaction, path: str
) -> None:
    with transaction() as session:
        factories.user(session, email=EMAIL)
    visitor = browser(own_app, "10.0.0.1")
    visitor.log_in(EMAIL)
    new = {"old": WRONG, "new": "a quite different phrase", "again": "a quite different phrase"}
    statuses = []
    for number in range(11):
        visitor.client.environ_base["REMOTE_ADDR"] = f"203.0.{number}.9"
        statuses.append(visitor.post(path, {"password": WRONG, **new}).status_code)

    assert statuses == [422] * 10 + [429]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/password", {"old": PASSWORD, "new": "short", "again": "short"}),
        ("/password", {"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}),
        ("/password", {"old": WRONG, "new": "a quite different phrase", "again": "another"}),
        ("/password", {"old": ""}),
        ("/confirm", {"password": ""}),
        ("/confirm", {}),
    ],
)
def test_a_form_without_a_wrong_password_is_not_counted(
    own_app: Flask, transaction: Transaction, path: str, fields: dict[str, str]
) -> None:
    with transaction() as session:
        factories.user(session, email=EMAIL)
    visitor = browser(own_app, "10.0.0.1")
    visitor.log_in(EMAIL)

    refused = [visitor.post(path, fields).status_code for _ in range(12)]
    new = "a quite different phrase"
    changed = visitor.post("/password", {"old": PASSWORD, "new": new, "again": new})

    assert refused == [422] * 12
    assert changed.location == "/"


@pytest.mark.usefixtures("ada")
def test_a_log_in_without_a_password_is_not_counted(own_app: Flask) -> None:
    visitor = browser(own_app, "203.0.113.9")

    empty = [visitor.log_in(EMAIL, "").status_code for _ in range(25)]
    wrong = [visitor.log_in(EMAIL, WRONG).status_code for _ in range(11)]

    assert empty == [422] * 25
    assert wrong == [422] * 10 + [429]


def test_a_refused_first_password_is_not_counted_and_a_wrong_link_is(
    own_app: Flask, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.invitation(session, token="first", expires_at=clock.now() + timedelta(days=1))
    visitor = browser(own_app, "203.0.113.9")
    weak = {"password": "password1234", "again": "password1234"}

    refused = [visitor.post("/invitations/first", weak).status_code for _ in range(22)]
    mistyped = visitor.post("/invitations/first", {"password": "a", "again": "b"}).status_code
    guessed = [visitor.post("/invitations/second", weak).status_code for _ in range(21)]

    assert refused == [422] * 22
    assert mistyped == 422
    assert guessed == [404] * 20 + [429]


def test_the_number_of_emails_to_new_addresses_is_limited(
    own_app: Flask, transaction: Transaction
) -> None:
    with transaction() as session:
        user = factories.user(session, email=EMAIL, full_name="Ada Byron")
    visitor = browser(own_app, "10.0.0.1")
    visitor.log_in(EMAIL)
    fields = {"full_name": "Eve", "role": "partner_viewer", "delivery": "email"}

    invited = [
        visitor.post("/users/new", {**fields, "email": f"eve{n}@example.com"}).status_code
        for n in range(61)
    ]
    path = f"/users/{user.id}/invite"
    linked = [visitor.post(path, {"delivery": "email"}).status_code for _ in range(61)]

    assert invited == linked == [302] * 60 + [429]
