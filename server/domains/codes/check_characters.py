"""The check character of rules made of segments, for a whole order at once: ISO/IEC 7064 MOD 37,36."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

CHECK_SYMBOLS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SKIPPED: Final = 255


def _values() -> NDArray[np.uint8]:
    table = np.full(256, _SKIPPED, dtype=np.uint8)
    for value, symbol in enumerate(CHECK_SYMBOLS):
        table[ord(symbol)] = table[ord(symbol.lower())] = value
    return table


_VALUE_OF_BYTE: Final = _values()


def check_column(texts: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The check character of each row of `texts` (rows × bytes), one byte a row.

    Letters count without case; everything but letters and digits is left out.
    """
    values = _VALUE_OF_BYTE[texts].astype(np.int64)
    check = np.full(len(values), 18, dtype=np.int64)
    for column in values.T:
        check = np.where(column == _SKIPPED, check, (_doubled(check) + column) % 36)
    symbols = np.frombuffer(CHECK_SYMBOLS.encode(), dtype=np.uint8)
    return symbols[(1 - _doubled(check)) % 36][:, None]


def _doubled(check: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(check == 0, 36, check) * 2 % 37
