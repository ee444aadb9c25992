"""The fleet: every printer of every customer, read once, kept on disk until it is looked up.

Rows wait in a temporary file by customer, so memory stays flat however large the fleet is.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Self

import msgspec

from webapp.printerpoint.answers import BadRow, Printer

_IN_MEMORY = 8 * 1024 * 1024
_MAX_BAD_ROWS = 1_000

_encode = msgspec.msgpack.Encoder().encode
_decode_rows = msgspec.msgpack.Decoder(tuple[list[Printer], list[BadRow]]).decode

_Key = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class Customer:
    """A company in the fleet, derived from its printers' rows."""

    name: str
    customer_id: str | None
    printers: int


class Fleet:
    """All rows of one reading. Close it, or use it as a context manager.

    ``bad_rows`` are those that name no customer (the first 1,000; ``bad_row_count`` knows all).
    """

    def __init__(self) -> None:
        self.printers = 0
        self.bad_rows: list[BadRow] = []
        self.bad_row_count = 0
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._places: dict[_Key, list[tuple[int, int]]] = defaultdict(list)
        self._rows: dict[_Key, int] = defaultdict(int)
        self._ids_of_name: dict[str, set[str]] = defaultdict(set)
        self._keys_of_id: dict[str, list[_Key]] = defaultdict(list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the temporary file."""
        self._file.close()

    def add(self, rows: Iterable[Printer | BadRow]) -> None:
        """Add the rows of a page."""
        by_key: dict[_Key, tuple[list[Printer], list[BadRow]]] = defaultdict(lambda: ([], []))
        for row in rows:
            if isinstance(row, Printer):
                self.printers += 1
                by_key[row.customer_id, row.customer_name][0].append(row)
            elif row.customer_name is None and row.customer_id is None:
                self.bad_row_count += 1
                if len(self.bad_rows) < _MAX_BAD_ROWS:
                    self.bad_rows.append(row)
            else:
                name = row.customer_name or row.customer_id or ""
                by_key[row.customer_id, name][1].append(row)
        for key, (printers, bad_rows) in by_key.items():
            self._note(key, len(printers))
            content = _encode((printers, bad_rows))
            self._places[key].append((self._file.tell(), len(content)))
            self._file.write(content)

    def _note(self, key: _Key, printers: int) -> None:
        customer_id, name = key
        if customer_id is not None:
            self._ids_of_name[name].add(customer_id)
            keys = self._keys_of_id[customer_id]
            # The name told last comes last: a rename while the fleet is read ends with the new.
            if key in keys:
                keys.remove(key)
            keys.append(key)
        self._rows[key] += printers

    def customers(self) -> list[Customer]:
        """The customers, by id where they have one, else by exact name; sorted by name."""
        found = [self._customer(customer_id) for customer_id in self._keys_of_id]
        for customer_id, name in self._rows:
            if customer_id is None and len(self._ids_of_name.get(name, ())) != 1:
                found.append(Customer(name, None, self._rows[None, name]))
        return sorted(found, key=lambda c: (c.name.casefold(), c.customer_id or ""))

    def _customer(self, customer_id: str) -> Customer:
        name = self._keys_of_id[customer_id][-1][1]
        keys = self._keys_by_id(customer_id, name)
        return Customer(name, customer_id, sum(self._rows[key] for key in keys))

    def _keys_by_id(self, customer_id: str, name: str) -> list[_Key]:
        keys = list(self._keys_of_id.get(customer_id, ()))
        names = {key[1] for key in keys} or {name}
        # Rows without an id belong to the only id that carries their name.
        for blank in sorted(names):
            if (None, blank) in self._rows and self._ids_of_name.get(blank, set()) <= {
                customer_id
            }:
                keys.append((None, blank))
        return keys

    def _keys(self, customer_id: str | None, name: str) -> list[_Key]:
        if customer_id is not None:
            return self._keys_by_id(customer_id, name)
        ids = self._ids_of_name.get(name, set())
        if len(ids) == 1:
            return self._keys_by_id(next(iter(ids)), name)
        return [(None, name)] if (None, name) in self._rows else []

    def find(self, customer_id: str | None, name: str) -> Customer | None:
        """The customer that a feed with this id and name matches; None when it is absent."""
        keys = self._keys(customer_id, name)
        if not keys:
            return None
        with_id = [key for key in keys if key[0] is not None]
        found_id, found_name = with_id[-1] if with_id else keys[-1]
        return Customer(
            found_name, found_id or customer_id, sum(self._rows[key] for key in keys)
        )

    def printers_of(
        self, customer_id: str | None, name: str
    ) -> tuple[list[Printer], list[BadRow]]:
        """The rows of a customer: by id when present, else by exact name."""
        printers: list[Printer] = []
        bad_rows: list[BadRow] = []
        for key in self._keys(customer_id, name):
            for offset, length in self._places[key]:
                self._file.seek(offset)
                good, bad = _decode_rows(self._file.read(length))
                printers += good
                bad_rows += bad
        return printers, bad_rows
