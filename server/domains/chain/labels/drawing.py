"""Internal labels as PDF: one label a page, vector symbols, embedded Chinese font. Material tag and status label are 100 × 70 mm
for a label printer, the traveller is A5. A state is told by its word and the shape of its band, not by colour alone."""

from typing import TYPE_CHECKING, Final

from server.core.print_font import add_font
from server.domains import codes
from server.domains.chain.labels.internal import LotLabel

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT: Final = "label"
_SIZES: Final = {"material_tag": (100.0, 70.0), "status": (100.0, 70.0), "traveller": (148.0, 210.0)}
_COLOURS: Final = {
    "pending": (255, 214, 51),
    "released": (46, 139, 87),
    "rejected": (193, 39, 45),
    "held": (47, 84, 150),
}
_MARGIN: Final = 5.0
_ROW_MM: Final = 11.0


def label_pdf(label: LotLabel) -> bytes:
    """One page. What is too wide ends in an ellipsis; lines that do not fit are left out, the last first."""
    from fpdf import FPDF  # here: half a second that processes without labels need not spend

    width, height = _SIZES[label.kind]
    pdf = FPDF(unit="mm", format=(width, height))
    pdf.set_auto_page_break(False)
    pdf.set_title(f"{label.title} {label.lot_no}")
    add_font(pdf, _FONT)
    pdf.add_page()
    if label.kind == "status":
        _status(pdf, label, width, height)
    else:
        _tag(pdf, label, width, height)
    return bytes(pdf.output())


def _tag(pdf: "FPDF", label: LotLabel, width: float, height: float) -> None:
    """Heading and facts on the left, the symbol on the right; a traveller goes on with its steps."""
    symbol = 26.0
    left, right = _MARGIN, width - _MARGIN
    _write(pdf, label.title, left, 10.5, 14, right - left - symbol - 2)
    _write(pdf, label.product, left, 18, 12, right - left - symbol - 2)
    _write(pdf, f"{label.lot_no}", left, 26, 15, right - left - symbol - 2)
    _symbol(pdf, label, right - symbol, 3, symbol)
    bottom = 104.0 if label.kind == "traveller" else height
    _facts(pdf, label, left, 36.5, right - left, bottom - 8)
    if label.kind == "traveller":
        _steps(pdf, label, left, 62.0, right - left, height - 10)
    _write(pdf, label.owner, left, height - 3, 6.5, right - left)


def _facts(pdf: "FPDF", label: LotLabel, left: float, top: float, width: float, bottom: float) -> None:
    """Two columns of name and value."""
    half = width / 2
    for number, (name, value) in enumerate(label.lines):
        x, y = left + number % 2 * half, top + number // 2 * 6.3
        if y > bottom:
            return
        _write(pdf, name, x, y, 6, half - 2, grey=95)
        _write(pdf, value, x, y + 3.2, 8.2, half - 2)


def _steps(pdf: "FPDF", label: LotLabel, left: float, top: float, width: float, bottom: float) -> None:
    """A row a step, to be filled in by hand where no phone is at hand; empty rows fill the page."""
    shares = (0.28, 0.22, 0.17, 0.15, 0.18)
    pdf.set_line_width(0.2)
    rows = int((bottom - top - 7) // _ROW_MM)
    steps = [f"{sequence} {name}{' ★' if critical else ''}" for sequence, name, critical in label.steps[:rows]]
    y = top
    for number, row in enumerate(
        [label.columns, *([step, "", "", "", ""] for step in steps + [""] * (rows - len(steps)))]
    ):
        height, x = (7.0 if number == 0 else _ROW_MM), left
        for share, cell in zip(shares, row, strict=True):
            pdf.rect(x, y, width * share, height)
            _write(pdf, cell, x + 1.2, y + height / 2 + 1.2, 7.5 if number else 7, width * share - 2)
            x += width * share
        y += height


def _status(pdf: "FPDF", label: LotLabel, width: float, height: float) -> None:
    """The word as large as it goes, on a band of its own shape."""
    band, symbol = 26.0, 24.0
    pdf.set_fill_color(*_COLOURS[label.state])
    pdf.rect(0, 0, width, band, style="F")
    if label.state in ("rejected", "held"):  # corners cut away: told apart without colour
        pdf.set_fill_color(255)
        pdf.polygon([(0, 0), (9, 0), (0, 9)], style="F")
        pdf.polygon([(width, 0), (width - 9, 0), (width, 9)], style="F")
    pdf.set_text_color(*((0, 0, 0) if label.state == "pending" else (255, 255, 255)))
    pdf.set_font(_FONT, size=40 if len(label.state_word) <= 4 else 30)
    pdf.text((width - pdf.get_string_width(label.state_word)) / 2, band - 8.5, label.state_word)
    pdf.set_text_color(0)
    room = width - 2 * _MARGIN - symbol - 2
    _write(pdf, label.product, _MARGIN, 34, 11, room)
    _write(pdf, label.lot_no, _MARGIN, 42, 15, room)
    _symbol(pdf, label, width - _MARGIN - symbol, 28, symbol)
    for number, (name, value) in enumerate(label.lines[:3]):
        _write(pdf, f"{name} {value}", _MARGIN, 48.5 + number * 4.6, 8, room)
    _write(pdf, f"{label.state_on}    {label.owner}", _MARGIN, height - 3.2, 6.5, width - 2 * _MARGIN)


def _write(pdf: "FPDF", text: str, x: float, y: float, size: float, width: float, grey: int = 0) -> None:
    """One line, cut with an ellipsis where it is too wide; very long lot numbers are set smaller first."""
    if not text:
        return
    pdf.set_font(_FONT, size=size)
    while size > 6 and pdf.get_string_width(text) > width:
        size -= 0.5
        pdf.set_font(_FONT, size=size)
    if pdf.get_string_width(text) > width:
        while text and pdf.get_string_width(text + "…") > width:
            text = text[:-1]
        text += "…"
    if grey:
        pdf.set_text_color(grey)
    pdf.text(x, y, text)
    if grey:
        pdf.set_text_color(0)


def _symbol(pdf: "FPDF", label: LotLabel, left: float, top: float, size: float) -> None:
    """The symbol, and its code in letters centred below it."""
    modules = codes.bulk_matrix(label.url, "M")
    side = size / (len(modules) + 2 * 4)  # with the quiet zone of four modules
    pdf.set_fill_color(0)
    for row, column, length in codes.runs(modules):
        pdf.rect(left + (column + 4) * side, top + (row + 4) * side, length * side, side, style="F")
    pdf.set_font(_FONT, size=5)
    pdf.text(left + (size - pdf.get_string_width(label.code)) / 2, top + size + 0.6, label.code)
