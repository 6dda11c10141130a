"""Reading a result as a laboratory writes it.

Blank is None, never a value. What cannot be a result at all raises ImpossibleValue.
"""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from server.core.impossible import ImpossibleValue

Qualifier = Literal["", "<", ">", "not_detected", "detected"]

_LARGEST_EXPONENT = 24
_SHORT_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{0,18})?")
_MOST_DIGITS = 40
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．＋－−＜＞＝（）％", "0123456789.+--<>=()%")
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_PLAIN = re.compile(rf"{_NUMBER}(?:[eE][+-]?[0-9]{{1,3}})?")
_POWER = re.compile(rf"({_NUMBER})[×xX*]10(?:\^([+-]?[0-9]{{1,3}})|([⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]{{1,4}}))")
_QUALIFIED = re.compile(r"([<>])\s*(.+)")
_SIGNS: dict[str, Qualifier] = {"<": "<", ">": ">"}
_ABSENT_WORDS = ("未检出", "未检测出", "not detected", "none detected", "n.d.", "nd", "阴性", "negative")
_DETECTION_LIMIT = r"\(\s*(?:lod|检出限)?\s*[:=]?\s*<?\s*(.+?)\s*\)"
_ABSENT = re.compile(rf"(?:{'|'.join(map(re.escape, _ABSENT_WORDS))})(?:\s*{_DETECTION_LIMIT})?")
_DETECTED = frozenset({"检出", "detected", "阳性", "positive"})
_BLANK = frozenset({"", "/", "-", "--", "—", "——", "n/a", "na"})
_COUNT_SEPARATOR = re.compile(r"[,，;；、]|\s+")


class Result(NamedTuple):
    """One value: `value` is exact where `qualifier` is empty, the stated bound with < and >, and the
    detection limit (or None) with `not_detected`. `choice` is the canonical option or grade."""

    qualifier: Qualifier = ""
    value: Decimal | None = None
    choice: str | None = None


def parse_decimal(raw: object) -> Decimal:
    """A finite number of sane size. Raises ImpossibleValue `not_a_number` or `number_too_large`."""
    if isinstance(raw, bool):
        raise ImpossibleValue("not_a_number", value=str(raw))
    if isinstance(raw, str):
        return _parse_text_number(raw.strip().translate(_FULL_WIDTH))
    if isinstance(raw, Decimal | int):
        return _sane(Decimal(raw))
    if isinstance(raw, float):
        return _sane(Decimal(repr(raw)))
    raise ImpossibleValue("not_a_number", value=str(raw)[:40])


def _parse_text_number(text: str) -> Decimal:
    if len(text) > _MOST_DIGITS + 10:
        raise ImpossibleValue("number_too_large", value=text[:40])
    if _PLAIN.fullmatch(text):
        return _sane(Decimal(text))
    # Superscripts are read only behind ×10: folding them would turn 10³ into 103.
    power = _POWER.fullmatch(text.replace(" ", ""))
    if power is None:
        raise ImpossibleValue("not_a_number", value=text[:40])
    exponent = power[2] or power[3].translate(_SUPERSCRIPT)
    try:
        return _sane(Decimal(f"{power[1]}e{exponent}"))
    except ArithmeticError:
        raise ImpossibleValue("not_a_number", value=text[:40]) from None


def _sane(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ImpossibleValue("not_a_number", value=str(value))
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    if value.adjusted() > _LARGEST_EXPONENT or exponent < -_LARGEST_EXPONENT:
        raise ImpossibleValue("number_too_large", value=str(value)[:40])
    return value


def parse_number(raw: object) -> Result | None:
    """A number, a number with < or >, not detected (with its detection limit where given), or detected."""
    if not isinstance(raw, str):
        return None if raw is None else Result("", parse_decimal(raw))
    if _SHORT_NUMBER.fullmatch(raw):
        return Result("", Decimal(raw))
    text = raw.strip().translate(_FULL_WIDTH)
    if _PLAIN.fullmatch(text):
        return Result("", _parse_text_number(text))
    folded = text.casefold()
    if folded in _BLANK:
        return None
    if folded in _DETECTED:
        return Result("detected")
    absent = _ABSENT.fullmatch(folded)
    if absent is not None:
        return Result("not_detected", parse_decimal(absent[1]) if absent[1] else None)
    signed = _QUALIFIED.fullmatch(text)
    if signed is not None:
        return Result(_SIGNS[signed[1]], parse_decimal(signed[2]))
    return Result("", _parse_text_number(text))


def parse_counts(raw: object) -> tuple[Result, ...]:
    """The counts of the samples of one plan, from a list or a text like "10, <10, 120"; empty where blank."""
    if isinstance(raw, str):
        whole = raw.strip().translate(_FULL_WIDTH)
        if _ABSENT.fullmatch(whole.casefold()):
            parts: Sequence[object] = [whole]
        else:
            parts = [part for part in _COUNT_SEPARATOR.split(whole) if part]
    else:
        parts = raw if isinstance(raw, list | tuple) else [raw]
    parsed = (parse_number(part) for part in parts)
    return tuple(result for result in parsed if result is not None)


@lru_cache(maxsize=8192)
def fold_choice(text: str) -> str:
    """What makes 'yes', 'Yes ' and 'ＹＥＳ' one option."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def parse_choice(raw: object, choices: Sequence[str], code: str) -> Result | None:
    """The listed choice that the text names, in its listed spelling. Raises ImpossibleValue with `code`."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, bool):
        raw = "yes" if raw else "no"
    if not isinstance(raw, str | int | float):
        raise ImpossibleValue(code, value=str(raw)[:40])
    folded = fold_choice(str(raw))
    for choice in choices:
        if fold_choice(choice) == folded:
            return Result("", None, choice)
    raise ImpossibleValue(code, value=str(raw)[:40])
