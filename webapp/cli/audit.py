"""``releaf audit``: whether the audit trail is complete."""

import click

from webapp.cli import context, output
from webapp.cli.command import WORK_FAILED, Group
from webapp.queries import audit as queries


@click.group("audit", cls=Group)
def audit() -> None:
    """The audit trail."""


@audit.command("check")
@click.pass_context
def check(ctx: click.Context) -> None:
    """Check that no entry was changed or deleted.

      releaf audit check

    Every entry has the hash of the one before it. If an entry was changed or deleted, the first
    one that does not continue the chain is printed, and the exit code is 1. Store the hash of the
    last entry outside the database, and whoever can write to the database cannot replace the trail.
    """
    with context.session(reading=True) as session:
        found = queries.check_chain(session)
    plain = f"{found.entries:,} entries are chained; the hash of the last one is {found.last_hash}."
    if found.waiting:
        plain += f"\n{found.waiting:,} entries are not chained yet; a job does so every minute."
    if not found.is_complete:
        where = f"entry {found.broken_at} does not continue it"
        if found.broken_at is None:
            where = "the last entries are missing"
        plain += f"\nCHANGED The chain has {found.expected:,} entries, but {where}."
    document = {
        "complete": found.is_complete,
        "entries": found.entries,
        "expected": found.expected,
        "waiting": found.waiting,
        "last_hash": found.last_hash,
        "broken_at": found.broken_at,
    }
    output.print_result(document, plain)
    if not found.is_complete:
        ctx.exit(WORK_FAILED)
