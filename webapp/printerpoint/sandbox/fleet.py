"""The simulated fleet: dealers, customers, printers, printed pages and the time."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from webapp.printerpoint.sandbox.models import Company, Machine, last_report_at, row_of
from webapp.printerpoint.sandbox.usage import CounterSet, counter_set_of, pages_between


class State(msgspec.Struct):
    """The whole state, as saved."""

    tokens: list[str]
    moment: datetime | None = None
    companies: dict[str, Company] = {}
    machines: dict[str, Machine] = {}
    printed: dict[str, dict[date, int]] = {}
    made: int = 0


class SimulatedFleet:
    """Methods that change the fleet. Customers and printers are named by the key that
    ``add_customer`` or ``add_printer`` returned, or by ID, name, serial number or asset ID.
    """

    def __init__(
        self, tokens: tuple[str, ...], time_zone: str, now: Callable[[], datetime]
    ) -> None:
        self.lock = threading.RLock()
        self.data = State(tokens=list(tokens))
        self.zone = ZoneInfo(time_zone)
        self._now = now

    @property
    def token(self) -> str:
        """The first dealer's API token."""
        return self.data.tokens[0]

    @property
    def now(self) -> datetime:
        """The sandbox's time: that of ``set_time``, else the real clock's."""
        return self.data.moment or self._now()

    def add_dealer(self, token: str) -> str:
        """Add another dealer, with its own fleet."""
        with self.lock:
            if token not in self.data.tokens:
                self.data.tokens.append(token)
            return token

    def remove_dealer(self, token: str) -> None:
        """Remove a dealer: its token is refused from now on."""
        with self.lock:
            self.data.tokens.remove(token)

    def load_fleet(self, dealers: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Replace all dealers by these: the customers of each token.

        A customer has ``name``, ``customer_id`` and ``printers``, each with the arguments of
        ``add_printer``.
        """
        with self.lock:
            self.data = State(tokens=list(dealers), moment=self.data.moment)
            for token, customers in dealers.items():
                for customer in customers:
                    key = self.add_customer(customer["name"], customer["customer_id"], token)
                    for printer in customer["printers"]:
                        self.add_printer(key, **printer)

    def add_customer(
        self, name: str, customer_id: str | None = None, token: str | None = None
    ) -> str:
        """Add a customer, unless it exists; return its key."""
        with self.lock:
            owner = token or self.token
            for company in self.data.companies.values():
                if (company.name, company.customer_id, company.token) == (name, customer_id, owner):
                    return company.key
            company = Company(self._key("customer"), name, customer_id, owner)
            self.data.companies[company.key] = company
            return company.key

    def add_printer(
        self,
        customer: str,
        serial: str | None = None,
        asset: str | None = None,
        *,
        count: int = 0,
        counters: Mapping[str, Any] | None = None,
        counter_set: CounterSet | None = None,
        pages_per_weekday: int = 0,
        networked: bool = True,
    ) -> str:
        """Add a printer with a lifetime count, or with exactly these counters; return its key."""
        with self.lock:
            company = self._company(customer)
            now = self.now
            machine = Machine(
                key=self._key("printer"),
                company=company.key,
                serial=serial,
                asset=asset,
                counter_set=counter_set or counter_set_of(counters or ()),
                count=count,
                counters=dict(counters or {}),
                pages_per_weekday=pages_per_weekday,
                networked=networked,
                printed_until=now,
            )
            if company.offline:
                machine.frozen_count, machine.frozen_at = count, last_report_at(machine, now)
            self.data.machines[machine.key] = machine
            return machine.key

    def set_time(self, moment: datetime) -> None:
        """Set the time; printers print up to it. Set back, they continue from there."""
        if moment.tzinfo is None:
            raise ValueError("the moment needs a time zone, such as 2026-10-05T04:10:00Z")
        with self.lock:
            self.data.moment = moment.astimezone(UTC)
            self._advance()

    def follow_clock(self) -> None:
        """Use the real clock again."""
        with self.lock:
            self.data.moment = None
            self._advance()

    def _advance(self) -> None:
        """Let all printers print up to the present time."""
        with self.lock:
            now = self.now
            for machine in self.data.machines.values():
                if machine.pages_per_weekday and machine.printed_until < now:
                    days = pages_between(
                        machine.key,
                        machine.pages_per_weekday,
                        self.zone,
                        machine.printed_until,
                        now,
                    )
                    for day, pages in days.items():
                        self._print(machine, pages, day)
                machine.printed_until = now

    def print_pages(self, printer: str, pages: int) -> None:
        """Print pages now, in addition to the daily ones."""
        with self.lock:
            self._print(self._machine(printer), pages, self.now.astimezone(self.zone).date())

    def set_count(self, printer: str, count: int) -> None:
        """Set the counter of a printer; nothing is printed."""
        with self.lock:
            machine = self._machine(printer)
            machine.count, machine.counters = count, {}

    def reset_count(self, printer: str, count: int = 0) -> None:
        """Simulate a new formatter board: the counter starts here."""
        self.set_count(printer, count)

    def override_fields(self, printer: str, fields: Mapping[str, Any]) -> None:
        """Send these fields in a printer's row instead of its own; none: its own again."""
        with self.lock:
            self._machine(printer).overrides = dict(fields)

    def replace_printer(self, printer: str, new_serial: str, count: int = 0) -> str:
        """Replace a printer by another with the same asset ID and the same daily pages."""
        with self.lock:
            old = self._machine(printer)
            del self.data.machines[old.key]
            return self.add_printer(
                old.company,
                new_serial,
                old.asset,
                count=count,
                counter_set=old.counter_set,
                pages_per_weekday=old.pages_per_weekday,
                networked=old.networked,
            )

    def remove_printer(self, printer: str) -> None:
        """Remove a printer."""
        with self.lock:
            del self.data.machines[self._machine(printer).key]

    def move_printer(self, printer: str, customer: str) -> None:
        """Move a printer to another customer."""
        with self.lock:
            self._machine(printer).company = self._company(customer).key

    def set_asset(self, printer: str, asset: str | None) -> None:
        """Change the asset ID of a printer."""
        with self.lock:
            self._machine(printer).asset = asset

    def rename_customer(self, customer: str, name: str) -> None:
        """Change the name of a customer."""
        with self.lock:
            self._company(customer).name = name

    def set_customer_id(self, customer: str, customer_id: str | None) -> None:
        """Change the ID of a customer."""
        with self.lock:
            self._company(customer).customer_id = customer_id

    def stop_agent(self, customer: str) -> None:
        """Stop the customer's agent: its rows no longer change, but its printers print on."""
        with self.lock:
            company = self._company(customer)
            self._advance()
            for machine in self._machines_of(company):
                machine.frozen_count = machine.count
                machine.frozen_at = last_report_at(machine, self.now)
            company.offline = True

    def start_agent(self, customer: str) -> None:
        """Start the customer's agent: its rows are current again."""
        with self.lock:
            company = self._company(customer)
            for machine in self._machines_of(company):
                machine.frozen_count = machine.frozen_at = None
            company.offline = False

    def pages_printed(self, customer: str) -> dict[date, int]:
        """Return the pages a customer printed, by day of the sandbox's time zone: the oracle."""
        with self.lock:
            self._advance()
            return dict(sorted(self.data.printed.get(self._company(customer).key, {}).items()))

    def rows_of(
        self, token: str | None, start: int, stop: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return rows of a fleet as Printerpoint sends them, and whether there are more."""
        with self.lock:
            self._advance()
            now, companies = self.now, self.data.companies
            fleet = [m for m in self.data.machines.values() if companies[m.company].token == token]
            rows = [
                row_of(machine, companies[machine.company], now) for machine in fleet[start:stop]
            ]
            return rows, stop < len(fleet)

    def _print(self, machine: Machine, pages: int, day: date) -> None:
        machine.count += pages
        days = self.data.printed.setdefault(machine.company, {})
        days[day] = days.get(day, 0) + pages

    def _key(self, noun: str) -> str:
        self.data.made += 1
        return f"{noun}-{self.data.made}"

    def _machines_of(self, company: Company) -> list[Machine]:
        return [m for m in self.data.machines.values() if m.company == company.key]

    def _company(self, word: str) -> Company:
        found = self.data.companies.get(word)
        for company in self.data.companies.values():
            if found is None and word in (company.customer_id, company.name):
                found = company
        if found is None:
            raise LookupError(f"there is no customer {word!r}")
        return found

    def _machine(self, word: str) -> Machine:
        found = self.data.machines.get(word)
        for machine in self.data.machines.values():
            if found is None and word in (machine.serial, machine.asset):
                found = machine
        if found is None:
            raise LookupError(f"there is no printer {word!r}")
        return found
