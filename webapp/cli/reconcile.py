"""``releaf reconcile``: compare counters, deposits and certificates."""

from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from webapp.cli import choose, context, output
from webapp.cli.command import WORK_FAILED, Command
from webapp.messages import sentence
from webapp.models import Feed
from webapp.queries import audit, reconciliation, reconciliation_warnings
from webapp.queries.reconciliation_warnings import ReconciliationWarning
from webapp.queries.summary_differences import Difference
from webapp.services.accounts import audit as service

_COLUMNS = (
    "feed",
    "server",
    "customer_name",
    "life",
    "certified",
    "carried",
    "open",
    "held",
    "difference",
)


@click.command("reconcile", cls=Command)
@click.option("--server", metavar="SERVER", help="Only the feeds of this server (id). [all]")
@click.option("--feed", metavar="FEED", help="Only this feed (id). [all]")
@with_appcontext
@click.pass_context
def reconcile(ctx: click.Context, server: str | None, feed: str | None) -> None:
    """Compare counters, deposits and certificates, page by page.

      releaf reconcile

    For each feed the LifeCounts of its devices must be the pages certified, carried to the next
    certificate, and open; pages under review (held) are in none of them. Each difference is listed
    with its row, and the exit code is 1; so is a gap in the audit trail, unless only some feeds are
    compared. Warnings list cases that the totals do not show, such as a serial number metered
    twice, and do not affect the exit code.
    """
    with context.session(reading=True) as session:
        query = select(Feed)
        if server is not None:
            query = query.where(Feed.server_id == choose.server(session, server).id)
        if feed is not None:
            query = query.where(Feed.id == choose.feed(session, feed).id)
        result = reconciliation.reconcile(session, query)
        found = [*result.differences]
        if server is None and feed is None:
            found += audit.differences(service.check_chain(session))
        warnings = reconciliation_warnings.find(session, query)
    rows = [_row(balance) for balance in result.balances]
    differences = [_difference(one) for one in found]
    plain = [*output.table(rows, _COLUMNS)]
    plain += [f"DIFFERENCE {one}" for one in found]
    plain += [] if differences else ["Every page is accounted for."]
    plain += [f"WARNING {_in_words(one)}" for one in warnings]
    document = {
        "feeds": rows,
        "differences": differences,
        "warnings": [_warning(one) for one in warnings],
    }
    output.print_result(document, "\n".join(plain))
    if differences:
        ctx.exit(WORK_FAILED)


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "kind": difference.kind.lower(),
        "id": difference.id,
        "name": difference.name,
        "expected": difference.expected,
        "found": difference.found,
        "unit": difference.unit,
    }


def _warning(warning: ReconciliationWarning) -> dict[str, Any]:
    devices = [one.device_id for one in warning.affected if one.device_id is not None]
    return {
        "kind": warning.kind,
        "message": sentence(warning.reason),
        "account": warning.account_id,
        "feeds": sorted({one.feed_id for one in warning.affected}),
        "devices": devices,
        "details": warning.reason["params"],
    }


def _in_words(warning: ReconciliationWarning) -> str:
    affected = [
        f"{one.customer_name} (feed {one.feed_id})"
        if one.device_id is None
        else f"{one.device_name} (device {one.device_id}) of {one.customer_name}"
        for one in warning.affected
    ]
    return f"{', '.join(affected)}: {sentence(warning.reason)}"


def _row(balance: reconciliation.Balance) -> dict[str, Any]:
    return {
        "feed": balance.feed_id,
        "server": balance.server_id,
        "customer_name": balance.customer_name,
        "life": balance.life,
        "certified": balance.certified,
        "carried": balance.carried,
        "open": balance.open,
        "held": balance.held,
        "difference": balance.difference,
    }
