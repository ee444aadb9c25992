"""Every page works on PostgreSQL as it does on SQLite: sums come as decimals there, for one."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories
from tests.browser import page_urls, seeded_db
from tests.database import engine, open_session
from tests.factories import NOW
from tests.views.access_table import ANYBODY, WHO
from tests.views.test_exports import LISTS
from webapp import clock
from webapp.crypto import Keyring
from webapp.settings import Settings
from webapp.views.shared import export

#: They need more than a database: signed links, a Printerpoint, a job queue.
_ELSEWHERE = {"unsubscribe.show", "customers.new", "failed_jobs.confirm_delete"}
_ROLES = ("operations", "partner_admin", "partner_viewer", "customer")


@pytest.fixture
def settings(settings: Settings, postgresql_database: str) -> Settings:
    """On PostgreSQL."""
    return replace(settings, database_url=postgresql_database)


@pytest.fixture
def seeded(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[seeded_db.SeededDatabase]:
    """One of every state that the console has a word for."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    del app  # it makes the schema
    with open_session(settings.database_url) as session:
        built = seeded_db.build(session, Keyring(settings.encryption_keys), "token")
        for user in built.people.values():
            factories.user_session(session, user)
        session.commit()
        for user in built.people.values():
            session.refresh(user)
        session.expunge_all()
    yield built
    engine(settings.database_url).dispose()


def test_a_search_compares_every_character_literally(
    app: Flask, seeded: seeded_db.SeededDatabase
) -> None:
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = seeded.people["operations"].get_id()

    def found(of: str, text: str) -> list[str]:
        page = browser.get(f"/{of}?q={quote(text)}").text
        return re.findall(r'<th scope="row"><a href="([^"]+)"', page)

    for of in ("feeds", "devices"):
        assert len(found(of, "e")) > 1
        assert found(of, "E") == found(of, "e")
        for text in ("%", "\\", "no such thing"):
            assert found(of, text) == []


def test_every_page_responds_with_200(app: Flask, seeded: seeded_db.SeededDatabase) -> None:
    wrong = []
    for browser, path in _visits(app, seeded):
        response = browser.get(path, follow_redirects=True)
        if response.status_code != 200:
            wrong.append((path, response.status_code))
    assert wrong == []


def _visits(app: Flask, seeded: seeded_db.SeededDatabase) -> Iterator[tuple[FlaskClient, str]]:
    """Every page, and a browser of a user who may see it."""
    for endpoint, paths in page_urls.PAGES.items():
        if endpoint in _ELSEWHERE:
            continue
        may = WHO[f"{endpoint} GET"]
        role = None if may is ANYBODY else next(role for role in _ROLES if role in may)
        browser = app.test_client()
        if role is not None:
            with browser.session_transaction() as session:
                session["_user_id"] = seeded.people[role].get_id()
        yield from ((browser, path.format_map(seeded.ids)) for path in paths)


def test_every_list_is_exported(app: Flask, seeded: seeded_db.SeededDatabase) -> None:
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = seeded.people["operations"].get_id()
    for name in LISTS:
        for kind in export.FORMATS:
            response = browser.get(f"/{name}?export={kind}", buffered=True)
            assert response.status_code == 200, name
            assert response.content_length, name
