"""``releaf server``: a partner's Printerpoint login."""

import sys
from typing import Any

import click

from webapp import clock
from webapp.cli import choose, context, output
from webapp.cli.command import WORK_FAILED, Group
from webapp.errors import Invalid
from webapp.extensions import current_keyring, current_settings
from webapp.messages import sentence
from webapp.models import Server
from webapp.printerpoint.client import Client
from webapp.printerpoint.errors import PrinterpointError
from webapp.printerpoint.fleet import Customer
from webapp.queries import overlaps as queries
from webapp.services.feeds.matcher import FeedMatcher
from webapp.services.servers import clients, health, overlaps, servers

_LONGER_THAN_ANY_TOKEN = 10_000
_COLUMNS = ("customer_id", "customer_name", "printers", "feed", "status")


@click.group("server", cls=Group)
def server() -> None:
    """Partners' Printerpoint logins."""


@server.command("add")
@click.option("--account", required=True, metavar="ACCOUNT", help="The partner (id or exact name).")
@click.option("--name", help='What to call it. [Printerpoint, "Printerpoint 2", ...]')
def add(account: str, name: str | None) -> None:
    """Add a server. The API token is read from standard input, never from the arguments.

      releaf server add --account "Northwind Print" < token.txt
      releaf server add --account 2          (prompts for the token)

    The token is tested with Printerpoint before it is saved, and stored encrypted only. In
    Printerpoint it is under My Account > Account Settings > API Access.
    """
    with context.session(reading=True) as session:
        owner_id = choose.account(session, account, "account", {"partner"}).id
    token = _read_token()
    serials = servers.read_serials(clients.client(current_settings(), token))
    with context.session() as session:
        owner = choose.account(session, str(owner_id), "account", {"partner"})
        made = servers.register(
            session,
            current_keyring(),
            owner,
            name=name,
            token=token,
            now=clock.now(),
            serials=serials,
        )
        context.record_action(session, "server registered", made.name, owner)
        session.commit()
        plain = f"server {made.id}: {made.name} of {owner.name}, {made.health}"
        output.print_result(as_row(made), plain + _waiting(made))


@server.command("check")
@click.argument("server")
@click.pass_context
def check(ctx: click.Context, server: str) -> None:
    """Check a server's login with Printerpoint, and record the result as its health.

    SERVER is an id, or the name of a partner that has one. A paused server resumes if it is
    reachable. Exit code 1 if it is not.
    """
    from jobs import health as job  # importing jobs imports RQ, which few commands need

    with context.session(reading=True) as session:
        server_id = choose.server(session, server).id
    healthy = job.check(server_id)
    with context.session(reading=True) as session:
        checked = choose.server(session, str(server_id))
        plain = f"server {checked.id}: {checked.name} is {checked.health}"
        if checked.health_reason:
            plain += f": {sentence(checked.health_reason)}"
        output.print_result(as_row(checked), plain)
    if not healthy:
        ctx.exit(WORK_FAILED)


@server.command("replace-token")
@click.argument("server")
def replace_token(server: str) -> None:
    """Replace the API token of a server. It is read from standard input, never from the arguments.

      releaf server replace-token 1 < token.txt
      releaf server replace-token "Northwind Print"      (prompts for the token)

    SERVER is an id, or the name of a partner that has one. The token is tested at Printerpoint
    before it is saved; until then the current one stays in use. A paused server resumes.
    """
    with context.session(reading=True) as session:
        server_id = choose.server(session, server).id
    token = _read_token()
    serials = servers.read_serials(clients.client(current_settings(), token))
    with context.session() as session:
        chosen = choose.server(session, str(server_id))
        servers.replace_token(session, current_keyring(), chosen, token, clock.now(), serials)
        context.record_action(session, "server token replaced", chosen.name, chosen.account)
        session.commit()
        plain = f"server {chosen.id}: {chosen.name} uses the new token"
        output.print_result(as_row(chosen), plain + _waiting(chosen))


@server.command("approve")
@click.argument("server")
def approve(server: str) -> None:
    """Approve a server whose fleet is also at another server, so that it is collected.

      releaf server approve 7

    SERVER is an id, or the name of a partner that has one. A server awaits approval when its
    fleet shares at least 5 serial numbers, and half of the smaller fleet, with an earlier server.
    An approved overlap is not reported again. Exit code 1 if it is not awaiting approval.
    """
    with context.session() as session:
        chosen = choose.server(session, server)
        waits_for = [
            {
                "server": row.other_id,
                "name": row.other_name,
                "account_name": row.other_partner_name,
                "shared": row.shared,
            }
            for row in queries.of_server(session, chosen.id)
            if row.server_id == chosen.id and row.approved_at is None
        ]
        overlaps.approve(session, chosen, clock.now())
        context.record_action(session, "server approved", chosen.name, chosen.account)
        session.commit()
        lines = [f"server {chosen.id}: {chosen.name} is approved and will be collected"]
        lines += [
            f"  shares {row['shared']} serial numbers with server {row['server']}: {row['name']} "
            f"of {row['account_name']}"
            for row in waits_for
        ]
        output.print_result(as_row(chosen) | {"overlaps": waits_for}, "\n".join(lines))


