"""Configuration: read once from the environment, immutable; invalid values are refused.

Secrets that are not configured are generated at the first start and stored in ``secrets.env`` in
the instance folder, readable by its owner only. Environment variables override that file.
"""

import contextlib
import difflib
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from functools import partial
from pathlib import Path

from cryptography.fernet import Fernet

from webapp import setting_values as rules
from webapp.setting_values import PRINTERPOINT_URL, Environment, SettingsError

ROOT = Path(__file__).resolve().parent.parent
SECRETS_FILE = "secrets.env"
#: The addresses of a demo, in its instance folder, for commands run by hand.
DEMO_FILE = "demo.env"
#: In production these are set explicitly; nothing is generated.
REQUIRED_IN_PRODUCTION = ("SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL")
#: All settings with the prefix RELEAF_; another name is a mistake in the environment.
PREFIXED = ("RELEAF_ENV", "RELEAF_INSTANCE")
#: What deploy/production/releaf.env.example has where a password is to be set.
PLACEHOLDER = "CHANGE-ME"
_WITH_PASSWORDS = (*REQUIRED_IN_PRODUCTION, "MAIL_URL")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of all processes.

    ``collect_at`` and ``close_at`` are local times in each partner's time zone.
    """

    environment: Environment
    instance: Path
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    secret_key: str = field(repr=False)
    printerpoint_url: str
    public_url: str
    pages_per_day_ceiling: int
    roll_width_mm: int
    collect_at: time
    close_on: int
    close_at: time
    project: str
    mail_url: str = field(repr=False)
    mail_from: str
    log_level: str
    session_idle_hours: int
    session_days: int

    @property
    def production(self) -> bool:
        """Whether the rules of production apply."""
        return self.environment == "production"


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings.

    Creates the instance folder and its secrets if they are missing. Raises SettingsError for the
    first invalid variable.
    """
    _check_names(environ)
    environment = rules.environment(environ.get("RELEAF_ENV", "development"))
    production = environment == "production"
    instance = Path(environ.get("RELEAF_INSTANCE") or ROOT / "instance").absolute()
    values = {**_secrets(instance, environ, production), **environ}
    whole_number = partial(rules.whole_number, values)
    port = whole_number("PORT", 8000, 1, 65_535)
    return Settings(
        environment=environment,
        instance=instance,
        database_url=rules.database_url(values.get("DATABASE_URL", ""), instance),
        redis_url=rules.redis_url(values),
        encryption_keys=rules.encryption_keys(values.get("ENCRYPTION_KEYS", "")),
        secret_key=rules.secret_key(values.get("SECRET_KEY", "")),
        printerpoint_url=rules.printerpoint_url(
            values.get("PRINTERPOINT_URL") or PRINTERPOINT_URL, production
        ),
        public_url=rules.public_url(
            values.get("PUBLIC_URL") or f"http://127.0.0.1:{port}", production
        ),
        pages_per_day_ceiling=whole_number("PAGES_PER_DAY_CEILING", 60_000, 1, 100_000_000),
        roll_width_mm=whole_number("ROLL_WIDTH_MM", 914, 50, 5_000),
        collect_at=rules.time_of_day(values, "COLLECT_AT", "00:10"),
        close_on=whole_number("CLOSE_ON", 2, 1, 28),
        close_at=rules.time_of_day(values, "CLOSE_AT", "06:00"),
        mail_url=rules.mail_url(values.get("MAIL_URL", ""), production),
        mail_from=rules.mail_from(values.get("MAIL_FROM", ""), production),
        project=rules.project_name(
            values.get("REFORESTATION_PROJECT") or "Releaf Reforestation Portfolio"
        ),
        log_level=rules.log_level(values.get("LOG_LEVEL", "INFO")),
        session_idle_hours=whole_number("SESSION_IDLE_HOURS", 12, 1, 168),
        session_days=whole_number("SESSION_DAYS", 7, 1, 30),
    )


def _check_names(environ: Mapping[str, str]) -> None:
    """Refuse unknown names with our prefix, and the placeholder of the example file.

    Raises SettingsError.
    """
    for name, value in environ.items():
        if name.startswith("RELEAF_") and name not in PREFIXED:
            similar = difflib.get_close_matches(name, PREFIXED, n=1)
            hint = f"did you mean {similar[0]}?" if similar else f"known are {', '.join(PREFIXED)}"
            raise SettingsError(f"{name}: is not a setting; {hint}")
        if name in _WITH_PASSWORDS and PLACEHOLDER in value.upper():
            raise SettingsError(f"{name}: contains {PLACEHOLDER}; replace it with the real value")


def _secrets(instance: Path, environ: Mapping[str, str], production: bool) -> dict[str, str]:
    """Return the secrets of the instance folder, generated at the first start.

    In production nothing is generated or read. Raises SettingsError for a missing variable.
    """
    missing = [name for name in REQUIRED_IN_PRODUCTION if not environ.get(name)]
    if production and missing:
        raise SettingsError(
            f"{missing[0]}: is not set; in production it is required in the environment "
            "(README, Configuration)"
        )
    if production or missing in ([], ["DATABASE_URL"]):
        return {}
    path = instance / SECRETS_FILE
    if not path.exists():
        _write_secrets(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise SettingsError(
            f"RELEAF_INSTANCE: {path} cannot be read ({error.strerror}); "
            "run as the user that owns it"
        ) from error
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}


def _write_secrets(path: Path) -> None:
    """Write new secrets for the owner only, unless a concurrent process has written them."""
    text = (
        "# Created at the first start. This file gives access to the Printerpoint tokens:\n"
        "# keep it private, back it up apart from the database.\n"
        f"SECRET_KEY={secrets.token_urlsafe(48)}\n"
        f"ENCRYPTION_KEYS={Fernet.generate_key().decode()}\n"
        f"REDIS_PASSWORD={secrets.token_urlsafe(32)}\n"
        f"REDIS_PORT={_free_port()}\n"
    )
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        # link() does not replace a file: keys of a concurrent process must not be lost.
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
        part.unlink()
    except OSError as error:
        raise SettingsError(
            f"RELEAF_INSTANCE: {path.parent} cannot be written ({error.strerror}); "
            "name a folder this user may write"
        ) from error


def _free_port() -> int:
    """Return a free port below the kernel's ephemeral ports."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
