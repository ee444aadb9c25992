"""``releaf user``: users, invited by a one-time link."""

from typing import Any

import click
from sqlalchemy.orm import Session

from webapp import clock
from webapp.cli import choose, context, output
from webapp.cli.command import Group
from webapp.domain.reasons import reason
from webapp.errors import Invalid
from webapp.models import User
from webapp.models.user import ACCOUNT_KIND_OF_ROLE, ROLES, Role
from webapp.queries import users as queries
from webapp.services.accounts import accounts, users


@click.group("user", cls=Group)
def user() -> None:
    """Users, each of one account."""


@user.command("add")
@click.option(
    "--account",
    metavar="ACCOUNT",
    help="The account they belong to (id or exact name). Not needed for the role operations.",
)
@click.option("--email", required=True, help="What they log in with.")
@click.option("--name", "full_name", required=True, help="Their full name.")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    required=True,
    help="operations: everything; partner_admin and partner_viewer: a partner and its "
    "customers; customer: its own account.",
)
def add(account: str | None, email: str, full_name: str, role: Role) -> None:
    """Invite a user; prints the one-time link by which they choose a password.

      releaf user add --account "Northwind Print" --email ada@example.com
                      --name "Ada Byron" --role partner_admin

    Send the link over a trusted channel. It works once, for seven days; "releaf user invite-again"
    creates a new one.
    """
    with context.session() as session:
        now = clock.now()
        if account is not None:
            owner = choose.account(session, account, "account", {ACCOUNT_KIND_OF_ROLE[role]})
        elif role == "operations":
            owner = accounts.operations(session, now)
        else:
            raise Invalid("account", f"Name the account that the {role} belongs to.")
        invited, token = users.invite(
            session, owner, email=email, full_name=full_name, role=role, now=now
        )
        context.record_action(session, "user invited", invited.email, owner, role=role)
        session.commit()
        _print(invited, token)


@user.command("invite-again")
@click.argument("email")
@click.option(
    "--account",
    metavar="ACCOUNT",
    help="The user's account (id or exact name), if the email has a user at several partners.",
)
def invite_again(email: str, account: str | None) -> None:
    """Create a new one-time link for a user whose link has expired or was lost.

    The user's earlier links stop working.
    """
    with context.session() as session:
        invited = _user(session, email, account)
        token = users.invite_again(session, invited, clock.now())
        context.record_action(
            session, "user invited", invited.email, invited.account, again=reason("new_link")
        )
        session.commit()
        _print(invited, token)


def _user(session: Session, email: str, account: str | None) -> User:
    found = queries.by_email(session, email)
    if account is not None:
        chosen = choose.account(session, account).id
        found = [user for user in found if user.account_id == chosen]
    if not found:
        raise Invalid("email", f"No user has the email {email!r}. 'releaf user add' invites one.")
    if len(found) > 1:
        ids = " or ".join(str(user.account_id) for user in found)
        raise Invalid("account", f"{email!r} has several users; add --account {ids}.")
    return found[0]


def _print(invited: User, token: str) -> None:
    address = context.invitation_url(token)
    row: dict[str, Any] = {
        "id": invited.id,
        "email": invited.email,
        "full_name": invited.full_name,
        "role": invited.role,
        "account": invited.account_id,
        "link": address,
    }
    plain = (
        f"user {invited.id}: {invited.full_name} <{invited.email}>, {invited.role} "
        f"of {invited.account.name}\n{address}"
    )
    output.print_result(row, plain)
