"""The schema: migrations make what the models say, at the first start and on both databases."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.pool import NullPool

from webapp.db import Base, engine_options
from webapp.errors import Conflict
from webapp.services import database


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'releaf.db'}"
        return
    url: str = request.getfixturevalue("postgresql_database")
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop schema public cascade")
        connection.exec_driver_sql("create schema public")
    yield url


def engine_of(url: str) -> Engine:
    """An engine that keeps no connection."""
    return create_engine(url, poolclass=NullPool, **engine_options(url))


def test_migrations_make_what_the_models_say(empty_database: str) -> None:
    database.upgrade(empty_database)

    engine = engine_of(empty_database)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        different = compare_metadata(context, Base.metadata)
        assert [one for one in different if not _is_told_wrongly(one, different)] == []


def _is_told_wrongly(difference: Any, all_of_them: list[Any]) -> bool:
    """Indexes for searches are PostgreSQL's alone, and those who search need not know them.

    Of SQLite the direction of an index cannot be read: it is told as gone and as new.
    """
    if difference[0] not in ("add_index", "remove_index"):
        return False
    names = [str(one[1].name) for one in all_of_them if one[0] in ("add_index", "remove_index")]
    name = str(difference[1].name)
    return name.endswith("_pieces") or names.count(name) == 2


def test_migrations_make_every_check_constraint_of_the_models(
    empty_database: str,
) -> None:
    database.upgrade(empty_database)
    migrated = inspect(engine_of(empty_database))

    for table in Base.metadata.sorted_tables:
        of_models = {
            str(constraint.name)
            for constraint in table.constraints
            if type(constraint).__name__ == "CheckConstraint"
        }
        stored = {check["name"] for check in migrated.get_check_constraints(table.name)}
        assert stored == of_models, table.name


def test_a_first_start_makes_the_schema_of_an_empty_database(empty_database: str) -> None:
    database.make_ready(empty_database)

    assert database.current_revision(empty_database) == database.latest_revision()


def test_upgrading_again_changes_nothing(empty_database: str) -> None:
    first = database.upgrade(empty_database)

    assert database.upgrade(empty_database) == first == database.latest_revision()


def test_several_processes_may_make_the_schema_at_once(empty_database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        revisions = list(pool.map(lambda _: upgraded_by_another_process(empty_database), range(4)))

    assert revisions == [database.latest_revision()] * 4


def test_a_database_that_holds_something_else_is_refused(empty_database: str) -> None:
    database.upgrade(empty_database)
    with engine_of(empty_database).begin() as connection:
        connection.exec_driver_sql("drop table alembic_version")

    with pytest.raises(Conflict, match="DATABASE_URL: the database holds something else"):
        database.make_ready(empty_database)


def test_a_database_that_is_behind_says_what_to_run(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.upgrade(empty_database)
    monkeypatch.setattr(database, "latest_revision", lambda: "a revision of tomorrow")

    with pytest.raises(Conflict, match="run: releaf database upgrade"):
        database.make_ready(empty_database)


def test_a_database_of_a_later_version_is_refused(empty_database: str) -> None:
    database.upgrade(empty_database)
    with engine_of(empty_database).begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")

    with pytest.raises(Conflict, match=r"of a later version \(9999\)"):
        database.make_ready(empty_database)


def upgraded_by_another_process(url: str) -> str:
    """The revision that another process says it has brought the database to."""
    program = (
        "import sys; from webapp.services.database import upgrade; print(upgrade(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, url], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


#: A database as the version of 0002 left it: one gain of each state.
_STORED = """
insert into account (id, kind, name, created_at)
  values (1, 'partner', 'P', '2026-01-01 00:00:00');
insert into account (id, kind, name, partner_id, created_at)
  values (2, 'customer', 'C', 1, '2026-01-01 00:00:00');
insert into "user" (id, account_id, full_name, email, role, session_stamp, created_at)
  values (1, 1, 'Ada', 'ada@example.com', 'partner_admin', 'x', '2026-01-01 00:00:00');
insert into server (id, account_id, name, sealed_token, health, health_checked_at,
  health_changed_at, created_at)
  values (1, 1, 'S', 'x', 'healthy', '2026-01-01 00:00:00', '2026-01-01 00:00:00',
  '2026-01-01 00:00:00');
insert into feed (id, server_id, account_id, customer_name, status, health, health_changed_at,
  created_at)
  values (1, 1, 2, 'C', 'active', 'healthy', '2026-01-01 00:00:00', '2026-01-01 00:00:00');
insert into device (id, feed_id, asset_id, serial_number, family, initial_count, latest_count,
  life_count, first_on, latest_on, awaits_baseline)
  values (1, 1, 'A', 'S', 'colour', 1, 2, 1, '2026-01-01', '2026-01-02', false);
insert into collection (id, server_id, day, kind, state, queued_at, alive_at, printers)
  values (1, 1, '2026-01-02', 'night', 'finished', '2026-01-03 00:00:00', '2026-01-03 00:00:00', 1);
insert into outcome (collection_id, feed_id, outcome, pages, devices, skipped, at, reason)
  values (1, 1, 'failed', 0, 0, '[]', '2026-01-03 00:00:00', 'It was full');
insert into delta (id, feed_id, device_id, since, day, pages, state, reason) values
  (1, 1, 1, '2026-01-01', '2026-01-02', 5, 'counted', null),
  (2, 1, 1, '2026-01-01', '2026-01-03', 5, 'held', 'More pages than a machine can print'),
  (3, 1, 1, '2026-01-01', '2026-01-04', 5, 'accepted', 'More pages than a machine can print'),
  (4, 1, 1, '2026-01-01', '2026-01-05', 5, 'rejected', 'A slip')
"""


def test_what_an_earlier_version_stored_is_kept_and_made_to_fit(empty_database: str) -> None:
    engine = database._engine(empty_database)
    with engine.begin() as connection:
        config = database._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    with engine.begin() as connection:
        for statement in _STORED.split(";"):
            connection.exec_driver_sql(statement)

    database.upgrade(empty_database)

    with engine.begin() as connection:
        gains = connection.exec_driver_sql(
            "select state, held_for, reason from delta order by id"
        ).all()
        reason = connection.exec_driver_sql("select reason from outcome").scalar()
        waiting = connection.exec_driver_sql("select id, server_id from delta order by id").all()
        customers = connection.exec_driver_sql("select customers from account order by id").all()
        wants = connection.exec_driver_sql('select wants_server, wants_feed from "user"').all()
    engine.dispose()
    assert [tuple(gain) for gain in gains] == [
        ("counted", None, None),
        ("held", "ceiling", None),
        ("accepted", "ceiling", None),
        ("rejected", "ceiling", "A slip"),
    ]
    assert [tuple(gain) for gain in waiting] == [(1, None), (2, 1), (3, None), (4, None)]
    assert [number for (number,) in customers] == [1, 0]
    assert reason == "It was full"
    assert [tuple(want) for want in wants] == [(True, True)]
