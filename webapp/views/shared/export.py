"""Exports: all rows of a list, as CSV or as an Excel workbook.

An export has the address of its list with ``export=csv`` or ``export=xlsx``, so the same access
rules, search, filters and order apply.
"""

import csv
import io
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from flask import Response, abort, request, send_file
from flask_babel import gettext
from flask_babel.speaklater import LazyString
from sqlalchemy import Select

from webapp import clock, filters
from webapp.db import db
from webapp.queries import lists

Value = str | int | Decimal | date | datetime | None

FORMATS = ("csv", "xlsx")
#: The most rows of a worksheet, without its headings.
_LARGEST_SHEET = 1_048_575
#: Characters that start a formula in spreadsheets (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns of an export. ``rows``: the values of rows of the list's query.

    Datetimes are UTC, and their titles say so.
    """

    name: str
    titles: Sequence[str | LazyString]
    rows: Callable[[Sequence[Any]], Iterable[Sequence[Value]]]


def requested() -> bool:
    """Whether the request is for a file."""
    return request.args.get("export") in FORMATS


def respond(query: Select[Any], sheet: Sheet) -> Response:
    """Return all rows of a list's query as the requested file."""
    chunks = lists.chunks(db.session(), query)
    return respond_rows(
        sheet.name,
        sheet.titles,
        (row for chunk in chunks for row in sheet.rows(chunk)),
    )


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A worksheet: its name, of at most 31 characters, its headings and rows."""

    name: str
    titles: Sequence[str | LazyString]
    rows: Iterable[Sequence[Value]]


def respond_rows(
    name: str, titles: Sequence[str | LazyString], rows: Iterable[Sequence[Value]]
) -> Response:
    """Return rows as the requested file."""
    today = clock.now().date().isoformat()
    if request.args["export"] == "csv":
        return _respond_file(
            f"releaf-{name}-{today}.csv",
            "text/csv",  # Werkzeug adds the character set
            lambda file: _write_csv(file, [str(title) for title in titles], rows),
        )
    return respond_workbook(f"releaf-{name}-{today}.xlsx", [Worksheet(name, titles, rows)])


def respond_workbook(file_name: str, sheets: Sequence[Worksheet]) -> Response:
    """Return a workbook as a file."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _respond_file(file_name, kind, lambda file: _write_workbook(file, sheets))


def _respond_file(file_name: str, kind: str, write: Callable[[IO[bytes]], None]) -> Response:
    # The file is complete before the response starts: a truncated list would look complete.
    file = tempfile.SpooledTemporaryFile(max_size=1 << 20)  # noqa: SIM115 (the answer closes it)
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    response = send_file(file, mimetype=kind, as_attachment=True, download_name=file_name)
    response.content_length = size
    # A list changes, and is private.
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _write_csv(file: IO[bytes], titles: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """Write CSV by RFC 4180.

    It starts with a byte order mark, without which Excel does not read it as UTF-8.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(titles)
    writer.writerows([_plain(value) for value in row] for row in rows)
    text.detach()


def _plain(value: Value) -> str | int | Decimal | None:
    """Return a value for CSV; no text can start a formula."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        # Spreadsheets read full-width signs like the ordinary ones.
        first = unicodedata.normalize("NFKC", value[:1])
        return f"'{value}" if first.startswith(_FORMULA) else str(value)
    return value


def _write_workbook(file: IO[bytes], sheets: Sequence[Worksheet]) -> None:
    """Write a workbook row by row, with constant memory."""
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        formats = {
            datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            Decimal: book.add_format({"num_format": "[<=0]0.00;[<0.01]0.0#####;#,##0.00"}),
            int: book.add_format({"num_format": "#,##0"}),
        }
        for sheet in sheets:
            page = book.add_worksheet(sheet.name[:31])
            page.freeze_panes(1, 0)
            page.set_column(0, len(sheet.titles) - 1, 22)
            for column, title in enumerate(sheet.titles):
                page.write_string(0, column, str(title), bold)
            count = 0
            for count, row in enumerate(sheet.rows, start=1):
                _write_row(page, count, row, formats)
            page.autofilter(0, 0, count, len(sheet.titles) - 1)


def _write_row(page: Any, number: int, row: Sequence[Value], formats: Mapping[type, Any]) -> None:
    """Write a row; a text is written as text, also if it looks like a formula."""
    if number > _LARGEST_SHEET:
        rows = filters.number(_LARGEST_SHEET)
        message = gettext(
            "A worksheet holds %(rows)s rows; narrow the list, or choose CSV.", rows=rows
        )
        abort(413, message)
    for column, value in enumerate(row):
        if isinstance(value, datetime):
            naive = value.astimezone(UTC).replace(tzinfo=None)
            page.write_datetime(number, column, naive, formats[datetime])
        elif isinstance(value, date):
            page.write_datetime(number, column, value)
        elif isinstance(value, int):
            page.write_number(number, column, value, formats[int])
        elif isinstance(value, Decimal):
            page.write_number(number, column, value, formats[Decimal])
        elif value is not None:
            page.write_string(number, column, str(value))
