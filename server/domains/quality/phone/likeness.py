"""Whether two pictures are one: 64 bits that hardly change when a picture is scaled or compressed again."""

import io

from PIL import Image

MOST_PIXELS = 50_000_000  # what a phone's camera takes; larger ones are told apart by their bytes alone
ALIKE_BITS = 2  # of 64: as many may differ between two copies; two shots of like packs differ by more


def likeness_of(picture: bytes) -> int | None:
    """The difference hash (8 × 8) as a signed 64-bit number; None for what cannot be read, is too large, or shows nothing (a
    plain wall is like every other). Takes some hundredths of a second: not on the loop."""
    try:
        with Image.open(io.BytesIO(picture)) as image:
            if image.width * image.height > MOST_PIXELS:
                return None
            image.draft("L", (64, 64))  # a JPEG is read at an eighth of its size
            small = image.convert("L").resize((9, 8), Image.Resampling.BOX)
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning, SyntaxError):
        return None
    grey = small.tobytes()
    if max(grey) - min(grey) < 16:
        return None
    bits = 0
    for row in range(8):
        for column in range(8):
            at = row * 9 + column
            bits = bits << 1 | (grey[at] > grey[at + 1])
    return bits - (1 << 64) if bits >> 63 else bits
