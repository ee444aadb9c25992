"""Ticks: the rows of a list that were ticked, and what can be done with any of them.

Each list has its form and its address for what is sent; what is ticked must be the viewer's to
see, as a whole: a form that names anything else was not made by the list.
"""

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from webapp.db import db
from webapp.errors import NotFound
from webapp.queries.lists import with_ids
from webapp.views.shared import export

#: More than a page of a list shows.
MOST = 200


def ids(name: str, most: int = MOST) -> set[int]:
    """The ids that were ticked under a name. Raises NotFound for what no list sends."""
    found = {int(value) for value in request.form.getlist(name) if value.isdecimal()}
    if len(found) > most or any(not 0 < each < 2**31 for each in found):
        raise NotFound("there are not so many rows on a page")
    return found


def chosen(
    query: Select[Any], key: InstrumentedAttribute[int], wanted: set[int], word: str
) -> Select[Any]:
    """The rows of a query with these ids. Raises NotFound for any the viewer may not see."""
    return with_ids(db.session(), query, key, wanted, word)


def exported(
    query: Select[Any], sheet: export.Sheet, wanted: set[int], back: str
) -> ResponseReturnValue:
    """The ticked rows as the file asked for; without any, the list again, which says so."""
    if wanted and export.wanted():
        return export.answer(query, sheet)
    return nothing(back)


def nothing(back: str) -> ResponseReturnValue:
    """The list again, asking for a tick."""
    flash(gettext("Tick at least one row, then choose what to do."), "warning")
    return redirect(back)


def list_again(endpoint: str) -> str:
    """The list as it was: its search, filters and page are in the address the form brings."""
    plain, asked = url_for(endpoint), request.form.get("back", "")
    return asked if asked.startswith(f"{plain}?") else plain
