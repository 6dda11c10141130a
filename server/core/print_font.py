"""The Chinese font of what we print, read once for a process and given to every document in a copy of its own.

Reading it anew takes longer than drawing a sheet. A document gets only what its PDF embeds, the outlines: names, metrics
and features of the font file would be cut to the used glyphs and then thrown away. The same texts give the same bytes,
whatever was printed before; any thread may print.
"""

import logging
from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every glyph of every document
_EMBEDDED: Final = {"GlyphOrder", "CFF ", "head", "maxp"}
_PDF_VERSION: Final = "1.6"  # the first with outlines of this kind


def add_font(pdf: "FPDF", family: str) -> None:
    """What `pdf.add_font` does with this font."""
    from fpdf.fonts import SubsetMap

    whole, glyphs = _whole()
    font = copy(whole)
    font.i, font.fontkey = len(pdf.fonts) + 1, family
    font.desc, font.cw, font.missing_glyphs = copy(whole.desc), whole.cw.copy(), []
    font.ttfont = _outlines(glyphs)
    font.subset = SubsetMap(font)
    pdf.fonts[family] = font
    pdf._set_min_pdf_version(_PDF_VERSION)


@cache
def _whole() -> tuple["TTFFont", list[str]]:
    """As fpdf2 reads it, without the file's own tables, and its glyphs in order: neither is ever written to. Two threads
    that begin together read it twice."""
    from fpdf import FPDF  # here: half a second and 30 MB that processes that print nothing need not spend
    from fpdf.fonts import TTFFont
    from pylopdf_fonts_zh_cn import sans_path

    font = TTFFont(FPDF(), sans_path(), "", "")
    glyphs = font.ttfont.getGlyphOrder()
    font.close()
    font.ttfont = None
    return font, glyphs


def _outlines(glyphs: list[str]) -> "TTFont":
    """The outlines by themselves, from the file: cutting a font changes it."""
    from fontTools.ttLib import TTFont
    from pylopdf_fonts_zh_cn import sans_path

    outlines = TTFont(sans_path(), recalcTimestamp=False, recalcBBoxes=False, lazy=True)
    for table in set(outlines.keys()) - _EMBEDDED:
        del outlines[table]
    outlines.setGlyphOrder(glyphs)
    return outlines
