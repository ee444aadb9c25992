"""The oracle: the pages that two readings of one counter bracket, by case and customer.

It receives the rows that a night lists together with what is true of them, so that it can tell
which values are a counter's own. A reading credits its customer with the increase of its counters
since their highest value read before. Pages that no two readings bracket are what is left of the
printed ones: of the day of a reset, a swap, a change of board, before the first reading and after
the last.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from tests.field.cases import Case
from tests.field.fleet import Fleet, Night
from tests.field.machines import Row, unit_of


@dataclass(frozen=True, slots=True)
class Truth:
    """Pages of a case.

    ``countable``: by customer. ``optional``: read while no feed had the customer's new name; they
    may be counted. ``away``: read at a customer without a feed. ``printed``: by its machines.
    """

    countable: dict[int, float]
    optional: float
    away: float
    printed: float

    @property
    def total(self) -> float:
        """What is to be deposited for it."""
        return sum(self.countable.values())

    @property
    def not_bracketed(self) -> float:
        """What was printed and cannot be known."""
        return max(0.0, self.printed - self.total - self.optional - self.away)


class Oracle:
    """Watches the nights of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._highest: dict[tuple[str, str], int] = {}
        self._countable: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        self._optional: dict[str, float] = defaultdict(float)
        self._away: dict[str, float] = defaultdict(float)
        self._gains: dict[str, list[tuple[date, float]]] = defaultdict(list)
        self._names: dict[tuple[str, str], set[str]] = defaultdict(set)

    def observe(self, night: Night) -> None:
        """Read what a night lists; nothing when it was not fetched."""
        if not night.fetched:
            return
        for case, row in sorted(night.listed, key=_by_truth):
            self._names["serial", normalised(row.serial)].add(case.name)
            self._names["asset", row.asset or ""].add(case.name)
            pages = self._gain(row)
            if pages:
                self._credit(case, row.customer, night, pages)

    def truth(self, case: Case) -> Truth:
        """What is true of a case."""
        printed = sum(sum(machine.printed.values()) for machine in case.machines)
        return Truth(
            dict(self._countable[case.name]),
            self._optional[case.name],
            self._away[case.name],
            printed,
        )

    def gained(self, case_name: str, since: date, until: date) -> float:
        """What readings after a day until another gained."""
        gains = self._gains.get(case_name, ())
        return sum(pages for day, pages in gains if since < day <= until)

    def readings_after(self, case_name: str, day: date) -> int:
        """How many nights after a day a delta was counted."""
        return len({found for found, _ in self._gains.get(case_name, ()) if found > day})

    def case_of(self, serial: str, asset: str) -> str | None:
        """The case that a device belongs to; None if unknown."""
        for kind, name in (("serial", normalised(serial)), ("asset", asset)):
            found = self._names.get((kind, name), set()) if name else set()
            if len(found) == 1:
                return next(iter(found))
        return None

    def _gain(self, row: Row) -> float:
        pages = 0.0
        for member, value in row.truth.items():
            line = (row.board, member)
            before = self._highest.get(line)
            if before is None or value > before:
                self._highest[line] = value
                pages += (value - before) / unit_of(member) if before is not None else 0
        return pages

    def _credit(self, case: Case, customer: int, night: Night, pages: float) -> None:
        if customer >= self._fleet.places.connected:
            self._away[case.name] += pages
        elif customer in night.unlinked:
            self._optional[case.name] += pages
        else:
            self._countable[case.name][customer] += pages
            self._gains[case.name].append((night.day, pages))


def normalised(serial: str | None) -> str:
    """A serial number without blanks and letter case."""
    return "".join((serial or "").split()).upper()


def _by_truth(pair: tuple[Case, Row]) -> int:
    return sum(pair[1].truth.values())
