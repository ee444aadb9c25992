"""How values read: a table a filter."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment, StrictUndefined

from webapp import filters
from webapp.domain.months import Month


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1,000"),
        (2_469_134, "2,469,134"),
        (2**63 - 1, "9,223,372,036,854,775,807"),
        (-1_234, "−1,234"),
    ],
)
def test_whole_numbers_have_thousands_separators(number: int, text: str) -> None:
    assert filters.number(number) == text


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "printer", "0 printers"),
        (1, "printer", "1 printer"),
        (-1, "page", "−1 page"),
        (12_000, "printer", "12,000 printers"),
        (1, "entry", "1 entry"),
        (2, "entry", "2 entries"),
    ],
)
def test_a_noun_agrees_with_its_number(number: int, noun: str, text: str) -> None:
    assert filters.pluralize(number, noun) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0.00"),
        ("0.15", "0.15"),
        ("1.5", "1.50"),
        ("296.31", "296.31"),
        ("63.048", "63.05"),
        ("0.0026", "0.0026"),
        ("0.010", "0.010"),
        ("0.01", "0.01"),
        ("-0.0026", "-0.0026"),
        ("1.4826", "1.48"),
        ("1440057.61", "1,440,057.61"),
    ],
)
def test_trees_have_two_decimals_or_significant_digits(number: str, text: str) -> None:
    assert filters.trees(Decimal(number)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 10, 31), "Oct 31, 2026"),
        (date(2028, 2, 29), "Feb 29, 2028"),
        (date(2026, 5, 1), "May 1, 2026"),
        (datetime(2026, 10, 31, 23, 59, tzinfo=ZoneInfo("Asia/Tokyo")), "Oct 31, 2026"),
    ],
)
def test_a_day_is_written_out(value: date, text: str) -> None:
    assert filters.day(value) == text


@pytest.mark.parametrize(
    "value", [date(2026, 10, 1), date(2026, 10, 31), Month.parse("2026-10"), "2026-10"]
)
def test_a_month_reads_the_same_from_a_date_a_month_and_its_text(value: object) -> None:
    assert filters.month(value) == "October 2026"


@pytest.mark.parametrize("text", ["", "October", "2026", "2026-00", "2026-13", "2026-x"])
def test_a_text_that_is_not_a_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month"):
        filters.month(text)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "Oct 31, 2026, 4:45 PM UTC"),
        ("America/New_York", "Oct 31, 2026, 12:45 PM EDT"),
        ("Asia/Tokyo", "Nov 1, 2026, 1:45 AM JST"),
        ("America/Sao_Paulo", "Oct 31, 2026, 1:45 PM UTC−03"),
        ("Asia/Kathmandu", "Oct 31, 2026, 10:30 PM UTC+0545"),
        (ZoneInfo("Europe/Berlin"), "Oct 31, 2026, 5:45 PM CET"),
    ],
)
def test_a_datetime_is_formatted_in_local_time(zone: str | ZoneInfo, text: str) -> None:
    moment = datetime(2026, 10, 31, 16, 45, 20, 123456, tzinfo=UTC)

    assert filters.time_in(moment, zone) == text


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("America/New_York", "Eastern Time"),
        ("America/Phoenix", "Mountain Time"),
        (ZoneInfo("Europe/Berlin"), "Central European Time"),
        ("UTC", "UTC"),
        ("Etc/GMT+5", "GMT+5"),
        ("Pacific/Honolulu", "Honolulu"),
        ("America/Argentina/Buenos_Aires", "Argentina Time"),
    ],
)
def test_a_time_zone_has_its_name_or_that_of_its_city(zone: str | ZoneInfo, text: str) -> None:
    assert filters.zone_name(zone) == text


@pytest.mark.parametrize(
    ("value", "text"), [(time(0, 5), "12:05 AM"), (time(12), "12:00 PM"), (time(18, 7), "6:07 PM")]
)
def test_a_clock_has_twelve_hours(value: time, text: str) -> None:
    assert filters.clock_time(value) == text


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 11, 3), date(2026, 11, 3), "Nov 3, 2026"),
        (date(2026, 11, 3), date(2026, 11, 9), "Nov 3 – 9, 2026"),
        (date(2026, 10, 28), date(2026, 11, 3), "Oct 28 – Nov 3, 2026"),
        (date(2026, 12, 30), date(2027, 1, 2), "Dec 30, 2026 – Jan 2, 2027"),
    ],
)
def test_a_range_of_days_names_a_month_and_a_year_once(first: date, last: date, text: str) -> None:
    assert filters.days(first, last) == text


@pytest.mark.parametrize(
    ("label", "year", "text"),
    [
        ("2026-10-31", True, "Oct 31, 2026"),
        ("2026-10-31", False, "Oct 31"),
        ("2026-10", True, "Oct 2026"),
        ("2026-10", False, "Oct"),
    ],
)
def test_dates_of_charts_are_short(label: str, year: bool, text: str) -> None:
    assert filters.short_date(label, year=year) == text


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        filters.time_in(datetime(2026, 10, 31, 16, 45, tzinfo=UTC).replace(tzinfo=None), "UTC")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2026, 11, 1), "tomorrow"),
        (date(2026, 11, 3), "in 3 days"),
        (date(2026, 10, 31), "today"),
        (date(2026, 10, 30), "yesterday"),
        (date(2026, 10, 28), "3 days ago"),
        (date(2023, 2, 4), "1,365 days ago"),
    ],
)
def test_days_are_counted_from_today(value: date, text: str) -> None:
    assert filters.days_ago(value, date(2026, 10, 31)) == text


def test_templates_use_every_filter_by_its_name() -> None:
    environment = Environment(undefined=StrictUndefined, autoescape=True)
    environment.filters.update(filters.FILTERS)
    template = environment.from_string(
        "{{ pages|number }} | {{ 2|pluralize('feed') }} | {{ trees|trees }} | {{ day|day }} | "
        "{{ day|month }} | {{ moment|time_in('UTC') }} | {{ day|days_ago(day) }}"
    )

    text = template.render(
        pages=12_345,
        trees=Decimal("1.48"),
        day=date(2026, 10, 31),
        moment=datetime(2026, 10, 31, 1, 2, tzinfo=UTC),
    )

    assert text == (
        "12,345 | 2 feeds | 1.48 | Oct 31, 2026 | October 2026 | Oct 31, 2026, 1:02 AM UTC | today"
    )
