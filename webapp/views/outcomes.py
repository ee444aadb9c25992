"""Outcomes: what a collection brought of each customer, on its page and as a file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select

from webapp.db import constant, db
from webapp.models import Collection, Feed, Outcome
from webapp.views import exports, lists
from webapp.words import Words, told

KINDS = ("collected", "unchanged", "absent", "failed")
TITLES = (
    Words("Customer"),
    Words("Result"),
    Words("Pages"),
    Words("Printers with news"),
    Words("Rows not counted"),
    Words("Reason"),
)
#: Rows that are read at once.
_CHUNK = 500


def paged(collection: Collection, outcome: str, counts: Mapping[str, int]) -> lists.Paged:
    """What came of each customer, failures first."""
    query = _of_each(collection)
    failed = query.where(Outcome.outcome == constant("failed"))
    if outcome:
        chosen = failed if outcome == "failed" else query.where(Outcome.outcome == outcome)
        return lists.paged_after([(counts.get(outcome, 0), chosen)])
    number = counts.get("failed", 0)
    others = query.where(Outcome.outcome != "failed")
    return lists.paged_after([(number, failed), (sum(counts.values()) - number, others)])


def exported(collection: Collection) -> Iterable[Sequence[exports.Value]]:
    """What came of each customer, or of those with the outcome asked for, failures first."""
    query = _of_each(collection).order_by(None)
    query = query.order_by(Outcome.outcome != "failed", Feed.customer_name, Feed.id)
    outcome = lists.chosen("outcome", KINDS)
    if outcome:
        query = query.where(Outcome.outcome == outcome)
    for one in db.session.execute(query.execution_options(yield_per=_CHUNK)):
        reasons = [one.reason] if one.reason else [told(row["reason"]) for row in one.skipped]
        yield (
            one.customer_name,
            one.outcome,
            one.pages,
            one.devices,
            len(one.skipped),
            " ".join(dict.fromkeys(str(reason) for reason in reasons)) or None,
        )


def _of_each(collection: Collection) -> Select[Any]:
    return (
        select(
            Outcome.feed_id,
            Outcome.outcome,
            Outcome.pages,
            Outcome.devices,
            Outcome.skipped,
            Outcome.reason,
            Feed.customer_name,
        )
        .join(Outcome.feed)
        .where(Outcome.collection_id == collection.id, Feed.server_id == collection.server_id)
        .order_by(Feed.customer_name, Feed.id)
    )
