"""Suspicion: gains that are held until a person has looked at them.

No printer prints that many pages in the time, or the counter moved as if somebody had touched it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

HeldFor = Literal["ceiling", "history", "roll_over", "restoration"]
HELD_FOR: tuple[HeldFor, ...] = get_args(HeldFor)

#: A gain of so many times the busiest day, and of more pages than this, is far above the history.
FAR_ABOVE = 20
UNREMARKABLE = 5_000
#: Fewer gains than these are no history to compare with.
SHORTEST_HISTORY = 3

# Counters end at a number of decimal digits, or of bits that registers are built with. Other
# powers of two would put one honest reset in fifteen before a person.
_DIGITS = range(4, 19)
_BITS = (15, 16, 20, 24, 31, 32, 40, 48, 63)
_LIMITS: Sequence[int] = sorted((*(10**digits for digits in _DIGITS), *(2**bits for bits in _BITS)))
#: A counter that ran through its end gained no more than this part of its range by doing so.
_NEAR = 20


@dataclass(frozen=True, slots=True)
class History:
    """What a device gained before: how many times, and the pages of its busiest day."""

    gains: int = 0
    busiest: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a gain is held, and how many of its pages seem right where that can be told."""

    reason: HeldFor
    proposed: int | None = None


def pages_of_roll_over(before: int, after: int) -> int | None:
    """The pages gained if a counter fell because it ran through the end of its range.

    It then fell by nearly that range, also where a second counter is added to it. None when no
    range fits: the counter was reset.
    """
    for limit in _LIMITS:
        pages = limit - (before - after)
        if 0 < pages * _NEAR <= limit:
            return pages
    return None


def history(gains: Iterable[tuple[int, int]]) -> History:
    """The history of gains that count, each as (pages, days); a gap counts by its mean day."""
    times, busiest = 0, 0
    for pages, days in gains:
        times += 1
        busiest = max(busiest, -(-pages // days))
    return History(times, busiest)


def needs_history(pages: int, restored: int | None) -> bool:
    """Whether a gain can only be judged by what its device gained before."""
    return restored is not None or pages > UNREMARKABLE


def judge(
    pages: int,
    days: int,
    ceiling: int,
    before: History,
    *,
    rolled_over: bool = False,
    restored: int | None = None,
) -> Hold | None:
    """Whether a gain of ``pages`` in ``days`` is held.

    ``ceiling``: pages a day that no machine can print. ``before``: the device's history, which
    may be empty where ``needs_history`` says so. A counter passes its old value after a reset by
    printing, too; only a step above the device's busiest day looks like a restoration.
    """
    if rolled_over:
        return Hold("roll_over", pages)
    if restored is not None and pages > before.busiest * days:
        return Hold("restoration", restored)
    if pages > ceiling * days:
        return Hold("ceiling")
    far = pages > UNREMARKABLE and pages > FAR_ABOVE * before.busiest * days
    if far and before.gains >= SHORTEST_HISTORY:
        return Hold("history")
    return None
