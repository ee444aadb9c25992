"""The interface of what a run tests: it receives the rows of nights and returns what it counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Company:
    """A customer with a feed. ``key`` is its name for the run, whatever it is called later."""

    key: str
    name: str
    customer_id: str | None


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Pages that wait: of a device, printed after ``since`` until ``day``.

    ``for_person``: whether no later reading can decide; None where that is not known.
    """

    customer: str
    serial: str
    asset: str
    since: date
    day: date
    pages: int
    for_person: bool | None = None


class Subject(Protocol):
    """A metering under test. Customers are named by the keys of their companies."""

    def connect(self, companies: Sequence[Company], first_day: date) -> None:
        """Connect a feed for each company, before the night that closes the first day."""

    def night(self, day: date, rows: Sequence[Mapping[str, Any]], fetched: bool = True) -> None:
        """Collect the night that closes a day; once more, if it was collected before."""

    def relink(self, customer: str, name: str) -> None:
        """A user connects a customer's feed with the company that is called so now."""

    def deposits(self) -> Mapping[tuple[str, date], int]:
        """Pages by customer and day."""

    def per_device(self) -> Mapping[tuple[str, str, str], int]:
        """Deposited pages by customer, serial number and asset ID."""

    def held(self) -> Sequence[OpenCase]:
        """What waits now."""
