"""``releaf review``: list and decide pages under review."""

from collections.abc import Iterator
from typing import Any

import click
from sqlalchemy.orm import Session

from webapp import clock
from webapp.cli import choose, context, output
from webapp.cli.command import Group
from webapp.domain.metering.review import Decision
from webapp.errors import Invalid, NotFound
from webapp.messages import review_reason
from webapp.models import Delta
from webapp.queries import access
from webapp.queries import review as queries
from webapp.services.metering import review as service

_FETCHED_AT_ONCE = 1_000
_COLUMNS = (
    "id", "feed", "customer_name", "asset_id", "serial_number", "since", "day", "pages",
    "proposed", "state", "resolved_by", "reason",
)  # fmt: skip


@click.group("review", cls=Group)
def review() -> None:
    """Pages that are not counted until later readings confirm them or a user decides.

      releaf review list
      releaf review accept 12
      releaf review accept 12 --pages 4210
      releaf review reject 12 --reason "One digit too many"
      releaf review reset 12
      releaf review reopen 12

    Every decision is recorded in the audit trail, and can be reopened until its month is certified.
    """


@review.command("list")
@click.option(
    "--state",
    type=click.Choice(queries.STATES),
    default="held",
    show_default=True,
    help="held: under review; resolved: by later readings or a user.",
)
@click.option(
    "--account",
    metavar="ACCOUNT",
    help="Only of this account (id or exact name); of a partner, with its customers.",
)
@click.option("--feed", metavar="FEED", help="Only of this feed (id, or its account).")
def list_cases(state: str, account: str | None, feed: str | None) -> None:
    """List cases, those that need a decision first."""
    with context.session(reading=True) as session:
        wanted = queries.Filters(
            state=state,
            account_id=None if account is None else choose.account(session, account).id,
            feed_id=None if feed is None else choose.feed(session, feed).id,
        )
        output.print_rows(_rows(session, wanted), _COLUMNS, "No cases.")


@review.command("accept")
@click.argument("case", metavar="ID", type=int)
@click.option("--pages", type=int, metavar="N", help="Number of pages to count. [all]")
def accept(case: int, pages: int | None) -> None:
    """Count the pages of a case, all or some of them."""
    _decide(case, "accepted" if pages is None else "adjusted", pages=pages)


@review.command("reject")
@click.argument("case", metavar="ID", type=int)
@click.option(
    "--reason", required=True, help="Why the pages were not printed. Stored with the decision."
)
def reject(case: int, reason: str) -> None:
    """Count none of the pages of a case, for a reason."""
    _decide(case, "rejected", reason=reason)


@review.command("reset")
@click.argument("case", metavar="ID", type=int)
def reset(case: int) -> None:
    """Count none of the pages of a case, because the meter was set to another value."""
    _decide(case, "reset")


@review.command("reopen")
@click.argument("case", metavar="ID", type=int)
def reopen(case: int) -> None:
    """Put a decided case under review again, until its month is certified."""
    with context.session() as session:
        delta = _delta(session, case)
        removed = service.reopen(session, delta, context.ACTOR, clock.now())
        session.commit()
        _print(session, delta, -removed)


def _decide(case: int, decision: Decision, *, pages: int | None = None, reason: str = "") -> None:
    with context.session() as session:
        delta = _delta(session, case)
        added = service.decide(
            session, delta, decision, context.ACTOR, clock.now(), pages=pages, reason=reason
        )
        session.commit()
        _print(session, delta, added)


def _delta(session: Session, case: int) -> Delta:
    try:
        return access.delta(session, context.OPERATOR, case)
    except NotFound:
        raise Invalid(
            "id", f"There is no case {case}. 'releaf review list --state all' shows them."
        ) from None


def _print(session: Session, delta: Delta, added: int) -> None:
    """Print a delta after a decision; ``added``: pages added to the deposits, or removed."""
    wanted = queries.Filters(state="all", delta_ids=[delta.id])
    [found] = queries.deltas(session, context.OPERATOR, wanted)
    row = {**_as_row(found), "deposited": added}
    plain = (
        f"case {row['id']}: {row['asset_id'] or row['serial_number']} of {row['customer_name']}, "
        f"{row['pages']:,} pages, {row['state']}; deposited {added:+,}"
    )
    output.print_result(row, plain)


def _rows(session: Session, wanted: queries.Filters) -> Iterator[dict[str, Any]]:
    query = queries.search(context.OPERATOR, wanted).execution_options(yield_per=_FETCHED_AT_ONCE)
    for delta in session.execute(query):
        yield _as_row(delta)


def _as_row(delta: Any) -> dict[str, Any]:
    """Return the JSON row of a delta; a blank asset ID or serial number is null."""
    return {
        "id": delta.id,
        "feed": delta.feed_id,
        "customer_name": delta.customer_name,
        "account": delta.account_id,
        "account_name": delta.account_name,
        "device": delta.device_id,
        "asset_id": delta.asset_id or None,
        "serial_number": delta.serial_number or None,
        "since": delta.since,
        "day": delta.day,
        "pages": delta.pages,
        "reason": review_reason(delta.kind),
        "kind": delta.kind,
        "proposed": delta.proposed,
        "counted": delta.counted,
        "state": delta.state,
        "for_person": delta.for_person,
        "resolved_by": delta.resolved_by,
        "resolved_by_name": delta.full_name,
        "resolved_at": delta.decided_at,
        "decision_reason": delta.reason,
    }
