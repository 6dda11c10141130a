"""Filling an XLSX template: cells of all sheets; repeated rows push down what stands below them, formulas included."""

import copy
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from lxml import etree

from server.domains.reports.formulas import OneOfRows, Unreadable, check_formula, moved_formula, translated
from server.domains.reports.number_formats import NumberFormats
from server.domains.reports.office import Parts, parse, serialize
from server.domains.reports.placeholders import (
    NUMBER,
    PLACEHOLDER,
    Found,
    Row,
    View,
    fill_text,
    list_of,
    printable,
)
from server.domains.reports.problems import refused
from server.domains.reports.workbook import computed_anew, sheet_titles

_S: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_SHEETS = re.compile(r"xl/worksheets/[^/]+\.xml")
_STRINGS: Final = "xl/sharedStrings.xml"
_WORKBOOK: Final = "xl/workbook.xml"
_CELL = re.compile(r"(\$?[A-Z]{1,3}\$?)(\d+)")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,14})?")
_NUMBERS: Final = frozenset({"no", "result", "packages"})
"""Facts that are numbers where they look like one; a lot number never is."""
_SIZE = re.compile(r"&\d+(?=\{\{)")
_LAST_ROW: Final = 1_048_576

Repeated = dict[int, int]  # row of the template → how many rows it became


class _Sheet(NamedTuple):
    """A sheet while it is filled. `rows`: each with its row of the template, and which copy of a repeated one it is."""

    name: str
    title: str
    root: "etree._Element"
    repeated: Repeated
    rows: list[tuple["etree._Element", int, int | None]]


def placeholders_of(parts: Parts) -> list[Found]:
    """Every placeholder of the cells. Raises TemplateRefused where repeated rows meet what cannot move with them."""
    strings, found, repeated = _strings(parts), [], dict[str, Repeated]()
    for name, root in _roots(parts):
        repeated[name] = {}
        sheet = name.rsplit("/", 1)[-1].removesuffix(".xml")
        for each in _headers(root):
            where = f"{sheet}!{etree.QName(each).localname}"
            found += [Found(match[1], match[2], where, None) for match in PLACEHOLDER.finditer(each.text or "")]
        for row in root.iter(f"{_S}row"):
            texts = {cell.get("r", "?"): _text(cell, strings) for cell in row.iter(f"{_S}c")}
            inside = list_of("".join(texts.values()))
            if inside is not None:
                repeated[name][int(row.get("r", "0"))] = 1
            found += [
                Found(match[1], match[2], f"{sheet}!{where}", inside)
                for where, text in texts.items()
                for match in PLACEHOLDER.finditer(text)
            ]
        if repeated[name] and next(root.iter(f"{_S}tablePart"), None) is not None:
            raise refused("template_rows_with_tables")
    if any(repeated.values()):
        _check_movable(parts, repeated)
    return found


def rows_of(parts: Parts) -> Iterator[tuple[str, str]]:
    """The text of each row, and of what stands above and below the pages; and where."""
    strings = _strings(parts)
    for name, root in _roots(parts):
        sheet = name.rsplit("/", 1)[-1].removesuffix(".xml")
        yield from ((each.text or "", f"{sheet}!{etree.QName(each).localname}") for each in _headers(root))
        for row in root.iter(f"{_S}row"):
            yield "".join(_text(cell, strings) for cell in row.iter(f"{_S}c")), f"{sheet}!{row.get('r', '?')}"


def _check_movable(parts: Parts, repeated: Mapping[str, Repeated]) -> None:
    """A formula that would read the wrong cells after the rows moved is refused, with what to do about it."""
    titles = sheet_titles(parts)
    moves = {titles.get(name, name): rows for name, rows in repeated.items()}
    for name, root in _roots(parts):
        title = titles.get(name, name)
        for cell, formula in _formulas(root):
            where = {"cell": f"{title}!{cell.get('r')}", "formula": f"={formula.text or ''}"[:80]}
            if formula.get("t") in ("array", "dataTable"):
                raise refused("template_formula_unreadable", **where)
            try:
                check_formula(formula.text or "", title, _row_of(cell), moves)
            except Unreadable:
                raise refused("template_formula_unreadable", **where) from None
            except OneOfRows:
                raise refused("template_formula_one_of_rows", **where) from None


def _formulas(root: "etree._Element") -> Iterator[tuple["etree._Element", "etree._Element"]]:
    """Cells and their formulas, each written out: one that a cell shares with another is read as it stands there."""
    shared: dict[str, tuple[str, str]] = {}
    for cell in root.iter(f"{_S}c"):
        formula = cell.find(f"{_S}f")
        if formula is None:
            continue
        if formula.get("t") == "shared":
            group, here = formula.get("si", ""), cell.get("r", "")
            if formula.text:
                shared[group] = (formula.text, here)
            elif group in shared:
                formula.text = translated(*shared[group], here)
            for name in ("t", "si", "ref"):
                formula.attrib.pop(name, None)
        yield cell, formula


def _row_of(cell: "etree._Element") -> int:
    match = _CELL.fullmatch(cell.get("r", ""))
    return int(match[2]) if match else 0


