"""Units of measure and exact conversion between units of one dimension.

A table of our own instead of `pint`: the units a plant writes are few and spelt in ways no library knows
(μg/kg, g/100g, °T, 公斤), conversion must be exact in Decimal, and a unit outside the table must be refused,
not parsed as an expression.
"""

import unicodedata
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from server.core.impossible import ImpossibleValue

_EXACT = Context(prec=60)
_INEXACT = Context(prec=34)


class Unit(NamedTuple):
    """value in the dimension's base unit = value · factor + offset."""

    symbol: str
    dimension: str
    factor: Fraction
    offset: Fraction = Fraction(0)


def _table(dimension: str, factors: dict[str, str]) -> list[Unit]:
    return [Unit(symbol, dimension, Fraction(factor)) for symbol, factor in factors.items()]


# fmt: off
_UNITS = [
    *_table("mass", {"t": "1000", "kg": "1", "g": "1/1000", "mg": "1/1000000", "ug": "1/1000000000"}),
    *_table("volume", {"m3": "1000", "L": "1", "dL": "1/10", "mL": "1/1000", "uL": "1/1000000"}),
    *_table("length", {"km": "1000", "m": "1", "dm": "1/10", "cm": "1/100", "mm": "1/1000"}),
    *_table("length", {"um": "1/1000000", "nm": "1/1000000000"}),
    *_table("area", {"m2": "1", "dm2": "1/100", "cm2": "1/10000", "mm2": "1/1000000"}),
    *_table("time", {"d": "86400", "h": "3600", "min": "60", "s": "1", "ms": "1/1000"}),
    *_table("pressure", {"MPa": "1000000", "kPa": "1000", "hPa": "100", "Pa": "1", "bar": "100000"}),
    *_table("pressure", {"mbar": "100", "psi": "44482216152605/6451600000"}),
    *_table(
        "fraction",
        {
            "%": "1/100", "‰": "1/1000", "g/100g": "1/100", "g/kg": "1/1000", "mg/g": "1/1000",
            "mg/100g": "1/100000", "mg/kg": "1/1000000", "ug/g": "1/1000000", "ppm": "1/1000000",
            "ug/100g": "1/100000000", "ug/kg": "1/1000000000", "ng/g": "1/1000000000", "ppb": "1/1000000000",
        },
    ),
    *_table(
        "mass concentration",
        {
            "g/mL": "1000", "g/L": "1", "kg/m3": "1", "g/100mL": "10", "mg/mL": "1", "mg/L": "1/1000",
            "mg/100mL": "1/100", "ug/mL": "1/1000", "ug/L": "1/1000000", "ng/mL": "1/1000000",
            "mg/m3": "1/1000000", "ug/m3": "1/1000000000",
        },
    ),
    *_table("count by mass", {"CFU/g": "1000", "CFU/kg": "1", "CFU/100g": "10", "CFU/25g": "40"}),
    *_table("count by volume", {"CFU/mL": "1000", "CFU/L": "1", "CFU/100mL": "10"}),
    *_table("most probable number by mass", {"MPN/g": "100", "MPN/100g": "1"}),
    *_table("most probable number by volume", {"MPN/mL": "100", "MPN/100mL": "1"}),
    *_table("force", {"kN": "1000", "N": "1", "mN": "1/1000"}),
    *_table("torque", {"N·m": "1", "N·cm": "1/100", "mN·m": "1/1000"}),
    *_table("stress", {"N/mm2": "1"}),
    *_table("voltage", {"kV": "1000", "V": "1", "mV": "1/1000"}),
    *_table("current", {"A": "1", "mA": "1/1000", "uA": "1/1000000"}),
    *_table("resistance", {"MΩ": "1000000", "kΩ": "1000", "Ω": "1", "mΩ": "1/1000"}),
    *_table("charge", {"Ah": "1", "mAh": "1/1000"}),
    *_table("energy", {"kWh": "1000", "Wh": "1", "mWh": "1/1000"}),
    *_table("power", {"kW": "1000", "W": "1", "mW": "1/1000"}),
    *_table("viscosity", {"Pa·s": "1", "mPa·s": "1/1000", "cP": "1/1000"}),
    *_table("rotation", {"r/min": "1", "r/s": "60"}),
    *_table("flow by volume", {"m3/h": "1000", "L/h": "1", "L/min": "60"}),
    *_table("speed", {"m/s": "60", "m/min": "1"}),
    *_table("acidity", {"°T": "1"}),
    *_table("sugar", {"°Bx": "1"}),
    *_table("ph", {"pH": "1"}),
    *_table("pieces", {"pcs": "1"}),
    *_table("packages", {"case": "1"}),
    *_table("pallets", {"pallet": "1"}),
    *_table("number", {"1": "1"}),
    # Words for one piece as it is packed: how many of one are in another is the product's, so none converts.
    *(unit for word in ("盒", "瓶", "袋", "包", "卷", "片", "桶", "罐", "张", "套", "条", "板", "粒", "托盘", "bottle", "bag",
                        "roll", "carton", "drum", "tablet", "sheet", "set", "item", "box", "piece")
      for unit in _table(f"pieces in {word}", {word: "1"})),
    Unit("°C", "temperature", Fraction(1)),
    Unit("°F", "temperature", Fraction(5, 9), Fraction(-160, 9)),
    Unit("K", "temperature", Fraction(1), Fraction("-273.15")),
]
# fmt: on
_ALIASES = {
    "KG": "kg",
    "Kg": "kg",
    "公斤": "kg",
    "千克": "kg",
    "克": "g",
    "毫克": "mg",
    "微克": "ug",
    "吨": "t",
    "l": "L",
    "升": "L",
    "ml": "mL",
    "ML": "mL",
    "毫升": "mL",
    "m^3": "m3",
    "m^2": "m2",
    "立方米": "m3",
    "C": "°C",
    "F": "°F",
    "摄氏度": "°C",
    "米": "m",
    "厘米": "cm",
    "毫米": "mm",
    "微米": "um",
    "PPM": "ppm",
    "PPB": "ppb",
    "百分比": "%",
    "cfu/g": "CFU/g",
    "cfu/mL": "CFU/mL",
    "cfu/ml": "CFU/mL",
    "CFU/ml": "CFU/mL",
    "CFU/100ml": "CFU/100mL",
    "MPN/100ml": "MPN/100mL",
    "mg/ml": "mg/mL",
    "g/100ml": "g/100mL",
    "mg/100ml": "mg/100mL",
    "g/ml": "g/mL",
    "ug/ml": "ug/mL",
    "ng/ml": "ng/mL",
    "mg/l": "mg/L",
    "g/l": "g/L",
    "ug/l": "ug/L",
    "Nm": "N·m",
    "N.m": "N·m",
    "N*m": "N·m",
    "mPa.s": "mPa·s",
    "ohm": "Ω",
    "rpm": "r/min",
    "小时": "h",
    "分钟": "min",
    "秒": "s",
    "天": "d",
    "sec": "s",
    "个": "pcs",
    "件": "pcs",
    "只": "pcs",
    "支": "pcs",
    "pc": "pcs",
    "箱": "case",
    "托": "pallet",
}  # fmt: skip
_CONTENTS = {
    "fraction", "mass concentration", "count by mass", "count by volume",
    "most probable number by mass", "most probable number by volume",
}  # fmt: skip
_BY_SYMBOL = {unit.symbol: unit for unit in _UNITS}
_LETTERS = str.maketrans({"μ": "u", "µ": "u", "Ω": "Ω", "º": "°", "˚": "°", "⋅": "·", "∙": "·", "•": "·"})


