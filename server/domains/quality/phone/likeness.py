"""Whether two pictures are one: 64 bits that hardly change when a picture is scaled or compressed again."""

import io
import warnings

from PIL import Image

MOST_PIXELS = 50_000_000  # what a phone's camera takes; the page makes them smaller still
ALIKE_BITS = 2  # of 64: as many may differ between two copies; two shots of like packs differ by more


class Unreadable(Exception):
    """No whole JPEG or PNG of a camera's size."""


def likeness_of(picture: bytes) -> int | None:
    """The difference hash (8 × 8) as a signed 64-bit number; None for what shows nothing (a plain wall is like every other).
    Raises Unreadable. Takes some hundredths of a second: not on the loop."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(picture), formats=("JPEG", "PNG")) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise Unreadable
                image.draft("L", (64, 64))  # a JPEG is read at an eighth of its size
                small = image.convert("L").resize((9, 8), Image.Resampling.BOX)
    except Exception:  # a broken picture makes its reader fail in ways of every kind
        raise Unreadable from None
    grey = small.tobytes()
    if max(grey) - min(grey) < 16:
        return None
    bits = 0
    for row in range(8):
        for column in range(8):
            at = row * 9 + column
            bits = bits << 1 | (grey[at] > grey[at + 1])
    return bits - (1 << 64) if bits >> 63 else bits
