"""Configuration: read once from the environment, immutable; invalid values are refused.

Secrets that are not configured are generated at the first start and stored in ``secrets.env`` in
the instance folder, readable by its owner only. Environment variables override that file.
"""

import contextlib
import difflib
import os
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from cryptography.fernet import Fernet
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent
SECRETS_FILE = "secrets.env"
PRINTERPOINT_URL = "https://printerpoint.com/apis/v1"
#: In production these are set explicitly; nothing is generated.
REQUIRED_IN_PRODUCTION = ("SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL")
#: All settings with the prefix RELEAF_; another name is a mistake in the environment.
PREFIXED = ("RELEAF_ENV", "RELEAF_INSTANCE")
#: What deploy/production/releaf.env.example has where a password is to be set.
PLACEHOLDER = "CHANGE-ME"
#: A random text of 32 characters has at least so many different ones.
MIN_DIFFERENT_CHARACTERS = 8
_WITH_PASSWORDS = (*REQUIRED_IN_PRODUCTION, "MAIL_URL")


class SettingsError(Exception):
    """One line that names the variable, the problem and the remedy."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of all processes.

    ``collect_at`` and ``close_at`` are local times in each partner's time zone.
    """

    environment: Literal["development", "production"]
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
    environment = environ.get("RELEAF_ENV", "development")
    if environment not in ("development", "production"):
        raise SettingsError(
            f"RELEAF_ENV: {environment!r} is not known; use development or production"
        )
    production = environment == "production"
    instance = Path(environ.get("RELEAF_INSTANCE") or ROOT / "instance").absolute()
    values = {**_secrets(instance, environ, production), **environ}
    port = _whole(values, "PORT", 8000, 1, 65_535)
    return Settings(
        environment="production" if production else "development",
        instance=instance,
        database_url=_database_url(values.get("DATABASE_URL", ""), instance),
        redis_url=_redis_url(values),
        encryption_keys=_encryption_keys(values.get("ENCRYPTION_KEYS", "")),
        secret_key=_secret_key(values.get("SECRET_KEY", "")),
        printerpoint_url=_printerpoint_url(
            values.get("PRINTERPOINT_URL") or PRINTERPOINT_URL, production
        ),
        public_url=_public_url(values.get("PUBLIC_URL") or f"http://127.0.0.1:{port}", production),
        pages_per_day_ceiling=_whole(values, "PAGES_PER_DAY_CEILING", 60_000, 1, 100_000_000),
        roll_width_mm=_whole(values, "ROLL_WIDTH_MM", 914, 50, 5_000),
        collect_at=_wall_time(values, "COLLECT_AT", "00:10"),
        close_on=_whole(values, "CLOSE_ON", 2, 1, 28),
        close_at=_wall_time(values, "CLOSE_AT", "06:00"),
        mail_url=_mail_url(values.get("MAIL_URL", ""), production),
        mail_from=_mail_from(values.get("MAIL_FROM", ""), production),
        project=_project(values.get("REFORESTATION_PROJECT") or "Releaf Reforestation Portfolio"),
        log_level=_log_level(values.get("LOG_LEVEL", "INFO")),
    )


def is_loopback(host: str | None) -> bool:
    """Whether the host name of a URL is this machine."""
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_names(environ: Mapping[str, str]) -> None:
    """Refuse unknown names with our prefix, and the placeholder of the example file.

    Raises SettingsError.
    """
    for name, value in environ.items():
        if name.startswith("RELEAF_") and name not in PREFIXED:
            similar = difflib.get_close_matches(name, PREFIXED, n=1)
            hint = f"did you mean {similar[0]}?" if similar else f"known are {', '.join(PREFIXED)}"
            raise SettingsError(f"{name}: is not a setting; {hint}")
        if name in _WITH_PASSWORDS and PLACEHOLDER in value:
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
        "# Made at the first start. Whoever has this file can read the Printerpoint tokens:\n"
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


def _database_url(url: str, instance: Path) -> str:
    if not url:
        return f"sqlite:///{instance / 'releaf.db'}"
    scheme = url.split("://", 1)[0]
    if scheme in ("postgres", "postgresql"):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if scheme in ("postgres", "postgresql", "postgresql+psycopg", "sqlite"):
        try:
            make_url(url)
        except (ArgumentError, ValueError) as error:
            raise SettingsError(
                "DATABASE_URL: is not an address like postgresql://user:password@host/name"
            ) from error
        return url
    raise SettingsError(
        f"DATABASE_URL: {scheme!r} is not supported; use postgresql://... or sqlite:///..."
    )


