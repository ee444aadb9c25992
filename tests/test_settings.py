"""Settings: read once, frozen, and refused aloud when they make no sense."""

import base64
import stat
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError
from datetime import time
from pathlib import Path

import pytest

from webapp import settings as configuration
from webapp.setting_values import SettingsError
from webapp.settings import Settings

Load = Callable[..., Settings]

PROJECT = "project"
SECRET = "k3Zq9vXw2LmT7bRyP5sHdN8cJf4gUaE6"
# The same in every process that collects these tests: test names contain it.
KEY = base64.urlsafe_b64encode(bytes(32)).decode()
VARIABLES = (
    "RELEAF_ENV",
    "RELEAF_INSTANCE",
    "DATABASE_URL",
    "REDIS_URL",
    "ENCRYPTION_KEYS",
    "SECRET_KEY",
    "PRINTERPOINT_URL",
    "PUBLIC_URL",
    "PORT",
    "COLLECT_AT",
    "CLOSE_ON",
    "CLOSE_AT",
    "PAGES_PER_DAY_CEILING",
    "ROLL_WIDTH_MM",
    "REFORESTATION_PROJECT",
    "MAIL_URL",
    "MAIL_FROM",
    "LOG_LEVEL",
    "SESSION_IDLE_HOURS",
    "SESSION_DAYS",
)
PRODUCTION: Mapping[str, str] = {
    "RELEAF_ENV": "production",
    "DATABASE_URL": "postgresql://releaf:secret-of-the-database@db.example/releaf",
    "REDIS_URL": "redis://:secret-of-redis@redis.example:6379/0",
    "ENCRYPTION_KEYS": KEY,
    "SECRET_KEY": SECRET,
    "PUBLIC_URL": "https://releaf.example",
    "MAIL_URL": "smtps://releaf:secret-of-mail@mail.example",
    "MAIL_FROM": "Releaf <releaf@releaf.example>",
}


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load settings for an instance of the test's own."""

    def with_environment(environ: Mapping[str, str] | None = None) -> Settings:
        return configuration.load({"RELEAF_INSTANCE": str(tmp_path / "own"), **(environ or {})})

    return with_environment


def test_the_first_start_creates_secrets_readable_by_the_owner_only(
    load: Load, tmp_path: Path
) -> None:
    settings = load()

    path = tmp_path / "own" / "secrets.env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert settings.database_url == f"sqlite:///{tmp_path / 'own' / 'releaf.db'}"
    assert settings.redis_url.startswith("redis://:")
    assert "@127.0.0.1:" in settings.redis_url


def test_a_second_start_retains_the_secrets(load: Load) -> None:
    assert load() == load()


def test_the_environment_takes_precedence_over_the_file(load: Load) -> None:
    load()

    settings = load({"ENCRYPTION_KEYS": KEY, "SECRET_KEY": SECRET})

    assert settings.encryption_keys == (KEY,)
    assert settings.secret_key == SECRET


def test_defaults_are_those_of_the_readme(load: Load) -> None:
    settings = load()

    assert settings.printerpoint_url == "https://printerpoint.com/apis/v1"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert (settings.pages_per_day_ceiling, settings.roll_width_mm) == (60_000, 914)
    assert (settings.collect_at, settings.close_on, settings.close_at) == (
        time(0, 10),
        2,
        time(6),
    )


