"""The audit trail with entries that were changed in the database: its page and its exports."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import literal_column, update
from sqlalchemy.orm import Session

from tests import factories
from tests.database import open_session
from tests.factories import NOW
from tests.views.conftest import Transaction, Visitor
from webapp.app import create_app
from webapp.db import db
from webapp.models import AuditEntry, User
from webapp.services.accounts import audit
from webapp.services.accounts.audit import Actor
from webapp.settings import Settings

pytestmark = pytest.mark.slow

UNREADABLE = "Entry 2 was changed in the database and cannot be read."
#: Of PostgreSQL, too, which stores any JSON.
DETAILS = [
    "null",
    "[1, 2]",
    "3",
    '"text"',
    '{"to": {"code": "silent", "params": {}}}',
    '{"to": {"code": "silent", "params": [1]}}',
    '{"to": {"code": ["x"], "params": {}}}',
    '{"to": {"code": "reading_overdue", "params": {"last": "x", "days": 1}}}',
    '{"to": {"params": {}}}',
    '{"to": ' * 300 + "1" + "}" * 300,
    '{"to": "\\ud800"}',
    '{"\\udfff": 1}',
    f'{{"to": {10**50}}}',
    '{"to": [1, {"x": null}], "of": 1.5, "no": true, "pages": {"code": "x", "params": {}}}',
]


def record(session: Session) -> None:
    """Record three entries of operations."""
    for name in ("First feed", "Second feed", "Third feed"):
        audit.record(
            session,
            Actor(None, "command"),
            "feed changed",
            name,
            account_id=None,
            details={"to": name},
            now=NOW,
        )


@pytest.fixture
def ops(log_in: Callable[[User | str], Visitor], transaction: Transaction) -> Visitor:
    """Operations, and a trail of three entries."""
    with transaction() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
        record(session)
    return log_in("ops@example.com")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("details", "'not json'"),
        ("details", "''"),
        ("details", "x'ff00'"),
        ("details", "replace(hex(zeroblob(100000)), '0', '[')"),
        ("details", "'{\"to\": 1' || replace(hex(zeroblob(5000)), '0', '1') || '}'"),
        ("at", "'yesterday'"),
        ("at", "20261129"),
        ("at", "'2026-13-45 00:00:00'"),
        ("subject", "cast(x'ff41' as text)"),
    ],
)
def test_an_entry_that_cannot_be_read_is_named_among_the_others(
    ops: Visitor, transaction: Transaction, column: str, value: str
) -> None:
    with transaction() as session:
        entry = update(AuditEntry).where(AuditEntry.id == 2)
        session.execute(entry.values({column: literal_column(value)}))

    page, found = ops.get("/audit"), ops.get("/audit?q=feed")
    sheet, book = ops.get("/audit?export=csv"), ops.get("/audit?export=xlsx")

    assert [answer.status_code for answer in (page, found, sheet, book)] == [200] * 4
    for answer in (page, sheet):
        assert answer.text.count(UNREADABLE) == 1
        assert "First feed" in answer.text
        assert "Third feed" in answer.text


@pytest.mark.parametrize(
    ("column", "value"),
    [("subject", "x'ff00'"), ("action", "x'00'"), ("action", "'feed painted'"), ("at", "'1-1-1'")],
)
def test_invalid_values_of_an_entry_are_no_error(
    ops: Visitor, transaction: Transaction, column: str, value: str
) -> None:
    with transaction() as session:
        entry = update(AuditEntry).where(AuditEntry.id == 2)
        session.execute(entry.values({column: literal_column(value)}))

    paths = ("/audit", "/audit?q=feed", "/audit?export=csv", "/audit?export=xlsx")

    assert [ops.get(path).status_code for path in paths] == [200] * 4


@pytest.mark.parametrize("details", DETAILS)
def test_details_of_another_form_are_no_error(
    ops: Visitor, transaction: Transaction, details: str
) -> None:
    with transaction() as session:
        entry = update(AuditEntry).where(AuditEntry.id == 2)
        session.execute(entry.values({"details": literal_column(f"'{details}'")}))

    page, sheet = ops.get("/audit"), ops.get("/audit?export=csv")
    book = ops.get("/audit?export=xlsx")

    assert (page.status_code, sheet.status_code, book.status_code) == (200, 200, 200)
    assert page.text.count(UNREADABLE) == sheet.text.count(UNREADABLE) == (details != DETAILS[-1])
    assert all("Second feed" in answer.text for answer in (page, sheet))


def test_a_time_that_python_cannot_read_is_no_error(
    settings: Settings, postgresql_database: str
) -> None:
    with open_session(postgresql_database) as session:
        user = factories.user(session, factories.operations(session))
        factories.user_session(session, user)
        record(session)
        entry = update(AuditEntry).where(AuditEntry.id == 2)
        session.execute(entry.values({"at": literal_column("'infinity'")}))
        session.commit()
    app = create_app(replace(settings, database_url=postgresql_database))
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = user.get_id()

    texts = [browser.get(path, buffered=True).text for path in ("/audit", "/audit?export=csv")]

    assert all(UNREADABLE in text and "Third feed" in text for text in texts)
    with app.app_context():
        db.engine.dispose()
