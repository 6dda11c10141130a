"""Styles of cells whose numbers keep the decimals that were measured: 0.30 is another result than 0.3."""

import copy
from typing import Final

from lxml import etree

from server.domains.reports.office import Parts, parse, serialize

_S: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STYLES: Final = "xl/styles.xml"
_GENERAL: Final = "0"
_FIRST_OWN: Final = 164  # formats below are built in


class NumberFormats:
    """The styles of one workbook, and those added to it."""

    def __init__(self, parts: Parts) -> None:
        self._root = parse(parts[_STYLES]) if _STYLES in parts else None
        self._made: dict[tuple[str, int], str] = {}

    def keeping(self, style: str | None, value: str) -> str | None:
        """The style (an index, None for the first) in which a cell shows this number with all its decimals: the same, where
        nothing would be lost or the plant chose a format of its own."""
        decimals = len(value.partition(".")[2])
        formats = None if self._root is None else self._root.find(f"{_S}cellXfs")
        if formats is None or not decimals or not value.endswith("0"):
            return style
        key = (style or "0", decimals)
        if int(key[0]) >= len(formats) or formats[int(key[0])].get("numFmtId", _GENERAL) != _GENERAL:
            return style
        if key not in self._made:
            made = copy.deepcopy(formats[int(key[0])])
            made.set("numFmtId", self._format(decimals))
            made.set("applyNumberFormat", "1")
            formats.append(made)
            formats.set("count", str(len(formats)))
            self._made[key] = str(len(formats) - 1)
        return self._made[key]

    def _format(self, decimals: int) -> str:
        assert self._root is not None
        code = "0." + "0" * decimals
        own = self._root.find(f"{_S}numFmts")
        if own is None:
            own = etree.Element(f"{_S}numFmts")
            self._root.insert(0, own)
        for each in own:
            if each.get("formatCode") == code:
                return str(each.get("numFmtId"))
        number = str(max([_FIRST_OWN - 1, *(int(each.get("numFmtId", "0")) for each in own)]) + 1)
        etree.SubElement(own, f"{_S}numFmt", numFmtId=number, formatCode=code)
        own.set("count", str(len(own)))
        return number

    def parts(self) -> Parts:
        """The part that changed, if any did."""
        return {_STYLES: serialize(self._root)} if self._made and self._root is not None else {}
