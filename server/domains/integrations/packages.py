"""XLSX packages judged without opening them: the zip directory first, then each part as it streams out.

Nothing here believes a number it can count itself: a directory that states less than a part unpacks to is a lie that
ends the reading at the first byte too many. A reader lays cells out by their addresses, so one address far away would
cost it gigabytes; therefore addresses are bounded here, and every cell must have one.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from server.domains.integrations.problems import ImportFileRefused

MOST_PARTS = 1_000
MOST_DIRECTORY_BYTES = 256 * 1024
MOST_UNPACKED_BYTES = 400 * 1024 * 1024
MOST_RATIO, RATIO_FROM_BYTES = 150, 4 * 1024 * 1024
MOST_COLUMNS = 64  # A to BL
_WINDOW = 512 * 1024
_END = struct.Struct("<4sHHHHIIH")
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_NESTED = (".zip", ".xlsx", ".xlsm", ".xls", ".rar", ".7z", ".gz", ".jar", ".docx")
_ACTIVE = ("xl/externallinks/", "xl/vbaproject", "xl/connections", "xl/embeddings/", "xl/activex/")
_OUTSIDE = re.compile(rb"TargetMode\s*=\s*[\"']External[\"'][^>]*>", re.IGNORECASE)
_HYPERLINK = re.compile(rb"/relationships/hyperlink[\"']")
_ADDRESS = re.compile(rb" r=\"([A-Z]{1,3})([0-9]{1,9})\"")
_DIMENSION = re.compile(rb"<(?:\w{1,20}:)?dimension [^>]*ref=\"[A-Z]{1,3}[0-9]+:([A-Z]{1,3})([0-9]{1,9})\"")


def check_package(data: bytes, most_rows: int, most_cell_chars: int) -> None:
    """Raise ImportFileRefused for a package that is broken, a bomb, not a workbook, or over the limits."""
    parts = _directory(data)
    _check_names(parts)
    _check_sizes(parts, len(data))
    scan = _Scan(most_rows, most_cell_chars)
    for part in sorted(parts, key=lambda each: each.file_size):  # small parts tell the most, soonest
        scan.begin(part.filename)
        for window in _windows(data, part):
            scan.read(window)


def _directory(data: bytes) -> list[zipfile.ZipInfo]:
    """The entries; how many there are is looked up before any is read."""
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if at < 0 or at + _END.size > len(data):
        raise ImportFileRefused("file_broken")
    _, disk, start_disk, here, total, size, offset, _ = _END.unpack_from(data, at)
    if total > MOST_PARTS or size > MOST_DIRECTORY_BYTES or 0xFFFF in (here, total) or 0xFFFFFFFF in (size, offset):
        raise ImportFileRefused("too_many_parts")
    if disk or start_disk or offset + size != at:
        raise ImportFileRefused("file_broken")
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error):
        raise ImportFileRefused("file_broken") from None
    if len(parts) != total:
        raise ImportFileRefused("file_broken")
    return parts


def _check_names(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.orig_filename for part in parts]
    lowered = [name.lower() for name in names]
    if len(set(lowered)) != len(lowered):
        raise ImportFileRefused("file_broken")
    for name in lowered:
        steps = re.split(r"[/\\]", name)
        if name.startswith(("/", "\\")) or ".." in steps or ":" in name or "\0" in name:
            raise ImportFileRefused("unsafe_names")
        if name.endswith(_NESTED):
            raise ImportFileRefused("nested_archive")
        if name.startswith(_ACTIVE):
            raise ImportFileRefused("external_parts")
    if "[content_types].xml" not in lowered or not any(name.startswith("xl/worksheets/") for name in lowered):
        raise ImportFileRefused("not_a_sheet")


def _check_sizes(parts: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED_BYTES:
        raise ImportFileRefused("bomb")
    for part in parts:
        if part.file_size > RATIO_FROM_BYTES and part.file_size > MOST_RATIO * max(1, part.compress_size):
            raise ImportFileRefused("bomb")
        if part.flag_bits & 0x1:
            raise ImportFileRefused("encrypted")
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or part.compress_size > size:
            raise ImportFileRefused("file_broken")


def _windows(data: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The part's bytes, a window at a time; ImportFileRefused where there are more or fewer than the directory says."""
    start = part.header_offset
    if start + _LOCAL.size > len(data) or data[start : start + 4] != b"PK\x03\x04":
        raise ImportFileRefused("file_broken")
    fields = _LOCAL.unpack_from(data, start)
    begin = start + _LOCAL.size + fields[9] + fields[10]
    packed = memoryview(data)[begin : begin + part.compress_size]
    count = 0
    for window in _stored(packed) if part.compress_type == zipfile.ZIP_STORED else _inflated(packed):
        count += len(window)
        if count > part.file_size:
            raise ImportFileRefused("bomb")
        yield window
    if count != part.file_size:
        raise ImportFileRefused("file_broken")


def _stored(packed: memoryview) -> Iterator[bytes]:
    for at in range(0, len(packed), _WINDOW):
        yield bytes(packed[at : at + _WINDOW])


