"""The sandbox: what the demo and the tests of the night rely on."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.printerpoint.school_fleet import SUNDAY, count, school, shown
from webapp.domain.metering.counter_sets import (
    COUNTER_SETS,
    CounterSet,
    pages_of,
    select_counter_set,
    values_of_set,
)
from webapp.printerpoint.sandbox import Sandbox
from webapp.printerpoint.sandbox.usage import ROLL_WIDTH_MM


def test_usage_follows_the_weekdays(printerpoint: Sandbox) -> None:
    printerpoint.set_time(SUNDAY)
    school(printerpoint)
    for night in range(1, 61):
        printerpoint.set_time(SUNDAY + timedelta(days=night))

    pages = printerpoint.pages_printed("School")

    weekdays = [n for day, n in pages.items() if day.weekday() < 5]
    weekends = [n for day, n in pages.items() if day.weekday() >= 5]
    assert len(weekdays) == 43
    assert all(50 < n < 160 for n in weekdays)
    assert max(weekends) < 20
    assert count(shown(printerpoint)["S1"]) == 1_000 + sum(pages.values())


def test_pages_do_not_depend_on_how_the_calendar_advances(printerpoint: Sandbox) -> None:
    printerpoint.set_time(SUNDAY)
    school(printerpoint)
    with Sandbox(tokens=[printerpoint.token]) as other:
        other.set_time(SUNDAY)
        school(other)
        for hours in range(7, 24 * 20, 7):
            other.set_time(SUNDAY + timedelta(hours=hours))
        printerpoint.set_time(other.now)

        assert other.pages_printed("School") == printerpoint.pages_printed("School")


def test_printers_of_one_usage_pattern_print_differently(printerpoint: Sandbox) -> None:
    printerpoint.set_time(SUNDAY)
    first = school(printerpoint)
    second = printerpoint.add_printer("School", serial="S2", count=1_000, pages_per_weekday=100)
    printerpoint.set_time(SUNDAY + timedelta(days=7))

    listed = shown(printerpoint)

    assert first != second
    assert count(listed["S1"]) != count(listed["S2"])


def test_days_are_those_of_the_sandboxs_time_zone() -> None:
    with Sandbox(time_zone="Pacific/Auckland") as printerpoint:
        printerpoint.set_time(SUNDAY)
        printerpoint.add_printer(printerpoint.add_customer("School"), "S1")
        printerpoint.set_time(datetime(2026, 8, 30, 20, tzinfo=UTC))
        printerpoint.print_pages("S1", 3)

        assert printerpoint.pages_printed("School") == {date(2026, 8, 31): 3}


def test_a_stopped_agent_hides_pages_until_it_starts(printerpoint: Sandbox) -> None:
    printerpoint.set_time(SUNDAY)
    school(printerpoint)
    printerpoint.set_time(SUNDAY + timedelta(days=2))
    before = shown(printerpoint)
    printerpoint.stop_agent("School")
    printerpoint.set_time(SUNDAY + timedelta(days=6))
    frozen = shown(printerpoint)
    printerpoint.start_agent("School")

    after = shown(printerpoint)["S1"]

    assert frozen == before
    assert count(after) == 1_000 + sum(printerpoint.pages_printed("School").values())
    assert after.last_seen is not None
    assert timedelta(0) < printerpoint.now - after.last_seen < timedelta(minutes=5)


def test_a_replaced_printer_has_the_asset_id_and_its_own_count(
    printerpoint: Sandbox,
) -> None:
    printerpoint.set_time(SUNDAY)
    school(printerpoint)
    printerpoint.replace_printer("S1", "S2", count=7)

    listed = shown(printerpoint)
    printerpoint.set_time(SUNDAY + timedelta(days=2))

    assert list(listed) == ["S2"]
    assert (listed["S2"].asset_id, count(listed["S2"])) == ("A1", 7)
    assert count(shown(printerpoint)["S2"]) > 7


def test_changes_of_a_printer_are_in_the_response(printerpoint: Sandbox) -> None:
    printerpoint.set_time(SUNDAY)
    school(printerpoint, pages_per_weekday=0)
    printerpoint.print_pages("S1", 30)
    printed = shown(printerpoint)
    printerpoint.set_count("S1", 5)
    misread = shown(printerpoint)
    printerpoint.reset_count("A1")
    printerpoint.set_asset("S1", "B2")
    reset = shown(printerpoint)
    printerpoint.move_printer("S1", printerpoint.add_customer("Bakery"))
    moved = shown(printerpoint, "Bakery")
    printerpoint.remove_printer("S1")

    assert [count(listed["S1"]) for listed in (printed, misread, reset, moved)] == [1_030, 5, 0, 0]
    assert reset["S1"].asset_id == "B2"
    assert shown(printerpoint, "Bakery") == {}
    assert printerpoint.pages_printed("School") == {SUNDAY.date(): 30}


def test_a_printer_without_a_network_was_never_seen(printerpoint: Sandbox) -> None:
    printerpoint.add_printer(printerpoint.add_customer("School"), "S1", count=9, networked=False)

    assert shown(printerpoint)["S1"].last_seen is None


@pytest.mark.parametrize("counter_set", COUNTER_SETS)
@pytest.mark.parametrize("pages", [1, 3, 182_345])
def test_every_counter_set_measures_whole_pages(
    printerpoint: Sandbox, counter_set: CounterSet, pages: int
) -> None:
    customer = printerpoint.add_customer("School")
    printerpoint.add_printer(customer, serial="S1", count=pages, counter_set=counter_set)

    counters = shown(printerpoint)["S1"].counters

    assert select_counter_set(counters) == counter_set
    own = values_of_set(counters, counter_set)
    assert pages_of(counter_set, own.values(), ROLL_WIDTH_MM) == pages


def test_given_counters_are_sent_unchanged_and_increase_from_there(printerpoint: Sandbox) -> None:
    customer = printerpoint.add_customer("School")
    given_ones = {"paperLengthInMicrometers": 50_000_000, "scans": None}
    printerpoint.add_printer(customer, serial="S1", counters=given_ones)

    before = shown(printerpoint)["S1"].counters
    printerpoint.print_pages("S1", 10)
    after = shown(printerpoint)["S1"].counters

    assert before == {"paperLength": 50_000_000}
    assert after["paperLength"] > 50_000_000


def test_without_set_time_the_sandbox_uses_the_real_clock() -> None:
    moments = iter(SUNDAY + timedelta(days=n) for n in range(100))
    with Sandbox(now=lambda: next(moments)) as printerpoint:
        school(printerpoint)
        first = shown(printerpoint)["S1"]
        second = shown(printerpoint)["S1"]

    assert first.last_seen is not None
    assert second.last_seen is not None
    assert second.last_seen > first.last_seen


def test_a_calendar_set_back_takes_no_page_back(printerpoint: Sandbox) -> None:
    printerpoint.set_time(SUNDAY + timedelta(days=10))
    school(printerpoint)
    printerpoint.set_time(SUNDAY)
    before = count(shown(printerpoint)["S1"])
    printerpoint.set_time(SUNDAY + timedelta(days=2))

    assert before == 1_000
    assert count(shown(printerpoint)["S1"]) > 1_000


def test_a_naive_datetime_is_refused(printerpoint: Sandbox) -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        printerpoint.set_time(SUNDAY.replace(tzinfo=None))


def test_counter_sets_are_those_of_the_domain() -> None:
    assert set(COUNTER_SETS) == set(get_args(CounterSet))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(min_value=1, max_value=400), min_size=1, max_size=12))
def test_no_page_is_lost_between_rhythm_counter_and_oracle(hours: list[int]) -> None:
    printerpoint = Sandbox()
    printerpoint.set_time(SUNDAY)
    school(printerpoint)
    for step in hours:
        printerpoint.set_time(printerpoint.now + timedelta(hours=step))

    rows, _ = printerpoint.rows_of(printerpoint.token, 0, 10)

    counters = rows[0]["counters"]
    listed = sum(n for name, n in counters.items() if name.startswith("coloredPages"))
    assert listed == 1_000 + sum(printerpoint.pages_printed("School").values())
