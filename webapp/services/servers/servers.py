"""Servers: a partner's Printerpoint logins: registration, renaming, removal.

The caller tests a token with Printerpoint first. Tokens are stored encrypted only.
"""

import logging
import re
from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext
from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

from webapp.crypto import DecryptionError, Keyring
from webapp.db import lock
from webapp.domain.reasons import reason
from webapp.errors import Conflict, Invalid
from webapp.models import Account, Collection, Feed, Server
from webapp.printerpoint.client import Client
from webapp.printerpoint.errors import PrinterpointError
from webapp.services.names import clean_name
from webapp.services.servers import health, overlaps
from webapp.services.servers.overlaps import Serials

log = logging.getLogger("releaf.servers")

DEFAULT_NAME = "Printerpoint"
_LONGEST_TOKEN = 500
_LONGEST_NAME = 100


class AlreadyRegistered(Invalid):
    """The partner has registered this login before; ``server`` has it."""

    def __init__(self, server: Server) -> None:
        super().__init__(
            "token",
            gettext(
                "This token is already used by the server “%(name)s”. Paste the token of another "
                "login, or open that server.",
                name=server.name,
            ),
        )
        self.server = server


def clean_token(text: str) -> str:
    """Return a token without surrounding blanks. Raises Invalid, without quoting it."""
    token = text.strip()
    if not token:
        raise Invalid(
            "token",
            gettext(
                "Paste the API token. In Printerpoint it is under My Account > Account Settings "
                "> API Access."
            ),
        )
    if len(token) > _LONGEST_TOKEN:
        raise Invalid(
            "token",
            gettext(
                "It is longer than %(longest_token)s characters. Paste only the token.",
                longest_token=_LONGEST_TOKEN,
            ),
        )
    if re.search(r"[^\x21-\x7e]", token):
        raise Invalid(
            "token",
            gettext(
                "It contains spaces, line breaks or characters that no token has. Copy only the "
                "token."
            ),
        )
    if ":" in token:
        # In HTTP Basic the user name ends at the first colon.
        raise Invalid("token", gettext("A token has no colon. Copy the text after “API token”."))
    return token


def read_serials(client: Client) -> Serials | None:
    """Test a token by reading its fleet; return its usable serial numbers.

    None: the token works, but the fleet could not be read within the time limit. Raises
    PrinterpointError.
    """
    read = 0

    def count(printers: int) -> None:
        nonlocal read
        read = printers

    try:
        with client.fleet(on_page=count) as fleet:
            return overlaps.usable_serials(fleet.serial_numbers())
    except PrinterpointError as error:
        if not read:
            raise
        log.warning("the fleet of a new token could not be read to its end: %s", error)
        return None


def register(
    session: Session,
    keyring: Keyring,
    account: Account,
    *,
    name: str | None,
    token: str,
    now: datetime,
    serials: Serials | None = None,
) -> Server:
    """Create a server of a partner, healthy because its token has just been tested.

    Without a name it is called Printerpoint, Printerpoint 2 and so on. ``serials``: see
    ``read_serials``. Raises Invalid, also when another server of the partner reads the same fleet,
    and AlreadyRegistered for a token that the partner has registered before. A server whose fleet
    another partner's server reads awaits approval.
    """
    _refuse_other_kinds(account)
    token = clean_token(token)
    # Two submits of one form wait for each other; the second finds the first one's row.
    lock(session, Account.id, account.id)
    active = _active_servers(session, account.id)
    _refuse_known_token(keyring, active, token)
    taken = {server.name for server in active}
    server = Server(
        account_id=account.id,
        name=_clean_name(name, taken) if name and name.strip() else _free_name(taken),
        encrypted_token=b"",
        health="healthy",
        health_checked_at=now,
        health_changed_at=now,
        created_at=now,
    )
    with session.begin_nested():
        session.add(server)
        session.flush()
        server.encrypt_token(keyring, token)
        overlaps.check_registration(session, server, serials, now)
    return server


def _refuse_other_kinds(account: Account) -> None:
    if account.kind != "partner":
        raise Invalid(
            "account",
            gettext("%(name)s is not a partner; servers belong to partners.", name=account.name),
        )


