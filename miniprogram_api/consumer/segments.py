"""A page rendered once, cut at the three values that change with every scan."""

import re
from html import escape

COUNT_HOLE = "\x00count\x00"
FIRST_HOLE = "\x00first\x00"
TAIL_HOLE = "\x00tail\x00"
_HOLES = (COUNT_HOLE, FIRST_HOLE, TAIL_HOLE)
_CUT = re.compile(f"({'|'.join(_HOLES)})")
_PLAIN = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-: "
"""What times and minted codes are made of: nothing to escape, found out in a fifth of the time of escaping."""


class PageSegments:
    """The bytes of a page with holes; filling them is one join and no template work."""

    __slots__ = ("_parts", "_places")

    def __init__(self, html: str) -> None:
        """``html`` holds the hole marks wherever a value of the scan belongs."""
        pieces = _CUT.split(html)
        self._parts = [piece.encode() for piece in pieces]
        self._places = [(place, _HOLES.index(piece)) for place, piece in enumerate(pieces) if place % 2]

    def fill(self, count: int, first_scanned_at_text: str, tail: str) -> bytes:
        """Return the page: scan count, formatted time of the first scan, last characters of the code."""
        values = (b"%d" % count, _escaped(first_scanned_at_text), _escaped(tail))
        parts = self._parts.copy()
        for place, hole in self._places:
            parts[place] = values[hole]
        return b"".join(parts)


def _escaped(text: str) -> bytes:
    encoded = text.encode()
    return encoded if encoded.translate(None, _PLAIN) == b"" else escape(text).encode()
