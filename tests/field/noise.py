"""The table of noise: every kind, how often it happens, and how long it lasts.

``per_mille``: machines of a thousand to which it happens in a run (a case of several machines
counts once). Customers and nights have tables of their own. A run's seed and a case's name are the
seed of its random numbers: another kind, or another rate, leaves every other case unchanged.
"""

from dataclasses import dataclass

from tests.field import hardware, identity, places, values
from tests.field.cases import Behaviour, plain


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of noise that happens to machines.

    ``nights``: the shortest and the longest time it lasts. ``by_hand``: its counts are typed.
    ``any_feed``: which of its customers has the pages is left open. ``settles``: the nights that
    are left after it, so that later readings can decide.
    """

    name: str
    per_mille: float
    behaviour: Behaviour
    nights: tuple[int, int] = (1, 1)
    by_hand: bool = False
    any_feed: bool = False
    settles: int = 5


PLAIN = Kind("ordinary", 0, plain)

KINDS = (
    Kind("counter reset", 1.0, hardware.counter_reset),
    Kind("used board, lower", 0.4, hardware.used_board),
    Kind("used board, far higher", 0.2, hardware.used_board_higher),
    Kind("counter restored", 0.4, hardware.counter_restored, (2, 6)),
    Kind("swapped", 2.0, hardware.swapped),
    Kind("swapped, 0 first", 1.0, hardware.swapped_zero_first),
    Kind("swapped, no serial", 0.4, hardware.swapped_unnamed, settles=10),
    Kind("swapped, both listed", 0.6, hardware.swapped_both_listed),
    Kind("new machine", 2.0, hardware.new_machine),
    Kind("zeros first", 2.0, hardware.zeros_first, (1, 4)),
    Kind("nulls first", 2.0, hardware.nulls_first, (1, 4)),
    Kind("roll-over", 0.2, hardware.rolls_over),
    Kind("late counter", 2.0, hardware.late_counter),
    Kind("counter null", 3.0, hardware.member_missing, (1, 3)),
    Kind("set missing", 3.0, values.set_missing, (1, 3)),
    Kind("set replaced for nights", 2.0, values.set_replaced_once, (1, 3)),
    Kind("set replaced for good", 1.0, values.set_replaced, settles=10),
    Kind("two sets", 20.0, values.two_sets),
    Kind("read by hand monthly", 15.0, values.read_monthly, by_hand=True),
    Kind("read by hand weekly", 5.0, values.read_weekly, by_hand=True),
    Kind("typed tenfold", 0.4, values.typed_tenfold, by_hand=True, settles=15),
    Kind("typed short", 0.4, values.typed_short, by_hand=True, settles=15),
    Kind("typed too high", 0.4, values.typed_swapped, by_hand=True, settles=15),
    Kind("impossible value", 2.0, values.impossible, (1, 3)),
    Kind("negative value", 0.4, values.negative, (1, 3)),
    Kind("spike", 2.0, values.spike),
    Kind("spike of two nights", 0.4, values.spike, (2, 2)),
    Kind("spike of digits", 0.6, values.spike_of_digits),
    Kind("zero for a night", 1.0, values.zero_for_a_night, (1, 3)),
    Kind("burst", 12.0, values.burst),
    Kind("exact duplicate", 2.0, values.exact_duplicate),
    Kind("blank serial", 6.0, identity.blank_serial),
    Kind("serial known late", 1.0, identity.serial_known_late),
    Kind("serial spelling", 6.0, identity.serial_spelling),
    Kind("placeholder serial", 1.0, identity.placeholder),
    Kind("shared serial", 0.2, identity.shared_serial),
    Kind("two assets", 2.0, identity.two_assets),
    Kind("second asset later", 1.0, identity.two_assets_later),
    Kind("with and without asset", 2.0, identity.with_and_without_asset),
    Kind("asset changed", 2.0, identity.asset_changed),
    Kind("at two customers", 0.6, identity.at_two_customers, any_feed=True),
    Kind("moved", 2.0, places.moved),
    Kind("moved, old row stays", 1.0, places.moved_row_stays),
    Kind("moved and back", 0.6, places.moved_and_back, (3, 8)),
    Kind("on loan", 0.6, places.on_loan, (3, 10)),
    Kind("silent", 6.0, places.silent, (1, 8)),
    Kind("switched off", 4.0, places.switched_off, (1, 8)),
    Kind("not listed", 3.0, places.not_listed, (1, 8)),
    Kind("retired", 1.0, places.retired),
    Kind("last-seen in the future", 2.0, places.seen_in_future, (1, 10)),
    Kind("last-seen years behind", 2.0, places.seen_years_behind),
    Kind("last-seen goes back", 2.0, places.seen_goes_back, (1, 5)),
    Kind("last-seen stands still", 1.0, places.seen_stands_still),
    Kind("last-seen never", 2.0, places.seen_never),
    Kind("silent since long", 1.0, places.silent_since_long),
)


@dataclass(frozen=True, slots=True)
class CustomerKind:
    """A kind of noise that happens to all of a customer: how many of 100, how many nights."""

    name: str
    per_cent: float
    nights: tuple[int, int] = (1, 1)


AGENT_OFFLINE = CustomerKind("agent offline", 6, (1, 8))
CUSTOMER_MISSING = CustomerKind("customer missing", 3, (1, 2))
CUSTOMER_RENAMED = CustomerKind("customer renamed", 3)
RENAMED_WITHOUT_ID = CustomerKind("renamed without ID", 1, (2, 3))
CUSTOMER_KINDS = (AGENT_OFFLINE, CUSTOMER_MISSING, CUSTOMER_RENAMED, RENAMED_WITHOUT_ID)


@dataclass(frozen=True, slots=True)
class NightRates:
    """How often a night is not like others."""

    failed: float = 0.04
    repeated: float = 0.12


NIGHTS = NightRates()
