"""What is printed scans back to what was meant, also blurred, tilted and damaged (T13).

Symbols of `matrix` are decoded by another library; those of `bulk_matrix` come from the decoder's own library, so
they are also compared module by module with the other encoder.
"""

import random
import re

import numpy as np
import pytest
import qrcode
import zxingcpp
from PIL import Image, ImageDraw

from server.domains.codes.digital_link import build
from server.domains.codes.minting import mint
from server.domains.codes.symbols import QUIET_ZONE, bulk_matrix, matrix, runs, svg
from server.domains.codes.urls import code_url
from tests.unit.codes.damage import LEAST_READ, PROMISED, SCALE, lost_codewords, opened, share_read, stained

CODES = [code.decode() for code in mint(200, 3, "Q4", bytes(32), random.Random(13).randbytes)]
URLS = [
    code_url("https://q.example.com", CODES[0]),
    code_url("https://q.example.com", CODES[0], "milk"),
    build("https://q.example.com", "06901234567892", lot="A-2026.01", serial=CODES[0]),
    "https://q.example.com/t/批次一",
]


def decoded(image: Image.Image) -> str | None:
    found = zxingcpp.read_barcode(image)
    return found.text if found else None


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


@pytest.mark.parametrize("damage", [lost_codewords, stained])
@pytest.mark.parametrize(("level", "share"), PROMISED)
def test_blurred_tilted_and_damaged_labels_scan(level, share, damage):
    urls = [code_url("https://q.example.com", code) for code in CODES[:100]]
    assert (
        share_read(damage, level, share, urls, random.Random(7)) >= LEAST_READ[damage] - 0.005
    )  # a hundred tell no halves


def test_more_than_the_correction_mends_is_not_read_as_something_else():
    """The control: the measure does damage, and what is beyond mending is no other address."""
    urls = [code_url("https://q.example.com", code) for code in CODES[:20]]
    assert share_read(lost_codewords, "M", 0.3, urls, random.Random(7)) < 0.2
    for url in urls:
        assert decoded(lost_codewords(bulk_matrix(url, "M"), 0.3, random.Random(7))) in (None, url)