def test_every_variable_is_listed_in_the_readme() -> None:
    readme = (configuration.ROOT / "README.md").read_text(encoding="utf-8")

    for name in VARIABLES:
        assert f"`{name}`" in readme


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RELEAF_ENV", "staging"),
        ("DATABASE_URL", "mysql://root@localhost/x"),
        ("DATABASE_URL", "postgresql://u:p@host:notaport/db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("REDIS_URL", "http://localhost"),
        ("ENCRYPTION_KEYS", "not-a-key"),
        ("ENCRYPTION_KEYS", f"{KEY},short"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 40),
        ("SECRET_KEY", "abcdefgh" * 5),
        ("SECRET_KEY", "0123456789abcdef" * 2),
        ("SECRET_KEY", "password" * 8),
        ("SECRET_KEY", "qwertyuiopasdfghjklzxcvbnm123456"),
        ("SECRET_KEY", f"CHANGE-ME{SECRET}"),
        ("SECRET_KEY", f"change-me-{SECRET}"),
        ("REDIS_URL", "redis://:CHANGE-ME@127.0.0.1:6379/0"),
        ("DATABASE_URL", "postgresql://releaf:CHANGE-ME@127.0.0.1:5432/releaf"),
        ("MAIL_URL", "smtp://releaf:CHANGE-ME@mail.example.com:587"),
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("RELEAF_INSTANCES", "/srv/releaf"),
        ("RELEAF_LOG_LEVEL", "ERROR"),
        ("PRINTERPOINT_URL", "http://printerpoint.com/apis/v1"),
        ("PRINTERPOINT_URL", "ftp://printerpoint.com"),
        ("PRINTERPOINT_URL", "https://token@printerpoint.com/apis/v1"),
        ("PRINTERPOINT_URL", "https://printerpoint.com/apis/v1?x=1"),
        ("PUBLIC_URL", "releaf.example"),
        ("PUBLIC_URL", "http://[::1"),
        ("PAGES_PER_DAY_CEILING", "many"),
        ("PAGES_PER_DAY_CEILING", "0"),
        ("PAGES_PER_DAY_CEILING", "-5"),
        ("ROLL_WIDTH_MM", "3.5"),
        ("COLLECT_AT", "25:00"),
        ("COLLECT_AT", "0:10"),
        ("CLOSE_ON", "31"),
        ("CLOSE_AT", "six"),
        ("REFORESTATION_PROJECT", "x" * 121),
        ("LOG_LEVEL", "LOUD"),
        ("MAIL_URL", "mail.example"),
        ("MAIL_URL", "smtp://"),
        ("MAIL_URL", "smtp://mail.example:port"),
        ("MAIL_URL", "smtp://mail.example/inbox"),
        ("MAIL_URL", "http://mail.example"),
        ("MAIL_FROM", "Releaf"),
        ("MAIL_FROM", "Releaf <releaf@example>"),
        ("MAIL_FROM", "Releaf\nBcc: eve@example.com <releaf@example.com>"),
    ],
)
def test_an_invalid_value_stops_the_start_with_one_line_that_names_the_variable(
    load: Load, name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        load({name: value})

    assert str(refusal.value).startswith(f"{name}: ")
    assert "\n" not in str(refusal.value)


def test_production_starts_with_everything_given(load: Load, tmp_path: Path) -> None:
    settings = load(PRODUCTION)

    assert settings.production
    assert not (tmp_path / "own" / "secrets.env").exists()
    assert settings.database_url.startswith("postgresql+psycopg://")


@pytest.mark.parametrize(
    "missing",
    [
        "SECRET_KEY",
        "ENCRYPTION_KEYS",
        "DATABASE_URL",
        "REDIS_URL",
        "PUBLIC_URL",
        "MAIL_URL",
        "MAIL_FROM",
    ],
)
@pytest.mark.parametrize("before", ["an empty folder", "secrets of a development run"])
def test_production_has_no_defaults_for_what_it_requires(
    load: Load, missing: str, before: str
) -> None:
    if before == "secrets of a development run":
        load()
    environ = {name: value for name, value in PRODUCTION.items() if name != missing}

    with pytest.raises(SettingsError, match=f"^{missing}: "):
        load(environ)
    with pytest.raises(SettingsError, match=f"^{missing}: "):
        load({**PRODUCTION, missing: ""})


def test_the_example_of_production_can_be_sourced_and_is_complete(load: Load) -> None:
    example = configuration.ROOT / "deploy" / "production" / "releaf.env.example"
    shell = f"set -a; . '{example}'; env -0"
    printed = subprocess.run(["/bin/sh", "-euc", shell], env={}, check=True, capture_output=True)
    environ = dict(line.split("=", 1) for line in printed.stdout.decode().split("\0") if line)
    filled = {name: value.replace("CHANGE-ME", "a-password") for name, value in environ.items()}

    with pytest.raises(SettingsError, match=r"^DATABASE_URL: contains CHANGE-ME"):
        load(environ)
    with pytest.raises(SettingsError, match=r"^SECRET_KEY: is not set"):
        load(filled)
    settings = load({**filled, "SECRET_KEY": SECRET, "ENCRYPTION_KEYS": KEY})

    assert settings.production
    assert settings.mail_from == "Releaf <releaf@example.com>"


def test_production_refuses_a_sandbox(load: Load) -> None:
    with pytest.raises(SettingsError, match=r"^PRINTERPOINT_URL: a loopback"):
        load({**PRODUCTION, "PRINTERPOINT_URL": "https://127.0.0.1:8900/apis/v1"})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.8.9.10", "[::1]"])
def test_http_is_for_loopback_addresses(load: Load, host: str) -> None:
    settings = load({"PRINTERPOINT_URL": f"http://{host}:8900/apis/v1/"})

    assert settings.printerpoint_url == f"http://{host}:8900/apis/v1"


def test_settings_are_frozen_and_show_no_secret(load: Load) -> None:
    settings = load(PRODUCTION)

    with pytest.raises(FrozenInstanceError):
        setattr(settings, PROJECT, "Amazon")
    for secret in ("secret-of-the-database", "secret-of-redis", KEY, SECRET):
        assert secret not in repr(settings)
