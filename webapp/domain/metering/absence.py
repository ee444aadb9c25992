"""Absence: a device without a row of its own customer in the fleet."""

from dataclasses import replace

from webapp.domain.metering.counter_sets import usable_values
from webapp.domain.metering.events import Result
from webapp.domain.metering.identity import Row
from webapp.domain.metering.run import Context, Run
from webapp.domain.metering.state import DeviceState, UnconnectedRow


def missing(state: DeviceState, context: Context, elsewhere: Row | None = None) -> Result:
    """Return the result for a device without a row in the fleet.

    ``elsewhere``: its row at a customer without a feed, if its own customer is not found.
    """
    if elsewhere is not None:
        seen = UnconnectedRow(
            elsewhere.customer,
            elsewhere.asset_id,
            context.closing,
            context.past(elsewhere.last_seen),
            usable_values(elsewhere.counters),
        )
        state = replace(state, elsewhere=seen)
    if state.missing_since is not None:
        return Result(state)
    run = Run(state, context)
    run.change(missing_since=context.closing)
    run.note("missing", context.closing)
    return run.result()
