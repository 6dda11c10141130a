"""QR symbols: the matrix of dark modules, and its drawings as SVG and PNG."""

import io
from collections.abc import Iterator
from itertools import groupby
from typing import Final, Literal

import numpy as np
import qrcode
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

Level = Literal["L", "M", "Q", "H"]
"""Error correction: about 7, 15, 25 or 30 % of the codewords may be lost."""

QUIET_ZONE: Final = 4
"""Light modules around the symbol, as ISO/IEC 18004 demands."""

Matrix = NDArray[np.bool_]
"""Square, True where the module is dark, without quiet zone."""

_QRCODE_LEVELS: Final = {
    "L": qrcode.ERROR_CORRECT_L,
    "M": qrcode.ERROR_CORRECT_M,
    "Q": qrcode.ERROR_CORRECT_Q,
    "H": qrcode.ERROR_CORRECT_H,
}


def matrix(text: str, level: Level = "M") -> Matrix:
    """The smallest symbol for `text`; about 6 ms. Raises ValueError where no symbol is large enough."""
    symbol = qrcode.QRCode(error_correction=_QRCODE_LEVELS[level], border=0)
    symbol.add_data(text)
    try:
        symbol.make(fit=True)
    except (qrcode.exceptions.DataOverflowError, ValueError) as error:
        raise ValueError("too long for a QR symbol") from error
    return np.array(symbol.get_matrix(), dtype=bool)


def bulk_matrix(text: str, level: Level = "M") -> Matrix:
    """Like `matrix`, some thirty times faster, for labels by the thousand."""
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    dark: Matrix = np.array(symbol.to_image(scale=1, add_quiet_zones=False)) == 0
    return dark


def runs(modules: Matrix) -> Iterator[tuple[int, int, int]]:
    """The dark modules as horizontal runs: (row, first column, length)."""
    edges = np.diff(modules.astype(np.int8), axis=1, prepend=0, append=0)
    rows, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    yield from zip(rows.tolist(), starts.tolist(), (ends - starts).tolist(), strict=True)


def svg(modules: Matrix) -> str:
    """One path on a white ground, in module units with the quiet zone; scales to any size."""
    size = len(modules) + 2 * QUIET_ZONE
    path = []
    for row, group in groupby(runs(modules), key=lambda run: run[0]):
        pen = 0
        for _, start, length in group:
            move = f"M{start + QUIET_ZONE} {row + QUIET_ZONE}" if not pen else f"m{start - pen} 0"
            path.append(f"{move}h{length}v1h-{length}z")
            pen = start
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{"".join(path)}"/></svg>'
    )


def png(modules: Matrix, scale: int = 10) -> bytes:
    """A black-and-white PNG, `scale` pixels a module, quiet zone included."""
    light = np.pad(~modules, QUIET_ZONE, constant_values=True)
    pixels = np.repeat(np.repeat(light, scale, axis=0), scale, axis=1)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", optimize=True)
    return out.getvalue()
