"""Promise: the font that documents share is read once and stays as it was read; the same sheet gives the same bytes whatever
was printed before or beside it, and holds only the glyphs it uses, as if the font had been read for it alone."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pypdf
import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.pens.recordingPen import RecordingPen
from fpdf import FPDF
from pylopdf_fonts_zh_cn import sans_path

from server.core.print_font import add_font

TEXTS = ("云畦岭鲜牛奶 950 mL", "出厂检验报告 CJ20260101", "菌落总数 ≤ 50000 CFU/mL", "Yunqiling milk, 2–6 ℃")


def printed(text: str, *, shared: bool = True) -> bytes:
    pdf = FPDF()
    pdf.set_creation_date(datetime(2026, 1, 1, tzinfo=UTC))
    add_font(pdf, "sheet") if shared else pdf.add_font("sheet", fname=sans_path())
    pdf.add_page()
    pdf.set_font("sheet", size=12)
    pdf.cell(0, 8, text)
    return bytes(pdf.output())


def glyphs(pdf: bytes) -> tuple[str, dict[str, Any]]:
    """What the page says, and the outlines that it embeds."""
    page = pypdf.PdfReader(BytesIO(pdf)).pages[0]
    (font,) = page["/Resources"]["/Font"].values()  # type: ignore[index]
    embedded = font["/DescendantFonts"][0]["/FontDescriptor"]["/FontFile3"].get_data()
    cff = CFFFontSet()
    cff.decompile(BytesIO(embedded), None)
    outlines = cff.topDictIndex[0].CharStrings
    drawn = {}
    for name in sorted(outlines.keys()):
        pen = RecordingPen()
        outlines[name].draw(pen)
        drawn[name] = pen.value
    return page.extract_text(), drawn


def test_the_same_bytes_whatever_was_printed_before() -> None:
    first = [printed(text) for text in TEXTS]
    assert [printed(text) for text in reversed(TEXTS)] == first[::-1]


def test_the_same_bytes_whatever_is_printed_beside() -> None:
    alone = [printed(text) for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(printed, TEXTS * 4)) == alone * 4


def test_it_draws_as_with_a_font_of_its_own() -> None:
    for text in TEXTS:
        shared, own = printed(text), printed(text, shared=False)
        assert glyphs(shared) == glyphs(own)
        assert len(shared) < len(own) + 1000


def test_printing_writes_nothing_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        pdf = FPDF()
        add_font(pdf, "sans")
        pdf.add_page()
        pdf.set_font("sans")
        pdf.cell(text="合格")
        pdf.output()
    assert caplog.records == []
