"""``releaf database upgrade``: the schema, and the first administrator."""

from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from tests.cli.conftest import Releaf
from webapp import clock
from webapp.services import database
from webapp.services.accounts import users


@pytest.mark.slow  # runs every migration
def test_the_first_administrator_gets_a_link(new_instance: Releaf) -> None:
    document = new_instance.made("database", "upgrade", "--email", "ada@example.com")

    assert document["changed"] is True
    assert document["administrator"]["email"] == "ada@example.com"
    token = urlsplit(document["administrator"]["link"]).path.rpartition("/")[2]
    with new_instance.session() as session:
        ada = users.accept(session, token, "correct horse battery", clock.now())
        assert ada.role == "operations"


def test_a_new_link_is_created_each_time_until_a_user_has_a_password(releaf: Releaf) -> None:
    first = releaf.made("database", "upgrade")["administrator"]
    second = releaf.made("database", "upgrade")["administrator"]

    assert first["id"] == second["id"]
    assert first["link"] != second["link"]


def test_no_link_is_created_once_a_user_has_a_password(releaf: Releaf) -> None:
    link = releaf.made("database", "upgrade")["administrator"]["link"]
    with releaf.session() as session:
        users.accept(session, link.rpartition("/")[2], "correct horse battery", clock.now())

    again = releaf("database", "upgrade")

    assert again.out.startswith("The database is at revision ")
    assert again.out.count("\n") == 1
    assert releaf.made("database", "upgrade")["administrator"] is None


def test_an_outdated_database_is_reported_in_one_line_with_the_command(
    own_instance: Releaf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "latest_revision", lambda: "a revision of tomorrow")
    own_instance.restart()

    behind = own_instance("list", "accounts", "--json")

    assert behind.code == 1
    assert behind.err.count("\n") == 1
    assert behind.error[1].endswith("run: releaf database upgrade")


@pytest.mark.parametrize("command", [("list", "accounts"), ("database", "upgrade")])
def test_a_database_of_an_unreleased_version_is_refused_in_one_line(
    own_instance: Releaf, command: tuple[str, str]
) -> None:
    with own_instance.session() as session:
        session.execute(text("update alembic_version set version_num = '0014'"))
        session.commit()
    own_instance.restart()

    refused = own_instance(*command, "--json")

    assert refused.code == 1
    assert refused.err.count("\n") == 1
    assert refused.error[1].endswith("name an empty database")
