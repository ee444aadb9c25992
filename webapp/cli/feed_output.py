"""Output of ``releaf feed``."""

from collections.abc import Mapping
from typing import Any

from webapp.cli import output
from webapp.models import Feed
from webapp.services.feeds import feeds


def as_row(feed: Feed) -> dict[str, Any]:
    """Return the JSON row of a feed."""
    return {
        "id": feed.id,
        "server": feed.server_id,
        "account": feed.account_id,
        "account_name": feed.account.name,
        "customer_id": feed.customer_id,
        "customer_name": feed.customer_name,
        "status": feed.status,
        "health": feed.health,
        "read_by_hand": feed.read_interval_days,
    }


def print_feed(feed: Feed) -> None:
    """Print a feed."""
    output.print_result(as_row(feed), status_line(feed))


def status_line(feed: Feed) -> str:
    """Return a feed and its status as a line of text."""
    return f"feed {feed.id}: {feed.customer_name}, account {feed.account_id}, {feed.status}"


def print_connected(connected: feeds.ConnectedFeeds) -> None:
    """Print the new feeds, and the customers that were skipped."""
    rows = [as_row(one) for one in connected.feeds]
    created = {account.id for account in connected.created}
    for row in rows:
        row["account_created"] = row["account"] in created
    lines = [
        f"{line(row)} ({row['account_name']}{', created' if row['account_created'] else ''})"
        for row in rows
    ]
    skipped = [
        {
            "customer_id": one.customer.customer_id,
            "customer_name": one.customer.name,
            "feed": one.predecessor.id,
            "feed_customer_name": one.predecessor.customer_name,
        }
        for one in connected.skipped
        if one.predecessor is not None
    ]
    lines += [
        f"skipped: {one['customer_name']} ({one['customer_id'] or 'no ID'}) is probably feed "
        f"{one['feed']}, {one['feed_customer_name']}, under a new name; releaf feed relink "
        f"{one['feed']} reconnects it"
        for one in skipped
    ]
    plain = "\n".join(lines) or "Every customer of this server is already connected."
    document = {"feeds": rows, "skipped": skipped} if skipped else {"feeds": rows}
    output.print_result(document, plain)


def line(row: Mapping[str, Any]) -> str:
    """Return a connected feed as a line of text."""
    return (
        f"feed {row['id']}: {row['customer_name']} ({row['customer_id'] or 'no ID'}), "
        f"account {row['account']}"
    )
