"""``releaf --env-file``, and the file of production."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from webapp.cli import environment, releaf


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of production, on a machine without a local instance."""
    path = tmp_path / "releaf.env"
    path.write_text(
        f"RELEAF_INSTANCE={tmp_path}/production\n"
        "# A comment\n"
        'MAIL_FROM="Releaf <releaf@example.com>"\n'
        "LOG_LEVEL=LOUD\n"
    )
    monkeypatch.setattr(environment, "PRODUCTION", path)
    monkeypatch.setattr(environment, "ROOT", tmp_path / "program")
    for name in ("RELEAF_ENV", "RELEAF_INSTANCE", "MAIL_FROM", "LOG_LEVEL", "PRINTERPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    yield path
    os.environ.clear()
    os.environ.update(before)


def run(*words: str) -> Result:
    """Run the command; the invalid LOG_LEVEL shows whether the file was read."""
    return CliRunner().invoke(releaf, [*words, "list", "accounts"])


def test_a_given_file_is_read(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "PRODUCTION", installed.with_name("none"))

    result = run("--env-file", str(installed))

    assert result.exit_code == 2
    assert "LOG_LEVEL: 'LOUD' is not one of" in result.stderr
    assert os.environ["MAIL_FROM"] == "Releaf <releaf@example.com>"
    assert "settings from" not in result.stderr


def test_values_are_taken_literally_as_systemd_does(installed: Path) -> None:
    installed.write_text("MAIL_FROM='a${LOG_LEVEL}b$c'\nLOG_LEVEL=LOUD\n")

    run("--env-file", str(installed))

    assert os.environ["MAIL_FROM"] == "a${LOG_LEVEL}b$c"


@pytest.mark.parametrize("content", [b"MAIL_FROM=M\xfcller", b"\xff\xfeA", b"LOG_LEVEL=A\0B\n"])
def test_a_file_that_is_no_text_is_refused_with_one_line(installed: Path, content: bytes) -> None:
    installed.write_bytes(content)

    result = run("--env-file", str(installed))

    assert result.exit_code == 1
    assert result.stderr == f"Error: {installed} is not a file of settings in UTF-8.\n"


def test_commands_on_the_data_of_a_demo_read_its_sandbox(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELEAF_INSTANCE", str(installed.parent))
    monkeypatch.setenv("PRINTERPOINT_URL", "https://printerpoint.example.com/apis/v1")
    installed.with_name("demo.env").write_text("PRINTERPOINT_URL=http://127.0.0.1:1/apis/v1\n")

    assert run().exit_code == 0
    assert os.environ["PRINTERPOINT_URL"] == "http://127.0.0.1:1/apis/v1"


def test_an_instance_folder_that_is_missing_is_named(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mistyped = installed.with_name("instnace")
    monkeypatch.setenv("RELEAF_INSTANCE", str(mistyped))

    assert f"RELEAF_INSTANCE: {mistyped} does not exist yet" in run().stderr
    assert run().stderr == ""  # it exists now


def test_a_file_of_a_demo_elsewhere_is_not_read(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(installed.parent)
    installed.with_name("demo.env").write_text("PRINTERPOINT_URL=http://127.0.0.1:1/apis/v1\n")

    run()

    assert "PRINTERPOINT_URL" not in os.environ


def test_the_file_of_production_is_read_and_named(installed: Path) -> None:
    result = run()

    assert result.stderr.startswith(f"releaf: settings from {installed}\n")
    assert "LOG_LEVEL: 'LOUD' is not one of" in result.stderr


@pytest.mark.parametrize("reason", ["RELEAF_ENV", "RELEAF_INSTANCE", "instance"])
def test_it_is_not_read_on_a_machine_with_other_settings(
    installed: Path, tmp_path: Path, reason: str
) -> None:
    if reason == "instance":
        (tmp_path / "program" / "instance").mkdir(parents=True)
        os.environ["DATABASE_URL"] = "sqlite:///:nowhere/x"
    else:
        os.environ[reason] = "development" if reason == "RELEAF_ENV" else str(tmp_path / "own")

    environment.read(None)

    assert "LOG_LEVEL" not in os.environ


def test_variables_that_are_set_stay(installed: Path) -> None:
    os.environ["LOG_LEVEL"] = "DEBUG"

    environment.read(installed)

    assert os.environ["LOG_LEVEL"] == "DEBUG"


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    result = run("--env-file", str(tmp_path / "missing.env"))

    assert result.exit_code == 2
    assert "does not exist" in result.stderr


def test_a_file_of_production_that_cannot_be_read_is_an_error(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)

    result = run()

    assert result.exit_code == 1
    assert "cannot be read by this user" in result.stderr


def test_the_example_is_read_as_systemd_reads_it(installed: Path) -> None:
    example = Path(__file__).parents[2] / "deploy" / "production" / "releaf.env.example"

    environment.read(example)

    assert os.environ["RELEAF_ENV"] == "production"
    assert os.environ["MAIL_FROM"] == "Releaf <releaf@example.com>"
    assert os.environ["SECRET_KEY"] == ""
