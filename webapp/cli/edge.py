"""What every command needs from the outside: settings, a database that is ready, a client."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from sqlalchemy.orm import Session

from webapp import clock, db
from webapp import settings as configuration
from webapp.cli import output
from webapp.crypto import Keyring
from webapp.models import Account, Server
from webapp.printerpoint.client import Client
from webapp.services import audit, database
from webapp.services.audit import Action, Actor
from webapp.settings import Settings


class _Warnings(logging.Handler):
    """What the service logs, as single lines on standard error: no tracebacks for operators."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = f" ({record.exc_info[0].__name__})" if record.exc_info and record.exc_info[0] else ""
        line = f"{record.levelname.lower()}: {record.getMessage()}{kind}"
        click.echo(output.shown(line), err=True)


def settings() -> Settings:
    """The settings of this command. Raises SettingsError."""
    config = configuration.load()
    log = logging.getLogger("releaf")
    if not any(isinstance(handler, _Warnings) for handler in log.handlers):
        log.addHandler(_Warnings(logging.WARNING))
    return config


@contextmanager
def quiet() -> Iterator[None]:
    """Troubles that belong to a story are not warned of."""
    log = logging.getLogger("releaf")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


@contextmanager
def opened(config: Settings, *, reading: bool = False) -> Iterator[Session]:
    """A session on a database that is up to date; an empty one is made first.

    ``reading``: nothing will be written, so that nobody has to wait for us.
    """
    database.make_ready(config.database_url)
    with db.open_session(config.database_url) as session:
        if reading:
            session.connection(execution_options=db.READ_ONLY)
        yield session


def keyring(config: Settings) -> Keyring:
    """The encryption keys."""
    return Keyring(config.encryption_keys)


def client(config: Settings, token: str) -> Client:
    """A client of Printerpoint for a token that is not saved yet."""
    return Client(config.printerpoint_url, token)


def client_of(config: Settings, server: Server) -> Client:
    """The client of a server. Raises SealError when its token cannot be opened."""
    return client(config, server.open_token(keyring(config)))


def invitation_url(config: Settings, token: str) -> str:
    """The address at which an invited user chooses a password."""
    return f"{config.public_url}/invitations/{token}"


def certificate_url(config: Settings, public_id: str) -> str:
    """The public page at which anybody can verify a certificate."""
    return f"{config.public_url}/c/{public_id}"


def note(
    session: Session, action: Action, subject: str, account: Account | None, **details: Any
) -> None:
    """Note in the audit trail what a command does, in its transaction."""
    audit.record(
        session,
        Actor(None, "command"),
        action,
        subject,
        account_id=audit.concerned(account),
        details=details,
        now=clock.now(),
    )
