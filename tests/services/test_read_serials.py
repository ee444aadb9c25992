"""Testing a token by reading its fleet: all of it, or as much as the form waits for."""

from collections.abc import Callable

import pytest

from webapp.domain.reasons import reason
from webapp.printerpoint.client import Client
from webapp.printerpoint.errors import Refused, Unreachable
from webapp.printerpoint.fleet import Fleet
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.servers import servers


class BreakingOff(Client):
    """A client that loses Printerpoint after some printers."""

    def __init__(self, after: int) -> None:
        super().__init__("https://printerpoint.example", "token")
        self.after = after

    def fleet(self, on_page: Callable[[int], None] | None = None) -> Fleet:
        """Read some printers, then time out."""
        if on_page is not None:
            on_page(self.after)
        raise Unreachable(reason("fleet_timeout"), kind="timeout")


def test_the_usable_serial_numbers_of_every_page_are_read() -> None:
    with Sandbox(page_size=2) as printerpoint:
        for name in ("Harbour Architects, LLP", "Rosie's Bakery"):
            customer = printerpoint.add_customer(name)
            for number in range(3):
                printerpoint.add_printer(customer, serial=f"{name[0]}-{number}")
            printerpoint.add_printer(customer, serial="N/A")

        serials = servers.read_serials(Client(printerpoint.url, printerpoint.token))

    assert serials == frozenset({"H-0", "H-1", "H-2", "R-0", "R-1", "R-2"})


def test_a_fleet_too_large_to_read_still_verifies_the_token() -> None:
    assert servers.read_serials(BreakingOff(after=200)) is None


def test_a_failed_read_does_not_verify_the_token() -> None:
    with pytest.raises(Unreachable):
        servers.read_serials(BreakingOff(after=0))
    with Sandbox() as printerpoint, pytest.raises(Refused):
        servers.read_serials(Client(printerpoint.url, "not-its-token"))
