"""The simulated fleet: dealers, customers, printers, printed pages and the time."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from webapp.printerpoint.sandbox.models import Company, Machine, heard_at, row_of
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
    """The verbs of what happens in the field. Customers and printers are named by what a verb
    returned, or by ID, name, serial number or asset ID.
    """

    def __init__(
        self, tokens: tuple[str, ...], seed: str, time_zone: str, now: Callable[[], datetime]
    ) -> None:
        self.lock = threading.RLock()
        self.data = State(tokens=list(tokens))
        self.seed = seed
        self.zone = ZoneInfo(time_zone)
        self._now = now

    @property
    def token(self) -> str:
        """The first dealer's API token."""
        return self.data.tokens[0]

    @property
    def now(self) -> datetime:
        """The sandbox's time: what ``it_is`` said, else the real clock's."""
        return self.data.moment or self._now()

    def has_dealer(self, token: str) -> str:
        """Another dealer, with a fleet of its own."""
        with self.lock:
            if token not in self.data.tokens:
                self.data.tokens.append(token)
            return token

    def has_customer(
        self, name: str, customer_id: str | None = None, token: str | None = None
    ) -> str:
        """A customer; the same one when it is there already."""
        with self.lock:
            owner = token or self.token
            for company in self.data.companies.values():
                if (company.name, company.customer_id, company.token) == (name, customer_id, owner):
                    return company.key
            company = Company(self._key("customer"), name, customer_id, owner)
            self.data.companies[company.key] = company
            return company.key

    def has_printer(
        self,
        customer: str,
        serial: str | None = None,
        asset: str | None = None,
        *,
        count: int = 0,
        counters: Mapping[str, Any] | None = None,
        family: CounterSet | None = None,
        pages_per_weekday: int = 0,
        networked: bool = True,
    ) -> str:
        """A printer with ``count`` pages in its life, or with counters exactly as given."""
        with self.lock:
            company = self._company(customer)
            now = self.now
            machine = Machine(
                key=self._key("printer"),
                company=company.key,
                serial=serial,
                asset=asset,
                family=family or counter_set_of(counters or ()),
                count=count,
                counters=dict(counters or {}),
                pages_per_weekday=pages_per_weekday,
                networked=networked,
                printed_until=now,
            )
            if company.frozen:
                machine.shown, machine.heard = count, heard_at(machine, now)
            self.data.machines[machine.key] = machine
            return machine.key

    def it_is(self, moment: datetime) -> None:
        """Advance the calendar; printers print on the way. Set back, they go on from there."""
        if moment.tzinfo is None:
            raise ValueError("the moment needs a time zone, such as 2026-10-05T04:10:00Z")
        with self.lock:
            self.data.moment = moment.astimezone(UTC)
            self.print_on()

    def follows_clock(self) -> None:
        """Live by the real clock again."""
        with self.lock:
            self.data.moment = None
            self.print_on()

    def print_on(self) -> None:
        """Print what has been printed until now."""
        with self.lock:
            now = self.now
            for machine in self.data.machines.values():
                if machine.pages_per_weekday and machine.printed_until < now:
                    days = pages_between(
                        self.seed,
                        machine.key,
                        machine.pages_per_weekday,
                        self.zone,
                        machine.printed_until,
                        now,
                    )
                    for day, pages in days.items():
                        self._print(machine, pages, day)
                machine.printed_until = now

    def prints(self, printer: str, pages: int) -> None:
        """Print pages now, beside the rhythm."""
        with self.lock:
            self._print(self._machine(printer), pages, self.now.astimezone(self.zone).date())

    def tells(self, printer: str, count: int) -> None:
        """Its counters say something else from now on; nothing is printed."""
        with self.lock:
            machine = self._machine(printer)
            machine.count, machine.counters = count, {}

    def resets(self, printer: str, count: int = 0) -> None:
        """A new formatter board: it counts from here."""
        self.tells(printer, count)

    def sends(self, printer: str, fields: Mapping[str, Any]) -> None:
        """Its row says these fields instead of the truth; none: the truth again."""
        with self.lock:
            self._machine(printer).fields = dict(fields)

    def replaces(self, printer: str, new_serial: str, count: int = 0) -> str:
        """Another printer stands in its place, under the same asset ID, and prints as it did."""
        with self.lock:
            old = self._machine(printer)
            del self.data.machines[old.key]
            return self.has_printer(
                old.company,
                new_serial,
                old.asset,
                count=count,
                family=old.family,
                pages_per_weekday=old.pages_per_weekday,
                networked=old.networked,
            )

    def removes(self, printer: str) -> None:
        """The printer is gone."""
        with self.lock:
            del self.data.machines[self._machine(printer).key]

    def moves(self, printer: str, customer: str) -> None:
        """The printer goes to another customer."""
        with self.lock:
            self._machine(printer).company = self._company(customer).key

    def edits_asset(self, printer: str, asset: str | None) -> None:
        """The dealer types another asset ID."""
        with self.lock:
            self._machine(printer).asset = asset

    def renames(self, customer: str, name: str) -> None:
        """The dealer types another name."""
        with self.lock:
            self._company(customer).name = name

    def edits_id(self, customer: str, customer_id: str | None) -> None:
        """The dealer types another customer ID."""
        with self.lock:
            self._company(customer).customer_id = customer_id

    def agent_freezes(self, customer: str) -> None:
        """The customer's agent goes offline: its rows stay as they are, its printers print on."""
        with self.lock:
            company = self._company(customer)
            self.print_on()
            for machine in self._machines_of(company):
                machine.shown, machine.heard = machine.count, heard_at(machine, self.now)
            company.frozen = True

    def agent_returns(self, customer: str) -> None:
        """The agent reports again, all at once."""
        with self.lock:
            company = self._company(customer)
            for machine in self._machines_of(company):
                machine.shown = machine.heard = None
            company.frozen = False

    def pages_printed(self, customer: str) -> dict[date, int]:
        """The oracle: pages a customer really printed, by day of the sandbox's time zone."""
        with self.lock:
            self.print_on()
            return dict(sorted(self.data.printed.get(self._company(customer).key, {}).items()))

    def rows_of(self, token: str, start: int, stop: int) -> tuple[list[dict[str, Any]], bool]:
        """Rows of a dealer's fleet as Printerpoint would send them, and whether there are more."""
        with self.lock:
            self.print_on()
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
