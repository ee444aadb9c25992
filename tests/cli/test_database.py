"""``releaf database upgrade``: the schema, and the first administrator."""

from urllib.parse import urlsplit

from sqlalchemy import create_engine

from tests.cli.conftest import Releaf
from webapp import clock
from webapp.services import users


def test_the_first_administrator_is_let_in(releaf: Releaf) -> None:
    document = releaf.made("database", "upgrade", "--email", "ada@example.com")

    assert document["changed"] is True
    assert document["administrator"]["email"] == "ada@example.com"
    token = urlsplit(document["administrator"]["link"]).path.rpartition("/")[2]
    with releaf.session() as session:
        ada = users.accept(session, token, "correct horse battery", clock.now())
        assert ada.role == "operations"


def test_until_somebody_is_in_a_new_link_is_made_each_time(releaf: Releaf) -> None:
    first = releaf.made("database", "upgrade")["administrator"]
    second = releaf.made("database", "upgrade")["administrator"]

    assert first["id"] == second["id"]
    assert first["link"] != second["link"]


def test_once_somebody_is_in_no_link_is_made(releaf: Releaf) -> None:
    link = releaf.made("database", "upgrade")["administrator"]["link"]
    with releaf.session() as session:
        users.accept(session, link.rpartition("/")[2], "correct horse battery", clock.now())

    again = releaf("database", "upgrade")

    assert again.out.startswith("The database is at revision ")
    assert again.out.count("\n") == 1
    assert releaf.made("database", "upgrade")["administrator"] is None


def test_a_database_of_another_version_says_what_to_do(releaf: Releaf, tmp_path: object) -> None:
    releaf.surroundings["DATABASE_URL"] = f"sqlite:///{tmp_path}/old.db"
    releaf.process("database", "upgrade")
    engine = create_engine(releaf.surroundings["DATABASE_URL"])
    with engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '0000'")
    engine.dispose()

    answer = releaf("list", "accounts", "--json")

    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert "DATABASE_URL: the database is of" in answer.error[1]
