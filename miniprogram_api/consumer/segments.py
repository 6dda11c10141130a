"""A page rendered once, cut at the values that change with every scan."""

import re
from html import escape
from typing import NamedTuple

COUNT_HOLE = "\x00count\x00"
FIRST_HOLE = "\x00first\x00"
TAIL_HOLE = "\x00tail\x00"
HINT_HOLE = "\x00hint\x00"
_HOLES = (COUNT_HOLE, FIRST_HOLE, TAIL_HOLE, HINT_HOLE)
_CUT = re.compile(f"({'|'.join(_HOLES)})")
_BLOCKS = "div|dl|dt|dd|ul|ol|li|section|main|header|footer|nav|h[1-3]|p|table|thead|tbody|tr|figure|meta|link|title|head|body|html"
_BETWEEN = re.compile(rf">\s+<(?=/?(?:{_BLOCKS})\b)")
"""Line ends of a template before what begins a line of its own anyway; between words of one line they stay."""

_PLAIN = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-: "
"""What times and minted codes are made of: nothing to escape, found out in a fifth of the time of escaping."""


class Hints(NamedTuple):
    """What is said beside the count: to a device that never scanned the code, to one of several that did (`%d`: how often),
    and to the only one."""

    others: bytes = b""
    some: bytes = b"%d"
    all: bytes = b""


class PageSegments:
    """The bytes of a page with holes; filling them is one join and no template work."""

    __slots__ = ("_hints", "_parts", "_places")

    def __init__(self, html: str, hints: Hints = Hints()) -> None:
        """``html`` holds the hole marks wherever a value of the scan belongs."""
        pieces = _CUT.split(_BETWEEN.sub("><", html))
        self._hints = hints
        self._parts = [piece.encode() for piece in pieces]
        self._places = [(place, _HOLES.index(piece)) for place, piece in enumerate(pieces) if place % 2]

    def fill(self, count: int, first_scanned_at_text: str, tail: str, own: int = 0) -> bytes:
        """Return the page: scan count, formatted time of the first scan, last characters of the code; `own`: how many of
        the earlier scans the reader's device made."""
        return self.fill_with(count, _escaped(first_scanned_at_text), tail, own)

    def fill_with(self, count: int, first_scanned_at: bytes, tail: str, own: int) -> bytes:
        """The same with a time that holds nothing to escape."""
        hints = self._hints
        hint = hints.others if not own else hints.some % own if own < count - 1 else hints.all
        values = (b"%d" % count, first_scanned_at, _escaped(tail), hint)
        parts = self._parts.copy()
        for place, hole in self._places:
            parts[place] = values[hole]
        return b"".join(parts)


def _escaped(text: str) -> bytes:
    encoded = text.encode()
    return encoded if encoded.translate(None, _PLAIN) == b"" else escape(text).encode()
