"""``releaf database``: the schema, and the first administrator."""

from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp import clock
from webapp.cli import edge, output
from webapp.cli.command import Group
from webapp.db import open_session
from webapp.models import User
from webapp.services import accounts, users
from webapp.services import database as service


@click.group("database", cls=Group)
def database() -> None:
    """The schema, and the first administrator."""


@database.command("upgrade")
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
def upgrade(email: str, full_name: str) -> None:
    """Bring the database to this version, and let the first administrator in.

      releaf database upgrade
      releaf database upgrade --email ada@example.com --name "Ada Byron"

    Run it before a new version starts; running it again does no harm. As long as nobody of
    operations has chosen a password, it prints a one-time link to do so; an earlier link then
    no longer works.
    """
    config = edge.settings()
    before = service.current_revision(config.database_url)
    revision = service.upgrade(config.database_url)
    with open_session(config.database_url) as session:
        administrator = _first_administrator(session, email, full_name)
        session.commit()
    document: dict[str, Any] = {
        "revision": revision,
        "changed": revision != before,
        "administrator": None,
    }
    plain = f"The database is at revision {revision}."
    if administrator is not None:
        invited, token = administrator
        link = edge.invitation_url(config, token)
        document["administrator"] = {"id": invited.id, "email": invited.email, "link": link}
        plain += (
            f"\nThe first administrator, {invited.email}, chooses a password here "
            f"(works once, for {users.VALID.days} days):\n{link}"
        )
    output.tell(document, plain)


def _first_administrator(session: Session, email: str, full_name: str) -> tuple[User, str] | None:
    """Somebody of operations with a link to choose a password; None when one has done so."""
    staff = session.scalars(
        select(User).where(User.role == "operations", User.disabled_at.is_(None)).order_by(User.id)
    ).all()
    if any(user.password_hash is not None for user in staff):
        return None
    now = clock.now()
    if staff:
        return staff[0], users.invite_again(session, staff[0], now)
    account = accounts.operations(session, now)
    return users.invite(
        session, account, email=email, full_name=full_name, role="operations", now=now
    )