def known_units() -> dict[str, list[str]]:
    """Symbols by dimension, in the order a picker shows them."""
    listed: dict[str, list[str]] = {}
    for unit in _UNITS:
        listed.setdefault(unit.dimension, []).append(unit.symbol)
    return listed


@lru_cache(maxsize=1024)
def find_unit(text: str) -> Unit:
    """The unit a text names: spellings of one symbol are one unit, letter case tells units apart (mPa, MPa).

    Raises ImpossibleValue `unit_unknown`.
    """
    symbol = unicodedata.normalize("NFKC", text.translate(_LETTERS)).translate(_LETTERS).replace(" ", "")
    unit = _BY_SYMBOL.get(_ALIASES.get(symbol, symbol))
    if unit is None:
        raise ImpossibleValue("unit_unknown", unit=text[:40])
    return unit


def never_negative(text: str) -> bool | None:
    """Whether less than zero of this unit cannot be: contents and counts of microbes. None where it says so only together
    with what is measured: a percentage is a content or a deviation. Unknown units and all others may be negative."""
    try:
        unit = find_unit(text)
    except ImpossibleValue:
        return False
    return unit.dimension in _CONTENTS and (None if unit.symbol in ("%", "‰") else True)


def counts_pieces(text: str) -> bool:
    """Whether one of this unit is one thing: a piece, a bottle, a case; not a measure such as kg. Unknown units do not."""
    try:
        dimension = find_unit(text).dimension
    except ImpossibleValue:
        return False
    return dimension in ("pieces", "packages", "pallets", "number") or dimension.startswith("pieces in ")


def convert(value: Decimal, from_unit: str, to_unit: str) -> Decimal:
    """Value in another unit of the same dimension; exact wherever a finite decimal exists, else 34 digits.

    Raises ImpossibleValue `unit_unknown` or `unit_other_dimension`.
    """
    if from_unit == to_unit:
        return value
    source, target = find_unit(from_unit), find_unit(to_unit)
    if source.dimension != target.dimension:
        raise ImpossibleValue("unit_other_dimension", unit=from_unit[:40], expected=to_unit)
    if source == target:
        return value
    return _decimal((Fraction(value) * source.factor + source.offset - target.offset) / target.factor)


def _decimal(value: Fraction) -> Decimal:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    context = _EXACT if rest == 1 else _INEXACT
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))
