"""The 32 symbols a minted code is written in, and how people's typing is read back.

Crockford's base 32: no I, L, O (they look like 1, 1, 0) and no U. The order of the symbols is also
their ASCII order, so codes sort as numbers and as text alike.
"""

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS_PER_SYMBOL: Final = 5

MARK: Final = "T"
"""First symbol of every minted code of this format; neither 0 nor 1, which typing slips turn into."""

PREFIX_LENGTH: Final = 2
RANDOM_LENGTH: Final = 13
KEYED_CHECK_LENGTH: Final = 2
CODE_LENGTH: Final = 1 + 1 + PREFIX_LENGTH + RANDOM_LENGTH + KEYED_CHECK_LENGTH + 1
"""mark 1 · key number 1 · order prefix 2 · random 13 · keyed check 2 · unkeyed check 1: fits GS1 AI (21)."""

SEPARATORS: Final = " -"
"""Dropped where people type a minted code in groups."""

_BASE32_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
"""The digits of Python's `int(text, 32)`, symbol for symbol."""

INVALID: Final = ord("!")
"""What `TO_DIGITS` gives for a byte that is no symbol; `int(…, 32)` refuses it."""


def _digit_table() -> bytes:
    table = bytearray([INVALID]) * 256
    for symbol, digit in zip(ALPHABET, _BASE32_DIGITS, strict=True):
        table[ord(symbol)] = table[ord(symbol.lower())] = ord(digit)
    for seen, meant in (("O", "0"), ("I", "1"), ("L", "1")):
        table[ord(seen)] = table[ord(seen.lower())] = ord(meant)
    return bytes(table)


TO_DIGITS: Final = _digit_table()
"""256-byte table for `bytes.translate`: typed byte -> digit of `int(…, 32)`, or INVALID."""

FROM_DIGITS: Final = bytes.maketrans(_BASE32_DIGITS.encode(), ALPHABET.encode())
"""The way back: digits of `int(…, 32)` -> symbols."""


def value_of(text: str) -> int:
    """The number that `text` writes in this alphabet (typing variants read as meant).

    Raises ValueError where a character is no symbol.
    """
    return int(text.encode("ascii", "replace").translate(TO_DIGITS), 32)


def text_of(value: int, length: int) -> str:
    """`value` written in exactly `length` symbols; raises ValueError where it does not fit."""
    if value < 0 or value >> (BITS_PER_SYMBOL * length):
        raise ValueError(f"{value} does not fit {length} symbols")
    shifts = range(BITS_PER_SYMBOL * (length - 1), -1, -BITS_PER_SYMBOL)
    return "".join(ALPHABET[value >> shift & 31] for shift in shifts)
