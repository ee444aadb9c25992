"""Rises: which pages are deposited, which are held, and what later readings decide."""

from dataclasses import replace
from datetime import date

from webapp.domain.metering.run import Count, Run
from webapp.domain.metering.state import Delta, DeltaKind, DeltaState, DeviceState, History


def rise(run: Run, reading: Count) -> None:
    """Apply a count at or above the latest one. The state has no pending fall."""
    state = run.state
    since = since_of(state, reading)
    pages = reading.count - state.latest
    confirm_held(run, reading, pages)
    if is_restored(run, reading, since):
        _restore(run, reading, since)
    elif pages and state.latest == 0:
        first_count(run, reading, since)
    elif pages:
        _ordinary(run, reading, since)
    if reading.feed_id is None:
        run.change(initial=run.state.initial + pages)
    run.change(latest=reading.count, latest_on=reading.day)
    _expire_reset(run, reading)


def since_of(state: DeviceState, reading: Count) -> date:
    """Return the day of the previous count."""
    return state.latest_on or reading.day


def first_count(run: Run, reading: Count, since: date) -> None:
    """Apply the first pages of a machine, or of one of its counters, that was at 0.

    Pages that a new machine can print are counted; more may be an unknown lifetime count, and are
    held or not counted.
    """
    context, limits = run.context, run.context.limits
    before = run.state.latest
    pages = reading.count - before
    days = max(context.business_days(since, reading.day), 1)
    kind: DeltaKind = "first_count"
    state: DeltaState = "baseline"
    if pages <= limits.new_machine * days:
        kind, state = "ordinary", "counted"
    elif pages <= limits.first_count * days:
        state = "held"
    run.record(reading, kind, state, pages, before=before, since=since)
    if state == "counted" and reading.feed_id is not None:
        _add_to_history(run, pages, days)
    elif state == "baseline" and reading.feed_id is not None:
        run.change(initial=run.state.initial + pages)


def confirm_held(run: Run, reading: Count, pages: int) -> None:
    """Confirm held deltas by a reading at or above their count, once per business day."""
    state = run.state
    days = run.context.business_days(since_of(state, reading), reading.day)
    if not days:
        return
    confirmed = [
        replace(
            delta,
            confirmations=delta.confirmations + days,
            confirmed_pages=delta.confirmed_pages + pages,
            evidence=(*delta.evidence, (reading.day, reading.count))[-5:],
        )
        for delta in state.deltas
        if delta.is_waiting and delta.kind != "roll_over" and reading.count >= delta.top
    ]
    for delta in confirmed:
        _replace(run, delta)
    for delta in confirmed:
        known = run.state.delta(delta.number)
        enough = delta.confirmations >= run.context.limits.confirming_days
        if enough and not delta.for_person and known is not None and known.is_waiting:
            _resolve(run, delta)


def is_confirmable(run: Run, delta: Delta) -> bool:
    """Whether ordinary days after a held delta are sufficient evidence that it was printed."""
    limits, state = run.context.limits, run.state
    most = limits.most_confirmable(
        state.history, delta.days, _confirming_mean(delta), state.serial is not None
    )
    return delta.kind == "limit" and delta.pages <= min(most, limits.physical * delta.days)


def _resolve(run: Run, delta: Delta) -> None:
    limits = run.context.limits
    like = _confirming_mean(delta) * limits.like_divisor * delta.days >= delta.pages
    if delta.kind == "physical":
        _to_baseline(run, delta)
    elif like:
        _accept_alike(run, delta)
    elif is_confirmable(run, delta):
        run.decide(delta, "accepted", evidence=delta.evidence)
        history = run.state.history
        run.change(history=replace(history, deltas=history.deltas + 1))
    elif _starts_another_count(run, delta):
        _to_baseline(run, delta)
    else:
        run.leave_to_user(delta)


def _accept_alike(run: Run, delta: Delta) -> None:
    """Accept a held delta that the next days resemble, and add it to the device's history.

    Other held deltas within the resulting limit that are confirmed once are accepted as well.
    """
    limits = run.context.limits
    run.decide(delta, "accepted", evidence=delta.evidence)
    _add_to_history(run, delta.pages, delta.days)
    history = run.state.history
    run.change(history=replace(history, deltas=max(history.deltas, limits.young_deltas)))
    for other in run.state.deltas:
        waits = other.is_waiting and not other.for_person and other.kind == "limit"
        most = limits.of_gap(run.state.history, other.days)
        if waits and other.confirmations and other.pages <= most:
            run.decide(other, "accepted", evidence=other.evidence)
            _add_to_history(run, other.pages, other.days)


