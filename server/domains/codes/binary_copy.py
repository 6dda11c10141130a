"""Rows for PostgreSQL's binary COPY, built column by column from numpy arrays.

Every value of a column has the same width, so a million rows are one structured array and cost about 0.1 s.
Format: https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

HEADER: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER: Final = b"\xff\xff"
_POSTGRES_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_INTEGER_BYTES: Final = {"int2": 2, "int4": 4, "int8": 8}

Constant = str | int | bool | UUID | datetime | None


class CopyColumn(NamedTuple):
    """One column: its PostgreSQL type, and either one value for all rows or an array of one value a row.

    Types: int2, int4, int8, bool, text, uuid, timestamptz. Arrays: integers for the int types, fixed-width
    bytes (`S…`, no shorter value among them) for text.
    """

    name: str
    pg_type: str
    value: Constant | NDArray[Any]


def binary_copy_rows(columns: Sequence[CopyColumn], count: int) -> bytes:
    """The whole COPY stream (header, `count` rows, trailer) for these columns, in this order.

    Raises ValueError where an array has another length, or a type does not go with its value.
    """
    fields = [("fields", ">i2")]
    values: list[Any] = [len(columns)]
    for number, column in enumerate(columns):
        for part, (dtype, value) in enumerate(_encoded(column, count)):
            fields.append((f"{number}.{part}", dtype))
            values.append(value)
    rows = np.empty(count, dtype=fields)
    for (name, _), value in zip(fields, values, strict=True):
        rows[name] = value
    return b"".join((HEADER, rows.tobytes(), TRAILER))


def _encoded(column: CopyColumn, count: int) -> Iterator[tuple[str, Any]]:
    """The length word of a column and, unless it is NULL, its bytes: (numpy type, value or array)."""
    if column.value is None:
        yield ">i4", -1
        return
    if isinstance(column.value, np.ndarray):
        if column.value.shape != (count,):
            raise ValueError(f"column {column.name}: {column.value.shape} values for {count} rows")
        dtype, size = _array_type(column)
        yield ">i4", size
        yield dtype, column.value
        return
    raw = _constant_bytes(column.pg_type, column.value)
    yield ">i4", len(raw)
    if raw:
        yield f"V{len(raw)}", np.void(raw)


def _array_type(column: CopyColumn) -> tuple[str, int]:
    array = column.value
    assert isinstance(array, np.ndarray)
    if column.pg_type in _INTEGER_BYTES and array.dtype.kind in "iu":
        size = _INTEGER_BYTES[column.pg_type]
        if len(array) and not (-(1 << 8 * size - 1) <= array.min() and array.max() < 1 << 8 * size - 1):
            raise ValueError(f"column {column.name}: values outside {column.pg_type}")
        return f">i{size}", size
    if column.pg_type == "text" and array.dtype.kind == "S":
        if len(array) and int(np.char.str_len(array).min()) != array.dtype.itemsize:
            raise ValueError(f"column {column.name}: texts of different lengths")
        return f"S{array.dtype.itemsize}", array.dtype.itemsize
    raise ValueError(f"column {column.name}: {array.dtype} does not go with {column.pg_type}")


def _constant_bytes(pg_type: str, value: Constant) -> bytes:
    match pg_type, value:
        case "bool", bool():
            return b"\x01" if value else b"\x00"
        case (("int2" | "int4" | "int8"), int()):
            return value.to_bytes(_INTEGER_BYTES[pg_type], "big", signed=True)
        case "text", str():
            return value.encode()
        case "uuid", UUID():
            return value.bytes
        case "timestamptz", datetime():
            since = value - _POSTGRES_EPOCH
            return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds).to_bytes(
                8, "big", signed=True
            )
    raise ValueError(f"{type(value).__name__} does not go with {pg_type}")
