"""A ledger as XLSX: one header row that filters and sorts, real numbers and dates, text that can never become a formula."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import xlsxwriter

from i18n import SHANGHAI
from server.domains.reports.commands import LedgerKind
from server.domains.reports.ledgers import columns_of
from server.domains.reports.words import Words

_WORDS: Final = {"inspection": "verdict", "decision": "state", "state": "state"}
"""Columns whose values are one of a few words."""
_EXACT_DIGITS: Final = 15
"""A spreadsheet holds no more; a longer number stays text, so that no digit is lost."""


def ledger_xlsx(
    kind: LedgerKind, rows: Sequence[Mapping[str, Any]], start: date, end: date, company: str, language: str
) -> bytes:
    """The whole file. Blocks: for a thread."""
    words, out = Words(language), io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties(
        {"title": words.say(f"ledger_kind.{kind}"), "company": company, "created": datetime(2020, 1, 1, tzinfo=UTC)}
    )
    sheet = book.add_worksheet(words.say(f"ledger_kind.{kind}"))
    styles = _styles(book)
    columns = columns_of(kind)
    for position, column in enumerate(columns):
        sheet.set_column(position, position, column.width)
        sheet.write_string(0, position, words.say(f"ledger.{column.name}"), styles["head"])
    for number, row in enumerate(rows, 1):
        for position, column in enumerate(columns):
            value = row[column.name]
            if column.name in _WORDS:
                value = words.word(_WORDS[column.name], value)
            elif column.name == "unit":
                value = words.unit(value)
            _write(sheet, number, position, value, column.kind, styles)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(rows)), len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    title = f"{company}  {words.say(f'ledger_kind.{kind}')}  {start.isoformat()} – {end.isoformat()}"
    sheet.set_header("&C" + title.replace("&", "&&")[:200])
    sheet.set_footer("&C&P / &N")
    book.close()
    return out.getvalue()


def _styles(book: Any) -> dict[str, Any]:
    plain = {"valign": "top", "border": 1, "border_color": "#C9D1D1"}
    return {
        "head": book.add_format({**plain, "bold": True, "bg_color": "#E8EEEE", "text_wrap": True, "valign": "vcenter"}),
        "text": book.add_format({**plain, "text_wrap": True, "num_format": "@", "quote_prefix": True}),
        "number": book.add_format({**plain, "num_format": "#,##0.######"}),
        "day": book.add_format({**plain, "num_format": "yyyy-mm-dd"}),
        "time": book.add_format({**plain, "num_format": "yyyy-mm-dd hh:mm"}),
    }


def _write(sheet: Any, row: int, column: int, value: Any, kind: str, styles: Mapping[str, Any]) -> None:
    if value is None or value == "":
        sheet.write_blank(row, column, None, styles["text"])
    elif kind == "number" and len(value.as_tuple().digits) <= _EXACT_DIGITS:
        whole = value == value.to_integral()
        sheet.write_number(row, column, int(value) if whole else float(value), styles["number"])
    elif isinstance(value, datetime):
        last = value - timedelta(microseconds=1) if kind == "last_day" else value
        here = last.astimezone(SHANGHAI).replace(tzinfo=None)
        if kind != "time":
            here = here.replace(hour=0, minute=0, second=0, microsecond=0)
        sheet.write_datetime(row, column, here, styles["time" if kind == "time" else "day"])
    else:
        shown = f"{value:f}" if isinstance(value, Decimal) else str(value)
        sheet.write_string(row, column, shown[:32_000], styles["text"])
