"""Exports: a list, all of it and not only the page shown, as CSV or as an Excel workbook.

An export has the address of its list with ``export=csv`` or ``export=xlsx`` added, so it obeys the
same rules, search, filters and order as what is on the screen.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from flask import Response, abort, request, send_file
from flask_babel import gettext
from flask_babel.speaklater import LazyString
from sqlalchemy import Select

from webapp import clock
from webapp.db import db
from webapp.queries import lists

Value = str | int | Decimal | date | datetime | None

FORMATS = ("csv", "xlsx")
#: What a worksheet holds, without its line of headings.
_LARGEST_SHEET = 1_048_575
#: What a spreadsheet takes for the beginning of a formula (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns of an export. ``rows``: the values of some rows of the list's query.

    Moments are given as UTC; their titles say so.
    """

    name: str
    titles: Sequence[str | LazyString]
    rows: Callable[[Sequence[Any]], Iterable[Sequence[Value]]]


def wanted() -> bool:
    """Whether the list is asked for as a file."""
    return request.args.get("export") in FORMATS


def answer(query: Select[Any], sheet: Sheet) -> Response:
    """All rows of a list's query as the file asked for."""
    chunks = lists.chunks(db.session(), query)
    return answer_rows(
        sheet.name,
        sheet.titles,
        (row for chunk in chunks for row in sheet.rows(chunk)),
    )


def answer_rows(
    name: str, titles: Sequence[str | LazyString], rows: Iterable[Sequence[Value]]
) -> Response:
    """Rows as the file asked for."""
    today = clock.now().date().isoformat()
    file_name = f"releaf-{name}-{today}.{request.args['export']}"
    # The file is complete before the answer begins: half a list looks like a whole one.
    file = tempfile.SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115 (the answer closes it)
    try:
        if request.args["export"] == "csv":
            kind = "text/csv; charset=utf-8"
            _write_csv(file, [str(title) for title in titles], rows)
        else:
            kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            _write_workbook(file, name, [str(title) for title in titles], rows)
    except BaseException:
        file.close()
        raise
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    response = send_file(file, mimetype=kind, as_attachment=True, download_name=file_name)
    response.content_length = size
    # What a list says may be different a minute later, and is for its reader alone.
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _write_csv(file: IO[bytes], titles: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Lines as RFC 4180 has them.

    It begins with a byte order mark, without which Excel takes UTF-8 for something else.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(titles)
    writer.writerows([_plain(value) for value in row] for row in rows)
    text.detach()


def _plain(value: Value) -> str | int | Decimal | None:
    """A value as CSV has it; no text of it can begin a formula."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else str(value)
    return value


def _write_workbook(
    file: IO[bytes], name: str, titles: Sequence[str], rows: Iterable[Sequence[Value]]
) -> None:
    """A workbook of one sheet, written row by row so that a large one needs no memory."""
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(file, options) as book:
        page = book.add_worksheet(name[:31])
        bold = book.add_format({"bold": True, "bottom": 1})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        trees = book.add_format({"num_format": "#,##0.00"})
        whole = book.add_format({"num_format": "#,##0"})
        page.freeze_panes(1, 0)
        page.set_column(0, len(titles) - 1, 22)
        for column, title in enumerate(titles):
            page.write_string(0, column, title, bold)
        count = 0
        for count, row in enumerate(rows, start=1):
            if count > _LARGEST_SHEET:
                abort(
                    413,
                    gettext("A worksheet holds 1,048,575 rows; narrow the list, or choose CSV."),
                )
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    naive = value.astimezone(UTC).replace(tzinfo=None)
                    page.write_datetime(count, column, naive, moment)
                elif isinstance(value, date):
                    page.write_datetime(count, column, value)
                elif isinstance(value, int):
                    page.write_number(count, column, value, whole)
                elif isinstance(value, Decimal):
                    page.write_number(count, column, value, trees)
                elif value is not None:
                    page.write_string(count, column, str(value))
        page.autofilter(0, 0, count, len(titles) - 1)
