"""A user's decisions about held deltas, and reopening them."""

from typing import Literal

from webapp.domain.metering.days import Allocation
from webapp.domain.metering.events import Result
from webapp.domain.metering.run import StateChange
from webapp.domain.metering.state import COUNTING, Delta, DeltaState, DeviceState

Decision = Literal["accepted", "adjusted", "rejected", "reset"]


def decide(
    state: DeviceState,
    delta: Delta,
    decision: Decision,
    pages: int | None = None,
) -> Result:
    """Decide a held delta: ``adjusted`` counts ``pages`` of it, ``accepted`` all, others none.

    ``delta`` as stored; the state may no longer have it. Raises ValueError if it is not held, or
    for pages that it does not have.
    """
    if delta.state != "held":
        raise ValueError(f"delta {delta.number} is not held: {delta.state}")
    if (decision == "adjusted") != (pages is not None):
        raise ValueError("pages are given to adjust a delta, and only then")
    if pages is not None and not 0 <= pages <= delta.pages:
        raise ValueError(f"{pages} pages are not between 0 and {delta.pages}")
    counted = pages if pages is not None else delta.pages if decision == "accepted" else 0
    return _set(state, delta, decision, counted)


def reopen(state: DeviceState, delta: Delta) -> Result:
    """Hold a decided delta again, for a user: its deposits are withdrawn.

    Raises ValueError for one that is held, or that was counted without a decision.
    """
    if delta.state in ("held", "counted"):
        raise ValueError(f"delta {delta.number} has no decision to undo: {delta.state}")
    return _set(state, delta, "held", 0)


def deposited(delta: Delta) -> Allocation:
    """Return a delta's deposits by day: its counted pages in the proportions of its allocation."""
    if delta.state not in COUNTING or not delta.counted:
        return ()
    if delta.counted == delta.pages or not delta.pages:
        return delta.allocation
    done = shared = 0
    allocation = []
    for day, pages in delta.allocation:
        shared += pages
        until = delta.counted * shared // delta.pages
        if until > done:
            allocation.append((day, until - done))
        done = until
    return tuple(allocation)


def _set(state: DeviceState, delta: Delta, after: DeltaState, counted: int) -> Result:
    known = state.delta(delta.number)
    if known is not None and known.state == delta.state:
        delta = known  # with the readings since it was stored
    edit = StateChange(state)
    was_baseline = _refused(delta.state) * (delta.pages - delta.counted)
    is_baseline = _refused(after) * (delta.pages - counted)
    edit.decide(
        delta,
        after,
        counted=counted,
        by="user",
        for_person=True,
        resumes=None,
    )
    if delta.era == edit.state.era:
        edit.change(initial=max(edit.state.initial + is_baseline - was_baseline, 0))
    return edit.result()


def _refused(state: DeltaState) -> bool:
    """Whether uncounted pages of a delta in this state are added to the initial count."""
    return state in ("adjusted", "rejected", "reset", "baseline")
