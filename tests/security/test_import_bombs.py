"""Promise (T30): bombs, broken packages and sheets over the limits are refused before they are opened, quickly and in
little memory; the answer names the reason in the reader's language, and nothing is stored."""

import io
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable

import pytest

from server.domains.integrations import FileLimits, ImportFileRefused, ImportFileTooLarge, check_file
from tests.fixtures.api import Api
from tests.fixtures.imports import LIMITS, csv_bytes, imported, send, xlsx

MOST_GROWTH = 50 * 1024 * 1024
HEADER = ["产品编码", "批号"]
TYPES = "[Content_Types].xml"
SHEET = "xl/worksheets/sheet1.xml"
XMLNS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def package(parts: dict[str, bytes], *, real: bool = True) -> bytes:
    """A workbook whose parts are replaced, or joined, by these."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx(HEADER, [["YL-001", "A1"]]))) as source:
        kept = {name: source.read(name) for name in source.namelist()} if real else {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**kept, **parts}.items():
            archive.writestr(name, data)
    return target.getvalue()


def sheet(cells: str, dimension: str = "A1:B2") -> dict[str, bytes]:
    rows = f'<worksheet {XMLNS}><dimension ref="{dimension}"/><sheetData>{cells}</sheetData></worksheet>'
    return {SHEET: rows.encode()}


def zeros_bomb() -> bytes:
    """512 MiB of blanks in half a MiB, streamed into the part."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece, crc, parts = b" " * (1 << 20), 0, []
    for _ in range(512):
        parts.append(packer.compress(piece))
        crc = zlib.crc32(piece, crc)
    packed = b"".join([*parts, packer.flush()])
    return by_hand({TYPES: stored(b"<Types/>"), SHEET: (packed, 512 << 20, crc, 8)})


Part = tuple[bytes, int, int, int]  # packed bytes, size and CRC as stated, method


def stored(data: bytes) -> Part:
    return data, len(data), zlib.crc32(data), 0


def deflated(data: bytes, stated: int | None = None) -> Part:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(), len(data) if stated is None else stated, zlib.crc32(data), 8


def by_hand(parts: dict[str, Part]) -> bytes:
    """A zip file whose directory says what it is told to say."""
    body, directory = b"", b""
    for name, (packed, size, crc, method) in parts.items():
        raw = name.encode()
        fields = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 33, crc, len(packed), size, len(raw), 0)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + raw
        body += b"PK\x03\x04" + fields + raw + packed
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(parts), len(parts), len(directory), len(body), 0)
    return body + directory + end