def replace_token(
    session: Session,
    keyring: Keyring,
    server: Server,
    token: str,
    now: datetime,
    serials: Serials | None = None,
) -> None:
    """Replace the token of a server with one that has just been tested: the server is healthy.

    ``serials``: as for ``register``. Raises Invalid, AlreadyRegistered when another server has this
    token, Conflict.
    """
    token = clean_token(token)
    lock(session, Account.id, server.account_id)
    _refuse_removed(session, server)
    others = [
        other for other in _active_servers(session, server.account_id) if other.id != server.id
    ]
    _refuse_known_token(keyring, others, token)
    overlaps.check_registration(session, server, serials, now)
    server.encrypt_token(keyring, token)
    session.flush()  # updating its health refreshes the row
    health.server_answered(session, server, now)
    session.flush()


def rotate_keys(session: Session, keyring: Keyring) -> int:
    """Encrypt every token with the newest key; return how many there are.

    Raises DecryptionError when one cannot be decrypted; the caller rolls back.
    """
    query = select(Server).where(Server.removed_at.is_(None)).order_by(Server.id)
    rows = session.scalars(query.options(undefer(Server.encrypted_token))).all()
    for server in rows:
        server.encrypted_token = keyring.rotate(server.encrypted_token)
    session.flush()
    return len(rows)


def rename(session: Session, server: Server, name: str) -> bool:
    """Rename a server; return whether its name changed. Raises Invalid, Conflict."""
    lock(session, Account.id, server.account_id)
    _refuse_removed(session, server)
    others = _active_servers(session, server.account_id)
    name = _clean_name(name, {other.name for other in others if other.id != server.id})
    before, server.name = server.name, name
    session.flush()
    return name != before


def remove(session: Session, server: Server, now: datetime) -> int | None:
    """Remove a server and its feeds; return the number of feeds removed.

    The token is deleted. Readings, deposits, certificates and histories are kept. None, without any
    effect, for a server that was removed before.
    """
    # A collection that is being requested exists first, and ends below.
    lock(session, Server.id, server.id, with_references=True)
    session.refresh(server)
    if server.removed_at is not None:
        return None
    feeds = session.scalars(
        select(Feed).where(Feed.server_id == server.id, Feed.status != "removed")
    ).all()
    lock(session, Feed.id, *(feed.id for feed in feeds))  # a running collection ends first
    for feed in feeds:
        feed.status, feed.removed_at = "removed", now
    session.execute(
        update(Collection)
        .where(Collection.server_id == server.id, Collection.state == "queued")
        .values(state="failed", reason=reason("server_removed"), finished_at=now)
    )
    server.encrypted_token = b""
    server.token_unreadable_since = None
    server.removed_at = now
    overlaps.delete_of_server(session, server, now)
    session.flush()
    return len(feeds)


def _refuse_removed(session: Session, server: Server) -> None:
    session.refresh(server)
    if server.removed_at is not None:
        raise Conflict(
            gettext("%(name)s has been removed. Add the login again to use it.", name=server.name)
        )


def _active_servers(session: Session, account_id: int) -> Sequence[Server]:
    """Return the servers of a partner that are not removed, with their encrypted tokens."""
    return session.scalars(
        select(Server)
        .where(Server.account_id == account_id, Server.removed_at.is_(None))
        .options(undefer(Server.encrypted_token))
        .order_by(Server.id)
    ).all()


def _refuse_known_token(keyring: Keyring, servers: Sequence[Server], token: str) -> None:
    """Compare decrypted tokens, which are few: Fernet encrypts a text differently each time."""
    for server in servers:
        try:
            known = server.decrypt_token(keyring)
        except DecryptionError as error:
            # It cannot be used either; its checks and collections report that.
            log.warning("server %s: %s", server.id, error)
            continue
        if known == token:
            raise AlreadyRegistered(server)


def _clean_name(name: str, taken: set[str]) -> str:
    name = clean_name(name, _LONGEST_NAME)
    if not name:
        raise Invalid("name", gettext("Enter a name for the server."))
    if name in taken:
        raise Invalid(
            "name",
            gettext("You already have a server named “%(name)s”; choose another name.", name=name),
        )
    return name


def _free_name(taken: set[str]) -> str:
    name, number = DEFAULT_NAME, 1
    while name in taken:
        number += 1
        name = f"{DEFAULT_NAME} {number}"
    return name
