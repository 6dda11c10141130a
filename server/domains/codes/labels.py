"""The label sheets of an order: A4, 24 labels of 70 × 37.125 mm, vector QR symbols, embedded Chinese font.

The last characters of each code stand large beside the symbol, for comparison by eye after peeling.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from server.core.print_font import add_font
from server.domains.codes.symbols import Level, Matrix, bulk_matrix, runs

if TYPE_CHECKING:
    from fpdf import FPDF

COLUMNS: Final = 3
ROWS: Final = 8
LABELS_PER_SHEET: Final = COLUMNS * ROWS
_WIDTH_MM, _HEIGHT_MM = 70.0, 37.125
_SYMBOL_MM: Final = 24.0  # with 4 modules of quiet zone on all sides from 25 modules (version 2) on
_SYMBOL_LEFT_MM, _SYMBOL_TOP_MM = 4.0, 4.0
_TEXT_LEFT_MM, _TEXT_WIDTH_MM = 32.0, 36.0
_FONT: Final = "label"
_GROUP: Final = 4
LARGE_CHARACTERS: Final = 4


class LabelTexts(NamedTuple):
    """What all labels of an order say: the product, and lines such as `批号 A-1`, already in the language."""

    product_name: str
    lines: Sequence[str]


def labels_pdf(labels: Iterable[tuple[str, str]], texts: LabelTexts, level: Level = "M") -> bytes:
    """One PDF for `labels`, pairs of (printed code, URL in the symbol), read one by one; under a millisecond each.

    At most two lines of product name and three of `texts.lines` fit; what is too wide ends in an ellipsis.
    """
    from fpdf import FPDF  # here: half a second and 30 MB that processes without labels need not spend

    pdf = FPDF(unit="mm", format="A4")
    pdf.set_auto_page_break(False)
    add_font(pdf, _FONT)
    product = _wrapped(pdf, texts.product_name, 9.5)
    lines = [_fitted(pdf, line, 7.5) for line in texts.lines]
    for number, (code, url) in enumerate(labels):
        place = number % LABELS_PER_SHEET
        if place == 0:
            pdf.add_page()
        left, top = place % COLUMNS * _WIDTH_MM, place // COLUMNS * _HEIGHT_MM
        _draw_symbol(pdf, bulk_matrix(url, level), left + _SYMBOL_LEFT_MM, top + _SYMBOL_TOP_MM)
        _draw_texts(pdf, code, product, lines, left, top)
    return bytes(pdf.output())


def _wrapped(pdf: "FPDF", text: str, size: float) -> list[str]:
    """`text` on one or two lines of a label."""
    pdf.set_font(_FONT, size=size)
    first = text
    while len(first) > 1 and pdf.get_string_width(first) > _TEXT_WIDTH_MM:
        first = first[:-1]
    rest = text[len(first) :].strip()
    return [first, _fitted(pdf, rest, size)] if rest else [first]


def _fitted(pdf: "FPDF", text: str, size: float) -> str:
    """`text`, cut with an ellipsis where it is wider than a label."""
    pdf.set_font(_FONT, size=size)
    if pdf.get_string_width(text) <= _TEXT_WIDTH_MM:
        return text
    while text and pdf.get_string_width(text + "…") > _TEXT_WIDTH_MM:
        text = text[:-1]
    return text + "…"


def _draw_texts(pdf: "FPDF", code: str, product: Sequence[str], lines: Sequence[str], left: float, top: float) -> None:
    pdf.set_font(_FONT, size=9.5)
    for number, line in enumerate(product):
        pdf.text(left + _TEXT_LEFT_MM, top + 6.8 + 4.1 * number, line)
    pdf.set_font(_FONT, size=7.5)
    for number, line in enumerate(lines):
        pdf.text(left + _TEXT_LEFT_MM, top + 15.2 + 3.5 * number, line)
    pdf.set_font(_FONT, size=20)
    pdf.text(left + _TEXT_LEFT_MM, top + 29.9, code[-LARGE_CHARACTERS:])
    grouped = " ".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))
    size = 6.5
    pdf.set_font(_FONT, size=size)
    width = pdf.get_string_width(grouped)
    if width > (limit := _WIDTH_MM - 2 * _SYMBOL_LEFT_MM):
        pdf.set_font(_FONT, size=size * limit / width)
    pdf.text(left + _SYMBOL_LEFT_MM, top + 34.6, grouped)


def _draw_symbol(pdf: "FPDF", modules: Matrix, left: float, top: float) -> None:
    """The symbol as one filled path, in module units under a scaling matrix.

    Written as page content directly: a call per rectangle would take most of the time of a label.
    """
    module = _SYMBOL_MM / len(modules) * pdf.k
    x, y = left * pdf.k, (pdf.h - top) * pdf.k
    squares = " ".join(f"{column} {row} {length} 1 re" for row, column, length in runs(modules))
    pdf._out(f"q {module:.5f} 0 0 {-module:.5f} {x:.3f} {y:.3f} cm {squares} f Q")
