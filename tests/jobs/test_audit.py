"""The jobs of the audit trail: entries are chained, and the daily job checks the chain."""

import logging
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, literal_column, select, update
from sqlalchemy.orm import Session

from jobs import audit, reconciliation, runtime
from tests import factories
from tests.database import open_session
from tests.factories import NOW
from tests.queries import counted
from webapp import clock
from webapp.models import AuditChain, AuditEntry, Reconciliation
from webapp.services.accounts import audit as service
from webapp.services.accounts.audit import Actor
from webapp.settings import Settings


def record(session: Session, number: int) -> None:
    """Record so many entries."""
    for each in range(number):
        service.record(
            session,
            Actor(None, "command"),
            "feed changed",
            f"Feed {each}",
            account_id=None,
            details={},
            now=NOW,
        )
    session.commit()


def test_the_daily_job_reports_a_deleted_entry(
    app: Flask,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(runtime, "get_app", lambda: app)
    monkeypatch.setattr(service, "_AT_ONCE", 2)
    with open_session(settings.database_url) as session:
        record(session, 5)
        chained = audit.chain_entries()
        reconciliation.reconcile_due()
        session.execute(delete(AuditEntry).where(AuditEntry.id == 4))
        session.commit()
        later = clock.now() + timedelta(days=1)
        monkeypatch.setattr(clock, "now", lambda: later)
        with caplog.at_level(logging.ERROR):
            reconciliation.reconcile_due()

        results = session.scalars(
            select(Reconciliation.audit_complete).order_by(Reconciliation.id)
        ).all()
        assert not service.check_chain(session).is_complete
    assert chained == "5 entries chained"
    assert results == [True, False]
    assert "run: releaf audit check" in caplog.text


def test_the_daily_job_locks_sqlite_only_to_store_its_result(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "get_app", lambda: app)

    with counted() as statements:
        reconciliation.reconcile_due()

    begins = [number for number, one in enumerate(statements) if one.startswith("BEGIN")]
    assert [statements[number] for number in begins] == ["BEGIN", "BEGIN IMMEDIATE"]
    assert not any("SELECT" in one for one in statements[begins[1] :])


def test_the_daily_job_reports_an_entry_that_cannot_be_read(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "get_app", lambda: app)
    with open_session(settings.database_url) as session:
        record(session, 3)
        audit.chain_entries()
        entry = update(AuditEntry).where(AuditEntry.id == 2)
        session.execute(entry.values({"details": literal_column("'not json'")}))
        session.commit()
        result = reconciliation.reconcile_due()

        complete = session.scalars(select(Reconciliation.audit_complete)).one()
    assert (result, complete) == ("0 feeds, 0 differences", False)


def test_entries_that_were_changed_before_they_are_chained_do_not_stop_the_job(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "get_app", lambda: app)
    monkeypatch.setattr(service, "_AT_ONCE", 2)
    with open_session(settings.database_url) as session:
        record(session, 2)
        first = audit.chain_entries()
        session.execute(delete(AuditChain))
        record(session, 7)
        entries = update(AuditEntry).where(AuditEntry.id.between(3, 6))
        session.execute(entries.values({"details": literal_column("'not json'")}))
        session.commit()

        results = [first, *(audit.chain_entries() for _ in range(2))]
        reconciliation.reconcile_due()

        found = service.check_chain(session)
        complete = session.scalars(select(Reconciliation.audit_complete)).one()
    assert results == [f"{number} entries chained" for number in (2, 7, 0)]
    assert (found.unreadable, found.waiting, complete) == ([3, 4, 5, 6], 0, False)


def test_operations_see_that_the_trail_was_changed(app: Flask, settings: Settings) -> None:
    with open_session(settings.database_url) as session:
        user = factories.user(session, factories.operations(session))
        factories.user_session(session, user)
        session.add(Reconciliation(at=NOW, feeds=0, pages=0, differences=[], audit_complete=False))
        session.commit()
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = user.get_id()

    pages = [browser.get(path).text for path in ("/", "/reconciliation", "/audit")]

    assert all("The audit trail was changed" in page for page in pages)
    assert "Figures do not add up" not in pages[0]
