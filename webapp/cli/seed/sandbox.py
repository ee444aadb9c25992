"""The customers and printers of the demo, in a sandbox that runs as another process."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from webapp.cli.seed.plan import Event
from webapp.cli.seed.seed_data import Customer
from webapp.errors import Conflict
from webapp.printerpoint.sandbox import Remote
from webapp.printerpoint.sandbox.remote import RemoteError


class SandboxFleet:
    """The fleet of the demo, changed by commands to the sandbox."""

    def __init__(self, url: str) -> None:
        self._sandbox = Remote(url)
        self._customers: dict[str, str] = {}
        self._printers: dict[str, str] = {}

    def set_time(self, moment: datetime) -> None:
        """Set the time of the sandbox; its printers print up to it."""
        self._call("set_time", moment=moment)

    @contextmanager
    def simulated_time(self) -> Iterator[None]:
        """Return to the real clock after the simulated nights."""
        try:
            yield
        finally:
            self._call("follow_clock")

    def add_dealer(self, token: str, customers: tuple[Customer, ...]) -> None:
        """Add a dealer with a token and a fleet."""
        self._call("add_dealer", token=token)
        for customer in customers:
            key = self._call(
                "add_customer", name=customer.name, customer_id=customer.customer_id, token=token
            )
            self._customers[customer.name] = key
            for printer in customer.printers:
                made = self._call(
                    "add_printer",
                    customer=key,
                    serial=printer.serial,
                    asset=printer.asset,
                    count=printer.count,
                    counter_set=printer.counter_set,
                    pages_per_weekday=printer.pages_per_weekday,
                )
                if printer.serial is not None:
                    self._printers[printer.serial] = made

    def apply(self, event: Event) -> None:
        """Apply an event of the plan."""
        arguments: dict[str, Any] = {}
        if event.customer is not None:
            arguments["customer"] = self._customers[event.customer]
        if event.printer is not None:
            arguments["printer"] = self._printers[event.printer]
        if event.new_serial is not None:
            arguments["new_serial"] = event.new_serial
        if event.count is not None:
            arguments["count"] = event.count
        self._call(event.command, **arguments)

    def recover(self) -> None:
        """End the fault of the sandbox."""
        self._call("recover")

    def _call(self, command: str, **arguments: Any) -> Any:
        try:
            return self._sandbox.run(command, **arguments)
        except RemoteError as error:
            raise Conflict(
                f"The Printerpoint sandbox: {error}. 'make demo' starts one, and so does "
                "'python -m webapp.printerpoint.sandbox'."
            ) from error
