"""What is printed, by Chromium itself."""

from collections.abc import Iterator

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.served_app import ServedApp
from tests.browser.visit import new_context


@pytest.fixture
def page(chromium: Browser, served_app: ServedApp) -> Iterator[Page]:
    """The window of a customer in dark mode."""
    context = new_context(chromium, color_scheme="dark")
    served_app.log_in(context, "customer")
    yield context.new_page()
    context.close()


def test_a_year_is_one_page_of_light_paper_without_the_menu(
    page: Page, served_app: ServedApp
) -> None:
    page.goto(f"{served_app.address}/accounts/{served_app.ids['customer']}/years/2026")
    with pypdfium2.PdfDocument(page.pdf(format="A4", print_background=True)) as printed:
        text = printed[0].get_textpage().get_text_range()
        colours = printed[0].render().to_pil().convert("RGB").getcolors(1 << 24)

        assert len(printed) == 1
    assert "Harbour Architects, LLP in 2026" in text
    assert "Log out" not in text
    assert max(colours)[1] == (255, 255, 255)


def test_a_chart_has_the_colours_of_paper_whatever_the_screen_has(
    page: Page, served_app: ServedApp
) -> None:
    fill = "getComputedStyle(document.querySelector('.chart-bar.weekend')).fill"
    page.goto(f"{served_app.address}/")
    in_the_dark = page.evaluate(fill)

    page.emulate_media(media="print")
    on_paper = page.evaluate(fill)
    page.emulate_media(media="screen", color_scheme="light")

    assert on_paper == page.evaluate(fill) != in_the_dark


def test_a_heading_is_printed_on_the_page_of_its_section(page: Page, served_app: ServedApp) -> None:
    page.goto(f"{served_app.address}/")
    heading = "Latest certificates"

    # Sheets of many heights: on some of them the heading would be the last line.
    for height in (*range(128, 152, 4), *range(296, 316, 4)):
        with pypdfium2.PdfDocument(page.pdf(width="210mm", height=f"{height}mm")) as printed:
            texts = [each.get_textpage().get_text_range() for each in printed]
        headed = next(text for text in texts if heading in text)
        assert not headed.rstrip().endswith(("All certificates", heading)), height
