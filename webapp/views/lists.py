"""Lists: what a list reads from its address (search, filter, order, page), and links to others.

The address alone says what a list shows, so it can be shared, reloaded and gone back to.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    String,
    bindparam,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from webapp import asking
from webapp.asking import Question
from webapp.db import at_most, db
from webapp.queries import lists as paging
from webapp.queries.lists import COUNT_TO, PER_PAGE, Page

_LONGEST_SEARCH = 200
#: Longer lists are not counted to their end, which takes as long as they are.
COUNTED = 10_000
#: So few that are found are looked up one by one.
FEW = 500
#: No list has more pages; a database takes no offset beyond its numbers.
_FARTHEST = 1_000_000
#: Pages of a list whose statements are kept.
_PAGES_KEPT = 8
_TEXT: BindParameter[str] = bindparam("text", type_=String)
_ESCAPE = "/"
#: For what makes a ``Listing``: of the same search, filter and order there is one. To build the
#: statements of a list takes longer than to ask them.
kept = lru_cache(maxsize=512)
#: What the addresses of lists may say; anything else in them is not passed on.
_PARAMETERS = frozenset(
    (
        "q",
        "health",
        "status",
        "state",
        "role",
        "server",
        "account",
        "feed",
        "month",
        "days",
        "sort",
        "page",
    )
)


def searched(name: str = "q") -> str:
    """The text searched for; blanks and what no keyboard types are taken out."""
    text = "".join(c if c.isprintable() else " " for c in request.values.get(name, ""))
    return " ".join(text.split())[:_LONGEST_SEARCH]


def holds(column: ColumnElement[str] | InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether a column holds what is searched for; ``wanted`` tells the database what that is."""
    return column.icontains(_TEXT, escape=_ESCAPE)


def wanted(text: str) -> dict[str, Any]:
    """The values of a statement that asks ``holds``, for a text as ``searched`` gives it."""
    return {_TEXT.key: escaped(text)}


def escaped(text: str) -> str:
    """A text in which nothing stands for any other."""
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return text


def chosen(name: str, allowed: Collection[str], default: str = "") -> str:
    """A filter's value; the default for one that does not exist."""
    value = request.args.get(name, "")
    return value if value in allowed else default


def number(name: str) -> int | None:
    """A filter that is a row's id; None without one that makes sense."""
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value < 2**31 else None


def sorting(names: Collection[str], default: str) -> str:
    """The order asked for by ``sort``: a column's name, or ``-name`` downwards."""
    sort = request.args.get("sort", default)
    return sort if sort.removeprefix("-") in names else default


def in_order(
    query: Select[Any], columns: Mapping[str, Any], sort: str, *, then: Sequence[Any]
) -> Select[Any]:
    """The query in an order; ``then`` decides between equals, so that no row is on two pages."""
    column = columns[sort.removeprefix("-")]
    first = column.desc() if sort.startswith("-") else column.asc()
    if _may_be_null(column):
        # Said of a column that is never null, it would only keep PostgreSQL from its index.
        first = first.nulls_last()
    return query.order_by(first, *then)


def _may_be_null(column: Any) -> bool:
    columns = getattr(getattr(column, "property", None), "columns", None)
    return columns is None or bool(columns[0].nullable)


def paginate(
    query: Select[Any],
    per_page: int = PER_PAGE,
    *,
    count_to: int | None = COUNT_TO,
    count: Select[Any] | None = None,
) -> Page:
    """The page of a list that the address names; the first for nonsense."""
    page = request.args.get("page", 1, type=int)
    return paging.paginate(db.session(), query, page, per_page, count_to=count_to, count=count)


def heading(sort: str, label: str, name: str, kind: str = "") -> dict[str, str | None]:
    """A table's heading that sorts by a column; again the other way round."""
    state = {name: "ascending", f"-{name}": "descending"}.get(sort)
    down_first = kind == "number"
    other = name if sort == f"-{name}" or (not state and not down_first) else f"-{name}"
    return {"label": label, "kind": kind, "sort": state, "url": here(sort=other)}


@dataclass(frozen=True, slots=True)
class Paged:
    """A page of a list: its rows, its number, how many pages and rows there are.

    ``more``: there are more of both, of a list too long to be counted.
    """

    items: Sequence[Any]
    page: int
    pages: int
    total: int
    more: bool = False


class Listing:
    """What a list asks of the database, for one search, filter and order.

    ``query``: the columns shown. ``counting``: another query of as many rows, without the tables
    that only name or sort them; or one that tells their number itself. ``narrow``: the ids of the
    rows in their order, from the one table that has it; then names are looked up for the rows of
    the page alone. ``count_to``: how far it is counted; None to its end, for what grows with
    customers alone and not with time. ``short``: it mostly fits on one page, as what was searched
    for does, and is counted when it does not. ``whole``: all of it, as entities, for a file.
    """

    def __init__(
        self,
        query: Select[Any],
        *,
        counting: Select[Any] | None = None,
        narrow: Select[Any] | None = None,
        count_to: int | None = COUNTED,
        short: bool = False,
        whole: Select[Any] | None = None,
    ) -> None:
        self._query, self._narrow = query, narrow
        self.count_to = count_to
        self.whole = query if whole is None else whole
        #: Whether the first page is read without the number of rows.
        self.counts_late = short or counting is None
        self.total = _number(query if counting is None else counting, count_to)
        self.number = select(self.total)
        self._pages: dict[tuple[int, int, bool], Select[Any]] = {}

    def page(self, per_page: int, number: int, *, counted: bool) -> Select[Any]:
        """The rows of a page, and one more where there is one; with their number or without."""
        asked = (per_page, number, counted)
        made = self._pages.get(asked)
        if made is None:
            query = self._query.add_columns(self.total.label(None)) if counted else self._query
            made = _cut(query, self._narrow, per_page + 1, (number - 1) * per_page)
            if len(self._pages) >= _PAGES_KEPT:
                self._pages.clear()
            self._pages[asked] = made
        return made


