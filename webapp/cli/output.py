"""What commands print: one JSON document, or plain text; errors the same way.

JSON has stable snake_case keys, integers as integers, decimals as strings, dates in ISO form and
moments in UTC. Nothing but the document goes to standard output.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any

import click
import msgspec

_JSON = "releaf.json"
#: Column widths of a table are measured on so many rows; the rest streams.
_MEASURED_ROWS = 1_000

Row = Mapping[str, Any]
#: Shows how far the work is: done, of how many, at what.
Progress = Callable[[int, int, str], None]


def json_option() -> click.Option:
    """``--json``, which every command has."""

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
    """Whether this command is to print JSON."""
    return bool(click.get_current_context().meta.get(_JSON))


def tell(document: Any, plain: str) -> None:
    """Print what a command made or found: the document with ``--json``, else the plain text."""
    click.echo(encode(document) if as_json() else plain)


def encode(document: Any) -> str:
    """A document as one line of JSON."""
    return msgspec.json.encode(document).decode()


def tell_rows(rows: Iterable[Row], columns: Sequence[str], nothing: str) -> int:
    """Print rows as they come: a JSON array of objects, or a table of ``columns``.

    ``nothing``: what the plain text says when there is no row. Returns how many there were.
    """
    told = 0
    if as_json():
        click.echo("[", nl=False)
        for row in rows:
            click.echo(f"{',' if told else ''}\n{encode(row)}", nl=False)
            told += 1
        click.echo("\n]" if told else "]")
        return told
    for line in table(rows, columns):
        click.echo(line)
        told += 1
    if not told:
        click.echo(nothing)
    return max(0, told - 1)


def table(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    """The lines of a table, its head first; none at all when there are no rows."""
    remaining = iter(rows)
    first = [[_plain(row[name]) for name in columns] for row in islice(remaining, _MEASURED_ROWS)]
    if not first:
        return
    head = [name.replace("_", " ") for name in columns]
    widths = [max(len(line[n]) for line in [head, *first]) for n in range(len(columns))]
    numbers = [all(_is_number(line[n]) for line in first) for n in range(len(columns))]
    rest = ([_plain(row[name]) for name in columns] for row in remaining)
    for line in chain([head], first, rest):
        cells = (
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, numbers, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _plain(value: Any) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    return str(value)


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(",", "").replace(".", "", 1).isdecimal()


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """A progress bar on standard error where that is a terminal, and nothing elsewhere."""
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


def tell_error(field: str | None, message: str, plain: str, *, json: bool) -> None:
    """Say what went wrong: in plain words on standard error, and with ``--json`` as a document."""
    click.echo(plain, err=True)
    if json:
        click.echo(encode({"error": {"field": field, "message": message}}))
