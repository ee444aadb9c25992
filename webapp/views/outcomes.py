"""Outcomes: what a collection brought of each customer, on its page and as a file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from webapp.db import constant, db
from webapp.models import Collection, Feed, Outcome
from webapp.views import exports, lists
from webapp.words import Words, told

KINDS = ("collected", "unchanged", "not_found", "failed")
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


_OF_EACH: Any = (
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
    .where(Outcome.collection_id == bindparam("collection"), Feed.server_id == bindparam("server"))
)
_IN_ORDER = _OF_EACH.order_by(Feed.customer_name, Feed.id)
_FAILED = lists.part(_IN_ORDER.where(Outcome.outcome == constant("failed")))
_OTHERS = lists.part(_IN_ORDER.where(Outcome.outcome != "failed"))
_CHOSEN = lists.part(_IN_ORDER.where(Outcome.outcome == bindparam("outcome")))


def paged(collection: Collection, outcome: str, counts: Mapping[str, int]) -> lists.Paged:
    """What came of each customer, failures first."""
    values = {"collection": collection.id, "server": collection.server_id, "outcome": outcome}
    failed = counts.get("failed", 0)
    if outcome == "failed":
        parts = [(failed, _FAILED)]
    elif outcome:
        parts = [(counts.get(outcome, 0), _CHOSEN)]
    else:
        parts = [(failed, _FAILED), (sum(counts.values()) - failed, _OTHERS)]
    return lists.paged_after(parts, values)


def exported(collection: Collection) -> Iterable[Sequence[exports.Value]]:
    """What came of each customer, or of those with the outcome asked for, failures first."""
    query = _OF_EACH.order_by(Outcome.outcome != "failed", Feed.customer_name, Feed.id)
    values = {"collection": collection.id, "server": collection.server_id}
    outcome = lists.chosen("outcome", KINDS)
    if outcome:
        query = query.where(Outcome.outcome == outcome)
    for one in db.session.execute(query.execution_options(yield_per=_CHUNK), values):
        reasons = [one.reason] if one.reason else [told(row["reason"]) for row in one.skipped]
        yield (
            one.customer_name,
            one.outcome,
            one.pages,
            one.devices,
            len(one.skipped),
            " ".join(dict.fromkeys(str(reason) for reason in reasons)) or None,
        )
