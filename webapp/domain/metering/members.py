"""Members: the counters of a set, each of which is counted from its own baseline."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from webapp.domain.metering.counter_sets import CounterSet, pages_of
from webapp.domain.metering.counting import first_count, is_restored, since_of
from webapp.domain.metering.falls import apply_count
from webapp.domain.metering.run import Count, Run


def apply_members(
    run: Run,
    counter_set: CounterSet,
    reading: Count,
    base: Mapping[str, int],
    own: Mapping[str, int],
) -> None:
    """Apply the counters known before, then those that were at 0, then new ones.

    ``base``: the values of those known before; ``own``: all values of the set.
    """
    known, context = run.state.members, run.context
    since = since_of(run.state, reading)
    days = max(context.business_days(since, reading.day), 1)
    fresh = {name: own[name] for name in own if known.get(name) == 0 and own[name]}
    joining = {name: own[name] for name in own if name not in known and own[name]}
    taken = dict(base)

    def pages(values: Mapping[str, int]) -> int:
        return pages_of(counter_set, values.values(), context.roll_width_mm)

    with_fresh = replace(reading, count=pages(taken | fresh))
    printed = with_fresh.count - pages(taken) <= context.limits.new_machine * days
    if printed or is_restored(run, with_fresh, since):
        taken, fresh = taken | fresh, {}
    apply_count(run, replace(reading, count=pages(taken)))
    if run.state.fall is not None:
        return
    if fresh:
        taken |= fresh
        stood_at_zero = replace(reading, count=pages(taken))
        first_count(run, stood_at_zero, since)
        run.change(latest=stood_at_zero.count)
    if joining:
        _join(run, reading, joining, since)
    if fresh or joining:
        run.remember(reading)


def _join(run: Run, reading: Count, joining: Iterable[str], since: date) -> None:
    """Take the first values of new members as their baselines, which are not deposited."""
    before = run.state.latest
    added = reading.count - before
    run.note("member_joined", reading.day, members=", ".join(joining), pages=added)
    run.record(reading, "joined", "baseline", added, before=before, since=since)
    run.change(latest=reading.count, initial=run.state.initial + added)
