"""``releaf demo``: the service with a story in it, told through its own services."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from webapp import clock
from webapp.cli import context, output
from webapp.cli.command import Command
from webapp.cli.demo import cast, logins
from webapp.cli.demo.logins import Memory
from webapp.cli.demo.stage import Stage, Told
from webapp.db import db
from webapp.extensions import current_settings
from webapp.models import Account
from webapp.models.user import Role
from webapp.services import database
from webapp.settings import Settings, SettingsError, is_loopback

_ROLES: dict[Role, str] = {
    "operations": "operations",
    "partner_admin": "partner administrator",
    "partner_viewer": "partner viewer",
    "customer": "customer",
}


@click.command("demo", cls=Command)
@click.option("--reset", is_flag=True, help="Forget the story that is there and tell it anew.")
@with_appcontext
def demo(reset: bool) -> None:
    """Fill an empty instance with a story of some sixty nights.

    For development only:

      make demo                         (starts everything and runs this)
      PRINTERPOINT_URL=http://127.0.0.1:8900/apis/v1 RELEAF_INSTANCE=instance/demo releaf demo

    It needs a running Printerpoint sandbox (python -m webapp.printerpoint.sandbox). The story ends
    yesterday, whatever the date; running it again keeps what is there and tells the nights since.
    """
    config = current_settings()
    _refuse_what_is_real(config)
    memory = logins.recall(config.instance)
    partners = _partners()
    mine = memory is not None and memory.database == _fingerprint(config)
    if partners and (not mine or cast.PARTNER not in partners):
        raise SettingsError(
            "RELEAF_INSTANCE: there are accounts in it that are not the demo's; "
            "name an empty folder"
        )
    if memory is None or not mine:
        memory = Memory(database=_fingerprint(config))
    elif reset or not memory.told:  # one that was interrupted is told anew
        _empty(config)
        memory.told = False
    _show(memory, _tell(memory))


def _tell(memory: Memory) -> Told:
    """Tell the story, or what is new in it."""
    config = current_settings()
    stage = Stage(clock.now())
    with output.progress("The story") as show, context.quiet():
        if not memory.told:
            logins.keep(config.instance, memory)
            stage.tell(memory, show)
            memory.told = True
            logins.keep(config.instance, memory)
        else:
            stage.go_on(show)
    return stage.told()


def _refuse_what_is_real(config: Settings) -> None:
    if config.production:
        raise SettingsError("RELEAF_ENV: the demo is not for production; unset it")
    if not is_loopback(urlsplit(config.printerpoint_url).hostname):
        raise SettingsError(
            f"PRINTERPOINT_URL: {config.printerpoint_url} is not a sandbox; 'make demo' starts one"
        )


def _partners() -> set[str]:
    with context.session(reading=True) as session:
        return set(session.scalars(select(Account.name).where(Account.kind == "partner")))


def _fingerprint(config: Settings) -> str:
    """Which database it is, without the password in its address."""
    return hashlib.sha256(config.database_url.encode()).hexdigest()


def _empty(config: Settings) -> None:
    """Make the schema anew: the demo's tables and nothing else are dropped."""
    with db.engine.begin() as connection:
        db.metadata.drop_all(connection)
        connection.exec_driver_sql("drop table if exists alembic_version")
    database.upgrade(config.database_url)


def _show(memory: Memory, told: Told) -> None:
    config = current_settings()
    people: list[dict[str, Any]] = [
        {
            "role": person.role,
            "email": person.email,
            "password": memory.passwords[person.email],
            "account": person.account,
        }
        for person in cast.PEOPLE
    ]
    document = {
        "url": config.public_url,
        "logins": people,
        "first_day": told.first,
        "last_day": told.last,
        "nights": told.nights,
        "certificates": told.certificates,
        "spare_token": memory.spare_token,
    }
    rows = [
        f"  {_ROLES[row['role']]:<23}{row['email']:<25}{row['password']:<22}{row['account'] or ''}"
        for row in people
    ]
    plain = "\n".join(
        [
            f"{cast.PARTNER}: {told.nights} nights from {told.first} to {told.last}, "
            f"{len(cast.CUSTOMERS)} customers, {told.certificates} certificates.",
            f"Silent and recovered: {cast.CLINIC.name}. Silent now: {cast.WORKSHOP.name}.",
            f"Pages under review: {cast.HOSPITAL.name}.",
            f"To register a server yourself, its token is {memory.spare_token}.",
            "",
            f"  {config.public_url}",
            "",
            *(row.rstrip() for row in rows),
        ]
    )
    output.tell(document, plain)
