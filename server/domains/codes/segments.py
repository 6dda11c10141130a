"""The segments a coding rule is made of, and the texts they print.

A rule is either the platform's own format (`minted`, alone), or a text put together from segments whose
values the chain hands down: `codes` never reads a lot. Within one order every text has the same length.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from server.core.errors import FieldError
from server.domains.codes.alphabet import ALPHABET
from server.domains.codes.check_characters import CHECK_SYMBOLS, check_column

VALUE_SYMBOLS: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-")
"""What handed-down values may be written in. `_` is left to literals, so that it can separate values."""

MAX_VALUE_LENGTH: Final = 20
MAX_TEXT_LENGTH: Final = 80
ENTERPRISE_WIDTH: Final = 18
_DIGITS: Final = "0123456789"
_DATE_FORMS: Final = {"yyyy": "%Y", "yymm": "%y%m", "yyddd": "%y%j", "yymmdd": "%y%m%d", "yyyymmdd": "%Y%m%d"}
_SERIAL_SYMBOLS: Final = {"decimal": _DIGITS, "base32": ALPHABET}


class _Segment(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MintedSegment(_Segment):
    """The platform's own 20 symbols: 65 random bits and both checks."""

    kind: Literal["minted"] = "minted"


class LiteralSegment(_Segment):
    """A fixed text; also what separates segments of varying length."""

    kind: Literal["literal"] = "literal"
    text: str = Field(pattern=r"^[0-9A-Za-z._-]{1,16}$")


class EnterpriseSegment(_Segment):
    """The enterprise's unified social credit code: 18 characters, unique, so rules of two never meet."""

    kind: Literal["enterprise"] = "enterprise"


class ValueSegment(_Segment):
    """A handed-down value; `width` demands exactly so many characters, without it 1 to 20."""

    kind: Literal["category", "product", "lot_no"]
    width: int | None = Field(default=None, ge=1, le=MAX_VALUE_LENGTH)


class DateSegment(_Segment):
    """The date handed down as `date`; `yyddd` is year and day of the year."""

    kind: Literal["date"] = "date"
    form: Literal["yyyy", "yymm", "yyddd", "yymmdd", "yyyymmdd"]


class SerialSegment(_Segment):
    """A number that counts on over all orders whose other segments print the same text."""

    kind: Literal["serial"] = "serial"
    width: int = Field(ge=1, le=12)
    digits: Literal["decimal", "base32"] = "decimal"

    @property
    def capacity(self) -> int:
        """How many serials there are, from 1 on: 0 is never printed."""
        return int(len(_SERIAL_SYMBOLS[self.digits]) ** self.width) - 1


class RandomSegment(_Segment):
    """`length` random symbols of the look-alike-free alphabet, 5 bits each, from a CSPRNG."""

    kind: Literal["random"] = "random"
    length: int = Field(ge=1, le=32)


class CheckSegment(_Segment):
    """A check character over all letters and digits before it (ISO/IEC 7064 MOD 37,36)."""

    kind: Literal["check"] = "check"


Segment = Annotated[
    MintedSegment
    | LiteralSegment
    | EnterpriseSegment
    | ValueSegment
    | DateSegment
    | SerialSegment
    | RandomSegment
    | CheckSegment,
    Field(discriminator="kind"),
]
SegmentValues = Mapping[str, str]
"""What the chain hands down: `enterprise`, `category`, `product`, `lot_no`, and `date` as YYYY-MM-DD."""


class SymbolRange(NamedTuple):
    """Between `least` and `most` symbols, each one of `symbols`."""

    symbols: frozenset[str]
    least: int
    most: int


def symbols_of(segment: Segment, fixed: SegmentValues) -> list[SymbolRange]:
    """What a segment can print, the enterprise's own code in `fixed` taken as a literal where given."""
    match segment:
        case LiteralSegment(text=text):
            return [SymbolRange(frozenset(symbol), 1, 1) for symbol in text]
        case EnterpriseSegment():
            if code := fixed.get("enterprise"):
                return [SymbolRange(frozenset(symbol), 1, 1) for symbol in code]
            return [SymbolRange(VALUE_SYMBOLS, ENTERPRISE_WIDTH, ENTERPRISE_WIDTH)]
        case ValueSegment(width=None):
            return [SymbolRange(VALUE_SYMBOLS, 1, MAX_VALUE_LENGTH)]
        case ValueSegment(width=int(width)):
            return [SymbolRange(VALUE_SYMBOLS, width, width)]
        case DateSegment(form=form):
            return [SymbolRange(frozenset(_DIGITS), len(form), len(form))]
        case SerialSegment(width=width, digits=digits):
            return [SymbolRange(frozenset(_SERIAL_SYMBOLS[digits]), width, width)]
        case RandomSegment(length=length):
            return [SymbolRange(frozenset(ALPHABET), length, length)]
        case CheckSegment():
            return [SymbolRange(frozenset(CHECK_SYMBOLS), 1, 1)]
        case _:
            raise AssertionError("the minted format stands alone and has no symbols of its own here")


