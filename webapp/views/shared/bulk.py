"""Bulk actions: the selected rows of a list, and their export.

Each list has its own form and endpoint. All selected rows must be visible to the viewer: a form
with any other was not made by the list.
"""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from webapp.db import LARGEST_ID, db
from webapp.errors import NotFound
from webapp.queries.lists import with_ids
from webapp.views.shared import export, listing
from webapp.views.shared.security import safe_target

#: More than a page of a list has.
MAX_ROWS = 200


def selected_ids(name: str, most: int = MAX_ROWS) -> set[int]:
    """Return the ids selected under a name. Raises NotFound for values that no list sends."""
    found = set(request.form.getlist(name, type=int))
    if len(found) > most or any(not 0 < each <= LARGEST_ID for each in found):
        raise NotFound("there are not so many rows on a page")
    return found


def selected_rows(
    query: Select[Any], key: InstrumentedAttribute[int], wanted: set[int], word: str
) -> Select[Any]:
    """Restrict a query to these ids. Raises NotFound if the viewer may not see one."""
    return with_ids(db.session(), query, key, wanted, word)


def export_selected(
    query: Select[Any], sheet: export.Sheet, wanted: set[int], endpoint: str
) -> ResponseReturnValue:
    """Return the selected rows as the requested file; without any, all rows of the list."""
    back = list_url(endpoint)
    if not export.requested():
        return nothing_selected(back)
    if wanted:
        return export.respond(query, sheet)
    sent = dict(parse_qsl(urlsplit(back).query))
    filters: dict[str, Any] = {name: sent[name] for name in sent if name in listing.PARAMETERS}
    return redirect(url_for(endpoint, **filters, export=request.args["export"]))


def nothing_selected(back: str) -> ResponseReturnValue:
    """Redirect to the list, with a message to select rows."""
    flash(gettext("Select at least one row, then choose an action."), "warning")
    return redirect(back)


def list_url(endpoint: str) -> str:
    """Return the address of the list with its search, filters and page, as sent by the form."""
    plain, back = url_for(endpoint), request.form.get("back", "")
    return back if back.startswith(f"{plain}?") and safe_target(back) else plain
