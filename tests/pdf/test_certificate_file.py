"""The certificate as a file: the same bytes for ever, metadata, fonts, memory."""

import logging
import os
import pickle
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.pdf.documents import NAMES, opened, pages_of
from webapp.pdf import CertificateValues
from webapp.pdf.certificate import CertificateRenderer
from webapp.settings import ROOT

pytestmark = pytest.mark.slow  # renders documents


def test_the_same_values_give_the_same_bytes(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    first = renderer.render(values)
    renderer.render(replace(values, account_name=NAMES[-2]))

    assert renderer.render(values) == first
    assert CertificateRenderer().render(values) == first


@pytest.mark.processes
def test_another_process_on_another_day_gives_the_same_bytes(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    program = (
        "import pickle, sys; from webapp.pdf.certificate import CertificateRenderer; "
        "values = pickle.load(sys.stdin.buffer); "
        "sys.stdout.buffer.write(CertificateRenderer().render(values))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}

    other = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps(values),
        stdout=subprocess.PIPE,
        env=environment,
        cwd=ROOT,
        check=True,
    )

    assert other.stdout == renderer.render(values)


def test_every_date_in_the_file_is_the_day_of_issue(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    pdf = renderer.render(values)

    metadata = pages_of(pdf).get_metadata_dict()
    assert metadata["CreationDate"] == metadata["ModDate"] == "D:20261102000000+00'00"
    assert set(re.findall(rb"D:(\d{8})", opened(pdf))) == {b"20261102"}


def test_the_file_has_its_metadata(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    document = pages_of(renderer.render(values))

    metadata = document.get_metadata_dict()
    assert metadata["Title"] == (
        "Certificate of Reforestation R-2026-10-000123: Harbour Architects, LLP, October 2026"
    )
    assert metadata["Author"] == "Releaf"
    assert "296.31 trees" in metadata["Subject"]


def test_the_file_is_for_archives_and_screen_readers(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    pdf = opened(renderer.render(values))

    assert b"/Lang (en)" in pdf
    assert b"/MarkInfo <</Marked true>>" in pdf
    assert b"/S /GTS_PDFA1" in pdf
    assert b"/Alt (QR code of the verification address)" in pdf
    assert b"/S /H1" in pdf


def test_the_address_is_a_link(renderer: CertificateRenderer, values: CertificateValues) -> None:
    assert f"/URI ({values.verify_url})".encode() in opened(renderer.render(values))


def test_only_the_packaged_fonts_are_in_the_file(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    style = (ROOT / "static/print/fonts.css").read_text()
    families = re.findall(r'@font-face { font-family: "([\w-]+)"', style)

    pdf = renderer.render(replace(values, account_name=NAMES[-3], partner_name=NAMES[-2]))

    fonts = {font.decode() for font in re.findall(rb"/BaseFont /[A-Z]{6}\+([\w-]+)", opened(pdf))}
    assert {font for font in fonts if not font.startswith(tuple(families))} == set()
    assert {"name-latin-ext-Semi-Bold", "text-greek", "text-cyrillic"} <= fonts


def test_every_font_file_is_a_family_of_its_own() -> None:
    style = (ROOT / "static/print/fonts.css").read_text()

    families = re.findall(r'@font-face { font-family: "([\w-]+)"', style)

    assert len(families) == style.count("@font-face") == style.count(".ttf")
    assert len(set(families)) == len(families)


def test_the_renderer_logs_no_warnings(
    values: CertificateValues, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)

    CertificateRenderer().render(replace(values, late_pages=5, account_name=NAMES[-2]))

    assert caplog.messages == []


def test_the_background_is_below_the_text(
    renderer: CertificateRenderer, values: CertificateValues
) -> None:
    picture = pages_of(renderer.render(values))[0].render(scale=1).to_pil().convert("RGB")

    deep_green = (0x24, 0x50, 0x3A)
    frame = [picture.getpixel((x, 24)) for x in range(200, 600, 50)]
    assert frame == [deep_green] * len(frame)
    assert picture.getpixel((4, 4)) == (255, 255, 255)


def test_the_memory_of_the_renderer_does_not_grow() -> None:
    # In a new process: what other tests leave behind would change the figures.
    done = subprocess.run(
        [sys.executable, "-m", "tests.pdf.memory"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    # Fonts read anew for each of the 60 documents would leave some 200 kB each.
    assert int(done.stdout) < 60 * 60
