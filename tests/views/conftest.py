"""Visitors: browsers without JavaScript, which send forms with their CSRF tokens."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from flask_login import FlaskLoginClient
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.database import open_session
from tests.factories import PASSWORD
from webapp.models import User
from webapp.printerpoint.sandbox import Sandbox
from webapp.settings import Settings

Transaction = Callable[[], AbstractContextManager[Session]]


class Visitor:
    """A browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def log_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        """Log in."""
        return self.post("/login", {"email": email, "password": password})

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> TestResponse:
        """Get a page; redirects are not followed."""
        return self.client.get(path, headers=headers, buffered=True)

    def post(
        self,
        path: str,
        fields: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Send a form with the token of this session."""
        data = {"csrf_token": self.token(), **(fields or {})}
        return self.client.post(path, data=data, headers=headers, buffered=True)

    def token(self) -> str:
        """Return the CSRF token of this session."""
        app = self.client.application
        with self.client.session_transaction() as cookie, app.test_request_context():
            session.update(cookie)
            token: str = generate_csrf()
            cookie.update(session)
        return token


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """A browser that is not logged in."""
    return Visitor(app.test_client())


@pytest.fixture
def log_in(app: Flask, settings: Settings) -> Callable[[User | str], Visitor]:
    """A browser that is logged in as a user that factories made, a new one each.

    Without the form; tests of the log-in itself use a ``visitor``.
    """

    def enter(user: User | str) -> Visitor:
        email = user if isinstance(user, str) else user.email
        with open_session(settings.database_url) as session:
            found = session.scalars(select(User).where(User.email == email)).one()
            factories.user_session(session, found)
            session.commit()
            return Visitor(FlaskLoginClient(app, app.response_class, user=found))

    return enter


@pytest.fixture
def transaction(settings: Settings) -> Transaction:
    """``with transaction() as session:`` commits to the application's database."""

    @contextmanager
    def begin() -> Iterator[Session]:
        with open_session(settings.database_url) as session:
            yield session
            session.commit()

    return begin


@pytest.fixture
def printerpoint() -> Iterator[Sandbox]:
    """A Printerpoint on loopback; settings need its address."""
    with Sandbox() as sandbox:
        yield sandbox
