"""Templates to fill in: headers in the reader's language, an example row, and a sheet that says what each column wants.

Every cell is written as text, never as a formula, whatever it begins with; columns keep what is typed ("007") as text.
"""

import io

import xlsxwriter

from i18n import has_key, text
from server.domains.integrations.columns import COLUMNS, example_of, title_of

_NUMBERS = frozenset({"quantity", "value"})
_WIDTH = 18


def make_template(kind: str, language: str) -> bytes:
    """An XLSX file for one kind of import."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True, "bg_color": "#E6F4F1", "border": 1})
    needed = book.add_format({"bold": True, "bg_color": "#FCE8D5", "border": 1})
    example = book.add_format({"italic": True, "font_color": "#7A7A7A", "num_format": "@"})
    typed = book.add_format({"num_format": "@"})
    sheet = book.add_worksheet(text("import.sheet.data", language))
    for index, (column, shown) in enumerate(zip(COLUMNS[kind], example_of(kind, language), strict=True)):
        sheet.set_column(index, index, _WIDTH, None if column.name in _NUMBERS else typed)
        mark = "*" if column.required else ""
        sheet.write_string(0, index, title_of(column.name, language) + mark, needed if column.required else bold)
        sheet.write_string(1, index, shown, example)
    sheet.freeze_panes(1, 0)
    _write_notes(book.add_worksheet(text("import.sheet.notes", language)), kind, language, bold)
    book.close()
    return target.getvalue()


def _write_notes(sheet: "xlsxwriter.worksheet.Worksheet", kind: str, language: str, bold: object) -> None:
    sheet.set_column(0, 0, _WIDTH)
    sheet.set_column(1, 1, 90)
    lines = [(text(f"import.kind.{kind}", language), text(f"import.note.{kind}", language))]
    for column in COLUMNS[kind]:
        key = f"import.note.{column.name}"
        words = [text("import.required", language)] if column.required else []
        words += [text(key, language)] if has_key(key, language) else []
        lines.append((title_of(column.name, language), " ".join(words)))
    for number, (title, note) in enumerate(lines):
        sheet.write_string(number, 0, title, bold)
        sheet.write_string(number, 1, note)
