"""The schema: migrations create the schema of the models and retain the rows, on both databases."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import (
    inspect,
    text,
)

from tests.database import engine_of
from webapp.db import Base
from webapp.errors import Conflict
from webapp.services import database


@pytest.fixture(params=["sqlite", "postgresql"])
def upgraded_database(request: pytest.FixtureRequest) -> str:
    """The URL of a database that all migrations were run on."""
    url: str = request.getfixturevalue(f"{request.param}_database")
    return url


def test_migrations_create_the_schema_of_the_models(upgraded_database: str) -> None:
    engine = engine_of(upgraded_database)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        different = compare_metadata(context, Base.metadata)
        assert [one for one in different if not _is_reported_wrongly(one, different)] == []


def _is_reported_wrongly(difference: Any, all_of_them: list[Any]) -> bool:
    """Indexes for searches are PostgreSQL's alone, and the models need not name them.

    Of SQLite the direction of an index cannot be read: it is reported as removed and added.
    """
    if difference[0] not in ("add_index", "remove_index"):
        return False
    names = [str(one[1].name) for one in all_of_them if one[0] in ("add_index", "remove_index")]
    name = str(difference[1].name)
    return name.endswith("_pieces") or names.count(name) == 2


def test_migrations_make_every_check_constraint_of_the_models(upgraded_database: str) -> None:
    migrated = inspect(engine_of(upgraded_database))

    for table in Base.metadata.sorted_tables:
        of_models = {
            str(constraint.name)
            for constraint in table.constraints
            if type(constraint).__name__ == "CheckConstraint"
        }
        stored = {check["name"] for check in migrated.get_check_constraints(table.name)}
        assert stored == of_models, table.name


def test_the_database_has_no_triggers(upgraded_database: str) -> None:
    triggers = {
        "sqlite": "select name from sqlite_master where type = 'trigger'",
        "postgresql": "select tgname from pg_trigger where not tgisinternal",
    }

    with engine_of(upgraded_database).connect() as connection:
        found = connection.exec_driver_sql(triggers[connection.dialect.name]).all()

    assert found == []


def test_searches_have_their_indexes_on_postgresql(postgresql_database: str) -> None:
    with engine_of(postgresql_database).connect() as connection:
        names = connection.exec_driver_sql(
            "select indexname from pg_indexes where position('gin_trgm_ops' in indexdef) > 0"
        ).scalars()

        assert set(names) == {
            f"ix_{column}_pieces"
            for column in (
                "account_name",
                "certificate_account_name",
                "certificate_number",
                "device_asset_id",
                "device_serial_number",
                "feed_customer_id",
                "feed_customer_name",
            )
        }


@pytest.mark.slow  # runs every migration
def test_a_first_start_makes_the_schema_of_an_empty_database(empty_database: str) -> None:
    database.make_ready(empty_database)

    assert database.current_revision(empty_database) == database.latest_revision()


def test_upgrading_again_changes_nothing(upgraded_database: str) -> None:
    assert database.upgrade(upgraded_database) == database.latest_revision()


@pytest.mark.processes
def test_several_processes_may_make_the_schema_at_once(empty_database: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        revisions = list(pool.map(lambda _: upgraded_by_another_process(empty_database), range(2)))

    assert revisions == [database.latest_revision()] * 2


def test_a_database_of_another_program_is_refused(upgraded_database: str) -> None:
    with engine_of(upgraded_database).begin() as connection:
        connection.exec_driver_sql("drop table alembic_version")

    with pytest.raises(Conflict, match="DATABASE_URL: the database holds something else"):
        database.make_ready(upgraded_database)


def test_an_outdated_database_is_reported_with_the_command(
    upgraded_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "latest_revision", lambda: "a revision of tomorrow")

    with pytest.raises(Conflict, match="run: releaf database upgrade"):
        database.make_ready(upgraded_database)


@pytest.mark.parametrize(
    ("revision", "refusal"),
    [
        ("0001", r"an unreleased version \(0001\), .*; name an empty database"),
        ("0014", r"an unreleased version \(0014\), .*; name an empty database"),
        ("9999", r"a later version \(9999\); install that version"),
    ],
)
def test_a_database_that_cannot_be_upgraded_is_refused_with_the_remedy(
    sqlite_database: str, revision: str, refusal: str
) -> None:
    with engine_of(sqlite_database).begin() as connection:
        connection.execute(text("update alembic_version set version_num = :n"), {"n": revision})

    for refuses in (database.make_ready, database.upgrade):
        with pytest.raises(Conflict, match=refusal):
            refuses(sqlite_database)


def upgraded_by_another_process(url: str) -> str:
    """The revision that another process has upgraded the database to."""
    program = (
        "import sys; from webapp.services.database import upgrade; print(upgrade(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, url], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
