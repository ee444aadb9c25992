"""Results of a collection by customer, on its page and as a file."""

from collections.abc import Iterable, Sequence
from itertools import chain

from flask_babel import lazy_gettext as _l

from webapp.db import db
from webapp.messages import sentence
from webapp.models import Collection
from webapp.queries import collections as queries
from webapp.queries.lists import Page, chunks
from webapp.views.shared import export, listing

KINDS = ("collected", "unchanged", "not_found", "failed")
TITLES = (
    _l("Customer"),
    _l("Result"),
    _l("Pages"),
    _l("Printers updated"),
    _l("Rows not counted"),
    _l("Reason"),
)


def paged(collection: Collection, outcome: str) -> Page:
    """Return the results of each customer, failures first."""
    return listing.paginate(queries.outcomes(collection.id, outcome), count_to=None)


def exported(collection: Collection) -> Iterable[Sequence[export.Value]]:
    """Export the results of each customer, or of those with the requested outcome."""
    query = queries.outcomes(collection.id, listing.filter_choice("outcome", KINDS))
    for one in chain.from_iterable(chunks(db.session(), query)):
        reasons = [one.reason] if one.reason else [row["reason"] for row in one.skipped]
        yield (
            one.customer_name,
            one.outcome,
            one.pages,
            one.devices,
            len(one.skipped),
            " ".join(dict.fromkeys(sentence(reason) for reason in reasons)) or None,
        )
