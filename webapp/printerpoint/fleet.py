"""The fleet: all printers of all customers, read once, stored on disk until they are collected.

Rows are stored by customer in a temporary file, so memory does not grow with the fleet.
"""

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Protocol, Self

import msgspec

from webapp.domain.metering.identity import serial_key
from webapp.printerpoint.schema import BadRow, Printer

_IN_MEMORY = 8 * 1024 * 1024
_BAD_ROWS_KEPT = 1_000
_ROWS_BUFFERED = 2_000

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[list[Printer], list[BadRow]]).decode

#: ID and name of the customer in a row.
_Label = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class Customer:
    """A company of the fleet, derived from the rows of its printers."""

    name: str
    customer_id: str | None
    printers: int

    @property
    def key(self) -> tuple[str | None, str]:
        """ID and name, which distinguish it from the other customers of its fleet."""
        return self.customer_id, self.name


@dataclass(frozen=True, slots=True)
class FeedRows:
    """The rows of the customer of a feed, and rows of the same machines elsewhere.

    ``customer``: with its present name; None if the fleet has no such customer.
    """

    customer: Customer | None
    printers: list[Printer]
    bad_rows: list[BadRow]
    elsewhere: list[tuple[Customer, Printer]]

    def rows_for(self, customer_id: str | None, name: str, serials: Iterable[str]) -> "FeedRows":
        """Return itself: the rows of one feed, stored for its retry."""
        return self


class RowSource(Protocol):
    """The source of a feed's rows: the fleet, or the stored rows of one feed."""

    def rows_for(self, customer_id: str | None, name: str, serials: Iterable[str]) -> FeedRows:
        """Return the rows of the customer of this ID and name, and of these serials elsewhere."""


