"""Sums of the values that several printers send at once (K3)."""

from datetime import date

import pytest

from tests.services.counters import MONDAY, Counters, Row, by_area, by_colour, row
from tests.services.dealer import Dealer, simulate


@pytest.mark.slow
@pytest.mark.both_databases
@pytest.mark.parametrize("counters", [by_colour, by_area])
@pytest.mark.parametrize("value", [2**62, 2**63 - 2, 10**12 + 1])
def test_k3_huge_values_of_several_printers_do_not_exceed_63_bits_in_sum(
    dealer: Dealer, counters: Counters, value: int
) -> None:
    feed = dealer.connects("Harbour", dealer.at(MONDAY))

    def fleet(number: int, day: date) -> list[Row]:
        usual = counters(9_000 + 30 * number)
        # The first counter of each is too large from the third night on.
        fault = dict.fromkeys(list(usual)[:1], value) if number > 1 else {}
        huge = [
            row("Harbour", f"S-{one}", 0, day, counters={**usual, **fault}) for one in (1, 2, 3, 4)
        ]
        return [*huge, row("Harbour", "S-9", 500 + 5 * number, day)]

    simulate(dealer, MONDAY, 4, fleet)

    assert dealer.total(feed) == 4 * 30 + 3 * 5
