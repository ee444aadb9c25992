"""``releaf demo``: fill an instance with two months of data, through the services."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from webapp import clock
from webapp.cli import context, output
from webapp.cli.command import Command
from webapp.cli.seed import saved_state, seed_data
from webapp.cli.seed.saved_state import SeedState
from webapp.cli.seed.seeder import Seeder, Summary
from webapp.db import db
from webapp.extensions import current_settings
from webapp.models import Account
from webapp.models.user import Role
from webapp.services import database
from webapp.setting_values import SettingsError, is_loopback
from webapp.settings import Settings

_ROLES: dict[Role, str] = {
    "operations": "operations",
    "partner_admin": "partner administrator",
    "partner_viewer": "partner viewer",
    "customer": "customer",
}


@click.command("demo", cls=Command)
@click.option("--reset", is_flag=True, help="Empty the database of the demo and fill it again.")
@with_appcontext
def demo(reset: bool) -> None:
    """Fill an empty instance with some sixty nights of data.

    For development only:

      make demo                         (starts everything and runs this)
      PRINTERPOINT_URL=http://127.0.0.1:8900/apis/v1 RELEAF_INSTANCE=instance/demo releaf demo

    It needs a running Printerpoint sandbox (python -m webapp.printerpoint.sandbox). The data ends
    yesterday, whatever the date; running it again adds the nights since.
    """
    config = current_settings()
    _refuse_production(config)
    state = saved_state.load(config.instance)
    partners = _partners()
    mine = state is not None and state.database == _fingerprint(config)
    if partners and (not mine or seed_data.PARTNER not in partners):
        raise SettingsError(
            "RELEAF_INSTANCE: there are accounts in it that are not the demo's; "
            "name an empty folder"
        )
    if state is None or not mine:
        state = SeedState(database=_fingerprint(config))
    elif reset or not state.seeded:  # an interrupted one starts again
        _empty(config)
        state.seeded = False
    _print(state, _seed(state))


def _seed(state: SeedState) -> Summary:
    """Seed an empty database, or add the nights since."""
    config = current_settings()
    seeder = Seeder(clock.now())
    with output.progress("Demo data") as show, context.quiet():
        if not state.seeded:
            saved_state.save(config.instance, state)
            seeder.seed(state, show)
            state.seeded = True
            saved_state.save(config.instance, state)
        else:
            seeder.extend(show)
    return seeder.summary()


def _refuse_production(config: Settings) -> None:
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
    """Return a digest of the database URL, since it may hold a password."""
    return hashlib.sha256(config.database_url.encode()).hexdigest()


def _empty(config: Settings) -> None:
    """Drop our tables, nothing else, and create the schema again."""
    with db.engine.begin() as connection:
        db.metadata.drop_all(connection)
        connection.exec_driver_sql("drop table if exists alembic_version")
    database.upgrade(config.database_url)


def _print(state: SeedState, summary: Summary) -> None:
    config = current_settings()
    people: list[dict[str, Any]] = [
        {
            "role": person.role,
            "email": person.email,
            "password": state.passwords[person.email],
            "account": person.account,
        }
        for person in seed_data.PEOPLE
    ]
    document = {
        "url": config.public_url,
        "logins": people,
        "first_day": summary.first,
        "last_day": summary.last,
        "nights": summary.nights,
        "certificates": summary.certificates,
        "spare_token": state.spare_token,
    }
    rows = [
        f"  {_ROLES[row['role']]:<23}{row['email']:<25}{row['password']:<22}{row['account'] or ''}"
        for row in people
    ]
    plain = "\n".join(
        [
            f"{seed_data.PARTNER}: {summary.nights} nights from {summary.first} to {summary.last}, "
            f"{len(seed_data.CUSTOMERS)} customers, {summary.certificates} certificates.",
            f"Silent and recovered: {seed_data.CLINIC.name}. "
            f"Silent now: {seed_data.WORKSHOP.name}.",
            f"Pages under review: {seed_data.HOSPITAL.name}.",
            f"To register a server yourself, its token is {state.spare_token}.",
            "",
            f"  {config.public_url}",
            "",
            *(row.rstrip() for row in rows),
        ]
    )
    output.print_result(document, plain)