def _redis_url(values: Mapping[str, str]) -> str:
    url = values.get("REDIS_URL", "")
    if not url:
        password, port = values.get("REDIS_PASSWORD", ""), values.get("REDIS_PORT", "")
        if not password or not port.isdigit():
            raise SettingsError(
                "REDIS_URL: is not set and secrets.env holds no REDIS_PASSWORD and REDIS_PORT; "
                "set REDIS_URL or restore the file"
            )
        return f"redis://:{quote(password, safe='')}@127.0.0.1:{port}/0"
    if url.split("://", 1)[0] not in ("redis", "rediss", "unix"):
        raise SettingsError("REDIS_URL: must begin with redis://, rediss:// or unix://")
    return url


def _encryption_keys(text: str) -> tuple[str, ...]:
    keys = tuple(re.split(r"[,\s]+", text.strip())) if text.strip() else ()
    if not keys:
        raise SettingsError(
            "ENCRYPTION_KEYS: is empty; give at least one key made by "
            "python -c 'from cryptography.fernet import Fernet; "
            "print(Fernet.generate_key().decode())'"
        )
    for place, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError as error:
            raise SettingsError(
                f"ENCRYPTION_KEYS: key {place} is not a Fernet key (32 bytes, url-safe base64)"
            ) from error
    return keys


def _secret_key(text: str) -> str:
    if len(text) < 32 or len(set(text)) < MIN_DIFFERENT_CHARACTERS:
        raise SettingsError("SECRET_KEY: needs at least 32 random characters")
    return text


def _url(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"{name}: {url!r} is not a URL ({error})") from error
    if parts.username or parts.password:
        raise SettingsError(f"{name}: must not hold a user name, password or token")
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise SettingsError(f"{name}: {url!r} is not an address like https://example.com")
    if parts.query or parts.fragment:
        raise SettingsError(f"{name}: must end before any ? or #")
    return url.rstrip("/")


def _printerpoint_url(url: str, production: bool) -> str:
    url = _url("PRINTERPOINT_URL", url)
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise SettingsError(
            "PRINTERPOINT_URL: must begin with https:// (http is for loopback addresses only)"
        )
    if production and is_loopback(parts.hostname):
        raise SettingsError(
            "PRINTERPOINT_URL: a loopback address is a sandbox and not for production; "
            f"use {PRINTERPOINT_URL}"
        )
    return url


def _public_url(url: str, production: bool) -> str:
    url = _url("PUBLIC_URL", url)
    if production and not url.startswith("https://"):
        raise SettingsError(
            "PUBLIC_URL: set it to the https:// address at which people reach this service"
        )
    return url


def _whole(values: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = values.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
        raise SettingsError(
            f"{name}: {text!r} is not a whole number from {least:,} to {most:,} "
            f"(default {default:,})"
        )
    return int(text)


def _wall_time(values: Mapping[str, str], name: str, default: str) -> time:
    text = values.get(name) or default
    try:
        if not re.fullmatch(r"\d\d:\d\d", text):
            raise ValueError(text)
        return time.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {text!r} is not a time of day like {default}") from error


def _project(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > 120:
        raise SettingsError("REFORESTATION_PROJECT: is longer than 120 characters")
    return text


def _mail_url(url: str, production: bool) -> str:
    if not url and production:
        raise SettingsError(
            "MAIL_URL: is not set; give the mail server like smtp://user:password@host:587, "
            "smtps://user:password@host, or mailbox: to keep mails in a folder"
        )
    if not url or url == "mailbox:":
        return "mailbox:"
    parts = urlsplit(url)
    try:
        sound = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingsError(
            "MAIL_URL: is not like smtp://user:password@host:587, smtps://user:password@host or "
            "mailbox: (special letters of the password as %40)"
        )
    return url


def _mail_from(text: str, production: bool) -> str:
    if not text and production:
        raise SettingsError("MAIL_FROM: is not set; say who writes, like Releaf <mail@example.com>")
    text = text or "Releaf <releaf@localhost.localdomain>"
    _, address = parseaddr(text)
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+", address) or not text.isprintable():
        raise SettingsError(f"MAIL_FROM: {text!r} is not like Releaf <mail@example.com>")
    return text


def _log_level(text: str) -> str:
    levels = ("DEBUG", "INFO", "WARNING", "ERROR")
    if text.upper() not in levels:
        raise SettingsError(f"LOG_LEVEL: {text!r} is not one of {', '.join(levels)}")
    return text.upper()
