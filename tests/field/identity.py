"""Noise of identity: serial numbers that come and go, are shared, or are listed several times."""

from dataclasses import replace
from datetime import timedelta

from tests.field.cases import Case
from tests.field.machines import Machine, Row

PLACEHOLDERS = ("N/A", "XXXXXXXXXX", "0000000000", "To be filled by O.E.M.", "unknown", "none")


def blank_serial(case: Case, night: int) -> list[Row]:
    """The serial number is not read on some nights."""
    row = case.row(night)
    return [replace(row, serial="") if case.rng.random() < 0.3 else row]


def serial_known_late(case: Case, night: int) -> list[Row]:
    """The serial number is blank at first and read from a night on."""
    row = case.row(night)
    return [replace(row, serial=None) if night < case.start else row]


def serial_spelling(case: Case, night: int) -> list[Row]:
    """Letter case, blanks and no-break spaces of the serial number change from night to night."""
    row = case.row(night)
    serial = row.serial or ""
    spellings = (
        serial,
        serial.lower(),
        f"  {serial} ",
        f"\u00a0{serial}\u00a0",
        f"{serial[:4]} {serial[4:]}",
        f"{serial[:4]}\u00a0{serial[4:]}",
    )
    return [replace(row, serial=case.rng.choice(spellings))]


def placeholder(case: Case, night: int) -> list[Row]:
    """Several machines under one serial number that is none, with asset IDs of their own."""
    _companions(case, 2)
    serial = PLACEHOLDERS[case.ordinal % len(PLACEHOLDERS)]
    return [replace(machine.row(case.day(night)), serial=serial) for machine in case.machines]


def shared_serial(case: Case, night: int) -> list[Row]:
    """Two machines under one serial number, a typing error, with asset IDs of their own."""
    _companions(case, 1)
    rows = [machine.row(case.day(night)) for machine in case.machines]
    return [replace(row, serial=case.machine.serial) for row in rows]


def _companions(case: Case, number: int) -> None:
    """Further machines of the case; they print on the days to come."""
    while len(case.others) < number:
        name = f"{case.machine.name}{'cdefgh'[len(case.others)]}"
        case.others.append(Machine.make(name, case.machine.customer, case.rng))


def two_assets(case: Case, night: int) -> list[Row]:
    """One machine listed under two asset IDs."""
    row = case.row(night)
    return [row, replace(row, asset=f"{row.asset}-2")]


def two_assets_later(case: Case, night: int) -> list[Row]:
    """One machine listed under a second asset ID from a night on."""
    row = case.row(night)
    return [row] if night < case.start else [row, replace(row, asset=f"{row.asset}-2")]


def with_and_without_asset(case: Case, night: int) -> list[Row]:
    """One machine listed with its asset ID and without, by turns or at once."""
    row = case.row(night)
    bare = replace(row, asset=None)
    return case.rng.choice(([row], [bare], [row, bare], [bare, row]))


def asset_changed(case: Case, night: int) -> list[Row]:
    """The asset ID is another from a night on."""
    row = case.row(night)
    return [replace(row, asset=f"NEW-{row.asset}") if night >= case.start else row]


def at_two_customers(case: Case, night: int) -> list[Row]:
    """One machine listed at two customers, read some minutes and some pages apart."""
    row = case.row(night)
    if night < case.start:
        return [row]
    other = case.number("other", 0, 10**6)
    customer = (row.customer + 1 + other % (case.places.connected - 1)) % case.places.connected
    earlier = min(case.machine.today, case.rng.randint(0, 12))
    first = case.machine.counters.members[0]
    value = case.machine.values[first] - round(earlier * case.machine.counters.unit)
    counters = case.machine.values | {first: max(0, value)}
    seen = row.seen and row.seen - timedelta(minutes=case.rng.randint(3, 25))
    copy = replace(row, customer=customer, counters=dict(counters), truth=dict(counters), seen=seen)
    return [row, copy]
