"""What waits, night by night: how long valid pages wait, and what is left for a decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tests.field.machines import is_business_day
from tests.field.oracle import Oracle
from tests.field.subject import OpenCase

#: Honest pages may wait for so many business days whose night was read: an outage of the server is
#: no reading that could decide.
PATIENCE = 2
#: Later readings after which what still waits is left for a decision.
DECIDED_AFTER = 3

_Key = tuple[str, str, str, date]


@dataclass(slots=True)
class Waiting:
    """A case that is or was open: when it was first met, and how many honest pages are in it."""

    opened: OpenCase
    first_met: date
    last_met: date
    case_name: str | None
    honest: float
    for_person: bool = False


class Watch:
    """Follows the open cases of a subject."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._met: dict[_Key, Waiting] = {}
        self._unread: set[date] = set()

    def observe(self, day: date, open_cases: Sequence[OpenCase], *, was_read: bool) -> None:
        """Note what is open after the night that closes a day."""
        if not was_read:
            self._unread.add(day)
        for opened in open_cases:
            key = (opened.customer, opened.serial, opened.asset, opened.since)
            met = self._met.get(key)
            if met is None:
                met = self._met[key] = self._meet(opened, day)
            met.opened, met.last_met = opened, day
            met.for_person = bool(opened.for_person)

    def all(self) -> list[Waiting]:
        """Every case that was ever open."""
        return list(self._met.values())

    def at_end(self, day: date) -> list[Waiting]:
        """Those that are open after the last night."""
        return [met for met in self._met.values() if met.last_met == day]

    def left(self, day: date) -> list[Waiting]:
        """Those that are left for a decision after the last night."""
        return [
            met
            for met in self.at_end(day)
            if met.for_person or (met.opened.for_person is None and self._undecided(met))
        ]

    def too_long(self) -> list[Waiting]:
        """Those still open when they had waited for as long as they may."""
        return [met for met in self._met.values() if self._waited(met) >= PATIENCE]

    def _waited(self, met: Waiting) -> int:
        """Business days read after the night it was first met, up to the last it was open on."""
        days = (met.first_met + timedelta(days=n) for n in _numbers(met.first_met, met.last_met))
        return sum(is_business_day(day) and day not in self._unread for day in days)

    def _undecided(self, met: Waiting) -> bool:
        if met.case_name is None:
            return True
        return self._oracle.readings_after(met.case_name, met.first_met) >= DECIDED_AFTER

    def _meet(self, opened: OpenCase, day: date) -> Waiting:
        case_name = self._oracle.case_of(opened.serial, opened.asset)
        honest = 0.0
        if case_name is not None:
            gained = self._oracle.gained(case_name, opened.since, day)
            honest = min(float(opened.pages), gained)
        return Waiting(opened, day, day, case_name, honest)


def _numbers(first: date, last: date) -> range:
    """How many days after the first each following day is, the last included."""
    return range(1, (last - first).days + 1)
