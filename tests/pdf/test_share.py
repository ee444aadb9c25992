"""The share card: one picture of a fixed size, with a name only if it is given one."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from webapp.pdf import SHARE_HEIGHT, SHARE_WIDTH, CardValues
from webapp.pdf.share import CardRenderer

pytestmark = pytest.mark.slow  # renders documents

VALUES = CardValues(
    number="R-2026-10-000123",
    holder="Harbour Architects, LLP",
    month=date(2026, 10, 1),
    pages=2_469_134,
    trees=Decimal("296.31"),
    project="Atlantic Rainforest Corridor",
)
LONGEST = replace(
    VALUES,
    holder="W" * 200,
    pages=2**63 - 1,
    trees=Decimal(2**63 - 1) / 8_333,
    project="Wide Meadows " * 9,
)
FRAME = (0x24, 0x50, 0x3A)
GROUND = (0xF6, 0xF3, 0xEA)


@pytest.fixture(scope="module")
def cards() -> CardRenderer:
    """The renderer of the packaged template and style."""
    return CardRenderer()


def drawn(cards: CardRenderer, values: CardValues) -> Image.Image:
    """The image of a card."""
    return Image.open(BytesIO(cards.render(values))).convert("RGB")


@pytest.mark.parametrize(
    "values",
    [
        VALUES,
        LONGEST,
        replace(VALUES, holder=None),
        replace(VALUES, holder="<b>&amp;</b> {{ 7 * 7 }} \x00"),
        replace(VALUES, holder="Łódź Торговый дом Ελληνική", pages=1, trees=Decimal("0.00")),
    ],
)
def test_long_texts_do_not_leave_the_frame_of_a_card(
    cards: CardRenderer, values: CardValues
) -> None:
    card = drawn(cards, values)

    assert card.size == (SHARE_WIDTH, SHARE_HEIGHT) == (1200, 630)
    # Around the frame and along the insides of its edges stands nothing.
    for box in (
        (0, 0, 1200, 23), (0, 608, 1200, 630), (0, 0, 23, 630), (1178, 0, 1200, 630),
        (30, 30, 1170, 58), (30, 582, 1170, 600), (30, 30, 68, 600), (1134, 30, 1170, 600),
    ):  # fmt: skip
        assert card.crop(box).getextrema() == tuple((part, part) for part in GROUND), box
    assert card.getpixel((600, 25)) == FRAME


def test_a_card_shows_what_is_certified(cards: CardRenderer) -> None:
    markup = cards.html(VALUES)

    for words in (
        "296.31 trees",
        "2,469,134 standard pages",
        "October 2026",
        "Harbour Architects, LLP",
        "Atlantic Rainforest Corridor",
        "R-2026-10-000123",
    ):
        assert words in markup
    assert "1.00 tree<" in cards.html(replace(VALUES, trees=Decimal(1)))


def test_without_a_holder_no_name_is_shown(cards: CardRenderer) -> None:
    unnamed = replace(VALUES, holder=None)

    assert "Harbour" not in cards.html(unnamed)
    assert 'class="name"' not in cards.html(unnamed)
    assert drawn(cards, unnamed).tobytes() != drawn(cards, VALUES).tobytes()


def test_another_card_is_another_version(cards: CardRenderer) -> None:
    others = [
        replace(VALUES, holder=None),
        replace(VALUES, holder="Harbour"),
        replace(VALUES, trees=Decimal("296.32")),
        replace(VALUES, month=date(2026, 9, 1)),
    ]

    versions = {cards.version(values) for values in [VALUES, *others]}
    assert len(versions) == 5
    assert cards.version(VALUES) == CardRenderer().version(replace(VALUES))
