"""Contrast by WCAG's own numbers, and shades that can be read in both schemes."""

import re
from colorsys import hls_to_rgb, rgb_to_hls

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain import contrast
from webapp.domain.contrast import (
    BLACK,
    DARK_PAGE,
    DARK_TINTS,
    DEFAULT_ACCENT,
    LIGHT_PAGE,
    LIGHT_TINTS,
    READABLE,
    WHITE,
    Colour,
)
from webapp.settings import ROOT

COLOURS = st.builds(Colour, *[st.integers(0, 255)] * 3)


@pytest.mark.parametrize(
    ("colour", "luminance"),
    [
        ("#000000", 0.0),
        ("#ffffff", 1.0),
        ("#ff0000", 0.2126),
        ("#00ff00", 0.7152),
        ("#0000ff", 0.0722),
        ("#808080", 0.21586),
        ("#0a0a0a", 0.003035),  # below the bend of the curve
        ("#0b0b0b", 0.003347),  # and above
    ],
)
def test_luminances_are_those_of_wcag(colour: str, luminance: float) -> None:
    assert Colour.parse(colour).luminance == pytest.approx(luminance, abs=5e-6)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#ffffff", "#000000", 21),
        ("#ffffff", "#ffffff", 1),
        ("#ff0000", "#ffffff", 3.998),
        ("#0000ff", "#ffffff", 8.592),
        ("#00ff00", "#ffffff", 1.372),
        ("#777777", "#ffffff", 4.478),  # the well-known grey that just fails
        ("#767676", "#ffffff", 4.542),  # and the one that just passes
        ("#949494", "#ffffff", 3.033),
        ("#595959", "#ffffff", 7.005),
    ],
)
def test_contrasts_are_those_of_wcag(one: str, other: str, ratio: float) -> None:
    first, second = Colour.parse(one), Colour.parse(other)

    assert contrast.contrast_ratio(first, second) == pytest.approx(ratio, abs=5e-4)
    assert contrast.contrast_ratio(second, first) == contrast.contrast_ratio(first, second)


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#1b6b45", DEFAULT_ACCENT),
        ("1B6B45", DEFAULT_ACCENT),
        (" #1b6b45 ", DEFAULT_ACCENT),
        ("#fff", WHITE),
        ("000", BLACK),
    ],
)
def test_a_color_is_parsed(text: str, colour: Colour) -> None:
    assert Colour.parse(text) == colour


@pytest.mark.parametrize(
    "text", ["", "#", "#12", "#1234", "#12345g", "#1b6b45;}", "red", "#1b6b4５", "##123456"]
)
def test_a_text_that_is_not_a_color_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no colour"):
        Colour.parse(text)


@given(COLOURS)
def test_a_color_is_the_same_after_formatting_and_parsing(colour: Colour) -> None:
    assert Colour.parse(str(colour)) == colour


@pytest.mark.slow
@given(COLOURS)
def test_every_shade_has_sufficient_contrast_with_its_background(colour: Colour) -> None:
    for shades, page, tints in (
        (contrast.on_light(colour), LIGHT_PAGE, LIGHT_TINTS),
        (contrast.on_dark(colour), DARK_PAGE, DARK_TINTS),
    ):
        assert contrast.lowest(shades.accent, page) >= READABLE
        assert contrast.lowest(shades.link, (*page, *tints, shades.tint)) >= READABLE
        assert contrast.contrast_ratio(shades.text, shades.accent) >= READABLE
        assert contrast.contrast_ratio(shades.text, shades.deep) >= READABLE


@given(COLOURS)
def test_white_or_black_has_sufficient_contrast_with_any_color(colour: Colour) -> None:
    assert contrast.contrast_ratio(contrast.text_on(colour), colour) >= READABLE


@pytest.mark.slow
@given(COLOURS)
def test_the_offered_shade_passes_and_is_the_nearest(colour: Colour) -> None:
    offered = contrast.nearest_passing(colour)

    assert contrast.passes(offered)
    assert (offered == colour) == contrast.passes(colour)
    hue, lightness, saturation = rgb_to_hls(*(part / 255 for part in colour))
    darker = lightness - rgb_to_hls(*(part / 255 for part in offered))[1]
    # 0.01: eight bits are not exact.
    for step in range(int((darker - 0.01) * 100)):
        parts = hls_to_rgb(hue, lightness - step / 100, saturation)
        assert not contrast.passes(Colour(*(round(part * 255) for part in parts)))


@pytest.mark.slow
@given(COLOURS.filter(lambda colour: max(colour) - min(colour) > 60))
def test_the_offered_shade_has_the_same_hue(colour: Colour) -> None:
    offered = contrast.nearest_passing(colour)

    before, after = (rgb_to_hls(*(part / 255 for part in one))[0] for one in (colour, offered))
    distance = abs(before - after)
    assert min(distance, 1 - distance) < 0.02


@pytest.mark.parametrize(
    ("colour", "offered"),
    [("#ffee00", "#797100"), ("#ff6600", "#bd4c00"), ("#767676", "#6f6f6f")],
)
def test_well_known_colors_that_fail_get_a_darker_shade(colour: str, offered: str) -> None:
    assert not contrast.passes(Colour.parse(colour))
    assert str(contrast.nearest_passing(Colour.parse(colour))) == offered


def test_the_default_color_passes() -> None:
    assert contrast.passes(DEFAULT_ACCENT)


def test_the_backgrounds_are_those_of_the_stylesheet() -> None:
    style = (ROOT / "static" / "app.css").read_text()
    light, dark = re.split(r"@media screen and \(prefers-color-scheme: dark\)", style, maxsplit=1)

    names = ("surface", "ground", "sunken")
    tints = ("good-tint", "bad-tint", "wait-tint", "info-tint", "neutral-tint")
    for part, page in (
        (light, (*LIGHT_PAGE, *LIGHT_TINTS)),
        (dark, (*DARK_PAGE, *DARK_TINTS)),
    ):
        stated = [re.search(rf"--{name}: (#[0-9a-f]{{6}});", part) for name in (*names, *tints)]
        assert [found and found[1] for found in stated] == [str(behind) for behind in page]
    assert f"--accent: {DEFAULT_ACCENT};" in light