@server.command("remove")
@click.argument("server")
def remove(server: str) -> None:
    """Remove a server and its feeds. Its token is deleted; counted pages are kept.

      releaf server remove 1

    SERVER is an id, or the name of a partner that has one.
    """
    with context.session() as session:
        chosen = choose.server(session, server)
        count = servers.remove(session, chosen, clock.now())
        if count is not None:
            context.record_action(session, "server removed", chosen.name, chosen.account)
        session.commit()
        row = as_row(chosen) | {"removed_at": chosen.removed_at, "feeds_removed": count or 0}
        plain = f"server {chosen.id}: {chosen.name} is removed with {count or 0} feeds"
        output.print_result(row, plain)


@server.command("reseal")
def rotate_keys() -> None:
    """Encrypt every stored token with the newest key, after a key was added in front.

      ENCRYPTION_KEYS=NEW,OLD releaf server reseal

    Afterwards the old key can be removed from ENCRYPTION_KEYS. No token is printed.
    """
    with context.session() as session:
        count = servers.rotate_keys(session, current_keyring())
        if count:
            context.record_action(session, "tokens re-encrypted", f"{count} tokens", None)
        session.commit()
    output.print_result({"resealed": count}, f"{count} tokens are encrypted with the newest key")


@server.command("customers")
@click.argument("server")
def customers(server: str) -> None:
    """List a server's customers as now in Printerpoint, and which are connected.

    SERVER is an id, or the name of a partner that has one.
    """
    with context.session(reading=True) as session:
        chosen = choose.server(session, server)
        server_id, client = chosen.id, clients.client_of(current_settings(), chosen)
    found = customers_of(client, server_id)
    with context.session() as session:
        chosen = choose.server(session, str(server_id))
        health.server_answered(session, chosen, clock.now())
        session.commit()
        candidates = FeedMatcher(session, chosen, found).candidates(found)
        rows = [
            {
                "customer_id": candidate.customer.customer_id,
                "customer_name": candidate.customer.name,
                "printers": candidate.customer.printers,
                "feed": candidate.feed.id if candidate.feed else None,
                "status": candidate.feed.status if candidate.feed else None,
            }
            for candidate in candidates
        ]
    output.print_rows(rows, _COLUMNS, "Printerpoint lists no customers with printers yet.")


def customers_of(client: Client, server_id: int) -> list[Customer]:
    """Return the customers of a server's fleet. A failure is recorded as its health, and raised."""
    try:
        with client.fleet() as fleet:
            return fleet.customers()
    except PrinterpointError as error:
        record_failure(server_id, error)
        raise


def record_failure(server_id: int, error: PrinterpointError) -> None:
    """Record a failed request as the server's health."""
    with context.session() as session:
        failed = choose.server(session, str(server_id))
        health.server_failed(session, failed, error, clock.now())
        session.commit()


def as_row(server: Server) -> dict[str, Any]:
    """Return the JSON row of a server."""
    return {
        "id": server.id,
        "account": server.account_id,
        "account_name": server.account.name,
        "name": server.name,
        "health": server.health,
        "health_reason": sentence(server.health_reason) or None,
        "health_checked_at": server.health_checked_at,
        "health_changed_at": server.health_changed_at,
        "awaiting_approval_since": server.awaiting_approval_since,
    }


def _waiting(server: Server) -> str:
    if server.awaiting_approval_since is None:
        return ""
    return "; awaiting approval: releaf server approve"


def _read_token() -> str:
    """Read the token from standard input, with a hidden prompt at a terminal."""
    if sys.stdin is not None and sys.stdin.isatty():
        text = str(click.prompt("API token", hide_input=True, err=True))
    else:
        content = sys.stdin.buffer.read(_LONGER_THAN_ANY_TOKEN) if sys.stdin is not None else b""
        text = content.decode(errors="replace")
    if not text.strip():
        raise Invalid("token", "Standard input is empty. Write the API token to it.")
    return servers.clean_token(text)
