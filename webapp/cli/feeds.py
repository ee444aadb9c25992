"""``releaf feed``: connect Printerpoint customers to customer accounts."""

from collections.abc import Sequence

import click
from sqlalchemy.orm import Session

from webapp import clock
from webapp.cli import choose, context, feed_output, output
from webapp.cli.command import Group
from webapp.cli.servers import customers_of
from webapp.errors import Invalid
from webapp.extensions import current_settings
from webapp.messages import sentence
from webapp.models import Feed, Server
from webapp.printerpoint.fleet import Customer
from webapp.services.feeds import feeds, pauses, read_intervals, renames
from webapp.services.servers import clients, health


@click.group("feed", cls=Group)
def feed() -> None:
    """Connections of Printerpoint customers to accounts."""


@feed.command("add")
@click.argument("server")
@click.option(
    "--customer",
    metavar="ID",
    help="The customer's ID in Printerpoint; one that has no ID is named by its exact name.",
)
@click.option("--all", "everyone", is_flag=True, help="Every customer that is not connected yet.")
@click.option(
    "--account",
    metavar="ACCOUNT",
    help="Connect the customer to this account (id or exact name). [an account of its own]",
)
def add(server: str, customer: str | None, everyone: bool, account: str | None) -> None:
    """Connect one customer of a server, or all of them. Counting starts with the first reading.

      releaf server customers 1
      releaf feed add 1 --customer HARB01
      releaf feed add 1 --all

    SERVER is an id, or the name of a partner that has one. Without --account each customer gets its
    former account or a new one; where its name is in use, its ID is added ("Miller (MILL02)").
    --all skips customers that are already connected, so it can be run again; account_created marks
    new accounts. It also skips customers that are probably a feed's customer under a new name, and
    lists them; "releaf feed relink" reconnects their feeds.
    """
    if (customer is None) != everyone:
        raise Invalid("customer", "Give either --customer ID or --all.")
    if everyone and account is not None:
        raise Invalid(
            "account",
            "Use it with --customer; --all creates an account for each customer.",
        )
    with context.session(reading=True) as session:
        chosen = choose.server(session, server)
        server_id, client = chosen.id, clients.client_of(current_settings(), chosen)
        if account is not None:
            account = str(choose.account(session, account, "account", {"customer"}).id)
    known = customers_of(client, server_id)
    with context.session() as session:
        now = clock.now()
        chosen = choose.server(session, str(server_id))
        health.server_answered(session, chosen, now)
        if customer is None:
            connected = feeds.create_all_feeds(session, chosen, known, now)
        else:
            wanted = named(known, customer)
            owner = choose.account(session, account) if account is not None else None
            connected = feeds.create_feed(session, chosen, wanted, owner, now, known)
        for feed in connected.new:
            context.record_action(session, "feeds connected", feed.customer_name, feed.account)
        session.commit()
        _print(chosen, connected, everyone=everyone)


def _print(server: Server, connected: feeds.ConnectedFeeds, *, everyone: bool) -> None:
    if server.awaiting_approval_since is not None:
        click.echo(
            f"Server {server.id} is awaiting approval. Its feeds are collected after 'releaf "
            f"server approve {server.id}', or once the other server with its fleet is removed.",
            err=True,
        )
    if everyone:
        feed_output.print_connected(connected)
    else:
        row = feed_output.as_row(connected.feeds[0])
        output.print_result(row, feed_output.line(row))


@feed.command("deactivate")
@click.argument("feed")
def deactivate(feed: str) -> None:
    """Stop collecting a feed until it is reactivated. Pages already counted are kept.

    FEED is an id, or the name of an account that has one feed.
    """
    with context.session() as session:
        chosen = choose.feed(session, feed)
        if pauses.deactivate(session, chosen, clock.now()):
            context.record_action(session, "feed deactivated", chosen.customer_name, chosen.account)
        session.commit()
        feed_output.print_feed(chosen)


@feed.command("reactivate")
@click.argument("feed")
@click.option(
    "--count-pause/--no-count-pause",
    "counts_pause",
    default=None,
    help="Count pages printed while it was inactive, or not. [counted if it was inactive for "
    "less than a day]",
)
def reactivate(feed: str, counts_pause: bool | None) -> None:
    """Resume collecting a feed, starting with the next collection.

    FEED is an id, or the name of an account that has one feed. An active feed is not
    changed.
    """
    with context.session() as session:
        chosen = choose.feed(session, feed)
        counted = pauses.reactivate(session, chosen, clock.now(), counts_pause=counts_pause)
        plain = feed_output.status_line(chosen)
        if counted is not None:
            pause = pauses.reason_of(counted)
            context.record_action(
                session, "feed reactivated", chosen.customer_name, chosen.account, pause=pause
            )
            plain += f"; pages printed while inactive are {sentence(pause)}"
        session.commit()
        output.print_result(feed_output.as_row(chosen) | {"pause_counted": counted}, plain)


