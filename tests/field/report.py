"""The report: what a run deposited and what it should have, by kind, and which goals are missed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from tests.field import noise
from tests.field.cases import Case
from tests.field.fleet import FIRST_DAY, Fleet
from tests.field.oracle import Oracle, Truth
from tests.field.subject import Subject
from tests.field.waiting import Waiting, Watch

TOO_MANY = TOO_FEW = 0.001
CASES_PER_NIGHT_AND_5000 = 1.0
HELD_TOO_LONG = 0.0005

_BY_HAND = frozenset(kind.name for kind in noise.KINDS if kind.by_hand)
_ANY_FEED = frozenset(kind.name for kind in noise.KINDS if kind.any_feed)


@dataclass(slots=True)
class Line:
    """Pages of a kind."""

    cases: int = 0
    truth: float = 0
    not_bracketed: float = 0
    away: float = 0
    too_many: float = 0
    too_few: float = 0
    other_feed: float = 0
    held: float = 0
    left: int = 0

    def add(self, other: "Line") -> None:
        """Add another line to it."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Report:
    """What came of a run."""

    nights: int
    printers: int
    lines: dict[str, Line]
    nightly_truth: float
    held_too_long: float
    cases_opened: int
    unknown_devices: int
    unexplained: int
    outside_of_days: int
    worst: list[tuple[float, Case]] = field(default_factory=list)

    @property
    def total(self) -> Line:
        """All kinds together."""
        total = Line()
        for line in self.lines.values():
            total.add(line)
        return total

    @property
    def left_per_night(self) -> float:
        """Cases left for a decision, a night and 5,000 printers."""
        return self.total.left / self.nights * 5_000 / self.printers

    def failures(self) -> list[str]:
        """The goals that are not met."""
        total = self.total
        figures = (
            ("pages too many", total.too_many / total.truth, TOO_MANY),
            ("pages too few", total.too_few / total.truth, TOO_FEW),
            ("pages at another feed", total.other_feed / total.truth, TOO_MANY),
            ("cases left a night and 5,000", self.left_per_night, CASES_PER_NIGHT_AND_5000),
            ("honest pages held too long", self.held_too_long / self.nightly_truth, HELD_TOO_LONG),
            ("deposits that no device explains", self.unexplained, 1),
            ("pages of days outside of the run", self.outside_of_days, 1),
        )
        return [f"{name}: {figure:.6f}" for name, figure, goal in figures if figure >= goal]


def report(fleet: Fleet, oracle: Oracle, subject: Subject, watch: Watch, last: date) -> Report:
    """Compare a subject with the oracle."""
    by_case, unknown = _deposited(oracle, subject)
    deposits = subject.deposits()
    result = Report(
        nights=fleet.size.nights,
        printers=fleet.size.printers,
        lines=defaultdict(Line),
        nightly_truth=0,
        held_too_long=0,
        cases_opened=len(watch.all()),
        unknown_devices=len(unknown),
        unexplained=_unexplained(deposits, subject.per_device()),
        outside_of_days=sum(
            abs(pages) for (_, day), pages in deposits.items() if not FIRST_DAY <= day <= last
        ),
    )
    kinds: dict[str, str] = {}
    for case, _ in fleet.cases:
        kinds[case.name] = case.kind
        truth = oracle.truth(case)
        line = _compare(fleet, case, truth, by_case.get(case.name, {}))
        result.lines[case.kind].add(line)
        result.worst.append((max(line.too_many, line.too_few), case))
        result.nightly_truth += 0 if case.kind in _BY_HAND else truth.total
    result.worst.sort(key=lambda pair: -pair[0])
    if unknown:
        result.lines["of no machine"].too_many += sum(unknown.values())
    _add_waiting(result, kinds, watch, last)
    return result


def _add_waiting(result: Report, kinds: Mapping[str, str], watch: Watch, last: date) -> None:
    for met in watch.at_end(last):
        result.lines[_kind_of(kinds, met)].held += met.opened.pages
    for met in watch.left(last):
        result.lines[_kind_of(kinds, met)].left += 1
    result.held_too_long = sum(
        met.honest for met in watch.too_long() if _kind_of(kinds, met) not in _BY_HAND
    )


def _kind_of(kinds: Mapping[str, str], met: Waiting) -> str:
    return kinds.get(met.case_name or "", "of no machine")


def _deposited(
    oracle: Oracle, subject: Subject
) -> tuple[dict[str, dict[str, int]], dict[tuple[str, str, str], int]]:
    """Deposited pages by case and customer, and those of devices that are no case's."""
    by_case: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    unknown: dict[tuple[str, str, str], int] = {}
    for (customer, serial, asset), pages in subject.per_device().items():
        case_name = oracle.case_of(serial, asset)
        if case_name is None:
            unknown[customer, serial, asset] = pages
        else:
            by_case[case_name][customer] += pages
    return by_case, unknown


def _compare(fleet: Fleet, case: Case, truth: Truth, deposited: Mapping[str, int]) -> Line:
    wanted = {fleet.key(customer): pages for customer, pages in truth.countable.items()}
    got = sum(deposited.values())
    too_many = max(0.0, got - truth.total - truth.optional)
    too_few = max(0.0, truth.total - got)
    surplus = sum(
        max(0.0, deposited.get(key, 0) - wanted.get(key, 0)) for key in {*wanted, *deposited}
    )
    return Line(
        cases=1,
        truth=truth.total,
        not_bracketed=truth.not_bracketed,
        away=truth.away + truth.optional,
        too_many=too_many,
        too_few=too_few,
        other_feed=0 if case.kind in _ANY_FEED else max(0.0, surplus - max(0, got - truth.total)),
    )


def _unexplained(
    deposits: Mapping[tuple[str, date], int], per_device: Mapping[tuple[str, str, str], int]
) -> int:
    """Pages by which a customer's deposits differ from its devices'."""
    difference: dict[str, int] = defaultdict(int)
    for (customer, _), pages in deposits.items():
        difference[customer] += pages
    for (customer, _, _), pages in per_device.items():
        difference[customer] -= pages
    return sum(abs(pages) for pages in difference.values())


def table(result: Report) -> Iterable[str]:
    """The report in lines of text."""
    yield (
        f"{'kind':<26}{'cases':>7}{'truth':>12}{'apart':>9}{'away':>8}{'too many':>12}"
        f"{'too few':>10}{'other feed':>11}{'held':>14}{'left':>6}"
    )
    for name, line in [*result.lines.items(), ("all", result.total)]:
        yield (
            f"{name:<26}{line.cases:>7,}{line.truth:>12,.0f}{line.not_bracketed:>9,.0f}"
            f"{line.away:>8,.0f}{line.too_many:>12,.0f}{line.too_few:>10,.0f}"
            f"{line.other_feed:>11,.0f} {line.held:>13,.0f}{line.left:>6}"
        )
    total = result.total
    yield (
        f"too many {total.too_many / total.truth:.4%}, too few {total.too_few / total.truth:.4%}, "
        f"at another feed {total.other_feed / total.truth:.4%} of the truth; cases: "
        f"{result.cases_opened} opened, {total.left} left for a person, "
        f"{result.left_per_night:.2f} a night and 5,000 printers; honest pages held longer than "
        f"two business days {result.held_too_long / result.nightly_truth:.4%}"
    )
    yield (
        f"not explained by devices: {result.unexplained:,} pages; outside of the run's days: "
        f"{result.outside_of_days:,}; devices of no machine: {result.unknown_devices}"
    )
