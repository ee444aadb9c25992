"""Amounts of water and CO2 for pages."""

from decimal import Decimal

import pytest

from webapp.domain.equivalents import amount


@pytest.mark.parametrize(
    ("pages", "per_thousand", "expected"),
    [
        (1_000, "1300", "1300"),
        (8_333, "4.7", "39.2"),
        (2_469_134, "4.7", "11605"),
        (1, "13.5", "0.014"),
        (22, "4.7", "0.10"),
        (99_950, "1", "100.0"),
        (100_000, "1", "100"),
        (2**63 - 1, "1000000", "9223372036854775807000"),
    ],
)
def test_an_amount_is_rounded_once_by_its_size(
    pages: int, per_thousand: str, expected: str
) -> None:
    assert str(amount(pages, Decimal(per_thousand))) == expected
