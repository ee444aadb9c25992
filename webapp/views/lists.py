"""Lists: what a list reads from its address (search, filter, order, page), and links to others.

The address alone says what a list shows, so it can be shared, reloaded and gone back to.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import Select

from webapp.db import db

PER_PAGE = 50
_LONGEST_SEARCH = 200
#: What the addresses of lists may say; anything else in them is not passed on.
_PARAMETERS = frozenset(
    ("q", "health", "status", "state", "server", "account", "feed", "month", "days", "sort", "page")
)


def searched(name: str = "q") -> str:
    """The text searched for; blanks and what no keyboard types are taken out."""
    text = "".join(c if c.isprintable() else " " for c in request.values.get(name, ""))
    return " ".join(text.split())[:_LONGEST_SEARCH]


def chosen(name: str, allowed: Collection[str], default: str = "") -> str:
    """A filter's value; the default for one that does not exist."""
    value = request.args.get(name, "")
    return value if value in allowed else default


def number(name: str) -> int | None:
    """A filter that is a row's id; None without one that makes sense."""
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value < 2**31 else None


def ordered(
    query: Select[Any], columns: Mapping[str, Any], default: str, *, then: Sequence[Any]
) -> tuple[Select[Any], str]:
    """The query in the order asked for by ``sort`` (``name``, or ``-name`` downwards), and that.

    ``then`` decides between equals, so that no row is on two pages.
    """
    sort = request.args.get("sort", default)
    if sort.removeprefix("-") not in columns:
        sort = default
    column = columns[sort.removeprefix("-")]
    first = column.desc() if sort.startswith("-") else column.asc()
    return query.order_by(first.nulls_last(), *then), sort


def heading(sort: str, label: str, name: str, kind: str = "") -> dict[str, str | None]:
    """A table's heading that sorts by a column; again the other way round."""
    state = {name: "ascending", f"-{name}": "descending"}.get(sort)
    down_first = kind == "number"
    other = name if sort == f"-{name}" or (not state and not down_first) else f"-{name}"
    return {"label": label, "kind": kind, "sort": state, "url": here(sort=other)}


def paged(query: Select[Any], per_page: int = PER_PAGE) -> Pagination:
    """The page asked for; the last one for a number beyond it, the first for nonsense."""
    number = request.args.get("page", 1, type=int)
    number = min(max(number, 1), 1_000_000)
    page = db.paginate(query, page=number, per_page=per_page, error_out=False)
    if not page.items and page.total:
        page = db.paginate(query, page=page.pages, per_page=per_page, error_out=False)
    return page


def here(**changes: Any) -> str:
    """The address of this list with some of its parameters changed; None or "" takes one out.

    A changed search, filter or order begins at the first page again.
    """
    asked = {name: value for name, value in request.args.items() if name in _PARAMETERS}
    parameters: dict[str, Any] = {**asked, "page": None, **changes}
    kept = {name: value for name, value in parameters.items() if value not in (None, "")}
    return url_for(request.endpoint or "", **{**kept, **(request.view_args or {})})


def is_fragment() -> bool:
    """Whether htmx asks for a part of the page; not when it restores a whole one from history."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in headers


def page_url(number: int) -> str:
    """The address of another page of this list."""
    return here(page=number)


def page(noun: str, page: Pagination, **context: Any) -> Response:
    """The page of a list, or for htmx its rows alone."""
    template = f"{noun}/_rows.html" if is_fragment() else f"{noun}/index.html"
    context |= {"page": page, "here": here, "page_url": page_url}
    response = make_response(render_template(template, **context))
    response.vary.add("HX-Request")
    return response
