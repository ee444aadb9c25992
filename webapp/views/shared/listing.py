"""Lists: what a list reads from its address (search, filter, order, page), and links to others.

The address alone says what a list shows, so it can be shared, reloaded and gone back to.
"""

from collections.abc import Collection
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy import (
    Select,
)

from webapp.db import db
from webapp.queries import lists as paging
from webapp.queries.lists import COUNT_TO, PER_PAGE, Page

_LONGEST_SEARCH = 200
#: What the addresses of lists may say; anything else in them is not passed on.
_PARAMETERS = frozenset(
    (
        "q", "health", "status", "state", "kind", "role", "server", "account", "feed", "month",
        "days", "sort", "page",
    )
)  # fmt: skip


def search_text(name: str = "q") -> str:
    """The text searched for; blanks and what no keyboard types are taken out."""
    text = "".join(c if c.isprintable() else " " for c in request.values.get(name, ""))
    return " ".join(text.split())[:_LONGEST_SEARCH]


def filter_choice(name: str, allowed: Collection[str], default: str = "") -> str:
    """A filter's value; the default for one that does not exist."""
    value = request.args.get(name, "")
    return value if value in allowed else default


def filter_id(name: str) -> int | None:
    """A filter that is a row's id; None without one that makes sense."""
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value < 2**31 else None


def sort_choice(names: Collection[str], default: str) -> str:
    """The order asked for by ``sort``: a column's name, or ``-name`` downwards."""
    sort = request.args.get("sort", default)
    return sort if sort.removeprefix("-") in names else default


def paginate(
    query: Select[Any],
    per_page: int = PER_PAGE,
    *,
    count_to: int | None = COUNT_TO,
) -> Page:
    """The page of a list that the address names; the first for nonsense."""
    return paging.paginate(db.session(), query, _page_number(), per_page, count_to=count_to)


def paginate_counted(query: Select[Any], backwards: Select[Any], total: int) -> Page:
    """The same for a list whose number of rows is known; ``backwards``: in reverse order."""
    return paging.paginate_counted(db.session(), query, backwards, total, _page_number())


def _page_number() -> int:
    return request.args.get("page", 1, type=int)


def heading(sort: str, label: str, name: str, kind: str = "") -> dict[str, str | None]:
    """A table's heading that sorts by a column; again the other way round."""
    state = {name: "ascending", f"-{name}": "descending"}.get(sort)
    down_first = kind == "number"
    other = name if sort == f"-{name}" or (not state and not down_first) else f"-{name}"
    return {"label": label, "kind": kind, "sort": state, "url": current_url(sort=other)}


def current_url(**changes: Any) -> str:
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
    return current_url(page=number)


def render(noun: str, page: Page, **context: Any) -> Response:
    """The page of a list, or for htmx its rows alone."""
    template = f"console/{noun}/_rows.html" if is_fragment() else f"console/{noun}/index.html"
    context |= {"page": page, "here": current_url, "page_url": page_url}
    response = make_response(render_template(template, **context))
    response.vary.add("HX-Request")
    return response