class Fleet:
    """All rows of one run. Close it, or use it as a context manager.

    A row belongs to the customer of its ID. One without an ID belongs to the only ID with its name,
    or else to the customer of that name. ``bad_rows``: rows without a customer, the first 1,000;
    ``bad_row_count`` counts all.
    """

    def __init__(self) -> None:
        self.printers = 0
        self.rows = 0
        self.bad_rows: list[BadRow] = []
        self.bad_row_count = 0
        self._file = _temporary_file()
        self._places: dict[_Label, list[tuple[int, int]]] = defaultdict(list)
        self._printers: dict[_Label, int] = defaultdict(int)
        self._labels: dict[str, list[_Label]] = defaultdict(list)
        self._latest_names: dict[str, str] = {}
        self._ids: dict[str, set[str]] = defaultdict(set)
        self._labels_of_serial: dict[str, tuple[_Label, ...]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the temporary file."""
        self._file.close()

    def add(self, rows: Iterable[Printer | BadRow]) -> None:
        """Add the rows of a page."""
        buffer: dict[_Label, tuple[list[Printer], list[BadRow]]] = {}
        names = self._latest_names
        for row in rows:
            self.rows += 1
            customer_id = row.customer_id
            name = row.customer_name or customer_id
            if name is None:
                self._add_nameless(row)
                continue
            # The ID is used as name until a row has one.
            if customer_id is not None and (name != customer_id or name not in names):
                names[customer_id] = name
            label = (customer_id, name)
            rows_of_label = buffer.get(label)
            if rows_of_label is None:
                rows_of_label = buffer[label] = ([], [])
            if isinstance(row, Printer):
                rows_of_label[0].append(row)
                if key := serial_key(row.serial_number):
                    listed = self._labels_of_serial.get(key, ())
                    if label not in listed:
                        self._labels_of_serial[key] = (*listed, label)
            else:
                rows_of_label[1].append(row)
            if self.rows % _ROWS_BUFFERED == 0:
                self._spill(buffer)
        self._spill(buffer)

    def customers(self) -> list[Customer]:
        """Return the customers, by ID if they have one, else by exact name; sorted by name."""
        found = [self._customer(customer_id) for customer_id in self._labels]
        for customer_id, name in self._places:
            if customer_id is None and len(self._ids.get(name, ())) != 1:
                found.append(Customer(name, None, self._printers[None, name]))
        return sorted(found, key=lambda customer: (customer.name.casefold(), str(customer)))

    def find(self, customer_id: str | None, name: str) -> Customer | None:
        """Return the customer of a feed's ID and name, with its present name; None without any."""
        if customer_id is None and len(self._ids.get(name, ())) == 1:
            (customer_id,) = self._ids[name]
        labels = self._labels_of(customer_id, name)
        if not labels:
            return None
        printers = sum(self._printers[label] for label in labels)
        if customer_id is None or customer_id not in self._labels:
            return Customer(name, None, printers)
        return Customer(self._latest_names[customer_id], customer_id, printers)

    def printers_of(self, customer_id: str | None, name: str) -> tuple[list[Printer], list[BadRow]]:
        """Return the rows of the customer of a feed's ID and name; empty without one."""
        printers: list[Printer] = []
        bad_rows: list[BadRow] = []
        for label in self._labels_of(customer_id, name):
            good, bad = self._read(label)
            printers += good
            bad_rows += bad
        return printers, bad_rows

    def rows_for(self, customer_id: str | None, name: str, serials: Iterable[str]) -> FeedRows:
        """Return the rows of a customer; elsewhere, those of its serial numbers and ``serials``."""
        printers, bad_rows = self.printers_of(customer_id, name)
        own = {key for printer in printers if (key := serial_key(printer.serial_number))}
        elsewhere = self._elsewhere({*serials, *own}, customer_id, name)
        return FeedRows(self.find(customer_id, name), printers, bad_rows, elsewhere)

    def _elsewhere(
        self, serials: Iterable[str], customer_id: str | None, name: str
    ) -> list[tuple[Customer, Printer]]:
        """Return the rows of these normalized serial numbers at other customers."""
        own = set(self._labels_of(customer_id, name))
        wanted = {key: {*self._labels_of_serial.get(key, ())} - own for key in serials}
        found: list[tuple[Customer, Printer]] = []
        for label in sorted({label for labels in wanted.values() for label in labels}, key=str):
            customer = self.find(*label)
            if customer is not None:
                found += [
                    (customer, printer)
                    for printer in self._read(label)[0]
                    if serial_key(printer.serial_number) in wanted
                ]
        return found

    def _read(self, label: _Label) -> tuple[list[Printer], list[BadRow]]:
        printers: list[Printer] = []
        bad_rows: list[BadRow] = []
        for offset, length in self._places[label]:
            self._file.seek(offset)
            good, bad = _decode(self._file.read(length))
            printers += good
            bad_rows += bad
        return printers, bad_rows

    def serial_numbers(self) -> Iterator[str | None]:
        """Yield the serial number of every row of a customer, as reported."""
        for places in self._places.values():
            for offset, length in places:
                self._file.seek(offset)
                good, bad = _decode(self._file.read(length))
                yield from (row.serial_number for row in good)
                yield from (row.serial_number for row in bad)

    def _add_nameless(self, row: Printer | BadRow) -> None:
        self.bad_row_count += 1
        if isinstance(row, BadRow) and len(self.bad_rows) < _BAD_ROWS_KEPT:
            self.bad_rows.append(row)

    def _spill(self, buffer: dict[_Label, tuple[list[Printer], list[BadRow]]]) -> None:
        """Write rows to the file, and remove them from memory."""
        self._file.seek(0, os.SEEK_END)
        for label, rows_of_label in buffer.items():
            customer_id, name = label
            if customer_id is not None and label not in self._places:
                self._labels[customer_id].append(label)
                self._ids[name].add(customer_id)
            content = _encode(rows_of_label)
            self._places[label].append((self._file.tell(), len(content)))
            self._file.write(content)
            self._printers[label] += len(rows_of_label[0])
            self.printers += len(rows_of_label[0])
        buffer.clear()

    def _customer(self, customer_id: str) -> Customer:
        name = self._latest_names[customer_id]
        printers = sum(self._printers[label] for label in self._labels_of(customer_id, name))
        return Customer(name, customer_id, printers)

    def _labels_of(self, customer_id: str | None, name: str) -> list[_Label]:
        """Return the labels of the rows that belong to a feed of this ID and name."""
        carriers = self._ids.get(name, set())
        if customer_id is None:
            if len(carriers) == 1:
                return self._labels_by_id(next(iter(carriers)))
            return [(None, name)] if (None, name) in self._places else []
        labels = self._labels_by_id(customer_id)
        # Rows of its name without an ID are its own, unless they may be another customer's.
        if (None, name) in self._places and not carriers - {customer_id}:
            labels += [(None, name)] if (None, name) not in labels else []
        return labels

    def _labels_by_id(self, customer_id: str) -> list[_Label]:
        labels = list(self._labels.get(customer_id, ()))
        for _, name in tuple(labels):
            if self._ids[name] == {customer_id} and (None, name) in self._places:
                labels.append((None, name))
        return labels


def _temporary_file() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)
