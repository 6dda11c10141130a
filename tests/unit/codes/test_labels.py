"""The label sheets of an order: every label's symbol scans to its own URL, drawn as vectors from the PDF itself."""

import random
import re
import zlib

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from server.domains.codes.labels import LABELS_PER_SHEET, LabelTexts, labels_pdf
from server.domains.codes.minting import mint
from server.domains.codes.urls import code_url

CODES = [code.decode() for code in mint(30, 3, "Q4", bytes(32), random.Random(3).randbytes)]
TEXTS = LabelTexts("云岭牧场 高温灭菌纯牛奶 250ml 利乐砖装 整箱", ("批号 A-1", "保质期至 2026-09-06"))
SYMBOL = re.compile(rb"q ([\d.]+) 0 0 -[\d.]+ ([\d.]+) ([\d.]+) cm (.*?) f Q", re.DOTALL)


def streams(pdf: bytes) -> list[bytes]:
    found = []
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(match[1]))
        except zlib.error:
            found.append(match[1])
    return found


def drawn(path: bytes) -> Image.Image:
    image = Image.new("L", (400, 400), 255)
    pen = ImageDraw.Draw(image)
    for column, row, length in re.findall(rb"(\d+) (\d+) (\d+) 1 re", path):
        x, y = 40 + 8 * int(column), 40 + 8 * int(row)
        pen.rectangle((x, y, x + 8 * int(length) - 1, y + 7), fill=0)
    return image


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return labels_pdf(((code, code_url("https://q.example", code)) for code in CODES), TEXTS)


def test_every_symbol_scans_to_its_own_url_in_order(pdf):
    pages = [stream for stream in streams(pdf) if SYMBOL.search(stream)]
    assert [len(SYMBOL.findall(page)) for page in pages] == [LABELS_PER_SHEET, len(CODES) - LABELS_PER_SHEET]
    paths = [match[3] for page in pages for match in SYMBOL.findall(page)]
    read = [zxingcpp.read_barcode(drawn(path)).text for path in paths]
    assert read == [code_url("https://q.example", code) for code in CODES]


def test_symbols_stand_on_the_sheet_and_apart(pdf):
    places = [(float(m[1]), float(m[2])) for page in streams(pdf) for m in SYMBOL.findall(page)]
    assert len(set(places[:LABELS_PER_SHEET])) == LABELS_PER_SHEET
    assert all(0 < x < 595 - 72 and 72 < y < 842 for x, y in places)


def test_chinese_is_embedded_as_a_subset(pdf):
    assert b"NotoSansSC" in pdf
    assert len(pdf) < 100_000
    unicode_maps = b"".join(stream for stream in streams(pdf) if b"beginbfchar" in stream or b"beginbfrange" in stream)
    for character in "云岭牧场批号":
        assert b"<%04X>" % ord(character) in unicode_maps.upper()


def test_long_texts_are_cut_not_run_over():
    long_texts = LabelTexts("很长的产品名称" * 20, ("批号 " + "X" * 80,))
    assert len(labels_pdf([(CODES[0] * 3, "https://q.example/t/X")], long_texts)) > 1_000


def test_an_empty_order_is_an_empty_document():
    assert labels_pdf([], TEXTS).startswith(b"%PDF")
