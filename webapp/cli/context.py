"""The context of commands: the application, its sessions, warnings and the audit trail."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import Flask
from sqlalchemy.orm import Session

from webapp import clock
from webapp.cli import output
from webapp.db import READ_ONLY, db
from webapp.extensions import public_url_for
from webapp.models import Account
from webapp.queries.viewer import Viewer
from webapp.services.accounts import audit
from webapp.services.accounts.audit import Action, Actor

#: A user with a shell on the host sees all accounts.
OPERATOR = Viewer("operations", None, None)
ACTOR = Actor(None, "command")


class _Warnings(logging.Handler):
    """Writes log records as single lines to standard error, without tracebacks."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = f" ({record.exc_info[0].__name__})" if record.exc_info and record.exc_info[0] else ""
        line = f"{record.levelname.lower()}: {record.getMessage()}{kind}"
        click.echo(output.printable(line), err=True)


def create_app() -> Flask:
    """Return the application for one command; its log is written to standard error in short lines.

    Raises SettingsError and Conflict as ``webapp.app.create_app`` does.
    """
    from webapp import app  # takes a second to import, which --help does not need

    log = logging.getLogger("releaf")
    if not any(isinstance(handler, _Warnings) for handler in log.handlers):
        log.addHandler(_Warnings(logging.WARNING))
    return app.create_app()


@contextmanager
def quiet() -> Iterator[None]:
    """Suppress warnings of simulated faults."""
    log = logging.getLogger("releaf")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


@contextmanager
def session(*, reading: bool = False) -> Iterator[Session]:
    """Open a session of the current application, to be committed by the caller.

    ``reading``: read-only, so that it takes no lock.
    """
    with db.session() as opened:
        if reading:
            opened.connection(execution_options=READ_ONLY)
        yield opened


def invitation_url(token: str) -> str:
    """Return the address at which an invited user chooses a password."""
    return public_url_for("auth.invitation", token=token)


def certificate_url(public_id: str) -> str:
    """Return the public page of a certificate."""
    return public_url_for("public_certificates.show", public_id=public_id)


def record_action(
    session: Session, action: Action, subject: str, account: Account | None, **details: Any
) -> None:
    """Add an audit entry for a command, in its transaction."""
    audit.record(
        session,
        ACTOR,
        action,
        subject,
        account_id=audit.audit_account_id(account),
        details=details,
        now=clock.now(),
    )
