"""A page rendered once, cut at the three values that change with every scan."""

import re
from html import escape

COUNT_HOLE = "\x00count\x00"
FIRST_HOLE = "\x00first\x00"
TAIL_HOLE = "\x00tail\x00"
_CUT = re.compile(f"({COUNT_HOLE}|{FIRST_HOLE}|{TAIL_HOLE})")


class PageSegments:
    """The bytes of a page with holes; filling them is one join and no template work."""

    __slots__ = ("_parts", "_places")

    def __init__(self, html: str) -> None:
        """``html`` holds the hole marks wherever a value of the scan belongs."""
        pieces = _CUT.split(html)
        self._parts = [piece.encode() for piece in pieces]
        self._places = [(place, piece) for place, piece in enumerate(pieces) if place % 2]

    def fill(self, count: int, first_scanned_at_text: str, tail: str) -> bytes:
        """Return the page: scan count, formatted time of the first scan, last characters of the code."""
        parts = self._parts.copy()
        for place, hole in self._places:
            if hole == COUNT_HOLE:
                parts[place] = b"%d" % count
            elif hole == FIRST_HOLE:
                parts[place] = escape(first_scanned_at_text).encode()
            else:
                parts[place] = escape(tail).encode()
        return b"".join(parts)