def value_faults(segments: Sequence[Segment], values: SegmentValues) -> list[FieldError]:
    """What is wrong with handed-down values: missing, of another width, or with symbols a code cannot hold."""
    faults = []
    for segment in segments:
        if isinstance(segment, DateSegment):
            faults += _date_faults(values)
        if not isinstance(segment, ValueSegment | EnterpriseSegment):
            continue
        width = ENTERPRISE_WIDTH if isinstance(segment, EnterpriseSegment) else segment.width
        field, value = f"values.{segment.kind}", values.get(segment.kind, "")
        if not value:
            faults.append(FieldError(field, "code_value_missing", {"segment": segment.kind}))
        elif not VALUE_SYMBOLS.issuperset(value) or len(value) > MAX_VALUE_LENGTH:
            faults.append(FieldError(field, "code_value_unfit", {"segment": segment.kind, "value": value}))
        elif width is not None and len(value) != width:
            faults.append(FieldError(field, "code_value_width", {"value": value, "width": width}))
    return faults


def _date_faults(values: SegmentValues) -> list[FieldError]:
    try:
        date.fromisoformat(values.get("date", ""))
    except ValueError:
        return [FieldError("values.date", "code_value_missing", {"segment": "date"})]
    return []


def frame(segments: Sequence[Segment], values: SegmentValues) -> str:
    """The fixed part of an order's texts, `*` for each varying symbol: serials count on per frame."""
    return "".join(_fixed_text(segment, values) or "*" * _varying_width(segment) for segment in segments)


def _fixed_text(segment: Segment, values: SegmentValues) -> str:
    match segment:
        case LiteralSegment(text=text):
            return text
        case ValueSegment(kind=kind) | EnterpriseSegment(kind=kind):
            return values[kind]
        case DateSegment(form=form):
            return date.fromisoformat(values["date"]).strftime(_DATE_FORMS[form])
        case _:
            return ""


def _varying_width(segment: Segment) -> int:
    return sum(part.most for part in symbols_of(segment, {}))


def render(
    segments: Sequence[Segment],
    values: SegmentValues,
    count: int,
    first_serial: int = 1,
    rng: Callable[[int], bytes] = os.urandom,
) -> NDArray[np.bytes_]:
    """`count` texts of one order as fixed-width bytes; serials run from `first_serial` on.

    The values must be free of `value_faults`; raises ValueError where the serials run out.
    """
    columns: list[NDArray[np.uint8]] = []
    for segment in segments:
        if isinstance(segment, SerialSegment):
            columns.append(_serials(segment, count, first_serial))
        elif isinstance(segment, RandomSegment):
            random = np.frombuffer(rng(count * segment.length), dtype=np.uint8) & 31
            columns.append(_symbol_bytes(ALPHABET)[random.reshape(count, segment.length)])
        elif isinstance(segment, CheckSegment):
            columns.append(check_column(np.hstack(columns)))
        else:
            text = np.frombuffer(_fixed_text(segment, values).encode(), dtype=np.uint8)
            columns.append(np.broadcast_to(text, (count, len(text))))
    texts = np.ascontiguousarray(np.hstack(columns))
    return texts.view(f"S{texts.shape[1]}").ravel()


def _serials(segment: SerialSegment, count: int, first: int) -> NDArray[np.uint8]:
    if first < 1 or first + count - 1 > segment.capacity:
        raise ValueError("the serials of this rule run out")
    symbols = _SERIAL_SYMBOLS[segment.digits]
    numbers = np.arange(first, first + count, dtype=np.int64)
    places = len(symbols) ** np.arange(segment.width - 1, -1, -1, dtype=np.int64)
    digits: NDArray[np.int64] = numbers[:, None] // places % len(symbols)
    return _symbol_bytes(symbols)[digits]


def _symbol_bytes(symbols: str) -> NDArray[np.uint8]:
    return np.frombuffer(symbols.encode(), dtype=np.uint8)
