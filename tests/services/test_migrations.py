"""The rows of a filled database through all revisions, up and down."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Connection,
    Engine,
    MetaData,
    column,
    inspect,
    select,
    text,
)

from tests.database import engine_of
from tests.services.revisions import ROWS, at_revision, fill
from webapp.errors import Conflict
from webapp.services import database

pytestmark = pytest.mark.slow

# A later revision, as a developer would write one, for the tests of how revisions are run.
_LATER = """
import sqlalchemy as sa
from alembic import op

revision = "9999_later"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("device", sa.Column("note", sa.String(20), nullable=True))
    op.execute("update device set note = serial_number")
    with op.batch_alter_table("feed") as feed:
        feed.alter_column("customer_name", existing_type=sa.String(200), type_=sa.String(250))
"""


@pytest.fixture
def later_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A revision after the latest one."""
    head = database.latest_revision()
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "later.py").write_text(_LATER.format(head=head))
    configured = database._config

    def with_later() -> Config:
        config = configured()
        folder = Path(str(config.get_main_option("script_location"))) / "versions"
        config.attributes["lock_timeout"] = "200ms"
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", f"{folder}\n{tmp_path / 'versions'}")
        return config

    monkeypatch.setattr(database, "_config", with_later)
    return "9999_later"


def test_a_filled_database_retains_its_rows_at_every_revision(
    empty_database: str, later_revision: str
) -> None:
    engine = database._engine(empty_database)
    filled = _through_all_revisions(engine, but=later_revision)
    filled["audit_entry"]["action"] = "feeds connected"  # renamed by 0012_audit_actions
    with engine.begin() as connection:
        _assert_kept(connection, filled)

    assert database.upgrade(empty_database) == later_revision

    with engine.begin() as connection:
        _assert_kept(connection, filled)
        assert connection.exec_driver_sql("select note from device").scalar() == "x"


def test_stored_audit_actions_are_renamed_by_an_upgrade_and_a_downgrade(
    empty_database: str,
) -> None:
    engine = database._engine(empty_database)
    config = database._config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0011_session_version")
        entry = {"at": datetime(2026, 11, 2, 3, tzinfo=UTC), "place": "browser"}
        entry |= {"subject": "x", "details": {}}
        trail = MetaData()
        trail.reflect(connection, only=["audit_entry"])
        former = ["feeds tied", "user took the invitation", "user invited"]
        rows = [{**entry, "action": action} for action in former]
        connection.execute(trail.tables["audit_entry"].insert(), rows)

        command.upgrade(config, "0012_audit_actions")
        upgraded = _stored_actions(connection)
        command.downgrade(config, "0011_session_version")
        downgraded = _stored_actions(connection)

    assert upgraded == ["feeds connected", "invitation accepted", "user invited"]
    assert downgraded == former


def _stored_actions(connection: Connection) -> list[str]:
    return list(connection.scalars(text("select action from audit_entry order by id")))


def test_months_that_closed_before_a_minimum_existed_were_not_carried(empty_database: str) -> None:
    engine = database._engine(empty_database)
    config = database._config()
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            database._disable_foreign_keys(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "0021_mail_purpose")
        month: Mapping[str, Any] = {"account_id": 1, "month": "2026-10"}
        partner: Mapping[str, Any] = {"kind": "partner", "partner_id": None}
        fill(connection, {"account": partner, "closed_month": month})

        command.upgrade(config, "0022_certificate_minimum")
        certified_in = connection.scalar(text("select certified_in from closed_month"))

    assert certified_in == "2026-10"


def test_no_email_is_due_for_a_document_that_was_rendered_before(empty_database: str) -> None:
    engine = database._engine(empty_database)
    config = database._config()
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            database._disable_foreign_keys(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "0022_certificate_minimum")
        of_database = {name: ROWS["0001_initial"][name] for name in ("account", "logo")}
        certificate = {**ROWS["0001_initial"]["certificate"], "corrections": 0, "carried_pages": 0}
        fill(connection, {**of_database, "certificate": certificate, "document": {}})

        command.upgrade(config, "0023_certificate_emails")
        due = connection.scalar(text("select emails_due from document"))

    assert not due


