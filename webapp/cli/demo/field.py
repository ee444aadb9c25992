"""The demo's field: the sandbox in its own process, its customers, printers and their troubles."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from webapp.cli.demo.cast import Customer
from webapp.cli.demo.story import Event
from webapp.errors import Conflict
from webapp.printerpoint.sandbox import Remote
from webapp.printerpoint.sandbox.remote import RemoteError


class Field:
    """What happens at the customers', by orders to the sandbox."""

    def __init__(self, url: str) -> None:
        self._sandbox = Remote(url)
        self._customers: dict[str, str] = {}
        self._printers: dict[str, str] = {}

    def set_time(self, moment: datetime) -> None:
        """Advance the sandbox's calendar; its printers print on the way."""
        self._order("set_time", moment=moment)

    @contextmanager
    def follows_story(self) -> Iterator[None]:
        """Live by the story's calendar, and by the real clock again afterwards."""
        try:
            yield
        finally:
            self._order("follow_clock")

    def add_dealer(self, token: str, customers: tuple[Customer, ...]) -> None:
        """A dealer with a token and a fleet."""
        self._order("add_dealer", token=token)
        for customer in customers:
            key = self._order(
                "add_customer", name=customer.name, customer_id=customer.customer_id, token=token
            )
            self._customers[customer.name] = key
            for printer in customer.printers:
                made = self._order(
                    "add_printer",
                    customer=key,
                    serial=printer.serial,
                    asset=printer.asset,
                    count=printer.count,
                    family=printer.family,
                    pages_per_weekday=printer.pages_per_weekday,
                )
                if printer.serial is not None:
                    self._printers[printer.serial] = made

    def happens(self, event: Event) -> None:
        """Let an event of the story happen."""
        words: dict[str, Any] = {}
        if event.customer is not None:
            words["customer"] = self._customers[event.customer]
        if event.printer is not None:
            words["printer"] = self._printers[event.printer]
        if event.new_serial is not None:
            words["new_serial"] = event.new_serial
        if event.count is not None:
            words["count"] = event.count
        self._order(event.verb, **words)

    def recover(self) -> None:
        """Printerpoint answers again."""
        self._order("recover")

    def _order(self, verb: str, **words: Any) -> Any:
        try:
            return self._sandbox.run(verb, **words)
        except RemoteError as error:
            raise Conflict(
                f"The Printerpoint sandbox: {error}. 'make demo' starts one, and so does "
                "'python -m webapp.printerpoint.sandbox'."
            ) from error