def fill(parts: Parts, view: View) -> Parts:
    """The parts with facts in place of placeholders."""
    strings, filled, sheets = _strings(parts), dict(parts), list[_Sheet]()
    formats = NumberFormats(parts)
    titles = sheet_titles(parts)
    for name, root in _roots(parts):
        for _ in _formulas(root):  # those that are shared are written out before their rows part
            pass
        sheets.append(_fill_sheet(_Sheet(name, titles.get(name, name), root, {}, []), strings, view, formats))
        _fill_headers(root, view)
    filled |= formats.parts()
    moves = {sheet.title: sheet.repeated for sheet in sheets}
    grown, computed = any(_grown(each) for each in moves.values()), False
    for sheet in sheets:
        computed |= _rewrite(sheet, moves, grown=grown)
        if _grown(sheet.repeated):
            _shift(sheet.root, sheet.repeated)
        filled[sheet.name] = serialize(sheet.root)
    if computed:
        filled = computed_anew(filled)
    if _STRINGS in parts:
        filled[_STRINGS] = _without_placeholders(parts[_STRINGS])
    if grown and _WORKBOOK in filled:
        filled[_WORKBOOK] = _print_areas_moved(filled[_WORKBOOK], moves)
    return filled


def _grown(repeated: Repeated) -> bool:
    return any(count != 1 for count in repeated.values())


def _rewrite(sheet: _Sheet, moves: Mapping[str, Repeated], *, grown: bool) -> bool:
    """Formulas read the cells where they stand now; what they came to in the template is forgotten. Whether there are any."""
    found = False
    for row, number, position in sheet.rows:
        for cell, formula in _formulas(row):
            found = True
            if grown and formula.text:
                formula.text = moved_formula(formula.text, sheet.title, number, position, moves)
            for value in cell.findall(f"{_S}v"):
                cell.remove(value)
            cell.attrib.pop("t", None)
    if grown:
        _rewrite_rules(sheet, moves)
    return found


def _rewrite_rules(sheet: _Sheet, moves: Mapping[str, Repeated]) -> None:
    """Rules of colouring and of entry read from the cell where they begin; one that cannot be moved is left alone."""
    for tag in ("conditionalFormatting", "dataValidation"):
        for rule in sheet.root.iter(f"{_S}{tag}"):
            begins = _CELL.match(rule.get("sqref", ""))
            for each in rule.iter(f"{_S}formula", f"{_S}formula1", f"{_S}formula2"):
                if begins and each.text:
                    with suppress(Unreadable, OneOfRows):
                        each.text = moved_formula(each.text, sheet.title, int(begins[2]), 0, moves)


def _roots(parts: Parts) -> Iterator[tuple[str, "etree._Element"]]:
    for name, body in parts.items():
        if _SHEETS.fullmatch(name):
            yield name, parse(body)


def _strings(parts: Parts) -> list[str]:
    if _STRINGS not in parts:
        return []
    return [_joined(each) for each in parse(parts[_STRINGS]).findall(f"{_S}si")]


def _joined(item: "etree._Element") -> str:
    """Rich text as plain text, without its phonetic reading."""
    texts = (each for each in item.iter(f"{_S}t") if next(each.iterancestors(f"{_S}rPh"), None) is None)
    return "".join(each.text or "" for each in texts)


def _text(cell: "etree._Element", strings: list[str]) -> str:
    kind = cell.get("t")
    if kind == "inlineStr":
        inline = cell.find(f"{_S}is")
        return "" if inline is None else _joined(inline)
    value = cell.findtext(f"{_S}v") or ""
    if kind == "s" and value.isdigit() and int(value) < len(strings):
        return strings[int(value)]
    return ""


def _fill_sheet(sheet: _Sheet, strings: list[str], view: View, formats: NumberFormats) -> _Sheet:
    """The sheet with its rows filled and placed."""
    data, repeated = sheet.root.find(f"{_S}sheetData"), sheet.repeated
    if data is None:
        return sheet
    offset = 0
    for row in list(data.findall(f"{_S}row")):
        number = int(row.get("r", "0"))
        name = list_of("".join(_text(cell, strings) for cell in row.iter(f"{_S}c")))
        if name is None:
            _place(row, number + offset)
            _fill_row(row, strings, view, None, formats)
            sheet.rows.append((row, number, None))
            continue
        entries: list[Row | None] = list(view.lists.get(name, ())) or [{}]
        if number + offset + len(entries) > _LAST_ROW:
            raise refused("template_rows_too_many")
        for position, entry in enumerate(entries):
            made = copy.deepcopy(row)
            _place(made, number + offset + position)
            _fill_row(made, strings, view, entry, formats)
            row.addprevious(made)
            sheet.rows.append((made, number, position))
        data.remove(row)
        repeated[number] = len(entries)
        offset += len(entries) - 1
    return sheet


def _place(row: "etree._Element", number: int) -> None:
    row.set("r", str(number))
    for cell in row.iter(f"{_S}c"):
        cell.set("r", _CELL.sub(rf"\g<1>{number}", cell.get("r", "")))