def test_the_other_machine_of_a_state_is_renamed_by_an_upgrade_and_a_downgrade(
    empty_database: str,
) -> None:
    first = {"counter_set": "lifetime", "values": {"lifetime": 2**40}, "day": "2026-11-02"}
    former = [{"asset": "Café 🖨", "stranger": first, "marks": [{}]}, {"asset": '"stranger": {}'}]
    with at_revision(empty_database, "0025_saved_view") as (connection, config):
        of_feed = {name: ROWS["0001_initial"][name] for name in ("account", "server", "feed")}
        of_feed["feed"] = {**of_feed["feed"], "read_interval_days": None}
        row = fill(connection, {**of_feed, "device": {"moved_to": None}})["device"]
        tables = MetaData()
        tables.reflect(connection, only=["device"])
        device = tables.tables["device"]
        states = select(device.c.state).order_by(device.c.id)
        connection.execute(device.update().values(state=former[0]))
        connection.execute(device.insert().values({**row, "id": 2, "state": former[1]}))

        command.upgrade(config, "0026_other_machine")
        upgraded = connection.scalars(states).all()
        command.downgrade(config, "0025_saved_view")
        downgraded = connection.scalars(states).all()

    assert upgraded == [{"asset": "Café 🖨", "other_machine": first, "marks": [{}]}, former[1]]
    assert downgraded == former


def test_events_of_glitches_are_renamed_by_an_upgrade_and_a_downgrade(
    empty_database: str,
) -> None:
    first = ROWS["0001_initial"]
    with at_revision(empty_database, "0026_other_machine") as (connection, config):
        of_feed = {name: first[name] for name in ("account", "server", "feed")}
        of_feed["feed"] = {**of_feed["feed"], "read_interval_days": None}
        row = fill(
            connection,
            {**of_feed, "feed_event": {**first["feed_event"], "kind": "fell", "device_id": None}},
        )
        tables = MetaData()
        tables.reflect(connection, only=["feed_event"])
        event = tables.tables["feed_event"]
        kinds = select(event.c.kind).order_by(event.c.id)
        connection.execute(event.insert().values({**row["feed_event"], "id": 2, "kind": "misread"}))

        command.upgrade(config, "0027_glitch")
        upgraded = connection.scalars(kinds).all()
        command.downgrade(config, "0026_other_machine")
        downgraded = connection.scalars(kinds).all()

    assert (upgraded, downgraded) == (["fell", "glitch"], ["fell", "misread"])


def test_errors_of_emails_become_codes_and_text_again(empty_database: str) -> None:
    first = ROWS["0001_initial"]
    with at_revision(empty_database, "0027_glitch") as (connection, config):
        rows = {name: dict(first[name]) for name in ("account", "user", "logo", "mail")}
        rows["mail"] |= {"purpose": None, "certificate_id": None, "error": "it answers 550 ‘nó’"}
        mail = fill(connection, rows)["mail"]
        tables = MetaData()
        tables.reflect(connection, only=["mail"])
        connection.execute(
            tables.tables["mail"].insert().values({**mail, "id": 2, "key": "y", "error": None})
        )

        command.upgrade(config, "0028_mail_error")
        errors = select(column("error", JSON)).select_from(text("mail")).order_by(column("id"))
        upgraded = connection.scalars(errors).all()
        command.downgrade(config, "0027_glitch")
        downgraded = connection.scalars(text("select error from mail order by id")).all()

    assert upgraded == [{"code": "mail_failed", "params": {"error": "it answers 550 ‘nó’"}}, None]
    assert downgraded == ["it answers 550 ‘nó’", None]


def test_a_revision_does_not_wait_long_for_a_table_that_is_in_use(
    postgresql_database: str, later_revision: str
) -> None:
    with engine_of(postgresql_database).begin() as other:
        other.exec_driver_sql("lock table device in access share mode")
        with pytest.raises(Conflict, match=r"in use, nothing was changed; .*run again"):
            database.upgrade(postgresql_database)

    assert database.current_revision(postgresql_database) != later_revision
    assert database.upgrade(postgresql_database) == later_revision


def _through_all_revisions(engine: Engine, but: str) -> dict[str, dict[str, Any]]:
    """Run one revision after another, and fill the tables of each."""
    filled: dict[str, dict[str, Any]] = {}
    scripts = ScriptDirectory.from_config(database._config()).walk_revisions()
    for script in reversed([one for one in scripts if one.revision != but]):
        with engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                database._disable_foreign_keys(connection)
            config = database._config()
            config.attributes["connection"] = connection
            command.upgrade(config, script.revision)
        with engine.begin() as connection:
            filled |= fill(connection, ROWS.get(script.revision, {}))
            stored = set(inspect(connection).get_table_names()) - {"alembic_version"}
            assert stored <= set(filled), f"{script.revision}: give ROWS a row of each new table"
    return filled


def _assert_kept(connection: Connection, filled: Mapping[str, Mapping[str, Any]]) -> None:
    """Every row is there, with what it had in the columns that are there still."""
    schema = MetaData()
    schema.reflect(connection)
    for name, before in filled.items():
        if name in schema.tables:
            after = dict(connection.execute(select(schema.tables[name])).mappings().one())
            assert {key: after[key] for key in before if key in after} == {
                key: value for key, value in before.items() if key in after
            }, name
