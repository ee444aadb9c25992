"""A school in the sandbox, and what the API shows of its printers."""

from datetime import UTC, datetime

from webapp.printerpoint.client import Client
from webapp.printerpoint.sandbox import Sandbox
from webapp.printerpoint.schema import Printer

SUNDAY = datetime(2026, 8, 30, 4, 10, tzinfo=UTC)


def shown(printerpoint: Sandbox, customer: str = "School") -> dict[str | None, Printer]:
    """The printers of a customer in the API's response, by serial number."""
    with Client(printerpoint.url, printerpoint.token).fleet() as fleet:
        found = fleet.find(customer, customer)
        printers, _ = fleet.printers_of(found.customer_id if found else None, customer)
        return {printer.serial_number: printer for printer in printers}


def count(printer: Printer) -> int:
    """Its pages."""
    return sum(printer.counters.values())


def school(printerpoint: Sandbox, pages_per_weekday: int = 100) -> str:
    """A school with one printer that has printed a thousand pages."""
    customer = printerpoint.add_customer("School")
    return printerpoint.add_printer(
        customer, serial="S1", asset="A1", count=1_000, pages_per_weekday=pages_per_weekday
    )
