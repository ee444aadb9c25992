"""Charts: where bars stand, what they are called, and which marks an axis has."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask_babel import force_locale

from webapp.queries.metrics import DayPages
from webapp.views.shared.bars import Bar, bars_of_days
from webapp.views.shared.charts import HEIGHT, layout_chart

MONDAY = date(2026, 11, 2)
HOLIDAY = MONDAY + timedelta(days=1)


def days(count: int, pages: int = 100) -> list[Bar]:
    """So many days from a Monday on, with as many pages each."""
    of_days = [DayPages(MONDAY + timedelta(days=number), pages) for number in range(count)]
    return bars_of_days(of_days, {HOLIDAY})


def test_holidays_and_recovered_days_are_marked() -> None:
    recovered = DayPages(MONDAY, 5, recovered=True)
    saturday = DayPages(MONDAY + timedelta(days=5), 5)

    bars = bars_of_days([recovered, DayPages(HOLIDAY, 5), saturday], {HOLIDAY})

    assert [bar.kind for bar in bars] == ["recovered", "weekend", "weekend"]
    assert layout_chart(bars).slots[0].text == "Nov 2, 2026: 5 pages, recovered"


def test_pages_under_review_are_a_marker_with_their_own_number_above_the_counted_pages() -> None:
    tuesday = MONDAY + timedelta(days=8)
    of_days = [DayPages(MONDAY, 3_309, held=6_339_264), DayPages(tuesday, 0, held=1)]

    chart = layout_chart(bars_of_days(of_days, set(), marks_held=True))

    assert [column.kind for column in chart.columns] == ["normal"]
    assert [slot.text for slot in chart.slots] == [
        "Nov 2, 2026: 3,309 pages; 6,339,264 pages under review",
        "Nov 10, 2026: 0 pages; 1 page under review",
    ]
    assert [(one.x, one.number) for one in chart.held] == [(25.0, "6.3M"), (75.0, "1")]
    assert (chart.held[0].until, chart.held[1].until) == (chart.columns[0].top, "200.0")
    assert [row.held for row in chart.rows] == ["6,339,264", "1"]
    assert (chart.total, chart.held_total) == ("3,309", "6,339,265")
    assert chart.text.endswith("6,339,265 pages under review.")
    assert not layout_chart(bars_of_days(of_days, set())).held


def test_days_with_pages_under_review_only_are_not_an_empty_chart() -> None:
    assert not layout_chart([Bar("2026-11-02", 0, held=5)]).is_empty
    assert layout_chart([Bar("2026-11-02", 0)]).is_empty


def test_markers_close_to_each_other_have_one_number() -> None:
    bars = [Bar(f"2026-11-{day:02}", 10, held=1_000 * day) for day in range(1, 29)]

    numbers = [marker.number for marker in layout_chart(bars).held]

    assert len(numbers) == 28
    assert [number for number in numbers if number] == [
        "1K",
        "5K",
        "9K",
        "13K",
        "17K",
        "21K",
        "25K",
    ]


@pytest.mark.parametrize(
    ("highest", "marks"),
    [
        (0, ["0", "1"]),
        (4, ["0", "1", "2", "3", "4"]),
        (5, ["0", "2", "4", "6"]),
        (12_345, ["0", "5K", "10K", "15K"]),
        (1_234_567_890, ["0", "500M", "1B", "1.5B"]),
    ],
)
def test_an_axis_has_few_round_ticks_up_to_the_maximum(highest: int, marks: list[str]) -> None:
    grid = layout_chart([Bar("2026-11-02", highest)]).grid

    assert [mark.text for mark in grid] == marks
    assert grid[0].at == HEIGHT
    assert grid[-1].at == 0


def test_the_smallest_bar_is_visible_and_zero_has_none() -> None:
    columns = layout_chart([*days(1, 1_000_000), *days(1, 1), *days(1, 0)]).columns

    assert len(columns) == 2
    assert (columns[0].top, columns[0].height) == ("0.0", "200.0")
    assert (columns[1].top, columns[1].height) == ("198.5", "1.5")


@pytest.mark.parametrize("count", [1, 7, 8, 12, 31, 92])
def test_bars_are_within_the_chart_and_the_last_day_is_labelled(count: int) -> None:
    made = layout_chart(days(count))

    assert len(made.columns) == len(made.slots) == len(made.rows) == count
    assert made.axis[-1].text == f"{MONDAY + timedelta(days=count - 1):%b %-d}"
    assert 1 <= len(made.axis) <= 14
    assert all(0 <= mark.at <= 100 for mark in made.axis)
    assert made.total == f"{100 * count:,}"


def test_trees_are_cumulative_and_have_no_total() -> None:
    made = layout_chart([Bar("2026-01", Decimal("0.25")), Bar("2026-02", Decimal("2.40"))], "trees")

    assert made.total is None
    assert made.text.startswith("Jan 2026 to Feb 2026: from 0.25 to 2.40 trees.")
    assert [mark.text for mark in made.grid] == ["0", "1", "2", "3"]
    assert [slot.text for slot in made.slots] == [
        "Jan 2026: 0.25 trees",
        "Feb 2026: 2.40 trees",
    ]
    assert (made.columns[1].top, made.columns[1].height) == ("40.0", "160.0")
    assert [row.value for row in made.rows] == ["0.25", "2.40"]


@pytest.mark.usefixtures("translations")
def test_a_chart_is_in_the_language_of_the_page() -> None:
    with force_locale("es"):
        made = layout_chart([Bar("2026-01", 12_345), Bar("2026-02", 1, held=7)])

    assert made.text.startswith("Desde ene 2026 hasta feb 2026: 12,346 páginas en total;")
    assert made.text.endswith("7 páginas en revisión.")
    assert not made.are_days
    assert made.slots[0].text == "Ene 2026: 12,345 páginas"
    assert made.slots[1].text == "Feb 2026: 1 página; 7 páginas en revisión"
    assert [mark.text for mark in made.grid] == ["0", "5\xa0K", "10\xa0K", "15\xa0K"]
