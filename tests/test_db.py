"""Column types, upserts, two writers, and what is stored about customers and devices."""

import contextlib
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import (
    create_engine,
    select,
    text,
)
from sqlalchemy.exc import DatabaseError, OperationalError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from tests import factories
from tests.database import engine, open_session
from webapp import db
from webapp.db import READ_ONLY, Base, execute_unless_locked, upsert
from webapp.models import Account, Certificate, Device, PartnerMonth

pytestmark = pytest.mark.both_databases

#: The design's list, and the dates and the state of the meter that counting needs.
STORED = {
    "feed": {
        "customer_name", "customer_id",
        "id", "server_id", "account_id", "status", "health", "health_changed_at", "last_data_on",
        "device_count", "created_at", "activated_at", "deactivated_at", "removed_at",
        "read_interval_days", "suggested_interval_days",
        "successor_id", "successor_name", "successor_devices", "successor_of",
    },
    "device": {
        "asset_id", "serial_number", "initial_count", "latest_count", "life_count",
        "id", "feed_id", "counter_set", "awaits_baseline", "state", "serial_key",
        "first_on", "latest_on", "last_seen_at", "incomplete_since",
        "missing_since", "moved_to",
    },
    "reading": {
        "device_id", "day", "feed_id", "count", "counter_set", "baseline", "last_seen_at",
    },
    "user_session": {
        "id", "user_id", "token_hash", "network_hash", "created_at", "last_seen_at", "ended_at",
        "confirmed_at",
    },
    "user": {
        "full_name", "email",
        "id", "account_id", "role", "password_hash", "created_at", "disabled_at",
        "wants_server", "wants_feed", "wants_digest", "wants_nights", "wants_approval",
        "wants_certificate", "language", "time_zone",
    },
    "feed_note": {"id", "feed_id", "user_id", "text", "snoozed_until", "created_at"},
}  # fmt: skip


@pytest.mark.parametrize("table", sorted(STORED))
def test_nothing_else_is_stored_about_customers_devices_and_users(table: str) -> None:
    assert {column.name for column in Base.metadata.tables[table].columns} == STORED[table]


def test_no_column_anywhere_is_named_after_what_must_not_be_stored() -> None:
    banned = {"model", "ip", "ip_address", "location", "nickname", "firmware", "make", "phone"}

    names = {column.name for table in Base.metadata.tables.values() for column in table.columns}

    assert names & banned == set()


@pytest.mark.slow
def test_many_threads_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(6)

    def journal_of(path: Path) -> str:
        new = create_engine(f"sqlite:///{path}", poolclass=NullPool)
        together.wait()
        with new.connect() as connection:
            return str(connection.scalar(text("PRAGMA journal_mode")))

    with ThreadPoolExecutor(6) as pool:
        for number in range(60):
            path = tmp_path / f"{number}.db"
            assert set(pool.map(journal_of, [path] * 6)) == {"wal"}


def test_a_locked_file_is_reported_after_the_busy_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 200)
    path = tmp_path / "held.db"
    new = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OperationalError, match="database is locked"):
            new.connect()
        holder.execute("ROLLBACK")

    with new.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"


def test_a_write_that_may_be_lost_hides_no_other_error_than_a_lock(app: Flask) -> None:
    with app.app_context(), pytest.raises(OperationalError, match="no such table: missing"):
        execute_unless_locked(text("delete from missing"))


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, this is no database. " * 100)

    with pytest.raises(DatabaseError, match="file is not a database"):
        create_engine(f"sqlite:///{path}", poolclass=NullPool).connect()


def test_stored_datetimes_are_returned_in_utc(session: Session) -> None:
    partner = factories.partner(session)
    partner.created_at = datetime(2026, 10, 5, 9, tzinfo=timezone(timedelta(hours=-4)))
    session.commit()
    session.expire_all()

    stored = session.scalars(select(Account.created_at).where(Account.id == partner.id)).one()

    assert stored == datetime(2026, 10, 5, 13, tzinfo=UTC)
    assert stored.tzinfo is UTC


def test_a_naive_datetime_is_refused(session: Session) -> None:
    partner = factories.partner(session)
    partner.created_at = datetime(2026, 10, 5, 9, tzinfo=UTC).replace(tzinfo=None)

    with pytest.raises(StatementError, match="needs a time zone"):
        session.flush()


def test_decimals_are_exact(session: Session) -> None:
    certificate = factories.certificate(session)
    certificate.trees = Decimal("296.31")
    session.commit()
    session.expire_all()

    assert session.scalars(select(Certificate.trees)).one() == Decimal("296.31")


def test_upsert_inserts_updates_adds_and_leaves(session: Session) -> None:
    key = ("partner_id", "month")
    row = {"partner_id": factories.partner(session).id, "month": "2026-10", "certificates": 1}

    upsert(session, PartnerMonth, [{**row, "pages": 10}], key=key, update=["pages"])
    upsert(session, PartnerMonth, [{**row, "pages": 20}], key=key, update=["pages"])
    upsert(session, PartnerMonth, [{**row, "pages": 3}], key=key, add=["pages", "certificates"])
    upsert(session, PartnerMonth, [{**row, "pages": 40}], key=key)
    upsert(session, PartnerMonth, [{**row, "pages": 50}], key=())
    upsert(session, PartnerMonth, [], key=key)

    stored = select(PartnerMonth.month, PartnerMonth.certificates, PartnerMonth.pages)
    assert session.execute(stored).all() == [("2026-10", 2, 23)]


def test_two_transactions_that_read_before_writing_both_succeed(sqlite_database: str) -> None:
    both_have_begun = threading.Barrier(2, timeout=0.2)

    def read_then_write(name: str) -> None:
        with open_session(sqlite_database) as session:
            session.scalars(select(Account)).all()
            # One waits for the other's write lock: that is the point.
            with contextlib.suppress(threading.BrokenBarrierError):
                both_have_begun.wait()
            factories.partner(session, name=name)
            session.commit()

    threads = [threading.Thread(target=read_then_write, args=(name,)) for name in ("A", "B")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with open_session(sqlite_database) as session:
        assert sorted(session.scalars(select(Account.name))) == ["A", "B"]
    engine(sqlite_database).dispose()


def test_a_reader_does_not_wait_for_a_writer(sqlite_database: str) -> None:
    with open_session(sqlite_database) as writer:
        factories.partner(writer)
        writer.flush()
        with open_session(sqlite_database) as reader:
            reader.connection(execution_options=READ_ONLY)
            reader.execute(text("PRAGMA busy_timeout = 1"))
            found = reader.scalars(select(Device)).all()

    assert found == []
    engine(sqlite_database).dispose()


def test_a_connection_ended_by_the_server_is_not_reused(
    postgresql_database: str,
) -> None:
    pooled, other = engine(postgresql_database), create_engine(postgresql_database)
    with pooled.connect() as first:
        ended = first.scalar(text("select pg_backend_pid()"))
    values = {"ended": ended}
    with other.connect() as connection:
        connection.execute(text("select pg_terminate_backend(:ended)"), values)
        alive = text("select count(*) from pg_stat_activity where pid = :ended")
        while connection.scalar(alive, values):
            connection.rollback()
    other.dispose()

    with pooled.connect() as again:  # at once, before it has rested
        assert again.scalar(text("select pg_backend_pid()")) != ended
    pooled.dispose()
