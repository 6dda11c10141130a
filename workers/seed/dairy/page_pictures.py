"""Pictures for the pages of the dairy's products: where the milk comes from, and where the code stands on the pack.

Drawn here, so that nothing is shipped along; some 10 kB each.
"""

import io
import math
from functools import cache
from typing import Any

_SCALE = 2  # drawn larger, then scaled down: smooth edges
_MAP = (640, 400)
_BACK = (480, 560)


@cache
def origin_png() -> bytes:
    """A sketched map: two farms in the hills, the plant, and the road between them."""
    image, draw = _canvas(_MAP, "#e8f0e2")
    for left, top, wide in ((30, 40, 230), (150, 20, 260), (330, 60, 220), (20, 190, 170)):
        _hill(draw, left, top, wide)
    draw.polygon([_at(x, y) for x, y in _shore()], fill="#bcdcec")
    road = [(128, 128), (210, 168), (296, 190), (372, 236), (470, 262)]
    draw.line([_at(x, y) for x, y in road], fill="#c9a36a", width=8 * _SCALE, joint="curve")
    draw.line([_at(x, y) for x, y in [(214, 306), (262, 250), (296, 190)]], fill="#c9a36a", width=8 * _SCALE)
    for x, y, text, colour in (
        (128, 128, "安吉岭坪湾奶牛牧场", "#2f7d4f"), (214, 306, "临安石畦坞奶农合作社", "#2f7d4f"), (470, 262, "西湖工厂", "#2f7dbd"),
    ):  # fmt: skip
        _pin(draw, x, y, text, colour)
    _words(draw, 196, 366, "42 公里 · 挤奶后 4 小时内到厂（示意图）", 17, "#5a6a60")
    return _png(image, _MAP)


@cache
def back_png(name: str, tail: str = "末四位") -> bytes:
    """The back of a bottle: the code at the bottom left of the label, its last characters beside it."""
    image, draw = _canvas(_BACK, "#dfeef7")
    box = (*_at(90, 30), *_at(390, 530))
    draw.rounded_rectangle(box, 46 * _SCALE, fill="#fdfdfb", outline="#b9cad3", width=3 * _SCALE)
    draw.rounded_rectangle((*_at(112, 110), *_at(368, 490)), 14 * _SCALE, fill="#f4f7f8", outline="#c9d5db", width=2)
    _words(draw, 240, 122, name, 25, "#2f5d7d")
    for row in range(6):
        draw.rounded_rectangle(
            (*_at(132, 172 + 24 * row), *_at(348 - 28 * (row % 3), 182 + 24 * row)), 6, fill="#cdd9df"
        )
    _code(draw, 132, 352, 112)
    _words(draw, 304, 380, "追溯码", 20, "#40515c")
    draw.rounded_rectangle((*_at(258, 416), *_at(350, 452)), 8 * _SCALE, outline="#c0392b", width=3 * _SCALE)
    _words(draw, 304, 420, tail, 20, "#c0392b")
    draw.rounded_rectangle((*_at(124, 344), *_at(252, 472)), 8 * _SCALE, outline="#c0392b", width=3 * _SCALE)
    return _png(image, _BACK)


def _canvas(size: tuple[int, int], ground: str) -> tuple[Any, Any]:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (size[0] * _SCALE, size[1] * _SCALE), ground)
    return image, ImageDraw.Draw(image)


def _at(x: float, y: float) -> tuple[float, float]:
    return x * _SCALE, y * _SCALE


def _hill(draw: Any, left: int, top: int, wide: int) -> None:
    rise = [(left + wide * n / 24, top + 150 - 110 * math.sin(math.pi * n / 24) ** 1.4) for n in range(25)]
    draw.polygon([_at(x, y) for x, y in rise], fill="#c6dbb8")


def _shore() -> list[tuple[float, float]]:
    """The lake in the south-east."""
    return [(520 + 140 * math.cos(n / 8), 350 + 70 * math.sin(n / 8) + 9 * math.sin(n)) for n in range(51)]


def _pin(draw: Any, x: int, y: int, text: str, colour: str) -> None:
    draw.polygon([_at(x - 11, y - 22), _at(x + 11, y - 22), _at(x, y)], fill=colour)
    draw.ellipse((*_at(x - 14, y - 44), *_at(x + 14, y - 16)), fill=colour)
    draw.ellipse((*_at(x - 5, y - 35), *_at(x + 5, y - 25)), fill="white")
    _words(draw, x, y + 4, text, 19, "#23332a")


def _code(draw: Any, left: int, top: int, side: int) -> None:
    """Something that looks like a two-dimensional code and is none."""
    cells, size = 21, side / 21
    for row in range(cells):
        for column in range(cells):
            corner = any(
                max(abs(row - r), abs(column - c)) in (0, 1, 3) for r, c in ((3, 3), (3, cells - 4), (cells - 4, 3))
            )
            near = any(max(abs(row - r), abs(column - c)) <= 4 for r, c in ((3, 3), (3, cells - 4), (cells - 4, 3)))
            if corner or (not near and (row * 7 + column * 13 + row * column) % 5 < 2):
                x, y = left + column * size, top + row * size
                draw.rectangle((*_at(x, y), *_at(x + size, y + size)), fill="#22303a")


def _words(draw: Any, x: float, y: float, text: str, size: int, colour: str) -> None:
    from PIL import ImageFont
    from pylopdf_fonts_zh_cn import sans_path

    font = ImageFont.truetype(str(sans_path()), size * _SCALE)
    draw.text(_at(x, y), text, font=font, fill=colour, anchor="ma")


def _png(image: Any, size: tuple[int, int]) -> bytes:
    from PIL import Image

    small = image.resize(size, Image.Resampling.LANCZOS)
    file = io.BytesIO()
    small.quantize(64).save(file, "PNG", optimize=True)
    return file.getvalue()
