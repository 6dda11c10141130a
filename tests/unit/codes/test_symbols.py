"""What is printed scans back to what was meant, also blurred, tilted and stained.

Symbols of `matrix` are decoded by another library; those of `bulk_matrix` come from the decoder's own library, so
they are also compared module by module with the other encoder.
"""

import io
import random
import re

import numpy as np
import pytest
import qrcode
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from server.domains.codes.digital_link import build
from server.domains.codes.minting import mint
from server.domains.codes.symbols import QUIET_ZONE, Matrix, bulk_matrix, matrix, png, runs, svg
from server.domains.codes.urls import code_url

CODES = [code.decode() for code in mint(200, 3, "Q4", bytes(32), random.Random(13).randbytes)]
URLS = [
    code_url("https://q.example.com", CODES[0]),
    code_url("https://q.example.com", CODES[0], "milk"),
    build("https://q.example.com", "06901234567892", lot="A-2026.01", serial=CODES[0]),
    "https://q.example.com/t/批次一",
]
SCALE = 8


def decoded(image: Image.Image) -> str | None:
    found = zxingcpp.read_barcode(image)
    return found.text if found else None


def opened(modules: Matrix) -> Image.Image:
    return Image.open(io.BytesIO(png(modules, SCALE))).convert("L")


@pytest.mark.parametrize("encode", [matrix, bulk_matrix])
@pytest.mark.parametrize("level", ["L", "M", "Q", "H"])
@pytest.mark.parametrize("url", URLS)
def test_a_png_scans_back(url, level, encode):
    assert decoded(opened(encode(url, level))) == url


@pytest.mark.parametrize(
    "text",
    [
        f"HTTPS://Q.EXAMPLE/T/{CODES[0]}",
        f"HTTPS://TRACE.QUALITY.EXAMPLE/T/MILK/{CODES[1]}",
        "https://q.example.com/t/abcdefghijkmnpqr",
        "https://q.example.com/t/T7Q404PT17Y59M0GYAPW",
        "690123456789201234567890",
    ],
)
def test_both_encoders_draw_the_same_modules(text):
    drawn = bulk_matrix(text)
    candidates = []
    for mask in range(8):
        for optimize in (0, 4):
            symbol = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0, mask_pattern=mask)
            symbol.add_data(text, optimize=optimize)
            symbol.make(fit=True)
            candidates.append(np.array(symbol.get_matrix()))
    assert any(np.array_equal(drawn, candidate) for candidate in candidates)


def test_runs_are_the_dark_modules():
    modules = matrix(URLS[0])
    painted = np.zeros_like(modules)
    for row, start, length in runs(modules):
        assert not painted[row, start : start + length].any()
        painted[row, start : start + length] = True
    assert np.array_equal(painted, modules)


def test_the_svg_draws_the_modules_with_its_quiet_zone():
    modules = matrix(URLS[0])
    drawing = svg(modules)
    size = len(modules) + 2 * QUIET_ZONE
    assert f'viewBox="0 0 {size} {size}"' in drawing
    image = Image.new("L", (size * SCALE, size * SCALE), 255)
    pen = ImageDraw.Draw(image)
    x = y = 0
    for absolute, a, b, length in re.findall(r"(M|m)(\d+) (\d+)h(\d+)v1h-\4z", drawing.split("<path d=")[1]):
        x, y = (int(a), int(b)) if absolute == "M" else (x + int(a), y)
        pen.rectangle((x * SCALE, y * SCALE, (x + int(length)) * SCALE - 1, (y + 1) * SCALE - 1), fill=0)
    assert decoded(image) == URLS[0]
    assert len(drawing) < 5_000


def test_too_long_a_text_is_refused():
    with pytest.raises(ValueError, match="too long"):
        matrix("x" * 3_000)


def stained(modules: Matrix, share: float, rng: random.Random) -> Image.Image:
    """The symbol with one square stain of `share` of its area clear of the finder patterns, tilted and blurred."""
    image = opened(modules)
    size, corner, margin = len(modules) * SCALE, 8 * SCALE, QUIET_ZONE * SCALE
    side = int(size * share**0.5)
    finders = ((0, 0), (size - corner, 0), (0, size - corner))
    while True:
        x, y = rng.randrange(size - side), rng.randrange(size - side)
        if not any(fx - side < x < fx + corner and fy - side < y < fy + corner for fx, fy in finders):
            break
    stain = (margin + x, margin + y, margin + x + side, margin + y + side)
    ImageDraw.Draw(image).rectangle(stain, fill=rng.choice((0, 255)))
    width, tilt = image.width, 0.03 * image.width
    quad = [corner + rng.uniform(-tilt, tilt) for corner in (0, 0, 0, width, width, width, width, 0)]
    image = image.transform((width, width), Image.Transform.QUAD, quad, Image.Resampling.BICUBIC, fillcolor=255)
    image = image.rotate(rng.uniform(-15, 15), Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return image.filter(ImageFilter.GaussianBlur(0.3 * SCALE))


@pytest.mark.parametrize(("level", "share"), [("M", 0.05), ("Q", 0.10)])
def test_blurred_tilted_and_stained_labels_scan(level, share):
    """A solid stain of 5 % of the area at level M and 10 % at Q is what the standard's correction can carry.

    A square of 7 % touches 14 of the 70 codewords of a version 3 symbol, whose level M mends 13.
    """
    rng = random.Random(7)
    urls = [code_url("https://q.example.com", code) for code in CODES]
    read = sum(decoded(stained(bulk_matrix(url, level), share, rng)) == url for url in urls)
    assert read >= 0.995 * len(urls)
