"""The set of texts a rule can print, and the exact question whether two such sets meet.

A shape is a sequence of positions, each a set of symbols that stands there once, or at most once.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from server.domains.codes.alphabet import CODE_LENGTH, MARK, SEPARATORS
from server.domains.codes.digital_link import LOT_AND_SERIAL_SYMBOLS, MAX_LOT_OR_SERIAL
from server.domains.codes.segments import Segment, SegmentValues, SymbolRange, symbols_of

_ANY: Final = frozenset(map(chr, range(0x20, 0x7F)))
_DIGITS: Final = frozenset("0123456789")


class Position(NamedTuple):
    symbols: frozenset[str]
    optional: bool


Shape = Sequence[Position]


def shape(ranges: Iterable[SymbolRange]) -> Shape:
    """The positions of consecutive ranges."""
    return [Position(r.symbols, at >= r.least) for r in ranges for at in range(r.most)]


def rule_shape(segments: Sequence[Segment], fixed: SegmentValues) -> Shape:
    """What the rule can print for one enterprise, `fixed` holding that enterprise's own values."""
    return shape(part for segment in segments for part in symbols_of(segment, fixed))


def _key_shape(key: str, digits: int, tail: str, symbols: int) -> Shape:
    literal = [SymbolRange(frozenset(symbol), 1, 1) for symbol in key]
    numbers = [SymbolRange(_DIGITS, digits, digits)]
    ending = [SymbolRange(frozenset(symbol), 1, 1) for symbol in tail]
    return shape([*literal, *numbers, *ending, SymbolRange(LOT_AND_SERIAL_SYMBOLS, 0, symbols)])


MINTED_SHAPE: Final = shape(
    [SymbolRange(frozenset(MARK + MARK.lower()), 1, 1), SymbolRange(_ANY, CODE_LENGTH - 1, CODE_LENGTH - 1)]
)
GS1_SHAPES: Final = [
    _key_shape("00", 18, "", 0),
    _key_shape("01", 14, "", 0),
    *(_key_shape("01", 14, ai, size) for ai, size in (("10", MAX_LOT_OR_SERIAL), ("21", MAX_LOT_OR_SERIAL))),
    _key_shape("01", 14, "235", 28),
]


def may_collide(a: Shape, b: Shape) -> bool:
    """Whether some text belongs to both shapes."""
    seen = set()
    open_states = [(0, 0)]
    while open_states:
        state = open_states.pop()
        if state in seen:
            continue
        seen.add(state)
        at_a, at_b = state
        if at_a == len(a) and at_b == len(b):
            return True
        if at_a < len(a) and a[at_a].optional:
            open_states.append((at_a + 1, at_b))
        if at_b < len(b) and b[at_b].optional:
            open_states.append((at_a, at_b + 1))
        if at_a < len(a) and at_b < len(b) and a[at_a].symbols & b[at_b].symbols:
            open_states.append((at_a + 1, at_b + 1))
    return False


def looks_reserved(texts: Shape) -> bool:
    """Whether a text of this shape could be read as a minted code or as a canonical GS1 identity.

    Separators are dropped from what people type, so they count as absent.
    """
    typed = [Position(p.symbols - set(SEPARATORS), p.optional or bool(p.symbols & set(SEPARATORS))) for p in texts]
    return may_collide(typed, MINTED_SHAPE) or any(may_collide(texts, gs1) for gs1 in GS1_SHAPES)
