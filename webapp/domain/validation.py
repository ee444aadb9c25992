"""Validation: which page deltas are held for review.

No printer prints that many pages in the time, or the counter moved as if it was set by hand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

FlagReason = Literal["ceiling", "history", "roll_over", "restoration"]
FLAG_REASONS: tuple[FlagReason, ...] = get_args(FlagReason)

#: A delta is far above the history from this multiple of the busiest day and this many pages.
FAR_ABOVE = 20
UNREMARKABLE = 5_000
#: The fewest deltas that make a history to compare with.
SHORTEST_HISTORY = 3

# Counters end at a number of decimal digits, or of bits of common registers. Other powers of two
# would flag one genuine reset in fifteen.
_DIGITS = range(4, 19)
_BITS = (15, 16, 20, 24, 31, 32, 40, 48, 63)
_LIMITS: Sequence[int] = sorted((*(10**digits for digits in _DIGITS), *(2**bits for bits in _BITS)))
#: A roll-over adds at most the range divided by this.
_NEAR = 20


@dataclass(frozen=True, slots=True)
class History:
    """A device's previous deltas: their number, and the pages of its busiest day."""

    deltas: int = 0
    busiest: int = 0


@dataclass(frozen=True, slots=True)
class Flag:
    """Why a delta is held, and how many of its pages to count if a proposal can be made."""

    reason: FlagReason
    proposed: int | None = None


def pages_of_roll_over(before: int, after: int) -> int | None:
    """Return the pages printed if a counter dropped by running through the end of its range.

    It then dropped by nearly that range, even if a second counter is added to it. None when no
    range fits: the counter was reset.
    """
    for limit in _LIMITS:
        pages = limit - (before - after)
        if 0 < pages * _NEAR <= limit:
            return pages
    return None


def history(deltas: Iterable[tuple[int, int]]) -> History:
    """Return the history of counted deltas (pages, days); a gap counts by its mean day."""
    number, busiest = 0, 0
    for pages, days in deltas:
        number += 1
        busiest = max(busiest, -(-pages // days))
    return History(number, busiest)


def needs_history(pages: int, counter_restored: int | None) -> bool:
    """Whether a delta can only be validated with its device's history."""
    return counter_restored is not None or pages > UNREMARKABLE


def validate(
    pages: int,
    days: int,
    ceiling: int,
    before: History,
    *,
    rolled_over: bool = False,
    counter_restored: int | None = None,
) -> Flag | None:
    """Return why a delta of ``pages`` in ``days`` is held; None when it counts.

    ``ceiling``: pages a day that no machine can print. ``before``: the device's history, which
    may be empty unless ``needs_history``. After a reset a counter also passes its previous value
    by printing; only a step above the device's busiest day looks like a restored counter.
    """
    if rolled_over:
        return Flag("roll_over", pages)
    if counter_restored is not None and pages > before.busiest * days:
        return Flag("restoration", counter_restored)
    if pages > ceiling * days:
        return Flag("ceiling")
    far = pages > UNREMARKABLE and pages > FAR_ABOVE * before.busiest * days
    if far and before.deltas >= SHORTEST_HISTORY:
        return Flag("history")
    return None
