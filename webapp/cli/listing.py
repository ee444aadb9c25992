"""``releaf list``: all rows of a noun, by one query, printed as they are read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from webapp.cli import choose, context, output
from webapp.cli.command import Group
from webapp.cli.options import DAY, MONTH
from webapp.domain.months import Month
from webapp.errors import Invalid
from webapp.messages import sentence
from webapp.queries import exports as queries
from webapp.queries.exports import Filters

_FETCHED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class ListCommand:
    """The listing of a noun. ``columns``: of the table; JSON has all columns of the query.

    ``moment``: the column whose day, in the account's zone, --from and --to compare.
    """

    noun: str
    help: str
    query: Callable[[Filters], queries.ExportQuery]
    columns: tuple[str, ...]
    moment: str | None = None


LIST_COMMANDS = (
    ListCommand(
        "accounts",
        "Partners, customers and operations; --from, --to and --month select when they were added.",
        queries.accounts,
        ("id", "kind", "name", "partner", "time_zone", "country"),
        moment="created_at",
    ),
    ListCommand(
        "servers",
        "Servers and their health; --from, --to and --month select when they were added.",
        queries.servers,
        ("id", "name", "account", "account_name", "health", "health_checked_at", "removed_at"),
        moment="created_at",
    ),
    ListCommand(
        "feeds",
        "Feeds and their health; --from, --to and --month select when they were connected.",
        queries.feeds,
        ("id", "server", "account", "customer_id", "customer_name", "status", "health", "heard_on"),
        moment="created_at",
    ),
    ListCommand(
        "devices",
        "Printers and their counts. --from, --to and --month: the day of the latest reading.",
        queries.devices,
        (
            "feed",
            "customer_name",
            "asset_id",
            "serial_number",
            "initial_count",
            "latest_count",
            "life_count",
            "latest_on",
        ),
    ),
    ListCommand(
        "deposits",
        "Pages by feed and day, corrections on lines of their own. --from and --to: the day; "
        "--month: the month they are counted in.",
        queries.deposits,
        ("feed", "customer_name", "day", "pages", "counted_in", "kind"),
    ),
    ListCommand(
        "certificates",
        "Issued certificates. --month: the month certified; --from and --to: the day of issue.",
        queries.certificates,
        ("number", "account_name", "month", "pages", "trees", "issued_on"),
    ),
    ListCommand(
        "health-changes",
        "Changes of health; --from, --to and --month select when they occurred.",
        queries.health_changes,
        ("at", "server", "feed", "name", "before", "after", "reason"),
        moment="at",
    ),
)


@click.group("list", cls=Group)
def listing() -> None:
    """List all rows, as a table or as JSON.

      releaf list feeds --account "Northwind Print"
      releaf list deposits --feed 3 --month 2026-10 --json
      releaf list health-changes --from 2026-10-01 --to 2026-10-31

    With --json a list is one array of objects. Removed rows are included; see removed_at or
    status.
    """


def _add(wanted: ListCommand) -> None:
    """Add the command of a noun."""

    def show(
        account: str | None, feed: str | None, first: date | None, last: date | None, **rest: Any
    ) -> None:
        month: Month | None = rest["month"]
        if first is not None and last is not None and last < first:
            raise Invalid("last", f"{last} comes before {first}; give a later day.")
        with context.session(reading=True) as session:
            filters = _filters(session, account, feed, first, last, month)
            rows = _rows(session, wanted, filters)
            output.print_rows(rows, wanted.columns, f"No {wanted.noun.replace('-', ' ')}.")

    show.__doc__ = wanted.help
    for option in (
        click.option("--month", type=MONTH, metavar="YYYY-MM", help="Only this month."),
        click.option("--to", "last", type=DAY, metavar="DAY", help="Up to this day."),
        click.option("--from", "first", type=DAY, metavar="DAY", help="From this day on."),
        click.option("--feed", metavar="FEED", help="Only of this feed (id, or its account)."),
        click.option(
            "--account",
            metavar="ACCOUNT",
            help="Only of this account (id or exact name); of a partner, with its customers.",
        ),
    ):
        show = option(show)
    listing.command(wanted.noun)(show)


def _filters(
    session: Session,
    account: str | None,
    feed: str | None,
    first: date | None,
    last: date | None,
    month: Month | None,
) -> Filters:
    accounts = None
    if account is not None:
        accounts = tuple(choose.with_customers(session, choose.account(session, account)))
    return Filters(
        accounts=accounts,
        feed=None if feed is None else choose.feed(session, feed).id,
        first=first,
        last=last,
        month=month,
    )


def _rows(session: Session, wanted: ListCommand, filters: Filters) -> Iterator[dict[str, Any]]:
    """Yield the rows to print."""
    query = wanted.query(filters).execution_options(yield_per=_FETCHED_AT_ONCE)
    first, last = filters.days
    for row in session.execute(query):
        values = dict(row._mapping)
        zone = ZoneInfo(values.pop("zone", "UTC"))
        if wanted.moment is not None:
            day = values[wanted.moment].astimezone(zone).date()
            if (first is not None and day < first) or (last is not None and day > last):
                continue
        if "public_id" in values:
            values["url"] = context.certificate_url(values.pop("public_id"))
        for name in {"health_reason", "reason"} & values.keys():
            values[name] = sentence(values[name]) or None
        yield values


for _listing in LIST_COMMANDS:
    _add(_listing)
