"""Copies: another updated row of a serial number with a disagreeing count; its pages wait."""

from dataclasses import replace

from webapp.domain.metering.counter_sets import usable_values, values_of_set
from webapp.domain.metering.identity import Row, count_of, normalize
from webapp.domain.metering.run import Run
from webapp.domain.metering.state import Copy


def compare_copies(run: Run, disputed: tuple[Row, ...]) -> None:
    """Compare how disputed rows moved with how the machine moved since they were last seen.

    Until both have moved, nothing is compared: a copy can be updated later than the machine. Rows
    that move equally are a copy and are dropped; rows that move differently, or night after night
    while the machine does not print, are another machine, which ``matching`` then matches
    separately.
    """
    if not disputed and not run.state.copies:
        return
    known = {(copy.customer, copy.asset): copy for copy in run.state.copies}
    for row in disputed:
        key = (row.customer, normalize(row.asset_id))
        copy = known.get(key)
        after = _first(run, row) if copy is None else _compared(run, row, copy)
        if after is not None:
            known[key] = after
    run.change(
        copies=tuple(known[key] for key in sorted(known, key=lambda key: (*key[:1], key[1] or "")))
    )


def _first(run: Run, row: Row) -> Copy | None:
    counter_set = run.state.counter_set
    count = count_of(row, counter_set, run.context)
    if counter_set is None or count is None:
        return None
    day = run.context.closing
    run.note("disputed", day, customer=row.customer, asset=row.asset_id, count=count)
    return Copy(
        customer=row.customer,
        asset=normalize(row.asset_id),
        counter_set=counter_set,
        first_values=values_of_set(usable_values(row.counters), counter_set),
        first_day=day,
        count=count,
        main_count=run.state.reported,
        night=day,
    )


def _compared(run: Run, row: Row, copy: Copy) -> Copy:
    context, limits = run.context, run.context.limits
    count = count_of(row, copy.counter_set, context)
    if copy.verdict is not None or count is None:
        return copy
    moved, main_moved = count - copy.count, run.state.reported - copy.main_count
    if not moved:
        return copy
    if not main_moved:
        return _moved_alone(run, row, copy, count)
    after = replace(
        copy,
        count=count,
        main_count=run.state.reported,
        night=context.closing,
        alone=0,
        alone_count=None,
    )
    if abs(moved - main_moved) <= limits.equal_pages:
        after = replace(after, equal=copy.equal + 1)
    else:
        after = replace(after, different=copy.different + 1)
    if after.different >= limits.separate_nights:
        return _separated(run, row, after)
    if after.equal >= limits.copy_nights:
        run.note("copy", context.closing, customer=row.customer, asset=row.asset_id)
        return replace(after, verdict="copy")
    return after


def _moved_alone(run: Run, row: Row, copy: Copy, count: int) -> Copy:
    """Count a night on which only the other row moved."""
    if count <= (copy.count if copy.alone_count is None else copy.alone_count):
        return copy
    after = replace(copy, alone=copy.alone + 1, alone_count=count)
    if after.alone < run.context.limits.alone_nights:
        return after
    return _separated(run, row, replace(after, night=run.context.closing))


def _separated(run: Run, row: Row, copy: Copy) -> Copy:
    run.note("two_machines", run.context.closing, customer=row.customer, asset=row.asset_id)
    return replace(copy, verdict="separate")
