"""Cells of a sheet as values. A sheet has numbers where people see text (lot 20260301) and text where they see dates."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple

from server.core.clock import EDGE, start_of_day
from server.core.days import aware, usable
from server.core.impossible import ImpossibleValue

_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?")
_YES = frozenset({"是", "y", "yes", "true", "1", "√", "已放行", "released"})
_NO = frozenset({"", "否", "n", "no", "false", "0", "×", "未放行", "pending"})
MOST_SHOWN = 200
MOST_ROUNDED = Decimal("1e14")


class SheetRow(NamedTuple):
    """A row's number as the sheet shows it (the header is a row too), and its cells in the order of the kind's columns."""

    number: int
    cells: tuple[object, ...]


class CellError(NamedTuple):
    """What is wrong with one cell, or (without a column) with a whole row."""

    row_no: int
    column: str | None
    value: str | None
    code: str
    params: dict[str, object]


def text_of(cell: object) -> str:
    """The cell as text; a whole number without decimals, as the sheet shows it."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return "" if cell is None else str(cell).strip()


def shown(cell: object) -> str | None:
    """The cell as an error quotes it."""
    return text_of(cell)[:MOST_SHOWN] or None


def result_of(cell: object) -> str | int | float | None:
    """A laboratory result as it was written; blank is None, a whole number has no decimals."""
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < 1e15 else cell
    if isinstance(cell, bool) or cell is None:
        return None if cell is None else text_of(cell)
    return cell if isinstance(cell, int) else text_of(cell)


def number_of(cell: object) -> Decimal | None:
    """A quantity. A cell that is a number, not text, is binary: what it has beyond 12 decimals is noise, and rounded.

    ImpossibleValue where it is none.
    """
    if isinstance(cell, bool):
        raise ImpossibleValue("import_not_a_quantity", value=str(cell))
    text = text_of(cell).replace(",", "").replace("，", "")
    if not text:
        return None
    try:
        value = Decimal(text)
    except ArithmeticError:
        raise ImpossibleValue("import_not_a_quantity", value=text[:40]) from None
    if not value.is_finite():
        raise ImpossibleValue("import_not_a_quantity", value=text[:40])
    return round(value, 12).normalize() if isinstance(cell, float) and abs(value) < MOST_ROUNDED else value


def day_or_moment(cell: object) -> date | datetime | None:
    """A day, or a moment in China time. ImpossibleValue where it is neither, or out of any calendar in use."""
    if isinstance(cell, datetime):
        return usable(aware(cell))
    if isinstance(cell, date):
        return usable(cell)
    text = text_of(cell)
    return usable(_parsed(text)) if text else None


def _parsed(text: str) -> date | datetime:
    day_text, _, rest = text.replace("T", " ").partition(" ")
    found = _DAY.fullmatch(day_text)
    try:
        if found is None:
            return _iso(text)
        day = date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
        clock = _TIME.fullmatch(rest.strip()) if rest.strip() else None
        if not rest.strip():
            return day
        if clock is None:
            return _iso(text)
        return datetime.combine(day, time(int(clock[1]), int(clock[2]), int(clock[3] or 0)), EDGE)
    except ValueError:
        raise ImpossibleValue("import_not_a_date", value=text[:40]) from None


def _iso(text: str) -> datetime:
    return aware(datetime.fromisoformat(text))


def moment_of(cell: object) -> datetime | None:
    """A moment; a day means its beginning. ImpossibleValue where it is neither."""
    value = day_or_moment(cell)
    return start_of_day(value) if value is not None and not isinstance(value, datetime) else value


def day_of(cell: object) -> date | None:
    """A day in China. ImpossibleValue where it is none."""
    value = day_or_moment(cell)
    return value.astimezone(EDGE).date() if isinstance(value, datetime) else value


def yes_or_no(cell: object) -> bool:
    """A blank is no. ImpossibleValue where it is neither yes nor no."""
    text = text_of(cell).casefold()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise ImpossibleValue("import_not_yes_or_no", value=text[:40])