def _inflated(packed: memoryview) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-15)
    rest: bytes | memoryview = packed
    try:
        while not inflater.eof:
            window = inflater.decompress(rest, _WINDOW)
            rest = inflater.unconsumed_tail
            if not window and not rest:
                break
            yield window
    except zlib.error:
        raise ImportFileRefused("file_broken") from None
    if not inflater.eof or inflater.unused_data:
        raise ImportFileRefused("file_broken")


class _Scan:
    """Looks for what no honest sheet has. Windows overlap, so that nothing hides on a seam."""

    def __init__(self, most_rows: int, most_cell_chars: int) -> None:
        self._last_row = most_rows + 1  # the header is a row too
        self._most_chars = most_cell_chars
        self._loose_cell, self._loose_prefixed = _loose_cells(self._last_row)
        self._overlap = 4 * most_cell_chars + 1_024
        self._name, self._tail, self._head = "", b"", True

    def begin(self, name: str) -> None:
        self._name, self._tail, self._head = name.lower(), b"", True

    def read(self, window: bytes) -> None:
        piece = self._tail + window
        if self._head:
            self._check_head(piece)
            self._head = False
        if self._name.endswith((".xml", ".rels", ".vml")):
            self._check_xml(piece)
        self._tail = piece[-self._overlap :]

    def _check_head(self, piece: bytes) -> None:
        if piece.startswith((b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\xd0\xcf\x11\xe0")):
            raise ImportFileRefused("nested_archive")
        if not self._name.endswith((".xml", ".rels")):
            return
        head = piece[:200].lower()
        if piece.startswith((b"\xff\xfe", b"\xfe\xff", b"\0", b"<\0")) or (
            b"encoding=" in head and b"utf-8" not in head
        ):
            raise ImportFileRefused("xml_refused")
        if self._name.startswith("xl/worksheets/") and (found := _DIMENSION.search(piece[:4_096])):
            self._check_place(found[1], int(found[2]))

    def _check_place(self, column: bytes, row: int) -> None:
        if row > self._last_row:
            raise ImportFileRefused("too_many_rows", most=self._last_row - 1)
        if _number(column) > MOST_COLUMNS:
            raise ImportFileRefused("too_many_columns", most=MOST_COLUMNS)

    def _check_xml(self, piece: bytes) -> None:
        if b"<!" in piece and (b"<!DOCTYPE" in piece or b"<!ENTITY" in piece):
            raise ImportFileRefused("xml_refused")
        if self._name.endswith(".rels") and any(
            not _HYPERLINK.search(piece[max(0, found.start() - 1_000) : found.end()])
            for found in _OUTSIDE.finditer(piece)
        ):
            raise ImportFileRefused("external_parts")
        if self._name.startswith("xl/worksheets/"):
            self._check_cells(piece)
        self._check_texts(piece)

    def _check_cells(self, piece: bytes) -> None:
        """Every cell has an address within the limits. A tag that the window cuts is seen whole in the next one."""
        pattern = self._loose_prefixed if b":c" in piece else self._loose_cell
        found = pattern.search(piece, 0, piece.rfind(b">") + 1)
        if found is None:
            return
        place = _ADDRESS.match(piece, found.end())
        if place:
            self._check_place(place[1], int(place[2]))
        raise ImportFileRefused("too_many_columns", most=MOST_COLUMNS)

    def _check_texts(self, piece: bytes) -> None:
        """No text longer than a cell may be. Leaps from mark to mark: a long text is a stretch without one."""
        at, most = 0, self._most_chars
        while at + most < len(piece):
            mark = piece.rfind(b"<", at, at + most + 1)
            if mark < 0:
                end = piece.find(b"<", at)
                text = piece[at : end if end >= 0 else len(piece)].rpartition(b">")[2]
                # A character is one to four bytes.
                if len(text) > most and len(text.decode("utf-8", "ignore")) > most:
                    raise ImportFileRefused("cell_too_long", most=most)
                mark = end if end >= 0 else len(piece)
            at = mark + 1


def _loose_cells(last_row: int) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Finds a cell without an address within the limits; the second also where tags carry a prefix, and more slowly."""
    after = rb"(?=[\s/>])(?! r=\"(?:[A-Z]|A[A-Z]|B[A-L])(?:%s)\")" % _at_most(last_row)
    return re.compile(rb"<c" + after), re.compile(rb"<(?:\w{1,40}:)?c" + after)


def _number(letters: bytes) -> int:
    total = 0
    for letter in letters:
        total = total * 26 + letter - 64
    return total


def _at_most(limit: int) -> bytes:
    """A pattern of the numbers up to `limit`, the common short ones first."""
    digits = str(limit)
    branches = [b"[0-9]{1,%d}" % (len(digits) - 1)] if len(digits) > 1 else []
    for at, digit in enumerate(digits):
        if digit != "0":
            branches.append(b"%s[0-%d][0-9]{%d}" % (digits[:at].encode(), int(digit) - 1, len(digits) - at - 1))
    return b"|".join([*branches, digits.encode()])
