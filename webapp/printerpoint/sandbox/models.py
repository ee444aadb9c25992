"""Customers and printers of the sandbox, and their rows in the API."""

import zlib
from datetime import datetime, timedelta
from typing import Any

import msgspec

from webapp.printerpoint.sandbox.usage import CounterSet, counters_of


class Company(msgspec.Struct):
    """A customer of the dealer with this token; ``frozen``: its agent is offline."""

    key: str
    name: str
    customer_id: str | None
    token: str
    frozen: bool = False


class Machine(msgspec.Struct):
    """A printer. ``count``: pages in its life beyond ``counters``, which are sent as they are.

    ``shown``: the count Printerpoint still shows while the agent is offline, heard at ``heard``.
    ``fields``: what its row says instead of the truth.
    """

    key: str
    company: str
    serial: str | None
    asset: str | None
    family: CounterSet
    count: int
    counters: dict[str, Any]
    pages_per_weekday: int
    networked: bool
    printed_until: datetime
    shown: int | None = None
    heard: datetime | None = None
    fields: dict[str, Any] = {}


def heard_at(machine: Machine, now: datetime) -> datetime:
    """An agent reports about every five minutes, each printer at its own moment."""
    mark = zlib.crc32(machine.key.encode())
    return now - timedelta(seconds=5 + mark % 290, microseconds=mark % 1_000_000)


def row_of(machine: Machine, company: Company, now: datetime) -> dict[str, Any]:
    """The row of a printer as Printerpoint sends it."""
    heard = machine.heard or heard_at(machine, now)
    count = machine.count if machine.shown is None else machine.shown
    counters = dict(machine.counters)
    if count or not counters:
        for name, value in counters_of(machine.family, count).items():
            base = counters.get(name, 0)
            counters[name] = base + value if isinstance(base, int) else base
    number = int(machine.key.rpartition("-")[2])
    large = machine.family not in ("colour", "size")
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
        "lastSeen": f"{heard:%Y-%m-%dT%H:%M:%S.%f}7Z" if machine.networked else None,
        "counters": {**counters, "colorantVolumeInMicroliters": count * 3},
    } | machine.fields
