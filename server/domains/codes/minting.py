"""Minting in bulk: random codes by the hundred thousand, two tenths of a second a million."""

import os
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from server.domains.codes.alphabet import (
    ALPHABET,
    BITS_PER_SYMBOL,
    CODE_LENGTH,
    MARK,
    PREFIX_LENGTH,
    RANDOM_LENGTH,
    value_of,
)
from server.domains.codes.checks import PARITY_MASKS, PRF_BLOCK_BYTES, prf, unkeyed_sum

CHUNK: Final = 100_000
"""Codes of one step: sorted within, one transaction each. Larger chunks were slower (cache)."""

Codes = NDArray[np.bytes_]
_Symbols = NDArray[np.uint8]

_TO_SYMBOLS: Final = ALPHABET.encode().ljust(256, b"?")

# A code's 100 bits: head 20 (mark, key number, prefix) · top 1 · low 64 · keyed check 10 · unkeyed check 5.
_KEYED_SHIFT, _LOW_SHIFT, _TOP_SHIFT, _HEAD_SHIFT = 5, 15, 79, 80
_LOW_MASKS: Final = np.array([mask >> _LOW_SHIFT & (1 << 64) - 1 for mask in PARITY_MASKS], dtype=np.uint64)
_TOP_SUM: Final = np.uint8(unkeyed_sum(1 << _TOP_SHIFT))
_KEYED_SUMS: Final = np.array([unkeyed_sum(k << _KEYED_SHIFT) for k in range(1024)], dtype=np.uint8)


def order_prefix(rng: Callable[[int], bytes] = os.urandom) -> str:
    """A random prefix for one order: keeps its inserts together in the index. Orders may share one."""
    return "".join(ALPHABET[byte & 31] for byte in rng(PREFIX_LENGTH))


def mint(count: int, key_number: int, prefix: str, key: bytes, rng: Callable[[int], bytes] = os.urandom) -> Codes:
    """`count` different codes as an array of 20-byte texts, sorted within each chunk of 100,000.

    65 bits of each come from `rng`, which must be a CSPRNG; codes of two chunks are different but for a
    chance of count² / 2^66, which the database's unique constraint catches.
    """
    if len(prefix) != PREFIX_LENGTH or any(symbol not in ALPHABET for symbol in prefix):
        raise ValueError(f"an order prefix has {PREFIX_LENGTH} symbols of the alphabet")
    head = value_of(MARK + ALPHABET[key_number] + prefix)
    chunks = [_mint_chunk(min(CHUNK, count - start), head, key, rng) for start in range(0, count, CHUNK)]
    return np.concatenate(chunks) if chunks else np.empty(0, dtype=f"S{CODE_LENGTH}")


def _mint_chunk(count: int, head: int, key: bytes, rng: Callable[[int], bytes]) -> Codes:
    top, low = _sorted_random(count, rng)
    keyed = _keyed_checks(head, top, low, key)
    symbols = np.empty((count, CODE_LENGTH), dtype=np.uint8)
    for position in range(4):
        symbols[:, position] = head >> BITS_PER_SYMBOL * (3 - position) & 31
    symbols[:, 4] = (low >> np.uint64(60)).astype(np.uint8) | top << 4
    for place in range(RANDOM_LENGTH - 1):
        shift = np.uint64(BITS_PER_SYMBOL * (RANDOM_LENGTH - 2 - place))
        symbols[:, 5 + place] = (low >> shift).astype(np.uint8) & 31
    symbols[:, 17] = keyed >> 5
    symbols[:, 18] = keyed & 31
    symbols[:, 19] = _unkeyed_checks(head, top, low, keyed)
    return np.frombuffer(symbols.tobytes().translate(_TO_SYMBOLS), dtype=f"S{CODE_LENGTH}")


def _sorted_random(count: int, rng: Callable[[int], bytes]) -> tuple[_Symbols, NDArray[np.uint64]]:
    """`count` different 65-bit random numbers in order: their top bits, and their low 64 bits."""
    while True:
        top = np.sort(np.frombuffer(rng(count), dtype=np.uint8) & 1)
        low = np.frombuffer(rng(8 * count), dtype=np.uint64).copy()
        zeros = count - int(top.sum())
        # Top and low bits are independent, so sorting the low halves apart draws the same set.
        low[:zeros].sort()
        low[zeros:].sort()
        repeats = (low[1:] == low[:-1]) & (top[1:] == top[:-1])
        if not repeats.any():
            return top, low


def _keyed_checks(head: int, top: _Symbols, low: NDArray[np.uint64], key: bytes) -> NDArray[np.uint16]:
    blocks = np.empty((len(low), 2), dtype=">u8")
    blocks[:, 0] = np.uint64(head << 1) | top
    blocks[:, 1] = low
    sealed = np.frombuffer(prf(key).update(blocks.tobytes()), dtype=">u2")
    first_words = sealed.reshape(len(low), PRF_BLOCK_BYTES // 2)[:, 0]
    return (first_words >> 6).astype(np.uint16)


def _unkeyed_checks(head: int, top: _Symbols, low: NDArray[np.uint64], keyed: NDArray[np.uint16]) -> _Symbols:
    """The weighted sums of the 19 symbols before each check, part by part: the sum is linear over bits."""
    total = _KEYED_SUMS[keyed] ^ np.uint8(unkeyed_sum(head << _HEAD_SHIFT)) ^ top * _TOP_SUM
    for bit, mask in enumerate(_LOW_MASKS):
        total ^= (np.bitwise_count(low & mask) & np.uint8(1)) << bit
    return total
