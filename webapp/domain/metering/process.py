"""Processing: whether one device's row of a night is a reading, and what it adds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from webapp.domain.metering.baselines import (
    baseline_of,
    count_taken,
    listed,
    set_aliases,
    set_baseline,
    set_listing,
)
from webapp.domain.metering.copies import compare_copies
from webapp.domain.metering.counter_sets import (
    LARGEST,
    MEMBERS,
    CounterSet,
    pages_of,
    select_counter_set,
    usable_values,
    values_of_set,
)
from webapp.domain.metering.counting import rise
from webapp.domain.metering.events import ReadingTaken, Result
from webapp.domain.metering.identity import Row, normalize
from webapp.domain.metering.members import apply_members
from webapp.domain.metering.run import Context, Count, Run
from webapp.domain.metering.state import Alternate, DeviceState, UnconnectedRow


@dataclass(frozen=True, slots=True)
class Observation:
    """The row chosen for a device, with other updated rows that disagree with it.

    ``aliases``: asset IDs of the customer's other rows of its serial number, which repeat it.
    """

    row: Row
    serial: str | None
    asset: str | None
    disputed: tuple[Row, ...] = ()
    does_not_continue: bool = False
    aliases: frozenset[str] = frozenset()


def process(state: DeviceState | None, observation: Observation, context: Context) -> Result:
    """Apply the row of one device. Every value has a result; nothing is raised.

    A night takes one reading: the same answer again, or a newer one that closes the same day, has
    no effect; its pages are counted in the next night.
    """
    if state is not None and state.elsewhere is not None:
        return _after_elsewhere(state, state.elsewhere, observation, context)
    row = observation.row
    run = Run(state or listed(row, observation.serial, observation.asset, context), context)
    if state is None:
        run.note("listed", context.closing, customer=row.customer)
    if run.state.missing_since is not None:
        run.note("listed_again", context.closing, since=run.state.missing_since.isoformat())
        run.change(missing_since=None)
    set_aliases(run, row.customer, observation.asset, observation.aliases)
    if _is_read(run.state, row, context):
        return run.result()
    if observation.does_not_continue:
        return _await_other_machine(run, observation)
    values = usable_values(row.counters)
    seen = context.past(row.last_seen)
    if run.state.counter_set is None:
        return _await_baseline(run, observation, values, seen)
    return _known_set(run, run.state.counter_set, observation, values, seen)


def _after_elsewhere(
    state: DeviceState, known: UnconnectedRow, observation: Observation, context: Context
) -> Result:
    """Apply the row that was read elsewhere first, without deposits, if the device was on loan.

    If its feed has the customer that listed it, the company had been renamed; that row is not used.
    """
    state = replace(state, elsewhere=None)
    is_there = observation.row.customer == known.customer
    if state.begin_anew or (is_there and context.feed_id in (None, state.feed_id)):
        return process(state, observation, context)
    row = Row(known.customer, None, known.asset, state.serial, known.last_seen, known.values)
    there = replace(context, closing=known.day, feed_id=None, feed_first=None)
    away = process(state, Observation(row, state.serial, normalize(known.asset)), there)
    here = process(away.state, observation, context)
    return replace(here, events=(*away.events, *here.events))


def _is_read(state: DeviceState, row: Row, context: Context) -> bool:
    """Whether the night has its reading: only a last-seen of a later day is another one."""
    if state.night is None or context.closing > state.night:
        return False
    seen = context.past(row.last_seen)
    if seen is None or state.read_on is None:
        return True
    day = min(seen.astimezone(context.zone).date(), context.closing)
    return day <= state.read_on or (context.feed_first is not None and day < context.feed_first)


def _await_baseline(
    run: Run, observation: Observation, values: Mapping[str, int], seen: datetime | None
) -> Result:
    """Take the first count above 0 as baseline, unless it was printed since a count of 0."""
    state, context = run.state, run.context
    counter_set = select_counter_set(values)
    members = values_of_set(values, counter_set) if counter_set else {}
    if counter_set is None or sum(members.values()) > LARGEST:
        return run.result(incomplete=True)
    if state.zero_on is not None and context.closing <= state.zero_on:
        return run.result()
    set_listing(run, observation.row, observation.serial, observation.asset)
    count = pages_of(counter_set, members.values(), context.roll_width_mm)
    if count == 0:
        first = state.zero_on is None
        if first:
            run.note("awaiting_baseline", context.closing)
        if first or (seen is not None and seen != state.last_seen):
            run.change(zero_on=context.closing, read_on=context.closing, last_seen=seen)
        return run.result()
    reading = count_taken(run, count, seen)
    run.change(counter_set=counter_set)
    if state.zero_on is None:
        set_baseline(run, reading)
    else:
        run.change(latest_on=state.zero_on, baseline_on=state.zero_on)
        run.note("counts_from_zero", state.zero_on)
        run.remember(Count(0, state.zero_on, reading.feed_id, reading.feed_first))
        rise(run, reading)
        run.remember(reading)
    _close(run, observation, reading, members, seen, baseline=state.zero_on is None)
    return run.result(read=True)


def _known_set(
    run: Run,
    counter_set: CounterSet,
    observation: Observation,
    values: Mapping[str, int],
    seen: datetime | None,
) -> Result:
    own = values_of_set(values, counter_set)
    if not run.state.members:
        # A state created from a stored count: its counters are unknown.
        run.change(members=own)
    known = run.state.members
    lacking = [name for name, value in known.items() if value and name not in own]
    if lacking or not own or sum(own.values()) > LARGEST:
        return _incomplete(run, observation, values, seen, lacking)
    base = {name: value for name, value in own.items() if known.get(name)}
    count = pages_of(counter_set, own.values(), run.context.roll_width_mm)
    compared = base if run.state.fall else {name: own[name] for name in own if name in known}
    if not run.state.is_newer(seen) and run.state.reported == pages_of(
        counter_set, compared.values(), run.context.roll_width_mm
    ):
        return run.result()
    if run.state.incomplete_since is not None:
        run.note("complete_again", run.context.closing)
        run.change(incomplete_since=None, alternate=None)
    run.change(other_machine=None)
    set_listing(run, observation.row, observation.serial, observation.asset)
    reading = count_taken(run, count, seen)
    anew = run.state.begin_anew
    if anew:
        set_baseline(run, reading)
        run.change(begin_anew=False)
    else:
        apply_members(run, counter_set, reading, base, own)
    # A count that may be a glitch does not change the known counters.
    taken = own if run.state.fall is None else known
    _close(run, observation, reading, taken, seen, baseline=anew)
    return run.result(read=True)


def _incomplete(
    run: Run,
    observation: Observation,
    values: Mapping[str, int],
    seen: datetime | None,
    lacking: list[str],
) -> Result:
    """Record an incomplete answer; what is sent permanently instead becomes the baseline."""
    state, context = run.state, run.context
    since = state.incomplete_since
    if since is None:
        since = context.closing
        run.change(incomplete_since=since)
        run.note("incomplete", since, members=", ".join(lacking))
    counter_set = select_counter_set(values)
    members = values_of_set(values, counter_set) if counter_set else {}
    if counter_set is None or not any(members.values()) or sum(members.values()) > LARGEST:
        return run.result(incomplete=True)
    alternate = state.alternate
    if alternate is None or any(
        value and name not in values for name, value in alternate.values.items()
    ):
        alternate = Alternate(counter_set, members, context.closing)
        run.change(alternate=alternate)
    for_good = context.business_days(since, context.closing) >= context.limits.missing_days
    is_frozen = seen is not None and not state.is_newer(seen)
    if not for_good or is_frozen or alternate.day >= context.closing:
        return run.result(incomplete=True)
    return _switch(run, alternate, observation, values, seen)


def _switch(
    run: Run,
    alternate: Alternate,
    observation: Observation,
    values: Mapping[str, int],
    seen: datetime | None,
) -> Result:
    """Continue with another counter set, or with the remaining members."""
    state = run.state
    count = pages_of(alternate.counter_set, alternate.values.values(), run.context.roll_width_mm)
    run.note("set_switched", alternate.day, counter_set=alternate.counter_set, count=count)
    run.change(
        counter_set=alternate.counter_set,
        members=dict(alternate.values),
        incomplete_since=None,
        alternate=None,
        era=state.era + 1,
        read_on=alternate.day,
    )
    set_baseline(run, Count(count, alternate.day, run.context.feed_id, run.context.feed_first))
    return _known_set(run, alternate.counter_set, observation, values, seen)


def _await_other_machine(run: Run, observation: Observation) -> Result:
    """Handle a row without a serial number that does not continue this device's count.

    There is no reading; after some business days it is another machine, counted from its first
    night.
    """
    context = run.context
    values = usable_values(observation.row.counters)
    counter_set = select_counter_set(values)
    if counter_set is None or sum(values.values()) > LARGEST:
        return run.result(incomplete=True)
    first = run.state.other_machine
    if first is None:
        members = values_of_set(values, counter_set)
        first = Alternate(counter_set, members, context.closing)
        run.change(other_machine=first)
        run.note("does_not_continue", context.closing, asset=observation.asset)
    if context.business_days(first.day, context.closing) < context.limits.missing_days:
        return run.result(incomplete=True)
    asset = observation.asset
    run.change(other_machine=None, missing_since=context.closing)
    run.note("two_machines", context.closing, asset=asset)
    run.note("missing", context.closing)
    # It is read in this night, as it would be if the night were collected again. Its deltas are
    # numbered after the other's, so that those of a replay follow the stored ones.
    number = run.state.next_number
    other = baseline_of(first, observation.row.customer, asset, context, number)
    taken = process(other, replace(observation, does_not_continue=False), context)
    return replace(run.result(), spawned=(taken,))


def _close(
    run: Run,
    observation: Observation,
    reading: Count,
    members: Mapping[str, int],
    seen: datetime | None,
    *,
    baseline: bool,
) -> None:
    """Record that the night has its reading of this device."""
    state, context = run.state, run.context
    counter_set = state.counter_set
    if counter_set is None:
        return
    run.events.append(
        ReadingTaken(
            day=reading.day,
            count=reading.count,
            counter_set=counter_set,
            members=dict(members),
            last_seen=observation.row.last_seen,
            feed_id=context.feed_id,
            baseline=baseline,
        )
    )
    run.change(
        members={name: members[name] for name in MEMBERS[counter_set] if name in members},
        read_on=reading.day,
        night=context.closing,
        last_seen=seen if seen is not None else state.last_seen,
    )
    compare_copies(run, observation.disputed)
