"""Filling an XLSX template: cells of all sheets; repeated rows push down what stands below them."""

import copy
import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from server.domains.reports.office import Parts, parse, serialize
from server.domains.reports.placeholders import PLACEHOLDER, Found, Row, View, fill_text, list_of, printable
from server.domains.reports.problems import refused

_S: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_SHEETS = re.compile(r"xl/worksheets/[^/]+\.xml")
_STRINGS: Final = "xl/sharedStrings.xml"
_WORKBOOK: Final = "xl/workbook.xml"
_CELL = re.compile(r"(\$?[A-Z]{1,3}\$?)(\d+)")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,14})?")
_NUMBERS: Final = frozenset({"no", "result", "packages"})
"""Facts that are numbers where they look like one; a lot number never is."""
_LAST_ROW: Final = 1_048_576

Repeated = dict[int, int]  # row of the template → how many rows it became


def placeholders_of(parts: Parts) -> list[Found]:
    """Every placeholder of the cells. Raises TemplateRefused where repeated rows meet what cannot move with them."""
    strings, found = _strings(parts), []
    for name, root in _roots(parts):
        repeated = False
        for row in root.iter(f"{_S}row"):
            texts = {cell.get("r", "?"): _text(cell, strings) for cell in row.iter(f"{_S}c")}
            inside = list_of("".join(texts.values()))
            repeated |= inside is not None
            sheet = name.rsplit("/", 1)[-1].removesuffix(".xml")
            found += [
                Found(match[1], match[2], f"{sheet}!{where}", inside)
                for where, text in texts.items()
                for match in PLACEHOLDER.finditer(text)
            ]
        if repeated:
            _check_movable(root)
    return found


def _check_movable(root: "etree._Element") -> None:
    """A formula or a table below or across repeated rows would read the wrong cells: better refused than wrong."""
    if next(root.iter(f"{_S}f"), None) is not None:
        raise refused("template_rows_with_formulas")
    if next(root.iter(f"{_S}tablePart"), None) is not None:
        raise refused("template_rows_with_tables")


def fill(parts: Parts, view: View) -> Parts:
    """The parts with facts in place of placeholders."""
    strings, filled, grown = _strings(parts), dict(parts), False
    for name, root in _roots(parts):
        repeated = _fill_sheet(root, strings, view)
        if any(count != 1 for count in repeated.values()):
            _shift(root, repeated)
            grown = True
        filled[name] = serialize(root)
    if _STRINGS in parts:
        filled[_STRINGS] = _without_placeholders(parts[_STRINGS])
    if grown and _WORKBOOK in parts:
        filled[_WORKBOOK] = _without_print_areas(parts[_WORKBOOK])
    return filled


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


def _fill_sheet(root: "etree._Element", strings: list[str], view: View) -> Repeated:
    """How many rows each repeated row became."""
    repeated: Repeated = {}
    data = root.find(f"{_S}sheetData")
    if data is None:
        return repeated
    offset = 0
    for row in list(data.findall(f"{_S}row")):
        number = int(row.get("r", "0"))
        name = list_of("".join(_text(cell, strings) for cell in row.iter(f"{_S}c")))
        if name is None:
            _place(row, number + offset)
            _fill_row(row, strings, view, None)
            continue
        entries: list[Row | None] = list(view.lists.get(name, ())) or [{}]
        if number + offset + len(entries) > _LAST_ROW:
            raise refused("template_rows_too_many")
        for position, entry in enumerate(entries):
            made = copy.deepcopy(row)
            _place(made, number + offset + position)
            _fill_row(made, strings, view, entry)
            row.addprevious(made)
        data.remove(row)
        repeated[number] = len(entries)
        offset += len(entries) - 1
    return repeated


def _place(row: "etree._Element", number: int) -> None:
    row.set("r", str(number))
    for cell in row.iter(f"{_S}c"):
        cell.set("r", _CELL.sub(rf"\g<1>{number}", cell.get("r", "")))


def _fill_row(row: "etree._Element", strings: list[str], view: View, entry: Row | None) -> None:
    for cell in row.iter(f"{_S}c"):
        template = _text(cell, strings)
        if "{{" in template:
            _write(cell, template, fill_text(template, view, entry))


def _write(cell: "etree._Element", template: str, value: str) -> None:
    """The cell keeps its style. Text stays text whatever it begins with."""
    for child in list(cell):
        cell.remove(child)
    cell.attrib.pop("t", None)
    names = [name for mark, name in PLACEHOLDER.findall(template) if not mark]
    if len(names) == 1 and names[0].rsplit(".", 1)[-1] in _NUMBERS and _NUMBER.fullmatch(value):
        etree.SubElement(cell, f"{_S}v").text = value
        return
    cell.set("t", "inlineStr")
    text = etree.SubElement(etree.SubElement(cell, f"{_S}is"), f"{_S}t")
    text.text = printable(value)[:32_000]
    text.set(_SPACE, "preserve")


def _without_placeholders(body: bytes) -> bytes:
    root = parse(body)
    for item in root.findall(f"{_S}si"):
        if "{{" in _joined(item):
            for child in list(item):
                item.remove(child)
            etree.SubElement(item, f"{_S}t")
    return serialize(root)


def _without_print_areas(body: bytes) -> bytes:
    """A print area would cut off the rows that were added."""
    root = parse(body)
    for name in list(root.iter(f"{_S}definedName")):
        above = name.getparent()
        if name.get("name") == "_xlnm.Print_Area" and above is not None:
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
                element.set(attribute, " ".join(_moved(each, repeated) for each in value.split(" ")))


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
