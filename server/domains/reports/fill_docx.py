"""Filling a DOCX template: paragraphs of the body, heads and feet; repeated table rows."""

import copy
import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from server.domains.reports.office import Parts, parse, serialize
from server.domains.reports.placeholders import PLACEHOLDER, Found, Row, View, list_of, printable

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_TEXTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes)\.xml")


def placeholders_of(parts: Parts) -> list[Found]:
    """Every placeholder of the document."""
    found = []
    for name, root in _roots(parts):
        where = name.removeprefix("word/").removesuffix(".xml")
        for paragraph in root.iter(f"{_W}p"):
            row = next(paragraph.iterancestors(f"{_W}tr"), None)
            inside = None if row is None else list_of(_text(row))
            for match in PLACEHOLDER.finditer(_text(paragraph)):
                found.append(Found(match[1], match[2], where, inside))
    return found


def rows_of(parts: Parts) -> Iterator[tuple[str, str]]:
    """The text of each row of a table, without the tables inside it; and where."""
    for name, root in _roots(parts):
        yield from ((_own_text(row), name.removeprefix("word/").removesuffix(".xml")) for row in root.iter(f"{_W}tr"))


def fill(parts: Parts, view: View) -> Parts:
    """The parts with facts in place of placeholders."""
    filled = dict(parts)
    for name, root in _roots(parts):
        for row in [each for each in root.iter(f"{_W}tr") if list_of(_own_text(each))]:
            _repeat(row, view)
        for paragraph in list(root.iter(f"{_W}p")):
            _fill_paragraph(paragraph, view, None)
        filled[name] = serialize(root)
    return filled


def _roots(parts: Parts) -> Iterator[tuple[str, "etree._Element"]]:
    for name, body in parts.items():
        if _TEXTS.fullmatch(name):
            yield name, parse(body)


def _text(element: "etree._Element") -> str:
    return "".join(each.text or "" for each in element.iter(f"{_W}t"))


def _own_text(row: "etree._Element") -> str:
    """Of a row without the tables that stand inside it."""
    own = (each for each in row.iter(f"{_W}t") if next(each.iterancestors(f"{_W}tr"), None) is row)
    return "".join(each.text or "" for each in own)


def _repeat(row: "etree._Element", view: View) -> None:
    """One row for each entry; an empty list leaves one empty row."""
    parent, name = row.getparent(), list_of(_own_text(row))
    assert parent is not None
    assert name is not None
    entries: list[Row] = list(view.lists.get(name, ())) or [_blank(row)]
    for entry in entries:
        made = copy.deepcopy(row)
        for element in list(made.iter(f"{_W}bookmarkStart", f"{_W}bookmarkEnd")):
            above = element.getparent()
            if above is not None:
                above.remove(element)
        for element in made.iter():
            for attribute in [each for each in element.attrib if str(each).endswith("}paraId")]:
                del element.attrib[attribute]
        for paragraph in list(made.iter(f"{_W}p")):
            _fill_paragraph(paragraph, view, entry)
        row.addprevious(made)
    parent.remove(row)


def _blank(row: "etree._Element") -> Row:
    return {name: "" for _, name in PLACEHOLDER.findall(_text(row))}


def _fill_paragraph(paragraph: "etree._Element", view: View, row: Row | None) -> None:
    """A placeholder may be spread over several runs, as Word likes to: the first of them gets the value."""
    texts = [each for each in paragraph.iter(f"{_W}t") if next(each.iterancestors(f"{_W}p")) is paragraph]
    whole = "".join(each.text or "" for each in texts)
    for match in reversed(list(PLACEHOLDER.finditer(whole))):
        mark, name = match.groups()
        value = "" if mark else printable((row or {}).get(name, view.single.get(name, "")))
        _replace(texts, match.start(), match.end(), value)
    for each in texts:
        _break_lines(each)


def _replace(texts: list["etree._Element"], start: int, end: int, value: str) -> None:
    at = 0
    for each in texts:
        own = each.text or ""
        left, right = max(start - at, 0), min(end - at, len(own))
        if left < right or (left == right == 0 and at == start and value):
            each.text = own[:left] + value + own[right:]
            each.set(_SPACE, "preserve")
            value = ""
        at += len(own)


def _break_lines(element: "etree._Element") -> None:
    """Word shows a line break as an element of its own."""
    lines = (element.text or "").split("\n")
    element.text = lines[0]
    for line in reversed(lines[1:]):
        more = etree.Element(f"{_W}t")
        more.text = line
        more.set(_SPACE, "preserve")
        element.addnext(more)
        element.addnext(etree.Element(f"{_W}br"))
