"""What the parts of an XLSX file say of each other: the titles of its sheets, and that its formulas are to be computed."""

import posixpath
from typing import Final

from lxml import etree

from server.domains.reports.office import Parts, parse, serialize

_S: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_WORKBOOK: Final = "xl/workbook.xml"
_LINKS: Final = "xl/_rels/workbook.xml.rels"
_CHAIN: Final = "xl/calcChain.xml"
_TYPES: Final = "[Content_Types].xml"
_BEFORE_CALCULATION: Final = frozenset({
    "fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets", "functionGroups", "externalReferences",
    "definedNames",
})  # fmt: skip


def sheet_titles(parts: Parts) -> dict[str, str]:
    """Title by the name of the part that holds the sheet."""
    if _WORKBOOK not in parts or _LINKS not in parts:
        return {}
    targets = {link.get("Id"): link.get("Target", "") for link in parse(parts[_LINKS]).iter() if link.get("Id")}
    found = {}
    for sheet in parse(parts[_WORKBOOK]).iter(f"{_S}sheet"):
        target = targets.get(sheet.get(f"{_R}id"), "")
        found[posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")] = sheet.get("name", "")
    return found


def computed_anew(parts: Parts) -> Parts:
    """The same, to be computed by whoever opens it; the order in which the template was computed is gone."""
    kept = {name: body for name, body in parts.items() if name != _CHAIN}
    for name in (_LINKS, _TYPES):
        if name in kept and _CHAIN in parts:
            kept[name] = _without_chain(kept[name])
    if _WORKBOOK in kept:
        kept[_WORKBOOK] = _computed_on_opening(kept[_WORKBOOK])
    return kept


def _without_chain(body: bytes) -> bytes:
    root = parse(body)
    for each in list(root):
        if (each.get("Target") or each.get("PartName") or "").endswith("calcChain.xml"):
            root.remove(each)
    return serialize(root)


def _computed_on_opening(body: bytes) -> bytes:
    root = parse(body)
    said = root.find(f"{_S}calcPr")
    if said is None:
        said = etree.Element(f"{_S}calcPr")
        before = [
            each for each in root if isinstance(each.tag, str) and etree.QName(each).localname in _BEFORE_CALCULATION
        ]
        root.insert(root.index(before[-1]) + 1 if before else 0, said)
    said.set("fullCalcOnLoad", "1")
    return serialize(root)
