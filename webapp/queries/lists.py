"""Lists: search, order and pages of a select of columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.errors import NotFound

PER_PAGE = 50
#: Searches, and lists that grow with time, are counted up to this many rows.
COUNT_TO = 1_000
#: Rows of an export that are read at once.
_CHUNK = 500
#: Databases accept no offset beyond their integers.
_LAST_PAGE = 1_000_000


def contains(text: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether one of the columns contains a text, case-insensitively."""
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def found(
    session: Session,
    key: InstrumentedAttribute[int],
    ids: CompoundSelect[Any],
    otherwise: ColumnElement[bool],
) -> ColumnElement[bool]:
    """Whether a search finds a row. ``ids``: the found ids, possibly repeated.

    Up to ``COUNT_TO`` ids are compared. More would be most of the table: then ``otherwise``, the
    same search as a condition on the columns of the list, is evaluated row by row in the order of
    the list, until the page is full.
    """
    few = session.scalars(ids.limit(COUNT_TO + 1)).all()
    return key.in_(few) if len(few) <= COUNT_TO else otherwise


def with_ids(
    session: Session,
    query: Select[Any],
    key: InstrumentedAttribute[int],
    ids: set[int],
    word: str,
) -> Select[Any]:
    """Restrict a query to the rows with these ids. Raises NotFound if one is missing."""
    selected = query.where(key.in_(ids))
    if session.scalar(select(func.count()).select_from(selected.subquery())) != len(ids):
        raise NotFound(f"one of the {word}")
    return selected


def chunks(session: Session, query: Select[Any]) -> Iterator[Sequence[Any]]:
    """Yield all rows of a query, some hundred at a time."""
    return session.execute(query.execution_options(yield_per=_CHUNK)).partitions()


def order(query: Select[Any], columns: Mapping[str, Any], sort: str, *then: Any) -> Select[Any]:
    """Order by the column that ``sort`` names (``-name``: descending), nulls last.

    ``then`` orders equal rows, so that no row is on two pages.
    """
    column = columns[sort.removeprefix("-")]
    first = column.desc() if sort.startswith("-") else column.asc()
    if _nullable(column):
        # On a column without nulls it would prevent PostgreSQL from using the index.
        first = first.nulls_last()
    return query.order_by(first, *then)


def _nullable(column: Any) -> bool:
    columns = getattr(getattr(column, "property", None), "columns", None)
    return columns is None or bool(columns[0].nullable)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: its rows, its number, and the numbers of pages and rows.

    ``more``: there are more than ``total`` rows; the last page is not known.
    """

    items: Sequence[Any]
    page: int
    pages: int
    total: int
    more: bool = False


def paginate(
    session: Session,
    query: Select[Any],
    page: int = 1,
    per_page: int = PER_PAGE,
    *,
    count_to: int | None = COUNT_TO,
) -> Page:
    """Return a page of an ordered select of columns; the last one for a greater number.

    Rows are counted up to ``count_to`` (None: all of them) if they exceed the first page.
    """
    page = min(max(page, 1), _LAST_PAGE)
    items = _rows(session, query, page, per_page)
    if page == 1 and len(items) <= per_page:
        return Page(items, 1, 1 if items else 0, len(items))
    total = int(session.scalar(_count(query, count_to)) or 0)
    more = count_to is not None and total > count_to
    if more and count_to is not None:
        total = count_to
    pages = -(-total // per_page)
    if not items:
        page = max(pages, 1)
        items = _rows(session, query, page, per_page)
    if more:
        pages = max(pages, page + (len(items) > per_page))
    return Page(items[:per_page], page, pages, total, more)


def _rows(session: Session, query: Select[Any], page: int, per_page: int) -> Sequence[Any]:
    """Return the rows of a page, and one more if there is a next page."""
    return session.execute(query.limit(per_page + 1).offset((page - 1) * per_page)).all()


def _count(query: Select[Any], count_to: int | None) -> Select[Any]:
    rows = query.order_by(None)
    if count_to is not None:
        rows = rows.limit(count_to + 1)
    return select(func.count()).select_from(rows.subquery())
