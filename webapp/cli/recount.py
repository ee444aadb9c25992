"""``releaf recount``: meter the readings of open months again by the current rules."""

from collections.abc import Collection, Sequence
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp import clock
from webapp.cli import choose, context, output
from webapp.cli.command import Command
from webapp.extensions import current_settings
from webapp.messages import sentence
from webapp.models import Account, Feed, Server
from webapp.services.metering import recount as service
from webapp.services.metering.process import MeteringSettings
from webapp.services.metering.recount import DeviceChange, FeedChange

_COLUMNS = ("feed", "account_name", "customer_name", "month", "before", "after")


@click.command("recount", cls=Command)
@click.option("--account", metavar="ACCOUNT", help="A partner or customer: id or name. [all]")
@click.option("--feed", metavar="FEED", help="Only this feed (id). [all]")
@click.option("--dry-run", is_flag=True, help="Show the changes without applying them.")
@click.option("--apply", "applies", is_flag=True, help="Apply the changes to open months.")
@with_appcontext
def recount(account: str | None, feed: str | None, dry_run: bool, applies: bool) -> None:
    """Meter the readings of open months again by the current rules.

      releaf recount --dry-run

      releaf recount --apply --account "Harbour Architects, LLP"

    Pages counted by an earlier version do not change until they are recounted. For each feed and
    open month, the output has the pages by the current rules and, by device, the reason. --apply
    applies the changes and adds an event to the history of each changed device and an entry to the
    audit trail. Certified months do not change, nor do devices with pages of an open month that a
    user has reviewed. A printer listed at several customers changes at all of them. --apply is
    refused while a collection is running.
    """
    if dry_run == applies:
        raise click.UsageError("Give either --dry-run or --apply.")
    with context.session(reading=True) as session:
        partners, feed_ids = _chosen(session, account, feed)
    rows: list[dict[str, Any]] = []
    for partner_id in partners:
        with context.session(reading=dry_run) as session:
            rows += _of_partner(session, partner_id, feed_ids, applies=applies)
            session.commit()
    output.print_result({"applied": applies, "feeds": rows}, _plain(rows, applies=applies))


def _chosen(
    session: Session, account: str | None, feed: str | None
) -> tuple[Sequence[int], Collection[int] | None]:
    """Return the partners to replay, and the feeds to report and change; None: all."""
    partners = select(Account.id).where(Account.kind == "partner").order_by(Account.id)
    if account is None and feed is None:
        return session.scalars(partners).all(), None
    feeds = select(Feed.id, Server.account_id).join(Feed.server)
    if feed is not None:
        feeds = feeds.where(Feed.id == choose.feed(session, feed).id)
    if account is not None:
        chosen = choose.account(session, account, kinds={"partner", "customer"})
        feeds = feeds.where(Feed.account_id.in_(choose.with_customers(session, chosen)))
    rows = session.execute(feeds).all()
    return sorted({row.account_id for row in rows}), {row.id for row in rows}


def _of_partner(
    session: Session, partner_id: int, feed_ids: Collection[int] | None, *, applies: bool
) -> list[dict[str, Any]]:
    """Recount a partner's feeds, in one transaction."""
    changes = service.recount(
        session,
        session.get_one(Account, partner_id),
        MeteringSettings.of(current_settings()).limits,
        clock.now(),
        feed_ids=feed_ids,
        actor=context.ACTOR if applies else None,
    )
    return [_row(one) for one in changes]


def _row(change: FeedChange) -> dict[str, Any]:
    feed = change.feed
    return {
        "feed": feed.id,
        "server": feed.server_id,
        "account": feed.account_id,
        "account_name": feed.account.name,
        "customer_name": feed.customer_name,
        "month": str(change.month),
        "before": change.before,
        "after": change.after,
        "devices": [_device(one) for one in change.devices],
    }


def _device(change: DeviceChange) -> dict[str, Any]:
    return {
        "device": change.device_id,
        "asset_id": change.asset_id,
        "serial_number": change.serial_number,
        "day": change.day,
        "before": change.before,
        "after": change.after,
        "why": change.why["code"].removeprefix("recount_"),
        "message": sentence(change.why),
        "left": change.is_left,
    }


def _plain(rows: Sequence[dict[str, Any]], *, applies: bool) -> str:
    if not rows:
        return "No changes: the current rules count the same pages in every open month."
    figures = ("before", "after")
    printable = [row | {name: f"{row[name]:,}" for name in figures} for row in rows]
    lines = [*output.table(printable, _COLUMNS)]
    for row in rows:
        lines += [
            f"{row['customer_name']} (feed {row['feed']}), {one['day']}, "
            f"{one['asset_id'] or one['serial_number']} (device {one['device']}): "
            f"{one['before']:,} -> {one['after']:,}, {one['message']}"
            for one in row["devices"]
        ]
    lines.append(
        "Changes applied." if applies else "Dry run: nothing was changed. Use --apply to apply."
    )
    return "\n".join(lines)
