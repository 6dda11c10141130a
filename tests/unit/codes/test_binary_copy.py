"""The COPY stream holds exactly the values given, in PostgreSQL's binary form, or is refused."""

import struct
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest

from server.domains.codes.binary_copy import HEADER, TRAILER, CopyColumn, binary_copy_rows

TENANT = UUID("0198c0de-0000-7000-8000-000000000000")  # its last byte is NUL: must not be stripped


def rows_of(stream: bytes) -> list[list[bytes | None]]:
    """Reads the stream back by the documented format, apart from the code under test."""
    assert stream.startswith(HEADER)
    assert stream.endswith(TRAILER)
    at, rows = len(HEADER), []
    while (fields := struct.unpack_from(">h", stream, at)[0]) != -1:
        at, row = at + 2, []
        for _ in range(fields):
            length = struct.unpack_from(">i", stream, at)[0]
            at += 4
            row.append(None if length < 0 else stream[at : at + length])
            at += max(length, 0)
        rows.append(row)
    assert at + 2 == len(stream)
    return rows


def test_arrays_and_constants_of_every_type():
    stream = binary_copy_rows(
        [
            CopyColumn("identity", "text", np.array([b"AB", b"CD"])),
            CopyColumn("serial", "int8", np.array([1, -2])),
            CopyColumn("small", "int2", 7),
            CopyColumn("tenant_id", "uuid", TENANT),
            CopyColumn("state", "text", "签发"),
            CopyColumn("empty", "text", ""),
            CopyColumn("none", "text", None),
            CopyColumn("flag", "bool", True),
            CopyColumn("at", "timestamptz", datetime(2000, 1, 1, 0, 0, 1, 5, tzinfo=UTC)),
        ],
        2,
    )
    constants = [
        b"\x00\x07",
        TENANT.bytes,
        "签发".encode(),
        b"",
        None,
        b"\x01",
        (1_000_005).to_bytes(8, "big"),
    ]
    assert rows_of(stream) == [
        [b"AB", (1).to_bytes(8, "big"), *constants],
        [b"CD", (-2).to_bytes(8, "big", signed=True), *constants],
    ]


def test_no_rows_is_a_valid_stream():
    assert rows_of(binary_copy_rows([CopyColumn("serial", "int4", np.array([], dtype=int))], 0)) == []


@pytest.mark.parametrize(
    "column",
    [
        CopyColumn("a", "text", np.array([b"A", b"BC"])),
        CopyColumn("a", "text", np.array([b"A"])),
        CopyColumn("a", "int4", np.array([1, 1 << 31])),
        CopyColumn("a", "uuid", np.array([1, 2])),
        CopyColumn("a", "uuid", "not a uuid"),
        CopyColumn("a", "int4", "1"),
    ],
)
def test_what_cannot_be_written_exactly_is_refused(column):
    with pytest.raises(ValueError, match=r"column a|does not go with"):
        binary_copy_rows([column], 2)