ENTITIES = '<!DOCTYPE a [<!ENTITY a "1"><!ENTITY b "&a;&a;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LINKED = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/oleObject"'
    ' Target="http://127.0.0.1/a" TargetMode="External"/></Relationships>'
)
BAD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "half a MiB that unpacks to 512": ("import_bomb", zeros_bomb),
    "a directory that lies": (
        "import_bomb",
        lambda: by_hand({TYPES: stored(b"<Types/>"), SHEET: deflated(b" " * (32 << 20), stated=1000)}),
    ),
    "10,000 entries": ("import_too_many_parts", lambda: package({f"xl/media/{n}.png": b"" for n in range(10_000)})),
    "a nested archive": ("import_nested_archive", lambda: package({"xl/media/a.zip": package({})})),
    "a nested archive under another name": ("import_nested_archive", lambda: package({"xl/media/a.png": package({})})),
    "zip slip": ("import_unsafe_names", lambda: package({"../../etc/cron.d/a": b"x"})),
    "zip slip, the other slash": ("import_unsafe_names", lambda: by_hand({TYPES: stored(b"<Types/>"), SHEET: stored(b"<a/>"), "xl\\..\\..\\a": stored(b"x")})),
    "an absolute name": ("import_unsafe_names", lambda: package({"/etc/passwd": b"x"})),
    "two parts of one name": (
        "import_file_broken",
        lambda: by_hand({TYPES: stored(b"<a/>"), SHEET: stored(b"<a/>"), SHEET.upper(): stored(b"<a/>")}),
    ),
    "wrong magic": ("import_not_a_sheet", lambda: b"MZ\x90\x00" + b"\0" * 100),
    "an old or encrypted workbook": ("import_not_a_sheet", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
    "another kind of package": ("import_not_a_sheet", lambda: package({"word/document.xml": b"<a/>", TYPES: b"<a/>"}, real=False)),
    "cut off": ("import_file_broken", lambda: package({})[:-200]),
    "an external entity": ("import_xml_refused", lambda: package({SHEET: f"<?xml version='1.0'?>{OUTSIDE}<a>&x;</a>".encode()})),
    "billion laughs": ("import_xml_refused", lambda: package({"xl/sharedStrings.xml": f"{ENTITIES}<a>&b;</a>".encode()})),
    "entities behind a long comment": (
        "import_xml_refused",
        lambda: package({"xl/sharedStrings.xml": f"<!--{'<' * 90_000}-->{ENTITIES}<a/>".encode()}),
    ),
    "XML in another encoding": ("import_xml_refused", lambda: package({SHEET: f"{ENTITIES}<a/>".encode("utf-16")})),
    "an external link": ("import_external_parts", lambda: package({"xl/externalLinks/externalLink1.xml": b"<a/>"})),
    "an external relation": ("import_external_parts", lambda: package({"xl/worksheets/_rels/sheet1.xml.rels": LINKED.encode()})),
    "macros": ("import_external_parts", lambda: package({"xl/vbaProject.bin": b"x"})),
    "rows over the limit": ("import_too_many_rows", lambda: package(sheet("", "A1:B200002"))),
    "rows over the limit, unstated": (
        "import_too_many_rows",
        lambda: package(sheet('<row r="200002"><c r="A200002"><v>1</v></c></row>')),
    ),
    "a cell at the far end": ("import_too_many_columns", lambda: package(sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>'))),
    "cells without a place": ("import_too_many_columns", lambda: package(sheet("<row>" + "<c/>" * 20_000 + "</row>"))),
    "cells without a place, prefixed": (
        "import_too_many_columns",
        lambda: package(sheet("<x:row>" + "<x:c/>" * 20_000 + "</x:row>")),
    ),
    "a cell over the limit": ("import_cell_too_long", lambda: xlsx(HEADER, [["YL-001", "长" * 4_001]])),
    "nothing": ("import_file_empty", lambda: b""),
}  # fmt: skip


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Made before memory is measured."""
    return {name: make() for name, (_, make) in BAD.items()}


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_file_is_refused_unopened_in_little_memory(name: str, files: dict[str, bytes]) -> None:
    before = peak_bytes()
    with pytest.raises(ImportFileRefused) as refused:
        check_file(files[name], "a.xlsx", LIMITS)
    assert refused.value.code == BAD[name][0]
    assert peak_bytes() - before <= MOST_GROWTH


def test_a_file_over_the_size_is_refused() -> None:
    with pytest.raises(ImportFileTooLarge):
        check_file(b"x" * 2_000, "a.csv", FileLimits(1_000, 10, 10))


def test_good_files_pass() -> None:
    longest = xlsx(HEADER, [["YL-001", "长" * 4_000], ["=1+1", "@a"]])
    assert check_file(longest, "a.xlsx", LIMITS) == "xlsx"
    assert check_file(longest, "a.bin", LIMITS) == "xlsx"
    assert check_file(csv_bytes(HEADER, [["YL-001", "批"]], "gb18030"), "a.csv", LIMITS) == "csv"


@pytest.mark.parametrize("name", ["half a MiB that unpacks to 512", "zip slip", "rows over the limit", "wrong magic"])
async def test_the_door_says_why_in_the_readers_language(api: Api, files: dict[str, bytes], name: str) -> None:
    plant = await api.plant()
    texts = set()
    for language in ("zh-CN", "en"):
        client = plant.client("quality_manager", accept_language=language)
        answer = await send(client, "material_lots", files[name])
        assert (answer.status_code, answer.json()["code"]) == (422, BAD[name][0])
        texts.add(answer.json()["title"])
    assert len(texts) == 2
    assert (await client.get("/api/v1/imports")).json()["items"] == []


async def test_rows_and_cells_over_the_limits_are_refused_in_text_files_too(api: Api) -> None:
    client = (await api.plant()).client("quality_manager")
    job = await imported(api, client, "material_lots", csv_bytes(HEADER, [["A", "长" * 4_001]]), name="a.csv")
    assert (job["state"], job["problem"], job["rows_stored"]) == ("refused", "import_cell_too_long", 0)
    job = await imported(
        api, client, "material_lots", csv_bytes(HEADER, (["A", "B"] for _ in range(200_001))), name="b.csv"
    )
    assert (job["state"], job["problem"]) == ("refused", "import_too_many_rows")
    assert job["problem_text"] == "超过 200000 行，请分成几个文件"
