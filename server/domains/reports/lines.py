"""Where the lines of a printed text break: never inside a word or number, and never so that a line begins with the mark that
ends a clause or ends with the bracket that opens one (避头尾). The printer's own rule knows words between blanks alone."""

import re
from collections.abc import Callable
from typing import Final

_PIECE: Final = re.compile(r"[!-~\u00a0-\u024f°±–≤≥×]+|.", re.DOTALL)
"""What stays together by itself: a run of Latin letters, figures and signs; any other character alone, a blank too."""
_NOT_FIRST: Final = frozenset("，。、；：！？）】》」』”’…·％%／,.;:!?)]}～〜")
_NOT_LAST: Final = frozenset("（【《「『“‘([{")
_BINDS_AFTER: Final = re.compile(r"[=≤≥<>±×]$")
_BINDS_BEFORE: Final = re.compile(r"[=×]")
_NUMBER: Final = re.compile(r"(?<![A-Za-z0-9./-])-?\d(?:[\d.,]*\d)?$")
_UNIT: Final = re.compile(r"[^\W\d_]{1,6}|[%‰°].*|[^\x00-\xff]")


def wrapped(text: str, room: float, width_of: Callable[[str], float]) -> str:
    """The text with a line break wherever a line of this width ends. Its own line breaks stay."""
    return "\n".join(line for each in text.split("\n") for line in _lines(each, room, width_of))


def _lines(text: str, room: float, width_of: Callable[[str], float]) -> list[str]:
    if width_of(text) <= room:
        return [text]
    lines, line = [], ""
    for token in _tokens(text):
        if line.strip() and width_of(line + token.rstrip()) > room:
            lines.append(line.rstrip())
            line, token = "", token.lstrip()
        line += token
        while (
            width_of(line.rstrip()) > room and len(line) > 1
        ):  # one word is wider than a line: it breaks where it must
            fits = max((n for n in range(1, len(line)) if width_of(line[:n]) <= room), default=1)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _tokens(text: str) -> list[str]:
    """What no line break may part, each with the blanks before it."""
    tokens: list[str] = []
    blanks = ""
    for piece in _PIECE.findall(text):
        if piece == " ":
            blanks += piece
            continue
        before = tokens[-1] if tokens else ""
        if before and _bound(before, blanks, piece):
            tokens[-1] = before + blanks + piece
        else:
            tokens.append(blanks + piece)
        blanks = ""
    return tokens


def _bound(before: str, blanks: str, piece: str) -> bool:
    """Whether these two stand on one line: a mark with what it ends or opens, a figure with its unit, a sign with its figure."""
    if not blanks:
        return piece[0] in _NOT_FIRST or before[-1] in _NOT_LAST
    if blanks == " ":
        counted = bool(_NUMBER.search(before) and _UNIT.fullmatch(piece))
        return counted or bool(_BINDS_AFTER.search(before) or _BINDS_BEFORE.match(piece))
    return False
