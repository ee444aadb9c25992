"""The rules of the settings' values: each returns a usable value or raises SettingsError."""

import re
from collections.abc import Mapping
from datetime import time
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from cryptography.fernet import Fernet
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from zxcvbn import zxcvbn

Environment = Literal["development", "production"]
PRINTERPOINT_URL = "https://printerpoint.com/apis/v1"
#: The least power of ten of guesses, as zxcvbn estimates them; 32 random digits have 31.
LEAST_GUESSES_LOG10 = 20
#: A key whose beginning is hard to guess is so as a whole; zxcvbn takes 40 ms for 64 characters.
_MEASURED = 40


class SettingsError(Exception):
    """One line that names the variable, the problem and the remedy."""


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


def environment(text: str) -> Environment:
    if text not in ("development", "production"):
        raise SettingsError(f"RELEAF_ENV: {text!r} is not known; use development or production")
    return "production" if text == "production" else "development"


def database_url(url: str, instance: Path) -> str:
    if not url:
        return f"sqlite:///{instance / 'releaf.db'}"
    scheme = url.split("://", 1)[0]
    if scheme in ("postgres", "postgresql"):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if scheme in ("postgres", "postgresql", "postgresql+psycopg", "sqlite"):
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError) as error:
            raise SettingsError(
                "DATABASE_URL: is not an address like postgresql://user:password@host/name"
            ) from error
        if scheme == "sqlite" and parsed.database in (None, "", ":memory:"):
            raise SettingsError(
                "DATABASE_URL: names no file, and a database in memory is lost with its process; "
                "use sqlite:////folder/releaf.db or postgresql://..."
            )
        return url
    raise SettingsError(
        f"DATABASE_URL: {scheme!r} is not supported; use postgresql://... or sqlite:///..."
    )


def redis_url(values: Mapping[str, str]) -> str:
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


def encryption_keys(text: str) -> tuple[str, ...]:
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


def secret_key(text: str) -> str:
    if len(text) < 32 or zxcvbn(text[:_MEASURED])["guesses_log10"] < LEAST_GUESSES_LOG10:
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


def printerpoint_url(url: str, production: bool) -> str:
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


def public_url(url: str, production: bool) -> str:
    url = _url("PUBLIC_URL", url)
    if production and not url.startswith("https://"):
        raise SettingsError(
            "PUBLIC_URL: set it to the https:// address at which people reach this service"
        )
    return url


def whole_number(values: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = values.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,12}", text) or not least <= int(text) <= most:
        raise SettingsError(
            f"{name}: {text!r} is not a whole number from {least:,} to {most:,} "
            f"(default {default:,})"
        )
    return int(text)


def time_of_day(values: Mapping[str, str], name: str, default: str) -> time:
    text = values.get(name) or default
    try:
        if not re.fullmatch(r"\d\d:\d\d", text):
            raise ValueError(text)
        return time.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {text!r} is not a time of day like {default}") from error


def project_name(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > 120:
        raise SettingsError("REFORESTATION_PROJECT: is longer than 120 characters")
    return text


def mail_url(url: str, production: bool) -> str:
    if not url and production:
        raise SettingsError(
            "MAIL_URL: is not set; give the mail server like smtp://user:password@host:587, "
            "smtps://user:password@host, or mailbox: to store emails in a folder"
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


def mail_from(text: str, production: bool) -> str:
    if not text and production:
        raise SettingsError(
            "MAIL_FROM: is not set; set the sender, such as Releaf <mail@example.com>"
        )
    text = text or "Releaf <releaf@localhost.localdomain>"
    _, address = parseaddr(text)
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+", address) or not text.isprintable():
        raise SettingsError(f"MAIL_FROM: {text!r} is not like Releaf <mail@example.com>")
    return text


def log_level(text: str) -> str:
    levels = ("DEBUG", "INFO", "WARNING", "ERROR")
    if text.upper() not in levels:
        raise SettingsError(f"LOG_LEVEL: {text!r} is not one of {', '.join(levels)}")
    return text.upper()