def paged(
    listing: Listing, values: Mapping[str, Any] | None = None, per_page: int = PER_PAGE
) -> Paged:
    """The page asked for; the last one for a number beyond it, the first for nonsense.

    ``values``: those of the statement, as of what is searched for.
    """
    return asking.answer(db.session(), turned(listing, values, per_page))


def turned(
    listing: Listing, values: Mapping[str, Any] | None = None, per_page: int = PER_PAGE
) -> Question[Paged]:
    """The same as a question, for a page that asks others with it."""
    number = min(max(request.args.get("page", 1, type=int), 1), _FARTHEST)
    # A list of one page needs no counting: the row too many tells that there are more. Else the
    # number comes along with each row: one statement, and both of one moment.
    counted = number > 1 or not listing.counts_late
    query = listing.page(per_page, number, counted=counted)
    told = partial(_paged, listing, values, per_page, number, counted=counted)
    return Question(query, values, told)


def _paged(
    listing: Listing,
    values: Mapping[str, Any] | None,
    per_page: int,
    number: int,
    found: Sequence[Any],
    *,
    counted: bool,
) -> Paged:
    ask = partial(asking.rows, db.session(), values=values)
    if not counted:
        if len(found) <= per_page:
            return Paged(found, 1, 1 if found else 0, len(found))
        rows = ask(listing.number)[0][0] or 0
    else:
        if not found and number > 1:
            rows = ask(listing.number)[0][0] or 0
            number = max(-(-_told(rows, listing.count_to) // per_page), 1)
            found = ask(listing.page(per_page, number, counted=True))
        if not found:
            return Paged([], 1, 0, 0)
        rows = found[0][-1]
    told = _told(rows, listing.count_to)
    pages = -(-told // per_page)
    if rows > told:
        pages = max(pages, number + (len(found) > per_page))
    return Paged(found[:per_page], number, pages, told, rows > told)


_LIMIT: BindParameter[int] = bindparam("limit")
_OFFSET: BindParameter[int] = bindparam("offset")


def part(query: Select[Any]) -> Select[Any]:
    """A part of what ``paged_after`` leafs through."""
    return query.limit(_LIMIT).offset(_OFFSET)


def paged_after(
    parts: Sequence[tuple[int, Select[Any]]],
    values: Mapping[str, Any],
    per_page: int = PER_PAGE,
) -> Paged:
    """The page asked for of several queries, one after another, each a ``part`` of as many rows as
    it is given with. It spares the database to sort all by which they belong to.
    """
    total = sum(rows for rows, _ in parts)
    pages = -(-total // per_page)
    number = min(max(request.args.get("page", 1, type=int), 1), max(pages, 1))
    first = (number - 1) * per_page
    items: list[Any] = []
    for rows, query in parts:
        left = per_page - len(items)
        if left and first < rows:
            items += asking.rows(db.session(), query, {**values, "limit": left, "offset": first})
        first = max(first - rows, 0)
    return Paged(items, number, pages, total)


def _cut(query: Select[Any], narrow: Select[Any] | None, limit: int, offset: int) -> Select[Any]:
    if narrow is not None:
        (key,) = narrow.selected_columns
        return query.where(key.in_(_cut(narrow, None, limit, offset).correlate(None)))
    query = query.limit(at_most(limit))
    return query.offset(literal_column(str(offset), Integer)) if offset else query


def _told(rows: int, most: int | None) -> int:
    return rows if most is None else min(rows, most)


def _number(query: Select[Any], most: int | None) -> ScalarSelect[int]:
    """How many rows a query has, counted to one more than ``most``; or says there are."""
    if query.get_execution_options().get("counts"):
        return query.correlate(None).scalar_subquery()
    rows = query.order_by(None).with_only_columns(literal(1), maintain_column_froms=True)
    some = (rows if most is None else rows.limit(at_most(most + 1))).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def counts(query: Select[Any]) -> Select[Any]:
    """Mark a query that tells a number of rows."""
    return query.execution_options(counts=True)


def here(**changes: Any) -> str:
    """The address of this list with some of its parameters changed; None or "" takes one out.

    A changed search, filter or order begins at the first page again.
    """
    asked = {name: value for name, value in request.args.items() if name in _PARAMETERS}
    values = {**asked, "page": None, **changes, **(request.view_args or {})}
    shown = {name: value for name, value in values.items() if value not in (None, "")}
    return url_for(request.endpoint or "", **shown)


def is_fragment() -> bool:
    """Whether htmx asks for a part of the page; not when it restores a whole one from history."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in headers


def page_url(number: int) -> str:
    """The address of another page of this list."""
    return here(page=number)


def page(noun: str, page: Page | Paged, **context: Any) -> Response:
    """The page of a list, or for htmx its rows alone."""
    template = f"{noun}/_rows.html" if is_fragment() else f"{noun}/index.html"
    context |= {"page": page, "here": here, "page_url": page_url}
    response = make_response(render_template(template, **context))
    response.vary.add("HX-Request")
    return response
