"""Machines: printers that print, the counters they carry, and the row they are listed with."""

import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
COUNTRY = "US"

#: Public holidays of the country in the days that runs cover.
HOLIDAYS = frozenset(
    date.fromisoformat(day)
    for day in ("2026-09-07", "2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25", "2027-01-01")
)

LETTER_AREA = 6_032_246
LETTER_LENGTH = LETTER_AREA * 10_000 / 914_000

_CLICKS = "InClicks"
_AREA = "InHundredthsOfASquareMillimeter"

COLOUR = tuple(name + _CLICKS for name in ("coloredPagesByMonochrome", "coloredPagesByColor"))
SIZE = tuple(
    name + _CLICKS for name in ("coloredPagesBySizeMonochromeTotal", "coloredPagesBySizeColorTotal")
)
AREA_BY_COLOUR = ("paperAreaMonochrome" + _AREA, "paperAreaColor" + _AREA)
CATEGORIES = tuple(
    name + _AREA
    for name in (
        "monochromeLines",
        "colorLines",
        "lowDensityImages",
        "highDensityImages",
        "specialMediaPlots",
    )
)


@dataclass(frozen=True, slots=True)
class CounterSet:
    """The counters of one view of the paper, and how many units of them are one page."""

    members: tuple[str, ...]
    shares: tuple[float, ...]
    unit: float = 1


BY_COLOUR = CounterSet(COLOUR, (0.8, 0.2))
MONOCHROME = CounterSet(COLOUR[:1], (1,))
BY_SIZE = CounterSet(SIZE, (0.85, 0.15))
AREA_TOTAL = CounterSet(("paperAreaTotal" + _AREA,), (1,), LETTER_AREA)
AREA_OF_COLOURS = CounterSet(AREA_BY_COLOUR, (0.4, 0.6), LETTER_AREA)
HP_CATEGORIES = CounterSet(CATEGORIES, (0.4, 0.3, 0.15, 0.1, 0.05), LETTER_AREA)
LENGTH = CounterSet(("paperLengthInMicrometers",), (1,), LETTER_LENGTH)

#: How often each set is met.
SETS = (
    (BY_COLOUR, 0.52),
    (MONOCHROME, 0.20),
    (BY_SIZE, 0.20),
    (AREA_TOTAL, 0.02),
    (AREA_OF_COLOURS, 0.02),
    (HP_CATEGORIES, 0.02),
    (LENGTH, 0.02),
)

_UNITS = {name: one.unit for one, _ in SETS for name in one.members}


def unit_of(member: str) -> float:
    """How many units of a counter are one page."""
    return _UNITS[member]


def is_business_day(day: date) -> bool:
    """Whether offices are open."""
    return day.weekday() < 5 and day not in HOLIDAYS


@dataclass(slots=True)
class Row:
    """A printer as it is listed on a night.

    ``truth``: the values of its real counters, by name; empty for a false row. ``board``
    names the counters' carrier, so that two rows with the same one can be compared.
    """

    customer: int
    serial: str | None
    asset: str | None
    seen: datetime | None
    counters: dict[str, int | None]
    board: str
    truth: dict[str, int]

    def as_json(self, name: str, customer_id: str | None) -> dict[str, Any]:
        """The row as Printerpoint lists it."""
        return {
            "customerCompanyName": name,
            "customerCompanyId": customer_id,
            "serialNumber": self.serial,
            "assetId": self.asset,
            "nickname": None,
            "make": "HP",
            "model": "LaserJet",
            "lastSeen": self.seen and f"{self.seen:%Y-%m-%dT%H:%M:%S}.1234567Z",
            "counters": self.counters,
        }


@dataclass(slots=True)
class Machine:
    """A printer: who it is, where it stands, what it prints, and its counters."""

    name: str
    serial: str | None
    asset: str | None
    customer: int
    counters: CounterSet
    mean: float
    rng: Random
    boards: int = 1
    values: dict[str, int] = field(default_factory=dict)
    busiest: int = 0
    today: int = 0
    #: Pages printed since its first night, by customer.
    printed: dict[int, float] = field(default_factory=dict)

    @classmethod
    def make(cls, name: str, customer: int, rng: Random) -> "Machine":
        """A machine of an ordinary size, with a lifetime behind it."""
        kinds, weights = zip(*SETS, strict=True)
        machine = cls(
            name=name,
            serial=f"SN{name}{rng.randrange(10**5):05}",
            asset=f"AS-{name}",
            customer=customer,
            counters=rng.choices(kinds, weights)[0],
            mean=_mean(rng),
            rng=rng,
        )
        machine.set_count(int(300 + machine.mean * 250 * rng.uniform(0.3, 5)))
        return machine

    @property
    def board(self) -> str:
        """The name of what carries its counters."""
        return f"{self.name}/{self.boards}"

    @property
    def count(self) -> int:
        """Lifetime pages."""
        return int(sum(self.values.values()) / self.counters.unit)

    def set_count(self, pages: int) -> None:
        """Set the counters to so many lifetime pages."""
        self.values = dict.fromkeys(self.counters.members, 0)
        self._add(pages)

    def new_board(self, pages: int) -> None:
        """Counters that start again at so many pages."""
        self.boards += 1
        self.set_count(pages)

    def print_pages(self, pages: int) -> None:
        """Print."""
        self._add(pages)
        self.today += pages
        self.printed[self.customer] = self.printed.get(self.customer, 0) + pages

    def print_day(self, day: date) -> None:
        """Print what is printed on an ordinary day."""
        self.today = 0
        if is_business_day(day):
            pages = self.mean * self.rng.lognormvariate(-0.1, 0.45)
            pages = 0 if self.rng.random() < 0.05 else pages
        else:
            pages = self.mean * 0.03 * self.rng.random() if self.rng.random() < 0.3 else 0
        self.print_pages(int(pages))
        self.busiest = max(self.busiest, self.today)

    def row(self, day: date) -> Row:
        """The row of a printer that the agent read minutes ago."""
        return Row(
            self.customer,
            self.serial,
            self.asset,
            seen_on(day, self.rng),
            dict(self.values),
            self.board,
            dict(self.values),
        )

    def _add(self, pages: int) -> None:
        units = round(pages * self.counters.unit)
        left = units
        for member, share in zip(self.counters.members[1:], self.counters.shares[1:], strict=True):
            part = int(units * share)
            self.values[member] += part
            left -= part
        self.values[self.counters.members[0]] += left


def seen_on(day: date, rng: Random) -> datetime:
    """A last-seen minutes before the night that closes a day."""
    local = datetime.combine(day, time(23, 50), tzinfo=ZONE) - timedelta(
        seconds=rng.randrange(0, 1_200)
    )
    return local.astimezone(UTC)


def _mean(rng: Random) -> float:
    """Pages on a business day: most machines are small, few are production presses."""
    if rng.random() < 0.002:
        return rng.uniform(3_000, 16_000)
    return min(3_000.0, max(20.0, math.exp(rng.gauss(4.3, 1.0))))
