"""Contrast as defined by WCAG 2.2, and the shades in which a partner's color is used."""

import re
from collections.abc import Callable, Iterable, Iterator
from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

#: The minimum for text, WCAG 2.2, success criterion 1.4.3.
READABLE = 4.5

_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.ASCII | re.IGNORECASE)
_STEPS = 1_000


class Colour(NamedTuple):
    """An sRGB color, each component from 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, text: str) -> "Colour":
        """Return the color of ``#1b6b45``, ``1b6b45`` or ``#1b6``. Raises ValueError."""
        found = _HEX.fullmatch(text.strip())
        if not found:
            raise ValueError(f"{text!r} is no colour")
        digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
        return cls(*bytes.fromhex(digits))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """The relative luminance, from 0 (black) to 1 (white)."""
        red, green, blue = map(_linear, self)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


WHITE = Colour(255, 255, 255)
BLACK = Colour(0, 0, 0)
#: The backgrounds of buttons and links: ground, surface and sunken of static/app.css.
LIGHT_PAGE = tuple(map(Colour.parse, ("#ffffff", "#f6f8f5", "#f0f4ef")))
DARK_PAGE = tuple(map(Colour.parse, ("#141c18", "#0d1310", "#1a241f")))
#: Further backgrounds of links: good-, bad-, wait-, info- and neutral-tint.
LIGHT_TINTS = tuple(map(Colour.parse, ("#e3f1e8", "#fceceb", "#fdf1d8", "#e8f0fa", "#ebefeb")))
DARK_TINTS = tuple(map(Colour.parse, ("#15301f", "#3a1917", "#33270f", "#17263a", "#222d27")))
#: Without a partner's color: accent of static/app.css, and of emails.
DEFAULT_ACCENT = Colour.parse("#1b6b45")


@dataclass(frozen=True, slots=True)
class Shades:
    """The shades of a color on a light or dark page; every text has sufficient contrast."""

    accent: Colour
    deep: Colour
    tint: Colour
    text: Colour
    link: Colour


def contrast_ratio(one: Colour, other: Colour) -> float:
    """Return the contrast ratio, from 1 to 21, not rounded."""
    dark, light = sorted((one.luminance, other.luminance))
    return (light + 0.05) / (dark + 0.05)


def lowest(colour: Colour, page: Iterable[Colour]) -> float:
    """Return the lowest contrast with any of the page's colors."""
    return min(contrast_ratio(colour, behind) for behind in page)


def text_on(colour: Colour) -> Colour:
    """Return white or black, whichever has more contrast: at least 4.58:1 on any color."""
    return max(WHITE, BLACK, key=lambda text: contrast_ratio(text, colour))


def passes(colour: Colour) -> bool:
    """Whether buttons of this color have sufficient contrast on the light page, and their text too.

    No color has 4.5:1 on both the light and the dark page, which are 17:1 apart. In dark mode the
    nearest shade that has it is used.
    """
    return _stands_out(colour, LIGHT_PAGE)


def nearest_passing(colour: Colour) -> Colour:
    """Return the nearest shade of the same hue that ``passes``; the color itself if it does."""
    return _nearest(colour, lambda shade: _stands_out(shade, LIGHT_PAGE))


@lru_cache(maxsize=256)
def on_light(colour: Colour) -> Shades:
    """Return its shades on the light page."""
    accent = nearest_passing(colour)
    return _shades(accent, LIGHT_PAGE, LIGHT_TINTS, towards=BLACK)


@lru_cache(maxsize=256)
def on_dark(colour: Colour) -> Shades:
    """Return its shades on the dark page."""
    accent = _nearest(colour, lambda shade: _stands_out(shade, DARK_PAGE))
    return _shades(accent, DARK_PAGE, DARK_TINTS, towards=WHITE)


def mixed(colour: Colour, other: Colour, share: float) -> Colour:
    """Mix ``share`` of the color with the rest of the other."""
    parts = zip(colour, other, strict=True)
    return Colour(*(round(one * share + two * (1 - share)) for one, two in parts))


def _shades(
    accent: Colour, page: tuple[Colour, ...], tints: tuple[Colour, ...], towards: Colour
) -> Shades:
    tint = mixed(accent, page[0], 0.12)
    link = _nearest(accent, lambda shade: lowest(shade, (*page, *tints, tint)) >= READABLE)
    # Away from the page's color, for more contrast of the text on it.
    deep = mixed(accent, towards, 0.82)
    return Shades(accent, deep, tint, text_on(accent), link)


def _stands_out(colour: Colour, page: tuple[Colour, ...]) -> bool:
    return min(lowest(colour, page), contrast_ratio(text_on(colour), colour)) >= READABLE


def _nearest(colour: Colour, fits: Callable[[Colour], bool]) -> Colour:
    """Return the fitting shade of the same hue and saturation with the nearest lightness."""
    if fits(colour):
        return colour
    return next(shade for shade in _by_nearness(colour) if fits(shade))


def _by_nearness(colour: Colour) -> Iterator[Colour]:
    """Yield shades of a hue by the distance of their lightness; black and white are the last."""
    hue, lightness, saturation = rgb_to_hls(*(part / 255 for part in colour))
    for step in range(1, _STEPS + 1):
        for wanted in (lightness - step / _STEPS, lightness + step / _STEPS):
            if 0 <= wanted <= 1:
                parts = hls_to_rgb(hue, wanted, saturation)
                yield Colour(*(round(part * 255) for part in parts))


def _linear(part: int) -> float:
    share = part / 255
    # 0.04045 is sRGB's value, to which WCAG 2.2 corrected 0.03928; equal for eight bits.
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)