@feed.command("relink")
@click.argument("feed")
@click.option(
    "--customer",
    metavar="NAME_OR_ID",
    help="The customer's ID or exact name in Printerpoint. [the one that has the feed's devices]",
)
def relink(feed: str, customer: str | None) -> None:
    """Reconnect a feed to its customer's new name or ID, without a gap in counting.

      releaf feed relink 3
      releaf feed relink 3 --customer "Miller & Sons"

    FEED is an id, or the name of an account that has one feed. Its successor, in "releaf list
    feeds --json", is the customer that has its devices, as of the last collection.
    """
    known: Sequence[Customer] = ()
    with context.session(reading=True) as session:
        chosen = choose.feed(session, feed)
        feed_id, server_id = chosen.id, chosen.server_id
        client = None
        if customer is not None:
            client = clients.client_of(current_settings(), chosen.server)
    if client is not None:
        known = customers_of(client, server_id)
    with context.session() as session:
        chosen = choose.feed(session, str(feed_id))
        before = chosen.customer_name
        wanted = named(known, customer) if customer is not None else None
        if renames.relink(session, chosen, clock.now(), wanted):
            to = chosen.customer_name
            context.record_action(
                session, "feed relinked", before, chosen.account, before=before, to=to
            )
        session.commit()
        feed_output.print_feed(chosen)


@feed.command("remove")
@click.argument("feed")
def remove(feed: str) -> None:
    """Disconnect a customer. Counted pages, certificates and the history are kept.

    FEED is an id, or the name of an account that has one feed. This cannot be undone; "releaf feed
    add" connects the customer again.
    """
    with context.session() as session:
        chosen = choose.feed(session, feed)
        if feeds.remove(session, chosen, clock.now()):
            context.record_action(session, "feed removed", chosen.customer_name, chosen.account)
        session.commit()
        feed_output.print_feed(chosen)


@feed.command("edit")
@click.argument("feed")
@click.option(
    "--account",
    metavar="ACCOUNT",
    help="The customer account (id or exact name) whose pages they are. Only before the first "
    "pages are counted.",
)
@click.option(
    "--read-by-hand",
    type=int,
    metavar="DAYS",
    help="Its printers are read by hand, about every so many days (2 to 92): it is unhealthy only "
    "3 business days after a reading is due. 0: as --no-read-by-hand.",
)
@click.option("--no-read-by-hand", is_flag=True, help="Its printers are read every night.")
def edit(feed: str, account: str | None, read_by_hand: int | None, no_read_by_hand: bool) -> None:
    """Change the settings of a feed that are given as options.

      releaf feed edit 3 --account "Harbour Architects, LLP"
      releaf feed edit 3 --read-by-hand 30

    FEED is an id, or the name of an account that has one feed.
    """
    if read_by_hand and no_read_by_hand:
        raise Invalid("read_by_hand", "Give either --read-by-hand or --no-read-by-hand.")
    if account is None and read_by_hand is None and not no_read_by_hand:
        raise click.UsageError("Give --account, --read-by-hand or --no-read-by-hand.")
    with context.session() as session:
        chosen = choose.feed(session, feed)
        if account is not None:
            _change_account(session, chosen, account)
        if read_by_hand is not None or no_read_by_hand:
            _change_interval(session, chosen, read_by_hand or None)
        session.commit()
        feed_output.print_feed(chosen)


def _change_account(session: Session, feed: Feed, account: str) -> None:
    before = feed.account.name
    owner = choose.account(session, account, "account", {"customer"})
    if feeds.change_account(session, feed, owner):
        context.record_action(
            session, "feed changed", feed.customer_name, owner, before=before, to=owner.name
        )


def _change_interval(session: Session, feed: Feed, days: int | None) -> None:
    before = read_intervals.schedule(feed.read_interval_days)
    if read_intervals.set_interval(session, feed, days, clock.now()):
        to = read_intervals.schedule(days)
        context.record_action(
            session, "feed changed", feed.customer_name, feed.account, before=before, to=to
        )


def named(known: Sequence[Customer], text: str) -> Customer:
    """Return the customer of an ID, else the only one of this exact name. Raises Invalid."""
    by_id = [customer for customer in known if customer.customer_id == text]
    by_name = [customer for customer in known if customer.name == text]
    found = by_id or by_name
    if len(found) == 1:
        return found[0]
    if not found:
        raise Invalid(
            "customer",
            f"Printerpoint has no customer {text!r} with printers. "
            "'releaf server customers SERVER' lists them.",
        )
    ids = ", ".join(customer.customer_id or "(none)" for customer in found)
    raise Invalid("customer", f"{text!r} is the name of several. Give one of the IDs {ids}.")
