"""``releaf audit``: whether the audit trail is complete."""

import click

from webapp.cli import context, output
from webapp.cli.command import WORK_FAILED, Group
from webapp.queries.audit import ChainCheck
from webapp.services.accounts import audit as service


@click.group("audit", cls=Group)
def audit() -> None:
    """The audit trail."""


@audit.command("check")
@click.pass_context
def check(ctx: click.Context) -> None:
    """Check that no entry was changed or deleted.

      releaf audit check

    Every entry has the hash of the one before it. If entries were changed or deleted, the places
    are printed, and the exit code is 1. Store the hash of the last entry outside the database, so
    that write access to the database is not enough to replace the trail.
    """
    with context.session(reading=True) as session:
        found = service.check_chain(session)
    are = "entry is" if found.entries == 1 else "entries are"
    plain = [f"{found.entries:,} {are} chained; the hash of the last one is {found.last_hash}."]
    if found.waiting:
        are = "entry is" if found.waiting == 1 else "entries are"
        plain.append(
            f"{found.waiting:,} {are} not chained yet; a job chains new entries every minute."
        )
    plain += [f"CHANGED {change}" for change in _changes(found)]
    document = {
        "complete": found.is_complete,
        "entries": found.entries,
        "expected": found.expected,
        "waiting": found.waiting,
        "last_hash": found.last_hash,
        "broken_at": found.broken_at,
        "unreadable": found.unreadable,
        "breaks": [{"entry": one.entry, "before": one.before} for one in found.breaks],
        "has_record": found.has_record,
    }
    output.print_result(document, "\n".join(plain))
    if not found.is_complete:
        ctx.exit(WORK_FAILED)


def _changes(found: ChainCheck) -> list[str]:
    """Return a sentence for each change that was found."""
    changes = [f"Entry {number} was changed: it cannot be read." for number in found.unreadable]
    for one in found.breaks:
        if one.before is None:
            cause = "the chain: an entry before it was deleted, or the hash in it was changed."
        else:
            cause = (
                f"entry {one.before}: entry {one.before}, or the hash of it in entry {one.entry}, "
                "was changed, or an entry between them or the record of the chain was deleted."
            )
        changes.append(f"Entry {one.entry} does not continue {cause}")
    if not found.has_record and not found.is_complete:
        changes.append(
            "The record of the chain, the row of the table audit_chain, is missing or unreadable."
        )
    elif not changes and not found.is_complete:
        changes.append(_changed_end(found))
    return changes


def _changed_end(found: ChainCheck) -> str:
    if found.entries < found.expected:
        missing = found.expected - found.entries
        last = "entry was" if missing == 1 else f"{missing:,} entries were"
        return f"The chain had {found.expected:,} entries; the last {last} deleted."
    if found.entries > found.expected:
        return (
            f"The record of the chain, in the table audit_chain, has {found.expected:,} entries "
            f"instead of {found.entries:,}."
        )
    return f"The last entry, {found.last_entry}, or the record of the chain was changed."
