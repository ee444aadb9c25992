"""Conversion of deltas between rows of the table and values of the domain."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from webapp.domain.metering.review import deposited
from webapp.domain.metering.state import Delta, DeltaKind
from webapp.models import Delta as DeltaRow

#: Kinds whose pages are, most likely, not printed pages.
_NOT_PRINTED: frozenset[DeltaKind] = frozenset(
    {"near_lifetime", "physical", "first_count", "joined"}
)


def values_of(delta: Delta) -> dict[str, Any]:
    """Return the columns of a delta that the domain sets, lists of pairs as JSON."""
    return {
        "feed_id": delta.feed_id,
        "since": delta.since,
        "day": delta.day,
        "before": delta.before,
        "top": delta.top,
        "pages": delta.pages,
        "days": delta.days,
        "kind": delta.kind,
        "state": delta.state,
        "counted": delta.counted,
        "proposed": None if delta.kind == "ordinary" else initial_proposal(delta.kind, delta.pages),
        "allocation": _pairs_as_json(delta.allocation),
        "era": delta.era,
        "for_person": delta.for_person,
        "resumes": delta.resumes,
        "resumes_counted": delta.resumes_counted,
        "confirmations": delta.confirmations,
        "confirmed_pages": delta.confirmed_pages,
        "evidence": _pairs_as_json(delta.evidence),
    }


def of_row(row: DeltaRow) -> Delta:
    """Return the domain's value of a stored delta."""
    return Delta(
        number=row.number,
        feed_id=row.feed_id,
        since=row.since,
        day=row.day,
        before=row.before,
        top=row.top,
        pages=row.pages,
        days=row.days,
        kind=row.kind,
        state=row.state,
        counted=row.counted,
        allocation=pairs_of_json(row.allocation),
        era=row.era,
        for_person=row.for_person,
        resumes=row.resumes,
        resumes_counted=row.resumes_counted,
        confirmations=row.confirmations,
        confirmed_pages=row.confirmed_pages,
        evidence=pairs_of_json(row.evidence),
    )


def initial_proposal(kind: DeltaKind, pages: int) -> int:
    """Return the proposed pages of a held delta: all, or none for a likely lifetime count."""
    return 0 if kind in _NOT_PRINTED else pages


def deposit_changes(before: Delta | None, after: Delta) -> Mapping[date, int]:
    """Return the change of deposits, by day, when a delta changes to ``after``."""
    changes: dict[date, int] = {}
    for sign, delta in ((-1, before), (1, after)):
        for day, pages in deposited(delta) if delta is not None else ():
            changes[day] = changes.get(day, 0) + sign * pages
    return {day: pages for day, pages in changes.items() if pages}


def pairs_of_json(stored: Iterable[Any]) -> tuple[tuple[date, int], ...]:
    """Return days and numbers of ``[["2026-10-19", 120], ...]``."""
    return tuple((date.fromisoformat(day), number) for day, number in stored)


def _pairs_as_json(pairs: Iterable[tuple[date, int]]) -> list[list[Any]]:
    return [[day.isoformat(), number] for day, number in pairs]
