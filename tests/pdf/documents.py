"""Reading of documents, and names that are not easily set."""

import re
import zlib

import pypdfium2

IMAGE = 3  # FPDF_PAGEOBJ_IMAGE

NAMES = [
    "AB",
    "Zoë & Søn",
    '"O\'Neill" & <b>Sons</b> <script>alert(1)</script> {{ 7 * 7 }} &amp;',
    "The International Brotherhood of Structural Harbour Architects, Surveyors & Engineers "
    "of New England and Nova Scotia",
    ("Wonderful Mammoth Woodworks & " * 7)[:200].strip(),
    "Łódź Żółć Dvořák Ğüneş Ștefănescu Đặng Nguyễn",
    "Ελληνική Εταιρεία και Торговый дом «Берёза»",
    "Softly\u00adhyphenated, zero\u200bwidth and e\u0301 combined",
]


def pages_of(pdf: bytes) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(pdf)


def opened(pdf: bytes) -> bytes:
    """The file with its compressed streams unpacked."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    return pdf + b"\n".join(zlib.decompress(stream) for stream in streams)


def text_of(pdf: bytes) -> str:
    """All text of the first page, with line breaks as spaces."""
    return " ".join(pages_of(pdf)[0].get_textpage().get_text_range().split())
