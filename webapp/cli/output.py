"""Output of commands: one JSON document, or plain text; errors likewise.

JSON has stable snake_case keys, integers as integers, decimals as strings, dates in ISO form and
times in UTC. Standard output has nothing but the document.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, islice
from typing import Any

import click
import msgspec
from flask_babel.speaklater import LazyString

_JSON = "releaf.json"
#: Column widths of a table are measured on this many rows; the rest is streamed.
_MEASURED_ROWS = 1_000
_LINES_AT_ONCE = 1_000
#: Columns with thousands separators; ids and years have none.
_AMOUNTS = frozenset(
    (
        "pages",
        "proposed",
        "counted",
        "printers",
        "trees",
        "initial_count",
        "latest_count",
        "life_count",
    )
)

Row = Mapping[str, Any]
#: Shows progress: done, total, and the present item.
ProgressCallback = Callable[[int, int, str], None]


def json_option() -> click.Option:
    """Return the option ``--json`` of every command."""

    def remember(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
        ctx.meta[_JSON] = wanted

    return click.Option(
        ["--json"],
        is_flag=True,
        expose_value=False,
        callback=remember,
        help="Print one JSON document and nothing else on standard output.",
    )


def as_json() -> bool:
    """Whether this command prints JSON."""
    return bool(click.get_current_context().meta.get(_JSON))


def print_result(document: Any, plain: str) -> None:
    """Print a result: the document with ``--json``, else the plain text."""
    click.echo(encode(document) if as_json() else printable(plain))


def printable(text: str) -> str:
    """Return text without control characters, which external names may contain."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)


def encode(document: Any) -> str:
    """Return a document as one line of JSON."""
    return msgspec.json.encode(document, enc_hook=_text).decode()


def _text(value: Any) -> str:
    if isinstance(value, LazyString):
        return str(value)
    raise NotImplementedError(f"JSON has nothing for {type(value).__name__}")


def print_rows(rows: Iterable[Row], columns: Sequence[str], nothing: str) -> None:
    """Print rows as they are read: a JSON array of objects, or a table of ``columns``.

    ``nothing``: the plain text without rows.
    """
    lines = iter(_array(rows) if as_json() else table(rows, columns))
    first = next(lines, nothing)
    # Printing line by line would be a system call each.
    lines = chain([first], lines)
    while chunk := list(islice(lines, _LINES_AT_ONCE)):
        click.echo("\n".join(chunk))


def _array(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of a JSON array, one per row."""
    before = None
    for row in rows:
        yield "[" if before is None else f"{before},"
        before = encode(row)
    yield from ("[]",) if before is None else (before, "]")


def table(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a table with its head; none without rows."""
    remaining = iter(rows)
    first = [[_cell(row, name) for name in columns] for row in islice(remaining, _MEASURED_ROWS)]
    if not first:
        return
    head = [name.replace("_", " ") for name in columns]
    widths = [max(len(line[n]) for line in [head, *first]) for n in range(len(columns))]
    numbers = [all(_is_number(line[n]) for line in first) for n in range(len(columns))]
    rest = ([_cell(row, name) for name in columns] for row in remaining)
    for line in chain([head], first, rest):
        cells = (
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, numbers, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _cell(row: Row, name: str) -> str:
    value = row[name]
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%MZ}"
    if name in _AMOUNTS:
        return f"{value:,}"
    return printable(str(value)).replace("\n", " ")


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.removeprefix("-").replace(",", "").replace(".", "", 1).isdecimal()


@contextmanager
def progress(label: str) -> Iterator[ProgressCallback]:
    """Show a progress bar on standard error if it is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total, _what: None
        return
    bar = click.progressbar(
        length=1,
        label=label,
        file=sys.stderr,
        show_eta=False,
        show_pos=True,
        item_show_func=lambda what: what,
    )
    with bar:

        def show(done: int, total: int, what: str) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos, what)

        yield show
