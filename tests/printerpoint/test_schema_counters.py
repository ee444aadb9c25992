"""Counters of a row."""

import pytest

from tests.printerpoint.rows import (
    AS_READ,
    DOCUMENTED,
    bad_row,
    printer,
    read,
    read_text,
    reason_of,
)
from webapp.domain.metering.counter_sets import COUNTERS
from webapp.domain.reasons import reason
from webapp.messages import sentence
from webapp.printerpoint.schema import BadRow, Printer


def test_counters_are_read_as_a_list_with_units() -> None:
    listed = [
        {"name": "coloredPagesByMonochrome", "value": 182_345, "unit": "InClicks"},
        {"Name": "coloredPagesByColor", "Value": "20411", "Unit": "clicks"},
        {"name": "colorantVolume", "value": 9, "unit": "InMicroliters"},
    ]

    assert read(DOCUMENTED | {"counters": listed}) == AS_READ


def test_a_counter_in_another_unit_is_ignored() -> None:
    listed = [{"name": "paperAreaTotal", "value": 4, "unit": "InSquareMeters"}]

    assert reason_of(DOCUMENTED | {"counters": listed}) == "paperAreaTotal is in another unit"


def test_every_counter_that_is_metered_is_read_by_its_name_without_unit() -> None:
    units = {"colored": "InClicks", "paperLength": "InMicrometers"}
    sent = {
        name
        + next(
            (unit for start, unit in units.items() if name.startswith(start)),
            "InHundredthsOfASquareMillimeter",
        ): n
        for n, name in enumerate(sorted(COUNTERS))
    }

    assert set(printer(DOCUMENTED | {"counters": sent}).counters) == COUNTERS


def test_tabloid_scans_colorant_and_unknown_counters_are_dropped() -> None:
    counters = {
        "coloredPagesBySizeMonochromeTotalInClicks": 100,
        "coloredPagesBySizeMonochromeTabloidInClicks": 40,
        "coloredPagesBySizeScansInClicks": 5_000,
        "colorantVolumeInMicroliters": 77,
        "fuserRotations": 1,
        "x" * 5_000: 1,
    }

    found = printer(DOCUMENTED | {"counters": counters})

    assert found.counters == {"coloredPagesBySizeMonochromeTotal": 100}


def test_areas_beyond_32_bits_are_read_exactly() -> None:
    counters = {"paperAreaTotalInHundredthsOfASquareMillimeter": 2**63 - 1}

    assert printer(DOCUMENTED | {"counters": counters}).counters == {"paperAreaTotal": 2**63 - 1}


@pytest.mark.parametrize(
    ("raw", "count"), [("20411", 20_411), (" 7 ", 7), (20_411.0, 20_411), (0, 0), ("0", 0)]
)
def test_digits_and_integral_floats_are_numbers(raw: object, count: int) -> None:
    counters = {"coloredPagesByColorInClicks": raw}

    assert printer(DOCUMENTED | {"counters": counters}).counters == {"coloredPagesByColor": count}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("-1", "is negative"),
        ("1.5", "is not a whole number"),
        ("1e400", "is not a number"),
        ("9223372036854775808", "is too large"),
        ("9" * 6_000, "is not a number"),
        ('"many"', "is not a number"),
        ('"12,000"', "is not a number"),
        ("true", "is not a number"),
        ("[3]", "is not a number"),
    ],
)
def test_an_unusable_counter_is_dropped_and_the_others_count(raw: str, reason: str) -> None:
    start = '{"customerCompanyName": "Bakery", "serialNumber": "S1", "counters": '

    alone = read_text(start + f'{{"coloredPagesByColor": {raw}}}}}')
    beside = read_text(start + f'{{"coloredPagesByColor": {raw}, "coloredPagesByMonochrome": 5}}}}')

    assert isinstance(alone, BadRow)
    assert sentence(alone.reason) == f"coloredPagesByColor {reason}"
    assert isinstance(beside, Printer)
    assert beside.counters == {"coloredPagesByMonochrome": 5}


def test_a_counter_sent_twice_with_two_values_is_dropped() -> None:
    counters = {"paperLength": 5, "paperLengthInMicrometers": 6, "paperAreaTotal": 7}

    assert printer(DOCUMENTED | {"counters": counters}).counters == {"paperAreaTotal": 7}


@pytest.mark.parametrize("counters", [None, {}, [], {"coloredPagesByColorInClicks": None}])
def test_a_row_without_a_page_counter_is_reported(counters: object) -> None:
    found = bad_row(DOCUMENTED | {"counters": counters})

    assert found == BadRow(
        reason("no_page_counter"), "Harbour Architects, LLP", "HARB01", "A-1007", "CNB1L2M345"
    )
