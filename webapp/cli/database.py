"""``releaf database``: the schema, and the first administrator."""

from typing import Any

import click
from flask.cli import ScriptInfo
from sqlalchemy.orm import Session

from webapp import clock
from webapp import settings as configuration
from webapp.cli import context, output
from webapp.cli.command import Group
from webapp.models import User
from webapp.queries import users as queries
from webapp.services import database as service
from webapp.services.accounts import accounts, users


@click.group("database", cls=Group)
def database() -> None:
    """The schema, and the first administrator."""


@database.command("upgrade", with_appcontext=False)
@click.option(
    "--email",
    default="operations@example.com",
    show_default=True,
    help="What the first administrator logs in with, where there is none yet.",
)
@click.option(
    "--name",
    "full_name",
    default="First Administrator",
    show_default=True,
    help="The first administrator's full name.",
)
@click.pass_context
def upgrade(ctx: click.Context, email: str, full_name: str) -> None:
    """Upgrade the database to this version, and invite the first administrator.

      releaf database upgrade
      releaf database upgrade --email ada@example.com --name "Ada Byron"

    Run it before a new version starts; running it again has no effect. Until a user of operations
    has chosen a password, it prints a one-time link to do so; earlier links stop working.
    """
    config = configuration.load()
    before = service.current_revision(config.database_url)
    revision = service.upgrade(config.database_url)
    # The application refuses a database of another version, so it is created here.
    with ctx.ensure_object(ScriptInfo).load_app().app_context():
        _invite_administrator(email, full_name, revision, changed=revision != before)


def _invite_administrator(email: str, full_name: str, revision: str, *, changed: bool) -> None:
    with context.session() as session:
        administrator = _first_administrator(session, email, full_name)
        session.commit()
    document: dict[str, Any] = {
        "revision": revision,
        "changed": changed,
        "administrator": None,
    }
    plain = f"The database is at revision {revision}."
    if administrator is not None:
        invited, token = administrator
        link = context.invitation_url(token)
        document["administrator"] = {"id": invited.id, "email": invited.email, "link": link}
        plain += (
            f"\nThe first administrator, {invited.email}, chooses a password here "
            f"(works once, for {users.VALID.days} days):\n{link}"
        )
    output.print_result(document, plain)


def _first_administrator(session: Session, email: str, full_name: str) -> tuple[User, str] | None:
    """Return a user of operations with a new link, or None if one has a password."""
    staff = queries.operators(session)
    if any(user.password_hash is not None for user in staff):
        return None
    now = clock.now()
    if staff:
        return staff[0], users.invite_again(session, staff[0], now)
    account = accounts.operations(session, now)
    return users.invite(
        session, account, email=email, full_name=full_name, role="operations", now=now
    )
