"""The door for files: what is not plainly a sheet, or would grow out of proportion, is refused before it is opened."""

import codecs
from dataclasses import dataclass
from typing import Literal

from server.domains.integrations.packages import check_package
from server.domains.integrations.problems import ImportFileRefused, ImportFileTooLarge

SheetFormat = Literal["xlsx", "csv"]
ENCODINGS = ("utf-8-sig", "gb18030")  # in the order they are tried
_ZIP = b"PK\x03\x04"
_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How much one file may hold: bytes as sent, rows below the header, characters in a cell."""

    file_bytes: int
    rows: int
    cell_chars: int


def check_file(data: bytes, file_name: str, limits: FileLimits) -> SheetFormat:
    """The format by the bytes themselves; a name that claims another one is not believed.

    Raises ImportFileTooLarge or ImportFileRefused. Memory stays within some megabytes whatever the file would unpack to.
    """
    if len(data) > limits.file_bytes:
        raise ImportFileTooLarge(field="file", most_mib=max(1, limits.file_bytes // (1024 * 1024)))
    if not data:
        raise ImportFileRefused("file_empty")
    if data.startswith(_ZIP):
        check_package(data, limits.rows, limits.cell_chars)
        return "xlsx"
    if file_name.lower().endswith((".xlsx", ".xlsm", ".xls")) or b"\0" in data:
        raise ImportFileRefused("not_a_sheet")
    encoding_of(data[:_HEAD], final=len(data) <= _HEAD)
    return "csv"


def encoding_of(data: bytes, *, final: bool = True) -> str:
    """The first encoding in which the bytes are text; ImportFileRefused where there is none."""
    for name in ENCODINGS:
        try:
            codecs.getincrementaldecoder(name)("strict").decode(data, final)
        except UnicodeDecodeError:
            continue
        return name
    raise ImportFileRefused("encoding_unknown")
