"""Create the accounts, the server, the feeds and the users of the demo."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.cli import context
from webapp.cli.seed import seed_data
from webapp.cli.seed.saved_state import new_password
from webapp.extensions import current_keyring
from webapp.models import Account, User
from webapp.services.accounts import accounts, users
from webapp.services.feeds import feeds
from webapp.services.servers import servers


def create_accounts(token: str, now: datetime) -> int:
    """Create the partner, its server and a feed per customer; return the server's id."""
    client = context.client(token)
    with client.fleet() as fleet:
        customers = fleet.customers()
    with context.session() as session:
        partner = accounts.add_partner(
            session,
            name=seed_data.PARTNER,
            time_zone=seed_data.TIME_ZONE,
            country=seed_data.COUNTRY,
            now=now,
        )
        server = servers.register(
            session, current_keyring(), partner, name=None, token=token, now=now
        )
        feeds.create_all_feeds(session, server, customers, now)
        session.commit()
        return server.id


def create_users(passwords: dict[str, str], now: datetime) -> None:
    """Create the users; add the passwords that are missing."""
    with context.session() as session:
        for person in seed_data.PEOPLE:
            password = passwords.setdefault(person.email, new_password())
            users.accept(session, _invitation(session, person, now), password, now)
        session.commit()


def _invitation(session: Session, person: seed_data.Person, now: datetime) -> str:
    # The first administrator may have been invited when the database was created.
    known = session.scalar(select(User).where(User.email == person.email))
    if known is not None:
        return users.invite_again(session, known, now)
    _, token = users.invite(
        session,
        _account_of(session, person, now),
        email=person.email,
        full_name=person.full_name,
        role=person.role,
        now=now,
    )
    return token


def _account_of(session: Session, person: seed_data.Person, now: datetime) -> Account:
    if person.account is None:
        return accounts.operations(session, now)
    return session.scalars(select(Account).where(Account.name == person.account)).one()
