"""What holds for every command: ``--json``, one document, exit codes, no tracebacks."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from tests.cli.conftest import Releaf
from webapp import settings as configuration
from webapp.cli import releaf as root
from webapp.models import Account


def every_command(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command with the words that call it."""
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(every_command(root))
WORDS = [" ".join(path) for path in COMMANDS]


def test_the_commands_are_those_listed_here() -> None:
    assert set(WORDS) >= {
        "account add",
        "user add",
        "user invite-again",
        "server add",
        "server check",
        "server customers",
        "feed add",
        "collect",
        "certificates issue",
        "certificates download",
        "month close",
        "list accounts",
        "list servers",
        "list feeds",
        "list devices",
        "list deposits",
        "list certificates",
        "list health-changes",
        "database upgrade",
        "demo",
    }


@pytest.mark.parametrize("words", WORDS)
def test_every_command_takes_json_at_its_end(words: str) -> None:
    command = COMMANDS[tuple(words.split())]

    assert "--json" in [option for param in command.params for option in param.opts]
    assert command.help


@pytest.mark.parametrize("words", WORDS)
def test_a_wrong_option_is_reported_as_json_and_as_text(words: str, releaf: Releaf) -> None:
    result = releaf(*words.split(), "--wrong", "--json")

    assert result.code == 2
    field, message = result.error
    assert field == "--wrong"
    assert message.startswith("No such option '--wrong'.")
    assert f"Try 'releaf {words} --help' for help." in result.err


@pytest.mark.parametrize("words", WORDS)
def test_help_does_not_change_the_instance(words: str, new_instance: Releaf) -> None:
    result = new_instance(*words.split(), "--help")

    assert result.code == 0
    assert not Path(new_instance.surroundings["RELEAF_INSTANCE"]).exists()


def test_an_unknown_command_is_a_usage_error(releaf: Releaf) -> None:
    result = releaf("acount", "add", "Northwind", "--json")

    assert result.code == 2
    field, message = result.error
    assert field is None
    assert "No such command 'acount'." in message


def test_a_missing_argument_is_named(releaf: Releaf) -> None:
    result = releaf("account", "add", "--json")

    assert result.code == 2
    assert result.error == ("name", "Missing argument 'NAME'.")


def test_invalid_settings_are_reported_in_one_line(releaf: Releaf) -> None:
    releaf.surroundings["COLLECT_AT"] = "midnight"

    result = releaf("collect", "--json")

    assert result.code == 2
    assert result.error == ("COLLECT_AT", "COLLECT_AT: 'midnight' is not a time of day like 00:10")
    assert result.err == "Error: COLLECT_AT: 'midnight' is not a time of day like 00:10\n"


def test_an_unreachable_database_is_reported_in_one_line(releaf: Releaf) -> None:
    releaf.surroundings["DATABASE_URL"] = "postgresql://ada:secret@127.0.0.1:1/releaf"

    result = releaf("list", "accounts", "--json")

    assert result.code == 1
    field, message = result.error
    assert field == "DATABASE_URL"
    assert "refused" in message
    assert "secret" not in result.out + result.err
    assert result.err.count("\n") == 1


def test_arguments_that_are_not_utf_8_are_refused(releaf: Releaf) -> None:
    result = releaf("server", "check", b"\xff".decode(errors="surrogateescape"), "--json")

    assert (result.code, result.error) == (2, (None, "'\\udcff' is not text in UTF-8."))


def test_a_folder_without_write_access_is_reported_in_one_line(
    new_instance: Releaf, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    new_instance.surroundings["RELEAF_INSTANCE"] = str(tmp_path / "file" / "instance")

    result = new_instance("list", "accounts", "--json")

    assert (result.code, result.error[0]) == (2, "RELEAF_INSTANCE")
    assert result.err.count("\n") == 1


@pytest.mark.slow  # runs every migration
def test_the_keys_and_the_database_of_an_empty_instance_are_created(new_instance: Releaf) -> None:
    assert new_instance.made("list", "accounts") == []

    secrets = Path(new_instance.surroundings["RELEAF_INSTANCE"]) / "secrets.env"
    assert secrets.stat().st_mode & 0o777 == 0o600


def test_the_commands_are_available_through_flask(own_instance: Releaf) -> None:
    from flask.cli import FlaskGroup

    from webapp.app import create_app
    from webapp.cli import register

    app = create_app(configuration.load(own_instance.surroundings))
    register(app)
    group = FlaskGroup(create_app=lambda: app)
    runner = app.test_cli_runner()

    fine = runner.invoke(group, ["list", "accounts", "--json"], env=own_instance.surroundings)
    wrong = runner.invoke(group, ["account", "add", "--json"], env=own_instance.surroundings)

    assert (fine.exit_code, fine.stdout) == (0, "[]\n")
    assert (wrong.exit_code, wrong.stdout[:10]) == (2, '{"error":{')


def test_the_shell_has_the_database_and_the_models(own_app: Flask) -> None:
    from webapp.cli import register
    from webapp.db import db

    register(own_app)
    with own_app.app_context():
        names = own_app.make_shell_context()

        assert names["db"] is db
        assert names["Account"] is Account
