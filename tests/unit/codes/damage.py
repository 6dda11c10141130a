"""Labels as they are found in life: damaged by a share of what carries their data, then tilted, turned and blurred.

Error correction is stated in codewords (level M mends 15 % of them, Q 25 %, H 30 %), and so is damage here; what finds
and measures the symbol carries no data, and nothing corrects it. `lost_codewords` spoils that share of the codewords,
wherever they lie. `stained` is one solid blot of that share of the data area: a blot touches more codewords than it covers.
"""

import io
import random
from collections.abc import Callable, Sequence

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from server.domains.codes.symbols import QUIET_ZONE, Level, Matrix, bulk_matrix, png

SCALE = 8
Damage = Callable[[Matrix, float, random.Random], Image.Image]
PROMISED: tuple[tuple[Level, float], ...] = (("M", 0.07), ("Q", 0.15))
"""This share of the data damaged at this level: 99.5 % of labels are read where it is codewords, some 99 % where it is
one blot, which at 15 % spoils about as many codewords as level Q mends."""
Box = tuple[int, int, int, int]  # left, top, right, bottom in modules, the last two outside


def pattern_boxes(size: int) -> list[Box]:
    """What carries no data in a symbol of version 2 to 6: finder patterns with the format beside them, timing, alignment."""
    assert size <= 41
    return [
        (0, 0, 9, 9), (size - 8, 0, size, 9), (0, size - 8, 9, size), (6, 0, 7, size), (0, 6, size, 7),
        (size - 9, size - 9, size - 4, size - 4),
    ]  # fmt: skip


def codewords(size: int) -> list[list[tuple[int, int]]]:
    """The modules (x, y) of each codeword, in the order of ISO/IEC 18004, 7.7.3: two columns up, two down."""
    taken = np.zeros((size, size), dtype=bool)
    for left, top, right, bottom in pattern_boxes(size):
        taken[top:bottom, left:right] = True
    columns = [x for x in range(size - 1, 0, -2) if x > 6] + [5, 3, 1]
    path = []
    for turn, x in enumerate(columns):
        rows = range(size) if turn % 2 else range(size - 1, -1, -1)
        path += [(at, y) for y in rows for at in (x, x - 1) if not taken[y, at]]
    return [path[start : start + 8] for start in range(0, len(path) - 7, 8)]


def opened(modules: Matrix) -> Image.Image:
    return Image.open(io.BytesIO(png(modules, SCALE))).convert("L")


def lost_codewords(modules: Matrix, share: float, rng: random.Random) -> Image.Image:
    """The symbol with this share of its codewords spoilt: every module of theirs the other colour, or chance."""
    words = codewords(len(modules))
    spoilt = modules.copy()
    for word in rng.sample(words, round(share * len(words))):
        for x, y in word:
            spoilt[y, x] = rng.random() < 0.5
        x, y = rng.choice(word)
        spoilt[y, x] = not modules[y, x]  # wrong in at least one
    return photographed(opened(spoilt), rng)


def stained(modules: Matrix, share: float, rng: random.Random) -> Image.Image:
    """The symbol with one square blot, black or white, of this share of the data area, clear of finders and alignment."""
    image, size = opened(modules), len(modules)
    side = (share * 8 * len(codewords(size))) ** 0.5
    away = [box for box in pattern_boxes(size) if box[2] - box[0] > 1 and box[3] - box[1] > 1]
    while True:
        x, y = rng.uniform(0, size - side), rng.uniform(0, size - side)
        if not any(left - side < x < right and top - side < y < bottom for left, top, right, bottom in away):
            break
    blot = [int((QUIET_ZONE + at) * SCALE) for at in (x, y, x + side, y + side)]
    ImageDraw.Draw(image).rectangle(blot, fill=rng.choice((0, 255)))
    return photographed(image, rng)


def share_read(damage: Damage, level: Level, share: float, urls: Sequence[str], rng: random.Random) -> float:
    """How many of these addresses a decoder reads from damaged symbols of theirs."""
    read = 0
    for url in urls:
        found = zxingcpp.read_barcode(damage(bulk_matrix(url, level), share, rng))
        read += found is not None and found.text == url
    return read / len(urls)


def photographed(image: Image.Image, rng: random.Random) -> Image.Image:
    """In perspective by 3 % of the width at each corner, turned by up to 15 degrees, blurred by a third of a module."""
    width, tilt = image.width, 0.03 * image.width
    quad = [corner + rng.uniform(-tilt, tilt) for corner in (0, 0, 0, width, width, width, width, 0)]
    image = image.transform((width, width), Image.Transform.QUAD, quad, Image.Resampling.BICUBIC, fillcolor=255)
    image = image.rotate(rng.uniform(-15, 15), Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return image.filter(ImageFilter.GaussianBlur(0.3 * SCALE))


LEAST_READ: dict[Damage, float] = {lost_codewords: 0.995, stained: 0.985}
