"""How names are set: as large as there is room for, in even lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.pdf.text_fitting import Size, fit_text, text_width

SIZES = (Size(40, 1), Size(30, 2), Size(20, 4))
WIDTH = 400


def test_a_short_name_is_set_large() -> None:
    assert fit_text("Acme", SIZES, WIDTH) == (40, ["Acme"])


@pytest.mark.parametrize(
    ("name", "points", "lines"),
    [
        ("Harbour Architects of Boston", 30, ["Harbour Architects", "of Boston"]),
        ("Northern Woodlands Savings Bank", 30, ["Northern Woodlands", "Savings Bank"]),
        (
            "The Society of Naval Architects, Surveyors and Harbour Engineers of Nova Scotia",
            20,
            [
                "The Society of Naval Architects,",
                "Surveyors and Harbour",
                "Engineers of Nova Scotia",
            ],
        ),
    ],
)
def test_a_long_name_is_set_smaller_in_even_lines(
    name: str, points: float, lines: list[str]
) -> None:
    assert fit_text(name, SIZES, WIDTH) == (points, lines)


def test_a_word_that_is_too_long_is_left_to_the_layout() -> None:
    assert fit_text("W" * 30, SIZES, WIDTH) == (30, ["W" * 30])


def test_text_without_spaces_has_the_largest_possible_size() -> None:
    assert fit_text("株式会社山田建築設計事務所", SIZES, WIDTH).points == 30


def test_accents_have_no_width() -> None:
    assert text_width("Zoë Dvořák") == pytest.approx(text_width("Zoe Dvorak"))


@given(st.text(alphabet="Wimo 山é.-", min_size=1, max_size=200).map(lambda t: " ".join(t.split())))
def test_no_word_is_lost_and_no_line_is_too_wide(text: str) -> None:
    points, lines = fit_text(text, SIZES, WIDTH)

    assert " ".join(lines) == text
    if len(lines) > 1:
        assert max(map(text_width, lines)) * points <= WIDTH