def _headers(root: "etree._Element") -> Iterator["etree._Element"]:
    """What stands above and below each printed page."""
    for around in root.iter(f"{_S}headerFooter"):
        yield from (each for each in around if isinstance(each.tag, str))


def _fill_headers(root: "etree._Element", view: View) -> None:
    """There an & begins a code, so that one of a fact is doubled, and digits behind one are a size: a space keeps those of a fact
    apart. Excel takes 255 characters."""
    for each in _headers(root):
        if "{{" in (each.text or ""):
            doubled = {name: value.replace("&", "&&") for name, value in view.single.items()}
            apart = _SIZE.sub(r"\g<0> ", each.text or "")
            each.text = printable(fill_text(apart, View(doubled, {}), None))[:255]


def _fill_row(row: "etree._Element", strings: list[str], view: View, entry: Row | None, formats: NumberFormats) -> None:
    for cell in row.iter(f"{_S}c"):
        template = _text(cell, strings)
        if "{{" in template:
            _write(cell, template, fill_text(template, view, entry), formats)


def _write(cell: "etree._Element", template: str, value: str, formats: NumberFormats) -> None:
    """The cell keeps its style, but that a number shows the decimals it was given with. Text stays text whatever it begins with."""
    for child in list(cell):
        cell.remove(child)
    cell.attrib.pop("t", None)
    names = [name for mark, name in PLACEHOLDER.findall(template) if not mark]
    if len(names) == 1 and _is_number(names[0].rsplit(".", 1)[-1]) and _NUMBER.fullmatch(value):
        etree.SubElement(cell, f"{_S}v").text = value
        if (style := formats.keeping(cell.get("s"), value)) is not None:
            cell.set("s", style)
        return
    cell.set("t", "inlineStr")
    text = etree.SubElement(etree.SubElement(cell, f"{_S}is"), f"{_S}t")
    text.text = printable(value)[:32_000]
    text.set(_SPACE, "preserve")


def _is_number(name: str) -> bool:
    return name in _NUMBERS or name.endswith(NUMBER)


def _without_placeholders(body: bytes) -> bytes:
    root = parse(body)
    for item in root.findall(f"{_S}si"):
        if "{{" in _joined(item):
            for child in list(item):
                item.remove(child)
            etree.SubElement(item, f"{_S}t")
    return serialize(root)


def _print_areas_moved(body: bytes, moves: Mapping[str, Repeated]) -> bytes:
    """A print area grows with its rows; one that nobody can move would cut off what was added, and goes."""
    root = parse(body)
    for name in list(root.iter(f"{_S}definedName")):
        above = name.getparent()
        if name.get("name") != "_xlnm.Print_Area" or above is None:
            continue
        try:
            name.text = moved_formula(name.text or "", "", 0, None, moves)
        except (Unreadable, OneOfRows):
            above.remove(name)
            if not len(above):
                root.remove(above)
    return serialize(root)


def _shift(root: "etree._Element", repeated: Repeated) -> None:
    """Merged cells, rules and links move with their rows; a merge inside a repeated row comes with each copy."""
    for dimension in list(root.iter(f"{_S}dimension")):
        root.remove(dimension)
    for merged in list(root.iter(f"{_S}mergeCell")):
        _merge(merged, repeated)
    for element in root.iter():
        if element.tag in (f"{_S}mergeCell", f"{_S}c", f"{_S}row"):
            continue
        for attribute in ("ref", "sqref"):
            if (value := element.get(attribute)) is not None:
                element.set(attribute, " ".join(_stretched(each, repeated) for each in value.split(" ")))


def _stretched(reference: str, repeated: Repeated) -> str:
    """Where a rule holds now: that of one cell of a repeated row holds in each copy."""
    first, last = _moved(reference, repeated, grow=False), _moved(reference, repeated)
    return last if ":" in reference or first == last else f"{first}:{last}"


def _merge(merged: "etree._Element", repeated: Repeated) -> None:
    reference = merged.get("ref", "")
    rows = {int(number) for _, number in _CELL.findall(reference)}
    copies = repeated.get(min(rows), 1) if len(rows) == 1 else 1
    first = _moved(reference, repeated, grow=False)
    merged.set("ref", first)
    above = merged.getparent()
    for position in range(1, copies):
        if above is not None:
            etree.SubElement(above, f"{_S}mergeCell").set("ref", _down(first, position))
    if above is not None and above.get("count"):
        above.set("count", str(len(above)))


def _down(reference: str, rows: int) -> str:
    def lower(match: re.Match[str]) -> str:
        return f"{match[1]}{int(match[2]) + rows}"

    return _CELL.sub(lower, reference)


def _moved(reference: str, repeated: Repeated, *, grow: bool = True) -> str:
    """`B7:C9` where it stands now; a range that ends in a repeated row grows with it."""
    ends = reference.split(":")

    def moved(end: str, *, last: bool) -> str:
        match = _CELL.fullmatch(end)
        number = int(match[2]) if match else 0
        by = sum(count - 1 for row, count in repeated.items() if row < number or (last and grow and row == number))
        return _down(end, by)

    return ":".join(moved(end, last=position == len(ends) - 1) for position, end in enumerate(ends))