def _starts_another_count(run: Run, delta: Delta) -> bool:
    """Whether an unconfirmed count is the first of another lifetime count."""
    if delta.kind == "first_count" or run.state.serial is None:
        return True
    return delta.kind == "near_lifetime" and delta.pages > run.context.limits.confirmable


def _to_baseline(run: Run, delta: Delta) -> None:
    run.decide(delta, "baseline", evidence=delta.evidence)
    run.change(initial=run.state.initial + delta.pages)


def _confirming_mean(delta: Delta) -> int:
    return delta.confirmed_pages // delta.confirmations if delta.confirmations else 0


def _ordinary(run: Run, reading: Count, since: date) -> None:
    context, state = run.context, run.state
    limits = context.limits
    pages = reading.count - state.latest
    days = max(context.business_days(since, reading.day), 1)
    kind: DeltaKind = "ordinary"
    if limits.is_near_lifetime(state.history, pages, reading.count, state.era):
        kind = "near_lifetime"
    elif pages > limits.physical * days:
        kind = "physical"
    elif pages > limits.of_gap(state.history, days):
        kind = "limit"
    decided: DeltaState = "counted" if kind == "ordinary" else "held"
    run.record(reading, kind, decided, pages, before=state.latest, since=since)
    if kind == "ordinary" and reading.feed_id is not None:
        _add_to_history(run, pages, days)


def _add_to_history(run: Run, pages: int, days: int) -> None:
    """Add an ordinary delta to the device's history."""
    known = run.state.history
    run.change(
        history=History(
            known.deltas + 1,
            max(known.busiest, -(-pages // days)),
            known.pages + pages,
            known.days + days,
        )
    )


def is_restored(run: Run, reading: Count, since: date) -> bool:
    """Whether the step returns a reset counter to its old count, beyond what can be printed."""
    state, context = run.state, run.context
    before = state.before_reset
    if before is None:
        return False
    mark = before.mark(reading.count)
    # As it was before the reset: readings since then may not be printed pages.
    last = mark or (before.marks[-1] if before.marks else None)
    history = last.history if last is not None else state.history
    days = max(context.business_days(since, reading.day), 1)
    # A device with ordinary days passes its old count by printing.
    if reading.count - state.latest <= max(history.busiest, state.history.busiest) * days:
        return False
    away = max(context.business_days(before.day, reading.day), 1)
    highest = before.count + context.limits.of_gap(history, away)
    lowest = before.count - context.limits.small_fall if mark is None else mark.count
    return lowest <= reading.count <= highest


def _restore(run: Run, reading: Count, since: date) -> None:
    """Continue from the old count; deposits since the reset are part of it."""
    before = run.state.before_reset
    if before is None:
        return
    for delta in run.state.deltas:
        if delta.number > before.number and delta.is_waiting:
            run.decide(delta, "dropped", evidence=((reading.day, reading.count),))
    old, mark, marks = before.count, before.mark(reading.count), before.marks
    if mark is not None:
        run.withdraw_after(mark.number, reading, up_to=before.number)
        run.change(history=mark.history)
        old, marks = mark.count, marks[: marks.index(mark) + 1]
    pages = reading.count - old - before.deposited
    if pages < 0:
        # Less than deposited since: the readings since the reset were not printed pages.
        run.withdraw_after(before.number, reading)
        pages = max(reading.count - old, 0)
    run.note("restored", reading.day, old=old, count=reading.count, pages=pages)
    run.record(reading, "restored", "counted", pages, before=run.state.latest, since=since)
    # The counts remembered before the reset can be returned to again.
    run.change(before_reset=None, marks=marks)


def _expire_reset(run: Run, reading: Count) -> None:
    """Drop the count before a reset if it is not restored within some readings."""
    before = run.state.before_reset
    if before is None:
        return
    if before.readings_left <= 1 or reading.count >= before.count:
        run.change(before_reset=None)
    else:
        run.change(before_reset=replace(before, readings_left=before.readings_left - 1))


def _replace(run: Run, delta: Delta) -> None:
    """Replace a held delta, which stays held."""
    deltas = run.state.deltas
    run.change(deltas=tuple(delta if known.number == delta.number else known for known in deltas))
