"""``releaf database upgrade``: the schema, and the first administrator."""

from urllib.parse import urlsplit

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from tests.cli.conftest import Releaf
from webapp import clock
from webapp import settings as configuration
from webapp.services import users
from webapp.settings import ROOT


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


def test_a_database_that_is_behind_says_in_one_line_what_to_run(releaf: Releaf) -> None:
    _database_of_the_first_version(releaf)

    behind = releaf("list", "accounts", "--json")
    upgraded = releaf.made("database", "upgrade")

    assert behind.code == 1
    assert behind.err.count("\n") == 1
    assert behind.error[1].endswith("run: releaf database upgrade")
    assert upgraded["changed"] is True
    assert len(releaf.made("list", "accounts")) == 1  # that of operations


def _database_of_the_first_version(releaf: Releaf) -> None:
    config = configuration.load(releaf.surroundings)
    engine = create_engine(config.database_url)
    with engine.begin() as connection:
        alembic = Config()
        alembic.set_main_option("script_location", str(ROOT / "webapp" / "migrations"))
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0001")
    engine.dispose()
