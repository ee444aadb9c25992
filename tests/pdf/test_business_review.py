"""The business review as PDF: the partner's brand, one or two pages, and no foreign assets."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pypdfium2
import pytest
from PIL import Image

from webapp.domain.business_review import (
    BusinessPeriod,
    BusinessReview,
    CustomerPages,
    SilentFeed,
)
from webapp.domain.months import Month
from webapp.pdf import BusinessReviewValues, PdfError
from webapp.pdf.business_review import BusinessReviewRenderer

pytestmark = pytest.mark.slow  # renders documents

QUARTER = BusinessPeriod.parse("2026-Q3")
CUSTOMERS = [CustomerPages(n, f"Customer {n}", 90_000 - n * 400, 70_000) for n in range(120)]
VALUES = BusinessReviewValues(
    partner_name="Northwind Print",
    period="Quarter 3, 2026",
    before="Quarter 2, 2026",
    review=BusinessReview(
        period=QUARTER,
        today=date(2026, 11, 29),
        by_month=[(Month(2026, 7), 3_000_000), (Month(2026, 8), 2_500_000), (Month(2026, 9), 83)],
        pages_before=5_000_000,
        customers=CUSTOMERS,
        feeds=130,
        silent=[SilentFeed(n, f"Clinic {n}", "Clinic", date(2026, 11, 3)) for n in range(14)],
    ),
    colour="#7a1f5c",
)
EMPTY = replace(
    VALUES, review=BusinessReview(QUARTER, date(2026, 11, 29), [(Month(2026, 7), 0)], 0, [], 0, [])
)


@pytest.fixture(scope="module")
def reviews() -> BusinessReviewRenderer:
    """The renderer of the packaged template and style."""
    return BusinessReviewRenderer()


def text_of(pdf: bytes) -> str:
    """The text of all pages, in one line."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    return " ".join(" ".join(pages).split())


def png(width: int, height: int) -> bytes:
    """A logo."""
    file = BytesIO()
    Image.new("RGB", (width, height), "#7a1f5c").save(file, "PNG")
    return file.getvalue()


def test_a_review_has_the_figures_of_the_partner(reviews: BusinessReviewRenderer) -> None:
    text = text_of(reviews.render(VALUES))

    for words in (
        "Northwind Print",
        "Business review, Quarter 3, 2026",
        "5,500,083",
        "Quarter 2, 2026: 5,000,000; +500,083 (+10%)",
        "660.04",
        "Quarter 2, 2026: 600.02",
        "September 2026 83 0.010",
        "Customer 0 90,000 10.80 70,000 +20,000 (+29%)",
        "Customer 119 42,400",
        "Feeds not reporting on Nov 29, 2026",
        "4 more feeds are in the spreadsheet.",
    ):
        assert words in text, (words, text)


def test_the_length_does_not_depend_on_the_number_of_customers(
    reviews: BusinessReviewRenderer,
) -> None:
    thousands = [CUSTOMERS[0]._replace(account_id=n) for n in range(10_000)]
    many = replace(VALUES, review=replace(VALUES.review, customers=thousands))

    assert len(pypdfium2.PdfDocument(reviews.render(VALUES))) == 2
    assert len(pypdfium2.PdfDocument(reviews.render(many))) == 2


def test_the_note_is_never_alone_on_a_page(reviews: BusinessReviewRenderer) -> None:
    # A row is as high as the note: one of these numbers of rows ends where the page does.
    for rows in range(11):
        review = replace(VALUES.review, customers=CUSTOMERS[:5], silent=VALUES.review.silent[:rows])
        pages = pypdfium2.PdfDocument(reviews.render(replace(VALUES, review=review)))
        last = pages[len(pages) - 1].get_textpage().get_text_bounded()

        assert not last.lstrip().startswith("Pages are listed"), rows


def test_long_names_are_wrapped_within_the_page(reviews: BusinessReviewRenderer) -> None:
    customers = [each._replace(name="W" * 200) for each in CUSTOMERS[:3]]
    longest = replace(
        VALUES,
        partner_name="W" * 200,
        logo=png(640, 200),
        review=replace(VALUES.review, customers=customers),
    )

    for page in pypdfium2.PdfDocument(reviews.render(longest)):
        margin = page.render(scale=1).to_pil().convert("L").crop((565, 0, 612, 740))
        assert margin.getextrema() == (255, 255)


def test_a_period_without_pages_is_stated(reviews: BusinessReviewRenderer) -> None:
    text = text_of(reviews.render(EMPTY))

    assert "No customer has pages in Quarter 3, 2026." in text
    assert text.count("There are no pages in Quarter 2, 2026 to compare with.") == 2
    assert "All feeds are reporting." in text
    assert "Pages per month" not in text


def test_the_brand_is_its_color_and_logo(reviews: BusinessReviewRenderer) -> None:
    branded = pypdfium2.PdfDocument(reviews.render(replace(VALUES, logo=png(320, 80))))

    picture = branded[0].render(scale=1).to_pil().convert("RGB")
    assert picture.getpixel((100, 60)) == (0x7A, 0x1F, 0x5C)
    assert "#24503a" in reviews.html(replace(VALUES, colour=None))


def test_texts_are_escaped_and_have_no_unprintable_characters(
    reviews: BusinessReviewRenderer,
) -> None:
    hostile = '<img src="file:///etc/passwd">\x00{{ 7 * 7 }}'
    customers = [CUSTOMERS[0]._replace(name=hostile)]
    values = replace(
        VALUES,
        partner_name=hostile,
        review=replace(VALUES.review, customers=customers),
    )

    text = text_of(reviews.render(values))

    assert text.count('<img src="file:///etc/passwd"> {{ 7 * 7 }}') >= 2


def test_an_unreadable_logo_is_refused(reviews: BusinessReviewRenderer) -> None:
    with pytest.raises(PdfError, match="logo"):
        reviews.render(replace(VALUES, logo=b"no picture"))
