"""Falls: a glitch, a spike that is withdrawn, a roll-over, or a reset."""

from webapp.domain.metering.counting import is_confirmable, rise
from webapp.domain.metering.run import Count, Run
from webapp.domain.metering.state import (
    COUNTING,
    BeforeReset,
    Delta,
    DeviceState,
    History,
    Mark,
    PendingFall,
)

_ROLL_OVERS: tuple[int, ...] = (
    *(10**digits for digits in (5, 6, 7)),
    *(1 << bits for bits in range(16, 64)),
)


def apply_count(run: Run, reading: Count) -> None:
    """Apply the next count of a device that has a baseline."""
    if run.state.fall is not None:
        _follow_fall(run, run.state.fall, reading)
    elif reading.count < run.state.latest:
        _begin_fall(run, reading)
    else:
        rise(run, reading)
        run.remember(reading)


def _begin_fall(run: Run, reading: Count) -> None:
    held = _taken_back_at_once(run.state, reading)
    if held is not None:
        _return_to(run, held.number - 1, held.before, reading)
        run.change(latest_on=held.since)
        rise(run, reading)
        run.remember(reading)
        return
    fall = PendingFall(reading.day, reading.count, reading.feed_id, reading.feed_first)
    run.change(fall=fall)
    run.note("fall_pending", reading.day, before=run.state.latest, count=reading.count)
    mark = _remembered(run, fall)
    if mark is None:
        return
    for delta in run.state.deltas:
        if delta.number > mark.number and delta.state in COUNTING:
            run.decide(
                delta,
                "held",
                resumes=delta.state,
                resumes_counted=delta.counted,
                evidence=((reading.day, reading.count),),
            )


def _taken_back_at_once(state: DeviceState, reading: Count) -> Delta | None:
    """Return the held delta that a count between its start and its top contradicts."""
    oldest = state.marks[0].number if state.marks else state.next_number
    for delta in reversed(state.deltas):
        if (
            delta.is_waiting
            and delta.era == state.era
            and delta.number > oldest
            and delta.before <= reading.count < delta.top
        ):
            return delta
    return None


def _follow_fall(run: Run, fall: PendingFall, reading: Count) -> None:
    if reading.count >= run.state.latest:
        run.change(fall=None)
        run.note("glitch", reading.day, fallen=fall.count, count=reading.count)
        resume_contested(run, reading)
        apply_count(run, reading)
    elif reading.count == 0 and fall.count == 0:
        run.note("fall_pending", reading.day, before=run.state.latest, count=0)
    else:
        _confirm_fall(run, fall, reading)
        apply_count(run, reading)


def resume_contested(run: Run, reading: Count) -> None:
    """Count again the deltas that a pending fall had put under review."""
    for delta in run.state.deltas:
        if delta.resumes is not None:
            run.decide(
                delta,
                delta.resumes,
                counted=delta.resumes_counted,
                resumes=None,
                evidence=((reading.day, reading.count),),
            )


def _confirm_fall(run: Run, fall: PendingFall, reading: Count) -> None:
    """Classify a fall that ``reading`` confirms, and continue from it."""
    fallen = Count(fall.count, fall.day, fall.feed_id, fall.feed_first)
    mark = _remembered(run, fall)
    run.change(fall=None)
    if run.state.latest - fall.count <= run.context.limits.small_fall:
        _small_fall(run, fallen)
    elif mark is not None:
        run.note("spike", fall.day, before=run.state.latest, count=fall.count)
        _return_to(run, mark.number, mark.count, fallen, mark.history)
        run.change(latest_on=mark.day)
        rise(run, fallen)
        run.remember(fallen)
    else:
        _reset(run, fallen, reading)


def _remembered(run: Run, fall: PendingFall) -> Mark | None:
    """Return the latest remembered count at or below a fall; None for a small fall."""
    if run.state.latest - fall.count <= run.context.limits.small_fall:
        return None
    return next((mark for mark in reversed(run.state.marks) if 0 < mark.count <= fall.count), None)


def _return_to(
    run: Run, number: int, count: int, reading: Count, history: History | None = None
) -> None:
    """Return to a count: every later delta is dropped or withdrawn."""
    run.withdraw_after(number, reading)
    if history is None:
        found = [mark for mark in run.state.marks if mark.number <= number]
        history = found[-1].history if found else run.state.history
    run.change(
        latest=count,
        history=history,
        marks=tuple(
            mark for mark in run.state.marks if mark.number <= number and mark.count <= count
        ),
    )


def _reset(run: Run, fallen: Count, reading: Count) -> None:
    """Set a new baseline at the fallen count: a reset without pages, or a roll-over."""
    state = run.state
    resume_contested(run, reading)
    for delta in state.deltas:
        if delta.is_waiting and not delta.for_person:
            _decide_before_reset(run, delta, fallen)
    pages = _rolled_over(run, fallen.count)
    since, before = state.latest_on or fallen.day, state.latest
    old = state.before_reset or BeforeReset(
        before,
        since,
        run.context.limits.restore_readings,
        state.next_number - 1,
        state.marks,
    )
    run.note("reset", fallen.day, before=before, count=fallen.count)
    run.change(before_reset=None if pages else old)
    if pages:
        run.record(fallen, "roll_over", "held", pages, before=before, since=since, for_person=True)
    run.change(
        era=state.era + 1,
        latest=fallen.count,
        latest_on=fallen.day,
        initial=fallen.count,
        marks=(),
    )
    run.remember(fallen)


def _decide_before_reset(run: Run, delta: Delta, fallen: Count) -> None:
    if delta.confirmations and is_confirmable(run, delta):
        run.decide(delta, "accepted", evidence=(*delta.evidence, (fallen.day, fallen.count)))
    else:
        run.leave_to_user(delta)


def _small_fall(run: Run, fallen: Count) -> None:
    """Continue from a slightly lower count; nothing is withdrawn."""
    lowered = run.state.latest - fallen.count
    run.note("small_fall", fallen.day, before=run.state.latest, count=fallen.count)
    run.change(
        latest=fallen.count, latest_on=fallen.day, initial=max(run.state.initial - lowered, 0)
    )
    run.remember(fallen)


def _rolled_over(run: Run, count: int) -> int | None:
    """Return the pages if the counter fell because it passed the end of its range."""
    most = run.context.limits.busiest_factor * run.state.history.busiest
    for end in _ROLL_OVERS:
        pages = end - (run.state.latest - count)
        if 0 < pages <= most and run.state.latest <= end + most:
            return pages
    return None
