"""A sheet as a PDF: A4, embedded Chinese font, the same head and foot on every page. The same input gives the same bytes.

Takes a seventh of a second, most of it the cutting of the font to the glyphs used: for a thread.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from fpdf import FPDF
from fpdf.enums import TableBordersLayout, VAlign, XPos, YPos
from fpdf.fonts import FontFace

from i18n import text
from server.core.print_font import add_font
from server.domains.codes import bulk_matrix, runs
from server.domains.reports import blocks
from server.domains.reports.facts import Stamp
from server.domains.reports.lines import wrapped

_FONT: Final = "sheet"
_MARGIN_MM: Final = 15.0
_TOP_MM, _BOTTOM_MM = 20.0, 18.0
_WIDTH_MM: Final = 210 - 2 * _MARGIN_MM
_QR_MM: Final = 21.0
_BODY, _SMALL = 9.5, 7.5
_TABLE, _LEAST = 8.8, 6.0
_CELL_SIDE_MM: Final = 1.4
_SLACK_MM: Final = 0.3
"""What a line is short of its room: the printer draws the borders inside it and rounds."""
_WORD: Final = re.compile(r"[!-~]+")
_LINE_MM: Final = 4.6
_INK, _SOFT, _RULE = (24, 28, 30), (96, 104, 108), (150, 158, 162)
_EMPTY: Final = "／"  # how a sheet says that nothing is to be said
_SHADE, _ALERT = (240, 243, 243), (253, 236, 234)
_HEADING_MM: Final = 9.0
_ENDING_MM, _NOTE_MM = 26.0, 5.3  # signatures, and each note above them
_CONCLUDED_MM: Final = 58  # a conclusion with its notes and signatures
MOST_CELL_CHARS: Final = 500
"""Longer texts of a cell are printed cut, with an ellipsis: a row has to fit on one page."""


class _Paper(FPDF):
    """Head and foot."""

    def __init__(self, sheet: blocks.Sheet, stamp: Stamp, language: str) -> None:
        super().__init__(unit="mm", format="A4")
        self.sheet, self.stamp, self.language = sheet, stamp, language
        self.set_margins(_MARGIN_MM, _TOP_MM, _MARGIN_MM)
        self.set_auto_page_break(True, _BOTTOM_MM)
        add_font(self, _FONT)
        self.set_text_color(*_INK)
        self.set_draw_color(*_RULE)
        self.set_line_width(0.18)
        self._widths: dict[str, float] = {}

    def wide(self, said: str, size: float) -> float:
        """Width in mm of a line at this size: the sum of its characters, each asked for once."""
        for each in set(said) - self._widths.keys():
            self._widths[each] = self.get_string_width(each) / self.font_size_pt
        return size * sum(self._widths[each] for each in said)

    def broken(self, said: str, room: float, size: float) -> str:
        """The text with its lines broken where ours end."""
        return wrapped(said, room - _SLACK_MM, lambda line: self.wide(line, size))

    def say(self, key: str, **params: str) -> str:
        return text(f"sheet.{key}", self.language, **params)

    def header(self) -> None:
        if self.page_no() == 1:
            return
        self.set_y(9)
        self.set_font(_FONT, size=8)
        self.set_text_color(*_SOFT)
        left = "   ".join(filter(None, (self.sheet.company, self.sheet.title, self.sheet.running)))
        right = f"{self.stamp.number}   {self.say('version_of', version=self.stamp.version)}"
        room = _WIDTH_MM - self.get_string_width(right) - 4
        while self.get_string_width(left) > room:
            left = left[:-2] + "…"
        self.cell(room, 5, left)
        self.cell(0, 5, right, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.line(_MARGIN_MM, 14.5, 210 - _MARGIN_MM, 14.5)
        self.set_text_color(*_INK)
        self.set_y(_TOP_MM)

    def footer(self) -> None:
        self.set_y(-13)
        self.set_font(_FONT, size=_SMALL)
        self.set_text_color(*_SOFT)
        self.line(_MARGIN_MM, 297 - 14, 210 - _MARGIN_MM, 297 - 14)
        self.cell(130, 5, self.say("foot", issued=self.stamp.issued, issuer=self.stamp.issuer))
        narrower = self.get_string_width("{nb}") - self.get_string_width(
            "00"
        )  # than what stands for the number of pages
        room = 210 - _MARGIN_MM - self.get_x() + narrower
        self.cell(room, 5, self.say("page", page=str(self.page_no()), pages="{nb}"), align="R")
        self.set_y(-9)
        self.cell(0, 4, self.say("digest", digest=self.stamp.facts_digest))
        self.set_text_color(*_INK)


def sheet_pdf(sheet: blocks.Sheet, stamp: Stamp, issued_at: datetime, language: str) -> bytes:
    """The whole document. Values are printed as they are, never read as markup."""
    paper = _Paper(sheet, stamp, language)
    paper.set_title(f"{sheet.title} {stamp.number}")
    paper.set_author(sheet.company)
    paper.set_lang("zh-CN" if language == "zh_CN" else "en")
    paper.set_creation_date(issued_at)
    paper.add_page()
    _masthead(paper)
    ends = _ending(sheet.blocks)
    for position, (block, following) in enumerate(zip(sheet.blocks, [*sheet.blocks[1:], None], strict=True)):
        if isinstance(block, blocks.Heading) and isinstance(following, blocks.Heading):  # they begin on one page
            block = block._replace(room_mm=max(block.room_mm, _HEADING_MM + following.room_mm))
        if position == ends and paper.get_y() > 297 - _BOTTOM_MM - _ENDING_MM - _NOTE_MM * (len(sheet.blocks) - ends):
            paper.add_page()
        _DRAW[type(block)](paper, block)
    return bytes(paper.output())


def _ending(laid_out: Sequence[blocks.Block]) -> int:
    """Where the notes begin that end a sheet with its signatures: they stand on one page. -1 where a sheet ends otherwise."""
    last = len(laid_out) - 1
    if last < 0 or not isinstance(laid_out[last], blocks.Signatures):
        return -1
    while last > 0 and isinstance(laid_out[last - 1], blocks.Note):
        last -= 1
    return last


def _masthead(paper: _Paper) -> None:
    """Company and title in the middle, number and version below, the symbols that confirm and open at the right."""
    stamp, sheet = paper.stamp, paper.sheet
    top = 12.0
    at = 210 - _MARGIN_MM - _QR_MM
    _symbol(paper, stamp.check_url, at, top, paper.say("qr_check"))
    if stamp.open_url:
        _symbol(paper, stamp.open_url, _MARGIN_MM, top, paper.say("qr_open"))
    side = _QR_MM + 3
    paper.set_xy(_MARGIN_MM + side, top + 1)
    paper.set_font(_FONT, size=12)
    paper.multi_cell(_WIDTH_MM - 2 * side, 6, sheet.company, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_x(_MARGIN_MM + side)
    paper.set_font(_FONT, size=19 if paper.language == "zh_CN" else 16)
    paper.set_char_spacing(2.5 if paper.language == "zh_CN" else 0)
    paper.multi_cell(_WIDTH_MM - 2 * side, 10, sheet.title, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_char_spacing(0)
    paper.set_font(_FONT, size=_BODY)
    paper.set_x(_MARGIN_MM + side)
    number = f"{paper.say('number')} {stamp.number}    {paper.say('version_of', version=stamp.version)}"
    paper.cell(_WIDTH_MM - 2 * side, 5.5, number, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_y(max(paper.get_y(), top + _QR_MM + 4) + 2.5)


def _symbol(paper: _Paper, url: str, left: float, top: float, label: str) -> None:
    modules = bulk_matrix(url)
    size = _QR_MM / len(modules) * paper.k
    x, y = left * paper.k, (paper.h - top) * paper.k
    squares = " ".join(f"{column} {row} {length} 1 re" for row, column, length in runs(modules))
    paper._out(f"q {size:.5f} 0 0 {-size:.5f} {x:.3f} {y:.3f} cm 0 g {squares} f Q")
    paper.set_font(_FONT, size=6.5)
    paper.set_text_color(*_SOFT)
    paper.set_xy(left - 4, top + _QR_MM + 0.8)
    paper.cell(_QR_MM + 8, 3, label, align="C")
    paper.set_text_color(*_INK)


def _heading(paper: _Paper, block: blocks.Heading) -> None:
    if paper.get_y() > 297 - _BOTTOM_MM - block.room_mm:  # never alone at the foot of a page
        paper.add_page()
    paper.ln(2.2)
    y = paper.get_y()
    paper.set_fill_color(*_INK)
    paper.rect(_MARGIN_MM, y + 1.1, 1.1, 3.9, style="F")
    paper.set_fill_color(255)  # cells take over the fill that was last set
    paper.set_x(_MARGIN_MM + 2.6)
    paper.set_font(_FONT, size=11)
    paper.cell(0, 6, block.text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ln(0.8)


def _grid(paper: _Paper, block: blocks.Grid) -> None:
    label = {1: 0.1333, 2: 0.3}.get(block.columns, 0.4)
    widths = [width for _ in range(block.columns) for width in (label, 1 - label)]
    pairs = [pair for pair in block.pairs if any(pair)]
    rows = [pairs[at : at + block.columns] for at in range(0, len(pairs), block.columns)]
    paper.set_font(_FONT, size=_BODY)
    with _table(paper, widths, headings=False) as table:
        for row in rows:
            line = table.row()
            for position, (name, value) in enumerate(row, 1):
                named, size = _fitted(paper, name, label / block.columns, _BODY)
                line.cell(named, style=FontFace(size_pt=size, fill_color=_SHADE, color=_SOFT))
                after = block.columns - position if position == len(row) else 0  # the last one has the row's rest
                shown, size = _fitted(paper, value, (1 - label + after) / block.columns, _BODY)
                line.cell(shown or _EMPTY, colspan=1 + 2 * after, style=FontFace(size_pt=size))
    paper.ln(1)


def _rows(paper: _Paper, block: blocks.Table) -> None:
    paper.set_font(_FONT, size=_TABLE)
    all_widths = sum(column.width for column in block.columns)
    aligns = tuple("CENTER" if column.align == "C" else "LEFT" for column in block.columns)
    with _table(paper, [column.width for column in block.columns], headings=True, aligns=aligns) as table:
        head = table.row()
        for column in block.columns:
            title, size = _fitted(paper, column.title, column.width / all_widths, _TABLE)
            style = FontFace(size_pt=size, fill_color=_SHADE, color=_INK, emphasis="")
            head.cell(title, align="CENTER", style=style)
        for number, values in enumerate(block.rows):
            line = table.row()
            empty = _EMPTY if any(values) else ""  # a row without anything is one to be filled in by hand
            alert = _ALERT if number in block.marked else None
            for column, value in zip(block.columns, values, strict=True):
                shown, size = _fitted(paper, value, column.width / all_widths, _TABLE)
                line.cell(shown or empty, style=FontFace(size_pt=size, fill_color=alert))
    paper.ln(1)


def _fitted(paper: _Paper, value: str, share: float, usual: float) -> tuple[str, float]:
    """The text of a cell in its lines, and the size at which no word or number breaks inside: a number in two lines reads as
    another one."""
    said, room = _cell(value), share * _WIDTH_MM - 2 * _CELL_SIDE_MM
    longest = max((paper.wide(word, usual) for word in _WORD.findall(said)), default=0.0)
    size = usual if longest <= room - _SLACK_MM else max(_LEAST, usual * (room - _SLACK_MM) / longest)
    return paper.broken(said, room, size), size


def _table(paper: _Paper, widths: Sequence[float], *, headings: bool, aligns: Any = "LEFT") -> Any:
    return paper.table(
        col_widths=tuple(widths), width=_WIDTH_MM, line_height=_LINE_MM, padding=(0.9, _CELL_SIDE_MM), align="LEFT",
        text_align=aligns, first_row_as_headings=headings, v_align=VAlign.M, borders_layout=TableBordersLayout.ALL,
        headings_style=FontFace(fill_color=_SHADE, color=_INK, emphasis=""), repeat_headings=1 if headings else 0,
    )  # fmt: skip


def _cell(value: str) -> str:
    plain = "".join(each if each.isprintable() or each == "\n" else " " for each in value)
    return plain if len(plain) <= MOST_CELL_CHARS else plain[: MOST_CELL_CHARS - 1] + "…"


def _note(paper: _Paper, block: blocks.Note) -> None:
    paper.set_font(_FONT, size=8.3)
    paper.set_text_color(*_SOFT)
    paper.ln(0.6)
    said = paper.broken(block.text, _WIDTH_MM - 2 * paper.c_margin, 8.3)
    paper.multi_cell(0, 4.2, said, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_text_color(*_INK)
    paper.ln(0.5)


def _conclusion(paper: _Paper, block: blocks.Conclusion) -> None:
    if paper.get_y() > 297 - _BOTTOM_MM - _CONCLUDED_MM:  # no signature stands on a page without what was signed
        paper.add_page()
    paper.set_font(_FONT, size=10.5)
    with _table(paper, [0.15, 0.85], headings=False) as table:
        line = table.row()
        label, size = _fitted(paper, block.label, 0.15, 10.5)
        line.cell(label, style=FontFace(size_pt=size, fill_color=_SHADE, color=_SOFT))
        said, size = _fitted(paper, block.text, 0.85, 10.5)
        line.cell(said, style=FontFace(size_pt=size))
    paper.ln(1)


def _signatures(paper: _Paper, block: blocks.Signatures) -> None:
    if paper.get_y() > 297 - _BOTTOM_MM - 26:
        paper.add_page()
    paper.ln(3)
    top, width = paper.get_y(), _WIDTH_MM / max(1, len(block.signers))
    bottom = top + 12.5
    for position, (role, name, _) in enumerate(block.signers):
        left = _MARGIN_MM + position * width
        paper.set_xy(left, top)
        paper.set_font(_FONT, size=_BODY)
        paper.set_text_color(*_SOFT)
        paper.cell(width, 5, role)
        paper.set_text_color(*_INK)
        paper.set_xy(left, top + 5.5)
        paper.set_font(_FONT, size=11)
        paper.multi_cell(width - 6, 5.5, name or " ", align="L")
        bottom = max(bottom, paper.get_y() + 0.8)
    for position, (_, _, at) in enumerate(block.signers):  # all lines at one height, below the longest name
        left = _MARGIN_MM + position * width
        paper.line(left, bottom, left + width - 6, bottom)
        paper.set_xy(left, bottom + 0.8)
        paper.set_font(_FONT, size=_SMALL)
        paper.set_text_color(*_SOFT)
        paper.cell(width, 4, at or paper.say("date_by_hand"))
        paper.set_text_color(*_INK)
    paper.set_y(bottom + 7.5)


def _page_break(paper: _Paper, block: blocks.PageBreak) -> None:
    paper.add_page()


_DRAW: Final[dict[type, Any]] = {
    blocks.Heading: _heading, blocks.Grid: _grid, blocks.Table: _rows, blocks.Note: _note,
    blocks.Conclusion: _conclusion, blocks.Signatures: _signatures, blocks.PageBreak: _page_break,
}  # fmt: skip
