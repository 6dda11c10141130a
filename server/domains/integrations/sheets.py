"""Reading a file that passed the gate: its first sheet, row by row. Blocks: for a worker's thread."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from python_calamine import CalamineError, CalamineWorkbook

from server.domains.integrations.gate import FileLimits, SheetFormat, encoding_of
from server.domains.integrations.problems import ImportFileRefused

Cells = Sequence[object]
_SEPARATORS = ",\t;"


@dataclass(slots=True)
class Sheet:
    """A header row, and the rows below it with their numbers as the sheet shows them. `rows` can be walked once."""

    header: Cells
    header_row: int
    rows_total: int
    rows: Iterator[tuple[int, Cells]]


def read_sheet(data: bytes, format: SheetFormat, limits: FileLimits) -> Sheet:
    """The first sheet. Raises ImportFileRefused where it cannot be read, is empty, or is over the limits."""
    numbered = _workbook_rows(data, limits) if format == "xlsx" else _text_rows(data)
    total, walk = numbered
    header_row, header = next(((number, row) for number, row in walk if not _is_blank(row)), (0, ()))
    if not header:
        raise ImportFileRefused("file_empty")
    below = total - header_row
    if below > limits.rows:
        raise ImportFileRefused("too_many_rows", most=limits.rows)
    return Sheet(header, header_row, below, _checked(walk, limits))


def _is_blank(row: Cells) -> bool:
    return not any(cell is not None and cell != "" and str(cell).strip() for cell in row)


def _workbook_rows(data: bytes, limits: FileLimits) -> tuple[int, Iterator[tuple[int, Cells]]]:
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    except (CalamineError, ValueError, OSError, IndexError):
        raise ImportFileRefused("file_broken") from None
    if sheet.end is None:
        raise ImportFileRefused("file_empty")
    return sheet.end[0] + 1, enumerate(sheet.iter_rows(), 1)


def _text_rows(data: bytes) -> tuple[int, Iterator[tuple[int, Cells]]]:
    text = data.decode(encoding_of(data))
    separator = _separator(text)
    with suppress(OverflowError):
        csv.field_size_limit(1 << 24)
    total = sum(1 for _ in _read(text, separator))
    return total, enumerate(_read(text, separator), 1)


def _read(text: str, separator: str) -> Iterator[Cells]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise ImportFileRefused("file_broken") from None


def _separator(text: str) -> str:
    """What stands most often in the first line: Excel in some languages writes semicolons."""
    first = text[:10_000].partition("\n")[0]
    return max(_SEPARATORS, key=first.count)


def _checked(walk: Iterator[tuple[int, Cells]], limits: FileLimits) -> Iterator[tuple[int, Cells]]:
    """Rows that hold something, none of their cells longer than allowed."""
    most = limits.cell_chars
    for number, row in walk:
        filled = False
        for cell in row:
            if cell != "":
                filled = True
                if cell.__class__ is str and len(cell) > most:
                    raise ImportFileRefused("cell_too_long", most=most)
        if filled and not (row[0] == "" and _is_blank(row)):
            yield number, row
