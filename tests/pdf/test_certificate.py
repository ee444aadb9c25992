"""The certificate as a document: one page, every figure on it, the same bytes for ever."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.images import pictures
from tests.pdf.documents import IMAGE, NAMES, opened, pages_of, text_of
from webapp import i18n
from webapp.images import sanitize_logo
from webapp.pdf import CertificateValues, PdfError
from webapp.pdf.certificate import CertificateRenderer

pytestmark = pytest.mark.slow  # renders documents

US_LETTER_LANDSCAPE = (792, 612)


def test_a_certificate_is_one_page_of_us_letter_on_its_side(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    pdf = renderer.render(values)

    pages = pages_of(pdf)
    assert len(pages) == 1
    assert pages[0].get_size() == US_LETTER_LANDSCAPE


def test_a_certificate_has_all_its_texts(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    text = text_of(renderer.render(values))

    for words in (
        "Certificate of Reforestation",
        "R-2026-10-000123",
        "Harbour Architects, LLP",
        "Northwind Print Services",
        "296.31 trees",
        "2,469,134 standard pages",
        "October 2026",
        "Atlantic Rainforest Corridor",
        "November 2, 2026",
        "8,333 standard pages",
        "https://releaf.example/c/Zk3uJ0mTq8s2VYb1X5hPa9dLcE7fWgRi",
    ):
        assert words in text
    assert "including" not in text


@pytest.mark.parametrize(
    ("late_pages", "late_months", "words"),
    [
        (1, [(2026, 9)], "including 1 page printed in September 2026 and reported after"),
        (
            12_345,
            [(2026, 8), (2026, 9)],
            "including 12,345 pages printed in August and September 2026 and reported after",
        ),
        (5, [(2025, 12), (2026, 1)], "printed in December 2025 and January 2026 and"),
        (5, [(2026, 7), (2026, 8), (2026, 9)], "printed in July, August and September 2026"),
        (5, [(2026, m) for m in range(1, 10)], "printed between January and September 2026"),
        (5, [(2025, m) for m in range(9, 13)] + [(2026, 1)], "September 2025 and January 2026"),
        (5, [], "printed in earlier months"),
    ],
)
def test_late_pages_have_their_own_line(
    renderer: CertificateRenderer,
    values: CertificateValues,
    late_pages: int,
    late_months: list[tuple[int, int]],
    words: str,
) -> None:
    months = tuple(date(year, month, 1) for year, month in late_months)

    pdf = renderer.render(replace(values, late_pages=late_pages, late_months=months))

    assert len(pages_of(pdf)) == 1
    assert words in text_of(pdf)


def test_corrections_have_their_own_line(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    late = replace(values, late_pages=30, late_months=(date(2026, 9, 1),))

    pdf = renderer.render(replace(late, corrections=-1_120))

    assert len(pages_of(pdf)) == 1
    assert "Printed in September 2026 and reported late: 30 pages" in text_of(pdf)
    assert "Corrections from earlier months: −1,120 pages" in text_of(pdf)
    assert "Corrections" not in text_of(renderer.render(late))


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 9, 1), date(2026, 9, 1), "Carried from September 2026: 99 pages"),
        (date(2025, 12, 1), date(2026, 9, 1), "December 2025 – September 2026: 99 pages"),
    ],
)
def test_carried_pages_have_their_own_line(
    renderer: CertificateRenderer, values: CertificateValues, first: date, last: date, words: str
) -> None:
    carried = replace(values, carried_pages=99, carried_months=(first, last))
    late = replace(carried, late_pages=30, late_months=(date(2026, 8, 1),), corrections=-5)

    for pdf in (renderer.render(carried), renderer.render(late)):
        assert len(pages_of(pdf)) == 1
        assert words in text_of(pdf)
    assert "Printed in August 2026 and reported late: 30 pages" in text_of(renderer.render(late))
    assert "Carried" not in text_of(renderer.render(values))


@pytest.mark.parametrize(
    ("pages", "trees", "words"),
    [
        (1, "0.00012", ["0.00012 trees", "for 1 standard page counted"]),
        (1_234, "0.15", ["0.15 trees", "for 1,234 standard pages counted"]),
        (8_333, "1.00", ["1.00 tree", "for 8,333 standard pages counted"]),
        (12_345_678, "1481.54", ["1,481.54 trees", "for 12,345,678 standard pages counted"]),
        (2**63 - 1, "1106849756968532.31", ["1,106,849,756,968,532.31 trees"]),
    ],
)
def test_figures_of_every_size_fit(
    renderer: CertificateRenderer,
    values: CertificateValues,
    pages: int,
    trees: str,
    words: list[str],
) -> None:
    pdf = renderer.render(replace(values, pages=pages, trees=Decimal(trees)))

    assert len(pages_of(pdf)) == 1
    text = text_of(pdf)
    assert [word for word in words if word not in text] == []
    assert ("1.00 trees" in text) is False


@pytest.mark.parametrize("name", NAMES)
def test_names_are_printed_unchanged(
    renderer: CertificateRenderer, values: CertificateValues, name: str
) -> None:
    named = replace(values, account_name=name, partner_name=name[:200])
    corrected = replace(named, late_pages=5, corrections=-12_345)
    carried = replace(corrected, carried_pages=99, carried_months=(values.month, values.month))

    for pdf in map(renderer.render, (named, corrected, carried)):
        assert len(pages_of(pdf)) == 1
        assert _letters(name) in _letters(text_of(pdf))


@pytest.mark.parametrize("letter", ["W", "M", "i", "@"])
def test_a_name_without_spaces_is_broken_and_stays_on_the_page(
    renderer: CertificateRenderer, values: CertificateValues, letter: str
) -> None:
    pdf = renderer.render(
        replace(
            values,
            account_name=letter * 200,
            partner_name=letter * 200,
            project=letter * 120,
            late_pages=5,
            late_months=(date(2026, 9, 1),),
            corrections=-12_345,
            carried_pages=99,
            carried_months=(date(2025, 9, 1), date(2026, 9, 1)),
        )
    )

    assert len(pages_of(pdf)) == 1
    assert text_of(pdf).count(letter) >= 520


def test_a_character_that_no_font_has_is_refused_with_the_remedy(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    with pytest.raises(PdfError, match=r"U\+10FFFD.*install"):
        renderer.render(replace(values, account_name="Acme \U0010fffd"))


def test_control_characters_are_omitted(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    pdf = renderer.render(replace(values, account_name="Acme\x00\x07\n\t Paper\x1b\x85"))

    assert "Acme Paper" in text_of(pdf)


def test_markup_in_a_name_is_text_in_the_html(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    html = renderer.html(replace(values, account_name='<img src="x"> & "Co"'))

    assert "<img" not in html
    assert "&lt;img src=&#34;x&#34;&gt; &amp; &#34;Co&#34;" in html


def _letters(text: str) -> str:
    """What is seen of a text: a line may be broken anywhere, and soft hyphens are not printed."""
    return re.sub(r"[\s\u00ad\u200b-]", "", text).replace("\u0301", "").replace("é", "e")


def test_a_logo_is_beside_the_name_of_the_partner(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    logo = sanitize_logo(pictures.png((640, 200), (200, 30, 120, 255))).content
    pdf = renderer.render(replace(values, logo=logo))

    text = text_of(pdf)
    assert re.search("issued by Northwind Print Services", text, re.IGNORECASE)
    assert "296.31 trees" in text
    assert len(pages_of(pdf)) == 1
    images = [each for each in pages_of(pdf)[0].get_objects() if each.type == IMAGE]
    assert len(images) == 1
    left, bottom, right, top = images[0].get_bounds()
    assert 85 < left < right < 300  # the left column of the footer
    assert 60 < bottom < top < 200
    assert (right - left) / (top - bottom) == pytest.approx(3.2, rel=0.02)
    shown = pages_of(pdf)[0].render(scale=2).to_pil().convert("RGB")
    middle = (left + right, 2 * US_LETTER_LANDSCAPE[1] - (bottom + top))
    assert shown.getpixel(tuple(map(int, middle))) == pytest.approx((200, 30, 120), abs=3)
    assert b"/Interpolate true" not in opened(pdf)  # PDF/A forbids it
    assert b"/Alt (Logo of Northwind Print Services)" in opened(pdf)


def test_the_same_logo_gives_the_same_bytes_and_stays_in_its_document(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    logo = sanitize_logo(pictures.png()).content

    first = renderer.render(replace(values, logo=logo))
    without = renderer.render(values)

    assert renderer.render(replace(values, logo=logo)) == first
    assert renderer.render(values) == without
    assert not [each for each in pages_of(without)[0].get_objects() if each.type == IMAGE]


@pytest.mark.parametrize("letter", ["W", "\u6f22", "i"])
@pytest.mark.parametrize("size", [(640, 200), (640, 32), (10, 200), (200, 200)])
def test_the_longest_names_fit_beside_a_logo(
    renderer: CertificateRenderer, values: CertificateValues, letter: str, size: tuple[int, int]
) -> None:
    pdf = renderer.render(
        replace(
            values,
            partner_name=letter * 200,
            account_name=letter * 200,
            project=letter * 120,
            logo=sanitize_logo(pictures.png(size)).content,
        )
    )

    assert len(pages_of(pdf)) == 1


def test_an_unreadable_logo_raises_an_error(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    with pytest.raises(PdfError, match="logo of the document cannot be read"):
        renderer.render(replace(values, logo=b"no picture"))


@pytest.mark.usefixtures("translations")
def test_a_certificate_is_in_the_language_it_was_issued_in(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    spanish = replace(
        values,
        language="es",
        month=date(2026, 10, 1),
        pages=2_469_134,
        trees=Decimal("296.31"),
        late_pages=4_120,
        late_months=(date(2026, 7, 1), date(2026, 8, 1)),
        corrections=-1_120,
    )

    text = text_of(renderer.render(spanish))

    for words in (
        "Certificado de Reforestación",
        "296.31 árboles",
        "por 2,469,134 páginas estándar contadas en octubre de 2026",
        "Impresas en julio y agosto de 2026 y reportadas tarde: 4,120 páginas",
        "Correcciones de meses anteriores: −1,120 páginas",
        "8,333 páginas estándar",
    ):
        assert words in text, text
    assert i18n.current_language() == "en"
