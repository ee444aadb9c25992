"""Customers and printers of the sandbox, and their rows in the API."""

import zlib
from datetime import datetime, timedelta
from typing import Any

import msgspec

from webapp.printerpoint.sandbox.usage import CounterSet, counters_of


class Company(msgspec.Struct):
    """A customer of the dealer with this token; ``offline``: its agent is stopped."""

    key: str
    name: str
    customer_id: str | None
    token: str
    offline: bool = False


class Machine(msgspec.Struct):
    """A printer. ``count``: its lifetime pages beyond ``counters``, which are sent unchanged.

    ``frozen_count``, ``frozen_at``: count and time of the last report while the agent is offline.
    ``overrides``: fields of its row that replace its own.
    """

    key: str
    company: str
    serial: str | None
    asset: str | None
    counter_set: CounterSet
    count: int
    counters: dict[str, Any]
    pages_per_weekday: int
    networked: bool
    printed_until: datetime
    frozen_count: int | None = None
    frozen_at: datetime | None = None
    overrides: dict[str, Any] = {}


def last_report_at(machine: Machine, now: datetime) -> datetime:
    """Return when the agent last reported a printer: within five minutes, at its own second."""
    mark = zlib.crc32(machine.key.encode())
    return now - timedelta(seconds=5 + mark % 290, microseconds=mark % 1_000_000)


def row_of(machine: Machine, company: Company, now: datetime) -> dict[str, Any]:
    """The row of a printer as Printerpoint sends it."""
    last_seen = machine.frozen_at or last_report_at(machine, now)
    count = machine.count if machine.frozen_count is None else machine.frozen_count
    counters = dict(machine.counters)
    if count or not counters:
        for name, value in counters_of(machine.counter_set, count).items():
            base = counters.get(name, 0)
            counters[name] = base + value if isinstance(base, int) else base
    number = int(machine.key.rpartition("-")[2])
    large = machine.counter_set not in ("colour", "size")
    return {
        "customerCompanyName": company.name,
        "customerCompanyId": company.customer_id,
        "serialNumber": machine.serial,
        "nickname": f"Room {100 + number % 300}",
        "assetId": machine.asset,
        "make": "HP",
        "model": "DesignJet T1700" if large else "LaserJet M609",
        "ipAddress": f"10.1.{number // 250 % 250}.{number % 250 + 1}",
        "firmwareVersion": "2411",
        "locationName": None,
        "lastSeen": f"{last_seen:%Y-%m-%dT%H:%M:%S.%f}7Z" if machine.networked else None,
        "counters": {**counters, "colorantVolumeInMicroliters": count * 3},
    } | machine.overrides
