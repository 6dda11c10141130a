"""The formulas of a template whose repeated rows became many: which cells they read afterwards. Nothing is computed here."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

Repeated = Mapping[int, int]
"""Row of the template → how many rows it became."""
_TOKEN = re.compile(
    r"""
    (?P<text>"(?:[^"]|"")*")
  | (?P<sheet>(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)? (?P<first>\$?[A-Z]{1,3}\$?\d{1,7}) (?::(?P<last>\$?[A-Z]{1,3}\$?\d{1,7}))? (?![\w(.!:])
  | (?P<columns>(?:(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)? \$?[A-Z]{1,3}:\$?[A-Z]{1,3}) (?![\w(.!:])
  | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+) (?![\w:$])
  | (?P<function>[^\W\d][\w.]*)\(
  | (?P<truth>TRUE|FALSE) (?![\w(.!:])
  | (?P<sign>[-+*/^&=<>%(),;{}\s])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_CELL = re.compile(r"(\$?[A-Z]{1,3})(\$?)(\d+)")
_OF_MANY: Final = frozenset({
    "SUM", "AVERAGE", "MIN", "MAX", "COUNT", "COUNTA", "COUNTBLANK", "PRODUCT", "MEDIAN", "STDEV", "STDEV.S", "STDEV.P", "VAR",
    "VAR.S", "VAR.P", "AND", "OR", "CONCATENATE", "CONCAT",
})  # fmt: skip
"""Functions of any number of cells: a cell of repeated rows that stands in one of them means all of its rows."""


class Unreadable(Exception):
    """What of the formula nobody can move with its rows: a name, a whole row, a table, another file."""


class OneOfRows(Exception):
    """A single cell of repeated rows, from outside them and in no function of many cells: which of the rows is meant?"""


class _Place(NamedTuple):
    """Where a formula stands: its sheet, its row of the template, and which copy of a repeated row it is in, None for others."""

    sheet: str
    row: int
    copy: int | None


def check_formula(formula: str, sheet: str, row: int, moves: Mapping[str, Repeated]) -> None:
    """Raises Unreadable and OneOfRows for what could not be moved. `moves`: the repeated rows by sheet."""
    place = _Place(sheet, row, 0 if row in moves.get(sheet, {}) else None)
    for _ in _pieces(formula, place, moves):
        pass


def moved_formula(formula: str, sheet: str, row: int, copy: int | None, moves: Mapping[str, Repeated]) -> str:
    """The formula (without `=`) as it reads after the rows of all sheets moved: what stood below moves down, a range that ends
    in repeated rows, or a cell of them in a sum, takes in all of them; in a copy of a repeated row it reads its own row, and
    relative ones above as if it had been filled down."""
    return "".join(_pieces(formula, _Place(sheet, row, copy), moves))


def _pieces(formula: str, place: _Place, moves: Mapping[str, Repeated]) -> Iterator[str]:
    functions: list[str] = []
    for match in _TOKEN.finditer(formula):
        if match["other"]:
            raise Unreadable(match["other"])
        if match["function"]:
            functions.append(match["function"].upper())
        elif match["sign"] == "(":
            functions.append("")
        elif match["sign"] == ")" and functions:
            functions.pop()
        if match["first"] is None:
            yield match[0]
        else:
            of_many = bool(functions) and functions[-1] in _OF_MANY
            yield _reference(match, place, moves, of_many=of_many)


def _reference(match: re.Match[str], place: _Place, moves: Mapping[str, Repeated], *, of_many: bool) -> str:
    sheet = _name(match["sheet"]) if match["sheet"] else place.sheet
    if sheet not in moves:
        raise Unreadable(match[0])
    repeated, first, last = moves[sheet], match["first"], match["last"]
    inside = place.copy is not None and sheet == place.sheet
    prefix = match["sheet"] or ""
    if inside:
        ends = [_in_copy(end, place, repeated, last=bool(last) and end is last) for end in (first, last) if end]
        return prefix + ":".join(ends)
    if last is None and _row(first) in repeated:
        if not of_many:
            raise OneOfRows(match[0])
        last = first if repeated[_row(first)] != 1 else None
    ends = [_outside(first, repeated, last=False)] + ([_outside(last, repeated, last=True)] if last else [])
    return prefix + ":".join(ends)


def _name(sheet: str) -> str:
    name = sheet[:-1]
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def _row(cell: str) -> int:
    match = _CELL.fullmatch(cell)
    return int(match[3]) if match else 0


def moved_row(row: int, repeated: Repeated) -> int:
    """Where this row of the template stands; of a repeated one the first."""
    return row + sum(count - 1 for each, count in repeated.items() if each < row)


def _outside(cell: str, repeated: Repeated, *, last: bool) -> str:
    row = _row(cell)
    grown = repeated.get(row, 1) - 1 if last else 0
    return _at(cell, moved_row(row, repeated) + grown)


def _in_copy(cell: str, place: _Place, repeated: Repeated, *, last: bool) -> str:
    """In a copy: its own row and those above it as filled down, fixed ones where they stand, those below where they went."""
    row, fixed = _row(cell), "$" in cell[1:]
    if row > place.row:
        return _outside(cell, repeated, last=last)
    return _at(cell, moved_row(row, repeated) + (0 if fixed else place.copy or 0))


def _at(cell: str, row: int) -> str:
    return _CELL.sub(lambda match: f"{match[1]}{match[2]}{row}", cell)


def translated(formula: str, written_at: str, here: str) -> str:
    """A formula that cells share, as it reads in another of them: relative cells move by the distance between the two."""
    (column, row), (to_column, to_row) = _position(written_at), _position(here)
    by_columns, by_rows = to_column - column, to_row - row

    def move(cell: str) -> str:
        match = _PARTS.fullmatch(cell)
        if match is None:
            return cell
        letters = match[2] if match[1] else _letters(_number(match[2]) + by_columns)
        return f"{match[1]}{letters}{match[3]}{int(match[4]) + (0 if match[3] else by_rows)}"

    def replace(match: re.Match[str]) -> str:
        if match["first"] is None:
            return match[0]
        return (match["sheet"] or "") + ":".join(move(end) for end in (match["first"], match["last"]) if end)

    return _TOKEN.sub(replace, formula)


_PARTS = re.compile(r"(\$?)([A-Z]{1,3})(\$?)(\d+)")


def _position(cell: str) -> tuple[int, int]:
    match = _PARTS.fullmatch(cell)
    return (_number(match[2]), int(match[4])) if match else (0, 0)


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _letters(number: int) -> str:
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
