"""Lists: search, filter, order and page from the address, and links to others.

The address alone determines what a list contains, so it can be shared and reloaded.
"""

from collections.abc import Collection
from contextlib import suppress
from datetime import date
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from htmx_flask import request as htmx_request
from sqlalchemy import Select

from webapp.db import LARGEST_ID, db
from webapp.errors import NotFound
from webapp.queries import lists as paging
from webapp.queries import saved_views
from webapp.queries.lists import COUNT_TO, PER_PAGE, Page
from webapp.views.shared.context import viewer

_LONGEST_SEARCH = 200
_FIRST_YEAR, _LAST_YEAR = 2000, 2200
#: The parameters of lists; others are not passed on.
PARAMETERS = frozenset(
    (
        "q", "health", "status", "state", "kind", "role", "server", "account", "feed", "month",
        "range", "sort", "page", "from", "to", "user",
    )
)  # fmt: skip


#: Lists whose filters can be saved as a view; their endpoints are ``feeds.index``, and so on.
LISTS = (
    "accounts", "audit", "certificates", "collections", "devices", "feeds", "notifications",
    "review", "servers", "users",
)  # fmt: skip


def search_text(name: str = "q") -> str:
    """Return the search text, with blanks collapsed and unprintable characters removed."""
    return clean_text(request.values.get(name, ""))


def clean_text(text: str) -> str:
    """Return a text of an address, with blanks collapsed and unprintable characters removed."""
    text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())[:_LONGEST_SEARCH]


def filter_choice(name: str, allowed: Collection[str], default: str = "") -> str:
    """Return a filter's value, or the default for an unknown one."""
    value = request.args.get(name, "")
    return value if value in allowed else default


def filter_id(name: str) -> int | None:
    """Return a filter that is a row's id; None for an invalid one."""
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value <= LARGEST_ID else None


def target_id(name: str) -> int | None:
    """Return the id of the row that a form is for; None without one.

    Raises NotFound for an invalid one, rather than show the form for another row.
    """
    if not request.args.get(name):
        return None
    value = filter_id(name)
    if value is None:
        raise NotFound(f"{name} is not an id")
    return value


def filter_day(name: str) -> date | None:
    """Return a filter that is an ISO date; None for an invalid one, and for one far away."""
    with suppress(ValueError):
        day = date.fromisoformat(request.args.get(name, ""))
        return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None
    return None


def sort_choice(names: Collection[str], default: str) -> str:
    """Return the order of ``sort``: a column's name, or ``-name`` for descending."""
    sort = request.args.get("sort", default)
    return sort if sort.removeprefix("-") in names else default


def paginate(
    query: Select[Any],
    per_page: int = PER_PAGE,
    *,
    count_to: int | None = COUNT_TO,
) -> Page:
    """Return the page of a list that the address names; the first for an invalid one."""
    return paging.paginate(db.session(), query, _page_number(), per_page, count_to=count_to)


def _page_number() -> int:
    return request.args.get("page", 1, type=int)


def heading(sort: str, label: str, name: str, kind: str = "") -> dict[str, str | None]:
    """Return a table heading that sorts by a column, or reverses the order."""
    state = {name: "ascending", f"-{name}": "descending"}.get(sort)
    down_first = kind == "number"
    other = name if sort == f"-{name}" or (not state and not down_first) else f"-{name}"
    return {"label": label, "kind": kind, "sort": state, "url": current_url(sort=other)}


def current_url(**changes: Any) -> str:
    """Return the address of this list with changed parameters; None or "" removes one.

    A changed search, filter or order starts at the first page.
    """
    current = {name: value for name, value in request.args.items() if name in PARAMETERS}
    values = {**current, "page": None, **changes, **(request.view_args or {})}
    shown = {name: value for name, value in values.items() if value not in (None, "")}
    return url_for(request.endpoint or "", **shown)


def filters_of_request() -> dict[str, str]:
    """Return the search, filters and order of the address, without its page."""
    found = {name: clean_text(request.args.get(name, "")) for name in sorted(PARAMETERS)}
    return {name: value for name, value in found.items() if value and name != "page"}


def is_fragment() -> bool:
    """Whether htmx requests a fragment, and does not restore a page from its history."""
    return bool(htmx_request.htmx) and not htmx_request.htmx.history_restore_request


def page_url(number: int) -> str:
    """Return the address of another page of this list."""
    return current_url(page=number)


def render(noun: str, page: Page, **context: Any) -> Response:
    """Render the page of a list, or only what its filters change for htmx."""
    if is_fragment():
        template = "shared/_list_fragment.html"
        context["rows"] = f"console/{noun}/_rows.html"
        context["tabs"] = f"console/{noun}/_tabs.html"
    else:
        template = f"console/{noun}/index.html"
    filters: dict[str, Any] = {**filters_of_request()}
    views = saved_views.of_list(db.session(), viewer(), noun)
    is_new = filters and all(view.filters != filters for view in views)
    context |= {
        "saved_views": views,
        "page": page,
        "current_url": current_url,
        "page_url": page_url,
        "save_url": url_for("saved_views.new", list_name=noun, **filters) if is_new else "",
    }
    response = make_response(render_template(template, **context))
    response.vary.add("HX-Request")
    return response
